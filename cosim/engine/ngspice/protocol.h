/* SPDX-License-Identifier: Apache-2.0 */
/* What the library and the worker say to each other, and how a run is described on the way.
 *
 * library -> worker                        answer
 *   DECK    n, lines                       TEXT (status, what ngspice printed)
 *   COMMAND lines                          TEXT
 *   VECTOR  name                           VECTOR (n, values)
 *   RUN     ms_ng_setup                    none; the operating point is solved at once
 *   GRANT   limit, cut, n, ramps           REPORT or ERROR, with PROGRESS before it in a long wait
 *   FINISH                                 RESULT
 * The worker first says HELLO (protocol version, ngspice's banner, how it reads the solution). */
#ifndef MS_NGSPICE_PROTOCOL_H
#define MS_NGSPICE_PROTOCOL_H

#include "engine/ngspice/wire.h"

enum { MS_NG_PROTOCOL = 1 };
enum ms_ng_message {
  MS_NG_HELLO = 1,
  MS_NG_DECK,
  MS_NG_COMMAND,
  MS_NG_TEXT,
  MS_NG_VECTOR,
  MS_NG_RUN,
  MS_NG_GRANT,
  MS_NG_REPORT,
  MS_NG_PROGRESS,
  MS_NG_ERROR,
  MS_NG_FINISH,
  MS_NG_RESULT,
};

/** A change of one source: a linear ramp from where it stands to v, beginning at t_ps. */
typedef struct ms_ng_ramp {
  uint64_t source; /**< index into ms_ng_setup.source */
  ms_time t_ps;
  double v;
} ms_ng_ramp;

/** An external voltage source of the deck and its value before the first ramp. */
typedef struct ms_ng_source {
  char name[24];
  double v;
} ms_ng_source;

/** A transient run of the deck that the worker holds. */
typedef struct ms_ng_setup {
  const char *commands; /**< given before the run, one a line (alter ...) */
  ms_time t_stop_ps, edge_ps, lookahead_ps;
  double max_step_s;
  double rise_v, fall_v; /**< request thresholds, rise_v > fall_v */
  double supply_v;       /**< of source vdd, whose current is integrated; 0: there is none */
  uint64_t self_ack;     /**< non-zero: the worker drives source `ack_source` itself */
  uint64_t ack_source;
  uint64_t n_watch; /**< so many requests are watched: the first probes; request k is acknowledged
                       through source ack_source + k. 0: one; overrides are for one only */
  double ack_v[2];  /**< released, given */
  ms_time clock_ps;
  uint64_t rise_cycles, fall_cycles;
  ms_time sample_ps; /**< grid of the recorded waveforms; 0: every accepted point */
  size_t n_source, n_probe, n_override;
  const ms_ng_source *source;
  /** [n_probe] sense sources (zero-current sources from ground to the node); the first is the
   * request, the others are recorded */
  const ms_ng_source *probe;
  const ms_time *override_ps;
} ms_ng_setup;

void ms_ng_setup_put(ms_wire *w, const ms_ng_setup *setup);
/** Reads a setup whose pointers lie inside `w`; returns non-zero if it is malformed. */
int ms_ng_setup_get(ms_wire *w, ms_ng_setup *setup);

#endif
