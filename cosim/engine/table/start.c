/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a run: blocks for the circuit, values for the die, and the point from which it
 * starts: initial values held, everything else at rest. */
#include "engine/table/group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TIME_ERROR_TAU 2e-6   /* allowed error of a step: in membrane time constants, */
#define TIME_ERROR_PULSE 1e-5 /* in blocks that drive the soma: in pulse widths, */
#define RATE_ERROR 1e-3       /* and as a share of what the step moves */
#define RATE_ERROR_DRIVER 1e-4

/* Membrane time constant by which errors are judged, and its bias set: the one whose tau is nearest
 * to what the leaks of the nodes with capacitors give (C 1.4 UT / I). */
static int time_scale(const ms_table_group *g, double *tau_s) {
  const ms_plan *plan = g->variant->plan;
  const ms_core *core = plan->core;
  double seen = ms_time_to_s(g->spec->t_stop) / 4, f[MS_N_F], df[MS_N_AXIS][MS_N_F];
  int found = 0;
  for (int i = 0; i < plan->n_device; i++) {
    const ms_plan_device *d = &plan->device[i];
    const ms_plan_node *n = &plan->node[d->d];
    if (d->form != MS_FORM_DRAIN_ONLY || n->linear_f < 50e-15)
      continue;
    const double *v = g->instance->fixed_v;
    double us = d->sign * (v[d->s] - v[d->b]), ug = d->sign * (v[d->g] - v[d->b]);
    ms_table_eval(d->table, ug - us - g->instance->dvth_v[i], us, 0.3, f, df);
    double tau = n->linear_f * 1.4 * d->table->ut_v / (g->instance->gain[i] * exp(f[MS_F_Y]));
    if (n->block == g->req_block && (!found || tau > seen)) {
      seen = tau;
      found = 1;
    }
  }
  int best = -1;
  for (int s = 0; s < MS_N_SET; s++)
    if (core->tau_s[s] > 0 &&
        (best < 0 || fabs(log(seen / core->tau_s[s])) < fabs(log(seen / core->tau_s[best]))))
      best = s;
  *tau_s = best < 0 ? seen : core->tau_s[best];
  return best;
}

/* Errors that the blocks are allowed: see TIME_ERROR_TAU. */
static void set_errors(ms_table_group *g) {
  const ms_table_engine *engine = (const ms_table_engine *)g->base.engine;
  double scale = engine->reltol > 0 ? engine->reltol / MS_TABLE_RELTOL : 1, tau;
  int set = time_scale(g, &tau);
  double pulse = set < 0 ? 0 : ms_time_to_s(engine->base.core->pulse_ps[set]);
  g->line_s = set < 0 ? 0 : ms_time_to_s(ms_core_line_ps(engine->base.core, set));
  for (int i = 0; i < g->solver.n_block; i++) {
    ms_block *b = &g->solver.block[i];
    b->time_error_s = scale * TIME_ERROR_TAU * tau;
    b->rate_error = scale * RATE_ERROR;
    if (b->drives && pulse > 0) {
      b->time_error_s = scale * TIME_ERROR_PULSE * pulse;
      b->rate_error = scale * RATE_ERROR_DRIVER;
    }
  }
}

static double idle_v(const ms_table_group *g, const ms_plan_signal *s) {
  return s->active_low ? g->vdd : 0;
}

/* First-order steps of growing length until nothing is left to move. */
int ms_block_settle(ms_solver *solver, const ms_kernel *kernel, ms_block *b) {
  const double longest_s = 1e6;
  double h = 1e-13;
  for (int i = 0; i < 400; i++) {
    if (!kernel->settle(solver, b, h)) {
      if (h >= longest_s)
        return 0;
      h *= 6;
    } else {
      h *= 0.1;
      if (h < 1e-18)
        return -1;
    }
  }
  return -1;
}

/* No past, at t = 0. */
static void reset(ms_block *b) {
  b->t[0] = 0;
  b->n_accepted = 0;
  b->supply_c = 0;
  b->t_break = INFINITY;
  b->t_restart = 0;
  b->n_jump = 0;
  for (int i = 0; i < b->n_input; i++)
    b->input[i].cursor = 0;
}

static int find_start(ms_table_group *g, const ms_kernel *kernel, ms_error *err) {
  const ms_plan *plan = g->variant->plan;
  for (int k = 0; k < plan->n_block; k++) {
    ms_block *b = &g->solver.block[k];
    for (int i = 0; i < b->n; i++) {
      const ms_plan_node *n = &plan->node[plan->block_node[k][i]];
      b->v[i] = b->dx[0][i] = n->has_start ? n->start_v : 0.5 * g->vdd;
    }
    reset(b);
  }
  for (int k = 0; k < plan->n_block; k++) {
    ms_block *b = &g->solver.block[k];
    unsigned char held[MS_BLOCK_MAX] = {0};
    for (int i = 0; i < b->n; i++) {
      const ms_plan_node *n = &plan->node[plan->block_node[k][i]];
      held[i] = n->has_start != 0;
    }
    b->clamped = held;
    kernel->charges(&g->solver, b);
    int bad = ms_block_settle(&g->solver, kernel, b);
    b->clamped = NULL;
    if (bad)
      return ms_fail(err, MS_ESIM, "no point of rest found for node %s and its neighbours",
                     plan->circuit->node[plan->block_node[k][0]]);
    for (int i = 0; i < b->n; i++)
      g->instance->start_v[plan->block_node[k][i]] = b->v[i];
  }
  g->instance->has_start = 1;
  return MS_OK;
}

/* Every block at t = 0 with no past. */
static void set_start(ms_table_group *g, const ms_kernel *kernel) {
  const ms_plan *plan = g->variant->plan;
  for (int k = 0; k < plan->n_block; k++) {
    ms_block *b = &g->solver.block[k];
    for (int i = 0; i < b->n; i++)
      b->v[i] = b->dx[0][i] = g->instance->start_v[plan->block_node[k][i]];
    reset(b);
    b->h_s = g->solver.edge_s / 16;
  }
  for (int k = 0; k < plan->n_block; k++)
    kernel->begin(&g->solver, &g->solver.block[k]);
  for (int k = 0; k < plan->n_block; k++)
    kernel->charges(&g->solver, &g->solver.block[k]);
}

int ms_table_start(ms_table_group *g, ms_error *err) {
  ms_table_engine *engine = (ms_table_engine *)g->base.engine;
  const ms_core *core = engine->base.core;
  const ms_run_spec *spec = g->spec;
  const ms_variant *variant;
  pthread_mutex_lock(&engine->lock);
  if (g->instance)
    g->instance->users--;
  g->instance = NULL;
  int code = ms_variant_get(engine, &spec->pvt, &variant, err);
  if (!code)
    code = ms_instance_get(engine, variant, spec, &g->instance, err);
  if (!code)
    g->instance->users++;
  pthread_mutex_unlock(&engine->lock);
  if (!code && g->variant != variant) {
    for (int i = 0; g->variant && i < g->variant->plan->n_signal; i++)
      free(g->solver.signal[i].ramp);
    ms_solver_free(&g->solver);
    ms_table_maps_free(g);
    g->variant = NULL;
    code = ms_plan_solver(variant->plan, &g->solver, err);
    if (!code)
      g->variant = variant;
  }
  if (code)
    return code;
  const ms_plan *plan = variant->plan;
  g->vdd = ms_pvt_supply_v(core, &spec->pvt);
  g->rise_v = 0.6 * g->vdd;
  g->fall_v = 0.4 * g->vdd;
  g->req_block = plan->node[plan->req_node].block;
  g->req_unknown = plan->node[plan->req_node].unknown;
  g->solver.edge_s = ms_time_to_s(core->edge_ps);
  g->solver.ut_v = 8.617333262e-5 * (ms_pvt_temp_c(core, &spec->pvt) + 273.15);
  g->solver.bypass_v = engine->bypass_v;
  g->solver.profiled = engine->profiled;
  g->solver.t_end_s = ms_time_to_s(spec->t_stop);
  memset(&g->solver.work, 0, sizeof g->solver.work);
  for (int i = 0; i < plan->n_signal; i++) {
    g->solver.signal[i].n = 0;
    g->solver.signal[i].start_v = idle_v(g, &plan->signal[i]);
  }
  ms_instance_apply(g->instance, &g->solver);
  set_errors(g);
  if (!g->instance->has_start)
    code = find_start(g, engine->kernel, err);
  code = code ? code : ms_table_maps_start(g, err);
  if (!code)
    set_start(g, engine->kernel);
  return code;
}
