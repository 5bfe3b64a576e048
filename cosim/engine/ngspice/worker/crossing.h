/* SPDX-License-Identifier: Apache-2.0 */
/* When the request crosses its thresholds, with hysteresis and by interpolation inside a step. */
#ifndef MS_WORKER_CROSSING_H
#define MS_WORKER_CROSSING_H

#include <stdbool.h>

typedef struct ms_crossing {
  int level;
  double rise_v, fall_v;
  double t_s[2], v[2]; /**< the last two accepted points, older first */
  int n;
} ms_crossing;

/** Starts at t = 0 with the value there. */
void ms_crossing_begin(ms_crossing *c, double v, double rise_v, double fall_v);
/** Does the step to (t, v) change the level? Then *hit_s is when. */
bool ms_crossing_find(const ms_crossing *c, double t_s, double v, double *hit_s);
/** The step was accepted. */
void ms_crossing_commit(ms_crossing *c, double t_s, double v, bool changed);

#endif
