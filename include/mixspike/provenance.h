/* SPDX-License-Identifier: Apache-2.0 */
/* Where every event of a run came from and what it did: crossing, grant, pulses. */
#ifndef MIXSPIKE_PROVENANCE_H
#define MIXSPIKE_PROVENANCE_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One pulse of one event, or an event without pulses. Times are MS_TIME_NEVER where there is none:
 * an external event has no grant, a pulse may end after the run. */
typedef struct ms_provenance_row {
  uint32_t event;  /**< from 1, in the order in which the router was told */
  int external;    /**< from outside, else from a neuron */
  uint16_t source; /**< number of the external input, of the neuron */
  uint16_t tag;    /**< number in the routing table of its core */
  uint16_t source_core, target_core;
  ms_time crossing; /**< of the request; arrival of an external event */
  ms_time sampled;  /**< clock edge that sees it first */
  ms_time grant;    /**< acknowledge rises: the event is safe */
  ms_time leaves;   /**< at the chip's output port */
  int pulses;       /**< 0: the event made none, and what follows has no meaning */
  uint16_t target, code;
  uint8_t sign, row;
  ms_time start, end; /**< of the pulse at the row */
} ms_provenance_row;

typedef struct ms_provenance {
  size_t n_row;
  ms_provenance_row *row; /**< by event, then by start */
  unsigned cores;         /**< of the chip */
  ms_time until;          /**< nothing is known from here on (below); MS_TIME_NEVER: all is */
} ms_provenance;

/** Traces the events of a run with record_boundary. The `rtl` does not say which event made a
 * pulse; its timed model, which gives the same outputs at the same edges, does. Should the two ever
 * differ, rows end there, and `until` says when.
 * @param chip    that made the run, configured as it was
 * @param t_stop  of the run
 * @param out     free with ms_provenance_clear */
MS_API int ms_provenance_trace(const ms_chip *chip, const ms_run_result *run, ms_time t_stop,
                               ms_provenance *out, ms_error *err);
MS_API void ms_provenance_clear(ms_provenance *provenance);
/** Writes the rows as a table of comma-separated values (docs/formats.md, "Provenance"). */
MS_API int ms_provenance_write(const char *path, const ms_provenance *provenance, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
