/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's state, and its parts: the run (ideal.c), port and creation (create.c). */
#ifndef MS_ROUTER_IDEAL_H
#define MS_ROUTER_IDEAL_H

#include "router/router_impl.h"
#include "router/soft/agenda.h"
#include "router/soft/network.h"
#include "router/soft/outlet.h"
#include "router/soft/registers.h"

typedef struct ms_ideal_neuron {
  uint8_t level; /* of the request line */
  uint8_t seen;  /* as sampled last */
  uint8_t ack;
  uint8_t sampling;
  uint8_t old, stuck; /* acknowledged before the last tick; timed out and not fallen */
  uint32_t cause;     /* number of the rise that is sampled next */
  ms_time ack_t;      /* when the acknowledge was given */
  ms_time row_free[2][MS_ROUTER_ROWS];
} ms_ideal_neuron;

typedef struct ms_ideal_core {
  ms_registers registers;
  ms_network_registers network; /* without memory on a core alone */
  /* State of a run. */
  unsigned n_ack;       /* acknowledges that are given */
  ms_time none_since;   /* the last one was released */
  ms_time next_tick;    /* MS_TIME_NEVER: none comes */
  ms_time fan_out_free; /* with one for all sources */
} ms_ideal_core;

typedef struct ms_ideal_router {
  ms_router base;
  unsigned n_neuron, n_input; /* that may be used; the registers have the built size */
  unsigned n_core, cols;
  ms_time clock_ps;
  int shared_fan_out;  /* loosely timed */
  ms_ideal_core *core; /* [n_core] */
  uint32_t n_bad;      /* accesses to cores that do not exist */
  /* State of a run. */
  ms_time now;
  ms_ideal_neuron *neuron; /* [n_core * built], as the chip numbers them */
  uint32_t n_cause;
  ms_agenda sample, agenda; /* requests to sample; everything that ends in an output */
  ms_outlet outlet;
} ms_ideal_router;

extern const ms_router_ops ms_ideal_ops;
void ms_ideal_destroy(ms_router *router);
int ms_ideal_reset(ms_router *router, ms_error *err);
int ms_ideal_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err);
int ms_ideal_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err);

#endif
