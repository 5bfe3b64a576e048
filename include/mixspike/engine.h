/* SPDX-License-Identifier: Apache-2.0 */
/* Engines compute the analog half. A group is one neuron's circuit; it touches the rest of the chip
 * through digital events only, and runs at its own time step. An engine knows nothing of routers.
 */
#ifndef MIXSPIKE_ENGINE_H
#define MIXSPIKE_ENGINE_H

#include "mixspike/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_engine ms_engine;
typedef struct ms_group ms_group;

typedef enum ms_engine_kind { MS_ENGINE_NGSPICE, MS_ENGINE_TABLE, MS_ENGINE_MODEL } ms_engine_kind;

typedef struct ms_engine_options {
  ms_engine_kind kind;
  double reltol;        /**< 0: production setting of the engine */
  double timeout_s;     /**< wall time after which a silent worker is given up; 0: 120 s */
  unsigned max_retries; /**< restarts of a crashed worker per run; default 2 if retries_set is 0 */
  bool retries_set;
  const char *worker_path; /**< NULL: found beside the library */
  const char *cache_dir;   /**< table engine's cache; NULL: the user's cache folder */
  bool pulse_maps; /**< table engine: takes synapse rows across pulses by maps that it fills as
                        pulses come: faster by more than two once they are full, which takes some
                        forty samples of a network on a die (docs/table-engine.md) */
} ms_engine_options;

/** Digital signals into a group. */
typedef enum ms_stimulus_kind { MS_STIM_PULSE, MS_STIM_ACK } ms_stimulus_kind;

/** A change of a digital input. The ramp starts at t and lasts core->edge_ps. */
typedef struct ms_stimulus {
  ms_time t;
  ms_stimulus_kind kind;
  uint8_t row;   /**< MS_STIM_PULSE: index into core->row */
  uint8_t level; /**< logical: 1 = pulse on / acknowledge given, whatever the pin's polarity */
  uint16_t code; /**< MS_STIM_PULSE, level 1: weight code applied with it, kept until the next */
} ms_stimulus;

/** A change of the request output: crossing of 0.6 (rise) or 0.4 (fall) of the supply. */
typedef struct ms_transition {
  ms_time t;
  int level;
} ms_transition;

/** How the acknowledge answers when nothing else contends: request change at t is sampled at the
 * first clock edge > t; the acknowledge changes `cycles` edges later (0 = at that edge). */
typedef struct ms_ack_timing {
  ms_time clock_ps;
  unsigned rise_cycles; /**< request up -> acknowledge given */
  unsigned fall_cycles; /**< request down -> acknowledge released */
} ms_ack_timing;

/** The acknowledge time that answers a request change at t. */
static inline ms_time ms_ack_time(const ms_ack_timing *a, ms_time t, int request_level) {
  ms_time edge = (t / a->clock_ps + 1) * a->clock_ps;
  return edge + (request_level ? a->rise_cycles : a->fall_cycles) * a->clock_ps;
}

/** One run of one group from t = 0, in the state that the manifest's initial values give. */
typedef struct ms_run_spec {
  ms_die die;
  ms_pvt pvt;
  unsigned neuron; /**< its number: names the draws "n<neuron>." */
  const double
      *bias_v; /**< [core->n_bias] voltage of each bias line on this die (ms_engine_bias) */
  ms_time t_stop;
  ms_time lookahead_ps;          /**< no input answers an own request change sooner than this */
  const ms_ack_timing *self_ack; /**< not NULL: the group acknowledges itself at ms_ack_time */
  const ms_time *ack_override;   /**< with self_ack: the k-th acknowledge change happens at
                                      ack_override[k] instead (k counts changes from 0), but never
                                      before ms_ack_time: contention delays, it never hurries */
  size_t n_ack_override;
  uint32_t probe_mask;    /**< waveforms wanted: bit i = ms_probe i */
  ms_time sample_ps;      /**< 0: a point for every accepted step; else a uniform grid */
  const double *inject_a; /**< NULL, or one constant current into the soma's input node, A */
} ms_run_spec;

typedef enum ms_probe {
  MS_PROBE_VMEM,
  MS_PROBE_REQ,
  MS_PROBE_NACK,
  MS_PROBE_NIN,
  MS_PROBE_SYN0 /* + row */
} ms_probe;

/** Where a group stands when it hands control back. */
typedef struct ms_report {
  ms_time committed; /**< the circuit is final up to here */
  ms_time promise;   /**< >= committed: no request change will happen before this, unless an input
                          arrives; a tentative step that was not accepted may reach this far */
  const ms_transition *transition; /**< new since the last report; valid until the next grant */
  size_t n_transition;
  bool finished; /**< t_stop reached */
} ms_report;

/** One recorded waveform. */
typedef struct ms_wave {
  ms_probe probe;
  size_t n;
  double *t_s, *v;
} ms_wave;

typedef struct ms_group_result {
  double energy_j; /**< drawn from the supply by this group during the run */
  size_t n_wave;
  ms_wave *wave;
  uint64_t steps, iterations, rejected; /**< work done by the solver */
  uint64_t n_device, n_lookup;          /**< table engine: devices evaluated, and looked up anew */
  double device_share, solver_share;    /**< table engine, profiled: share of its time; else 0 */
  unsigned retries;                     /**< how often its worker was lost and the run repeated */
  bool unsure; /**< a device left its table or Newton gave up somewhere; see note */
  char note[160];
} ms_group_result;

MS_API int ms_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                            ms_error *err);
MS_API void ms_engine_destroy(ms_engine *engine);
MS_API ms_engine_kind ms_engine_get_kind(const ms_engine *engine);

/** Voltages of the core's bias lines on a die. Cached inside the engine by (die, pvt, codes).
 * @param code      [n_bias] DAC codes
 * @param bias_v    [n_bias] out, V
 * @param power_w   out, static power of the bias branches, may be NULL */
MS_API int ms_engine_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                          const uint16_t *code, double *bias_v, double *power_w, ms_error *err);

/** Voltages of those lines of which a set of neurons has branches of its own (ms_core_bias.own):
 * with mismatch of their own, drawn under the name "set<set>." and the branch's path. Cached like
 * those of ms_engine_bias.
 * @param code     [n_bias] the set's DAC codes; of lines that are not its own those of the core
 * @param own      bit i: core->bias[i] is its own; of the first 64 lines
 * @param bias_v   [n_bias] in: what ms_engine_bias gave; out: its own lines changed, V
 * @param power_w  out, static power of the set's own branches; may be NULL */
MS_API int ms_engine_bias_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                              const uint16_t *code, uint64_t own, unsigned set, double *bias_v,
                              double *power_w, ms_error *err);

/** A place to run a group: for ngspice a worker process of its own, started at the first run. */
MS_API int ms_group_create(ms_engine *engine, ms_group **out, ms_error *err);
MS_API void ms_group_destroy(ms_group *group);

/** Begins a run; what `spec` points to must stay until ms_group_finish. Any earlier run is dropped.
 */
MS_API int ms_group_start(ms_group *group, const ms_run_spec *spec, ms_error *err);

/** Adds inputs in order of time, each later than or at the last committed time and >= the last
 * grant's limit. Without self_ack acknowledges come this way too. */
MS_API int ms_group_stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n,
                              ms_error *err);

/** Lets the group run while its accepted time stays <= limit; returns at once where the engine
 * works in another process. The group stops earlier at its own request change: at most lookahead_ps
 * past it (unless self_ack is set, then it goes on).
 * @param cut  non-zero: the last step ends exactly at limit; zero: a step that would reach past the
 *             limit is left tentative and its end becomes the promise */
MS_API int ms_group_grant(ms_group *group, ms_time limit, int cut, ms_error *err);

/** Waits for the report that answers the last grant. A crashed or silent worker is restarted and
 * the run so far repeated (same inputs, same grants); after the retries it returns
 * MS_ECRASH/MS_ETIMEOUT. */
MS_API int ms_group_wait(ms_group *group, ms_report *report, ms_error *err);

/** Ends the run (finished or not) and hands out what was recorded; free with ms_group_result_clear.
 */
MS_API int ms_group_finish(ms_group *group, ms_group_result *result, ms_error *err);
MS_API void ms_group_result_clear(ms_group_result *result);

#ifdef __cplusplus
}
#endif
#endif
