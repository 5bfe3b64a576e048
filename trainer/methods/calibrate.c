/* SPDX-License-Identifier: Apache-2.0 */
/* Per-die calibration. What a code can take away is what the neurons that share its line have in
 * common: where all share it, the mismatch of the bias branches, corner and temperature; where each
 * has its own, what tells it apart as well. Every neuron is fitted by itself (one set of parameters
 * for neurons that differ comes out wrong: their late and missing spikes do not cancel), and each
 * line's current is moved by the median of what it rules. The membrane's leak stays: spikes tell
 * its time constant no better than the dies' means of it spread. */
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

static int is_line(const ms_core_bias *line, const ms_cell *cell, const char *name) {
  return line->cell == cell && !strcmp(line->bias->name, name);
}

uint64_t ms_calibrate_lines(const ms_core *core) {
  uint64_t lines = 0;
  for (size_t i = 0; i < core->n_bias && i < 64; i++) {
    int moved = is_line(&core->bias[i], core->soma, "iref");
    for (size_t r = 0; r < core->n_row; r++)
      moved |= is_line(&core->bias[i], core->row[r].cell, "itau") ||
               is_line(&core->bias[i], core->row[r].cell, "iw");
    lines |= (uint64_t)moved << i;
  }
  return lines;
}

size_t ms_calibrate_codes(const ms_setup *s) {
  size_t n = 0;
  for (uint64_t lines = ms_calibrate_lines(s->core); lines; lines &= lines - 1)
    n++;
  return n * s->n_bias_set;
}

/* One set of neurons with its codes, and what is known of its neurons. */
typedef struct set {
  const ms_setup *setup;
  const ms_neuron_model *nominal;
  const ms_fit_times *times;
  const ms_die_fit *fit;
  unsigned number;
  uint16_t *code;
  double *value; /* room for one of every neuron */
} set;

/* By `change`, the logarithm of a factor. */
static void move(const set *s, const ms_cell *cell, const char *name, double change) {
  const ms_core *core = s->setup->core;
  for (size_t i = 0; i < core->n_bias; i++)
    if (is_line(&core->bias[i], cell, name))
      s->code[i] = ms_bias_scale(&core->bias[i], s->code[i], exp(change));
}

typedef double reader(const set *s, const double *parameter, size_t which);

static double parameter_of(const set *s, const double *parameter, size_t which) {
  (void)s;
  return parameter[which];
}

/* Logarithm of what a row's weight is times the nominal one. */
static double weight_of(const set *s, const double *parameter, size_t row) {
  const ms_core *core = s->setup->core;
  ms_neuron_model m;
  ms_fit_apply(core, s->nominal, parameter, &m);
  return log(ms_fit_weight(core, &m, row, s->times) /
             ms_fit_weight(core, s->nominal, row, s->times));
}

/* Over the set's neurons; medians: a dead neuron does not move them. */
static double median(const set *s, reader *read, size_t which) {
  const ms_die_fit *fit = s->fit;
  size_t n = 0;
  for (unsigned k = 0; k < fit->n_neuron; k++)
    if (ms_bias_set_of(&s->setup->chip, k) == s->number)
      s->value[n++] = read(s, fit->value + k * fit->n_parameter, which);
  ms_sort(s->value, n);
  return n ? ms_quantile(s->value, n, 0.5) : 0;
}

/* Rows of one cell share its lines: their mean counts. */
static void move_rows(const set *s) {
  const ms_core *core = s->setup->core;
  const size_t per_row = (s->fit->n_parameter - MS_FIT_SOMA) / core->n_row;
  for (size_t r = 0; r < core->n_row; r++) {
    double tau = 0, weight = 0, n = 0;
    int first = 1;
    for (size_t q = 0; q < core->n_row; q++) {
      if (core->row[q].cell != core->row[r].cell)
        continue;
      first &= q >= r;
      tau += median(s, parameter_of, MS_FIT_SOMA + q * per_row);
      weight += median(s, weight_of, q);
      n++;
    }
    if (!first)
      continue;
    move(s, core->row[r].cell, "itau", tau / n);
    /* The moved leak changes the weight as the time constant. */
    move(s, core->row[r].cell, "iw", -(weight - tau) / n);
  }
}

static void move_all(ms_setup *s, const ms_neuron_model *nominal, const ms_fit_times *times,
                     const ms_die_fit *fit, double *value) {
  for (unsigned k = 0; k < s->n_bias_set; k++) {
    const set one = {s, nominal, times, fit, k, s->bias + k * s->core->n_bias, value};
    move(&one, s->core->soma, "iref", median(&one, parameter_of, 3));
    move_rows(&one);
  }
}

int ms_calibrate(ms_setup *s, ms_lab *lab, const ms_neuron_model *nominal, uint64_t die,
                 const ms_calibration *how, const ms_control *control, ms_error *err) {
  ms_fit_times times;
  double *value = calloc(s->n_neuron + 1, sizeof *value);
  int rc = value ? ms_fit_times_of(s, lab, &times, err)
                 : ms_fail(err, MS_ENOMEM, "no memory for a calibration");
  for (unsigned k = 0; !rc && k < how->rounds; k++) {
    ms_die_fit fit;
    rc =
        ms_fit_die(s, lab, nominal, die, how->stimuli ? how->stimuli : STIMULI, &fit, control, err);
    if (rc)
      break;
    move_all(s, nominal, &times, &fit, value);
    ms_die_fit_clear(&fit);
  }
  free(value);
  return rc;
}
