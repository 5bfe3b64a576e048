/* SPDX-License-Identifier: Apache-2.0 */
/* The waveforms of one die: what a designer opens when a die fails. */
#include "plan.h"

#include "mixspike/record.h"

#include <math.h>
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
            "Title: %s %s\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\n"
            "No. Points: %zu\nVariables:\n\t0\ttime\ttime\n\t1\t%s(x)\t%s\nBinary:\n",
            w->run, w->name, w->n, *w->unit == 'V' ? "v" : "i",
            *w->unit == 'V' ? "voltage" : "current");
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

/* Everything in one FST file, a scope for each run. */
static int write_fst(const char *path, const ms_bench_wave *wave, size_t n, ms_error *err) {
  ms_trace *curve = calloc(n + 1, sizeof *curve);
  if (!curve)
    return ms_fail(err, MS_ENOMEM, "no memory for waveforms");
  for (size_t i = 0; i < n; i++)
    curve[i] = (ms_trace){wave[i].run, wave[i].name, wave[i].n, wave[i].t_s, wave[i].y};
  int rc = ms_traces_write(path, curve, n, err);
  free(curve);
  return rc;
}

enum { MOST_TRACES = 5 };

static bool is_flat(const ms_bench_wave *w) {
  double low = w->y[0], high = w->y[0];
  for (size_t k = 1; k < w->n; k++) {
    low = fmin(low, w->y[k]);
    high = fmax(high, w->y[k]);
  }
  return high - low <= 1e-2 * fmax(fabs(low), fabs(high));
}

/* A unit of time in which a window has at least ten. */
static double time_scale(double window_s, const char **label) {
  *label = window_s < 10e-6 ? "time (ns)" : window_s < 10e-3 ? "time (us)" : "time (ms)";
  return window_s < 10e-6 ? 1e9 : window_s < 10e-3 ? 1e6 : 1e3;
}

/* Room above and below; a constant gets some too. */
static void widen(double *low, double *high) {
  double room = fmax(0.05 * (*high - *low), 1e-3 * fmax(fabs(*low), fabs(*high)));
  room = room > 0 ? room : 1e-15;
  *low -= room;
  *high += room;
}

/* One picture of the waveforms of a run: the measured one, which is the first, and those that move.
 * One of another unit has the axis at the right. */
static int draw(const char *folder, size_t number, const ms_bench_wave *w, size_t n,
                ms_error *err) {
  char name[32];
  const char *x_label;
  double scale = time_scale(w->t_s[w->n - 1], &x_label), *t[MOST_TRACES] = {0};
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  ms_series series[MOST_TRACES];
  int rc = 0;
  size_t drawn = 0;
  for (size_t i = 0; i < n && drawn < MOST_TRACES && !rc; i++) {
    if (i && is_flat(&w[i]))
      continue;
    double *at = t[drawn] = malloc((w[i].n + 1) * sizeof *at);
    if (!at)
      rc = ms_fail(err, MS_ENOMEM, "no memory for waveforms");
    bool right = *w[i].unit != *w->unit;
    for (size_t k = 0; k < w[i].n && !rc; k++) {
      at[k] = scale * w[i].t_s[k];
      low[right] = fmin(low[right], w[i].y[k]);
      high[right] = fmax(high[right], w[i].y[k]);
    }
    series[drawn++] =
        (ms_series){.name = w[i].name, .x = at, .y = w[i].y, .n = w[i].n, .right_axis = right};
  }
  static const char *const label[] = {"voltage (V)", "current (A)"};
  bool current = *w->unit == 'A';
  snprintf(name, sizeof name, "wave-%zu", number);
  ms_plot plot = {.title = w->run,
                  .x_label = x_label,
                  .y_label = label[current],
                  .right_label = label[!current],
                  .y_min = low[0],
                  .y_max = high[0],
                  .right_min = low[1],
                  .right_max = high[1]};
  widen(&plot.y_min, &plot.y_max);
  if (low[1] <= high[1])
    widen(&plot.right_min, &plot.right_max);
  rc = rc ? rc : ms_picture_lines(folder, name, &plot, series, drawn, err);
  for (size_t i = 0; i < MOST_TRACES; i++)
    free(t[i]);
  return rc == MS_EMISSING ? 0 : rc; /* no gnuplot: the other files are there */
}

static int draw_all(const char *folder, const ms_bench_wave *wave, size_t n, ms_error *err) {
  int rc = 0;
  for (size_t i = 0, number = 0, end; i < n && !rc; i = end) {
    for (end = i + 1; end < n && !strcmp(wave[end].run, wave[i].run);)
      end++;
    rc = draw(folder, number++, &wave[i], end - i, err);
  }
  return rc;
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
    if (!from[i].measured)
      continue;
    ms_worst_wave *w = &v->wave[v->n_wave];
    *w = (ms_worst_wave){.die = worst->worst_die, .point = worst->worst_point, .n = from[i].n};
    snprintf(w->name, sizeof w->name, "%s %s", from[i].run, from[i].name);
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
  snprintf(path, sizeof path, "%s/waves.fst", folder);
  if (!rc && *n_wave)
    rc = write_fst(path, wave, *n_wave, err);
  snprintf(path, sizeof path, "%s/waves.raw", folder);
  if (!rc && *n_wave)
    rc = write_raw(path, wave, *n_wave, err);
  rc = rc ? rc : draw_all(folder, wave, *n_wave, err);
  ms_bench_destroy(bench);
  ms_validation_destroy(v);
  return rc;
}
