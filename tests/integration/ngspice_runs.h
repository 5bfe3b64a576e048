/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the ngspice engine share: a core, its bias lines on a die, and one way to run a
 * neuron with a train of pulses. */
#ifndef MS_TEST_NGSPICE_RUNS_H
#define MS_TEST_NGSPICE_RUNS_H

#include "engine/ngspice/engine.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { NS = 1000, US = 1000000, MAX_TRANSITION = 64 };

static const ms_ack_timing bench_ack = {.clock_ps = 10 * NS, .rise_cycles = 3, .fall_cycles = 3};
static const ms_time bench_lookahead_ps = 30 * NS;

typedef struct bench {
  ms_core *core;
  ms_engine *engine;
  ms_group *group;
  double bias_v[64];
  ms_die die;
} bench;

typedef struct outcome {
  ms_transition transition[MAX_TRANSITION];
  size_t n, n_report;
  ms_group_result result;
} outcome;

#define MUST(call)                                                                                 \
  do {                                                                                             \
    ms_error must_error = {0}, *must = &must_error;                                                \
    if (call)                                                                                      \
      fail_msg("%s: %s", #call, must_error.text);                                                  \
  } while (0)

static inline void bench_open(bench *b, double timeout_s, unsigned retries, uint64_t die) {
  memset(b, 0, sizeof *b);
  ms_engine_options options = {.kind = MS_ENGINE_NGSPICE,
                               .timeout_s = timeout_s,
                               .max_retries = retries,
                               .retries_set = true};
  MUST(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &b->core, must));
  MUST(ms_engine_create(&options, b->core, &b->engine, must));
  b->die = (ms_die){.seed = 1, .die = die, .strength = 1};
  uint16_t code[64];
  for (size_t i = 0; i < b->core->n_bias; i++)
    code[i] = (uint16_t)b->core->bias[i].bias->code[MS_SET_ACCELERATED];
  MUST(ms_engine_bias(b->engine, &b->die, &(ms_pvt){0}, code, b->bias_v, NULL, must));
  MUST(ms_group_create(b->engine, &b->group, must));
}

static inline void bench_close(bench *b) {
  ms_group_destroy(b->group);
  ms_engine_destroy(b->engine);
  ms_core_destroy(b->core);
}

static inline ms_run_spec bench_spec(const bench *b, ms_time t_stop) {
  return (ms_run_spec){.die = b->die,
                       .bias_v = b->bias_v,
                       .t_stop = t_stop,
                       .lookahead_ps = bench_lookahead_ps,
                       .probe_mask = 1u << MS_PROBE_VMEM};
}

/* Strong pulses into the excitatory row every 700 ns: the neuron spikes every few microseconds. */
enum { PULSE_PERIOD = 700 * NS };
static inline size_t bench_pulses(const bench *b, ms_time t_stop, ms_stimulus *s) {
  size_t n = 0;
  for (ms_time t = 100 * NS; t + PULSE_PERIOD < t_stop; t += PULSE_PERIOD) {
    s[n++] = (ms_stimulus){.t = t, .kind = MS_STIM_PULSE, .level = 1, .code = 14};
    s[n++] = (ms_stimulus){.t = t + ms_core_line_ps(b->core, 0), .kind = MS_STIM_PULSE};
  }
  return n;
}

static inline void bench_collect(outcome *o, const ms_report *r) {
  for (size_t i = 0; i < r->n_transition; i++) {
    assert_true(o->n < MAX_TRANSITION);
    o->transition[o->n++] = r->transition[i];
  }
  o->n_report++;
}

/* One run in one grant, acknowledging itself. */
static inline void bench_run(bench *b, const ms_run_spec *spec, outcome *o) {
  ms_stimulus s[400];
  size_t n = bench_pulses(b, spec->t_stop, s);
  ms_report r;
  memset(o, 0, sizeof *o);
  MUST(ms_group_start(b->group, spec, must));
  MUST(ms_group_stimulate(b->group, s, n, must));
  MUST(ms_group_grant(b->group, spec->t_stop, 0, must));
  MUST(ms_group_wait(b->group, &r, must));
  assert_true(r.finished);
  bench_collect(o, &r);
  MUST(ms_group_finish(b->group, &o->result, must));
}

/* How a run is cut up by a caller that answers requests itself. */
typedef struct windows {
  ms_time length; /* 0: as far as the promise and the lookahead allow */
  int cut;
  int kill_at; /* report at which the worker is sent `signal`; 0: never */
  int signal;
} windows;

/* One run with the acknowledges given from outside, as a kernel would. */
static inline void bench_run_outside(bench *b, const ms_run_spec *spec, windows w, outcome *o) {
  ms_stimulus s[400];
  size_t n = bench_pulses(b, spec->t_stop, s), sent = 0;
  ms_time ack_t[MAX_TRANSITION];
  int ack_level[MAX_TRANSITION];
  size_t n_ack = 0, ack_sent = 0;
  ms_report r = {0};
  ms_time limit = 0, promised = 0;
  memset(o, 0, sizeof *o);
  MUST(ms_group_start(b->group, spec, must));
  while (!r.finished) {
    ms_time next = w.length ? r.committed + w.length : r.promise + spec->lookahead_ps;
    if (ack_sent < n_ack && w.length && next > ack_t[ack_sent] + w.length)
      next = ack_t[ack_sent] + w.length;
    if (next > limit)
      limit = next;
    if (limit > spec->t_stop)
      limit = spec->t_stop;
    size_t before = sent + ack_sent;
    for (;;) { /* inputs in order of time, up to the limit */
      bool pulse = sent < n && s[sent].t <= limit;
      bool ack = ack_sent < n_ack && ack_t[ack_sent] <= limit;
      if (pulse && (!ack || s[sent].t <= ack_t[ack_sent]))
        MUST(ms_group_stimulate(b->group, &s[sent++], 1, must));
      else if (ack) {
        ms_stimulus a = {
            .t = ack_t[ack_sent], .kind = MS_STIM_ACK, .level = (uint8_t)ack_level[ack_sent]};
        ack_sent++;
        MUST(ms_group_stimulate(b->group, &a, 1, must));
      } else
        break;
    }
    bool new_input = sent + ack_sent > before;
    MUST(ms_group_grant(b->group, limit, w.cut, must));
    if (w.kill_at && (int)o->n_report == w.kill_at)
      kill(ms_ngspice_group_pid(b->group), w.signal);
    MUST(ms_group_wait(b->group, &r, must));
    assert_true(r.committed <= limit);
    assert_true(r.promise >= r.committed);
    for (size_t i = 0; i < r.n_transition; i++) {
      /* A promise holds as long as nothing comes in. */
      if (!new_input)
        assert_true(r.transition[i].t >= promised);
      assert_true(r.committed <= r.transition[i].t + spec->lookahead_ps);
      ack_t[n_ack] = ms_ack_time(&bench_ack, r.transition[i].t, r.transition[i].level);
      ack_level[n_ack++] = r.transition[i].level;
    }
    promised = r.promise;
    bench_collect(o, &r);
    assert_true(o->n_report < 100000);
  }
  MUST(ms_group_finish(b->group, &o->result, must));
}

/* Largest difference of transition times in seconds; fails if number or levels differ. */
static inline double bench_difference(const outcome *a, const outcome *b) {
  double worst = 0;
  if (a->n != b->n)
    fail_msg("%zu transitions against %zu", a->n, b->n);
  for (size_t i = 0; i < a->n; i++) {
    assert_int_equal(a->transition[i].level, b->transition[i].level);
    double d = fabs(ms_time_to_s(a->transition[i].t) - ms_time_to_s(b->transition[i].t));
    if (d > worst)
      worst = d;
  }
  return worst;
}

static inline void outcome_clear(outcome *o) {
  ms_group_result_clear(&o->result);
}

#endif
