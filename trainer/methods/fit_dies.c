/* SPDX-License-Identifier: Apache-2.0 */
/* Many dies: fitted one after the other with what is done kept on disk, and the spread over all. */
#include "base/clock.h"
#include "methods/calibrate.h"
#include "methods/fit.h"
#include "methods/fit_die.h"
#include "methods/fit_file.h"
#include "mixspike/record.h"
#include "mixspike/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- spread ---- */

/* Spread of one number a neuron; `error` holds its standard errors, or is NULL. */
static void spread_of(const ms_fit_report *r, const double *value, const double *error,
                      double *sorted, ms_fit_spread *out) {
  double sum = 0, squares = 0, errors = 0, means = 0, mean_squares = 0;
  size_t n = 0;
  for (size_t d = 0; d < r->n_die; d++) {
    double die = 0;
    for (size_t k = 0; k < r->die[d].n_neuron; k++, n++) {
      sorted[n] = value[n];
      die += value[n] / (double)r->die[d].n_neuron;
      sum += value[n];
      squares += value[n] * value[n];
      errors += error ? error[n] * error[n] : NAN;
    }
    means += die;
    mean_squares += die * die;
  }
  double count = (double)n, dies = (double)r->n_die;
  out->mean = sum / count;
  out->sd = n > 1 ? sqrt(fmax(squares - count * out->mean * out->mean, 0) / (count - 1)) : NAN;
  out->sd_die = dies > 1 ? sqrt(fmax(mean_squares - means * means / dies, 0) / (dies - 1)) : NAN;
  out->error = sqrt(errors / count);
  ms_sort(sorted, n);
  out->low = exp(ms_quantile(sorted, n, 0.05));
  out->high = exp(ms_quantile(sorted, n, 0.95));
}

static void pick_parameter(const ms_fit_report *r, size_t i, double *value, double *error) {
  for (size_t d = 0; d < r->n_die; d++)
    for (size_t k = 0; k < r->die[d].n_neuron; k++) {
      *value++ = r->die[d].value[k * r->n_parameter + i];
      *error++ = r->die[d].error[k * r->n_parameter + i];
    }
}

static void pick_weight(const ms_setup *s, const ms_fit_report *r, size_t row,
                        const ms_fit_times *times, double *value) {
  double nominal = ms_fit_weight(s->core, &r->nominal, row, times);
  for (size_t d = 0; d < r->n_die; d++)
    for (size_t k = 0; k < r->die[d].n_neuron; k++) {
      ms_neuron_model m;
      ms_fit_apply(s->core, &r->nominal, r->die[d].value + k * r->n_parameter, &m);
      *value++ = log(ms_fit_weight(s->core, &m, row, times) / nominal);
    }
}

static int find_spread(const ms_setup *s, ms_lab *lab, ms_fit_report *r, ms_error *err) {
  size_t n = r->n_die * s->n_neuron + 1, n_row = s->core->n_row;
  ms_fit_times times;
  r->n_parameter = ms_fit_count(s->core);
  r->n_spread = r->n_parameter + n_row;
  r->spread = calloc(r->n_spread, sizeof *r->spread);
  double *value = calloc(3 * n, sizeof *value), *error = value + n, *sorted = error + n;
  int rc = r->spread && value ? ms_fit_times_of(s, lab, &times, err)
                              : ms_fail(err, MS_ENOMEM, "no memory for a spread");
  for (size_t i = 0; !rc && i < r->n_parameter; i++) {
    ms_fit_spread *out = &r->spread[n_row + i];
    ms_fit_parameter(s->core, i, out->name, sizeof out->name);
    pick_parameter(r, i, value, error);
    spread_of(r, value, error, sorted, out);
  }
  for (size_t i = 0; !rc && i < n_row; i++) {
    snprintf(r->spread[i].name, sizeof r->spread[i].name, "%.50s.weight", s->core->row[i].name);
    pick_weight(s, r, i, &times, value);
    spread_of(r, value, NULL, sorted, &r->spread[i]);
  }
  free(value);
  return rc;
}

/* ---- run ---- */

typedef struct run {
  const ms_fit_options *options;
  ms_fit_report *report;
  ms_setup *setup;
  ms_lab *lab;
  char path[600];
  uint64_t spent_before;
} run;

/* Counts dies instead of one die's runs. */
typedef struct counted {
  const run *r;
} counted;

static void report_die(void *user, const ms_progress *p) {
  const run *r = ((counted *)user)->r;
  const ms_control *c = &r->options->control;
  ms_progress all = *p;
  uint64_t each = 100; /* hundredths of a die */
  all.done = r->report->n_die * each + (p->total ? each * p->done / p->total : 0);
  all.total = r->options->n_die * each;
  all.eta_s = -1;
  c->report(c->user, &all);
}

static int save(run *r, ms_error *err) {
  r->report->chip_samples += ms_lab_spent(r->lab) - r->spent_before;
  r->spent_before = ms_lab_spent(r->lab);
  return r->options->output ? ms_fit_file_save(r->path, r->setup, r->report, err) : MS_OK;
}

/* Calibrates a die where that is asked for, and fits it with its codes. */
static int fit_one(run *r, uint64_t die, ms_die_fit *out, const ms_control *control,
                   ms_error *err) {
  const ms_calibration *how = &r->options->calibrate;
  const size_t size = r->setup->n_bias_set * r->setup->core->n_bias * sizeof *r->setup->bias;
  uint16_t *before = malloc(size + 1);
  if (!before)
    return ms_fail(err, MS_ENOMEM, "no memory for bias codes");
  memcpy(before, r->setup->bias, size);
  int rc = ms_calibrate(r->setup, r->lab, &r->report->nominal, die, how, control, err);
  rc =
      rc ? rc
         : ms_fit_die_series(r->setup, r->lab, &r->report->nominal, die,
                             r->setup->experiment->fit_stimuli, how->rounds > 0, out, control, err);
  memcpy(r->setup->bias, before, size);
  free(before);
  return rc;
}

static int fit_dies(run *r, const ms_control *control, ms_error *err) {
  ms_fit_report *report = r->report;
  int rc = MS_OK;
  while (!rc && report->n_die < r->options->n_die) {
    rc = fit_one(r, r->options->die[report->n_die], &report->die[report->n_die], control, err);
    if (!rc) {
      report->n_die++;
      rc = save(r, err);
    }
  }
  return rc;
}

static int begin(run *r, const ms_experiment *e, ms_error *err) {
  const ms_fit_options *o = r->options;
  int rc = ms_setup_create(e, &r->setup, err);
  if (!rc && o->output) {
    if (strlen(o->output) > sizeof r->path - 20)
      return ms_fail(err, MS_ERANGE, "the name of the output folder is too long");
    snprintf(r->path, sizeof r->path, "%s/fit.h5", o->output);
    rc = ms_make_folder(o->output, err);
  }
  if (!rc)
    rc = ms_lab_create(r->setup, e->jobs, &r->lab, err);
  r->report->die = calloc(o->n_die + 1, sizeof *r->report->die);
  if (!rc && !r->report->die)
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu dies", o->n_die);
  return rc;
}

int ms_fit_dies(const ms_experiment *e, const ms_fit_options *options, ms_fit_report *report,
                ms_error *err) {
  memset(report, 0, sizeof *report);
  run r = {.options = options, .report = report};
  counted c = {.r = &r};
  double start_s = ms_clock_s();
  ms_control control = options->control;
  control.user = &c;
  control.report = options->control.report ? report_die : NULL;
  int rc = begin(&r, e, err);
  if (!rc && options->resume)
    rc = ms_fit_file_load(r.path, r.setup, options, report, err);
  else if (!rc && !(rc = ms_fit_nominal(r.setup, r.lab, &report->nominal, &report->error,
                                        &options->control, err)))
    rc = save(&r, err);
  if (!rc)
    rc = fit_dies(&r, &control, err);
  if (!rc)
    rc = find_spread(r.setup, r.lab, report, err);
  report->wall_s = ms_clock_s() - start_s;
  if (!rc && options->output)
    rc = ms_fit_file_tables(options->output, r.setup, report, err);
  ms_lab_destroy(r.lab);
  ms_setup_destroy(r.setup);
  return rc;
}

void ms_fit_report_clear(ms_fit_report *report) {
  for (size_t i = 0; report->die && i < report->n_die; i++)
    ms_die_fit_clear(&report->die[i]);
  free(report->die);
  free(report->spread);
  memset(report, 0, sizeof *report);
}
