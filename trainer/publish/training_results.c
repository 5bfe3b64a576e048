/* SPDX-License-Identifier: Apache-2.0 */
/* results.h5 of a training: its figures, curves, dies and fits. */
#include "publish/publish_impl.h"

#include <stdio.h>
#include <stdlib.h>

static double value_of(const ms_curve_point *p, ms_curve_value which) {
  switch (which) {
  case MS_CURVE_STEP:
    return (double)p->step;
  case MS_CURVE_DIE:
    return (double)p->die;
  case MS_CURVE_SAMPLES:
    return (double)p->samples;
  case MS_CURVE_LOSS:
    return p->loss;
  case MS_CURVE_TRAIN:
    return p->train_accuracy;
  default:
    return p->validation_accuracy;
  }
}

double *ms_curve_values(const ms_curve *curve, ms_curve_value which) {
  double *value = malloc((curve->n + 1) * sizeof *value);
  for (size_t i = 0; value && i < curve->n; i++)
    value[i] = value_of(&curve->point[i], which);
  return value;
}

static int save_curve(ms_results *results, const char *group, const ms_curve *curve,
                      ms_error *err) {
  static const char *const column[MS_CURVE_VALUES] = {
      "step", "die", "samples", "loss", "train_accuracy", "validation_accuracy",
  };
  int code = MS_OK;
  for (int i = 0; !code && i < MS_CURVE_VALUES; i++) {
    char path[100];
    snprintf(path, sizeof path, "%s/%s", group, column[i]);
    double *value = ms_curve_values(curve, (ms_curve_value)i);
    code = value ? ms_results_doubles(results, path, "1", value, curve->n, err)
                 : ms_fail(err, MS_ENOMEM, "no memory for the results");
    free(value);
  }
  return code;
}

static int save_dies(ms_results *results, const ms_train_report *report, ms_error *err) {
  size_t n = report->n_die;
  uint64_t *whole = calloc(5 * n + 1, sizeof *whole);
  double *real = calloc(5 * n + 1, sizeof *real);
  if (!whole || !real) {
    free(whole);
    free(real);
    return ms_fail(err, MS_ENOMEM, "no memory for the results");
  }
  for (size_t i = 0; i < n; i++) {
    const ms_die_result *d = &report->die[i];
    whole[i] = d->die;
    whole[n + i] = d->held_out != 0;
    whole[2 * n + i] = d->samples;
    whole[3 * n + i] = d->errors;
    real[i] = d->accuracy;
    real[n + i] = d->before;
    real[2 * n + i] = d->energy_j;
    real[3 * n + i] = d->spikes;
    whole[4 * n + i] = d->confirm_samples;
    real[4 * n + i] = d->confirmed;
  }
  int code;
  (void)((code = ms_results_integers(results, "dies/die", "1", whole, n, err)) ||
         (code = ms_results_integers(results, "dies/held_out", "1", whole + n, n, err)) ||
         (code = ms_results_integers(results, "dies/samples", "1", whole + 2 * n, n, err)) ||
         (code = ms_results_integers(results, "dies/failed_samples", "1", whole + 3 * n, n, err)) ||
         (code = ms_results_doubles(results, "dies/accuracy", "1", real, n, err)) ||
         (code = ms_results_doubles(results, "dies/accuracy_before", "1", real + n, n, err)) ||
         (code =
              ms_results_doubles(results, "dies/energy_per_sample", "J", real + 2 * n, n, err)) ||
         (code =
              ms_results_doubles(results, "dies/spikes_per_sample", "1", real + 3 * n, n, err)) ||
         (code =
              ms_results_integers(results, "dies/confirm_samples", "1", whole + 4 * n, n, err)) ||
         (code =
              ms_results_doubles(results, "dies/confirmed_accuracy", "1", real + 4 * n, n, err)));
  free(whole);
  free(real);
  return code;
}

static int save_fit(ms_results *results, const ms_train_report *report, ms_error *err) {
  size_t n = report->n_fit;
  double *real = calloc(4 * n + 1, sizeof *real);
  if (!real)
    return ms_fail(err, MS_ENOMEM, "no memory for the results");
  for (size_t i = 0; i < n; i++) {
    real[i] = (double)report->fit[i].die;
    real[n + i] = report->fit[i].rate;
    real[2 * n + i] = report->fit[i].time_tau;
    real[3 * n + i] = report->fit[i].agree;
  }
  int code;
  (void)((code = ms_results_doubles(results, "fit/die", "1", real, n, err)) ||
         (code = ms_results_doubles(results, "fit/rate_error", "1", real + n, n, err)) ||
         (code = ms_results_doubles(results, "fit/time_error", "tau", real + 2 * n, n, err)) ||
         (code = ms_results_doubles(results, "fit/agreement", "1", real + 3 * n, n, err)));
  free(real);
  return code;
}

int ms_publish_training_results(ms_results *results, const ms_experiment *e,
                                const ms_train_report *report, double peak_memory_bytes,
                                ms_error *err) {
  int code;
  (void)((code = ms_publish_experiment(results, e, err)) ||
         (code = ms_results_integer(results, "/", "chip_samples", report->chip_samples, err)) ||
         (code = ms_results_number(results, "/", "model_accuracy", report->model_accuracy, err)) ||
         (code = ms_results_number(results, "/", "wall_s", report->wall_s, err)) ||
         (code = ms_results_number(results, "/", "chip_wall_s", report->chip_wall_s, err)) ||
         (code = ms_results_number(results, "/", "router_wall_s", report->router_wall_s, err)) ||
         (code = ms_results_number(results, "/", "peak_memory_bytes", peak_memory_bytes, err)) ||
         (code = save_curve(results, "training/offline", &report->offline, err)) ||
         (code = save_curve(results, "training/loop", &report->loop, err)) ||
         (code = save_dies(results, report, err)) || (code = save_fit(results, report, err)));
  return code;
}
