/* SPDX-License-Identifier: Apache-2.0 */
/* Times at which an input has a corner and the solver must stop: what lies ahead, in order. */
#ifndef MS_WORKER_CORNERS_H
#define MS_WORKER_CORNERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ms_corners {
  struct ms_corner_time {
    double t_s;
    bool known; /**< ngspice has been told */
  } * at;
  size_t n, head, capacity, n_unknown;
} ms_corners;

/** Corners closer than this are one: the kernel's unit of time. */
#define MS_TICK_S 1e-12

/** Adds a corner; returns non-zero if memory ran out. */
int ms_corners_add(ms_corners *c, double t_s);
/** Forgets what lies before t. */
void ms_corners_pass(ms_corners *c, double t_s);
/** The first corner later than t; `otherwise` if there is none. */
double ms_corners_next(const ms_corners *c, double t_s, double otherwise);
/** Calls tell(t) for every corner that ngspice does not know, none of them before `now`. */
void ms_corners_tell(ms_corners *c, double now_s, void (*tell)(double t_s));
void ms_corners_clear(ms_corners *c);

#endif
