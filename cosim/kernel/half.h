/* SPDX-License-Identifier: Apache-2.0 */
/* What the replays of either half share. */
#ifndef MS_KERNEL_HALF_H
#define MS_KERNEL_HALF_H

#include "kernel/kernel.h"
#include "mixspike/boundary.h"

/* Notes a difference between what was recorded and what came (either may be NULL), unless an
 * earlier one is noted. */
void ms_half_note(ms_boundary_report *report, const ms_boundary_event *want,
                  const ms_boundary_event *have);
/* MS_EDIFFERS with the sentence if a difference is noted. */
int ms_half_conclude(const ms_boundary_report *report, ms_error *err);

/* The log of a run, without copies: what it points to belongs to chip and run. */
ms_boundary ms_half_log(const ms_chip *chip, const ms_run_result *run, ms_time t_stop);
/* What goes into the router, in the order in which it is told. @param out  malloc'd */
int ms_half_inputs(const ms_boundary *log, ms_boundary_event **out, size_t *n, ms_error *err);
/* Gives a router everything that the log says went in. @param out  malloc'd, before t_stop */
int ms_half_digital(const ms_boundary *log, ms_router_kind kind, ms_router_out **out, size_t *n,
                    ms_error *err);
ms_boundary_event ms_half_event(const ms_router_out *out);

#endif
