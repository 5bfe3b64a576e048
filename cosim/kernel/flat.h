/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick of the kernel: all neurons of a core in ONE plain ngspice netlist, bias branches
 * and all, driven by the pulses that a run of the kernel recorded. Requests are acknowledged as the
 * router does when nothing contends: a recorded acknowledge would reset a neuron whose request
 * comes a nanosecond later than it did. */
#ifndef MS_KERNEL_FLAT_H
#define MS_KERNEL_FLAT_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_flat_options {
  const ms_core *core;
  ms_die die;
  ms_pvt pvt;
  const uint16_t *code; /**< [core->n_bias] bias codes */
  const double *bias_v; /**< NULL: bias branches are part of the netlist; else [core->n_bias] ideal
                             bias lines in their place, V */
  unsigned n_neuron;
  const ms_input_change *change; /**< as recorded: ordered by time */
  size_t n_change;
  ms_time t_stop;
  ms_ack_timing ack;       /**< when requests are acknowledged, as nothing contends */
  double max_step_s;       /**< longest step; the engine's is tau/100 */
  double timeout_s;        /**< wall time for the transient */
  const char *worker_path; /**< NULL: found beside the library */
} ms_flat_options;

typedef struct ms_flat_result {
  size_t n_spike;
  ms_event *spike; /**< request rises, ordered by time then neuron */
  size_t n_point;  /**< accepted time points */
  double wall_s;   /**< of the run with its operating point, loading left out */
} ms_flat_result;

/** Runs the flat netlist. Same ngspice, deck options, die, edges and thresholds as the ngspice
 * engine's groups; time steps are ngspice's own, for all circuits together. */
MS_API int ms_flat_run(const ms_flat_options *options, ms_flat_result *result, ms_error *err);
MS_API void ms_flat_result_clear(ms_flat_result *result);

#ifdef __cplusplus
}
#endif
#endif
