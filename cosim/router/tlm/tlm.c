/* SPDX-License-Identifier: Apache-2.0 */
/* The approximately timed router behind the C API: which clock edges matter, and the order of what
 * happens at one. */
#include "router/tlm/tlm.h"

#include <stdlib.h>
#include <string.h>

static ms_tlm_router *self(ms_router *router) {
  return (ms_tlm_router *)router;
}

static uint64_t edge_after(const ms_tlm_router *r, ms_time t) {
  return t / r->clock_ps + 1;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static const ms_tlm_input *front(const ms_tlm_inputs *q) {
  return q->first < q->n ? &q->item[q->first] : NULL;
}

/* Earliest of what a core does by itself: pulses end, rows fall free, time-outs, delays. */
static uint64_t core_edge(const ms_tlm_core *c) {
  const ms_tlm_fanout *f = &c->fanout;
  uint64_t next = ms_tlm_aer_watch(c);
  if (f->n_high)
    next = earlier(next, f->pulse[f->first_high].start + ms_registers_high(&c->registers));
  if (f->n_held)
    next = earlier(next, f->pulse[f->first_held].start + ms_registers_hold(&c->registers));
  if (c->axon.n_line)
    next = earlier(next, c->axon.line[0].due);
  return next;
}

/* The next edge at which anything can change; UINT64_MAX if none without further input. */
static uint64_t next_edge(const ms_tlm_router *r) {
  if (r->n_flit || r->out_core >= 0)
    return r->edge + 1;
  uint64_t next = UINT64_MAX;
  for (unsigned k = 0; k < r->n_core; k++) {
    const ms_tlm_core *c = &r->core[k];
    if (ms_tlm_aer_soon(c) || ms_tlm_fanout_soon(c) || ms_tlm_axon_active(c, r->edge))
      return r->edge + 1;
    next = earlier(next, core_edge(c));
  }
  const ms_tlm_input *request = front(&r->requests), *event = front(&r->events);
  if (request)
    next = earlier(next, edge_after(r, request->t));
  if (event)
    next = earlier(next, edge_after(r, event->t));
  return next > r->edge ? next : r->edge + 1;
}

/* The outside takes what it was shown after the last edge; other cores wait. */
static void take_leaving(ms_tlm_router *r) {
  if (r->out_core < 0)
    return;
  for (unsigned k = 0; k < r->n_core; k++)
    r->core[k].registers.counters.output_wait += r->core[k].leaving.n && (int)k != r->out_core;
  ms_tlm_core *c = &r->core[r->out_core];
  ms_tlm_queue_pop(&c->leaving);
  c->registers.counters.sent++;
  r->out_turn = (unsigned)r->out_core + 1;
}

/* Shows the next event to the outside; cores take turns. */
static int show_leaving(ms_tlm_router *r, uint64_t number, ms_error *err) {
  r->out_core = -1;
  for (unsigned i = 0; i < r->n_core && r->out_core < 0; i++) {
    const unsigned k = (r->out_turn + i) % r->n_core;
    if (r->core[k].leaving.n)
      r->out_core = (int)k;
  }
  if (r->out_core < 0)
    return 0;
  const ms_tlm_core *c = &r->core[r->out_core];
  const ms_tlm_event *e = &c->leaving.event[c->leaving.first];
  const ms_router_out out = {.t = number * r->clock_ps,
                             .kind = MS_OUT_EVENT,
                             .level = 1,
                             .neuron = ms_tlm_neuron(r, c, e->source),
                             .cause = e->cause};
  return ms_outlet_put(&r->outlet, &out, err);
}

/* The way of a core's flits into its node. */
static void send(ms_tlm_router *r, unsigned core, uint64_t number) {
  ms_tlm_core *c = &r->core[core];
  const bool ready = ms_tlm_mesh_ready(&r->node[core]);
  ms_tlm_flit flit;
  if (ready && ms_tlm_axon_offers(c, number, &flit))
    ms_tlm_mesh_inject(r, core, flit);
  ms_tlm_axon_edge(r, c, number, ready);
}

/* Against the flow, so that every stage sees what the others held before the edge. */
static int edge(ms_tlm_router *r, uint64_t number, ms_error *err) {
  ms_tlm_room room[MS_TLM_CORES];
  int rc = 0;
  for (unsigned k = 0; k < r->n_core; k++) {
    const ms_tlm_core *c = &r->core[k];
    room[k] = (ms_tlm_room){.neurons = c->fanout.neurons.n < MS_TLM_QUEUE,
                            .inputs = c->fanout.inputs.n < MS_TLM_QUEUE,
                            .leaving = c->leaving.n < MS_TLM_QUEUE,
                            .axon = c->axon.queue.n < MS_TLM_SHORT_QUEUE};
  }
  take_leaving(r);
  ms_tlm_mesh_plan(r);
  for (unsigned k = 0; !rc && k < r->n_core; k++) {
    if (r->node)
      send(r, k, number);
    rc = ms_tlm_fanout_edge(r, &r->core[k], number, &room[k], err);
    if (!rc)
      rc = ms_tlm_aer_edge(r, &r->core[k], number, &room[k], err);
  }
  ms_tlm_mesh_move(r);
  ms_tlm_fanout_take(r, number, room);
  ms_tlm_aer_sample(r, number);
  for (unsigned k = 0; k < r->n_core; k++)
    ms_tlm_aer_look(&r->core[k]);
  r->n_edge++;
  r->edge = number;
  return rc ? rc : show_leaving(r, number, err);
}

static int tlm_advance(ms_router *router, ms_time t, const ms_router_out **out, size_t *n_out,
                       ms_error *err) {
  ms_tlm_router *r = self(router);
  int rc = 0;
  r->outlet.n = 0;
  if (t < r->advanced)
    return ms_fail(err, MS_ECAUSALITY, "advance of the router to %llu ps: it is at %llu ps already",
                   (unsigned long long)t, (unsigned long long)r->advanced);
  const uint64_t last = t / r->clock_ps;
  for (uint64_t next = next_edge(r); !rc && next <= last; next = next_edge(r))
    rc = edge(r, next, err);
  r->advanced = t;
  *out = r->outlet.out;
  *n_out = r->outlet.n;
  return rc;
}

/* Inputs that the edges have taken make room for new ones. */
static int queue_input(ms_tlm_router *r, ms_tlm_inputs *q, const ms_tlm_input *input,
                       ms_error *err) {
  ms_time earliest = q->first < q->n ? q->item[q->n - 1].t : r->advanced;
  if (input->t < earliest)
    return ms_fail(err, MS_ECAUSALITY, "router input at %llu ps: the router is at %llu ps already",
                   (unsigned long long)input->t, (unsigned long long)earliest);
  if (q->first == q->n)
    q->first = q->n = 0;
  if (q->n == q->capacity && q->first > q->capacity / 2) {
    q->n -= q->first;
    memmove(q->item, q->item + q->first, q->n * sizeof *q->item);
    q->first = 0;
  }
  if (q->n == q->capacity) {
    size_t capacity = q->capacity ? 2 * q->capacity : 64;
    ms_tlm_input *grown = realloc(q->item, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu router inputs", capacity);
    q->item = grown;
    q->capacity = capacity;
  }
  q->item[q->n++] = *input;
  return 0;
}

static int tlm_request(ms_router *router, ms_time t, unsigned neuron, int level, ms_error *err) {
  ms_tlm_router *r = self(router);
  if (neuron >= r->n_neuron)
    return ms_fail(err, MS_ERANGE, "request of neuron %u: the router has %u", neuron, r->n_neuron);
  const ms_tlm_input input = {
      .t = t, .cause = r->n_cause + 1, .address = (uint16_t)neuron, .level = level != 0};
  int rc = queue_input(r, &r->requests, &input, err);
  r->n_cause += !rc && level;
  return rc ? rc : ms_outlet_request(&r->outlet, t, neuron, level, err);
}

static int tlm_event(ms_router *router, ms_time t, unsigned input, ms_error *err) {
  ms_tlm_router *r = self(router);
  if (input >= r->n_input)
    return ms_fail(err, MS_ERANGE, "event for input %u: the router has %u", input, r->n_input);
  const ms_tlm_input event = {.t = t, .cause = r->n_cause + 1, .address = (uint16_t)input};
  int rc = queue_input(r, &r->events, &event, err);
  r->n_cause += !rc;
  return rc;
}

/* Edges until a core can change an output; UINT64_MAX if it does not without further input. */
static uint64_t core_output(const ms_tlm_router *r, const ms_tlm_core *c) {
  const ms_tlm_fanout *f = &c->fanout;
  const unsigned soon = ms_tlm_aer_soon(c), later = ms_tlm_fanout_soon(c);
  uint64_t next = ms_tlm_aer_watch(c);
  if (soon)
    next = earlier(next, r->edge + soon);
  if (later)
    next = earlier(next, r->edge + later);
  if (f->n_high)
    next = earlier(next, f->pulse[f->first_high].start + ms_registers_high(&c->registers));
  if (c->leaving.n)
    next = earlier(next, r->edge + 1);
  if (c->axon.queue.n || c->axon.entry || c->axon.n_line) { /* from the mesh to a row */
    uint64_t due = c->axon.queue.n || c->axon.entry ? r->edge : c->axon.line[0].due;
    next = earlier(next, (due > r->edge ? due : r->edge) + MS_ROUTER_EXT_PULSE);
  }
  return next;
}

static ms_time tlm_next_output(const ms_router *router) {
  const ms_tlm_router *r = (const ms_tlm_router *)router;
  const ms_tlm_input *request = front(&r->requests), *event = front(&r->events);
  uint64_t next = r->n_flit ? r->edge + MS_ROUTER_EXT_PULSE : UINT64_MAX;
  for (unsigned k = 0; k < r->n_core; k++)
    next = earlier(next, core_output(r, &r->core[k]));
  if (request)
    next = earlier(next, edge_after(r, request->t) + MS_ROUTER_ACK);
  if (event) {
    uint64_t taken = edge_after(r, event->t);
    next = earlier(next, (taken > r->edge ? taken : r->edge + 1) + MS_ROUTER_EXT_PULSE);
  }
  return next == UINT64_MAX ? MS_TIME_NEVER : next * r->clock_ps;
}

static ms_time tlm_lookahead(const ms_router *router) {
  return MS_ROUTER_SYNC * ((const ms_tlm_router *)router)->clock_ps;
}

static ms_ack_timing tlm_ack_timing(const ms_router *router) {
  return (ms_ack_timing){.clock_ps = ((const ms_tlm_router *)router)->clock_ps,
                         .rise_cycles = MS_ROUTER_ACK,
                         .fall_cycles = MS_ROUTER_ACK};
}

static void tlm_get_counters(const ms_router *router, ms_router_counters *counters) {
  const ms_tlm_router *r = (const ms_tlm_router *)router;
  *counters = (ms_router_counters){0};
  for (unsigned k = 0; k < r->n_core; k++)
    ms_router_counters_add(counters, &r->core[k].registers.counters);
  counters->cycles = r->n_edge;
}

static void tlm_get_network(const ms_router *router, ms_network_counters *counters) {
  const ms_tlm_router *r = (const ms_tlm_router *)router;
  for (unsigned k = 0; k < r->n_core; k++)
    ms_network_counters_add(counters, &r->core[k].network.counters);
}

static const char *const *tlm_signals(const ms_router *router) {
  return (const char *const *)((const ms_tlm_router *)router)->outlet.name;
}

static int tlm_trace(ms_router *router, int on, ms_error *err) {
  self(router)->outlet.tracing = on;
  return ms_outlet_reset(&self(router)->outlet, err);
}

static size_t tlm_take_trace(ms_router *router, const ms_signal_change **change) {
  return ms_outlet_take_trace(&self(router)->outlet, change);
}

void ms_tlm_core_clear(ms_tlm_core *c) {
  ms_tlm_fanout *f = &c->fanout;
  uint32_t *cause = c->aer.cause;
  memset(cause, 0, c->registers.size.n_neuron * sizeof *cause);
  c->aer = (ms_tlm_aer){.cause = cause, .n_word = (c->registers.size.n_neuron + 63) / 64};
  memset(f->held, 0, f->n_line);
  *f = (ms_tlm_fanout){.pulse = f->pulse, .held = f->held, .n_line = f->n_line};
  c->leaving.n = c->axon.queue.n = c->axon.n_line = 0;
  c->axon.entry = false;
}

static int tlm_reset(ms_router *router, ms_error *err) {
  ms_tlm_router *r = self(router);
  r->advanced = r->edge = r->n_edge = 0;
  r->n_cause = 0;
  r->n_flit = r->out_turn = 0;
  r->out_core = -1;
  r->requests.first = r->requests.n = r->events.first = r->events.n = 0;
  for (unsigned k = 0; k < r->n_core; k++) {
    ms_tlm_core *c = &r->core[k];
    ms_tlm_core_clear(c);
    c->registers.counters = (ms_router_counters){0};
    c->network.counters = (ms_network_counters){0};
    for (unsigned p = 0; r->node && p < MS_TLM_PORTS; p++) {
      r->node[k].in[p].n = r->node[k].in[p].sent = r->node[k].next[p] = 0;
      r->node[k].out[p].valid = false;
    }
    if (r->node)
      r->node[k].pop = 0;
  }
  return ms_outlet_reset(&r->outlet, err);
}

bool ms_tlm_idle(const ms_tlm_router *r) {
  if (front(&r->requests) || front(&r->events) || r->n_flit || r->out_core >= 0)
    return false;
  for (unsigned k = 0; k < r->n_core; k++) {
    const ms_tlm_core *c = &r->core[k];
    if (ms_tlm_aer_soon(c) || ms_tlm_fanout_soon(c) || c->fanout.n_held || c->axon.n_line ||
        ms_tlm_axon_active(c, r->edge))
      return false;
  }
  return true;
}

const ms_router_ops ms_tlm_ops = {
    .destroy = ms_tlm_destroy,
    .reset = tlm_reset,
    .write = ms_tlm_write,
    .read = ms_tlm_read,
    .request = tlm_request,
    .event = tlm_event,
    .advance = tlm_advance,
    .next_output = tlm_next_output,
    .lookahead = tlm_lookahead,
    .ack_timing = tlm_ack_timing,
    .get_counters = tlm_get_counters,
    .signals = tlm_signals,
    .trace = tlm_trace,
    .take_trace = tlm_take_trace,
    .get_network = tlm_get_network,
};
