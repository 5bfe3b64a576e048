/* SPDX-License-Identifier: Apache-2.0 */
/* From items to cells: one method at one strength and condition over dies and seeds. */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>

typedef struct gathered {
  size_t n, n_pair;
  double *accuracy, *difference;
} gathered;

/* Accuracies of a cell, differences to the first method where both have a value, and sums. */
static void gather(const ms_study_report *r, ms_study_cell *c, gathered *g) {
  const ms_study *s = r->study;
  ms_study_item sum = {.done = 0};
  for (size_t seed = 0; seed < s->n_seed; seed++)
    for (size_t die = 0; die < s->base->n_held_out_die; die++) {
      ms_study_place p = {.task = c->task,
                          .seed = seed,
                          .strength = c->strength,
                          .condition = c->condition,
                          .method = c->method,
                          .die = die};
      const ms_study_item *item = &r->item[ms_study_index(s, &p)];
      ms_study_add_confirmation(&c->confirmed, &r->confirmation[ms_study_index(s, &p)]);
      if (!item->done || !isfinite(item->accuracy))
        continue;
      g->accuracy[g->n++] = item->accuracy;
      sum.energy_j += item->energy_j;
      sum.spikes += item->spikes;
      sum.spent += item->spent;
      sum.test_samples += item->test_samples;
      sum.test_s += item->test_s;
      sum.area_m2 += item->area_m2;
      sum.bias_m2 += item->bias_m2;
      sum.own_bias_m2 += item->own_bias_m2;
      sum.codes += item->codes;
      sum.acceptance += item->acceptance;
      sum.autocorrelation += item->autocorrelation;
      sum.chain_spread += item->chain_spread;
      p.method = 0;
      const ms_study_item *first = &r->item[ms_study_index(s, &p)];
      if (first->done && isfinite(first->accuracy))
        g->difference[g->n_pair++] = item->accuracy - first->accuracy;
    }
  double n = (double)g->n;
  c->energy_j = sum.energy_j / n;
  c->spikes = sum.spikes / n;
  c->spent = sum.spent / n;
  c->test_samples = sum.test_samples / n;
  c->test_s = sum.test_s / n;
  c->area_m2 = sum.area_m2 / n;
  c->bias_m2 = sum.bias_m2 / n;
  c->own_bias_m2 = sum.own_bias_m2 / n;
  c->codes = sum.codes / n;
  c->acceptance = sum.acceptance / n;
  c->autocorrelation = sum.autocorrelation / n;
  c->chain_spread = sum.chain_spread / n;
}

static void fill(const ms_study_report *r, ms_study_cell *c, gathered *g) {
  const ms_study *s = r->study;
  size_t good = 0;
  g->n = g->n_pair = 0;
  gather(r, c, g);
  c->n = g->n;
  if (!c->n)
    return;
  c->half_width = ms_mean_half_width(g->accuracy, g->n, s->confidence);
  for (size_t i = 0; i < g->n; i++) {
    c->mean += g->accuracy[i] / (double)g->n;
    good += g->accuracy[i] >= s->yield_at;
  }
  ms_sort(g->accuracy, g->n);
  c->median = ms_quantile(g->accuracy, g->n, 0.5);
  c->low = ms_quantile(g->accuracy, g->n, 0.05);
  c->high = ms_quantile(g->accuracy, g->n, 0.95);
  c->yield = (double)good / (double)g->n;
  c->yield_interval = ms_yield_interval(good, g->n, s->confidence);
  c->n_pair = g->n_pair;
  c->p = ms_signed_rank_p(g->difference, g->n_pair);
  ms_sort(g->difference, g->n_pair);
  c->gain = ms_quantile(g->difference, g->n_pair, 0.5);
}

/* ---- what accuracy costs ---- */

/* Means of equal numbers differ by rounding. */
static int less(double a, double b) {
  return a < b * (1 - 1e-9);
}

double ms_study_area(const ms_study_cell *c) {
  return c->area_m2 + c->own_bias_m2;
}

int ms_study_same_circumstances(const ms_study_cell *a, const ms_study_cell *b) {
  return a->task == b->task && a->strength == b->strength && a->condition == b->condition;
}

static int dominates(const ms_study_cell *a, const ms_study_cell *b) {
  const double area = ms_study_area(a), other = ms_study_area(b);
  return ms_study_same_circumstances(a, b) && !less(other, area) &&
         !less(b->test_samples, a->test_samples) && a->median >= b->median &&
         (less(area, other) || less(a->test_samples, b->test_samples) || a->median > b->median);
}

static void find_pareto(ms_study_report *r) {
  for (size_t i = 0; i < r->n_cell; i++) {
    r->cell[i].pareto = isfinite(r->cell[i].area_m2);
    for (size_t k = 0; k < r->n_cell; k++)
      if (dominates(&r->cell[k], &r->cell[i]))
        r->cell[i].pareto = 0;
  }
}

const ms_study_cell *ms_study_cheapest(const ms_study_report *r, const ms_study_cell *like,
                                       double accuracy, int untested) {
  const ms_study_cell *best = NULL;
  for (size_t i = 0; i < r->n_cell; i++) {
    const ms_study_cell *c = &r->cell[i];
    if (!ms_study_same_circumstances(c, like) || !(c->median >= accuracy) ||
        !isfinite(c->area_m2) || (untested && c->test_samples > 0))
      continue;
    if (!best || less(ms_study_area(c), ms_study_area(best)) ||
        (!less(ms_study_area(best), ms_study_area(c)) && less(c->test_samples, best->test_samples)))
      best = c;
  }
  return best;
}

int ms_study_summarise(ms_study_report *r, ms_error *err) {
  const ms_study *s = r->study;
  size_t n = s->n_task * s->n_strength * s->n_condition * s->n_method;
  size_t dies = s->n_seed * s->base->n_held_out_die;
  gathered g = {.accuracy = calloc(dies + 1, sizeof(double)),
                .difference = calloc(dies + 1, sizeof(double))};
  r->cell = calloc(n, sizeof *r->cell);
  int rc = r->cell && g.accuracy && g.difference ? MS_OK
                                                 : ms_fail(err, MS_ENOMEM, "no memory for a study");
  for (size_t i = 0; !rc && i < n; i++) {
    size_t rest = i;
    ms_study_cell c = {.method = rest % s->n_method};
    rest /= s->n_method;
    c.strength = rest % s->n_strength;
    rest /= s->n_strength;
    c.condition = rest % s->n_condition;
    c.task = rest / s->n_condition;
    fill(r, &c, &g);
    if (c.n)
      r->cell[r->n_cell++] = c;
  }
  if (!rc)
    find_pareto(r);
  free(g.accuracy);
  free(g.difference);
  return rc;
}
