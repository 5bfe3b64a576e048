/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's own parts: its state, its configuration port and its queue of future edges. */
#ifndef MS_ROUTER_IDEAL_H
#define MS_ROUTER_IDEAL_H

#include "mixspike/router_map.h"
#include "router/router_impl.h"

/* Latencies of the RTL (rtl/mixspike_pkg.sv) in clock periods after the edge that samples the
 * change; a test holds both routers against each other event by event. */
enum {
  MS_IDEAL_SYNC = 2,      /* synchroniser stages */
  MS_IDEAL_ACK = 2,       /* request to acknowledge, both ways */
  MS_IDEAL_REQ_PULSE = 5, /* request to the first pulse */
  MS_IDEAL_EXT_PULSE = 3, /* external event to the first pulse */
  MS_IDEAL_SEND = 2,      /* request to the event output */
  MS_IDEAL_GAP = 1,       /* between two pulses of a row */
  MS_IDEAL_ROWS = 4,      /* per sign, as built in the RTL */
  MS_IDEAL_ENTRIES = 65536,
  MS_IDEAL_PULSE_DEFAULT = 100,
};

/* What happens at a future clock edge. */
typedef enum ms_ideal_what {
  MS_IDEAL_SAMPLE,
  MS_IDEAL_OUTPUT,
  MS_IDEAL_DELIVER,
  MS_IDEAL_TICK, /* stuck requests are looked for */
} ms_ideal_what;

typedef struct ms_ideal_item {
  ms_time t;
  uint64_t rank; /* order within one edge */
  ms_ideal_what what;
  ms_router_out out; /* the output, the delivery, or in `neuron` whose request is sampled */
} ms_ideal_item;

/* A binary heap, earliest (t, rank) first. */
typedef struct ms_ideal_queue {
  ms_ideal_item *item;
  size_t n, capacity;
} ms_ideal_queue;

int ms_ideal_queue_push(ms_ideal_queue *q, const ms_ideal_item *item, ms_error *err);
ms_ideal_item ms_ideal_queue_pop(ms_ideal_queue *q);

typedef struct ms_ideal_neuron {
  uint8_t level; /* of the request line */
  uint8_t seen;  /* as sampled last */
  uint8_t ack;
  uint8_t sampling;
  uint8_t old, stuck; /* acknowledged before the last tick; timed out and not fallen */
  ms_time ack_t;      /* when the acknowledge was given */
  ms_time row_free[2][MS_IDEAL_ROWS];
} ms_ideal_neuron;

typedef struct ms_ideal_router {
  ms_router base;
  unsigned n_neuron, n_input, n_bias;
  ms_time clock_ps;
  /* Configuration. */
  uint32_t control, pulse_width, trigger_width, timeout;
  uint32_t *bias, *route, *entry;
  /* State of a run. */
  ms_time now;
  ms_ideal_neuron *neuron;
  unsigned n_ack;               /* acknowledges that are given */
  ms_time next_tick;            /* MS_TIME_NEVER: none comes */
  ms_ideal_queue sample, queue; /* requests to sample; everything that ends in an output */
  ms_router_counters counters;
  ms_router_out *out;
  size_t n_out, out_capacity;
  /* Tracing. */
  int tracing;
  ms_signal_change *change;
  size_t n_change, change_capacity;
} ms_ideal_router;

int ms_ideal_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err);
int ms_ideal_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err);

#endif
