/* SPDX-License-Identifier: Apache-2.0 */
/* The model engine: behavioural neurons behind the engine interface. */
#include "engine/model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static ms_model_engine *self(ms_engine *engine) {
  return (ms_model_engine *)engine;
}

/* Bias lines carry voltages; the model's are those of an ideal weak-inversion diode. */
static const double diode_v = 0.035, diode_a = 1e-15;
/* A bias branch is a long mirror with a small diode: relative spread of its current. */
static const double branch_spread = 0.05;

double ms_model_bias_decode(double voltage_v) {
  return diode_a * expm1(voltage_v / diode_v);
}

/* The lines of `own` as the branches give them whose names begin with `prefix`. */
static void solve(const ms_core *core, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                  uint64_t own, const char *prefix, double *bias_v, double *power_w) {
  double total_a = 0, supply_v = pvt->supply_v > 0 ? pvt->supply_v : core->process->supply_v[1];
  for (size_t i = 0; i < core->n_bias; i++) {
    if (own != UINT64_MAX && (i >= 64 || !(own >> i & 1)))
      continue;
    char path[200];
    snprintf(path, sizeof path, "%sbias.%s.branch", prefix, core->bias[i].name);
    double current_a = ms_model_bias_current(core, i, code[i]) *
                       exp(branch_spread * ms_die_draw(die, path, MS_DRAW_DBETA));
    bias_v[i] = diode_v * log1p(current_a / diode_a);
    total_a += current_a;
  }
  if (power_w)
    *power_w = supply_v * total_a;
}

static int model_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                      double *bias_v, double *power_w, ms_error *err) {
  (void)err;
  solve(engine->core, die, pvt, code, UINT64_MAX, "", bias_v, power_w);
  return 0;
}

static int model_bias_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                          const uint16_t *code, uint64_t own, unsigned set, double *bias_v,
                          double *power_w, ms_error *err) {
  (void)err;
  char prefix[24];
  snprintf(prefix, sizeof prefix, "set%u.", set);
  solve(engine->core, die, pvt, code, own, prefix, bias_v, power_w);
  return 0;
}

static void model_destroy(ms_engine *engine) {
  ms_model_engine *e = self(engine);
  for (unsigned i = 0; i < e->n_own; i++)
    free(e->own[i]);
  free(e->own);
  free(e);
}

static const ms_engine_ops model_ops = {
    .bias = model_bias,
    .bias_set = model_bias_set,
    .group_create = ms_model_group_create,
    .group_destroy = ms_model_group_destroy,
    .start = ms_model_group_start,
    .stimulate = ms_model_group_stimulate,
    .grant = ms_model_group_grant,
    .wait = ms_model_group_wait,
    .finish = ms_model_group_finish,
    .destroy = model_destroy,
};

int ms_model_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                           ms_error *err) {
  (void)options;
  *out = NULL;
  ms_model_engine *e = calloc(1, sizeof *e);
  if (!e)
    return ms_fail(err, MS_ENOMEM, "no memory for the model engine");
  e->base = (ms_engine){.ops = &model_ops, .kind = MS_ENGINE_MODEL, .core = core};
  e->spread = ms_model_spread_default();
  *out = &e->base;
  return 0;
}

static int check_kind(const ms_engine *engine, ms_error *err) {
  if (engine->kind != MS_ENGINE_MODEL)
    return ms_fail(err, MS_EINVAL, "only a model engine takes neuron parameters");
  return 0;
}

static int check_model(const ms_neuron_model *m, const ms_core *core, ms_error *err) {
  int good = m->tau_s > 0 && m->itau_a > 0 && m->igain_a > 0 && m->i0_a > 0 &&
             m->ithr_a > m->i0_a && m->t_ref_s >= 0 && m->rise_s >= 0 && m->fall_s >= 0 &&
             m->n_row == core->n_row;
  for (unsigned r = 0; good && r < m->n_row; r++)
    good =
        m->row[r].tau_s > 0 && m->row[r].itau_a > 0 && m->row[r].igain_a > 0 && m->row[r].i0_a > 0;
  return good ? 0
              : ms_fail(err, MS_ERANGE,
                        "neuron parameters need positive times and currents, a threshold above "
                        "the resting current, and the core's %zu rows",
                        core->n_row);
}

int ms_model_engine_set(ms_engine *engine, unsigned neuron, const ms_neuron_model *model,
                        ms_error *err) {
  int rc = check_kind(engine, err);
  if (!rc && model)
    rc = check_model(model, engine->core, err);
  if (rc)
    return rc;
  ms_model_engine *e = self(engine);
  if (neuron >= e->n_own) {
    if (!model)
      return 0;
    ms_neuron_model **grown = realloc(e->own, (neuron + 1) * sizeof(ms_neuron_model *));
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for the parameters of %u neurons", neuron + 1);
    for (unsigned i = e->n_own; i <= neuron; i++)
      grown[i] = NULL;
    e->own = grown;
    e->n_own = neuron + 1;
  }
  if (!model) {
    free(e->own[neuron]);
    e->own[neuron] = NULL;
    return 0;
  }
  if (!e->own[neuron])
    e->own[neuron] = malloc(sizeof *model);
  if (!e->own[neuron])
    return ms_fail(err, MS_ENOMEM, "no memory for the parameters of a neuron");
  *e->own[neuron] = *model;
  return 0;
}

int ms_model_engine_set_spread(ms_engine *engine, const ms_model_spread *spread, ms_error *err) {
  int rc = check_kind(engine, err);
  if (!rc)
    self(engine)->spread = *spread;
  return rc;
}
