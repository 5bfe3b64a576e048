/* SPDX-License-Identifier: Apache-2.0 */
/* Least area under demands on variances. */
#include "size.h"

#include "statistics.h"

#include <math.h>
#include <stdlib.h>

static double inside(double mean, double sigma, double min, double max) {
  double high = isnan(max) ? 1 : ms_normal((max - mean) / sigma);
  return high - (isnan(min) ? 0 : ms_normal((min - mean) / sigma));
}

double ms_size_sigma(double mean, double min, double max, double probability) {
  if (mean <= min || mean >= max)
    return -1;
  double reach = fmin(isnan(min) ? INFINITY : mean - min, isnan(max) ? INFINITY : max - mean);
  double low = 0, high = 100 * reach;
  for (int i = 0; i < 80; i++) {
    double sigma = 0.5 * (low + high);
    *(inside(mean, sigma, min, max) > probability ? &low : &high) = sigma;
  }
  return low;
}

static double variance(const ms_demand *d, const double *scale, size_t n) {
  double sum = d->rest;
  for (size_t i = 0; i < n; i++)
    sum += d->effect[i] / scale[i];
  return sum;
}

void ms_size_solve(const ms_demand *demand, size_t n_demand, const double *area, const double *low,
                   const double *high, size_t n, double *scale) {
  double *weight = calloc(n_demand + 1, sizeof *weight);
  for (size_t i = 0; i < n; i++)
    scale[i] = fmin(fmax(1, low[i]), high[i]);
  for (size_t c = 0; c < n_demand && weight; c++) {
    double effect = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
      effect += demand[c].effect[i];
      total += area[i];
    }
    weight[c] = effect > 0 ? total / effect : 0;
  }
  /* Where the Lagrangian sum(area s) + sum(weight variance) is least, s^2 = weight effect / area.
   */
  for (int round = 0; round < 3000 && weight; round++) {
    for (size_t i = 0; i < n; i++) {
      double pull = 0;
      for (size_t c = 0; c < n_demand; c++)
        pull += weight[c] * demand[c].effect[i];
      scale[i] = fmin(fmax(sqrt(pull / area[i]), low[i]), high[i]);
    }
    for (size_t c = 0; c < n_demand; c++) {
      double ratio = variance(&demand[c], scale, n) / demand[c].limit;
      weight[c] *= fmin(fmax(ratio, 0.8), 1.25);
    }
  }
  free(weight);
}
