/* SPDX-License-Identifier: Apache-2.0 */
/* Wall time for reports and time-outs; never for anything simulated. */
#ifndef MIXSPIKE_BASE_CLOCK_H
#define MIXSPIKE_BASE_CLOCK_H

#include <time.h>

/** Seconds of a clock that only moves forward. */
static inline double ms_clock_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
