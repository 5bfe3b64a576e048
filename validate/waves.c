/* SPDX-License-Identifier: Apache-2.0 */
/* The waveforms of one die: what a designer opens when a die fails. */
#include "plan.h"

#include "mixspike/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All waveforms as one ngspice raw file, one plot each. */
static int write_raw(const char *path, const ms_bench_wave *wave, size_t n, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  for (size_t i = 0; i < n; i++) {
    const ms_bench_wave *w = &wave[i];
    fprintf(out,
            "Title: %s\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\n"
            "No. Points: %zu\nVariables:\n\t0\ttime\ttime\n\t1\t%s(x)\t%s\nBinary:\n",
            w->name, w->n, *w->unit == 'V' ? "v" : "i", *w->unit == 'V' ? "voltage" : "current");
    for (size_t k = 0; k < w->n; k++) {
      fwrite(&w->t_s[k], sizeof(double), 1, out);
      fwrite(&w->y[k], sizeof(double), 1, out);
    }
  }
  int rc = fclose(out) ? ms_fail(err, MS_ENOMEM, "no memory for waveforms")
                       : ms_write_file(path, text, size, err);
  free(text);
  return rc;
}

static int draw(const char *folder, size_t i, const ms_bench_wave *w, ms_error *err) {
  char name[32];
  double *t_us = malloc((w->n + 1) * sizeof *t_us);
  if (!t_us)
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  double low = w->y[0], high = w->y[0];
  for (size_t k = 0; k < w->n; k++) {
    t_us[k] = 1e6 * w->t_s[k];
    low = w->y[k] < low ? w->y[k] : low;
    high = w->y[k] > high ? w->y[k] : high;
  }
  snprintf(name, sizeof name, "wave-%zu", i);
  ms_plot plot = {.title = w->name,
                  .x_label = "time (us)",
                  .y_label = *w->unit == 'V' ? "voltage (V)" : "current (A)",
                  .y_min = low - 0.05 * (high - low),
                  .y_max = high + 0.05 * (high - low)};
  ms_series series = {.x = t_us, .y = w->y, .n = w->n};
  int rc = ms_picture_lines(folder, name, &plot, &series, 1, err);
  free(t_us);
  return rc == MS_EMISSING ? 0 : rc; /* no gnuplot: the raw file is there */
}

/* Takes every measure on one die and keeps the waveforms; a measure that fails leaves none. */
static int take_all(const ms_validation *v, const ms_validate_options *o, uint64_t number,
                    size_t point, ms_bench **out, ms_error *err) {
  ms_bench_setup setup = ms_validation_bench(v, o);
  double *row = calloc(v->stride + 1, sizeof *row);
  *out = NULL;
  int rc = row ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a row");
  rc = rc ? rc : ms_bench_create(&setup, out, err);
  if (!rc) {
    ms_die die = {.seed = o->seed, .die = number, .strength = o->strength};
    ms_bench_keep_waves(*out);
    rc = ms_bench_place(*out, &die, &v->point[point], err);
  }
  for (size_t k = 0; k < v->n_measure && !rc; k++) {
    rc = ms_bench_take(*out, v->measure[k], row + v->offset[k], err);
    rc = rc == MS_ESIM ? 0 : rc;
  }
  free(row);
  return rc;
}

int ms_keep_worst(ms_validation *v, const ms_validate_options *o, ms_error *err) {
  const ms_spec_result *worst = NULL;
  for (size_t i = 0; i < v->n_spec; i++)
    if (v->spec[i].measured && (!worst || v->spec[i].yield < worst->yield))
      worst = &v->spec[i];
  if (!worst)
    return 0;
  ms_bench *bench = NULL;
  size_t n = 0;
  int rc = take_all(v, o, worst->worst_die, worst->worst_point, &bench, err);
  const ms_bench_wave *from = rc ? NULL : ms_bench_waves(bench, &n);
  v->wave = calloc(n + 1, sizeof *v->wave);
  if (!rc && !v->wave)
    rc = ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  for (size_t i = 0; i < n && !rc; i++) {
    ms_worst_wave *w = &v->wave[v->n_wave];
    *w = (ms_worst_wave){.die = worst->worst_die, .point = worst->worst_point, .n = from[i].n};
    memcpy(w->name, from[i].name, sizeof w->name);
    memcpy(w->unit, from[i].unit, sizeof w->unit);
    w->t_s = malloc((w->n + 1) * sizeof *w->t_s);
    w->y = malloc((w->n + 1) * sizeof *w->y);
    v->n_wave++;
    if (!w->t_s || !w->y) {
      rc = ms_fail(err, MS_ENOMEM, "no memory for waveforms");
      break;
    }
    memcpy(w->t_s, from[i].t_s, w->n * sizeof *w->t_s);
    memcpy(w->y, from[i].y, w->n * sizeof *w->y);
  }
  ms_bench_destroy(bench);
  return rc;
}

int ms_validate_waves(const ms_validate_options *o, uint64_t die_number, size_t point,
                      const char *folder, size_t *n_wave, ms_error *err) {
  ms_validation *v;
  ms_bench *bench = NULL;
  *n_wave = 0;
  int rc = ms_plan_validation(o, &v, err);
  if (rc)
    return rc;
  if (point >= v->n_point)
    rc = ms_fail(err, MS_ERANGE, "point %zu of %zu", point, v->n_point);
  rc = rc ? rc : ms_make_folder(folder, err);
  rc = rc ? rc : take_all(v, o, die_number, point, &bench, err);
  const ms_bench_wave *wave = rc ? NULL : ms_bench_waves(bench, n_wave);
  char path[4096];
  snprintf(path, sizeof path, "%s/waves.raw", folder);
  if (!rc && *n_wave)
    rc = write_raw(path, wave, *n_wave, err);
  for (size_t i = 0; i < *n_wave && !rc; i++)
    rc = draw(folder, i, &wave[i], err);
  ms_bench_destroy(bench);
  ms_validation_destroy(v);
  return rc;
}
