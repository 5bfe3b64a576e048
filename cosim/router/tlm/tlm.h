/* SPDX-License-Identifier: Apache-2.0 */
/* The approximately timed router: events move through the RTL's stages (synchroniser, arbiter,
 * queues, fan-out, rows) as whole things, at the clock edges at which something happens. A stage
 * looks at what the others held before the edge, as registers do, so they are evaluated against
 * the flow: rows, fan-out, queues, arbiter, synchroniser. */
#ifndef MS_ROUTER_TLM_H
#define MS_ROUTER_TLM_H

#include "router/router_impl.h"
#include "router/soft/network.h"
#include "router/soft/outlet.h"
#include "router/soft/registers.h"

#include <stdbool.h>

enum {
  MS_TLM_WORDS = 4,  /* of 64 neurons: the largest size that the RTL is built in */
  MS_TLM_CORES = 16, /* of the largest mesh */
  MS_TLM_QUEUE = 16,
  MS_TLM_SHORT_QUEUE = 4,            /* tags, axon, each side of a mesh node */
  MS_TLM_LINES = 2 * MS_ROUTER_ROWS, /* of a neuron */
  MS_TLM_DELAYS = 16,                /* places of a delay line */
  MS_TLM_PORTS = 5,                  /* of a mesh node: core, east, west, north, south */
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
  unsigned n_word; /* of each set that the core's neurons need */
  unsigned soon;   /* as ms_tlm_aer_look found */
} ms_tlm_aer;

/* A pulse: which line, and since which edge. */
typedef struct ms_tlm_pulse {
  uint64_t start;
  uint32_t line, cause;
  uint8_t code;
} ms_tlm_pulse;

/* Fan-out and rows (fanout.c). */
typedef struct ms_tlm_fanout {
  ms_tlm_queue neurons, inputs, tags;
  unsigned turn; /* who comes first: neurons, inputs, tags */
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

/* A tag on its way to the cores of the mask. */
typedef struct ms_tlm_flit {
  uint32_t tag, cores, cause;
} ms_tlm_flit;

/* The way from a core into the mesh (axon.c). */
typedef struct ms_tlm_axon {
  ms_tlm_queue queue;
  bool entry; /* one is read */
  uint32_t index, cause;
  struct {
    uint64_t due;
    ms_tlm_flit flit;
  } line[MS_TLM_DELAYS]; /* the earliest first, equal times in the order of their arrival */
  unsigned n_line;
} ms_tlm_axon;

typedef struct ms_tlm_core {
  ms_registers registers;
  ms_network_registers network;
  ms_tlm_aer aer;
  ms_tlm_fanout fanout;
  ms_tlm_queue leaving; /* towards the chip's output port */
  ms_tlm_axon axon;
} ms_tlm_core;

/* One node of the mesh (mesh.c). */
typedef struct ms_tlm_node {
  struct {
    ms_tlm_flit flit[MS_TLM_SHORT_QUEUE];
    unsigned first, n;
    unsigned sent; /* outputs that have got the head */
  } in[MS_TLM_PORTS];
  unsigned next[MS_TLM_PORTS];   /* first in the turn at an output */
  uint32_t behind[MS_TLM_PORTS]; /* cores that an output leads to */
  int neighbour[MS_TLM_PORTS];   /* -1: none */
  unsigned pop;                  /* inputs whose head goes at this edge */
  struct {
    bool valid;
    ms_tlm_flit flit;
  } out[MS_TLM_PORTS]; /* what goes out at this edge */
} ms_tlm_node;

/* What the stages of a core held before an edge, as far as others look at it. */
typedef struct ms_tlm_room {
  bool neurons, inputs, leaving, axon;
} ms_tlm_room;

typedef struct ms_tlm_router {
  ms_router base;
  unsigned n_neuron, n_input; /* that may be used; the registers have the built size */
  unsigned n_core, cols;
  ms_time clock_ps, advanced;
  uint64_t edge, n_edge; /* the last one evaluated, how many were */
  uint32_t n_cause;
  ms_tlm_inputs requests, events;
  ms_tlm_core *core; /* [n_core] */
  ms_tlm_node *node; /* [n_core]; NULL: a core alone */
  unsigned n_flit;   /* in the nodes */
  unsigned out_turn; /* core that comes first at the output port */
  int out_core;      /* whose event is taken at the next edge; -1: none */
  uint32_t n_bad;    /* accesses to cores that do not exist */
  ms_outlet outlet;
} ms_tlm_router;

extern const ms_router_ops ms_tlm_ops;
void ms_tlm_destroy(ms_router *router);

/* The neuron as the chip numbers it, of the core's own number. */
static inline uint16_t ms_tlm_neuron(const ms_tlm_router *r, const ms_tlm_core *c, unsigned index) {
  return (uint16_t)ms_map_number((uint32_t)(c - r->core), index, r->n_core);
}

/* What a stage does at clock edge `number`. Requests: acknowledges are put out, a granted event
 * goes to the queues if they had room before the edge. */
int ms_tlm_aer_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, const ms_tlm_room *room,
                    ms_error *err);
/* Samples the request lines that changed before the edge. */
void ms_tlm_aer_sample(ms_tlm_router *r, uint64_t number);
int ms_tlm_fanout_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, const ms_tlm_room *room,
                       ms_error *err);
/* The port takes the next external event if its core's queue had room before the edge. */
void ms_tlm_fanout_take(ms_tlm_router *r, uint64_t number, const ms_tlm_room *room);

/* Edges until the stage can change an output; 0: it has nothing to do. */
static inline unsigned ms_tlm_aer_soon(const ms_tlm_core *c) {
  return c->aer.soon;
}
/* Looks for that, after an edge or a change of CONTROL. */
void ms_tlm_aer_look(ms_tlm_core *c);
unsigned ms_tlm_fanout_soon(const ms_tlm_core *c);
/* Edge at which stuck requests are looked for; UINT64_MAX: none. */
uint64_t ms_tlm_aer_watch(const ms_tlm_core *c);

/* The flit that a core offers to the mesh at an edge; false: none. */
bool ms_tlm_axon_offers(const ms_tlm_core *c, uint64_t number, ms_tlm_flit *flit);
/* `ready`: the mesh takes what is offered. */
void ms_tlm_axon_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, bool ready);
bool ms_tlm_axon_active(const ms_tlm_core *c, uint64_t number);

void ms_tlm_mesh_create(ms_tlm_router *r);
/* Decides what moves at this edge, from what was there before; then moves it. */
void ms_tlm_mesh_plan(ms_tlm_router *r);
void ms_tlm_mesh_move(ms_tlm_router *r);
/* A core's flit enters its node, between the two. */
void ms_tlm_mesh_inject(ms_tlm_router *r, unsigned core, ms_tlm_flit flit);
static inline bool ms_tlm_mesh_ready(const ms_tlm_node *node) {
  return node->in[0].n < MS_TLM_SHORT_QUEUE;
}

/* The configuration port: cores, their way to the mesh, the chip. */
int ms_tlm_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err);
int ms_tlm_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err);
/* Nothing is queued, in progress or held for its delay. */
bool ms_tlm_idle(const ms_tlm_router *r);
/* Empties queues and ends pulses. */
void ms_tlm_core_clear(ms_tlm_core *c);

#endif
