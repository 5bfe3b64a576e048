/* SPDX-License-Identifier: Apache-2.0 */
/* Points of operation and measures of a validation. */
#include "plan.h"

#include "models/load.h"
#include "sensitivity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A corner by its name, or an error that lists those there are. */
static int find_corner(const ms_process *p, const char *name, unsigned *index, ms_error *err) {
  char known[300] = "";
  int found = ms_process_find_corner(p, name);
  if (found >= 0) {
    *index = (unsigned)found;
    return 0;
  }
  for (size_t i = 0; i < p->n_corner; i++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", p->corner[i].name);
  }
  return ms_fail(err, MS_EMISSING, "process %s has no corner '%.60s'; there: %s", p->name, name,
                 known);
}

static int check_range(const char *what, const char *unit, double value, const double limit[3],
                       const char *process, ms_error *err) {
  return value >= limit[0] && value <= limit[2]
             ? 0
             : ms_fail(err, MS_ERANGE, "%s of %g %s is out of range; process %s allows %g to %g",
                       what, value, unit, process, limit[0], limit[2]);
}

/* Corners x temperatures x supplies: of the options, else of the manifest, else nominal. */
static int list_points(const ms_validate_options *o, ms_validation *v, ms_error *err) {
  const ms_process *p = v->core->process;
  const ms_conditions *c = &v->cell->conditions;
  const char *const typical[] = {p->corner[0].name};
  const char *const *corner = o->n_corner   ? o->corner
                              : c->n_corner ? (const char *const *)c->corner
                                            : typical;
  size_t n_corner = o->n_corner ? o->n_corner : c->n_corner ? c->n_corner : 1;
  const double *temp = o->n_temp ? o->temp_c : c->n_temp ? c->temp_c : &p->temp_c[1];
  size_t n_temp = o->n_temp ? o->n_temp : c->n_temp ? c->n_temp : 1;
  const double *supply = o->n_supply ? o->supply_v : c->n_supply ? c->supply_v : &p->supply_v[1];
  size_t n_supply = o->n_supply ? o->n_supply : c->n_supply ? c->n_supply : 1;
  size_t n = n_corner * n_temp * n_supply;
  v->point = calloc(n, sizeof *v->point);
  v->point_name = calloc(n, sizeof *v->point_name);
  if (!v->point || !v->point_name)
    return ms_fail(err, MS_ENOMEM, "no memory for points of operation");
  for (size_t i = 0; i < n_corner; i++)
    for (size_t j = 0; j < n_temp; j++)
      for (size_t k = 0; k < n_supply; k++) {
        ms_pvt *pvt = &v->point[v->n_point];
        *pvt = (ms_pvt){.supply_v = supply[k], .temp_c = temp[j], .temp_set = true};
        int rc = find_corner(p, corner[i], &pvt->corner, err);
        rc = rc ? rc : check_range("temperature", "C", temp[j], p->temp_c, p->name, err);
        rc = rc ? rc : check_range("supply", "V", supply[k], p->supply_v, p->name, err);
        if (rc)
          return rc;
        if (asprintf(&v->point_name[v->n_point], "%s %g C %g V", corner[i], temp[j], supply[k]) < 0)
          return ms_fail(err, MS_ENOMEM, "no memory for points of operation");
        v->n_point++;
      }
  return 0;
}

static bool is_wanted(const ms_validate_options *o, const char *name) {
  for (size_t i = 0; i < o->n_only; i++)
    if (!strcmp(o->only[i], name))
      return true;
  return !o->n_only;
}

static int check_names(const ms_validate_options *o, const ms_cell *cell, ms_error *err) {
  char known[400] = "";
  for (size_t i = 0; i < cell->n_measure; i++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", cell->measure[i].name);
  }
  for (size_t k = 0; k < o->n_only; k++) {
    bool found = false;
    for (size_t i = 0; i < cell->n_measure; i++)
      found |= !strcmp(cell->measure[i].name, o->only[k]);
    if (!found)
      return ms_fail(err, MS_EMISSING, "%s has no measure '%.60s'; there: %s", cell->file,
                     o->only[k], known);
  }
  return 0;
}

static int list_measures(const ms_bench_setup *setup, const ms_validate_options *o,
                         ms_validation *v, ms_error *err) {
  size_t n = v->cell->n_measure;
  int rc = check_names(o, v->cell, err);
  if (rc)
    return rc;
  v->measure = calloc(n + 1, sizeof *v->measure);
  v->offset = calloc(n + 1, sizeof *v->offset);
  v->curve_n = calloc(n + 1, sizeof *v->curve_n);
  v->curve_x = calloc(n + 1, sizeof *v->curve_x);
  if (!v->measure || !v->offset || !v->curve_n || !v->curve_x)
    return ms_fail(err, MS_ENOMEM, "no memory for measures");
  for (size_t i = 0; i < n; i++) {
    const ms_measure *m = &v->cell->measure[i];
    if (!ms_bench_can(setup, m) || !is_wanted(o, m->name))
      continue;
    size_t k = v->n_measure++, curve = ms_bench_curve_size(setup, m);
    v->measure[k] = m;
    v->offset[k] = v->stride;
    v->curve_n[k] = curve;
    v->stride += 1 + curve;
    v->curve_x[k] = calloc(curve + 1, sizeof **v->curve_x);
    if (!v->curve_x[k])
      return ms_fail(err, MS_ENOMEM, "no memory for measures");
    for (size_t x = 0; x < curve; x++)
      v->curve_x[k][x] = ms_bench_curve_x(setup, m, x);
  }
  if (!v->n_measure)
    return ms_fail(err, MS_EMISSING,
                   n ? "%s: none of its measures can be taken with this engine and bias set"
                     : "%s: the manifest has no measures; docs/validate.md says how to write them",
                   v->cell->file);
  return 0;
}

ms_bench_setup ms_validation_bench(const ms_validation *v, const ms_validate_options *o) {
  return (ms_bench_setup){.core = v->core,
                          .cell = v->cell,
                          .set = v->set,
                          .engine = v->engine,
                          .mismatch_biases = v->mismatch_biases,
                          .worker_path = o->worker_path};
}

int ms_plan_validation(const ms_validate_options *o, ms_validation **out, ms_error *err) {
  *out = NULL;
  if (o->engine != MS_ENGINE_NGSPICE && o->engine != MS_ENGINE_TABLE)
    return ms_fail(err, MS_EUNSUPPORTED, "a cell is validated on ngspice or on the table engine");
  ms_validation *v = calloc(1, sizeof *v);
  if (!v)
    return ms_fail(err, MS_ENOMEM, "no memory for a validation");
  v->engine = o->engine;
  v->set = o->set;
  v->seed = o->seed;
  v->first_die = o->first_die;
  v->strength = o->strength;
  v->mismatch_biases = o->mismatch_biases;
  v->confidence = o->confidence > 0 ? o->confidence : 0.95;
  int rc = ms_core_load_cell(o->models_dir, o->cell, o->process, o->set, &v->core, &v->cell, err);
  ms_bench_setup setup = ms_validation_bench(v, o);
  rc = rc ? rc : list_points(o, v, err);
  rc = rc ? rc : list_measures(&setup, o, v, err);
  if (rc) {
    ms_validation_destroy(v);
    return rc;
  }
  *out = v;
  return 0;
}

void ms_validation_destroy(ms_validation *v) {
  if (!v)
    return;
  for (size_t i = 0; i < v->n_point; i++)
    free(v->point_name[i]);
  for (size_t k = 0; k < v->n_measure; k++)
    free(v->curve_x[k]);
  for (size_t s = 0; s < v->n_spec; s++)
    free(v->spec[s].point_pass);
  void *const block[] = {v->point,  v->point_name, (void *)v->measure,
                         v->offset, v->curve_n,    v->curve_x,
                         v->row,    v->spec};
  for (size_t i = 0; i < sizeof block / sizeof *block; i++)
    free(block[i]);
  ms_core_destroy(v->core);
  free(v);
}
