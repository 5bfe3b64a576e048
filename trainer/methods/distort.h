/* SPDX-License-Identifier: Apache-2.0 */
/* A die's distortions beyond mismatch, as changes of what reaches it; see ms_distortion. */
#ifndef MS_METHODS_DISTORT_H
#define MS_METHODS_DISTORT_H

#include "mixspike/experiment.h"

/** Whether a die has any. */
int ms_distorted(const ms_distortion *distortion, const ms_die *die);

/** Changes a configuration into what the die makes of it. Connections may vanish; order stays.
 * @param bias  codes if the configuration has its own (config->bias) */
void ms_distort_config(const ms_distortion *distortion, const ms_die *die, const ms_core *core,
                       ms_config *config);

/** Moves input events, and keeps them ordered and within 0 .. t_stop. @param run  number of the run
 */
void ms_distort_events(const ms_distortion *distortion, const ms_die *die, uint64_t run,
                       double tau_s, ms_time t_stop, ms_event *event, size_t n);

#endif
