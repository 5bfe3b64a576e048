/* SPDX-License-Identifier: Apache-2.0 */
/* From the queues to the rows: turns, routing table, entries, pulses. */
#include "router/tlm/tlm.h"

static int put_pulse(ms_tlm_router *r, const ms_tlm_core *c, const ms_tlm_pulse *p, int level,
                     ms_time t, ms_error *err) {
  unsigned row = p->line % MS_TLM_LINES;
  const ms_router_out out = {.t = t,
                             .kind = MS_OUT_PULSE,
                             .level = (uint8_t)level,
                             .sign = row >= MS_ROUTER_ROWS,
                             .row = (uint8_t)(row % MS_ROUTER_ROWS),
                             .neuron = ms_tlm_neuron(r, c, p->line / MS_TLM_LINES),
                             .code = p->code,
                             .cause = p->cause};
  return ms_outlet_put(&r->outlet, &out, err);
}

/* Lines fall and rows become free; at most one each an edge, since one a cycle was started. */
static int end_pulses(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, ms_error *err) {
  ms_tlm_fanout *f = &c->fanout;
  int rc = 0;
  const ms_tlm_pulse *high = &f->pulse[f->first_high], *held = &f->pulse[f->first_held];
  bool free_row = f->n_held && number - held->start >= ms_registers_hold(&c->registers);
  if (f->n_high && number - high->start >= ms_registers_high(&c->registers)) {
    rc = put_pulse(r, c, high, 0, number * r->clock_ps, err);
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

static int start_pulse(ms_tlm_router *r, ms_tlm_core *c, uint32_t line, uint64_t number,
                       ms_error *err) {
  ms_tlm_fanout *f = &c->fanout;
  ms_tlm_pulse *p = &f->pulse[(f->first_held + f->n_held) & (f->n_line - 1)];
  *p = (ms_tlm_pulse){.start = number,
                      .line = line,
                      .cause = f->entry_cause,
                      .code = (uint8_t)ms_map_entry_code(f->entry_word)};
  f->held[line] = 1;
  f->n_held++;
  f->n_high++;
  c->registers.counters.delivered++;
  return put_pulse(r, c, p, 1, number * r->clock_ps, err);
}

/* The next entry of the event in the route stage goes to the entry stage; true: it was the last. */
static bool issue(ms_tlm_core *c) {
  ms_tlm_fanout *f = &c->fanout;
  uint32_t address = f->base + f->offset;
  f->entry = true;
  f->entry_cause = f->route_cause;
  f->entry_word = address < c->registers.size.n_entry ? c->registers.entry[address] : UINT32_MAX;
  return ++f->offset == f->count;
}

/* Who is next in the turn of neurons, inputs and tags; the mask of those that wait is not 0. */
static unsigned choose(const ms_tlm_fanout *f, unsigned waiting) {
  const unsigned later = waiting & ~0u << f->turn;
  return (unsigned)__builtin_ctz(later ? later : waiting);
}

/* An event enters the route stage, and the way to other cores; while the core's own are held back a
 * tag uses up no turn. Returns whether it is one of this core's. */
static bool take_event(ms_tlm_core *c, unsigned waiting, bool held_back) {
  ms_tlm_fanout *f = &c->fanout;
  ms_tlm_queue *const queue[] = {&f->neurons, &f->inputs, &f->tags};
  const unsigned which = choose(f, waiting);
  const ms_tlm_event e = ms_tlm_queue_pop(queue[which]);
  const uint32_t word = c->registers.route[e.source];
  if (!held_back)
    f->turn = which + 1;
  f->route = true;
  f->route_cause = e.cause;
  f->base = ms_map_route_base(word);
  f->count = ms_map_route_count(word);
  f->offset = 0;
  if (which < 2 && c->network.control & 1)
    ms_tlm_queue_push(&c->axon.queue, e);
  return which < 2;
}

int ms_tlm_fanout_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, const ms_tlm_room *room,
                       ms_error *err) {
  ms_tlm_fanout *f = &c->fanout;
  ms_router_counters *counters = &c->registers.counters;
  const unsigned own = f->neurons.n + f->inputs.n;
  const bool send_full = c->network.control & 1 && !room->axon;
  unsigned waiting = f->tags.n ? 4u : 0;
  if (!send_full)
    waiting |= (f->neurons.n ? 1u : 0) | (f->inputs.n ? 2u : 0);
  uint32_t target = ms_map_entry_target(f->entry_word), row = ms_map_entry_row(f->entry_word);
  bool bad = f->entry && (target >= c->registers.size.n_neuron || row >= MS_ROUTER_ROWS);
  uint32_t line =
      target * MS_TLM_LINES + (ms_map_entry_sign(f->entry_word) ? MS_ROUTER_ROWS : 0) + row;
  bool start = f->entry && !bad && !f->held[line]; /* a row that falls free now was busy before */
  int rc = end_pulses(r, c, number, err);
  if (start && !rc)
    rc = start_pulse(r, c, line, number, err);
  counters->bad_entry += bad;
  counters->row_wait += f->entry && !bad && !start;
  if (start || bad)
    f->entry = false;
  bool done = f->route && f->count == 0;
  counters->unrouted += done;
  if (f->route && !done && !f->entry)
    done = issue(c);
  if (done)
    f->route = false;
  const bool taken = !f->route && waiting && take_event(c, waiting, send_full);
  counters->queue_wait += own - taken;
  c->network.counters.send_wait += send_full && own;
  return rc;
}

void ms_tlm_fanout_take(ms_tlm_router *r, uint64_t number, const ms_tlm_room *room) {
  ms_tlm_inputs *q = &r->events;
  if (q->first == q->n)
    return;
  const ms_tlm_input *i = &q->item[q->first];
  const unsigned core = ms_map_core(i->address, r->n_core);
  ms_tlm_core *c = &r->core[core];
  if (i->t >= number * r->clock_ps || !room[core].inputs)
    return;
  q->first++;
  c->registers.counters.external++;
  c->registers.counters.external_wait += number - (i->t / r->clock_ps + 1);
  const ms_tlm_event e = {.source =
                              c->registers.size.n_neuron + ms_map_index(i->address, r->n_core),
                          .cause = i->cause};
  ms_tlm_queue_push(&c->fanout.inputs, e);
}

unsigned ms_tlm_fanout_soon(const ms_tlm_core *c) {
  const ms_tlm_fanout *f = &c->fanout;
  if (f->entry)
    return 1;
  if (f->route)
    return 2;
  return f->neurons.n || f->inputs.n || f->tags.n ? 3 : 0;
}
