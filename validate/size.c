/* SPDX-License-Identifier: Apache-2.0 */
/* Sizing: measure, solve for areas, write the cell, measure again, confirm on new dies. */
#include "size.h"

#include "sensitivity.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int note(ms_size_report *r, ms_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int note(ms_size_report *r, ms_error *err, const char *format, ...) {
  char text[200];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (size_t i = 0; i < r->n_note; i++)
    if (!strcmp(r->note[i], text))
      return 0;
  char(*more)[200] = realloc(r->note, (r->n_note + 1) * sizeof *more);
  if (!more)
    return ms_fail(err, MS_ENOMEM, "no memory for notes");
  r->note = more;
  strcpy(r->note[r->n_note++], text);
  return 0;
}

/* The limits within which the area of each transistor may go, those of the options being relative
 * to the cell as it was given. */
static void limit_scales(const ms_size_report *r, const ms_size_report *first,
                         const ms_size_options *o, double *low, double *high) {
  double min_w = INFINITY, min_l = INFINITY;
  for (size_t i = 0; i < r->n_device; i++)
    if (r->device[i].w_m > 0 && r->device[i].l_m > 0) {
      min_w = fmin(min_w, r->device[i].w_m);
      min_l = fmin(min_l, r->device[i].l_m);
    }
  for (size_t i = 0; i < r->n_device; i++) {
    const ms_sized_device *d = &r->device[i];
    double side = fmax(min_w / d->w_m, min_l / d->l_m);
    low[i] = high[i] = 1;
    if (*d->kept)
      continue;
    const ms_sized_device *given = first->n_device ? &first->device[i] : d;
    double area = given->w_m * given->l_m / (d->w_m * d->l_m);
    low[i] = fmax(area * (o->min_scale > 0 ? o->min_scale : 0.5), side * side);
    high[i] = fmax(area * (o->max_scale > 0 ? o->max_scale : 16), low[i]);
  }
}

/* Counts copies and takes the areas from the expanded circuit. */
static int measure_areas(ms_size_report *r, const ms_validation *v, const char *worker_path,
                         double *total, ms_error *err) {
  ms_circuit *c;
  int rc = ms_expand_cell(v, worker_path, &c, err);
  *total = 0;
  for (size_t i = 0; i < r->n_device && !rc; i++)
    r->device[i].copies = 0;
  for (size_t k = 0; k < (rc ? 0 : c->n_element); k++)
    for (size_t i = 0; i < r->n_device && c->element[k].kind == 'm'; i++)
      if (ms_size_is_copy(c->element[k].path, r->device[i].name)) {
        const ms_element *x = &c->element[k];
        r->device[i].copies += x->m;
        *total += x->w_m * x->l_m * x->m;
      }
  if (!rc)
    ms_circuit_destroy(c);
  return rc;
}

/* A demand from one spec at one point; false if it asks nothing of the sizes. */
static bool make_demand(const ms_validation *v, const ms_spec_result *s, size_t point,
                        ms_size_report *r, ms_demand *d, ms_error *err) {
  const ms_sensitivity *x = &v->sensitivity[s->column * v->n_point + point];
  if (!x->n)
    return false;
  /* Half of the failures allowed: the others are left to what the model does not know. */
  double sigma = ms_size_sigma(x->mean, s->spec->min, s->spec->max, 1 - 0.5 * (1 - s->spec->yield));
  if (sigma < 0) {
    note(r, err, "%s at %s: its mean lies outside the limits; sizes only change the spread",
         s->spec->name, v->point_name[point]);
    return false;
  }
  double known = 0;
  for (size_t k = 0; k < x->n_influence; k++)
    for (size_t i = 0; i < r->n_device; i++)
      if (!*r->device[i].kept && ms_size_is_copy(x->influence[k].device, r->device[i].name)) {
        const ms_influence *f = &x->influence[k];
        double effect = f->dvth * f->dvth + f->dbeta * f->dbeta;
        d->effect[i] += effect;
        known += effect;
      }
  d->rest = fmax(x->sd * x->sd - known, 0);
  d->limit = sigma * sigma;
  if (d->rest > 0.95 * d->limit) {
    note(r, err, "%s at %s: most of its spread comes from what may not change", s->spec->name,
         v->point_name[point]);
    d->limit = d->rest / 0.95;
  }
  return true;
}

static double on_grid(double value, double grid_m) {
  return grid_m * round(value / grid_m);
}

/* Solves for the sizes that follow from one validation. */
static int propose(const ms_validation *v, const ms_size_options *o, const ms_size_report *first,
                   ms_size_report *r, ms_error *err) {
  size_t n = r->n_device, n_demand = 0, most = v->n_spec * v->n_point;
  double *work = calloc(4 * n + 1, sizeof *work), grid = o->grid_m > 0 ? o->grid_m : 1e-8;
  ms_demand *demand = calloc(most + 1, sizeof *demand);
  int rc = work && demand ? 0 : ms_fail(err, MS_ENOMEM, "no memory for sizes");
  double *area = work, *low = work + n, *high = work + 2 * n, *scale = work + 3 * n;
  for (size_t s = 0; s < v->n_spec && !rc; s++)
    for (size_t p = 0; p < v->n_point && !rc && v->spec[s].measured; p++) {
      demand[n_demand].effect = calloc(n + 1, sizeof(double));
      if (!demand[n_demand].effect)
        rc = ms_fail(err, MS_ENOMEM, "no memory for sizes");
      else if (make_demand(v, &v->spec[s], p, r, &demand[n_demand], err))
        n_demand++;
      else
        free(demand[n_demand].effect);
    }
  if (!rc && !n_demand)
    rc = ms_fail(err, MS_EINVAL, "%s: no spec depends on sizes (fewer than 8 dies, or no spread)",
                 v->cell->file);
  if (!rc) {
    limit_scales(r, first, o, low, high);
    for (size_t i = 0; i < n; i++)
      area[i] = fmax(r->device[i].w_m * r->device[i].l_m * fmax(r->device[i].copies, 1), 1e-18);
    ms_size_solve(demand, n_demand, area, low, high, n, scale);
  }
  for (size_t i = 0; i < n && !rc; i++) {
    ms_sized_device *d = &r->device[i];
    if (*d->kept || !(scale[i] > 0))
      continue;
    d->new_w_m = on_grid(d->w_m * sqrt(scale[i]), grid);
    d->new_l_m = on_grid(d->l_m * sqrt(scale[i]), grid);
  }
  for (size_t c = 0; c < n_demand; c++)
    free(demand[c].effect);
  free(demand);
  free(work);
  return rc;
}

/* One round on the teaching dies: measures `cell` and writes its successor into the folder. */
static int one_round(const ms_size_options *o, const char *cell, unsigned round, ms_size_report *r,
                     ms_error *err) {
  ms_validate_options w = o->validate;
  ms_validation *v = NULL;
  ms_size_report now = {.n_note = r->n_note, .note = r->note};
  w.cell = cell;
  w.explain = true;
  int rc = ms_validate(&w, &v, err);
  if (rc)
    return rc;
  rc = ms_size_list(v->cell, o, &now, err);
  rc = rc ? rc : measure_areas(&now, v, w.worker_path, round ? &now.area_m2 : &r->area_m2, err);
  rc = rc ? rc : propose(v, o, r, &now, err);
  rc = rc ? rc : ms_size_write(v->cell, &now, o->folder, err);
  r->note = now.note;
  r->n_note = now.n_note;
  if (!round) {
    r->device = now.device;
    r->n_device = now.n_device;
  } else {
    for (size_t i = 0; i < r->n_device && !rc; i++) {
      r->device[i].new_w_m = now.device[i].new_w_m;
      r->device[i].new_l_m = now.device[i].new_l_m;
    }
    free(now.device);
  }
  ms_validation_destroy(v);
  return rc;
}

int ms_size(const ms_size_options *o, ms_size_report *r, ms_error *err) {
  char cell[4096];
  unsigned rounds = o->rounds ? o->rounds : 2;
  ms_validation *v = NULL;
  *r = (ms_size_report){0};
  int rc = ms_plan_validation(&o->validate, &v, err); /* names the cell */
  if (rc)
    return rc;
  snprintf(cell, sizeof cell, "%s/%s", o->folder, v->cell->name);
  ms_validation_destroy(v);
  for (unsigned i = 0; i < rounds && !rc; i++)
    rc = one_round(o, i ? cell : o->validate.cell, i, r, err);
  ms_validate_options w = o->validate;
  w.first_die += w.n_die;
  w.explain = false;
  rc = rc ? rc : ms_validate(&w, &r->before, err);
  w.cell = cell;
  rc = rc ? rc : ms_validate(&w, &r->after, err);
  if (!rc) {
    ms_size_report sizes = {.n_device = r->n_device, .device = r->device};
    rc = measure_areas(&sizes, r->after, w.worker_path, &r->new_area_m2, err);
  }
  return rc;
}

void ms_size_report_clear(ms_size_report *r) {
  ms_validation_destroy(r->before);
  ms_validation_destroy(r->after);
  free(r->device);
  free(r->note);
  *r = (ms_size_report){0};
}
