/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router: the RTL's fixed latencies without any contention. Every request is granted the
 * moment it is seen, every source has a fan-out of its own. What is left of waiting is physical: a
 * row makes one pulse at a time, so a delivery to a row whose pulse is on waits for its end. */
#include "router/ideal/ideal.h"

#include <stdlib.h>
#include <string.h>

enum { SIGNAL_REQ, SIGNAL_ACK, SIGNAL_PULSE, SIGNAL_EVENT };

static ms_ideal_router *self(ms_router *router) {
  return (ms_ideal_router *)router;
}

/* The first clock edge after t. */
static ms_time edge_after(const ms_ideal_router *r, ms_time t) {
  return (t / r->clock_ps + 1) * r->clock_ps;
}

static int trace(ms_ideal_router *r, ms_time t, uint32_t signal, uint64_t value, ms_error *err) {
  if (!r->tracing)
    return 0;
  if (r->n_change == r->change_capacity) {
    size_t capacity = r->change_capacity ? 2 * r->change_capacity : 256;
    ms_signal_change *grown = realloc(r->change, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for the router's trace");
    r->change = grown;
    r->change_capacity = capacity;
  }
  r->change[r->n_change++] = (ms_signal_change){.t = t, .signal = signal, .value = value};
  return 0;
}

static int push(ms_ideal_router *r, ms_time t, ms_ideal_what what, uint64_t rank, ms_router_out out,
                ms_error *err) {
  ms_ideal_item item = {.t = t, .rank = rank, .what = what, .out = out};
  item.out.t = t;
  return ms_ideal_queue_push(what == MS_IDEAL_SAMPLE ? &r->sample : &r->queue, &item, err);
}

static int emit(ms_ideal_router *r, const ms_router_out *out, ms_error *err) {
  if (r->n_out == r->out_capacity) {
    size_t capacity = r->out_capacity ? 2 * r->out_capacity : 64;
    ms_router_out *grown = realloc(r->out, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu router outputs", capacity);
    r->out = grown;
    r->out_capacity = capacity;
  }
  r->out[r->n_out++] = *out;
  switch (out->kind) {
  case MS_OUT_ACK:
    r->neuron[out->neuron].ack = out->level;
    r->neuron[out->neuron].ack_t = out->t;
    r->n_ack += out->level ? 1 : -1u;
    return trace(r, out->t, SIGNAL_ACK, (uint64_t)out->neuron << 1 | out->level, err);
  case MS_OUT_PULSE:
    return trace(
        r, out->t, SIGNAL_PULSE,
        (uint64_t)ms_map_entry(out->neuron, out->sign, out->row, out->code) << 1 | out->level, err);
  case MS_OUT_EVENT:
    r->counters.sent++;
    return trace(r, out->t, SIGNAL_EVENT, out->neuron, err);
  }
  return 0;
}

/* Outputs of one edge come in a fixed order, whenever they were scheduled. */
static uint64_t output_rank(const ms_router_out *out) {
  return (uint64_t)out->kind << 24 | (uint64_t)out->neuron << 8 | (uint64_t)out->sign << 4 |
         out->row;
}

/* Schedules the deliveries of a source, sampled at `edge`, one a clock from `first` on. Deliveries
 * that meet at a row queue up by the edge that sampled their event, then by source. */
static int fan_out(ms_ideal_router *r, unsigned source, ms_time edge, ms_time first,
                   ms_error *err) {
  uint32_t base = ms_map_route_base(r->route[source]), count = ms_map_route_count(r->route[source]);
  if (!count)
    r->counters.unrouted++;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t word = base + k < MS_IDEAL_ENTRIES ? r->entry[base + k] : UINT32_MAX;
    uint32_t target = ms_map_entry_target(word), row = ms_map_entry_row(word);
    if (base + k >= MS_IDEAL_ENTRIES || target >= r->n_neuron || row >= MS_IDEAL_ROWS) {
      r->counters.bad_entry++;
      continue;
    }
    ms_router_out out = {.kind = MS_OUT_PULSE,
                         .level = 1,
                         .sign = (uint8_t)ms_map_entry_sign(word),
                         .row = (uint8_t)row,
                         .neuron = (uint16_t)target,
                         .code = (uint16_t)ms_map_entry_code(word)};
    uint64_t rank = (edge / r->clock_ps) << 32 | (uint64_t)source << 16 | k;
    int rc = push(r, first + k * r->clock_ps, MS_IDEAL_DELIVER, rank, out, err);
    if (rc)
      return rc;
  }
  return 0;
}

/* The request line of a neuron is sampled at `edge`. */
static int sample(ms_ideal_router *r, unsigned index, ms_time edge, ms_error *err) {
  ms_ideal_neuron *n = &r->neuron[index];
  n->sampling = 0;
  if (n->level == n->seen) {
    r->counters.vanished += !n->level;
    return 0;
  }
  if (!(r->control & MS_MAP_CONTROL_ENABLE))
    return 0;
  n->seen = n->level;
  ms_router_out out = {.kind = MS_OUT_ACK, .level = n->level, .neuron = (uint16_t)index};
  int rc = push(r, edge + MS_IDEAL_ACK * r->clock_ps, MS_IDEAL_OUTPUT, output_rank(&out), out, err);
  if (rc || !n->level)
    return rc;
  r->counters.captured++;
  if (r->control & MS_MAP_CONTROL_OUTPUT) {
    out.kind = MS_OUT_EVENT;
    rc = push(r, edge + MS_IDEAL_SEND * r->clock_ps, MS_IDEAL_OUTPUT, output_rank(&out), out, err);
  }
  return rc ? rc : fan_out(r, index, edge, edge + MS_IDEAL_REQ_PULSE * r->clock_ps, err);
}

/* A delivery reaches its row, which takes it or lets it wait. */
static int deliver(ms_ideal_router *r, ms_ideal_item *item, ms_error *err) {
  ms_router_out *out = &item->out;
  ms_time *row_free = &r->neuron[out->neuron].row_free[out->sign][out->row];
  if (*row_free > item->t) {
    r->counters.row_wait += (*row_free - item->t) / r->clock_ps;
    item->t = out->t = *row_free;
    return ms_ideal_queue_push(&r->queue, item, err); /* keeps its rank */
  }
  ms_time hold = r->pulse_width ? r->pulse_width : 1, high = hold;
  if (r->control & MS_MAP_CONTROL_TRIGGER && r->trigger_width < hold)
    high = r->trigger_width ? r->trigger_width : 1;
  *row_free = item->t + (hold + MS_IDEAL_GAP) * r->clock_ps;
  r->counters.delivered++;
  int rc = emit(r, out, err);
  out->level = 0;
  return rc ? rc
            : push(r, item->t + high * r->clock_ps, MS_IDEAL_OUTPUT, output_rank(out), *out, err);
}

static int schedule_tick(ms_ideal_router *r, ms_time t, ms_error *err) {
  r->next_tick = t;
  return push(r, t, MS_IDEAL_TICK, UINT64_MAX, (ms_router_out){0}, err);
}

/* An acknowledge changes, unless it was withdrawn before. The first one starts the ticks. */
static int acknowledge(ms_ideal_router *r, const ms_router_out *out, ms_error *err) {
  ms_ideal_neuron *n = &r->neuron[out->neuron];
  n->old = 0;
  if (!out->level && n->stuck) {
    n->stuck = 0;
    return 0;
  }
  int rc = emit(r, out, err);
  if (!r->n_ack)
    r->next_tick = MS_TIME_NEVER;
  else if (!rc && r->timeout && r->next_tick == MS_TIME_NEVER)
    rc = schedule_tick(r, out->t + (1 + r->timeout) * r->clock_ps, err);
  return rc;
}

/* Withdraws every acknowledge that has seen a tick before; its request is stuck. */
static int tick(ms_ideal_router *r, ms_time t, ms_error *err) {
  int rc = 0;
  if (t != r->next_tick)
    return 0;
  for (unsigned k = 0; !rc && k < r->n_neuron; k++) {
    ms_ideal_neuron *n = &r->neuron[k];
    if (n->ack && n->old) {
      ms_router_out out = {.t = t, .kind = MS_OUT_ACK, .neuron = (uint16_t)k};
      n->stuck = 1;
      r->counters.stuck++;
      rc = emit(r, &out, err);
    }
    n->old = n->ack && n->ack_t < t;
  }
  r->next_tick = MS_TIME_NEVER;
  return rc || !r->n_ack ? rc : schedule_tick(r, t + r->timeout * r->clock_ps, err);
}

static int take(ms_ideal_router *r, ms_ideal_item *item, ms_error *err) {
  switch (item->what) {
  case MS_IDEAL_DELIVER:
    return deliver(r, item, err);
  case MS_IDEAL_TICK:
    return tick(r, item->t, err);
  default:
    return item->out.kind == MS_OUT_ACK ? acknowledge(r, &item->out, err)
                                        : emit(r, &item->out, err);
  }
}

static int ideal_advance(ms_router *router, ms_time t, const ms_router_out **out, size_t *n_out,
                         ms_error *err) {
  ms_ideal_router *r = self(router);
  r->n_out = 0;
  int rc = 0;
  while (!rc) {
    ms_time sampled = r->sample.n ? r->sample.item[0].t : MS_TIME_NEVER;
    ms_time queued = r->queue.n ? r->queue.item[0].t : MS_TIME_NEVER;
    if ((sampled < queued ? sampled : queued) > t)
      break;
    if (sampled <= queued) {
      ms_ideal_item item = ms_ideal_queue_pop(&r->sample);
      rc = sample(r, item.out.neuron, item.t, err);
      continue;
    }
    ms_ideal_item item = ms_ideal_queue_pop(&r->queue);
    rc = take(r, &item, err);
  }
  if (t != MS_TIME_NEVER && t > r->now)
    r->now = t;
  *out = r->out;
  *n_out = r->n_out;
  return rc;
}

static int check_time(const ms_ideal_router *r, ms_time t, ms_error *err) {
  if (t < r->now)
    return ms_fail(err, MS_ECAUSALITY, "router input at %llu ps, but it has advanced to %llu ps",
                   (unsigned long long)t, (unsigned long long)r->now);
  return 0;
}

static int ideal_request(ms_router *router, ms_time t, unsigned neuron, int level, ms_error *err) {
  ms_ideal_router *r = self(router);
  if (neuron >= r->n_neuron)
    return ms_fail(err, MS_EINVAL, "request of neuron %u, but there are %u", neuron, r->n_neuron);
  int rc = check_time(r, t, err);
  if (rc)
    return rc;
  /* Edges up to now are settled: what they sample must not see this change. */
  while (!rc && r->sample.n && r->sample.item[0].t <= t) {
    ms_ideal_item item = ms_ideal_queue_pop(&r->sample);
    rc = sample(r, item.out.neuron, item.t, err);
  }
  if (rc)
    return rc;
  ms_ideal_neuron *n = &r->neuron[neuron];
  n->level = level != 0;
  rc = trace(r, t, SIGNAL_REQ, (uint64_t)neuron << 1 | n->level, err);
  if (rc || n->sampling)
    return rc;
  n->sampling = 1;
  ms_router_out out = {.neuron = (uint16_t)neuron};
  return push(r, edge_after(r, t), MS_IDEAL_SAMPLE, neuron, out, err);
}

static int ideal_event(ms_router *router, ms_time t, unsigned input, ms_error *err) {
  ms_ideal_router *r = self(router);
  if (input >= r->n_input)
    return ms_fail(err, MS_EINVAL, "event for input %u, but there are %u", input, r->n_input);
  int rc = check_time(r, t, err);
  if (rc)
    return rc;
  r->counters.external++;
  ms_time edge = edge_after(r, t);
  return fan_out(r, r->n_neuron + input, edge, edge + MS_IDEAL_EXT_PULSE * r->clock_ps, err);
}

static ms_time ideal_next_output(const ms_router *router) {
  const ms_ideal_router *r = (const ms_ideal_router *)router;
  ms_time next = r->queue.n ? r->queue.item[0].t : MS_TIME_NEVER;
  if (r->sample.n) {
    ms_time answer = r->sample.item[0].t + MS_IDEAL_ACK * r->clock_ps;
    next = answer < next ? answer : next;
  }
  return next;
}

static ms_time ideal_lookahead(const ms_router *router) {
  return MS_IDEAL_ACK * ((const ms_ideal_router *)router)->clock_ps;
}

static ms_ack_timing ideal_ack_timing(const ms_router *router) {
  return (ms_ack_timing){.clock_ps = ((const ms_ideal_router *)router)->clock_ps,
                         .rise_cycles = MS_IDEAL_ACK,
                         .fall_cycles = MS_IDEAL_ACK};
}

static void ideal_get_counters(const ms_router *router, ms_router_counters *counters) {
  *counters = ((const ms_ideal_router *)router)->counters;
}

static const char *const *ideal_signals(const ms_router *router) {
  (void)router;
  static const char *const names[] = {"req[13]", "ack[13]", "pulse[25]", "event[12]", NULL};
  return names;
}

static int ideal_trace(ms_router *router, int on, ms_error *err) {
  (void)err;
  self(router)->tracing = on;
  return 0;
}

static size_t ideal_take_trace(ms_router *router, const ms_signal_change **change) {
  ms_ideal_router *r = self(router);
  size_t n = r->n_change;
  *change = r->change;
  r->n_change = 0;
  return n;
}

static int ideal_reset(ms_router *router, ms_error *err) {
  (void)err;
  ms_ideal_router *r = self(router);
  r->now = 0;
  r->sample.n = r->queue.n = 0;
  r->n_ack = 0;
  r->next_tick = MS_TIME_NEVER;
  r->n_out = r->n_change = 0;
  memset(r->neuron, 0, r->n_neuron * sizeof *r->neuron);
  r->counters = (ms_router_counters){0};
  return 0;
}

static void ideal_destroy(ms_router *router) {
  ms_ideal_router *r = self(router);
  free(r->bias);
  free(r->route);
  free(r->entry);
  free(r->neuron);
  free(r->sample.item);
  free(r->queue.item);
  free(r->out);
  free(r->change);
  free(r);
}

static const ms_router_ops ideal_ops = {
    .destroy = ideal_destroy,
    .reset = ideal_reset,
    .write = ms_ideal_write,
    .read = ms_ideal_read,
    .request = ideal_request,
    .event = ideal_event,
    .advance = ideal_advance,
    .next_output = ideal_next_output,
    .lookahead = ideal_lookahead,
    .ack_timing = ideal_ack_timing,
    .get_counters = ideal_get_counters,
    .signals = ideal_signals,
    .trace = ideal_trace,
    .take_trace = ideal_take_trace,
};

int ms_ideal_router_create(const ms_router_options *options, ms_router **out, ms_error *err) {
  *out = NULL;
  if (!options->n_neuron || options->n_neuron > 4096 || !options->clock_ps)
    return ms_fail(err, MS_EINVAL,
                   "a router needs 1 to 4096 neurons and a clock, not %u at %llu ps",
                   options->n_neuron, (unsigned long long)options->clock_ps);
  if (options->n_neuron + options->n_input > 65536 || options->n_bias > 256)
    return ms_fail(err, MS_ERANGE, "too many inputs (%u) or biases (%u) for the port's address map",
                   options->n_input, options->n_bias);
  ms_ideal_router *r = calloc(1, sizeof *r);
  if (!r)
    return ms_fail(err, MS_ENOMEM, "no memory for a router");
  r->base.ops = &ideal_ops;
  r->n_neuron = options->n_neuron;
  r->n_input = options->n_input;
  r->n_bias = options->n_bias;
  r->clock_ps = options->clock_ps;
  r->pulse_width = MS_IDEAL_PULSE_DEFAULT;
  r->trigger_width = 1;
  r->next_tick = MS_TIME_NEVER;
  r->bias = calloc(options->n_bias ? options->n_bias : 1, sizeof *r->bias);
  r->route = calloc(options->n_neuron + options->n_input, sizeof *r->route);
  r->entry = calloc(MS_IDEAL_ENTRIES, sizeof *r->entry);
  r->neuron = calloc(options->n_neuron, sizeof *r->neuron);
  if (!r->bias || !r->route || !r->entry || !r->neuron) {
    ideal_destroy(&r->base);
    return ms_fail(err, MS_ENOMEM, "no memory for a router of %u neurons", options->n_neuron);
  }
  *out = &r->base;
  return 0;
}
