/* SPDX-License-Identifier: Apache-2.0 */
/* Per-die calibration. All neurons of a core share its bias lines, so what a code can take away is
 * what a die's neurons have in common: the mismatch of the bias branches, and corner and
 * temperature. One set of
 * parameters is fitted to the spikes of all of them, and each line's current is moved by what it
 * rules. */
#include "methods/calibrate.h"

#include "methods/fit.h"

#include <math.h>
#include <string.h>

enum { FINE = 0xff };

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

/* Rows of one cell share its lines: their mean counts. */
static void move_rows(ms_setup *s, const ms_neuron_model *nominal, const double *p,
                      const ms_fit_times *times) {
  const ms_core *core = s->core;
  size_t per_row = (ms_fit_count(core) - MS_FIT_SOMA) / core->n_row;
  ms_neuron_model own;
  ms_fit_apply(core, nominal, p, &own);
  for (size_t r = 0; r < core->n_row; r++) {
    double tau = 0, weight = 0, n = 0;
    int first = 1;
    for (size_t q = 0; q < core->n_row; q++) {
      if (core->row[q].cell != core->row[r].cell)
        continue;
      first &= q >= r;
      tau += p[MS_FIT_SOMA + q * per_row];
      weight += log(ms_fit_weight(core, &own, q, times) / ms_fit_weight(core, nominal, q, times));
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
  int rc = ms_fit_times_of(s, lab, &times, err);
  for (unsigned k = 0; !rc && k < rounds; k++) {
    double p[MS_FIT_MOST];
    ms_die virtual_die = ms_setup_die(s, die);
    rc = ms_fit_alike(s, lab, nominal, &virtual_die, 500000 + 1000 * k, p, control, err);
    if (rc)
      break;
    move(s, s->core->soma, "ileak", p[0]);
    move(s, s->core->soma, "iref", p[3]);
    move_rows(s, nominal, p, &times);
  }
  return rc;
}
