/* SPDX-License-Identifier: Apache-2.0 */
/* Measures of synapses: pulses in, a current out. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>

/* A run with the response seen as a positive deviation from rest. */
typedef struct response {
  ms_bench_run run;
  double rest, sign, peak, peak_s, start_s;
} response;

/* Pulses begin after a tenth of the window. */
static int respond(ms_bench *b, const ms_measure *m, unsigned code, size_t n_pulse, response *r,
                   ms_error *err) {
  double window = m->value[MS_KEY_WINDOW], pulse[2] = {0.1 * window};
  pulse[1] = pulse[0] + m->value[MS_KEY_INTERVAL];
  *r = (response){.start_s = pulse[0], .sign = 1};
  int rc = ms_bench_synapse(b, code, pulse, n_pulse, window, &r->run, err);
  if (rc)
    return rc;
  double *y = (double *)(size_t)r->run.wave.y;
  r->rest = ms_xy_at(&r->run.wave, r->start_s);
  double high = ms_xy_max(&r->run.wave) - r->rest, low = r->rest - ms_xy_min(&r->run.wave);
  r->sign = high >= low ? 1 : -1;
  for (size_t i = 0; i < r->run.wave.n; i++) {
    y[i] = r->sign * (y[i] - r->rest);
    if (y[i] > r->peak) {
      r->peak = y[i];
      r->peak_s = r->run.wave.x[i];
    }
  }
  return 0;
}

static double rise(const response *r) {
  double first = ms_xy_cross(&r->run.wave, r->start_s, 0.1 * r->peak, true);
  return ms_xy_cross(&r->run.wave, first, 0.9 * r->peak, true) - first;
}

/* The second pulse's step over the first's. */
static double paired(const response *r, double interval_s) {
  double second = r->start_s + interval_s;
  ms_xy until = r->run.wave, after = ms_xy_after(&r->run.wave, second);
  while (until.n && until.x[until.n - 1] > second)
    until.n--;
  return (ms_xy_max(&after) - ms_xy_at(&r->run.wave, second)) / ms_xy_max(&until);
}

static int take_codes(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  size_t n = ms_bench_curve_size(&b->setup, m);
  double *x = calloc(n, sizeof *x);
  int rc = x ? 0 : ms_fail(err, MS_ENOMEM, "no memory for a curve");
  for (size_t i = 0; i < n && !rc; i++) {
    response r;
    x[i] = ms_bench_curve_x(&b->setup, m, i);
    rc = respond(b, m, (unsigned)x[i], 1, &r, err);
    if (!rc) {
      value[1 + i] = r.peak;
      ms_bench_run_clear(&r.run);
    }
  }
  if (!rc)
    *value = ms_xy_result(&(ms_xy){x, value + 1, n}, m->result, NAN);
  free(x);
  return rc;
}

static int take_energy(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  size_t n = (size_t)m->value[MS_KEY_PULSES];
  double interval = m->value[MS_KEY_INTERVAL], *pulse = calloc(n, sizeof *pulse);
  if (!pulse)
    return ms_fail(err, MS_ENOMEM, "no memory for pulses");
  for (size_t i = 0; i < n; i++)
    pulse[i] = interval * (double)(i + 1);
  ms_bench_run busy, quiet;
  unsigned code = (unsigned)m->value[MS_KEY_CODE];
  int rc = ms_bench_synapse(b, code, pulse, n, interval * (double)(n + 2), &busy, err);
  free(pulse);
  if (rc)
    return rc;
  rc = ms_bench_synapse(b, 0, NULL, 0, interval * (double)(n + 2), &quiet, err);
  if (!rc) {
    *value = (busy.result.energy_j - quiet.result.energy_j) / (double)n;
    ms_bench_run_clear(&quiet);
  }
  ms_bench_run_clear(&busy);
  return rc;
}

static int take_leakage(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  ms_bench_run run;
  int rc = ms_bench_synapse(b, 0, NULL, 0, m->value[MS_KEY_WINDOW], &run, err);
  if (rc)
    return rc;
  *value = run.wave.n ? fabs(run.wave.y[run.wave.n - 1]) : NAN;
  ms_bench_run_clear(&run);
  return 0;
}

int ms_take_synapse(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  if (m->kind == MS_MEASURE_CODE_RESPONSE)
    return take_codes(b, m, value, err);
  if (m->kind == MS_MEASURE_EVENT_ENERGY)
    return take_energy(b, m, value, err);
  if (m->kind == MS_MEASURE_LEAKAGE)
    return take_leakage(b, m, value, err);
  response r;
  unsigned code = (unsigned)m->value[MS_KEY_CODE];
  if (code >> b->setup.core->dac_bits)
    return ms_fail(err, MS_ERANGE, "code %u does not fit %u bits", code, b->setup.core->dac_bits);
  int rc = respond(b, m, code, m->kind == MS_MEASURE_PAIRED_PULSE ? 2 : 1, &r, err);
  if (rc)
    return rc;
  if (m->kind == MS_MEASURE_EPSC_PEAK)
    *value = r.peak;
  else if (m->kind == MS_MEASURE_EPSC_RISE)
    *value = rise(&r);
  else if (m->kind == MS_MEASURE_EPSC_DECAY)
    *value = ms_xy_tau(&r.run.wave, r.peak_s, r.peak, 0);
  else
    *value = paired(&r, m->value[MS_KEY_INTERVAL]);
  ms_bench_run_clear(&r.run);
  return 0;
}
