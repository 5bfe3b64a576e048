/* SPDX-License-Identifier: Apache-2.0 */
/* What a router that is no RTL has put out since it was last advanced, and its signals as a trace:
 * request, acknowledge and pulse lines of every neuron, named as those of the RTL. */
#ifndef MS_ROUTER_SOFT_OUTLET_H
#define MS_ROUTER_SOFT_OUTLET_H

#include "mixspike/router.h"

typedef struct ms_outlet {
  ms_router_out *out;
  size_t n, capacity;
  /* Trace. */
  unsigned n_neuron;
  int tracing;
  char **name; /* NULL-terminated */
  uint64_t *value;
  ms_signal_change *change;
  size_t n_change, change_capacity;
} ms_outlet;

int ms_outlet_create(ms_outlet *outlet, unsigned n_neuron, ms_error *err);
void ms_outlet_free(ms_outlet *outlet);
/* Adds an output and its signal change. */
int ms_outlet_put(ms_outlet *outlet, const ms_router_out *out, ms_error *err);
/* A change of a request line, for the trace alone. */
int ms_outlet_request(ms_outlet *outlet, ms_time t, unsigned neuron, int level, ms_error *err);
/* Forgets outputs and changes. While tracing every signal starts as 0 at time 0. */
int ms_outlet_reset(ms_outlet *outlet, ms_error *err);
/* The changes since the last call. */
size_t ms_outlet_take_trace(ms_outlet *outlet, const ms_signal_change **change);

#endif
