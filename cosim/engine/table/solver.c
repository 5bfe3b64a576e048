/* SPDX-License-Identifier: Apache-2.0 */
/* Lays out the blocks of one group in memory: local voltages, matrices, who reads whom. */
#include "engine/table/plan.h"

#include <stdlib.h>
#include <string.h>

/* Local number of a node's voltage in a block, added to its inputs if it is not there yet. */
static int local(const ms_plan *p, ms_block *b, unsigned node, int *of_node) {
  if (of_node[node] >= 0)
    return of_node[node];
  const ms_plan_node *q = &p->node[node];
  ms_input *in = &b->input[b->n_input];
  *in = (ms_input){.kind = MS_INPUT_FIXED, .source = (int)node};
  if (q->kind == MS_NODE_DRIVEN)
    *in = (ms_input){.kind = MS_INPUT_DRIVEN, .source = q->signal};
  else if (q->kind == MS_NODE_FREE)
    *in = (ms_input){.kind = MS_INPUT_FOREIGN, .source = q->block, .unknown = q->unknown};
  return of_node[node] = b->n + b->n_input++;
}

static int row_of(const ms_block *b, int number) {
  return number < b->n ? number : b->n;
}

static int touches(const ms_plan *p, int block, unsigned node) {
  return p->node[node].kind == MS_NODE_FREE && p->node[node].block == block;
}

/* Leakage that no signal feels, below the smallest currents in use by four orders. */
#define LEAK_FLOOR_A 1e-16

/* What drain and source leak, summed by node and bulk. */
static void add_leaks(const ms_plan *p, ms_block *b, const ms_transistor *e) {
  const ms_plan_device *d = &p->device[e->index];
  for (int side = 0; side < 2; side++) {
    int unknown = e->row[1 + side], k = 0;
    if (unknown == b->n)
      continue;
    while (k < b->n_leak && (b->leak[k].unknown != unknown || b->leak[k].bulk_node != (int)d->b))
      k++;
    ms_leak *leak = &b->leak[k];
    if (k == b->n_leak) {
      *leak = (ms_leak){.unknown = unknown,
                        .bulk_node = (int)d->b,
                        .sign = d->sign,
                        .inv_scale = 1 / d->table->leak_v,
                        .supply = (int)d->b == p->supply_node};
      b->n_leak++;
    }
    leak->sat_a += d->m * d->table->leak_a[side];
  }
}

static void drop_small_leaks(ms_block *b) {
  int kept = 0;
  for (int k = 0; k < b->n_leak; k++)
    if (b->leak[k].sat_a >= LEAK_FLOOR_A)
      b->leak[kept++] = b->leak[k];
  b->n_leak = kept;
  for (int k = 0; k < kept; k++)
    b->leak[k].place = ms_lu_place(&b->lu, b->leak[k].unknown, b->leak[k].unknown);
}

static void add_device(const ms_plan *p, ms_block *b, int block, int index, int *of_node) {
  const ms_plan_device *d = &p->device[index];
  if (!touches(p, block, d->g) && !touches(p, block, d->d) && !touches(p, block, d->s))
    return;
  ms_transistor *e = &b->device[b->n_device];
  ms_quad *quad = &b->quad[b->n_device / 4];
  const int lane = b->n_device++ % 4;
  const unsigned node[3] = {d->g, d->d, d->s};
  for (int k = 0; k < 3; k++) {
    e->terminal[k] = quad->terminal[k][lane] = local(p, b, node[k], of_node);
    e->row[k] = quad->row[k][lane] = row_of(b, e->terminal[k]);
  }
  quad->used |= 1u << lane;
  quad->sign[lane] = d->sign;
  e->form = d->form;
  e->m = d->m;
  e->table = d->table;
  for (int k = 0; k < MS_N_AXIS; k++)
    e->inv_h[k] = 1 / d->table->axis[k].h;
  e->plane = d->plane;
  e->index = index;
  int gate = e->terminal[0];
  int channel_here = e->row[1] < b->n || e->row[2] < b->n;
  if (channel_here && gate >= b->n && b->input[gate - b->n].kind == MS_INPUT_FOREIGN)
    b->input[gate - b->n].strong = 1;
  int channel_elsewhere = p->node[d->d].kind == MS_NODE_FREE || p->node[d->s].kind == MS_NODE_FREE;
  if (channel_here || !channel_elsewhere)
    quad->supply[lane] = d->sign * (((int)d->d == p->supply_node) - ((int)d->s == p->supply_node));
  add_leaks(p, b, e);
}

static void add_linear(const ms_plan *p, ms_block *b, int block, int element, int *of_node) {
  const ms_element *e = &p->circuit->element[element];
  if (e->kind == 'm' || e->kind == 'v' ||
      (!touches(p, block, e->node[0]) && !touches(p, block, e->node[1])))
    return;
  int x = local(p, b, e->node[0], of_node), y = local(p, b, e->node[1], of_node);
  if (e->kind == 'c')
    b->capacitor[b->n_capacitor++] =
        (ms_capacitor){e->value, x, y, row_of(b, x), row_of(b, y), element};
  else if (e->kind == 'r')
    b->resistor[b->n_resistor++] = (ms_resistor){1 / e->value, x, y, row_of(b, x), row_of(b, y)};
}

/* Gates of this block whose channel lies in another one follow it by the ratio of capacitances. */
static int find_following(const ms_plan *p, ms_block *b, int block) {
  b->follow = calloc(2 * (size_t)p->n_device + 1, sizeof *b->follow);
  if (!b->follow)
    return -1;
  for (int i = 0; i < b->n_device; i++) {
    const ms_transistor *e = &b->device[i];
    const ms_plan_device *d = &p->device[e->index];
    if (!touches(p, block, d->g))
      continue;
    double share[2], gg;
    ms_plan_capacitance(p, d, &share[0], &share[1], &gg);
    const int end[2] = {e->terminal[1], e->terminal[2]};
    for (int k = 0; k < 2; k++)
      if (end[k] >= b->n && b->input[end[k] - b->n].kind == MS_INPUT_FOREIGN)
        b->follow[b->n_follow++] =
            (ms_follow){e->terminal[0], end[k], share[k] / p->node[d->g].total_f};
  }
  return 0;
}

/* What the drivers' nodes follow is added where they are read. Blocks are made drivers first. */
static int find_additions(const ms_plan *p, const ms_solver *solver, ms_block *b,
                          const int *of_node) {
  b->add = calloc((size_t)p->n_device * 2 + 1, sizeof *b->add);
  if (!b->add)
    return -1;
  for (int i = 0; i < b->n_input; i++) {
    const ms_input *in = &b->input[i];
    if (in->kind != MS_INPUT_FOREIGN || !in->strong)
      continue;
    const ms_block *from = &solver->block[in->source];
    for (int k = 0; k < from->n_follow; k++) {
      const ms_follow *f = &from->follow[k];
      const ms_input *u = &from->input[f->input - from->n];
      int node = p->block_node[u->source][u->unknown];
      if (f->unknown == in->unknown && of_node[node] >= 0)
        b->add[b->n_add++] = (ms_add){b->n + i, of_node[node], f->k};
    }
  }
  for (int i = 0; i < b->n_device; i++)
    for (int k = 0; k < b->n_add; k++)
      if (b->device[i].terminal[0] == b->add[k].input)
        b->device[i].add = k + 1;
  return 0;
}

/* Which item of b->out a device's `which` is. */
static int item_of(int device, int which) {
  return (device / 4 * MS_N_OUT + which) * 4 + device % 4;
}

/** A target and an item that it gets. */
typedef struct pair {
  int target, item;
} pair;

static int list_sums(ms_sums *sums, int n_target, const pair *pairs, int n_pair) {
  sums->at = calloc((size_t)n_target + 1, sizeof *sums->at);
  sums->item = calloc((size_t)n_pair + 1, sizeof *sums->item);
  if (!sums->at || !sums->item)
    return -1;
  int n = 0;
  for (int t = 0; t < n_target; t++) {
    for (int i = 0; i < n_pair; i++)
      if (pairs[i].target == t)
        sums->item[n++] = (short)pairs[i].item;
    sums->at[t + 1] = n;
  }
  return 0;
}

/* Who gets what the devices deliver: charges, currents, matrix places. */
static int plan_sums(ms_block *b) {
  pair *pairs = calloc(9 * (size_t)b->n_device + 1, sizeof *pairs);
  int n = 0, bad = !pairs || b->n_quad * MS_N_OUT * 4 > INT16_MAX;
  for (int i = 0; i < b->n_device && !bad; i++)
    for (int r = 0; r < 3; r++)
      pairs[n++] = (pair){b->device[i].row[r], item_of(i, MS_OUT_CHARGE + r)};
  bad = bad || list_sums(&b->charge_of, b->n, pairs, n);
  n = 0;
  for (int i = 0; i < b->n_device && !bad; i++)
    for (int r = 1; r < 3; r++)
      pairs[n++] = (pair){b->device[i].row[r], item_of(i, r == 1 ? MS_OUT_CURRENT : MS_OUT_RETURN)};
  bad = bad || list_sums(&b->current_of, b->n, pairs, n);
  n = 0;
  for (int i = 0; i < b->n_device && !bad; i++)
    for (int k = 0; k < 9; k++) {
      int row = b->device[i].row[k / 3], col = b->device[i].row[k % 3];
      if (row < b->n && col < b->n)
        pairs[n++] = (pair){ms_lu_place(&b->lu, row, col), item_of(i, MS_OUT_PLACE + k)};
    }
  bad = bad || list_sums(&b->place_of, b->lu.nnz, pairs, n);
  free(pairs);
  return bad ? -1 : 0;
}

/* Gates that contain a share of an unknown of this block. */
static int plan_shifts(ms_block *b) {
  b->shift = calloc((size_t)b->n_device + 1, sizeof *b->shift);
  if (!b->shift)
    return -1;
  for (int i = 0; i < b->n_device; i++) {
    const ms_transistor *e = &b->device[i];
    if (!e->add || b->add[e->add - 1].of >= b->n)
      continue;
    const ms_add *a = &b->add[e->add - 1];
    b->shift[b->n_shift++] =
        (ms_shifted){i,
                     a->of,
                     {ms_lu_place(&b->lu, e->row[1], a->of), ms_lu_place(&b->lu, e->row[2], a->of)},
                     a->k};
  }
  return 0;
}

static int plan_matrix(ms_block *b) {
  unsigned char nonzero[MS_BLOCK_MAX * MS_BLOCK_MAX] = {0};
#define MARK(r, c)                                                                                 \
  if ((r) < b->n && (c) < b->n)                                                                    \
  nonzero[(r)*b->n + (c)] = 1
  for (int i = 0; i < b->n_device; i++)
    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 3; c++)
        MARK(b->device[i].row[r], b->device[i].row[c]);
  for (int i = 0; i < b->n_device; i++)
    for (int r = 1; r < 3 && b->device[i].add; r++)
      MARK(b->device[i].row[r], b->add[b->device[i].add - 1].of);
  for (int i = 0; i < b->n_capacitor; i++) {
    MARK(b->capacitor[i].row_a, b->capacitor[i].row_b);
    MARK(b->capacitor[i].row_b, b->capacitor[i].row_a);
  }
  for (int i = 0; i < b->n_resistor; i++) {
    MARK(b->resistor[i].row_a, b->resistor[i].row_b);
    MARK(b->resistor[i].row_b, b->resistor[i].row_a);
  }
#undef MARK
  if (ms_lu_plan(&b->lu, b->n, nonzero))
    return -1;
  return plan_sums(b) || plan_shifts(b) ? -1 : 0;
}

/* The arrays whose sizes are known only now, in one piece. */
static int allocate(ms_block *b) {
  b->estimate = aligned_alloc(32, ((size_t)b->n + 1) * sizeof *b->estimate);
  b->out = aligned_alloc(32, ((size_t)b->n_quad * MS_N_OUT + 1) * sizeof *b->out);
  size_t n = (size_t)b->n + 1, places = (size_t)b->lu.nnz + 1;
  size_t total = n * (MS_MAX_ORDER + 2) + n * (MS_MAX_ORDER + 1) + 11 * n + 3 * places +
                 (size_t)MS_RING * (MS_MAX_ORDER + 1) * n + 2 * (size_t)(b->n + b->n_input) +
                 MS_JUMPS_KEPT * (n + (size_t)b->n_input);
  double *m = calloc(total, sizeof *m);
  if (!(b->memory = m))
    return -1;
#define TAKE(pointer, count) (pointer) = m, m += (count)
  for (int k = 0; k < MS_MAX_ORDER + 2; k++)
    TAKE(b->dx[k], n);
  for (int k = 0; k < MS_MAX_ORDER + 1; k++)
    TAKE(b->dq[k], n);
  TAKE(b->f, n);
  TAKE(b->q, n);
  TAKE(b->history, n);
  TAKE(b->f_last, n);
  TAKE(b->share, n);
  TAKE(b->truncated, n);
  TAKE(b->step, n);
  TAKE(b->x_new, n);
  TAKE(b->q_new, n);
  TAKE(b->tolerance_low_v, n);
  TAKE(b->tolerance_high_v, n);
  TAKE(b->clinear, places);
  TAKE(b->glinear, places);
  TAKE(b->jacobian, places);
  for (int i = 0; i < MS_RING; i++)
    TAKE(b->past[i].difference, (MS_MAX_ORDER + 1) * n);
  for (int i = 0; i < MS_JUMPS_KEPT; i++)
    TAKE(b->jumped[i].state, n), TAKE(b->jumped[i].input, b->n_input);
  TAKE(b->v, b->n + b->n_input);
  TAKE(b->base, b->n + b->n_input);
#undef TAKE
  return 0;
}

static void find_upstream(ms_block *b) {
  for (int i = 0; i < b->n_input; i++) {
    const ms_input *in = &b->input[i];
    int known = in->kind != MS_INPUT_FOREIGN || !in->strong;
    for (int u = 0; u < b->n_upstream && !known; u++)
      known = b->upstream[u] == in->source;
    if (!known)
      b->upstream[b->n_upstream++] = in->source;
  }
}

/* What a step may be wrong by at each node. Nodes with a capacitor carry the memory of the circuit;
 * an error elsewhere passes on only the charge that it holds, apart from what the error estimate
 * lays at the door of the nodes it reaches. In blocks that drive the soma it fades with time. The
 * request is only looked at where it crosses its threshold. */
static void set_tolerances(const ms_plan *p, ms_block *b, int block) {
  int drives = b->drives = p->node[p->req_node].block != block;
  for (int i = 0; i < b->n; i++) {
    int node = p->block_node[block][i], keeps = p->node[node].linear_f > 50e-15;
    b->share[i] = keeps ? 1 : 3;
    b->tolerance_low_v[i] = drives ? keeps ? 1.5e-5 : 1e-2 : keeps ? 1e-5 : 5e-4;
    b->tolerance_high_v[i] = drives ? keeps ? 1e-3 : 5e-2 : keeps ? 1e-3 : 1e-2;
    if (node == p->req_node)
      b->tolerance_low_v[i] = b->tolerance_high_v[i] = 2e-2;
  }
}

static int make_block(const ms_plan *p, const ms_solver *solver, int block, int *of_node) {
  ms_block *b = &solver->block[block];
  const size_t n_element = p->circuit->n_element;
  b->n = p->block_size[block];
  b->input = calloc((size_t)p->n_node, sizeof *b->input);
  b->upstream = calloc((size_t)p->n_block, sizeof *b->upstream);
  b->device = calloc(n_element + 1, sizeof *b->device);
  b->quad = aligned_alloc(32, (n_element / 4 + 1) * sizeof *b->quad);
  b->capacitor = calloc(n_element, sizeof *b->capacitor);
  b->resistor = calloc(n_element, sizeof *b->resistor);
  b->leak = calloc(2 * n_element + 1, sizeof *b->leak);
  b->source_a = calloc((size_t)b->n + 1, sizeof *b->source_a);
  if (!b->leak || !b->input || !b->upstream || !b->device || !b->quad || !b->capacitor ||
      !b->resistor || !b->source_a)
    return -1;
  memset(b->quad, 0, (n_element / 4 + 1) * sizeof *b->quad);
  for (int i = 0; i < p->n_node; i++)
    of_node[i] = -1;
  for (int i = 0; i < b->n; i++)
    of_node[p->block_node[block][i]] = i;
  for (int i = 0; i < p->n_device; i++)
    add_device(p, b, block, i, of_node);
  for (size_t i = 0; i < n_element; i++)
    add_linear(p, b, block, (int)i, of_node);
  b->n_quad = (b->n_device + 3) / 4;
  find_upstream(b);
  if (find_following(p, b, block) || find_additions(p, solver, b, of_node) || plan_matrix(b) ||
      allocate(b))
    return -1;
  drop_small_leaks(b);
  for (int i = 0; i < b->n_resistor; i++) {
    const ms_resistor *r = &b->resistor[i];
    b->glinear[ms_lu_place(&b->lu, r->row_a, r->row_a)] += r->g_s;
    b->glinear[ms_lu_place(&b->lu, r->row_b, r->row_b)] += r->g_s;
    b->glinear[ms_lu_place(&b->lu, r->row_a, r->row_b)] -= r->g_s;
    b->glinear[ms_lu_place(&b->lu, r->row_b, r->row_a)] -= r->g_s;
  }
  set_tolerances(p, b, block);
  return 0;
}

int ms_plan_solver(const ms_plan *plan, ms_solver *solver, ms_error *err) {
  memset(solver, 0, sizeof *solver);
  solver->n_block = plan->n_block;
  solver->block = calloc((size_t)plan->n_block, sizeof *solver->block);
  solver->signal = calloc((size_t)plan->n_signal + 1, sizeof *solver->signal);
  int *of_node = calloc((size_t)plan->n_node, sizeof *of_node), bad = 0;
  if (!solver->block || !solver->signal || !of_node)
    bad = 1;
  for (int i = 0; i < plan->n_block && !bad; i++)
    bad = make_block(plan, solver, i, of_node);
  free(of_node);
  return bad ? ms_fail(err, MS_ENOMEM, "out of memory for a group") : MS_OK;
}

void ms_solver_free(ms_solver *solver) {
  for (int i = 0; solver->block && i < solver->n_block; i++) {
    ms_block *b = &solver->block[i];
    free(b->input);
    free(b->upstream);
    free(b->follow);
    free(b->add);
    free(b->device);
    free(b->quad);
    free(b->out);
    free(b->shift);
    for (int k = 0; k < 3; k++) {
      const ms_sums *sums = k == 0 ? &b->charge_of : k == 1 ? &b->current_of : &b->place_of;
      free(sums->at);
      free(sums->item);
    }
    free(b->capacitor);
    free(b->resistor);
    free(b->leak);
    free(b->source_a);
    free(b->memory);
    free(b->estimate);
    ms_lu_free(&b->lu);
  }
  free(solver->block);
  free(solver->signal);
  memset(solver, 0, sizeof *solver);
}
