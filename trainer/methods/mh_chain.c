/* SPDX-License-Identifier: Apache-2.0 */
/* The chain itself: Metropolis et al. 1953 with a normal prior, and its diagnostics. */
#include "methods/metropolis.h"

#include <math.h>
#include <string.h>

ms_mh_chain ms_mh_view(double *memory, size_t n) {
  return (ms_mh_chain){
      .n = n, .value = memory, .sum = memory + n, .best = memory + 2 * n, .figure = memory + 3 * n};
}

void ms_mh_propose(const ms_mh_chain *c, const ms_mh_options *o, ms_random *random, double *trial) {
  memcpy(trial, c->value, c->n * sizeof *trial);
  if (!(c->figure[MS_MH_STARTED] > 0))
    return;
  for (size_t i = 0; i < c->n; i++)
    if (ms_random_uniform(random) < o->moved)
      trial[i] += o->step * ms_random_normal(random);
}

static int inside(const double *v, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!(fabs(v[i]) <= 1))
      return 0;
  return 1;
}

static double squares(const double *v, size_t n) {
  double s = 0;
  for (size_t i = 0; i < n; i++)
    s += v[i] * v[i];
  return s;
}

void ms_mh_decide(ms_mh_chain *c, const ms_mh_options *o, ms_random *random, const double *trial,
                  double energy, int count) {
  double *f = c->figure, before = f[MS_MH_ENERGY];
  double climb = (energy - before) / o->temperature;
  if (isfinite(o->prior_sd))
    climb += (squares(trial, c->n) - squares(c->value, c->n)) / (2 * o->prior_sd * o->prior_sd);
  int first = !(f[MS_MH_STARTED] > 0), lucky = ms_random_uniform(random) < exp(-climb);
  int accept = first || (lucky && inside(trial, c->n));
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
    return;
  f[MS_MH_PROPOSED]++;
  f[MS_MH_ACCEPTED] += accept;
  if (!count)
    return;
  for (size_t i = 0; i < c->n; i++)
    c->sum[i] += c->value[i];
  f[MS_MH_COUNTED]++;
  f[MS_MH_SUM] += f[MS_MH_ENERGY];
  f[MS_MH_SQUARES] += f[MS_MH_ENERGY] * f[MS_MH_ENERGY];
  f[MS_MH_LAGGED] += f[MS_MH_ENERGY] * before;
}

ms_mh_diagnosis ms_mh_diagnose(const ms_mh_chain *chain, size_t n_chain) {
  ms_mh_diagnosis d = {.spread = NAN};
  double within = 0, sum = 0, of_means = 0, counted = 0;
  for (size_t k = 0; k < n_chain; k++) {
    const double *f = chain[k].figure;
    double n = fmax(f[MS_MH_COUNTED], 1), mean = f[MS_MH_SUM] / n;
    double variance = fmax(f[MS_MH_SQUARES] / n - mean * mean, 0);
    d.acceptance += f[MS_MH_ACCEPTED] / fmax(f[MS_MH_PROPOSED], 1) / (double)n_chain;
    if (variance > 0)
      d.autocorrelation +=
          fmin((f[MS_MH_LAGGED] / n - mean * mean) / variance, 1) / (double)n_chain;
    else
      d.autocorrelation += 1 / (double)n_chain;
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
