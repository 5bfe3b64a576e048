/* SPDX-License-Identifier: Apache-2.0 */
/* The external sources of a run as piecewise linear functions of time, left-continuous at edges. */
#ifndef MS_WORKER_SOURCE_H
#define MS_WORKER_SOURCE_H

#include "engine/ngspice/protocol.h"

typedef struct ms_pwl {
  char name[24];
  const char *key; /**< ngspice's own copy of the name, once seen: spares comparing strings */
  size_t n, capacity, at;
  double *t_s, *v; /**< corners; constant before the first and after the last */
} ms_pwl;

typedef struct ms_sources {
  size_t n, last;
  ms_pwl *pwl;
} ms_sources;

int ms_sources_create(ms_sources *s, const ms_ng_source *from, size_t n);
void ms_sources_clear(ms_sources *s);

/** Value at t of the source called `name` by ngspice; 0 V for a source nobody drives. */
double ms_sources_value(ms_sources *s, const char *name, double t_s);

/** Appends a ramp to v that begins at t_s and lasts edge_s. A ramp that is still under way is cut
 * off there. Returns 1 if the source moves, 0 if it stands at v already, -1 out of memory. */
int ms_sources_ramp(ms_sources *s, size_t source, double t_s, double edge_s, double v);

#endif
