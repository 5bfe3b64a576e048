/* SPDX-License-Identifier: Apache-2.0 */
/* The chain itself: Metropolis et al. 1953 with a normal prior, and its diagnostics. */
#include "methods/metropolis.h"

#include <math.h>
#include <string.h>

ms_mh_chain ms_mh_view(double *memory, size_t n) {
  return (ms_mh_chain){
      .n = n, .value = memory, .sum = memory + n, .best = memory + 2 * n, .figure = memory + 3 * n};
}

/* Into -1..1, at either side as a mirror does. */
static double reflect(double v) {
  if (fabs(v) <= 1)
    return v;
  double from_below = fmod(fabs(v + 1), 4);
  return from_below <= 2 ? from_below - 1 : 3 - from_below;
}

void ms_mh_propose(const ms_mh_chain *c, const ms_mh_options *o, ms_random *random, double *trial) {
  memcpy(trial, c->value, c->n * sizeof *trial);
  if (!(c->figure[MS_MH_STARTED] > 0))
    return;
  for (size_t i = 0; i < c->n; i++)
    if (ms_random_uniform(random) < o->moved)
      trial[i] = reflect(trial[i] + o->step * ms_random_normal(random));
}

static double squares(const double *v, size_t n) {
  double s = 0;
  for (size_t i = 0; i < n; i++)
    s += v[i] * v[i];
  return s;
}

double ms_mh_bound(const ms_mh_chain *c, const ms_mh_options *o, ms_random *random,
                   const double *trial) {
  double climb = -log(ms_random_uniform(random));
  if (!(c->figure[MS_MH_STARTED] > 0))
    return INFINITY;
  if (isfinite(o->prior_sd))
    climb -= (squares(trial, c->n) - squares(c->value, c->n)) / (2 * o->prior_sd * o->prior_sd);
  return c->figure[MS_MH_ENERGY] + o->temperature * climb;
}

int ms_mh_decide(ms_mh_chain *c, const double *trial, double energy, double bound, int count) {
  double *f = c->figure, before = f[MS_MH_ENERGY];
  int first = !(f[MS_MH_STARTED] > 0), accept = energy <= bound;
  if (accept) {
    memcpy(c->value, trial, c->n * sizeof *trial);
    f[MS_MH_ENERGY] = energy;
  }
  if (first || f[MS_MH_ENERGY] < f[MS_MH_BEST]) {
    f[MS_MH_BEST] = f[MS_MH_ENERGY];
    memcpy(c->best, c->value, c->n * sizeof *c->best);
  }
  f[MS_MH_STARTED] = 1;
  if (first)
    return accept;
  f[MS_MH_PROPOSED]++;
  f[MS_MH_ACCEPTED] += accept;
  if (!count)
    return accept;
  for (size_t i = 0; i < c->n; i++)
    c->sum[i] += c->value[i];
  f[MS_MH_COUNTED]++;
  f[MS_MH_SUM] += f[MS_MH_ENERGY];
  f[MS_MH_SQUARES] += f[MS_MH_ENERGY] * f[MS_MH_ENERGY];
  f[MS_MH_BEFORE] += before;
  f[MS_MH_BEFORE_SQUARES] += before * before;
  f[MS_MH_LAGGED] += f[MS_MH_ENERGY] * before;
  return accept;
}

/* From the sums over n of a number and of its square. */
static double variance_of(double sum, double squares, double n) {
  double v = squares / n - sum / n * (sum / n);
  return v > 1e-12 * squares / n ? v : 0; /* below: rounding */
}

static double autocorrelation(const double *f, double n) {
  double both = variance_of(f[MS_MH_SUM], f[MS_MH_SQUARES], n) *
                variance_of(f[MS_MH_BEFORE], f[MS_MH_BEFORE_SQUARES], n);
  double covariance = f[MS_MH_LAGGED] / n - f[MS_MH_SUM] / n * (f[MS_MH_BEFORE] / n);
  return both > 0 ? covariance / sqrt(both) : 1;
}

ms_mh_diagnosis ms_mh_diagnose(const ms_mh_chain *chain, size_t n_chain) {
  ms_mh_diagnosis d = {.spread = NAN};
  double within = 0, sum = 0, of_means = 0, counted = 0;
  for (size_t k = 0; k < n_chain; k++) {
    const double *f = chain[k].figure;
    double n = fmax(f[MS_MH_COUNTED], 1), mean = f[MS_MH_SUM] / n;
    double variance = variance_of(f[MS_MH_SUM], f[MS_MH_SQUARES], n);
    d.acceptance += f[MS_MH_ACCEPTED] / fmax(f[MS_MH_PROPOSED], 1) / (double)n_chain;
    d.autocorrelation += autocorrelation(f, n) / (double)n_chain;
    within += variance / (double)n_chain;
    sum += mean;
    of_means += mean * mean;
    counted = f[MS_MH_COUNTED];
  }
  double m = (double)n_chain;
  if (n_chain > 1 && counted > 1 && within > 0) {
    double between = fmax(of_means - sum * sum / m, 0) / (m - 1);
    d.spread = sqrt((counted - 1) / counted + between / within);
  }
  return d;
}
