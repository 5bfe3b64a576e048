/* SPDX-License-Identifier: Apache-2.0 */
/* The model engine: its equations against closed forms, and that a run depends on its inputs alone.
 */
#include "kernel_fixture.h"

typedef struct bench {
  fixture_core f;
  ms_engine *engine;
  ms_group *group;
  ms_neuron_model m;
  ms_run_spec spec;
} bench;

static const ms_ack_timing timing = {.clock_ps = 10000, .rise_cycles = 2, .fall_cycles = 2};

static void begin(bench *b, ms_time t_stop) {
  fixture_init(&b->f);
  ms_engine_options options = {.kind = MS_ENGINE_MODEL};
  fixture_ok(ms_engine_create(&options, &b->f.core, &b->engine, err));
  fixture_ok(ms_group_create(b->engine, &b->group, err));
  fixture_ok(ms_neuron_model_nominal(&b->f.core, NULL, NULL, MS_SET_ACCELERATED, &b->m, err));
  fixture_ok(ms_model_engine_set(b->engine, 0, &b->m, err));
  b->spec = (ms_run_spec){.t_stop = t_stop, .lookahead_ps = 20000, .self_ack = &timing};
}

static void end(bench *b) {
  ms_group_destroy(b->group);
  ms_engine_destroy(b->engine);
}

/* Request rises of a run to the end. */
static size_t run(bench *b, const ms_stimulus *stimulus, size_t n, ms_time *spike,
                  ms_group_result *result) {
  fixture_ok(ms_group_start(b->group, &b->spec, err));
  fixture_ok(ms_group_stimulate(b->group, stimulus, n, err));
  fixture_ok(ms_group_grant(b->group, b->spec.t_stop, 1, err));
  ms_report report;
  fixture_ok(ms_group_wait(b->group, &report, err));
  assert_true(report.finished);
  size_t n_spike = 0;
  for (size_t i = 0; i < report.n_transition; i++)
    if (report.transition[i].level)
      spike[n_spike++] = report.transition[i].t;
  ms_group_result own;
  fixture_ok(ms_group_finish(b->group, result ? result : &own, err));
  if (!result)
    ms_group_result_clear(&own);
  return n_spike;
}

/* Without the resting term, tau dImem/dt = Imem (Iin/(Itau (1 + Imem/Igain)) - 1) integrates in
 * closed form: with a = Iin/Itau - 1 and x = Imem/Igain,
 * t = tau ((1/a) ln(x/x0) + ((1 + a)/a) ln((a - x0)/(a - x))). The resting current is made so small
 * beside the start that what it adds is below 1e-4; the integration error is below 1e-6. */
static void the_firing_period_follows_the_closed_form(void **state) {
  (void)state;
  bench b;
  begin(&b, 100000000);
  b.m.i0_a = 1e-6 * b.m.igain_a;
  b.m.t_ref_s = 0;
  b.m.compare_s = 0; /* fires at the threshold */
  fixture_ok(ms_model_engine_set(b.engine, 0, &b.m, err));
  double current_a = 30 * b.m.itau_a;
  b.spec.inject_a = &current_a;
  ms_time spike[200];
  size_t n = run(&b, NULL, 0, spike, NULL);
  assert_true(n > 3);
  double a = (current_a + b.m.idc_a) / b.m.itau_a - 1, x0 = b.m.i0_a / b.m.igain_a,
         x = b.m.ithr_a / b.m.igain_a;
  double t_s = b.m.tau_s * (log(x / x0) / a + (1 + a) / a * log((a - x0) / (a - x))) + b.m.rise_s;
  double error = ms_time_to_s(spike[0]) / t_s - 1;
  print_message("first spike %.6f us, closed form %.6f us\n", ms_time_to_s(spike[0]) * 1e6,
                t_s * 1e6);
  assert_true(fabs(error) < 2e-3);
  end(&b);
}

/* A row decays with its time constant: exact, so 1e-9 covers the arithmetic. */
static void a_row_decays_with_its_time_constant(void **state) {
  (void)state;
  bench b;
  begin(&b, 60000000);
  b.spec.probe_mask = 1u << MS_PROBE_SYN0;
  b.spec.sample_ps = 1000000;
  ms_stimulus s[] = {{.t = 1000000, .kind = MS_STIM_PULSE, .row = 0, .level = 1, .code = 8},
                     {.t = 1100000, .kind = MS_STIM_PULSE, .row = 0, .level = 0}};
  ms_time spike[200];
  ms_group_result result;
  run(&b, s, 2, spike, &result);
  assert_int_equal(result.n_wave, 1);
  const ms_wave *w = &result.wave[0];
  assert_int_equal(w->n, 61);
  double unit_v = 0.0259 / 0.74;
  double early = expm1(w->v[5] / unit_v), late = expm1(w->v[25] / unit_v);
  double tau_s = (w->t_s[25] - w->t_s[5]) / log(early / late);
  assert_true(early > 10);
  assert_true(fabs(tau_s / b.m.row[0].tau_s - 1) < 1e-9);
  ms_group_result_clear(&result);
  end(&b);
}

/* The peak after a pulse against the equation itself in steps of a 2000th of the pulse. The engine
 * splits pulse and decay: off by some (pulse/tau)^2 times the e-folds of the growth, 2e-3 here. */
static void a_pulse_follows_the_equation(void **state) {
  (void)state;
  bench b;
  begin(&b, 2000000);
  b.spec.probe_mask = 1u << MS_PROBE_SYN0;
  b.spec.sample_ps = 100000;
  for (unsigned code = 1; code < 16; code += 7) {
    ms_stimulus s[] = {
        {.t = 1000000, .kind = MS_STIM_PULSE, .row = 0, .level = 1, .code = (uint16_t)code},
        {.t = 1100000, .kind = MS_STIM_PULSE, .row = 0, .level = 0}};
    ms_time spike[200];
    ms_group_result result;
    run(&b, s, 2, spike, &result);
    const ms_row_model *row = &b.m.row[0];
    double i = row->i0_a, w = ms_row_model_weight_a(row, code), h_s = 100e-9 / 2000;
    for (int k = 0; k < 2000; k++) {
      double middle = i + 0.5 * h_s * ms_row_model_slope(row, i, w);
      i += h_s * ms_row_model_slope(row, middle, w);
    }
    double engine = row->i0_a * exp(result.wave[0].v[11] / (0.0259 / 0.74));
    print_message("code %2u: peak %.5g nA, equation %.5g nA\n", code, engine * 1e9, i * 1e9);
    assert_true(fabs(engine / i - 1) < 2e-3);
    ms_group_result_clear(&result);
  }
  end(&b);
}

/* Random grants, cut or not, with inputs handed over only when a driver could know them. */
static void any_sequence_of_grants_gives_the_same_run(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    uint64_t random = seed;
    bench b;
    begin(&b, 30000000);
    ms_stimulus s[400];
    size_t n = 0;
    ms_time t = 0;
    while (n < 400) {
      t += 1 + fixture_below(&random, 200000);
      s[n] = (ms_stimulus){.t = t,
                           .kind = MS_STIM_PULSE,
                           .row = (uint8_t)fixture_below(&random, 4),
                           .level = (uint8_t)(n % 2 == 0),
                           .code = (uint16_t)fixture_below(&random, 16)};
      if (n % 2)
        s[n].row = s[n - 1].row;
      n++;
    }
    ms_time whole[400], cut[400];
    size_t n_whole = run(&b, s, n, whole, NULL), n_cut = 0, next = 0;
    fixture_ok(ms_group_start(b.group, &b.spec, err));
    ms_time limit = 0;
    ms_report report = {0};
    while (!report.finished) {
      limit += 1 + fixture_below(&random, 100000);
      while (next < n && s[next].t < limit)
        fixture_ok(ms_group_stimulate(b.group, &s[next++], 1, err));
      fixture_ok(ms_group_grant(b.group, limit, (int)fixture_below(&random, 2), err));
      ms_time promise = report.promise;
      fixture_ok(ms_group_wait(b.group, &report, err));
      for (size_t i = 0; i < report.n_transition; i++) {
        if (report.transition[i].level)
          cut[n_cut++] = report.transition[i].t;
        /* An own acknowledge is no input: the promise covers it. */
        assert_true(report.transition[i].t >= promise || next > 0);
      }
    }
    ms_group_result result;
    fixture_ok(ms_group_finish(b.group, &result, err));
    ms_group_result_clear(&result);
    if (n_whole != n_cut || memcmp(whole, cut, n_cut * sizeof *cut))
      fail_msg("seed %llu: %zu spikes in one grant, %zu in many, or at other times",
               (unsigned long long)seed, n_whole, n_cut);
    end(&b);
  }
}

/* Step halving: the spike times of a run with steps eight times as short (a membrane made of the
 * same equation in finer events) differ by less than 1e-4 of the time constant. Events that change
 * nothing cut the steps. */
static void finer_steps_give_the_same_spikes(void **state) {
  (void)state;
  bench b;
  begin(&b, 40000000);
  double current_a = 40 * b.m.itau_a;
  b.spec.inject_a = &current_a;
  ms_time coarse[200], fine[200];
  static ms_stimulus s[1000];
  for (size_t i = 0; i < 1000; i++)
    s[i] = (ms_stimulus){.t = (i + 1) * 39000, .kind = MS_STIM_PULSE, .row = 0};
  size_t n = run(&b, NULL, 0, coarse, NULL);
  assert_int_equal(run(&b, s, 1000, fine, NULL), n);
  assert_true(n > 3);
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    double d = fabs(ms_time_to_s(coarse[i]) - ms_time_to_s(fine[i])) / b.m.tau_s;
    worst = d > worst ? d : worst;
  }
  print_message("%zu spikes, largest difference %.2g tau\n", n, worst);
  assert_true(worst < 1e-3);
  end(&b);
}

static void dies_differ_and_repeat(void **state) {
  (void)state;
  bench b;
  begin(&b, 60000000);
  fixture_ok(ms_model_engine_set(b.engine, 0, NULL, err));
  double current_a = 40 * b.m.itau_a;
  b.spec.inject_a = &current_a;
  ms_time first[200], again[200], other[200];
  b.spec.die = (ms_die){.seed = 3, .die = 1, .strength = 1};
  size_t n = run(&b, NULL, 0, first, NULL);
  assert_true(n > 1);
  assert_int_equal(run(&b, NULL, 0, again, NULL), n);
  assert_memory_equal(first, again, n * sizeof *first);
  b.spec.die.die = 2;
  run(&b, NULL, 0, other, NULL);
  assert_true(first[0] != other[0]);
  end(&b);
}

static void inputs_in_the_past_are_refused(void **state) {
  (void)state;
  bench b;
  begin(&b, 1000000);
  fixture_ok(ms_group_start(b.group, &b.spec, err));
  fixture_ok(ms_group_grant(b.group, 500000, 1, err));
  ms_report report;
  fixture_ok(ms_group_wait(b.group, &report, err));
  assert_true(report.committed == 500000);
  ms_stimulus late = {.t = 499999, .kind = MS_STIM_PULSE, .row = 0, .level = 1, .code = 1};
  assert_int_equal(ms_group_stimulate(b.group, &late, 1, NULL), MS_ECAUSALITY);
  late.t = 500000;
  late.row = 9;
  assert_int_equal(ms_group_stimulate(b.group, &late, 1, NULL), MS_EINVAL);
  end(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_firing_period_follows_the_closed_form),
      cmocka_unit_test(a_row_decays_with_its_time_constant),
      cmocka_unit_test(a_pulse_follows_the_equation),
      cmocka_unit_test(any_sequence_of_grants_gives_the_same_run),
      cmocka_unit_test(finer_steps_give_the_same_spikes),
      cmocka_unit_test(dies_differ_and_repeat),
      cmocka_unit_test(inputs_in_the_past_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
