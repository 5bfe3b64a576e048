/* SPDX-License-Identifier: Apache-2.0 */
/* Measures what cutting a core into groups saves (the verb `mixspike bench partition`). */
#ifndef MS_BENCH_PARTITION_H
#define MS_BENCH_PARTITION_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One row: N neurons with four synapses each, every synapse driven at 200 Hz, biological biases;
 * the same ngspice, die and events for both, on one processor core; and the table engine with
 * them. */
typedef struct ms_bench_partition_row {
  unsigned n_neuron;
  double simulated_ms;
  double flat_s_per_ms;        /**< wall seconds per simulated ms, one flat netlist */
  double partitioned_s_per_ms; /**< the same through the kernel, router included */
  double speedup;
  bool spikes_equal;     /**< the same spikes, times within 1 % of the membrane time constant;
                                a spike that close to the end may be missing from one */
  double worst_tau;      /**< largest difference of a spike time, in time constants */
  double table_s_per_ms; /**< the groups on the table engine */
  double table_speedup;  /**< of them over the flat netlist */
  bool table_equal;      /**< their spikes against the flat ones, by the same measure */
  double table_worst_tau;
  size_t n_spike, n_event; /**< spikes, pulses */
} ms_bench_partition_row;

/** Runs one row.
 * @param core          a core with at least four rows
 * @param simulated_ms  length of the run
 * @param with_flat     false: the partitioned run alone, for sizes where the flat one is too slow
 */
MS_API int ms_bench_partition_run(const ms_core *core, unsigned n_neuron, double simulated_ms,
                                  bool with_flat, ms_bench_partition_row *row, ms_error *err);

/** The whole bench: N = 1, 4, 8, 32. The simulated time of each is what the flat netlist is
 * expected to get through in a quarter of the given time.
 * @param wall_s  about how long the flat runs may take together, seconds; with less than
 *                450 only N = 1 to 8 get shorter: N = 32 takes two minutes for its 4 ms
 * @param json    {"rows":[...],"exponent":..,"flat_exponent":..}: cost per simulated ms grows as
 *                N^exponent (least squares over the rows); free() it */
MS_API int ms_bench_partition(double wall_s, char **json, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
