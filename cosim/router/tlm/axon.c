/* SPDX-License-Identifier: Apache-2.0 */
/* Send entries and delays of the approximately timed router: events of a core become flits. */
#include "router/tlm/tlm.h"

static bool overdue(const ms_tlm_core *c, uint64_t number) {
  const ms_tlm_axon *a = &c->axon;
  return a->n_line && a->line[0].due <= number;
}

static bool expired(const ms_tlm_core *c, uint64_t number) {
  const uint32_t timeout = c->network.timeout;
  return overdue(c, number) && timeout && number - c->axon.line[0].due >= timeout;
}

bool ms_tlm_axon_offers(const ms_tlm_core *c, uint64_t number, ms_tlm_flit *flit) {
  if (!overdue(c, number) || expired(c, number))
    return false;
  *flit = c->axon.line[0].flit;
  return true;
}

bool ms_tlm_axon_active(const ms_tlm_core *c, uint64_t number) {
  return c->axon.queue.n || c->axon.entry || overdue(c, number);
}

/* The head of the delay line leaves, into the mesh or for having waited too long. */
static void leave(ms_tlm_core *c, uint64_t number, bool ready) {
  ms_tlm_axon *a = &c->axon;
  ms_network_counters *counters = &c->network.counters;
  ms_tlm_flit flit;
  const bool late = expired(c, number), offered = ms_tlm_axon_offers(c, number, &flit);
  counters->expired += late;
  counters->flits += offered && ready;
  counters->mesh_wait += offered && !ready;
  if (!late && !(offered && ready))
    return;
  a->n_line--;
  for (unsigned i = 0; i < a->n_line; i++)
    a->line[i] = a->line[i + 1];
}

/* Behind all that is due no later. */
static void hold(ms_tlm_axon *a, uint64_t due, ms_tlm_flit flit) {
  unsigned i = a->n_line++;
  for (; i > 0 && a->line[i - 1].due > due; i--)
    a->line[i] = a->line[i - 1];
  a->line[i].due = due;
  a->line[i].flit = flit;
}

void ms_tlm_axon_edge(ms_tlm_router *r, ms_tlm_core *c, uint64_t number, bool ready) {
  ms_tlm_axon *a = &c->axon;
  const ms_network_registers *n = &c->network;
  const unsigned n_send = c->registers.size.n_send;
  const bool full = a->n_line == MS_TLM_DELAYS; /* a place that falls free now was taken before */
  leave(c, number, ready);
  bool done = false;
  if (a->entry) {
    const uint32_t next = n->tag[a->index] >> 16, delay = n->dest[a->index] >> 16;
    const uint32_t mask = n->dest[a->index] & 0xffff, cores = mask & ((1u << r->n_core) - 1);
    const bool follow = next > a->index && next < n_send, advance = !(cores && full);
    c->network.counters.delay_wait += cores && full;
    c->network.counters.bad_send += advance && ((next && !follow) || mask != cores);
    if (advance && cores)
      hold(a, number + 1 + ((uint64_t)delay << n->shift),
           (ms_tlm_flit){.tag = n->tag[a->index] % c->registers.size.n_tag,
                         .cores = cores,
                         .cause = a->cause});
    if (advance && follow)
      a->index = next;
    done = advance && !follow;
  }
  if (a->queue.n && (!a->entry || done)) {
    const ms_tlm_event e = ms_tlm_queue_pop(&a->queue);
    a->entry = true;
    a->index = e.source;
    a->cause = e.cause;
  } else if (done) {
    a->entry = false;
  }
}
