/* SPDX-License-Identifier: Apache-2.0 */
/* The public engine functions: pick the engine once, then pass every call on. */
#include "engine/engine_impl.h"

#include <stdlib.h>
#include <string.h>

int ms_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                     ms_error *err) {
  *out = NULL;
  switch (options->kind) {
  case MS_ENGINE_NGSPICE:
    return ms_ngspice_engine_create(options, core, out, err);
  case MS_ENGINE_TABLE:
    return ms_table_engine_create(options, core, out, err);
  case MS_ENGINE_MODEL:
    return ms_model_engine_create(options, core, out, err);
  }
  return ms_fail(err, MS_EINVAL, "no such engine: %d", (int)options->kind);
}

void ms_engine_destroy(ms_engine *engine) {
  if (engine)
    engine->ops->destroy(engine);
}

ms_engine_kind ms_engine_get_kind(const ms_engine *engine) {
  return engine->kind;
}

int ms_engine_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                   double *bias_v, double *power_w, ms_error *err) {
  return engine->ops->bias(engine, die, pvt, code, bias_v, power_w, err);
}

int ms_engine_bias_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                       const uint16_t *code, uint64_t own, unsigned set, double *bias_v,
                       double *power_w, ms_error *err) {
  return engine->ops->bias_set(engine, die, pvt, code, own, set, bias_v, power_w, err);
}

int ms_group_create(ms_engine *engine, ms_group **out, ms_error *err) {
  *out = NULL;
  return engine->ops->group_create(engine, out, err);
}

void ms_group_destroy(ms_group *group) {
  if (group)
    group->engine->ops->group_destroy(group);
}

int ms_group_start(ms_group *group, const ms_run_spec *spec, ms_error *err) {
  return group->engine->ops->start(group, spec, err);
}

int ms_group_stimulate(ms_group *group, const ms_stimulus *stimulus, size_t n, ms_error *err) {
  return group->engine->ops->stimulate(group, stimulus, n, err);
}

int ms_group_grant(ms_group *group, ms_time limit, int cut, ms_error *err) {
  return group->engine->ops->grant(group, limit, cut, err);
}

int ms_group_wait(ms_group *group, ms_report *report, ms_error *err) {
  return group->engine->ops->wait(group, report, err);
}

int ms_group_finish(ms_group *group, ms_group_result *result, ms_error *err) {
  return group->engine->ops->finish(group, result, err);
}

void ms_group_result_clear(ms_group_result *result) {
  for (size_t i = 0; i < result->n_wave; i++) {
    free(result->wave[i].t_s);
    free(result->wave[i].v);
  }
  free(result->wave);
  memset(result, 0, sizeof *result);
}
