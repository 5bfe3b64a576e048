/* SPDX-License-Identifier: Apache-2.0 */
/* A die's distortions beyond mismatch, as changes of what reaches it; see ms_distortion. */
#ifndef MS_METHODS_DISTORT_H
#define MS_METHODS_DISTORT_H

#include "mixspike/experiment.h"

/** Whether a die has any. */
int ms_distorted(const ms_distortion *distortion, const ms_die *die);

/** Changes a configuration into what the die makes of it. Connections may vanish; order stays. Bias
 * codes move if the configuration has its own.
 * @param age  samples that the die has run
 * @param own  lines of which each set of neurons has its own, as in ms_bias_sharing */
void ms_distort_config(const ms_distortion *distortion, const ms_die *die, uint64_t age,
                       const ms_core *core, uint64_t own, ms_config *config);
/** A number that changes when the die's configuration does as it ages. */
uint64_t ms_distort_phase(const ms_distortion *distortion, uint64_t age);
/** What a die has become hotter by, degrees. */
double ms_distort_heat_c(const ms_distortion *distortion, const ms_die *die, uint64_t age);

/** Moves input events, and keeps them ordered and within 0 .. t_stop. @param run  samples that the
 * die has run before */
void ms_distort_events(const ms_distortion *distortion, const ms_die *die, uint64_t run,
                       double tau_s, ms_time t_stop, ms_event *event, size_t n);

#endif
