/* SPDX-License-Identifier: Apache-2.0 */
/* From the queues to the rows: turns, routing table, entries, pulses. */
#include "router/tlm/tlm.h"

static int put_pulse(ms_tlm_router *r, const ms_tlm_pulse *p, int level, ms_time t, ms_error *err) {
  unsigned row = p->line % MS_TLM_LINES;
  const ms_router_out out = {.t = t,
                             .kind = MS_OUT_PULSE,
                             .level = (uint8_t)level,
                             .sign = row >= MS_ROUTER_ROWS,
                             .row = (uint8_t)(row % MS_ROUTER_ROWS),
                             .neuron = (uint16_t)(p->line / MS_TLM_LINES),
                             .code = p->code,
                             .cause = p->cause};
  return ms_outlet_put(&r->outlet, &out, err);
}

/* Lines fall and rows become free; at most one each an edge, since one a cycle was started. */
static int end_pulses(ms_tlm_router *r, uint64_t number, ms_error *err) {
  ms_tlm_fanout *f = &r->fanout;
  int rc = 0;
  const ms_tlm_pulse *high = &f->pulse[f->first_high], *held = &f->pulse[f->first_held];
  bool free_row = f->n_held && number - held->start >= ms_registers_hold(&r->registers);
  if (f->n_high && number - high->start >= ms_registers_high(&r->registers)) {
    rc = put_pulse(r, high, 0, number * r->clock_ps, err);
    f->first_high = (f->first_high + 1) & (f->n_line - 1);
    f->n_high--;
  }
  if (free_row) {
    f->held[held->line] = 0;
    f->first_held = (f->first_held + 1) & (f->n_line - 1);
    f->n_held--;
  }
  return rc;
}

static int start_pulse(ms_tlm_router *r, uint32_t line, uint64_t number, ms_error *err) {
  ms_tlm_fanout *f = &r->fanout;
  ms_tlm_pulse *p = &f->pulse[(f->first_held + f->n_held) & (f->n_line - 1)];
  *p = (ms_tlm_pulse){.start = number,
                      .line = line,
                      .cause = f->entry_cause,
                      .code = (uint8_t)ms_map_entry_code(f->entry_word)};
  f->held[line] = 1;
  f->n_held++;
  f->n_high++;
  r->registers.counters.delivered++;
  return put_pulse(r, p, 1, number * r->clock_ps, err);
}

/* The next entry of the event in the route stage goes to the entry stage; true: it was the last. */
static bool issue(ms_tlm_router *r) {
  ms_tlm_fanout *f = &r->fanout;
  uint32_t address = f->base + f->offset;
  f->entry = true;
  f->entry_cause = f->route_cause;
  f->entry_word = address < r->registers.size.n_entry ? r->registers.entry[address] : UINT32_MAX;
  return ++f->offset == f->count;
}

/* An event enters the route stage; neurons and inputs take turns. */
static void take_event(ms_tlm_router *r, unsigned n_neurons, unsigned n_inputs) {
  ms_tlm_fanout *f = &r->fanout;
  bool input = n_inputs && (f->inputs_turn || !n_neurons);
  const ms_tlm_event e = ms_tlm_queue_pop(input ? &f->inputs : &f->neurons);
  uint32_t word = r->registers.route[e.source];
  f->inputs_turn = !input;
  f->route = true;
  f->route_cause = e.cause;
  f->base = ms_map_route_base(word);
  f->count = ms_map_route_count(word);
  f->offset = 0;
}

int ms_tlm_fanout_edge(ms_tlm_router *r, uint64_t number, ms_error *err) {
  ms_tlm_fanout *f = &r->fanout;
  ms_router_counters *c = &r->registers.counters;
  const unsigned n_neurons = f->neurons.n, n_inputs = f->inputs.n;
  uint32_t target = ms_map_entry_target(f->entry_word), row = ms_map_entry_row(f->entry_word);
  bool bad = f->entry && (target >= r->registers.size.n_neuron || row >= MS_ROUTER_ROWS);
  uint32_t line =
      target * MS_TLM_LINES + (ms_map_entry_sign(f->entry_word) ? MS_ROUTER_ROWS : 0) + row;
  bool start = f->entry && !bad && !f->held[line]; /* a row that falls free now was busy before */
  int rc = end_pulses(r, number, err);
  if (start && !rc)
    rc = start_pulse(r, line, number, err);
  c->bad_entry += bad;
  c->row_wait += f->entry && !bad && !start;
  if (start || bad)
    f->entry = false;
  bool done = f->route && f->count == 0;
  c->unrouted += done;
  if (f->route && !done && !f->entry)
    done = issue(r);
  if (done)
    f->route = false;
  bool taken = !f->route && (n_neurons || n_inputs);
  if (taken)
    take_event(r, n_neurons, n_inputs);
  c->queue_wait += n_neurons + n_inputs - taken;
  return rc;
}

void ms_tlm_fanout_take(ms_tlm_router *r, uint64_t number, bool room) {
  ms_tlm_inputs *q = &r->events;
  if (q->first == q->n || !room)
    return;
  const ms_tlm_input *i = &q->item[q->first];
  if (i->t >= number * r->clock_ps)
    return;
  q->first++;
  r->registers.counters.external++;
  r->registers.counters.external_wait += number - (i->t / r->clock_ps + 1);
  const ms_tlm_event e = {.source = r->registers.size.n_neuron + i->address, .cause = i->cause};
  ms_tlm_queue_push(&r->fanout.inputs, e);
}

unsigned ms_tlm_fanout_soon(const ms_tlm_router *r) {
  const ms_tlm_fanout *f = &r->fanout;
  if (f->entry)
    return 1;
  if (f->route)
    return 2;
  return f->neurons.n || f->inputs.n ? 3 : 0;
}
