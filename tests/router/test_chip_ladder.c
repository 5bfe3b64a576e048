/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder inside a whole chip: random recurrent networks of behavioural neurons spike on `tlm`
 * as on `rtl`, to the picosecond, congested or not; layered ones that never contend do on all. */
#include "../unit/kernel/kernel_fixture.h"

typedef struct spikes {
  size_t n;
  ms_event *at;
  ms_router_counters counters;
} spikes;

static spikes run(const fixture_core *f, const fixture_net *net, ms_router_kind router) {
  ms_run_options run = {.t_stop = net->t_stop};
  ms_run_result result;
  ms_chip *chip = fixture_chip(f, net, router);
  fixture_ok(ms_chip_run(chip, net->in, net->n_in, &run, &result, err));
  spikes s = {.n = result.n_spike, .at = result.spike, .counters = result.counters};
  result.spike = NULL;
  ms_run_result_clear(&result);
  ms_chip_destroy(chip);
  return s;
}

static void assert_same(const spikes *a, const spikes *b) {
  assert_int_equal(a->n, b->n);
  for (size_t i = 0; i < a->n; i++) {
    assert_true(a->at[i].t == b->at[i].t);
    assert_int_equal(a->at[i].address, b->at[i].address);
  }
}

static void tlm_gives_the_spikes_of_the_rtl_however_congested(void **state) {
  (void)state;
  size_t total = 0;
  uint64_t waits = 0;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    fixture_core f;
    fixture_net net;
    fixture_init(&f);
    fixture_random_net(&net, seed, 0, 12);
    spikes a = run(&f, &net, MS_ROUTER_RTL), b = run(&f, &net, MS_ROUTER_TLM);
    assert_same(&a, &b);
    total += a.n;
    waits += a.counters.queue_wait + a.counters.row_wait;
    free(a.at);
    free(b.at);
  }
  print_message("%zu spikes, %llu cycles waited\n", total, (unsigned long long)waits);
  assert_true(total > 200 && waits > 1000);
}

/* Inputs one at a time, far apart, each to one row: no event meets another. */
static void without_contention_all_routers_give_the_same_spikes(void **state) {
  (void)state;
  static const ms_router_kind others[] = {MS_ROUTER_TLM, MS_ROUTER_TLM_LT, MS_ROUTER_IDEAL};
  fixture_core f;
  fixture_net net = {.n_neuron = 4, .n_input = 4, .t_stop = 40000000};
  fixture_init(&f);
  for (unsigned i = 0; i < 4; i++)
    net.synapse[net.config.n_synapse++] = (ms_synapse){
        .source = (uint16_t)(4 + i), .target = (uint16_t)i, .sign = MS_EXC, .code = 15};
  net.config.synapse = net.synapse;
  for (unsigned k = 0; k < 80; k++)
    net.in[net.n_in++] = (ms_event){.t = 400000 + k * 331700, .address = (uint16_t)(k % 4)};
  spikes a = run(&f, &net, MS_ROUTER_RTL);
  assert_true(a.n > 3);
  assert_true(!a.counters.arbiter_wait && !a.counters.row_wait && !a.counters.queue_wait);
  for (int k = 0; k < 3; k++) {
    spikes b = run(&f, &net, others[k]);
    assert_same(&a, &b);
    free(b.at);
  }
  free(a.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tlm_gives_the_spikes_of_the_rtl_however_congested),
      cmocka_unit_test(without_contention_all_routers_give_the_same_spikes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
