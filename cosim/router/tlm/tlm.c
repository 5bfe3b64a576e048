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

/* The next edge at which anything can change; UINT64_MAX if none without further input. */
static uint64_t next_edge(const ms_tlm_router *r) {
  const ms_tlm_fanout *f = &r->fanout;
  if (ms_tlm_aer_soon(r) || ms_tlm_fanout_soon(r))
    return r->edge + 1;
  uint64_t next = ms_tlm_aer_watch(r);
  const ms_tlm_input *request = front(&r->requests), *event = front(&r->events);
  if (request)
    next = earlier(next, edge_after(r, request->t));
  if (event)
    next = earlier(next, edge_after(r, event->t));
  if (f->n_high)
    next = earlier(next, f->pulse[f->first_high].start + ms_registers_high(&r->registers));
  if (f->n_held)
    next = earlier(next, f->pulse[f->first_held].start + ms_registers_hold(&r->registers));
  return next > r->edge ? next : r->edge + 1;
}

/* Against the flow, so that every stage sees what the others held before the edge. */
static int edge(ms_tlm_router *r, uint64_t number, ms_error *err) {
  bool neurons_room = r->fanout.neurons.n < MS_TLM_QUEUE;
  bool inputs_room = r->fanout.inputs.n < MS_TLM_QUEUE;
  int rc = ms_tlm_fanout_edge(r, number, err);
  if (!rc)
    rc = ms_tlm_aer_edge(r, number, neurons_room, err);
  ms_tlm_fanout_take(r, number, inputs_room);
  ms_tlm_aer_sample(r, number);
  r->registers.counters.cycles++;
  r->edge = number;
  return rc;
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

static ms_time tlm_next_output(const ms_router *router) {
  const ms_tlm_router *r = (const ms_tlm_router *)router;
  const ms_tlm_fanout *f = &r->fanout;
  unsigned soon = ms_tlm_aer_soon(r), later = ms_tlm_fanout_soon(r);
  const ms_tlm_input *request = front(&r->requests), *event = front(&r->events);
  uint64_t next = ms_tlm_aer_watch(r);
  if (soon)
    next = earlier(next, r->edge + soon);
  if (later)
    next = earlier(next, r->edge + later);
  if (f->n_high)
    next = earlier(next, f->pulse[f->first_high].start + ms_registers_high(&r->registers));
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
  *counters = ((const ms_tlm_router *)router)->registers.counters;
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

static int tlm_reset(ms_router *router, ms_error *err) {
  ms_tlm_router *r = self(router);
  const unsigned n_neuron = r->registers.size.n_neuron;
  uint32_t *cause = r->aer.cause;
  r->advanced = r->edge = 0;
  r->n_cause = 0;
  r->sent = false;
  r->requests.first = r->requests.n = r->events.first = r->events.n = 0;
  memset(cause, 0, n_neuron * sizeof *cause);
  r->aer = (ms_tlm_aer){.cause = cause};
  memset(r->fanout.held, 0, r->fanout.n_line);
  r->fanout =
      (ms_tlm_fanout){.pulse = r->fanout.pulse, .held = r->fanout.held, .n_line = r->fanout.n_line};
  r->registers.counters = (ms_router_counters){0};
  return ms_outlet_reset(&r->outlet, err);
}

static bool idle(const ms_tlm_router *r) {
  return !front(&r->requests) && !front(&r->events) && !ms_tlm_aer_soon(r) &&
         !ms_tlm_fanout_soon(r) && !r->fanout.n_held;
}

static int check_idle(const ms_tlm_router *r, uint32_t address, ms_error *err) {
  return idle(r) ? 0
                 : ms_fail(err, MS_EINVAL,
                           "router configuration 0x%05x: events are queued or in progress; access "
                           "the port before the first event or when the router is idle",
                           address);
}

/* STATUS, or requests, acknowledges or stuck requests, one bit a neuron, 32 a word. */
static uint32_t state_word(const ms_router *router, uint32_t block, uint32_t word) {
  const ms_tlm_router *r = (const ms_tlm_router *)router;
  if (block == MS_MAP_STATUS)
    return (uint32_t)(idle(r) ? 0 : MS_MAP_STATUS_ACTIVE) |
           (uint32_t)(r->fanout.n_held ? MS_MAP_STATUS_PULSES : 0);
  const ms_tlm_set *set = block == MS_MAP_REQUEST ? &r->aer.sync
                          : block == MS_MAP_ACK   ? &r->aer.ack
                                                  : &r->aer.stuck;
  return (uint32_t)(set->word[word / 2] >> (word % 2 * 32));
}

static int tlm_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  ms_tlm_router *r = self(router);
  int rc = check_idle(r, address, err);
  if (rc)
    return rc;
  if (address != MS_MAP_COMMAND)
    return ms_registers_write(&r->registers, address, data, err);
  if (data & MS_MAP_COMMAND_CLEAR_COUNTERS)
    r->registers.counters = (ms_router_counters){0};
  return data & MS_MAP_COMMAND_CLEAR ? tlm_reset(router, err) : 0;
}

static int tlm_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  ms_tlm_router *r = self(router);
  int rc = check_idle(r, address, err);
  return rc ? rc : ms_registers_read(&r->registers, router, state_word, address, data, err);
}

static void tlm_destroy(ms_router *router) {
  ms_tlm_router *r = self(router);
  ms_registers_free(&r->registers);
  ms_outlet_free(&r->outlet);
  free(r->requests.item);
  free(r->events.item);
  free(r->aer.cause);
  free(r->fanout.pulse);
  free(r->fanout.held);
  free(r);
}

static const ms_router_ops tlm_ops = {
    .destroy = tlm_destroy,
    .reset = tlm_reset,
    .write = tlm_write,
    .read = tlm_read,
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
};

int ms_tlm_router_create(const ms_router_options *options, ms_router **out, ms_error *err) {
  *out = NULL;
  const ms_router_size *size =
      ms_router_size_for(options->n_neuron, options->n_input, options->n_bias);
  if (!options->clock_ps)
    return ms_fail(err, MS_EINVAL, "router clock period is 0 ps: give a positive one");
  if (!size)
    return ms_fail(
        err, MS_ERANGE,
        "no router core is built for %u neurons, %u inputs and %u biases (docs/router.md "
        "has the sizes); router `ideal` has no such limit",
        options->n_neuron, options->n_input, options->n_bias);
  ms_tlm_router *r = calloc(1, sizeof *r);
  if (!r)
    return ms_fail(err, MS_ENOMEM, "no memory for a router");
  r->base.ops = &tlm_ops;
  r->n_neuron = options->n_neuron;
  r->n_input = options->n_input;
  r->clock_ps = options->clock_ps;
  r->fanout.n_line = size->n_neuron * MS_TLM_LINES;
  r->aer.cause = calloc(size->n_neuron, sizeof *r->aer.cause);
  r->fanout.pulse = calloc(r->fanout.n_line, sizeof *r->fanout.pulse);
  r->fanout.held = calloc(r->fanout.n_line, sizeof *r->fanout.held);
  int rc = ms_registers_create(&r->registers, size, err);
  if (!rc)
    rc = ms_outlet_create(&r->outlet, options->n_neuron, err);
  if (!rc && (!r->aer.cause || !r->fanout.pulse || !r->fanout.held))
    rc = ms_fail(err, MS_ENOMEM, "no memory for a router of %u neurons", size->n_neuron);
  if (rc) {
    tlm_destroy(&r->base);
    return rc;
  }
  *out = &r->base;
  return 0;
}
