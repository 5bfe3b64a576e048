/* SPDX-License-Identifier: Apache-2.0 */
/* From a circuit to a plan: node kinds, device forms, and the partition into blocks. */
#include "engine/table/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ---- */

static int find_node(const ms_circuit *c, const char *name) {
  for (size_t i = 0; i < c->n_node; i++)
    if (!strcmp(c->node[i], name))
      return (int)i;
  return -1;
}

static int pin_active_low(const ms_cell *cell, ms_role role) {
  for (size_t i = 0; i < cell->n_pin; i++)
    if (cell->pin[i].role == role)
      return cell->pin[i].active_low;
  return 0;
}

/* Recognises the sources of a group's deck by their names (mixspike/netlist.h). */
static int add_source(ms_plan *p, const ms_element *e, ms_error *err) {
  if (e->node[1] != 0)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: the table engine takes voltage sources to ground only", e->name);
  ms_plan_node *node = &p->node[e->node[0]];
  int row = 0, bit = 0, bias = 0, end = 0;
  char kind = 0;
  node->kind = MS_NODE_FIXED;
  node->bias = -1;
  node->fixed_v = e->value;
  if (!strcmp(e->name, "vdd")) {
    p->supply_node = (int)e->node[0];
    node->fixed_v = p->supply_v;
  } else if (!strcmp(e->name, "vnack")) {
    kind = 'n';
  } else if (sscanf(e->name, "vb%d%n", &bias, &end) == 1 && !e->name[end] &&
             bias < (int)p->core->n_bias) {
    node->bias = bias;
  } else if (sscanf(e->name, "vw%d_%d%n", &row, &bit, &end) == 2 && !e->name[end]) {
    kind = 'w';
  } else if (end = 0, sscanf(e->name, "vp%d%n", &row, &end) == 1 && !e->name[end]) {
    kind = 'p';
  }
  if (!kind)
    return MS_OK;
  if (kind != 'n' && row >= (int)p->core->n_row)
    return ms_fail(err, MS_EINVAL, "%s: there is no row %d in core %s", e->name, row,
                   p->core->name);
  const ms_cell *cell = kind == 'n' ? p->core->soma : p->core->row[row].cell;
  ms_role role = kind == 'n'   ? MS_ROLE_ACKNOWLEDGE
                 : kind == 'p' ? MS_ROLE_PULSE
                               : MS_ROLE_WEIGHT_BITS;
  node->kind = MS_NODE_DRIVEN;
  node->signal = p->n_signal;
  if (kind == 'n')
    p->ack_signal = p->n_signal;
  p->signal[p->n_signal++] =
      (ms_plan_signal){kind, row, bit, (int)e->node[0], pin_active_low(cell, role)};
  return MS_OK;
}

static int classify_nodes(ms_plan *p, ms_error *err) {
  const ms_circuit *c = p->circuit;
  for (int i = 0; i < p->n_node; i++)
    p->node[i] = (ms_plan_node){.kind = MS_NODE_FREE, .bias = -1, .block = -1};
  p->node[0].kind = MS_NODE_FIXED;
  for (size_t i = 0; i < c->n_element; i++) {
    const ms_element *e = &c->element[i];
    int code = MS_OK;
    if (e->kind == 'v')
      code = add_source(p, e, err);
    else if (e->kind != 'm' && e->kind != 'r' && e->kind != 'c' && e->kind != 'i')
      code = ms_fail(err, MS_EUNSUPPORTED, "%s: the table engine knows no '%c' device", e->name,
                     e->kind);
    if (code)
      return code;
    if (e->kind == 'c')
      for (int k = 0; k < 2; k++)
        p->node[e->node[k]].linear_f += e->value;
  }
  for (size_t i = 0; i < c->n_ic; i++) {
    p->node[c->ic[i].node].start_v = c->ic[i].v;
    p->node[c->ic[i].node].has_start = 1;
  }
  p->req_node = find_node(c, "req");
  p->nin_node = find_node(c, "nin");
  for (int i = 0; i < 4 + MS_MAX_ROWS; i++)
    p->probe_node[i] = -1;
  p->probe_node[MS_PROBE_VMEM] = find_node(c, "vmem");
  p->probe_node[MS_PROBE_REQ] = p->req_node;
  p->probe_node[MS_PROBE_NACK] = find_node(c, "nack");
  p->probe_node[MS_PROBE_NIN] = p->nin_node;
  for (size_t r = 0; r < p->core->n_row; r++) {
    char name[80];
    snprintf(name, sizeof name, "x%s.vsyn", p->core->row[r].name);
    p->probe_node[MS_PROBE_SYN0 + r] = find_node(c, name);
    if (p->probe_node[MS_PROBE_SYN0 + r] >= 0)
      continue;
    /* A synapse behind an extender lies one level deeper. */
    snprintf(name, sizeof name, "x%s.xsyn.vsyn", p->core->row[r].name);
    p->probe_node[MS_PROBE_SYN0 + r] = find_node(c, name);
  }
  if (p->req_node < 0 || p->node[p->req_node].kind != MS_NODE_FREE)
    return ms_fail(err, MS_EINVAL, "core %s: the group's circuit has no free node req",
                   p->core->name);
  return MS_OK;
}

/* ---- devices ---- */

static int is_free(const ms_plan *p, unsigned node) {
  return p->node[node].kind == MS_NODE_FREE;
}

static int is_fixed(const ms_plan *p, unsigned node) {
  return p->node[node].kind == MS_NODE_FIXED;
}

/* Normalised voltage of a rail; bias lines count as neither rail. */
static double rail_u(const ms_plan *p, const ms_plan_device *d, unsigned node) {
  const ms_plan_node *n = &p->node[node];
  if (n->kind != MS_NODE_FIXED || n->bias >= 0)
    return NAN;
  return d->sign * (n->fixed_v - p->node[d->b].fixed_v);
}

static int make_device(ms_plan *p, int element, const ms_table *table, ms_error *err) {
  const ms_element *e = &p->circuit->element[element];
  ms_plan_device *d = &p->device[p->n_device];
  *d = (ms_plan_device){.element = element,
                        .d = e->node[0],
                        .g = e->node[1],
                        .s = e->node[2],
                        .b = e->node[3],
                        .sign = e->type == MS_NFET ? 1 : -1,
                        .m = e->m > 0 ? e->m : 1,
                        .table = table,
                        .plane_owner = -1};
  if (p->node[d->b].kind != MS_NODE_FIXED || p->node[d->b].bias >= 0)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: the table engine needs the bulk on a supply rail, not on node %s", e->name,
                   p->circuit->node[d->b]);
  double ud = rail_u(p, d, d->d), us = rail_u(p, d, d->s), half = 0.5 * p->supply_v;
  if ((is_free(p, d->s) && ud < half) || (is_free(p, d->d) && us > half)) {
    unsigned node = d->d;
    d->d = d->s;
    d->s = node;
  }
  us = rail_u(p, d, d->s);
  d->form = MS_FORM_GENERAL;
  if (is_fixed(p, d->g) && is_fixed(p, d->s) && is_free(p, d->d))
    d->form = MS_FORM_DRAIN_ONLY;
  else if (is_fixed(p, d->g) && is_fixed(p, d->d) && is_free(p, d->s))
    d->form = MS_FORM_SOURCE_ONLY;
  else if (us == us)
    d->form = MS_FORM_SOURCE_FIXED;
  if (d->form == MS_FORM_SOURCE_FIXED) {
    for (int i = 0; i < p->n_device && !d->plane; i++) {
      const ms_plan_device *o = &p->device[i];
      if (o->plane && o->table == table && rail_u(p, o, o->s) == us)
        d->plane = o->plane;
    }
    if (!d->plane) {
      d->plane = ms_table_slice_s(table, us);
      d->plane_owner = p->n_device;
      if (!d->plane)
        return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
    }
  }
  p->n_device++;
  return MS_OK;
}

/* ---- blocks ---- */

void ms_plan_capacitance(const ms_plan *p, const ms_plan_device *d, double *gd_f, double *gs_f,
                         double *gg_f) {
  double f[MS_N_F], df[MS_N_AXIS][MS_N_F];
  ms_table_eval(d->table, 0.5 * p->supply_v, 0, 0.5 * p->supply_v, f, df);
  double by_source = df[MS_AXIS_S][MS_F_QG] - df[MS_AXIS_A][MS_F_QG] - df[MS_AXIS_Z][MS_F_QG];
  *gg_f = d->m * fabs(df[MS_AXIS_A][MS_F_QG]);
  *gd_f = d->m * fabs(df[MS_AXIS_Z][MS_F_QG]);
  *gs_f = d->m * fabs(by_source);
}

static int root(int *parent, int i) {
  while (parent[i] != i)
    i = parent[i] = parent[parent[i]];
  return i;
}

static void join(const ms_plan *p, int *parent, unsigned a, unsigned b) {
  if (is_free(p, a) && is_free(p, b))
    parent[root(parent, (int)a)] = root(parent, (int)b);
}

static void add_up_capacitance(ms_plan *p) {
  double gd, gs, gg;
  for (int i = 0; i < p->n_node; i++)
    p->node[i].total_f = p->node[i].linear_f;
  for (int i = 0; i < p->n_device; i++) {
    const ms_plan_device *d = &p->device[i];
    ms_plan_capacitance(p, d, &gd, &gs, &gg);
    p->node[d->g].total_f += gg;
    p->node[d->d].total_f += 2 * gd;
    p->node[d->s].total_f += gs;
  }
}

/* Joins what channels, resistors, capacitors and strong gate feedback connect. */
static void join_components(const ms_plan *p, double weak, int *parent) {
  double gd, gs, gg;
  for (size_t i = 0; i < p->circuit->n_element; i++) {
    const ms_element *e = &p->circuit->element[i];
    if (e->kind == 'r' || e->kind == 'c')
      join(p, parent, e->node[0], e->node[1]);
  }
  for (int i = 0; i < p->n_device; i++) {
    const ms_plan_device *d = &p->device[i];
    join(p, parent, d->d, d->s);
    if (!is_free(p, d->g))
      continue;
    ms_plan_capacitance(p, d, &gd, &gs, &gg);
    if (gd >= weak * p->node[d->g].total_f)
      join(p, parent, d->g, d->d);
    if (gs >= weak * p->node[d->g].total_f)
      join(p, parent, d->g, d->s);
  }
}

/* Joins a lone node with the node whose channel its gate drives: it moves when that one does, and
 * waiting for it would cost more than solving it along. */
static void join_lone_drivers(const ms_plan *p, int *parent) {
  for (int i = 0; i < p->n_device; i++) {
    const ms_plan_device *d = &p->device[i];
    if (!is_free(p, d->g))
      continue;
    int size = 0, of = root(parent, (int)d->g);
    for (int k = 0; k < p->n_node; k++)
      size += is_free(p, (unsigned)k) && root(parent, k) == of;
    if (size == 1) {
      join(p, parent, d->g, d->d);
      join(p, parent, d->g, d->s);
    }
  }
}

/* Joins components that drive each other through gates, directly or in a loop, and numbers the
 * rest so that drivers come first. reach[] is [n][n] over node numbers of component roots. */
static int order_blocks(ms_plan *p, int *parent, ms_error *err) {
  size_t n = (size_t)p->n_node;
  unsigned char *reach = calloc(n * n, 1);
  if (!reach)
    return ms_fail(err, MS_ENOMEM, "out of memory for the plan of a group");
  for (int i = 0; i < p->n_device; i++) {
    const ms_plan_device *d = &p->device[i];
    const unsigned end[2] = {d->d, d->s};
    for (int k = 0; k < 2; k++)
      if (is_free(p, d->g) && is_free(p, end[k]))
        reach[(size_t)root(parent, (int)d->g) * n + (size_t)root(parent, (int)end[k])] = 1;
  }
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < n; i++)
      if (reach[i * n + k])
        for (size_t j = 0; j < n; j++)
          reach[i * n + j] |= reach[k * n + j];
  int *block_of = malloc(n * sizeof *block_of); /* by root */
  if (!block_of) {
    free(reach);
    return ms_fail(err, MS_ENOMEM, "out of memory for the plan of a group");
  }
  for (size_t i = 0; i < n; i++)
    block_of[i] = -1;
  int left = 1;
  while (left) { /* next: a component whose drivers outside its own loop all have numbers */
    left = 0;
    for (size_t i = 0; i < n; i++) {
      if (!is_free(p, (unsigned)i) || root(parent, (int)i) != (int)i || block_of[i] >= 0)
        continue;
      left = 1;
      int ready = 1;
      for (size_t j = 0; j < n; j++)
        if (reach[j * n + i] && !reach[i * n + j] && block_of[j] < 0)
          ready = 0;
      if (!ready)
        continue;
      block_of[i] = p->n_block;
      for (size_t j = 0; j < n; j++)
        if (reach[i * n + j] && reach[j * n + i])
          block_of[j] = p->n_block;
      p->n_block++;
    }
  }
  p->block_size = calloc((size_t)p->n_block, sizeof *p->block_size);
  p->block_node = calloc((size_t)p->n_block, sizeof *p->block_node);
  int code = p->block_size && p->block_node ? MS_OK : MS_ENOMEM;
  for (int b = 0; b < p->n_block && !code; b++) {
    p->block_node[b] = calloc(n, sizeof(int));
    if (!p->block_node[b])
      code = MS_ENOMEM;
  }
  for (size_t i = 0; i < n && !code; i++) {
    if (!is_free(p, (unsigned)i))
      continue;
    int b = block_of[root(parent, (int)i)];
    p->node[i].block = b;
    p->node[i].unknown = p->block_size[b];
    p->block_node[b][p->block_size[b]++] = (int)i;
    if (p->block_size[b] > MS_BLOCK_MAX)
      code =
          ms_fail(err, MS_EUNSUPPORTED,
                  "core %s: more than %d nodes hang together; the table engine cannot split them",
                  p->core->name, MS_BLOCK_MAX);
  }
  free(block_of);
  free(reach);
  return code == MS_ENOMEM ? ms_fail(err, code, "out of memory for the plan of a group") : code;
}

int ms_plan_create(const ms_core *core, const ms_circuit *circuit, double supply_v,
                   const ms_table *const *table, double weak_coupling, ms_plan **out,
                   ms_error *err) {
  *out = NULL;
  ms_plan *p = calloc(1, sizeof *p);
  if (!p)
    return ms_fail(err, MS_ENOMEM, "out of memory for the plan of a group");
  p->core = core;
  p->circuit = circuit;
  p->supply_v = supply_v;
  p->ack_signal = p->supply_node = -1;
  p->n_node = (int)circuit->n_node;
  p->node = calloc(circuit->n_node, sizeof *p->node);
  p->signal = calloc(circuit->n_element, sizeof *p->signal);
  p->device = calloc(circuit->n_element, sizeof *p->device);
  int *parent = calloc(circuit->n_node, sizeof *parent);
  int code = p->node && p->signal && p->device && parent
                 ? classify_nodes(p, err)
                 : ms_fail(err, MS_ENOMEM, "out of memory for the plan of a group");
  for (size_t i = 0; i < circuit->n_element && !code; i++)
    if (circuit->element[i].kind == 'm')
      code = make_device(p, (int)i, table[i], err);
  if (!code) {
    for (int i = 0; i < p->n_node; i++)
      parent[i] = i;
    add_up_capacitance(p);
    join_components(p, weak_coupling, parent);
    join_lone_drivers(p, parent);
    code = order_blocks(p, parent, err);
  }
  free(parent);
  if (code) {
    ms_plan_destroy(p);
    return code;
  }
  *out = p;
  return MS_OK;
}

void ms_plan_destroy(ms_plan *p) {
  if (!p)
    return;
  for (int i = 0; i < p->n_device; i++)
    if (p->device[i].plane_owner == i)
      free(p->device[i].plane);
  if (p->block_node)
    for (int b = 0; b < p->n_block; b++)
      free(p->block_node[b]);
  free(p->block_node);
  free(p->block_size);
  free(p->node);
  free(p->signal);
  free(p->device);
  free(p);
}
