/* SPDX-License-Identifier: Apache-2.0 */
/* The mesh of the approximately timed router: flits move a node an edge, along the row, then along
 * the column, and part where their destinations do. */
#include "router/tlm/tlm.h"

enum { CORE, EAST, WEST, NORTH, SOUTH };

static bool leads_to(unsigned port, unsigned from, unsigned to, unsigned cols) {
  const unsigned x = from % cols, y = from / cols, u = to % cols, v = to / cols;
  switch (port) {
  case CORE:
    return from == to;
  case EAST:
    return u > x;
  case WEST:
    return u < x;
  case NORTH:
    return u == x && v > y;
  default:
    return u == x && v < y;
  }
}

static int neighbour(const ms_tlm_router *r, unsigned k, unsigned port) {
  const unsigned x = k % r->cols, rows = r->n_core / r->cols, y = k / r->cols;
  switch (port) {
  case EAST:
    return x + 1 < r->cols ? (int)k + 1 : -1;
  case WEST:
    return x > 0 ? (int)k - 1 : -1;
  case NORTH:
    return y + 1 < rows ? (int)(k + r->cols) : -1;
  case SOUTH:
    return y > 0 ? (int)(k - r->cols) : -1;
  default:
    return -1;
  }
}

/* The neighbour's port on the way back. */
static unsigned opposite(unsigned port) {
  static const unsigned back[] = {CORE, WEST, EAST, SOUTH, NORTH};
  return back[port];
}

void ms_tlm_mesh_create(ms_tlm_router *r) {
  for (unsigned k = 0; k < r->n_core; k++)
    for (unsigned p = 0; p < MS_TLM_PORTS; p++) {
      ms_tlm_node *node = &r->node[k];
      node->neighbour[p] = neighbour(r, k, p);
      node->behind[p] = 0;
      for (unsigned to = 0; to < r->n_core; to++)
        node->behind[p] |= (uint32_t)leads_to(p, k, to, r->cols) << to;
    }
}

/* Room beyond an output, before this edge. */
static bool ready(const ms_tlm_router *r, unsigned k, unsigned port) {
  const ms_tlm_node *node = &r->node[k];
  if (port == CORE)
    return r->core[k].fanout.tags.n < MS_TLM_SHORT_QUEUE;
  return node->neighbour[port] >= 0 &&
         r->node[node->neighbour[port]].in[opposite(port)].n < MS_TLM_SHORT_QUEUE;
}

/* Outputs that the head of every input still needs. */
static void ask(const ms_tlm_node *node, unsigned want[MS_TLM_PORTS]) {
  for (unsigned i = 0; i < MS_TLM_PORTS; i++) {
    want[i] = 0;
    if (!node->in[i].n)
      continue;
    const ms_tlm_flit *head = &node->in[i].flit[node->in[i].first];
    for (unsigned o = 0; o < MS_TLM_PORTS; o++)
      want[i] |= (unsigned)((head->cores & node->behind[o]) != 0) << o;
    want[i] &= ~node->in[i].sent;
  }
}

/* The input that an output takes, in turn; -1: none asks. */
static int choose(const ms_tlm_node *node, const unsigned want[MS_TLM_PORTS], unsigned port) {
  unsigned waiting = 0;
  for (unsigned i = 0; i < MS_TLM_PORTS; i++)
    waiting |= (want[i] >> port & 1) << i;
  if (!waiting)
    return -1;
  const unsigned later = waiting & ~0u << node->next[port];
  return __builtin_ctz(later ? later : waiting);
}

static void plan_node(ms_tlm_router *r, unsigned k) {
  ms_tlm_node *node = &r->node[k];
  unsigned want[MS_TLM_PORTS], served[MS_TLM_PORTS] = {0};
  ask(node, want);
  for (unsigned o = 0; o < MS_TLM_PORTS; o++) {
    const int from = choose(node, want, o);
    const bool moves = from >= 0 && ready(r, k, o);
    node->out[o].valid = moves;
    if (o == CORE) {
      r->core[k].network.counters.tags += moves;
      r->core[k].network.counters.receive_wait += from >= 0 && !moves;
    }
    if (!moves)
      continue;
    node->out[o].flit = node->in[from].flit[node->in[from].first];
    node->out[o].flit.cores &= node->behind[o];
    node->next[o] = (unsigned)from + 1;
    served[from] |= 1u << o;
  }
  node->pop = 0;
  for (unsigned i = 0; i < MS_TLM_PORTS; i++)
    if (node->in[i].n && !(want[i] & ~served[i])) {
      node->pop |= 1u << i;
      node->in[i].sent = 0;
    } else {
      node->in[i].sent |= served[i];
    }
}

void ms_tlm_mesh_plan(ms_tlm_router *r) {
  for (unsigned k = 0; r->n_flit && k < r->n_core; k++)
    plan_node(r, k);
}

static void push(ms_tlm_router *r, ms_tlm_node *node, unsigned port, ms_tlm_flit flit) {
  node->in[port].flit[(node->in[port].first + node->in[port].n++) % MS_TLM_SHORT_QUEUE] = flit;
  r->n_flit++;
}

void ms_tlm_mesh_inject(ms_tlm_router *r, unsigned core, ms_tlm_flit flit) {
  push(r, &r->node[core], CORE, flit);
}

void ms_tlm_mesh_move(ms_tlm_router *r) {
  if (!r->n_flit)
    return;
  for (unsigned k = 0; k < r->n_core; k++)
    for (unsigned i = 0; i < MS_TLM_PORTS; i++)
      if (r->node[k].pop >> i & 1) {
        r->node[k].in[i].first = (r->node[k].in[i].first + 1) % MS_TLM_SHORT_QUEUE;
        r->node[k].in[i].n--;
        r->n_flit--;
      }
  for (unsigned k = 0; k < r->n_core; k++) {
    ms_tlm_node *node = &r->node[k];
    const ms_router_size *size = &r->core[k].registers.size;
    for (unsigned o = 0; o < MS_TLM_PORTS; o++) {
      const ms_tlm_flit *f = &node->out[o].flit;
      if (!node->out[o].valid)
        continue;
      node->out[o].valid = false;
      if (o == CORE)
        ms_tlm_queue_push(
            &r->core[k].fanout.tags,
            (ms_tlm_event){.source = size->n_neuron + size->n_input + f->tag, .cause = f->cause});
      else
        push(r, &r->node[node->neighbour[o]], opposite(o), *f);
    }
    node->pop = 0;
  }
}
