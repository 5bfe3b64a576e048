/* SPDX-License-Identifier: Apache-2.0 */
/* Observed membranes. A neuron's threshold differs from die to die by more than a surrogate
 * gradient is wide, so it is taken from the neuron's own membrane, in front of its own spikes. */
#include "methods/membrane.h"

#include <stdlib.h>

static const double lead_tau = 0.05;
/* Share of a batch in the estimate: one of a few spikes jitters with the membrane's slope. */
static const double share = 0.3;

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *value, size_t n) {
  qsort(value, n, sizeof *value, by_value);
  return n % 2 ? value[n / 2] : 0.5 * (value[n / 2 - 1] + value[n / 2]);
}

/* Membrane of a neuron at `t_s`, by a straight line between samples. */
static double at(const ms_lab_result *run, unsigned neuron, double t_s, double grid_s) {
  double x = t_s > 0 ? t_s / grid_s : 0;
  size_t i = (size_t)x;
  const float *v = run->membrane_v + neuron * run->n_sample;
  if (i + 1 >= run->n_sample)
    return v[run->n_sample - 1];
  return v[i] + (x - (double)i) * (v[i + 1] - v[i]);
}

void ms_membrane_thresholds(const ms_lab_result *run, size_t n_run, unsigned n_neuron,
                            double grid_s, double tau_s, double *threshold) {
  size_t most = 1;
  for (size_t r = 0; r < n_run; r++)
    most += run[r].n_spike;
  most = most > n_neuron ? most : n_neuron;
  double *seen = calloc(most, sizeof *seen);
  if (!seen)
    return; /* the estimates stay as they are */
  for (unsigned k = 0; k < n_neuron; k++) {
    size_t n = 0;
    for (size_t r = 0; r < n_run; r++)
      for (size_t i = 0; run[r].n_sample && i < run[r].n_spike; i++)
        if (run[r].spike[i].address == k)
          seen[n++] = at(&run[r], k, ms_time_to_s(run[r].spike[i].t) - lead_tau * tau_s, grid_s);
    if (n) {
      double here = median(seen, n);
      threshold[k] = threshold[k] > 0 ? threshold[k] + share * (here - threshold[k]) : here;
    }
  }
  size_t known = 0;
  for (unsigned k = 0; k < n_neuron; k++)
    if (threshold[k] > 0)
      seen[known++] = threshold[k];
  double typical = known ? median(seen, known) : 0;
  for (unsigned k = 0; k < n_neuron; k++)
    if (!(threshold[k] > 0))
      threshold[k] = typical;
  free(seen);
}

void ms_membrane_levels(ms_lab_result *run, unsigned n_neuron, const double *threshold,
                        double slope_v) {
  for (unsigned k = 0; k < n_neuron; k++)
    for (size_t i = 0; i < run->n_sample; i++) {
      float *v = &run->membrane_v[k * run->n_sample + i];
      *v = (float)((*v - threshold[k]) / slope_v);
    }
}
