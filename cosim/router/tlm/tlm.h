/* SPDX-License-Identifier: Apache-2.0 */
/* The approximately timed router: events move through the RTL's stages (synchroniser, arbiter,
 * queues, fan-out, rows) as whole things, at the clock edges at which something happens. A stage
 * looks at what the others held before the edge, as registers do, so they are evaluated against
 * the flow: rows, fan-out, queues, arbiter, synchroniser. */
#ifndef MS_ROUTER_TLM_H
#define MS_ROUTER_TLM_H

#include "router/router_impl.h"
#include "router/soft/outlet.h"
#include "router/soft/registers.h"

#include <stdbool.h>

enum {
  MS_TLM_WORDS = 4, /* of 64 neurons: the largest size that the RTL is built in */
  MS_TLM_QUEUE = 16,
  MS_TLM_LINES = 2 * MS_ROUTER_ROWS, /* of a neuron */
};

/* One bit a neuron. */
typedef struct ms_tlm_set {
  uint64_t word[MS_TLM_WORDS];
} ms_tlm_set;

/* An event on its way: its source in the routing table, and the input that made it. */
typedef struct ms_tlm_event {
  uint32_t source, cause;
} ms_tlm_event;

typedef struct ms_tlm_queue {
  ms_tlm_event event[MS_TLM_QUEUE];
  unsigned first, n;
} ms_tlm_queue;

static inline void ms_tlm_queue_push(ms_tlm_queue *q, ms_tlm_event e) {
  q->event[(q->first + q->n++) % MS_TLM_QUEUE] = e;
}
static inline ms_tlm_event ms_tlm_queue_pop(ms_tlm_queue *q) {
  ms_tlm_event e = q->event[q->first];
  q->first = (q->first + 1) % MS_TLM_QUEUE;
  q->n--;
  return e;
}

/* An input that no edge has sampled yet. */
typedef struct ms_tlm_input {
  ms_time t;
  uint32_t cause; /* of a rise, of an event */
  uint16_t address;
  uint8_t level;
} ms_tlm_input;

/* Inputs in order of time; first .. n are left. */
typedef struct ms_tlm_inputs {
  ms_tlm_input *item;
  size_t first, n, capacity;
} ms_tlm_inputs;

/* Requests, handshake and arbiter (aer.c). */
typedef struct ms_tlm_aer {
  ms_tlm_set stage; /* first flop of the synchroniser: the lines as the last edge sampled them */
  ms_tlm_set sync;  /* second flop */
  ms_tlm_set ack, old, stuck, waiting;
  unsigned next;   /* first in the arbiter's turn */
  bool watch;      /* an acknowledge was given before the last edge */
  uint64_t last;   /* edge of the last tick, or of the first acknowledge */
  uint32_t *cause; /* [built] number of the rise that was sampled last */
} ms_tlm_aer;

/* A pulse: which line, and since which edge. */
typedef struct ms_tlm_pulse {
  uint64_t start;
  uint32_t line, cause;
  uint8_t code;
} ms_tlm_pulse;

/* Fan-out and rows (fanout.c). */
typedef struct ms_tlm_fanout {
  ms_tlm_queue neurons, inputs;
  bool inputs_turn;
  /* Route stage. */
  bool route;
  uint32_t route_cause, base, count, offset;
  /* Entry stage. */
  bool entry;
  uint32_t entry_cause, entry_word;
  /* Rows: pulses in order of their start, in a ring of a power of two; lines that are high are the
   * last `n_high` of the `n_held`. */
  ms_tlm_pulse *pulse; /* [n_line] */
  uint32_t n_line, first_held, first_high, n_held, n_high;
  uint8_t *held; /* [n_line] */
} ms_tlm_fanout;

typedef struct ms_tlm_router {
  ms_router base;
  unsigned n_neuron, n_input; /* that may be used; the registers have the built size */
  ms_time clock_ps, advanced;
  uint64_t edge; /* the last one evaluated */
  uint32_t n_cause;
  ms_registers registers;
  ms_tlm_inputs requests, events;
  ms_tlm_aer aer;
  ms_tlm_fanout fanout;
  bool sent; /* the event output is taken at the next edge */
  ms_outlet outlet;
} ms_tlm_router;

/* What a stage does at clock edge `number`. Requests: acknowledges and output events are put out, a
 * granted event goes to the queue if that had room before the edge. */
int ms_tlm_aer_edge(ms_tlm_router *r, uint64_t number, bool room, ms_error *err);
/* Samples the request lines that changed before the edge. */
void ms_tlm_aer_sample(ms_tlm_router *r, uint64_t number);
int ms_tlm_fanout_edge(ms_tlm_router *r, uint64_t number, ms_error *err);
/* The port takes the next external event if its queue had room before the edge. */
void ms_tlm_fanout_take(ms_tlm_router *r, uint64_t number, bool room);

/* Edges until the stage can change an output; 0: it has nothing to do. */
unsigned ms_tlm_aer_soon(const ms_tlm_router *r);
unsigned ms_tlm_fanout_soon(const ms_tlm_router *r);
/* Edge at which stuck requests are looked for; UINT64_MAX: none. */
uint64_t ms_tlm_aer_watch(const ms_tlm_router *r);

static inline bool ms_tlm_any(const ms_tlm_set *s) {
  return (s->word[0] | s->word[1] | s->word[2] | s->word[3]) != 0;
}

#endif
