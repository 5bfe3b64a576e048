/* SPDX-License-Identifier: Apache-2.0 */
/* Waveforms of a run, and what the supply's capacitors hold. */
#include "engine/table/group.h"

#include <stdlib.h>
#include <string.h>

static double driven_v(const ms_table_group *g, int signal, double t) {
  const ms_signal *s = &g->solver.signal[signal];
  size_t k = s->n;
  while (k > 0 && s->ramp[k - 1].t_s > t)
    k--;
  if (!k)
    return s->start_v;
  const ms_ramp *r = &s->ramp[k - 1];
  double part = (t - r->t_s) / g->solver.edge_s;
  return part >= 1 ? r->to_v : r->from_v + (r->to_v - r->from_v) * part;
}

double ms_table_voltage(const ms_table_group *g, int node, double t_s) {
  const ms_plan_node *n = &g->variant->plan->node[node];
  const ms_table_engine *engine = (const ms_table_engine *)g->base.engine;
  if (n->kind == MS_NODE_FIXED)
    return g->instance->fixed_v[node];
  if (n->kind == MS_NODE_DRIVEN)
    return driven_v(g, n->signal, t_s);
  return engine->kernel->voltage_at(&g->solver, n->block, n->unknown, t_s);
}

double ms_table_supply_charge(const ms_table_group *g, double t_s) {
  const ms_plan *plan = g->variant->plan;
  double charge = 0;
  for (size_t i = 0; i < plan->circuit->n_element; i++) {
    const ms_element *e = &plan->circuit->element[i];
    if (e->kind != 'c')
      continue;
    for (int side = 0; side < 2; side++)
      if ((int)e->node[side] == plan->supply_node)
        charge += g->instance->capacitor_f[i] *
                  (g->vdd - ms_table_voltage(g, (int)e->node[1 - side], t_s));
  }
  return charge;
}

static int add_sample(ms_table_group *g, double t_s, ms_error *err) {
  const ms_plan *plan = g->variant->plan;
  size_t room = g->wave_room;
  if (g->n_sample == room)
    g->wave_room = room ? 2 * room : 256;
  for (int i = 0; i < MS_N_PROBE; i++) {
    if (!(g->spec->probe_mask >> i & 1) || plan->probe_node[i] < 0)
      continue;
    ms_wave *w = &g->wave[i];
    if (room != g->wave_room || !w->t_s) {
      double *t = realloc(w->t_s, g->wave_room * sizeof *t);
      if (t)
        w->t_s = t;
      double *v = realloc(w->v, g->wave_room * sizeof *v);
      if (v)
        w->v = v;
      if (!t || !v)
        return ms_fail(err, MS_ENOMEM, "out of memory for waveforms");
    }
    w->probe = (ms_probe)i;
    w->t_s[g->n_sample] = t_s;
    w->v[g->n_sample] = ms_table_voltage(g, plan->probe_node[i], t_s);
    w->n = g->n_sample + 1;
  }
  g->n_sample++;
  return MS_OK;
}

int ms_table_record(ms_table_group *g, double t_s, ms_error *err) {
  if (!g->spec->probe_mask)
    return MS_OK;
  if (!g->spec->sample_ps)
    return add_sample(g, t_s, err);
  double grid_s = ms_time_to_s(g->spec->sample_ps);
  int code = MS_OK;
  while (!code && (double)g->n_sample * grid_s <= t_s * (1 + 1e-12))
    code = add_sample(g, (double)g->n_sample * grid_s, err);
  return code;
}

void ms_table_record_clear(ms_table_group *g) {
  for (int i = 0; i < MS_N_PROBE; i++) {
    free(g->wave[i].t_s);
    free(g->wave[i].v);
  }
  memset(g->wave, 0, sizeof g->wave);
  g->n_sample = g->wave_room = 0;
}
