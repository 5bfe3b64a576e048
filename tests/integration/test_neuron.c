/* SPDX-License-Identifier: Apache-2.0 */
/* The neuron with its synapses as a core uses it, in ngspice: weights of four and six bits,
 * inhibition, corners and temperature, energy. Nominal die where none is named. */
#include "neuron_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
  ms_core *core;
  ms_engine *engine;
  ms_group *group;
} fixture;

static void open_core(fixture *f, unsigned dac_bits) {
  ms_error err = {0};
  const ms_engine_options options = {.kind = MS_ENGINE_NGSPICE};
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", dac_bits, &f->core, &err) ||
      ms_engine_create(&options, f->core, &f->engine, &err) ||
      ms_group_create(f->engine, &f->group, &err))
    fail_msg("%s", err.text);
}

static void close_core(fixture *f) {
  ms_group_destroy(f->group);
  ms_engine_destroy(f->engine);
  ms_core_destroy(f->core);
}

/* Spikes that events cause; 0 mismatch unless the case says so. */
static neuron_result run_events(fixture *f, neuron_case c, const neuron_event *event, size_t n,
                                double taus) {
  neuron_result r;
  c.core = f->core;
  c.event = event;
  c.n_event = n;
  c.t_stop_s = taus * f->core->tau_s[c.set];
  neuron_run(f->engine, f->group, &c, &r);
  ms_group_result_clear(&r.run);
  return r;
}

/* A larger code fires earlier; the smallest codes not at all. Returns when full scale fires, us. */
static double check_codes(unsigned bits) {
  fixture f = {0};
  open_core(&f, bits);
  const unsigned full = (1u << bits) - 1, step = bits == 4 ? 2 : 7;
  double before = 0, fastest_us = 0;
  for (unsigned k = full; k + 4 * step > full; k -= step) {
    const double tau = f.core->tau_s[0];
    const neuron_event event[] = {{0.5 * tau, 0, (uint16_t)k}, {0.6 * tau, 0, (uint16_t)k}};
    neuron_result r = run_events(&f, (neuron_case){0}, event, 2, 3);
    double first = r.n_spike ? r.spike_s[0] : INFINITY;
    print_message("%u bits, code %u: first spike after %.3f us\n", bits, k,
                  (first - 0.5 * tau) * 1e6);
    assert_true(first > before);
    if (k == full)
      fastest_us = (first - 0.5 * tau) * 1e6;
    before = first;
  }
  assert_true(before < INFINITY);
  const neuron_event weak = {5e-6, 0, 1};
  assert_int_equal(run_events(&f, (neuron_case){0}, &weak, 1, 3).n_spike, 0);
  close_core(&f);
  return fastest_us;
}

/* Full scale must not depend on the width: the sum of all units carries the same current, within
 * the step of the unit's fine code and the edges of the pulse. */
static void larger_codes_fire_earlier_with_four_and_six_bits(void **state) {
  (void)state;
  double four_us = check_codes(4), six_us = check_codes(6);
  assert_true(fabs(six_us / four_us - 1) < 0.1);
}

static void inhibition_delays_and_prevents_spikes(void **state) {
  (void)state;
  fixture f = {0};
  open_core(&f, 0);
  for (int set = 0; set < MS_N_SET; set++) {
    const double tau = f.core->tau_s[set];
    neuron_event event[] = {{0.5 * tau, 0, 15}, {0.4 * tau, 1, 0}};
    double before = 0;
    for (uint16_t code = 0; code <= 15; code += 5) {
      event[1].code = code;
      neuron_result r = run_events(&f, (neuron_case){.set = set}, event, code ? 2 : 1, 4);
      double first = r.n_spike ? r.spike_s[0] : INFINITY;
      print_message("set %d, inhibitory code %u: first spike at %.3f tau\n", set, code,
                    first / tau);
      assert_true(first >= before);
      assert_true(code > 0 || first < INFINITY);
      assert_true(code < 15 || isinf(first));
      before = first;
    }
  }
  close_core(&f);
}

/* Silent at rest, and a full-scale event makes it fire once or twice, everywhere in the process's
 * range: all currents are mirrored, so corners and temperature hardly matter. */
static void corners_and_temperature_keep_the_neuron_working(void **state) {
  (void)state;
  fixture f = {0};
  open_core(&f, 0);
  const double tau = f.core->tau_s[0];
  const neuron_event event[] = {{2 * tau, 0, 15}, {2.05 * tau, 0, 15}};
  for (unsigned i = 0; i < f.core->process->n_corner + 4; i++) {
    const unsigned n = (unsigned)f.core->process->n_corner;
    neuron_case c = {.pvt = {.corner = i < n ? i : 0}};
    if (i == n || i == n + 1)
      c.pvt.temp_set = true, c.pvt.temp_c = f.core->process->temp_c[i == n ? 0 : 2];
    if (i > n + 1)
      c.pvt.supply_v = f.core->process->supply_v[i == n + 2 ? 0 : 2];
    neuron_result r = run_events(&f, c, event, 2, 7);
    print_message("point %u: %zu spikes, the first %.3f tau after the event\n", i, r.n_spike,
                  r.n_spike ? r.spike_s[0] / tau - 2 : 0);
    assert_true(r.n_spike >= 1 && r.n_spike <= 3);
    assert_true(r.spike_s[0] > 2 * tau && r.spike_s[0] < 2.8 * tau);
    assert_int_equal(r.request, 0);
  }
  close_core(&f);
}

/* The supply's energy with a spike less that without one: picojoules, as 1 pF at 1.8 V and the
 * comparator's microsecond above its threshold cost. */
static void a_spike_costs_picojoules(void **state) {
  (void)state;
  fixture f = {0};
  open_core(&f, 0);
  const double tau = f.core->tau_s[0];
  double energy[2];
  size_t spikes[2];
  for (int k = 0; k < 2; k++) {
    const neuron_event event[] = {{0.5 * tau, 0, k ? 15 : 8}};
    neuron_case c = {.core = f.core, .event = event, .n_event = 1, .t_stop_s = 6 * tau};
    neuron_result r;
    neuron_run(f.engine, f.group, &c, &r);
    energy[k] = r.run.energy_j;
    spikes[k] = r.n_spike;
    ms_group_result_clear(&r.run);
  }
  assert_int_equal(spikes[0], 0);
  assert_int_equal(spikes[1], 1);
  print_message("energy without and with a spike: %.2f and %.2f pJ\n", energy[0] * 1e12,
                energy[1] * 1e12);
  assert_true(energy[0] > 0);
  assert_true(energy[1] - energy[0] > 1e-12 && energy[1] - energy[0] < 20e-12);
  close_core(&f);
}

/* The other somas: silent at rest, they answer events, their requests end with the acknowledge, and
 * under a constant input they neither stick nor fall silent (no latch-up), with mismatch. */
static void other_somas_handshake_in_a_core(void **state) {
  (void)state;
  static const char *const core[] = {"ah16", "if16", "adapt16"};
  for (size_t k = 0; k < sizeof core / sizeof *core; k++) {
    ms_error err = {0};
    fixture f = {0};
    if (ms_core_load(MS_TEST_MODELS_DIR, core[k], 0, &f.core, &err) ||
        ms_engine_create(&(ms_engine_options){.kind = MS_ENGINE_NGSPICE}, f.core, &f.engine,
                         &err) ||
        ms_group_create(f.engine, &f.group, &err))
      fail_msg("%s", err.text);
    const double tau = f.core->tau_s[0];
    const neuron_event event[] = {{2 * tau, 0, 15}, {2.05 * tau, 0, 15}};
    for (uint64_t die = 0; die < 5; die++) {
      neuron_case c = {.die = {1, die, 1}};
      neuron_result answer = run_events(&f, c, event, 2, 6);
      c.inject_a = 200e-9;
      neuron_result steady = run_events(&f, c, NULL, 0, 12);
      print_message("%s, die %d: %zu spikes to two events, %zu in 12 tau at 200 nA\n", core[k],
                    (int)die, answer.n_spike, steady.n_spike);
      assert_true(answer.n_spike >= 1 && answer.spike_s[0] > 2 * tau);
      assert_int_equal(answer.request, 0);
      assert_true(steady.n_spike >= 6);
      double last = steady.spike_s[steady.n_spike - 1],
             gap = last - steady.spike_s[steady.n_spike - 2];
      assert_true(12 * tau - last < 2 * gap);
      for (size_t i = 0; i + 1 < steady.n_spike; i++)
        assert_true(steady.width_s[i] > 0);
    }
    close_core(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(larger_codes_fire_earlier_with_four_and_six_bits),
      cmocka_unit_test(inhibition_delays_and_prevents_spikes),
      cmocka_unit_test(corners_and_temperature_keep_the_neuron_working),
      cmocka_unit_test(a_spike_costs_picojoules),
      cmocka_unit_test(other_somas_handshake_in_a_core),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
