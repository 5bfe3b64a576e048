/* SPDX-License-Identifier: Apache-2.0 */
/* Every draw is a function of (seed, die, path), as mismatch is. */
#include "methods/distort.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int ms_distorted(const ms_distortion *d, const ms_die *die) {
  return die->strength > 0 &&
         (d->dead > 0 || d->stuck > 0 || d->dac > 0 || d->bias > 0 || d->jitter_tau > 0);
}

static double normal(const ms_die *die, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static double normal(const ms_die *die, const char *format, ...) {
  char path[96];
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

void ms_distort_config(const ms_distortion *d, const ms_die *die, const ms_core *core,
                       ms_config *config) {
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
  for (size_t k = 0; config->bias && d->bias > 0 && k < config->n_bias; k++) {
    unsigned fine = config->bias[k] & 0xffu;
    double moved = fine * exp(d->bias * normal(die, "bias.%s", core->bias[k].name));
    fine = fine ? (unsigned)fmax(1, fmin(255, floor(moved + 0.5))) : 0;
    config->bias[k] = (uint16_t)((config->bias[k] & 0xff00u) | fine);
  }
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
