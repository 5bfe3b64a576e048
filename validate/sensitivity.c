/* SPDX-License-Identifier: Apache-2.0 */
/* Regression of each measure over the draws of every device of the cell. */
#include "sensitivity.h"

#include "netlist/pins.h"
#include "statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One random number of one device. */
typedef struct draw {
  size_t device;
  ms_draw kind;
  double slope, correlation;
} draw;

typedef struct regression {
  size_t n_die, n_draw;
  draw *draw;
  double *z; /* [n_die][n_draw] */
} regression;

int ms_expand_cell(const ms_validation *v, const char *worker_path, ms_circuit **out,
                   ms_error *err) {
  static const ms_measure plain = {.kind = MS_MEASURE_STATIC_POWER};
  ms_service *service = NULL;
  ms_deck *deck = NULL;
  const char *listing;
  *out = NULL;
  int rc = ms_service_create(worker_path, 0, &service, err);
  rc = rc ? rc : ms_deck_pins(v->core, v->cell, &v->point[0], NULL, &plain, &deck, err);
  rc = rc ? rc : ms_service_deck(service, deck, err);
  rc = rc ? rc : ms_service_command(service, "listing expand", &listing, err);
  rc = rc ? rc : ms_circuit_parse(listing, v->core->process, out, err);
  ms_deck_destroy(deck);
  ms_service_destroy(service);
  return rc;
}

static int list_draws(ms_validation *v, const ms_circuit *c, regression *r, ms_error *err) {
  v->device = calloc(c->n_element + 1, sizeof *v->device);
  r->draw = calloc(2 * c->n_element + 1, sizeof *r->draw);
  if (!v->device || !r->draw)
    return ms_fail(err, MS_ENOMEM, "no memory for sensitivities");
  for (size_t i = 0; i < c->n_element; i++) {
    const ms_element *x = &c->element[i];
    bool capacitor = x->kind == 'c' && x->value > 0;
    /* What is not inside the cell is the bench: its name has no instance. */
    if ((x->kind != 'm' && !capacitor) || !strchr(x->path, '.'))
      continue;
    size_t device = v->n_device;
    if (!(v->device[v->n_device++] = strdup(x->path)))
      return ms_fail(err, MS_ENOMEM, "no memory for sensitivities");
    r->draw[r->n_draw++] =
        (draw){.device = device, .kind = capacitor ? MS_DRAW_DCAP : MS_DRAW_DVTH};
    if (!capacitor)
      r->draw[r->n_draw++] = (draw){.device = device, .kind = MS_DRAW_DBETA};
  }
  r->n_die = v->n_die;
  r->z = calloc(r->n_die * r->n_draw + 1, sizeof *r->z);
  if (!r->z)
    return ms_fail(err, MS_ENOMEM, "no memory for sensitivities");
  for (size_t d = 0; d < v->n_die; d++) {
    ms_die die = {.seed = v->seed, .die = v->first_die + d, .strength = 1};
    for (size_t j = 0; j < r->n_draw; j++) {
      char path[512];
      snprintf(path, sizeof path, "%s%s", ms_pins_draw_prefix(v->cell),
               v->device[r->draw[j].device]);
      r->z[d * r->n_draw + j] = ms_die_draw(&die, path, r->draw[j].kind);
    }
  }
  return 0;
}

static int by_correlation(const void *a, const void *b) {
  const draw *x = *(const draw *const *)a, *y = *(const draw *const *)b;
  return (x->correlation < y->correlation) - (x->correlation > y->correlation);
}

static int by_share(const void *a, const void *b) {
  const ms_influence *x = a, *y = b;
  return (x->share < y->share) - (x->share > y->share);
}

static double correlation(const regression *r, size_t j, const size_t *die, const double *y,
                          size_t n) {
  double mz = 0, my = 0, szz = 0, syy = 0, szy = 0;
  for (size_t i = 0; i < n; i++) {
    mz += r->z[die[i] * r->n_draw + j] / (double)n;
    my += y[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    double dz = r->z[die[i] * r->n_draw + j] - mz, dy = y[i] - my;
    szz += dz * dz;
    syy += dy * dy;
    szy += dz * dy;
  }
  return szz > 0 && syy > 0 ? fabs(szy) / sqrt(szz * syy) : 0;
}

/* Puts slopes into the draws; the best `p` of them take part, by correlation. With fewer dies than
 * two for each draw a line through all would follow noise. */
static bool fit(regression *r, const size_t *die, const double *y, size_t n, double *residual) {
  size_t p = n >= 2 * r->n_draw + 10 ? r->n_draw : n / 4;
  draw **order = calloc(r->n_draw + 1, sizeof(draw *));
  double *x = calloc(n * p + 1, sizeof *x), *b = calloc(p + 1, sizeof *b);
  bool good = order && x && b && p > 0;
  for (size_t j = 0; j < r->n_draw && good; j++) {
    r->draw[j].slope = 0;
    r->draw[j].correlation = correlation(r, j, die, y, n);
    order[j] = &r->draw[j];
  }
  if (good)
    qsort(order, r->n_draw, sizeof *order, by_correlation);
  p = p < r->n_draw ? p : r->n_draw;
  for (size_t i = 0; i < n && good; i++)
    for (size_t j = 0; j < p; j++)
      x[i * p + j] = r->z[die[i] * r->n_draw + (size_t)(order[j] - r->draw)];
  good = good && ms_regress(x, y, n, p, b);
  *residual = 0;
  for (size_t i = 0; i < n && good; i++) {
    double left = y[i] - b[0];
    for (size_t j = 0; j < p; j++)
      left -= b[1 + j] * x[i * p + j];
    *residual += left * left;
  }
  for (size_t j = 0; j < p && good; j++)
    order[j]->slope = b[1 + j];
  if (good)
    *residual /= (double)(n - p - 1);
  free(order);
  free(x);
  free(b);
  return good;
}

static int explain(const ms_validation *v, regression *r, size_t k, size_t point, ms_sensitivity *s,
                   ms_error *err) {
  size_t *die = calloc(v->n_die + 1, sizeof *die), n = 0;
  double *y = calloc(v->n_die + 1, sizeof *y), residual;
  s->influence = calloc(v->n_device + 1, sizeof *s->influence);
  int rc = die && y && s->influence ? 0 : ms_fail(err, MS_ENOMEM, "no memory for sensitivities");
  for (size_t d = 0; d < v->n_die && !rc; d++) {
    double value = ms_validation_value(v, d, point, k);
    if (isnan(value))
      continue;
    die[n] = d;
    y[n++] = value;
    s->mean += value;
  }
  s->mean /= n ? (double)n : 1;
  for (size_t i = 0; i < n; i++)
    s->sd += (y[i] - s->mean) * (y[i] - s->mean);
  s->sd = n > 1 ? sqrt(s->sd / (double)(n - 1)) : 0;
  if (!rc && n >= 8 && s->sd > 1e-9 * fabs(s->mean) && fit(r, die, y, n, &residual)) {
    s->n = n;
    s->explained = fmax(0, 1 - residual / (s->sd * s->sd));
    s->n_influence = v->n_device;
    for (size_t i = 0; i < v->n_device; i++)
      s->influence[i].device = v->device[i];
    for (size_t j = 0; j < r->n_draw; j++) {
      ms_influence *x = &s->influence[r->draw[j].device];
      double slope = r->draw[j].slope;
      *(r->draw[j].kind == MS_DRAW_DVTH    ? &x->dvth
        : r->draw[j].kind == MS_DRAW_DBETA ? &x->dbeta
                                           : &x->dcap) = slope;
      x->share += slope * slope / (s->sd * s->sd);
    }
    qsort(s->influence, s->n_influence, sizeof *s->influence, by_share);
  }
  free(die);
  free(y);
  return rc;
}

int ms_explain(ms_validation *v, const char *worker_path, ms_error *err) {
  ms_circuit *circuit;
  regression r = {0};
  int rc = ms_expand_cell(v, worker_path, &circuit, err);
  if (rc)
    return rc;
  rc = list_draws(v, circuit, &r, err);
  v->sensitivity = calloc(v->n_measure * v->n_point + 1, sizeof *v->sensitivity);
  if (!rc && !v->sensitivity)
    rc = ms_fail(err, MS_ENOMEM, "no memory for sensitivities");
  for (size_t k = 0; k < v->n_measure && !rc; k++)
    for (size_t p = 0; p < v->n_point && !rc; p++)
      rc = explain(v, &r, k, p, &v->sensitivity[k * v->n_point + p], err);
  ms_circuit_destroy(circuit);
  free(r.draw);
  free(r.z);
  return rc;
}

void ms_explain_clear(ms_validation *v) {
  for (size_t i = 0; i < v->n_measure * v->n_point && v->sensitivity; i++)
    free(v->sensitivity[i].influence);
  for (size_t i = 0; i < v->n_device; i++)
    free(v->device[i]);
  free(v->sensitivity);
  free(v->device);
}
