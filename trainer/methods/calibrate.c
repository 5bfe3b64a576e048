/* SPDX-License-Identifier: Apache-2.0 */
/* Per-die calibration. All neurons of a core share its bias lines, so what a code can take away is
 * what a die's neurons have in common: the mismatch of the bias branches, and corner and
 * temperature. Every neuron is fitted by itself (one set of parameters for neurons that differ
 * comes out wrong: their late and missing spikes do not cancel), and each line's current is moved
 * by the median of what it rules. The membrane's leak stays: spikes tell its time constant no
 * better than the dies' means of it spread. */
#include "methods/calibrate.h"

#include "methods/fit_die.h"

#include "mixspike/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FINE = 0xff, STIMULI = 24 };

uint16_t ms_bias_scale(const ms_core_bias *bias, uint16_t code, double ratio) {
  const ms_cell *branch = bias->branch;
  unsigned coarse = code >> 8;
  if (coarse >= branch->n_coarse || !(ratio > 0))
    return code;
  double wanted = branch->coarse_a[coarse] * (code & FINE) * ratio;
  unsigned best = code;
  double nearest = INFINITY;
  for (unsigned c = 0; c < branch->n_coarse; c++) {
    double fine = fmax(1, fmin(FINE, floor(wanted / branch->coarse_a[c] + 0.5)));
    double off = fabs(log(branch->coarse_a[c] * fine / wanted));
    if (off < nearest - 1e-12) {
      nearest = off;
      best = c << 8 | (unsigned)fine;
    }
  }
  return (uint16_t)best;
}

/* By `change`, the logarithm of a factor. */
static void move(ms_setup *s, const ms_cell *cell, const char *name, double change) {
  for (size_t i = 0; i < s->core->n_bias; i++)
    if (s->core->bias[i].cell == cell && !strcmp(s->core->bias[i].bias->name, name))
      s->bias[i] = ms_bias_scale(&s->core->bias[i], s->bias[i], exp(change));
}

/* Medians: a dead neuron does not move them. */
static double median(double *value, size_t n) {
  ms_sort(value, n);
  return ms_quantile(value, n, 0.5);
}

static double median_parameter(const ms_die_fit *fit, size_t i, double *value) {
  for (size_t k = 0; k < fit->n_neuron; k++)
    value[k] = fit->value[k * fit->n_parameter + i];
  return median(value, fit->n_neuron);
}

static double median_weight(const ms_core *core, const ms_neuron_model *nominal,
                            const ms_die_fit *fit, size_t row, const ms_fit_times *times,
                            double *value) {
  double unit = ms_fit_weight(core, nominal, row, times);
  for (size_t k = 0; k < fit->n_neuron; k++) {
    ms_neuron_model m;
    ms_fit_apply(core, nominal, fit->value + k * fit->n_parameter, &m);
    value[k] = log(ms_fit_weight(core, &m, row, times) / unit);
  }
  return median(value, fit->n_neuron);
}

/* Rows of one cell share its lines: their mean counts. */
static void move_rows(ms_setup *s, const ms_neuron_model *nominal, const ms_die_fit *fit,
                      const ms_fit_times *times, double *value) {
  const ms_core *core = s->core;
  size_t per_row = (fit->n_parameter - MS_FIT_SOMA) / core->n_row;
  for (size_t r = 0; r < core->n_row; r++) {
    double tau = 0, weight = 0, n = 0;
    int first = 1;
    for (size_t q = 0; q < core->n_row; q++) {
      if (core->row[q].cell != core->row[r].cell)
        continue;
      first &= q >= r;
      tau += median_parameter(fit, MS_FIT_SOMA + q * per_row, value);
      weight += median_weight(core, nominal, fit, q, times, value);
      n++;
    }
    if (!first)
      continue;
    move(s, core->row[r].cell, "itau", tau / n);
    /* The moved leak changes the weight as the time constant. */
    move(s, core->row[r].cell, "iw", -(weight - tau) / n);
  }
}

int ms_calibrate(ms_setup *s, ms_lab *lab, const ms_neuron_model *nominal, uint64_t die,
                 unsigned rounds, const ms_control *control, ms_error *err) {
  ms_fit_times times;
  double *value = calloc(s->n_neuron + 1, sizeof *value);
  int rc = value ? ms_fit_times_of(s, lab, &times, err)
                 : ms_fail(err, MS_ENOMEM, "no memory for a calibration");
  for (unsigned k = 0; !rc && k < rounds; k++) {
    ms_die_fit fit;
    rc = ms_fit_die(s, lab, nominal, die, STIMULI, &fit, control, err);
    if (rc)
      break;
    move(s, s->core->soma, "iref", median_parameter(&fit, 3, value));
    move_rows(s, nominal, &fit, &times, value);
    ms_die_fit_clear(&fit);
  }
  free(value);
  return rc;
}
