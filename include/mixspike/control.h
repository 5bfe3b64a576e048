/* SPDX-License-Identifier: Apache-2.0 */
/* How a long job reports, and how it is stopped. */
#ifndef MIXSPIKE_CONTROL_H
#define MIXSPIKE_CONTROL_H

#include "mixspike/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a long job stands. */
typedef struct ms_progress {
  const char *phase; /**< "fit", "offline", "loop", "evaluate", "golden", "replay", "dies" */
  uint64_t done, total;
  double eta_s;    /**< wall seconds left in this phase; negative: not known yet */
  double loss;     /**< of the last batch; NaN where there is none */
  double accuracy; /**< the latest, 0..1; NaN where there is none */
} ms_progress;

typedef struct ms_control {
  void (*report)(void *user, const ms_progress *progress); /**< from the calling thread; or NULL */
  void *user;
  const volatile int *cancel; /**< non-zero: stop at the next safe point with MS_EINTERRUPTED */
} ms_control;

#ifdef __cplusplus
}
#endif
#endif
