/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to yields: which dies meet which specs, and which is the worst. */
#include "plan.h"

#include "statistics.h"

#include <math.h>
#include <stdlib.h>

bool ms_spec_meets(const ms_spec *s, double value) {
  return !isnan(value) && !(value < s->min) && !(value > s->max);
}

static size_t find_column(const ms_validation *v, size_t measure) {
  for (size_t k = 0; k < v->n_measure; k++)
    if (v->measure[k] == &v->cell->measure[measure])
      return k;
  return SIZE_MAX;
}

size_t ms_count_good(const ms_validation *v, size_t n) {
  size_t good = 0;
  for (size_t d = 0; d < n; d++) {
    bool all = true;
    for (size_t s = 0; s < v->cell->n_spec && all; s++) {
      size_t k = find_column(v, v->cell->spec[s].measure);
      for (size_t p = 0; p < v->n_point && all && k != SIZE_MAX; p++)
        all = ms_spec_meets(&v->cell->spec[s], ms_validation_value(v, d, p, k));
    }
    good += all;
  }
  return good;
}

/* Distance to the nearer limit as a share of the limit, negative outside; no value is the worst. */
static double margin(const ms_spec *s, double value) {
  double best = INFINITY;
  if (isnan(value))
    return -INFINITY;
  double scale = fmax(fabs(isnan(s->min) ? 0 : s->min), fabs(isnan(s->max) ? 0 : s->max));
  scale = scale > 0 ? scale : 1;
  if (!isnan(s->min))
    best = fmin(best, (value - s->min) / scale);
  if (!isnan(s->max))
    best = fmin(best, (s->max - value) / scale);
  return best;
}

static void judge_spec(ms_validation *v, ms_spec_result *r) {
  double least = INFINITY;
  r->n = v->n_die;
  for (size_t d = 0; d < v->n_die; d++) {
    bool all = true;
    for (size_t p = 0; p < v->n_point; p++) {
      double value = ms_validation_value(v, d, p, r->column), m = margin(r->spec, value);
      bool meets = ms_spec_meets(r->spec, value);
      all &= meets;
      r->point_pass[p] += meets;
      if (m < least || (d == 0 && p == 0)) {
        least = m;
        r->worst_die = v->first_die + d;
        r->worst_point = p;
        r->worst_value = value;
      }
    }
    r->n_pass += all;
  }
  r->yield = r->n ? (double)r->n_pass / (double)r->n : 0;
  r->interval = ms_yield_interval(r->n_pass, r->n, v->confidence);
  r->pass = r->n && r->yield >= r->spec->yield;
}

int ms_judge(ms_validation *v, ms_error *err) {
  v->spec = calloc(v->cell->n_spec + 1, sizeof *v->spec);
  if (!v->spec)
    return ms_fail(err, MS_ENOMEM, "no memory for specs");
  for (size_t s = 0; s < v->cell->n_spec; s++) {
    ms_spec_result *r = &v->spec[v->n_spec++];
    r->spec = &v->cell->spec[s];
    r->measure = &v->cell->measure[r->spec->measure];
    r->column = find_column(v, r->spec->measure);
    r->measured = r->column != SIZE_MAX;
    r->point_pass = calloc(v->n_point, sizeof *r->point_pass);
    if (!r->point_pass)
      return ms_fail(err, MS_ENOMEM, "no memory for specs");
    if (r->measured)
      judge_spec(v, r);
  }
  v->n_pass = ms_count_good(v, v->n_die);
  v->yield = v->n_die ? (double)v->n_pass / (double)v->n_die : 0;
  v->interval = ms_yield_interval(v->n_pass, v->n_die, v->confidence);
  return 0;
}

bool ms_validation_passes(const ms_validation *v) {
  for (size_t s = 0; s < v->n_spec; s++)
    if (v->spec[s].measured && !v->spec[s].pass)
      return false;
  return true;
}

ms_spread ms_validation_spread(const ms_validation *v, size_t k, size_t point) {
  double *all = malloc((v->n_die * v->n_point + 1) * sizeof *all);
  size_t n = 0;
  for (size_t d = 0; d < v->n_die && all; d++)
    for (size_t p = 0; p < v->n_point; p++)
      if (point == v->n_point || p == point)
        all[n++] = ms_validation_value(v, d, p, k);
  ms_spread s = ms_spread_of(all, n);
  free(all);
  return s;
}
