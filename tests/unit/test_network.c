/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of codes: what reaches the chip's configuration, and how output spikes are read. */
#include "mixspike/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static ms_network *three_classes(void) {
  ms_network *n;
  assert_int_equal(ms_network_create(2, 4, 3, 2, 1, 4, &n, NULL), MS_OK);
  return n;
}

static ms_event at(ms_time t, unsigned neuron) {
  return (ms_event){.t = t, .address = (uint16_t)neuron};
}

static void most_spikes_win_and_ties_go_to_the_first(void **state) {
  (void)state;
  ms_network *n = three_classes(); /* outputs 4,5 | 6,7 | 8,9 */
  unsigned count[3];
  ms_event more[] = {at(10, 4), at(20, 8), at(30, 9), at(40, 0), at(50, 1)};
  assert_int_equal(ms_network_decide(n, more, 5, count), 2);
  assert_int_equal(count[0], 1);
  assert_int_equal(count[1], 0);
  assert_int_equal(count[2], 2);
  ms_event tie[] = {at(10, 7), at(20, 8), at(30, 9), at(40, 6)};
  assert_int_equal(ms_network_decide(n, tie, 4, NULL), 1);
  ms_event silent[] = {at(10, 0), at(20, 3)};
  assert_int_equal(ms_network_decide(n, silent, 2, NULL), -1);
  ms_network_destroy(n);
}

static void codes_become_connections_and_zero_none(void **state) {
  (void)state;
  ms_error err = {0};
  ms_core *core;
  if (ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 4, &core, &err))
    fail_msg("%s", err.text);
  ms_network *n = three_classes();
  n->in[3 * 2 + 1] = -7;  /* input 1 -> hidden 3 */
  n->out[5 * 4 + 2] = 12; /* hidden 2 -> output 5 */
  ms_config config;
  assert_int_equal(ms_network_config(n, core, NULL, &config, &err), MS_OK);
  assert_int_equal(config.n_synapse, 2);
  assert_int_equal(config.synapse[0].source, 10 + 1); /* inputs follow the 10 neurons */
  assert_int_equal(config.synapse[0].target, 3);
  assert_int_equal(config.synapse[0].sign, MS_INH);
  assert_int_equal(config.synapse[0].code, 7);
  assert_int_equal(config.synapse[1].source, 2);
  assert_int_equal(config.synapse[1].target, 4 + 5);
  assert_int_equal(config.synapse[1].sign, MS_EXC);
  assert_int_equal(config.synapse[1].code, 12);
  ms_config_clear(&config);
  ms_network_destroy(n);
  ms_core_destroy(core);
}

/* Two pulses of one row in turn would hold up the whole fan-out once a neuron. */
static void a_neurons_second_synapse_comes_after_all_first_ones(void **state) {
  (void)state;
  ms_core *core;
  assert_int_equal(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 4, &core, NULL), MS_OK);
  ms_network *n;
  assert_int_equal(ms_network_create(2, 3, 2, 1, 2, 4, &n, NULL), MS_OK);
  for (int i = 0; i < 2 * 3 * 2; i++)
    n->in[i] = (int16_t)(i + 1);
  ms_config config;
  assert_int_equal(ms_network_config(n, core, NULL, &config, NULL), MS_OK);
  assert_int_equal(config.n_synapse, 12);
  for (unsigned s = 0; s < 12; s++) { /* input, turn, neuron */
    unsigned input = s / 6, turn = s / 3 % 2, neuron = s % 3;
    assert_int_equal(config.synapse[s].source, 5 + input);
    assert_int_equal(config.synapse[s].target, neuron);
    assert_int_equal(config.synapse[s].code, (neuron * 2 + input) * 2 + turn + 1);
  }
  ms_config_clear(&config);
  ms_network_destroy(n);
  ms_core_destroy(core);
}

static void codes_of_another_width_are_refused(void **state) {
  (void)state;
  ms_error err = {0};
  ms_core *core;
  assert_int_equal(ms_core_load(MS_TEST_MODELS_DIR, "dpi16", 6, &core, &err), MS_OK);
  ms_network *n = three_classes();
  ms_config config;
  assert_int_equal(ms_network_config(n, core, NULL, &config, &err), MS_EINVAL);
  assert_non_null(strstr(err.text, "6"));
  ms_network_destroy(n);
  ms_core_destroy(core);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(most_spikes_win_and_ties_go_to_the_first),
      cmocka_unit_test(codes_become_connections_and_zero_none),
      cmocka_unit_test(a_neurons_second_synapse_comes_after_all_first_ones),
      cmocka_unit_test(codes_of_another_width_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
