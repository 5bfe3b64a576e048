/* SPDX-License-Identifier: Apache-2.0 */
/* Neuron side of the approximately timed router: synchroniser, four-phase handshake, arbiter. */
#include "router/tlm/tlm.h"

static bool any(const ms_tlm_aer *a, const ms_tlm_set *s) {
  uint64_t bits = 0;
  for (unsigned w = 0; w < a->n_word; w++)
    bits |= s->word[w];
  return bits != 0;
}

static unsigned count(uint64_t bits) {
  return bits ? (unsigned)__builtin_popcountll(bits) : 0;
}

/* The first member from `from` on, then from 0; the set is not empty. */
static unsigned first_from(const ms_tlm_aer *a, const ms_tlm_set *s, unsigned from) {
  for (unsigned w = from / 64; w < a->n_word; w++) {
    uint64_t bits = s->word[w];
    if (w == from / 64)
      bits &= UINT64_MAX << from % 64;
    if (bits)
      return w * 64 + (unsigned)__builtin_ctzll(bits);
  }
  unsigned w = 0;
  while (!s->word[w])
    w++;
  return w * 64 + (unsigned)__builtin_ctzll(s->word[w]);
}

static ms_tlm_set pending(const ms_tlm_core *c) {
  const ms_tlm_aer *a = &c->aer;
  ms_tlm_set p = {{0}};
  if (c->registers.control & MS_MAP_CONTROL_ENABLE)
    for (unsigned w = 0; w < a->n_word; w++)
      p.word[w] = a->sync.word[w] & ~a->ack.word[w] & ~a->stuck.word[w];
  return p;
}

/* Acknowledges that changed, in order of neurons. */
static int put_acks(ms_tlm_router *r, const ms_tlm_core *c, const ms_tlm_set *before, ms_time t,
                    ms_error *err) {
  int rc = 0;
  for (unsigned w = 0; w < c->aer.n_word; w++) {
    uint64_t now = c->aer.ack.word[w], changed = now ^ before->word[w];
    for (; changed && !rc; changed &= changed - 1) {
      unsigned bit = (unsigned)__builtin_ctzll(changed), neuron = w * 64 + bit;
      const ms_router_out out = {.t = t,
                                 .kind = MS_OUT_ACK,
                                 .level = (uint8_t)(now >> bit & 1),
                                 .neuron = ms_tlm_neuron(r, c, neuron),
                                 .cause = c->aer.cause[neuron]};
      rc = ms_outlet_put(&r->outlet, &out, err);
    }
  }
  return rc;
}

/* One grant, if the event queue has room. Returns the neuron, or -1. */
static int grant(ms_tlm_core *c, const ms_tlm_set *p, bool room) {
  unsigned n = 0;
  for (unsigned w = 0; w < c->aer.n_word; w++)
    n += count(p->word[w]);
  if (!n)
    return -1;
  if (!room) {
    c->registers.counters.fifo_wait += n;
    return -1;
  }
  unsigned neuron = first_from(&c->aer, p, c->aer.next);
  c->registers.counters.arbiter_wait += n - 1;
  c->registers.counters.captured++;
  c->aer.next = neuron + 1;
  return (int)neuron;
}

static bool tick(ms_tlm_core *c, uint64_t number) {
  ms_tlm_aer *a = &c->aer;
  bool given = any(a, &a->ack);
  bool due = a->watch && given && c->registers.timeout && number - a->last >= c->registers.timeout;
  if ((given && !a->watch) || due)
    a->last = number;
  a->watch = given;
  return due;
}

/* The handshake's registers, all at once. */
static void handshake(ms_tlm_core *c, const ms_tlm_set *p, int granted, bool ticks) {
  ms_tlm_aer *a = &c->aer;
  ms_router_counters *counters = &c->registers.counters;
  for (unsigned w = 0; w < a->n_word; w++) {
    uint64_t bit = granted >= 0 && (unsigned)granted / 64 == w ? UINT64_C(1) << granted % 64 : 0;
    uint64_t sync = a->sync.word[w], ack = a->ack.word[w], old = a->old.word[w];
    uint64_t expired = ticks ? ack & old & sync : 0;
    uint64_t next = (ack | bit) & sync & ~expired;
    counters->vanished += count(a->waiting.word[w] & ~sync);
    counters->stuck += count(expired);
    a->old.word[w] = (ticks ? ack : old) & next;
    a->stuck.word[w] = (a->stuck.word[w] | expired) & sync;
    a->waiting.word[w] = p->word[w] & ~bit;
    a->ack.word[w] = next;
  }
}

int ms_tlm_aer_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, const ms_tlm_room *room,
                    ms_error *err) {
  const bool ticks = tick(c, number), leaves = c->registers.control & MS_MAP_CONTROL_OUTPUT;
  if (!c->aer.soon && !ticks)
    return 0;
  const ms_tlm_set before = c->aer.ack, p = pending(c);
  int granted = grant(c, &p, room->neurons && (room->leaving || !leaves));
  handshake(c, &p, granted, ticks);
  int rc = put_acks(r, c, &before, number * r->clock_ps, err);
  if (rc || granted < 0)
    return rc;
  const ms_tlm_event event = {.source = (uint32_t)granted, .cause = c->aer.cause[granted]};
  ms_tlm_queue_push(&c->fanout.neurons, event);
  if (leaves)
    ms_tlm_queue_push(&c->leaving, event);
  return 0;
}

void ms_tlm_aer_sample(ms_tlm_router *r, uint64_t number) {
  ms_tlm_inputs *q = &r->requests;
  ms_time t = number * r->clock_ps;
  for (unsigned k = 0; k < r->n_core; k++)
    r->core[k].aer.sync = r->core[k].aer.stage;
  for (; q->first < q->n && q->item[q->first].t < t; q->first++) {
    const ms_tlm_input *i = &q->item[q->first];
    ms_tlm_aer *a = &r->core[ms_map_core(i->address, r->n_core)].aer;
    unsigned neuron = ms_map_index(i->address, r->n_core);
    uint64_t bit = UINT64_C(1) << neuron % 64, *word = &a->stage.word[neuron / 64];
    if (i->level && !(*word & bit))
      a->cause[neuron] = i->cause;
    *word = i->level ? *word | bit : *word & ~bit;
  }
}

void ms_tlm_aer_look(ms_tlm_core *c) {
  ms_tlm_aer *a = &c->aer;
  const bool enabled = c->registers.control & MS_MAP_CONTROL_ENABLE;
  uint64_t now = 0, arriving = 0;
  for (unsigned w = 0; w < a->n_word; w++) {
    const uint64_t sync = a->sync.word[w], ack = a->ack.word[w], stuck = a->stuck.word[w];
    now |= (ack | stuck | a->waiting.word[w]) & ~sync; /* released, forgotten, vanished */
    now |= enabled ? sync & ~ack & ~stuck : 0;
    arriving |= a->stage.word[w] ^ sync;
  }
  a->soon = now ? 1 : arriving ? 2 : 0;
}

uint64_t ms_tlm_aer_watch(const ms_tlm_core *c) {
  const ms_tlm_aer *a = &c->aer;
  return a->watch && c->registers.timeout && any(a, &a->ack) ? a->last + c->registers.timeout
                                                             : UINT64_MAX;
}
