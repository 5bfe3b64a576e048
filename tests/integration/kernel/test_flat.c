/* SPDX-License-Identifier: Apache-2.0 */
/* A small recurrent network of transistor circuits: promises against lockstep, and both against ONE
 * flat ngspice netlist of the same circuits on the same die, driven by the same pulses. In the flat
 * netlist requests are acknowledged as the router does when nothing contends.
 *
 * Tolerance: the same spikes in the same order of each neuron, times within 1 % of the membrane
 * time constant. ngspice places its steps by where windows end and what else happens in the
 * netlist; at its production tolerance a spike time moves by some tenths of a per cent. */
#include "kernel/flat.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_NEURON = 4, N_INPUT = 4 };
static const ms_die die = {.seed = 5, .die = 2, .strength = 1};
/* The RTL's latencies at 100 MHz. */
static const ms_ack_timing ack = {.clock_ps = 10000, .rise_cycles = 2, .fall_cycles = 2};
static const ms_time t_stop = 6500000;

#define ok(call)                                                                                   \
  do {                                                                                             \
    ms_error local_err = {0}, *err = &local_err;                                                   \
    if (call)                                                                                      \
      fail_msg("%s: %s", #call, local_err.text);                                                   \
  } while (0)

static ms_core *core;

/* All to all, every row in use, inputs in bursts: pulses wait for one another. */
static size_t connect(ms_synapse *s) {
  size_t n = 0;
  for (unsigned source = 0; source < N_NEURON + N_INPUT; source++)
    for (unsigned target = 0; target < N_NEURON; target++) {
      if (source == target)
        continue;
      unsigned k = source * 7 + target * 3, inhibitory = source < N_NEURON && k % 3 == 0;
      s[n++] = (ms_synapse){.source = (uint16_t)source,
                            .target = (uint16_t)target,
                            .sign = (uint8_t)inhibitory,
                            .row = (uint8_t)(inhibitory ? 0 : k % 3),
                            .code = (uint16_t)(source < N_NEURON ? 6 + k % 10 : 9 + k % 7)};
    }
  return n;
}

static void run(ms_driver_kind driver, ms_run_result *result) {
  ms_chip_options options = {.core = core,
                             .engine = {.kind = MS_ENGINE_NGSPICE},
                             .router = MS_ROUTER_RTL,
                             .driver = driver,
                             .n_neuron = N_NEURON,
                             .n_input = N_INPUT};
  ms_synapse synapse[64];
  ms_config config = {.n_synapse = connect(synapse), .synapse = synapse};
  ms_event in[64];
  size_t n_in = 0;
  for (ms_time t = 300000; t < t_stop - 1000000; t += 1310000)
    for (unsigned k = 0; k < N_INPUT; k++)
      in[n_in++] = (ms_event){.t = t + k / 2 * 20000, .address = (uint16_t)k};
  ms_run_options run_options = {.t_stop = t_stop, .record_inputs = 1};
  ms_chip *chip;
  ok(ms_chip_create(&options, &chip, err));
  ok(ms_chip_set_die(chip, &die, err));
  ok(ms_chip_configure(chip, &config, err));
  ok(ms_chip_run(chip, in, n_in, &run_options, result, err));
  ms_chip_destroy(chip);
}

/* Largest difference in time between two sets of spikes, which must agree neuron by neuron. */
static double compare(const ms_event *a, size_t n_a, const ms_event *b, size_t n_b,
                      const char *what) {
  double worst_s = 0;
  if (n_a != n_b)
    fail_msg("%s: %zu spikes against %zu", what, n_a, n_b);
  for (unsigned n = 0; n < N_NEURON; n++) {
    size_t j = 0;
    for (size_t i = 0; i < n_a; i++) {
      if (a[i].address != n)
        continue;
      while (j < n_b && b[j].address != n)
        j++;
      if (j == n_b)
        fail_msg("%s: neuron %u has fewer spikes", what, n);
      double d = fabs(ms_time_to_s(a[i].t) - ms_time_to_s(b[j].t));
      worst_s = d > worst_s ? d : worst_s;
      j++;
    }
  }
  print_message("%s: %zu spikes, largest difference %.3f %% of tau\n", what, n_a,
                100 * worst_s / core->tau_s[0]);
  assert_true(worst_s < 0.01 * core->tau_s[0]);
  return worst_s;
}

static void run_flat(const ms_run_result *from, ms_flat_result *flat) {
  uint16_t *code = calloc(core->n_bias, sizeof *code);
  for (size_t i = 0; i < core->n_bias; i++)
    code[i] = (uint16_t)core->bias[i].bias->code[MS_SET_ACCELERATED];
  ms_flat_options options = {.core = core,
                             .die = die,
                             .code = code,
                             .n_neuron = N_NEURON,
                             .change = from->input_change,
                             .n_change = from->n_input_change,
                             .t_stop = t_stop,
                             .ack = ack,
                             .max_step_s = core->tau_s[0] / 100,
                             .timeout_s = 1500};
  ok(ms_flat_run(&options, flat, err));
  free(code);
}

static void promises_lockstep_and_one_flat_netlist_agree(void **state) {
  (void)state;
  ok(ms_core_load(MS_TEST_MODELS_DIR, "dpi16x4", 0, &core, err));
  ms_run_result lockstep, promises;
  ms_flat_result flat;
  run(MS_DRIVER_LOCKSTEP, &lockstep);
  run(MS_DRIVER_PROMISES, &promises);
  assert_true(promises.n_spike >= N_NEURON);
  assert_true(promises.counters.row_wait + promises.counters.queue_wait > 0);
  compare(lockstep.spike, lockstep.n_spike, promises.spike, promises.n_spike, "lockstep, promises");
  run_flat(&promises, &flat);
  print_message("wall: lockstep %.1f s, promises %.1f s, flat %.1f s\n", lockstep.wall_s,
                promises.wall_s, flat.wall_s);
  compare(flat.spike, flat.n_spike, promises.spike, promises.n_spike, "flat, promises");
  ms_flat_result_clear(&flat);
  ms_run_result_clear(&lockstep);
  ms_run_result_clear(&promises);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(promises_lockstep_and_one_flat_netlist_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
