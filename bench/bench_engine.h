/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the table engine against ngspice (the verb `mixspike bench engine`). */
#ifndef MS_BENCH_ENGINE_H
#define MS_BENCH_ENGINE_H

#include "mixspike/engine.h"

struct cJSON;

#ifdef __cplusplus
extern "C" {
#endif

/** One case on several dies: the same circuits, dies and events in the table engine, in ngspice
 * with its production settings, and in ngspice with tight tolerances, which is the reference. Times
 * are processor time of the transient alone. */
typedef struct ms_bench_engine_row {
  const char *name; /**< "soma acc", "synapses bio"... */
  unsigned n_die;
  double ngspice_s, table_s; /**< all dies together */
  double speedup;
  double count_equal;                      /**< share of runs with the reference's spikes */
  double table_error_tau, table_worst_tau; /**< largest spike shift: median and worst die */
  double ngspice_error_tau, ngspice_worst_tau;
  double energy_error;                 /**< largest relative difference from the reference */
  double n_spike, n_pulse;             /**< a run */
  double steps, evaluations, rejected; /**< a run of the table engine, all blocks */
  double ns_per_evaluation;            /**< of a block: devices, matrix, bookkeeping */
  double device_share, solver_share; /**< of the time: devices and matrix entries; LU and solves */
  double devices, lookups;           /**< in an evaluation: all, and those looked up anew */
  double ns_per_device;              /**< of an evaluated device, matrix entries included */
  unsigned unsure;                   /**< runs that the engine marked as unsure */
} ms_bench_engine_row;

/** Runs one case. @param set MS_SET_...; @param pulses false: constant input, true: pulses as well
 */
MS_API int ms_bench_engine_run(const ms_core *core, int set, bool pulses, unsigned n_die,
                               ms_bench_engine_row *row, ms_error *err);

/** Measures whole samples on the table engine, accelerated set, ideal router, one core: a network
 * of 60 + 12 neurons over 4 tau with drawn codes (about as many spikes and events as a Yin-Yang
 * classifier's sample), and how the cost grows with neurons (8 to 512) and with events.
 * @param object  a cJSON object that gets sample_ms (once the die is known), sample_first_ms,
 *                sample_spikes, sample_events, sample_steps, sample_evaluations,
 *                sample_router_share, sample_memory_mib (resident, above that of an empty process),
 *                all of them as sample_maps_... with pulse maps, and neuron_exponent,
 *                event_exponent */
MS_API int ms_bench_sample(const ms_core *core, struct cJSON *object, ms_error *err);

/** Measures what the tables cost: extraction through ngspice into an empty cache, loading from it.
 * @param object  a cJSON object that gets extract_s, load_s (wall time until a first neuron stands
 * at its point of rest, both) and tables_mib (the cache's files) */
MS_API int ms_bench_tables(const ms_core *core, struct cJSON *object, ms_error *err);

/** The four cases: soma alone and with its synapses' pulses, in both bias sets.
 * @param wall_s  about how long they may take together; 8 s a die
 * @param json    {"rows":[...],"speedup":..(geometric mean),"spike_count_equal":..,
 *                "spike_time_error_tau":..(worst of the four medians),
 * "steps_per_event_accelerated", "steps_per_event_biological" (a pulse's steps beyond those of the
 * spikes), and what ms_bench_sample and ms_bench_tables add}; free() it */
MS_API int ms_bench_engine(double wall_s, char **json, ms_error *err);

/** What a trained network's samples cost: the golden samples of a package's first golden die on the
 * table engine, by integration and with pulse maps, each twice. Processor time.
 * @param json  {"rows":[{"case","samples","spikes","events","first_ms" (of the first time, with the
 *              start of the die and what it fills),"later_ms"}]}, means of a sample; free() it */
MS_API int ms_bench_package(const char *dir, char **json, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
