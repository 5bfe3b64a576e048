/* SPDX-License-Identifier: Apache-2.0 */
/* Every draw is a function of (seed, die, path), as mismatch is. */
#include "methods/distort.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int ms_distorted(const ms_distortion *d, const ms_die *die) {
  return die->strength > 0 && (d->dead > 0 || d->stuck > 0 || d->dac > 0 || d->bias > 0 ||
                               d->jitter_tau > 0 || d->drift > 0);
}

static double normal(const ms_die *die, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static double normal(const ms_die *die, const char *format, ...) {
  char path[160];
  va_list args;
  va_start(args, format);
  vsnprintf(path, sizeof path, format, args);
  va_end(args);
  ms_die unit = *die;
  unit.strength = 1; /* distortions have strengths of their own */
  return ms_die_draw(&unit, path, MS_DRAW_DVTH);
}

/* 0..1 from a normal draw. */
static double uniform(double z) {
  return 0.5 * erfc(-z / sqrt(2));
}

static unsigned distort_code(const ms_distortion *d, const ms_die *die, const ms_synapse *s,
                             unsigned most) {
  if (d->stuck > 0 && uniform(normal(die, "stuck.%u.%u", s->source, s->target)) < d->stuck)
    return (unsigned)(uniform(normal(die, "stuck_at.%u.%u", s->source, s->target)) * (most + 1));
  double code = s->code;
  if (d->dac > 0)
    code += d->dac * most * normal(die, "n%u.dac%u.%u.code%u", s->target, s->sign, s->row, s->code);
  return (unsigned)fmax(0, fmin(most, floor(code + 0.5)));
}

/* A drift goes in small steps: each costs a configuration of the chip. */
enum { DRIFT_STEPS = 10 };

uint64_t ms_distort_phase(const ms_distortion *d, uint64_t age) {
  return d->drift > 0 ? age * DRIFT_STEPS / d->drift_samples : 0;
}

double ms_distort_heat_c(const ms_distortion *d, const ms_die *die, uint64_t age) {
  return die->strength > 0 && age >= d->temp_after_samples ? d->temp_step_c : 0;
}

/* Where a drift stands, of unit variance: 0 at first, then from one draw to the next. */
static double wander(const ms_die *die, const char *name, uint64_t phase) {
  const uint64_t k = phase / DRIFT_STEPS;
  const double angle = acos(-1.0) / 2 * (double)(phase % DRIFT_STEPS) / DRIFT_STEPS;
  const double before = k ? normal(die, "drift.%s.%llu", name, (unsigned long long)k) : 0;
  return cos(angle) * before +
         sin(angle) * normal(die, "drift.%s.%llu", name, (unsigned long long)(k + 1));
}

static uint16_t distort_bias(const ms_distortion *d, const ms_die *die, uint64_t age,
                             const char *name, uint16_t code) {
  double moved = 0;
  if (d->bias > 0)
    moved += d->bias * normal(die, "bias.%s", name);
  if (d->drift > 0)
    moved += d->drift * wander(die, name, ms_distort_phase(d, age));
  unsigned fine = code & 0xffu;
  if (fine)
    fine = (unsigned)fmax(1, fmin(255, floor(fine * exp(moved) + 0.5)));
  return (uint16_t)((code & 0xff00u) | fine);
}

/* Each branch has a name: a set's own ones that of the set in front. */
static void distort_biases(const ms_distortion *d, const ms_die *die, uint64_t age,
                           const ms_core *core, uint64_t own, ms_config *config) {
  for (size_t k = 0; k < config->n_bias; k++) {
    const size_t line = k % core->n_bias, set = k / core->n_bias;
    char name[120];
    if (config->n_bias > core->n_bias && own >> line & 1)
      snprintf(name, sizeof name, "set%zu.%s", set, core->bias[line].name);
    else
      snprintf(name, sizeof name, "%s", core->bias[line].name);
    config->bias[k] = distort_bias(d, die, age, name, config->bias[k]);
  }
}

void ms_distort_config(const ms_distortion *d, const ms_die *die, uint64_t age, const ms_core *core,
                       uint64_t own, ms_config *config) {
  unsigned most = (1u << core->dac_bits) - 1;
  size_t kept = 0;
  for (size_t i = 0; i < config->n_synapse; i++) {
    ms_synapse s = config->synapse[i];
    if (d->dead > 0 && uniform(normal(die, "n%u.dead", s.target)) < d->dead)
      continue; /* without inputs it never fires */
    s.code = (uint16_t)distort_code(d, die, &s, most);
    if (s.code)
      config->synapse[kept++] = s;
  }
  config->n_synapse = kept;
  if (config->bias)
    distort_biases(d, die, age, core, own, config);
}

static int by_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  return x->t != y->t ? (x->t < y->t ? -1 : 1) : (int)x->address - (int)y->address;
}

void ms_distort_events(const ms_distortion *d, const ms_die *die, uint64_t run, double tau_s,
                       ms_time t_stop, ms_event *event, size_t n) {
  if (!(d->jitter_tau > 0) || !(die->strength > 0))
    return;
  for (size_t i = 0; i < n; i++) {
    double t = ms_time_to_s(event[i].t) +
               d->jitter_tau * tau_s * normal(die, "jitter.%llu.%zu", (unsigned long long)run, i);
    t = fmax(0, fmin(t, ms_time_to_s(t_stop)));
    event[i].t = ms_time_from_s(t);
  }
  qsort(event, n, sizeof *event, by_time);
}
