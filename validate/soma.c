/* SPDX-License-Identifier: Apache-2.0 */
/* Measures of somas: a current in, spikes and a membrane voltage out. */
#include "bench.h"

#include <math.h>

/* Rate without the first interval, which starts from the initial state. */
static double rate(const ms_bench_run *run) {
  size_t n = run->n_spike;
  return n < 3 ? 0 : (double)(n - 2) / (run->rise_s[n - 1] - run->rise_s[1]);
}

static int take_fi(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  double x[64], y[64];
  size_t fires = 0;
  for (size_t i = 0; i < m->n_list; i++) {
    const ms_bench_run *run;
    int rc = ms_bench_soma(b, m->list[i], m->value[MS_KEY_WINDOW], &run, err);
    if (rc)
      return rc;
    value[1 + i] = rate(run);
    if (value[1 + i] > 0) {
      x[fires] = m->list[i];
      y[fires++] = value[1 + i];
    }
  }
  ms_xy all = {m->list, value + 1, m->n_list}, firing = {x, y, fires};
  *value = m->result == MS_RESULT_MAX ? ms_xy_max(&all)
           : fires < 2                ? NAN
                                      : ms_xy_result(&firing, m->result, NAN);
  return 0;
}

/* Bisection on a logarithmic scale to 1 %. */
static int take_rheobase(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  double low = m->value[MS_KEY_LOW], high = m->value[MS_KEY_HIGH];
  const ms_bench_run *run;
  int rc = ms_bench_soma(b, low, m->value[MS_KEY_WINDOW], &run, err);
  *value = NAN;
  if (rc || run->n_spike)
    return rc; /* below the range that the manifest gives */
  rc = ms_bench_soma(b, high, m->value[MS_KEY_WINDOW], &run, err);
  if (rc || !run->n_spike)
    return rc;
  while (!rc && high / low > 1.01) {
    double middle = sqrt(low * high);
    rc = ms_bench_soma(b, middle, m->value[MS_KEY_WINDOW], &run, err);
    if (!rc)
      *(run->n_spike ? &high : &low) = middle;
  }
  *value = high;
  return rc;
}

/* What the supply gives until the middle between the last two spikes, for each of those before: a
 * window that ends within a spike would count a part of it. */
static int take_energy(ms_bench *b, const ms_measure *m, const ms_bench_run *run, double *value,
                       ms_error *err) {
  size_t n = run->n_spike; /* the array of runs may move */
  double current_a = run->current_a, end_s = m->value[MS_KEY_WINDOW];
  *value = NAN;
  if (!n)
    return 0;
  if (n > 1)
    end_s = 0.5 * (run->rise_s[n - 2] + run->rise_s[n - 1]);
  const ms_bench_run *quiet;
  int rc = ms_bench_soma(b, current_a, end_s, &run, err);
  double spent_j = rc ? 0 : run->result.energy_j;
  rc = rc ? rc : ms_bench_soma(b, 0, end_s, &quiet, err);
  if (!rc && !quiet->n_spike)
    *value = (spent_j - quiet->result.energy_j) / (double)(n > 1 ? n - 1 : n);
  return rc;
}

static double refractory(const ms_bench_run *run, double level_v) {
  if (!run->n_spike || isnan(run->fall_s[0]))
    return NAN;
  double reset = ms_xy_cross(&run->wave, run->rise_s[0], level_v, false);
  return ms_xy_cross(&run->wave, reset, level_v, true) - run->rise_s[0];
}

static double amplitude(const ms_bench_run *run) {
  if (!run->n_spike)
    return NAN;
  ms_xy after = ms_xy_after(&run->wave, 0.5 * run->rise_s[0]);
  return ms_xy_max(&after) - ms_xy_min(&after);
}

static double width(const ms_bench_run *run) {
  if (!run->n_spike)
    return NAN;
  double half = ms_xy_min(&run->wave) + 0.5 * amplitude(run);
  double up = ms_xy_cross(&run->wave, 0, half, true);
  return ms_xy_cross(&run->wave, up, half, false) - up;
}

/* Means over the requests that fell: how long they were high, and how long after the acknowledge.
 */
static double request(const ms_bench *b, const ms_bench_run *run, bool from_ack) {
  const ms_ack_timing ack = ms_bench_ack(b->setup.core);
  double sum = 0;
  size_t n = 0;
  for (size_t i = 0; i < run->n_spike; i++) {
    if (isnan(run->fall_s[i]))
      continue;
    double from = run->rise_s[i];
    if (from_ack)
      from = ms_time_to_s(ms_ack_time(&ack, ms_time_from_s(from), 1));
    sum += run->fall_s[i] - from;
    n++;
  }
  return n ? sum / (double)n : NAN;
}

/* 1: the request stays high at the end, for 100 clock periods and three times as long as any
 * before, or spikes have ceased. Fewer than three spikes tell nothing. */
static double latch_up(const ms_bench *b, const ms_bench_run *run) {
  size_t n = run->n_spike;
  if (!n)
    return NAN;
  double last = run->rise_s[n - 1], silence = run->window_s - last;
  double patience = 100 * ms_time_to_s(b->setup.core->clock_ps);
  for (size_t i = 0; i + 1 < n; i++)
    patience = fmax(patience, 3 * (run->fall_s[i] - run->rise_s[i]));
  if (isnan(run->fall_s[n - 1]) && silence > patience)
    return 1;
  if (n < 3)
    return NAN;
  double longest = 0;
  for (size_t i = 1; i < n; i++)
    longest = fmax(longest, run->rise_s[i] - run->rise_s[i - 1]);
  return silence > 3 * longest;
}

int ms_take_soma(ms_bench *b, const ms_measure *m, double *value, ms_error *err) {
  const ms_bench_run *run;
  if (m->kind == MS_MEASURE_FI_CURVE)
    return take_fi(b, m, value, err);
  if (m->kind == MS_MEASURE_RHEOBASE)
    return take_rheobase(b, m, value, err);
  double current = m->kind == MS_MEASURE_FALSE_SPIKES ? 0 : m->value[MS_KEY_CURRENT];
  int rc = ms_bench_soma(b, current, m->value[MS_KEY_WINDOW], &run, err);
  if (rc)
    return rc;
  switch (m->kind) {
  case MS_MEASURE_SPIKE_RATE:
    *value = rate(run);
    break;
  case MS_MEASURE_REFRACTORY:
    *value = refractory(run, isnan(m->value[MS_KEY_LEVEL]) ? 0.05 : m->value[MS_KEY_LEVEL]);
    break;
  case MS_MEASURE_FIRST_SPIKE:
    *value = run->n_spike ? run->rise_s[0] : run->window_s;
    break;
  case MS_MEASURE_SPIKE_AMPLITUDE:
    *value = amplitude(run);
    break;
  case MS_MEASURE_SPIKE_WIDTH:
    *value = width(run);
    break;
  case MS_MEASURE_REQUEST_WIDTH:
    *value = request(b, run, false);
    break;
  case MS_MEASURE_ACK_RELEASE:
    *value = request(b, run, true);
    break;
  case MS_MEASURE_SPIKE_ENERGY:
    return take_energy(b, m, run, value, err);
  case MS_MEASURE_LATCH_UP:
    *value = latch_up(b, run);
    break;
  default: /* MS_MEASURE_FALSE_SPIKES */
    *value = (double)run->n_spike;
  }
  return 0;
}
