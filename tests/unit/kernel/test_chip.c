/* SPDX-License-Identifier: Apache-2.0 */
/* A chip's configuration: what is refused, what goes through the port, and that a chip programmed
 * from the port's writes is the same chip. */
#include "kernel_fixture.h"

static ms_chip *make(const fixture_core *f, const fixture_net *net, ms_router_kind router) {
  ms_chip_options options = {.core = &f->core,
                             .engine = {.kind = MS_ENGINE_MODEL},
                             .router = router,
                             .n_neuron = net->n_neuron,
                             .n_input = net->n_input};
  ms_chip *chip;
  fixture_ok(ms_chip_create(&options, &chip, err));
  return chip;
}

static void assert_refused(ms_chip *chip, ms_synapse s, const char *word) {
  ms_config config = {.n_synapse = 1, .synapse = &s};
  ms_error err = {0};
  assert_true(ms_chip_configure(chip, &config, &err) < 0);
  if (!strstr(err.text, word))
    fail_msg("\"%s\" does not say \"%s\"", err.text, word);
}

static void impossible_connections_are_refused_by_name(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  fixture_net net = {.n_neuron = 4, .n_input = 2};
  ms_chip *chip = make(&f, &net, MS_ROUTER_IDEAL);
  assert_refused(chip, (ms_synapse){.source = 6}, "source 6");
  assert_refused(chip, (ms_synapse){.target = 4}, "target 4");
  assert_refused(chip, (ms_synapse){.row = 3}, "no excitatory row 3");
  assert_refused(chip, (ms_synapse){.sign = MS_INH, .row = 1}, "no inhibitory row 1");
  assert_refused(chip, (ms_synapse){.code = 16}, "4 bits");
  uint16_t few[2] = {0};
  ms_config config = {.n_bias = 2, .bias = few};
  assert_int_equal(ms_chip_configure(chip, &config, NULL), MS_EINVAL);
  uint16_t bias[FIXTURE_N_BIAS];
  for (size_t i = 0; i < FIXTURE_N_BIAS; i++)
    bias[i] = 0x7f00;
  config = (ms_config){.n_bias = FIXTURE_N_BIAS, .bias = bias};
  assert_int_equal(ms_chip_configure(chip, &config, NULL), MS_ERANGE);
  ms_run_options run = {.t_stop = 1000};
  ms_run_result result;
  assert_int_equal(ms_chip_run(chip, NULL, 0, &run, &result, NULL), MS_EINVAL); /* unconfigured */
  ms_chip_destroy(chip);
}

static void bad_runs_are_refused(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  fixture_net net;
  fixture_random_net(&net, 3, 0, 4);
  ms_chip *chip = make(&f, &net, MS_ROUTER_IDEAL);
  fixture_ok(ms_chip_configure(chip, &net.config, err));
  ms_run_result result;
  ms_run_options run = {.t_stop = 0};
  assert_int_equal(ms_chip_run(chip, NULL, 0, &run, &result, NULL), MS_EINVAL);
  run.t_stop = 1000;
  ms_event unsorted[] = {{.t = 20}, {.t = 10}}, unknown = {.address = 99};
  assert_int_equal(ms_chip_run(chip, unsorted, 2, &run, &result, NULL), MS_EINVAL);
  assert_int_equal(ms_chip_run(chip, &unknown, 1, &run, &result, NULL), MS_ERANGE);
  ms_pvt hot = {.temp_c = 400, .temp_set = true}, weak = {.supply_v = 0.2}, odd = {.corner = 9};
  assert_int_equal(ms_chip_set_pvt(chip, &hot, NULL), MS_ERANGE);
  assert_int_equal(ms_chip_set_pvt(chip, &weak, NULL), MS_ERANGE);
  assert_int_equal(ms_chip_set_pvt(chip, &odd, NULL), MS_ERANGE);
  ms_chip_destroy(chip);
}

static void check_writes(ms_router_kind router) {
  fixture_core f;
  fixture_init(&f);
  fixture_net net;
  fixture_random_net(&net, 17, 0, 6);
  net.config.pulse_cycles = 7;
  ms_chip *a = make(&f, &net, router), *b = make(&f, &net, router);
  fixture_ok(ms_chip_configure(a, &net.config, err));
  const uint32_t(*write)[2], (*again)[2];
  size_t n = ms_chip_config_writes(a, &write), n_again;
  assert_true(n > net.config.n_synapse);
  fixture_ok(ms_chip_configure_writes(b, write, n, err));
  n_again = ms_chip_config_writes(b, &again);
  assert_int_equal(n, n_again);
  assert_memory_equal(write, again, n * sizeof *write);
  ms_run_options run = {.t_stop = net.t_stop};
  ms_run_result x, y;
  fixture_ok(ms_chip_run(a, net.in, net.n_in, &run, &x, err));
  fixture_ok(ms_chip_run(b, net.in, net.n_in, &run, &y, err));
  assert_true(x.n_spike > 0);
  assert_int_equal(x.n_spike, y.n_spike);
  for (size_t i = 0; i < x.n_spike; i++)
    assert_true(x.spike[i].t == y.spike[i].t && x.spike[i].address == y.spike[i].address);
  ms_run_result_clear(&x);
  ms_run_result_clear(&y);
  ms_chip_destroy(a);
  ms_chip_destroy(b);
}

static void a_chip_programmed_from_the_writes_spikes_the_same(void **state) {
  (void)state;
  check_writes(MS_ROUTER_IDEAL);
  check_writes(MS_ROUTER_RTL);
}

/* Connections of an earlier configuration must be gone. */
static void configuring_again_replaces_everything(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  fixture_net net;
  fixture_random_net(&net, 23, 0, 6);
  ms_chip *chip = make(&f, &net, MS_ROUTER_RTL);
  fixture_ok(ms_chip_configure(chip, &net.config, err));
  ms_config empty = {0};
  fixture_ok(ms_chip_configure(chip, &empty, err));
  ms_run_options run = {.t_stop = net.t_stop};
  ms_run_result result;
  fixture_ok(ms_chip_run(chip, net.in, net.n_in, &run, &result, err));
  assert_int_equal(result.n_delivery, 0);
  assert_true(result.counters.unrouted > 0);
  ms_run_result_clear(&result);
  ms_chip_destroy(chip);
}

static void a_run_records_inputs_and_router_signals_on_request(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  fixture_net net;
  fixture_random_net(&net, 29, 1, 5);
  ms_chip *chip = make(&f, &net, MS_ROUTER_RTL);
  fixture_ok(ms_chip_configure(chip, &net.config, err));
  ms_run_options run = {.t_stop = net.t_stop,
                        .record_inputs = 1,
                        .trace_router = 1,
                        .probe_mask = 1u << MS_PROBE_VMEM,
                        .sample_ps = 100000};
  ms_run_result r;
  fixture_ok(ms_chip_run(chip, net.in, net.n_in, &run, &r, err));
  assert_true(r.n_signal_change > 0);
  size_t n_on = 0;
  for (size_t i = 0; i < r.n_input_change; i++) {
    assert_true(!i || r.input_change[i].stimulus.t >= r.input_change[i - 1].stimulus.t);
    n_on += r.input_change[i].stimulus.kind == MS_STIM_PULSE && r.input_change[i].stimulus.level;
  }
  assert_int_equal(n_on, r.n_delivery);
  assert_int_equal(r.n_neuron, net.n_neuron);
  for (unsigned n = 0; n < r.n_neuron; n++) {
    assert_int_equal(r.group[n].n_wave, 1);
    assert_int_equal(r.group[n].wave[0].n, net.t_stop / run.sample_ps + 1);
  }
  assert_true(r.energy_j > 0 && r.bias_power_w > 0);
  ms_run_result_clear(&r);
  ms_chip_destroy(chip);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(impossible_connections_are_refused_by_name),
      cmocka_unit_test(bad_runs_are_refused),
      cmocka_unit_test(a_chip_programmed_from_the_writes_spikes_the_same),
      cmocka_unit_test(configuring_again_replaces_everything),
      cmocka_unit_test(a_run_records_inputs_and_router_signals_on_request),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
