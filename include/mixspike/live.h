/* SPDX-License-Identifier: Apache-2.0 */
/* A run whose input events come while it goes on: what a virtual platform or a robot needs, where
 * the next event may depend on what the chip has just done. */
#ifndef MIXSPIKE_LIVE_H
#define MIXSPIKE_LIVE_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_live ms_live;

/** Starts a run of a configured chip from reset, under the promises (docs/coupling.md); given the
 * same events it spikes as ms_chip_run does. One at a time for a chip, which must outlive it and
 * may not be used otherwise meanwhile.
 * @param options  t_stop is the latest end; its arrays must stay until the end
 * @return MS_EINVAL if the chip is not configured or t_stop is missing */
MS_API int ms_live_begin(ms_chip *chip, const ms_run_options *options, ms_live **out,
                         ms_error *err);
/** An event for external input `input` at t, in any order as long as t is not before the time that
 * the chip was advanced to (MS_ECAUSALITY). Events at or after t_stop are ignored. */
MS_API int ms_live_event(ms_live *live, ms_time t, unsigned input, ms_error *err);
/** Brings the chip to t: every event before t has been given.
 * @param host  spikes that left the chip since the last call, none later than t; valid until the
 *              next call
 * @param n     how many */
MS_API int ms_live_advance(ms_live *live, ms_time t, const ms_event **host, size_t *n,
                           ms_error *err);
/** No spike leaves the chip before this unless another event is given; MS_TIME_NEVER at the end. */
MS_API ms_time ms_live_next(const ms_live *live);
/** Shortest time from an event to anything that it changes. */
MS_API ms_time ms_live_lookahead(const ms_live *live);
/** Ends the run where it stands (to get to t_stop, advance to it first) and frees it.
 * @param result  what was recorded; free with ms_run_result_clear. NULL: thrown away */
MS_API int ms_live_end(ms_live *live, ms_run_result *result, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
