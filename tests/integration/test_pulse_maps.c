/* SPDX-License-Identifier: Apache-2.0 */
/* Pulse maps against the integration of every pulse, on the same dies and events.
 *
 * Tolerance: 0.01 membrane time constants, twice the engine's own from ngspice
 * (test_table_engine.c), since either may be off by that, plus one clock period a spike so far: the
 * acknowledge turns a picosecond into one. */
#include "neuron_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOLERANCE_TAU 0.01
#define ENERGY_TOLERANCE 0.01
#define TAUS 3
enum { N_EVENT = 60 };

typedef struct fixture {
  ms_core *core;
  ms_engine *plain, *mapped;
} fixture;

static ms_error err;
#define OK(call)                                                                                   \
  if (call)                                                                                        \
  fail_msg("%s: %s", #call, err.text)

static ms_engine *new_engine(const fixture *f, bool maps) {
  ms_engine *engine;
  ms_engine_options o = {.kind = MS_ENGINE_TABLE, .pulse_maps = maps};
  OK(ms_engine_create(&o, f->core, &engine, &err));
  return engine;
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  OK(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 0, &f->core, &err));
  f->plain = new_engine(f, false);
  f->mapped = new_engine(f, true);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  ms_engine_destroy(f->plain);
  ms_engine_destroy(f->mapped);
  ms_core_destroy(f->core);
  free(f);
  return 0;
}

/* Pulses a clock period apart, in quick succession and far apart, on both rows; codes change.
 * @param first  code of the first; others follow from it */
static void make_events(const ms_core *core, int set, unsigned first, neuron_event *event) {
  static const double pause[] = {0.1, 0.1, 0.1, 0.4, 1.3, 3, 0.7, 8}; /* in pulse widths */
  double width = ms_time_to_s(ms_core_line_ps(core, set)), clock = ms_time_to_s(core->clock_ps);
  double free_s[2] = {0.1 * core->tau_s[set], 0.2 * core->tau_s[set]};
  double stretch = (TAUS - 0.3) * core->tau_s[set] / (N_EVENT / 2 * 2.7 * width);
  for (unsigned i = 0; i < N_EVENT; i++) {
    unsigned row = i & 1;
    event[i] = (neuron_event){free_s[row], row, (uint16_t)(1 + (first + i * 5) % 15)};
    double gap = pause[i / 2 % 8] * width;
    free_s[row] +=
        width + (gap < 0.2 * width ? clock : floor(gap * fmax(stretch - 1, 1) / clock) * clock);
  }
}

static int by_time(const void *a, const void *b) {
  double x = ((const neuron_event *)a)->t_s, y = ((const neuron_event *)b)->t_s;
  return (x > y) - (x < y);
}

static void run(ms_engine *engine, const ms_core *core, int set, uint64_t die, unsigned first,
                neuron_result *r) {
  neuron_event event[N_EVENT];
  uint16_t code[64];
  ms_group *group;
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[set];
  code[ms_core_find_bias(core, "dpi_soma.idc")] =
      (uint16_t)(set == MS_SET_ACCELERATED ? 5 << 8 | 64 : 2 << 8 | 255);
  make_events(core, set, first, event);
  qsort(event, N_EVENT, sizeof *event, by_time);
  neuron_case c = {.core = core,
                   .set = set,
                   .die = {1, die, 1},
                   .t_stop_s = TAUS * core->tau_s[set],
                   .event = event,
                   .n_event = N_EVENT,
                   .code = code};
  OK(ms_group_create(engine, &group, &err));
  neuron_run(engine, group, &c, r);
  ms_group_destroy(group);
}

static void compare(const fixture *f, int set, uint64_t die) {
  neuron_result a, b;
  double tau = f->core->tau_s[set], clock = ms_time_to_s(f->core->clock_ps);
  run(f->plain, f->core, set, die, 3, &a);
  run(f->mapped, f->core, set, die, 3, &b);
  assert_true(a.n_spike >= 2);
  if (a.n_spike != b.n_spike)
    fail_msg("set %d, die %d: %zu spikes instead of %zu", set, (int)die, b.n_spike, a.n_spike);
  for (size_t i = 0; i < a.n_spike; i++) {
    double dt = fabs(a.spike_s[i] - b.spike_s[i]);
    if (dt > TOLERANCE_TAU * tau + (double)(i + 1) * clock)
      fail_msg("set %d, die %d, spike %zu: %.4f tau apart", set, (int)die, i, dt / tau);
  }
  if (fabs(b.run.energy_j / a.run.energy_j - 1) > ENERGY_TOLERANCE)
    fail_msg("die %d: energy %g J instead of %g J", (int)die, b.run.energy_j, a.run.energy_j);
  if (b.run.steps > a.run.steps * 2 / 3)
    fail_msg("%d steps with maps, %d without: rows do not use them", (int)b.run.steps,
             (int)a.run.steps);
  ms_group_result_clear(&a.run);
  ms_group_result_clear(&b.run);
}

static void maps_give_the_spikes_and_the_energy_of_integration(void **state) {
  for (uint64_t die = 1; die <= 2; die++)
    compare(*state, MS_SET_ACCELERATED, die);
}

static void they_do_in_the_biological_set(void **state) {
  compare(*state, MS_SET_BIOLOGICAL, 1);
}

/* Other pulses before leave other entries behind. */
static void what_was_asked_before_does_not_matter(void **state) {
  fixture *f = *state;
  neuron_result a, b, other;
  ms_engine *fresh = new_engine(f, true);
  run(fresh, f->core, MS_SET_ACCELERATED, 5, 3, &a);
  ms_engine_destroy(fresh);
  run(f->mapped, f->core, MS_SET_ACCELERATED, 5, 8, &other);
  run(f->mapped, f->core, MS_SET_ACCELERATED, 5, 3, &b);
  assert_int_equal(a.n_spike, b.n_spike);
  for (size_t i = 0; i < a.n_spike; i++)
    assert_true(a.spike_s[i] == b.spike_s[i]);
  assert_true(a.run.energy_j == b.run.energy_j);
  ms_group_result_clear(&a.run);
  ms_group_result_clear(&b.run);
  ms_group_result_clear(&other.run);
}

/* A pulse becomes known when the circuit stands just before it: the row, which a map has taken
 * farther, goes back. */
static void a_pulse_that_was_not_foreseen_sends_the_row_back(void **state) {
  fixture *f = *state;
  const ms_core *core = f->core;
  neuron_result whole;
  neuron_event event[N_EVENT];
  double bias_v[64], tau = core->tau_s[0], clock = ms_time_to_s(core->clock_ps);
  uint16_t code[64];
  ms_group *g;
  ms_report report = {0};
  const ms_ack_timing ack = {.clock_ps = core->clock_ps, .rise_cycles = 3, .fall_cycles = 3};
  const ms_die die = {1, 2, 1};
  run(f->plain, core, MS_SET_ACCELERATED, die.die, 3, &whole);
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[MS_SET_ACCELERATED];
  code[ms_core_find_bias(core, "dpi_soma.idc")] = 5 << 8 | 64;
  OK(ms_engine_bias(f->mapped, &die, &(ms_pvt){0}, code, bias_v, NULL, &err));
  make_events(core, MS_SET_ACCELERATED, 3, event);
  qsort(event, N_EVENT, sizeof *event, by_time);
  ms_run_spec spec = {.die = die,
                      .bias_v = bias_v,
                      .t_stop = ms_time_from_s(TAUS * tau),
                      .lookahead_ps = core->clock_ps,
                      .self_ack = &ack};
  OK(ms_group_create(f->mapped, &g, &err));
  OK(ms_group_start(g, &spec, &err));
  size_t n_spike = 0, next = 0;
  while (!report.finished) {
    ms_time limit = next < N_EVENT ? ms_time_from_s(event[next].t_s) : spec.t_stop;
    if (report.committed >= limit && next < N_EVENT) {
      const neuron_event *e = &event[next++];
      ms_stimulus pulse[2] = {{limit, MS_STIM_PULSE, (uint8_t)e->row, 1, e->code},
                              {limit + ms_core_line_ps(core, MS_SET_ACCELERATED), MS_STIM_PULSE,
                               (uint8_t)e->row, 0, 0}};
      OK(ms_group_stimulate(g, pulse, 2, &err));
      continue;
    }
    OK(ms_group_grant(g, limit, 1, &err));
    OK(ms_group_wait(g, &report, &err));
    for (size_t i = 0; i < report.n_transition; i++) {
      if (!report.transition[i].level)
        continue;
      assert_true(n_spike < whole.n_spike);
      double dt = fabs(ms_time_to_s(report.transition[i].t) - whole.spike_s[n_spike]);
      if (dt > TOLERANCE_TAU * tau + (double)(n_spike + 1) * clock)
        fail_msg("spike %zu: %.4f tau apart", n_spike, dt / tau);
      n_spike++;
    }
  }
  assert_int_equal(n_spike, whole.n_spike);
  ms_group_destroy(g);
  ms_group_result_clear(&whole.run);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_give_the_spikes_and_the_energy_of_integration),
      cmocka_unit_test(they_do_in_the_biological_set),
      cmocka_unit_test(what_was_asked_before_does_not_matter),
      cmocka_unit_test(a_pulse_that_was_not_foreseen_sends_the_row_back),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
