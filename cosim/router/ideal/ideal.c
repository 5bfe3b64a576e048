/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router: the RTL's fixed latencies without any contention. Every request is granted the
 * moment it is seen, every source has a fan-out of its own. What is left of waiting is physical: a
 * row makes one pulse at a time, so a delivery to a row whose pulse is on waits for its end.
 * As the loosely timed router it has one fan-out a core, which takes the events of all sources one
 * after another and delivers one entry a clock: throughput is the RTL's, arbitration and
 * back-pressure are not there. On a mesh an event reaches another core after the way that it has in
 * an empty mesh. */
#include "router/ideal/ideal.h"

#include <string.h>

/* What happens at a future clock edge. */
enum {
  SAMPLE, /* `neuron`: whose request line */
  OUTPUT,
  FAN_OUT, /* `neuron`: source, `code`: core; its fan-out may read its routing table */
  DELIVER,
  TICK, /* `code`: core in which stuck requests are looked for */
};

/* From the edge that takes an event into the fan-out's queue, without contention: edges to its
 * pulse, and to that of its tag in a core so many hops away, hops left out. */
enum { TAKEN_PULSE = MS_ROUTER_EXT_PULSE, TAKEN_TAG_PULSE = 8 };

static ms_ideal_router *self(ms_router *router) {
  return (ms_ideal_router *)router;
}

/* The core of a neuron, as the chip numbers it. */
static ms_ideal_core *home(ms_ideal_router *r, unsigned neuron) {
  return &r->core[ms_map_core(neuron, r->n_core)];
}

static unsigned core_number(const ms_ideal_router *r, const ms_ideal_core *c) {
  return (unsigned)(c - r->core);
}

/* The first clock edge after t. */
static ms_time edge_after(const ms_ideal_router *r, ms_time t) {
  return (t / r->clock_ps + 1) * r->clock_ps;
}

static int push(ms_ideal_router *r, ms_time t, int what, uint64_t rank, ms_router_out out,
                ms_error *err) {
  ms_agenda_item item = {.t = t, .rank = rank, .what = what, .out = out};
  item.out.t = t;
  return ms_agenda_push(what == SAMPLE ? &r->sample : &r->agenda, &item, err);
}

static int emit(ms_ideal_router *r, const ms_router_out *out, ms_error *err) {
  ms_ideal_core *c = home(r, out->neuron);
  if (out->kind == MS_OUT_ACK) {
    r->neuron[out->neuron].ack = out->level;
    r->neuron[out->neuron].ack_t = out->t;
    c->n_ack += out->level ? 1 : -1u;
  }
  c->registers.counters.sent += out->kind == MS_OUT_EVENT;
  return ms_outlet_put(&r->outlet, out, err);
}

/* Outputs of one edge come in a fixed order, whenever they were scheduled. */
static uint64_t output_rank(const ms_router_out *out) {
  return (uint64_t)out->kind << 24 | (uint64_t)out->neuron << 8 | (uint64_t)out->sign << 4 |
         out->row;
}

/* Deliveries that meet at a row queue up by the edge that took their event, then by source. */
static uint64_t event_rank(const ms_ideal_router *r, const ms_ideal_core *c, ms_time edge,
                           unsigned source) {
  return (edge / r->clock_ps) << 32 |
         (uint64_t)ms_map_number(core_number(r, c), source, r->n_core) << 16;
}

/* Schedules the deliveries of a core's source or tag, one a clock from `first` on. */
static int deliver_all(ms_ideal_router *r, ms_ideal_core *c, unsigned source, uint32_t cause,
                       uint64_t rank, ms_time first, ms_error *err) {
  ms_registers *g = &c->registers;
  uint32_t base = ms_map_route_base(g->route[source]), count = ms_map_route_count(g->route[source]);
  if (!count)
    g->counters.unrouted++;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t word = base + k < g->size.n_entry ? g->entry[base + k] : UINT32_MAX;
    uint32_t target = ms_map_entry_target(word), row = ms_map_entry_row(word);
    if (base + k >= g->size.n_entry || target >= g->size.n_neuron || row >= MS_ROUTER_ROWS) {
      g->counters.bad_entry++;
      continue;
    }
    ms_router_out out = {.kind = MS_OUT_PULSE,
                         .level = 1,
                         .sign = (uint8_t)ms_map_entry_sign(word),
                         .row = (uint8_t)row,
                         .neuron = (uint16_t)ms_map_number(core_number(r, c), target, r->n_core),
                         .code = (uint16_t)ms_map_entry_code(word),
                         .cause = cause};
    int rc = push(r, first + k * r->clock_ps, DELIVER, rank | k, out, err);
    if (rc)
      return rc;
  }
  return 0;
}

/* An event that a core's fan-out may take at edge `taken` reaches its rows, and other cores. */
static int fan_out(ms_ideal_router *r, ms_ideal_core *c, unsigned source, uint32_t cause,
                   ms_time taken, ms_error *err);

/* Sends one flit, which its core's way to the mesh takes with an event that was taken at `taken`.
 */
static int send(ms_ideal_router *r, const ms_ideal_core *from, uint32_t entry, uint32_t cause,
                ms_time taken, ms_error *err) {
  const ms_network_registers *n = &from->network;
  const uint32_t tag = n->tag[entry] % n->n_tag, mask = n->dest[entry] & 0xffff;
  const uint64_t delay = (uint64_t)(n->dest[entry] >> 16) << n->shift;
  int rc = 0;
  for (unsigned to = 0; !rc && to < r->n_core; to++) {
    if (!(mask >> to & 1))
      continue;
    ms_ideal_core *c = &r->core[to];
    const unsigned hops = ms_network_hops(core_number(r, from), to, r->cols);
    c->network.counters.tags++;
    rc = fan_out(r, c, c->registers.size.n_neuron + c->registers.size.n_input + tag, cause,
                 taken + (TAKEN_TAG_PULSE - TAKEN_PULSE + hops + delay) * r->clock_ps, err);
  }
  return rc;
}

/* All send entries of an event. */
static int send_all(ms_ideal_router *r, ms_ideal_core *c, unsigned source, uint32_t cause,
                    ms_time taken, ms_error *err) {
  ms_network_registers *n = &c->network;
  uint32_t entry = source;
  int rc = 0;
  while (!rc) {
    const uint32_t next = n->tag[entry] >> 16, mask = n->dest[entry] & 0xffff;
    const int follow = next > entry && next < n->n_send;
    n->counters.bad_send += (next && !follow) || mask >> r->n_core;
    n->counters.flits += (mask & ((1u << r->n_core) - 1)) != 0;
    rc = send(r, c, entry, cause, taken, err);
    if (!follow)
      break;
    entry = next;
    taken += r->clock_ps;
  }
  return rc;
}

/* The fan-out reads an event's word of the routing table two edges before its first pulse. */
static int issue(ms_ideal_router *r, ms_ideal_core *c, unsigned source, uint32_t cause,
                 uint64_t rank, ms_time read, ms_error *err) {
  const ms_router_size *size = &c->registers.size;
  int rc = deliver_all(r, c, source, cause, rank, read + 2 * r->clock_ps, err);
  if (rc || source >= size->n_neuron + size->n_input || !(c->network.control & 1))
    return rc;
  return send_all(r, c, source, cause, read - (TAKEN_PULSE - 2) * r->clock_ps, err);
}

static int fan_out(ms_ideal_router *r, ms_ideal_core *c, unsigned source, uint32_t cause,
                   ms_time taken, ms_error *err) {
  const ms_time read = taken + (TAKEN_PULSE - 2) * r->clock_ps;
  uint64_t rank = event_rank(r, c, taken, source);
  if (!r->shared_fan_out)
    return issue(r, c, source, cause, rank, read, err);
  ms_router_out out = {
      .neuron = (uint16_t)source, .code = (uint16_t)core_number(r, c), .cause = cause};
  return push(r, read, FAN_OUT, rank, out, err);
}

/* The shared fan-out reads the routing table as soon as it has issued the event before. */
static int take_turn(ms_ideal_router *r, const ms_agenda_item *item, ms_error *err) {
  ms_ideal_core *c = &r->core[item->out.code];
  ms_time start = item->t > c->fan_out_free ? item->t : c->fan_out_free;
  uint32_t count = ms_map_route_count(c->registers.route[item->out.neuron]);
  c->registers.counters.queue_wait += (start - item->t) / r->clock_ps;
  c->fan_out_free = start + (count ? count : 1) * r->clock_ps;
  return issue(r, c, item->out.neuron, item->out.cause, item->rank, start, err);
}

/* The request line of a neuron is sampled at `edge`. */
static int sample(ms_ideal_router *r, unsigned index, ms_time edge, ms_error *err) {
  ms_ideal_neuron *n = &r->neuron[index];
  ms_ideal_core *c = home(r, index);
  n->sampling = 0;
  if (n->level == n->seen) {
    c->registers.counters.vanished += !n->level;
    return 0;
  }
  if (!(c->registers.control & MS_MAP_CONTROL_ENABLE))
    return 0;
  n->seen = n->level;
  ms_router_out out = {
      .kind = MS_OUT_ACK, .level = n->level, .neuron = (uint16_t)index, .cause = n->cause};
  int rc = push(r, edge + MS_ROUTER_ACK * r->clock_ps, OUTPUT, output_rank(&out), out, err);
  if (rc || !n->level)
    return rc;
  c->registers.counters.captured++;
  if (c->registers.control & MS_MAP_CONTROL_OUTPUT) {
    out.kind = MS_OUT_EVENT;
    rc = push(r, edge + MS_ROUTER_SEND * r->clock_ps, OUTPUT, output_rank(&out), out, err);
  }
  return rc ? rc
            : fan_out(r, c, ms_map_index(index, r->n_core), n->cause,
                      edge + MS_ROUTER_ACK * r->clock_ps, err);
}

/* A delivery reaches its row, which takes it or lets it wait. */
static int deliver(ms_ideal_router *r, ms_agenda_item *item, ms_error *err) {
  ms_router_out *out = &item->out;
  ms_ideal_core *c = home(r, out->neuron);
  ms_time *row_free = &r->neuron[out->neuron].row_free[out->sign][out->row];
  if (*row_free > item->t) {
    c->registers.counters.row_wait += (*row_free - item->t) / r->clock_ps;
    item->t = out->t = *row_free;
    return ms_agenda_push(&r->agenda, item, err); /* keeps its rank */
  }
  *row_free = item->t + (ms_registers_hold(&c->registers) + MS_ROUTER_GAP) * r->clock_ps;
  c->registers.counters.delivered++;
  int rc = emit(r, out, err);
  out->level = 0;
  return rc ? rc
            : push(r, item->t + ms_registers_high(&c->registers) * r->clock_ps, OUTPUT,
                   output_rank(out), *out, err);
}

static int schedule_tick(ms_ideal_router *r, ms_ideal_core *c, ms_time t, ms_error *err) {
  c->next_tick = t;
  return push(r, t, TICK, UINT64_MAX, (ms_router_out){.code = (uint16_t)core_number(r, c)}, err);
}

/* An acknowledge changes, unless it was withdrawn before. The first one starts the ticks. */
static int acknowledge(ms_ideal_router *r, const ms_router_out *out, ms_error *err) {
  ms_ideal_neuron *n = &r->neuron[out->neuron];
  ms_ideal_core *c = home(r, out->neuron);
  int first = out->level && !c->n_ack && (out->t > c->none_since || c->next_tick == MS_TIME_NEVER);
  n->old = 0;
  if (!out->level && n->stuck) {
    n->stuck = 0;
    return 0;
  }
  int rc = emit(r, out, err);
  if (!c->n_ack)
    c->none_since = out->t;
  if (!rc && first && c->registers.timeout)
    rc = schedule_tick(r, c, out->t + (1 + c->registers.timeout) * r->clock_ps, err);
  return rc;
}

/* Withdraws every acknowledge that has seen a tick before; its request is stuck. */
static int tick(ms_ideal_router *r, ms_ideal_core *c, ms_time t, ms_error *err) {
  int rc = 0;
  if (t != c->next_tick)
    return 0;
  for (unsigned k = core_number(r, c); !rc && k < r->n_neuron; k += r->n_core) {
    ms_ideal_neuron *n = &r->neuron[k];
    if (n->ack && n->old) {
      ms_router_out out = {.t = t, .kind = MS_OUT_ACK, .neuron = (uint16_t)k, .cause = n->cause};
      n->stuck = 1;
      c->registers.counters.stuck++;
      rc = emit(r, &out, err);
    }
    n->old = n->ack && n->ack_t < t;
  }
  c->next_tick = MS_TIME_NEVER;
  return rc || !c->n_ack ? rc : schedule_tick(r, c, t + c->registers.timeout * r->clock_ps, err);
}

static int take(ms_ideal_router *r, ms_agenda_item *item, ms_error *err) {
  switch (item->what) {
  case FAN_OUT:
    return take_turn(r, item, err);
  case DELIVER:
    return deliver(r, item, err);
  case TICK:
    return tick(r, &r->core[item->out.code], item->t, err);
  default:
    return item->out.kind == MS_OUT_ACK ? acknowledge(r, &item->out, err)
                                        : emit(r, &item->out, err);
  }
}

/* Samples the request lines at every edge up to t. */
static int sample_until(ms_ideal_router *r, ms_time t, ms_error *err) {
  int rc = 0;
  while (!rc && r->sample.n && r->sample.item[0].t <= t) {
    ms_agenda_item item = ms_agenda_pop(&r->sample);
    rc = sample(r, item.out.neuron, item.t, err);
  }
  return rc;
}

static int ideal_advance(ms_router *router, ms_time t, const ms_router_out **out, size_t *n_out,
                         ms_error *err) {
  ms_ideal_router *r = self(router);
  r->outlet.n = 0;
  int rc = 0;
  while (!rc) {
    ms_time next = ms_agenda_next(&r->agenda);
    rc = sample_until(r, next < t ? next : t, err);
    next = ms_agenda_next(&r->agenda); /* a sample answers later than it is taken */
    if (rc || next > t || next == MS_TIME_NEVER)
      break;
    ms_agenda_item item = ms_agenda_pop(&r->agenda);
    rc = take(r, &item, err);
  }
  if (t != MS_TIME_NEVER && t > r->now)
    r->now = t;
  *out = r->outlet.out;
  *n_out = r->outlet.n;
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
    return ms_fail(err, MS_ERANGE, "request of neuron %u: the router has %u", neuron, r->n_neuron);
  int rc = check_time(r, t, err);
  if (!rc) /* edges up to now are settled: what they sample must not see this change */
    rc = sample_until(r, t, err);
  if (rc)
    return rc;
  ms_ideal_neuron *n = &r->neuron[neuron];
  n->level = level != 0;
  if (level)
    n->cause = ++r->n_cause;
  rc = ms_outlet_request(&r->outlet, t, neuron, level, err);
  if (rc || n->sampling)
    return rc;
  n->sampling = 1;
  ms_router_out out = {.neuron = (uint16_t)neuron};
  return push(r, edge_after(r, t), SAMPLE, neuron, out, err);
}

static int ideal_event(ms_router *router, ms_time t, unsigned input, ms_error *err) {
  ms_ideal_router *r = self(router);
  if (input >= r->n_input)
    return ms_fail(err, MS_ERANGE, "event for input %u: the router has %u", input, r->n_input);
  int rc = check_time(r, t, err);
  if (rc)
    return rc;
  ms_ideal_core *c = home(r, input);
  c->registers.counters.external++;
  return fan_out(r, c, c->registers.size.n_neuron + ms_map_index(input, r->n_core), ++r->n_cause,
                 edge_after(r, t), err);
}

static ms_time ideal_next_output(const ms_router *router) {
  const ms_ideal_router *r = (const ms_ideal_router *)router;
  ms_time next = ms_agenda_next(&r->agenda);
  if (r->sample.n) {
    ms_time answer = r->sample.item[0].t + MS_ROUTER_ACK * r->clock_ps;
    next = answer < next ? answer : next;
  }
  return next;
}

static ms_time ideal_lookahead(const ms_router *router) {
  return MS_ROUTER_ACK * ((const ms_ideal_router *)router)->clock_ps;
}

static ms_ack_timing ideal_ack_timing(const ms_router *router) {
  return (ms_ack_timing){.clock_ps = ((const ms_ideal_router *)router)->clock_ps,
                         .rise_cycles = MS_ROUTER_ACK,
                         .fall_cycles = MS_ROUTER_ACK};
}

static void ideal_get_counters(const ms_router *router, ms_router_counters *counters) {
  const ms_ideal_router *r = (const ms_ideal_router *)router;
  *counters = (ms_router_counters){0};
  for (unsigned k = 0; k < r->n_core; k++)
    ms_router_counters_add(counters, &r->core[k].registers.counters);
}

static void ideal_get_network(const ms_router *router, ms_network_counters *counters) {
  const ms_ideal_router *r = (const ms_ideal_router *)router;
  for (unsigned k = 0; k < r->n_core; k++)
    ms_network_counters_add(counters, &r->core[k].network.counters);
}

static const char *const *ideal_signals(const ms_router *router) {
  return (const char *const *)((const ms_ideal_router *)router)->outlet.name;
}

static int ideal_trace(ms_router *router, int on, ms_error *err) {
  self(router)->outlet.tracing = on;
  return ms_outlet_reset(&self(router)->outlet, err);
}

static size_t ideal_take_trace(ms_router *router, const ms_signal_change **change) {
  return ms_outlet_take_trace(&self(router)->outlet, change);
}

int ms_ideal_reset(ms_router *router, ms_error *err) {
  ms_ideal_router *r = self(router);
  r->now = 0;
  r->sample.n = r->agenda.n = 0;
  r->n_cause = 0;
  memset(r->neuron, 0, (size_t)r->n_core * r->core->registers.size.n_neuron * sizeof *r->neuron);
  for (unsigned k = 0; k < r->n_core; k++) {
    ms_ideal_core *c = &r->core[k];
    c->fan_out_free = c->none_since = 0;
    c->n_ack = 0;
    c->next_tick = MS_TIME_NEVER;
    c->registers.counters = (ms_router_counters){0};
    c->network.counters = (ms_network_counters){0};
  }
  return ms_outlet_reset(&r->outlet, err);
}

const ms_router_ops ms_ideal_ops = {
    .destroy = ms_ideal_destroy,
    .reset = ms_ideal_reset,
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
    .get_network = ideal_get_network,
};
