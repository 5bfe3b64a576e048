/* SPDX-License-Identifier: Apache-2.0 */
/* Every driver against the reference: exactly the same spikes, deliveries and waiting, on random
 * recurrent and feed-forward networks under heavy contention, with both routers. */
#include "kernel_fixture.h"

static ms_chip *make_chip(const fixture_core *f, const fixture_net *net, ms_router_kind router,
                          ms_driver_kind driver, unsigned workers, uint64_t die) {
  ms_chip_options options = {.core = &f->core,
                             .engine = {.kind = MS_ENGINE_MODEL},
                             .router = router,
                             .driver = driver,
                             .n_neuron = net->n_neuron,
                             .n_input = net->n_input,
                             .cols = net->side,
                             .rows = net->side,
                             .workers = workers};
  ms_chip *chip;
  ms_die d = {.seed = 11, .die = die, .strength = 1};
  fixture_ok(ms_chip_create(&options, &chip, err));
  fixture_ok(ms_chip_set_die(chip, &d, err));
  fixture_ok(ms_chip_configure(chip, &net->config, err));
  return chip;
}

static void run(const fixture_core *f, const fixture_net *net, ms_router_kind router,
                ms_driver_kind driver, unsigned workers, uint64_t die, ms_run_result *result) {
  ms_chip *chip = make_chip(f, net, router, driver, workers, die);
  ms_run_options options = {.t_stop = net->t_stop};
  fixture_ok(ms_chip_run(chip, net->in, net->n_in, &options, result, err));
  ms_chip_destroy(chip);
}

static void assert_same(const ms_run_result *a, const ms_run_result *b, uint64_t seed,
                        const char *what) {
  for (size_t i = 0; i < a->n_spike && i < b->n_spike; i++)
    if (a->spike[i].t != b->spike[i].t || a->spike[i].address != b->spike[i].address)
      fail_msg("seed %llu, %s: spike %zu is (%llu ps, %u), the reference has (%llu ps, %u)",
               (unsigned long long)seed, what, i, (unsigned long long)b->spike[i].t,
               b->spike[i].address, (unsigned long long)a->spike[i].t, a->spike[i].address);
  if (a->n_spike != b->n_spike || a->n_delivery != b->n_delivery || a->n_host != b->n_host)
    fail_msg("seed %llu, %s: %zu spikes, %zu deliveries, %zu events out; the reference has %zu, "
             "%zu, %zu",
             (unsigned long long)seed, what, b->n_spike, b->n_delivery, b->n_host, a->n_spike,
             a->n_delivery, a->n_host);
  for (size_t i = 0; i < a->n_delivery; i++)
    if (a->delivery[i].t != b->delivery[i].t || a->delivery[i].target != b->delivery[i].target ||
        a->delivery[i].row != b->delivery[i].row || a->delivery[i].code != b->delivery[i].code)
      fail_msg("seed %llu, %s: delivery %zu differs", (unsigned long long)seed, what, i);
  for (size_t i = 0; i < a->n_host; i++)
    if (a->host[i].t != b->host[i].t || a->host[i].address != b->host[i].address)
      fail_msg("seed %llu, %s: output event %zu differs", (unsigned long long)seed, what, i);
#define MS_X(name, text)                                                                           \
  if (strcmp(#name, "cycles") && a->counters.name != b->counters.name)                             \
    fail_msg("seed %llu, %s: counter " #name " is %llu, the reference has %llu",                   \
             (unsigned long long)seed, what, (unsigned long long)b->counters.name,                 \
             (unsigned long long)a->counters.name);
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
}

typedef struct totals {
  size_t spikes, waits, reruns;
} totals;

static void compare(ms_router_kind router, unsigned side, int layered, unsigned first,
                    unsigned count, totals *sum) {
  fixture_core f;
  fixture_init(&f);
  for (uint64_t seed = first; seed < first + count; seed++) {
    fixture_net net;
    fixture_random_net(&net, seed, layered, 4 + (unsigned)seed % 8);
    net.side = side;
    ms_run_result reference, other;
    run(&f, &net, router, MS_DRIVER_LOCKSTEP, 1, seed, &reference);
    run(&f, &net, router, MS_DRIVER_PROMISES, 1, seed, &other);
    assert_same(&reference, &other, seed, "promises");
    ms_run_result_clear(&other);
    if (layered) {
      unsigned workers = 1 + (unsigned)seed % 3;
      run(&f, &net, router, MS_DRIVER_FEEDFORWARD, workers, seed, &other);
      assert_same(&reference, &other, seed, "feed-forward");
      sum->reruns += other.reruns;
      ms_run_result_clear(&other);
    }
    sum->spikes += reference.n_spike;
    sum->waits += reference.counters.arbiter_wait + reference.counters.queue_wait +
                  reference.counters.row_wait;
    ms_run_result_clear(&reference);
  }
  print_message("seeds %u..%u: %zu spikes, %zu cycles waited, %zu groups ran again\n", first,
                first + count - 1, sum->spikes, sum->waits, sum->reruns);
  assert_true(sum->spikes > 20 * count);
  assert_true(sum->waits > 100 * count);
}

static void recurrent_networks_agree_with_the_ideal_router(void **state) {
  (void)state;
  totals sum = {0};
  compare(MS_ROUTER_IDEAL, 1, 0, 1, 12, &sum);
}

static void layered_networks_agree_with_the_ideal_router(void **state) {
  (void)state;
  totals sum = {0};
  compare(MS_ROUTER_IDEAL, 1, 1, 101, 12, &sum);
}

static void recurrent_networks_agree_with_the_rtl_router(void **state) {
  (void)state;
  totals sum = {0};
  compare(MS_ROUTER_RTL, 1, 0, 201, 8, &sum);
}

static void layered_networks_agree_with_the_rtl_router(void **state) {
  (void)state;
  totals sum = {0};
  compare(MS_ROUTER_RTL, 1, 1, 301, 8, &sum);
  assert_true(sum.reruns > 0);
}

static void networks_on_several_cores_agree(void **state) {
  static const struct {
    ms_router_kind router;
    unsigned side;
  } mesh[] = {{MS_ROUTER_RTL, 2},   {MS_ROUTER_TLM, 2}, {MS_ROUTER_TLM_LT, 2},
              {MS_ROUTER_IDEAL, 2}, {MS_ROUTER_TLM, 4}, {MS_ROUTER_IDEAL, 4}};
  (void)state;
  for (size_t i = 0; i < sizeof mesh / sizeof *mesh; i++)
    for (int layered = 0; layered < 2; layered++) {
      totals sum = {0};
      compare(mesh[i].router, mesh[i].side, layered, 401 + 100 * (unsigned)layered, 4, &sum);
    }
}

static void feedforward_refuses_a_loop_and_auto_runs_it(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  ms_synapse loop[] = {{.source = 0, .target = 1, .code = 15}, {.source = 1, .target = 0}};
  fixture_net net = {.n_neuron = 2, .n_input = 1, .t_stop = 1000000};
  net.config = (ms_config){.n_synapse = 2, .synapse = loop};
  ms_run_options options = {.t_stop = net.t_stop};
  ms_run_result result;
  ms_error e = {0};
  ms_chip *chip = make_chip(&f, &net, MS_ROUTER_IDEAL, MS_DRIVER_FEEDFORWARD, 1, 0);
  assert_int_equal(ms_chip_run(chip, NULL, 0, &options, &result, &e), MS_EUNSUPPORTED);
  assert_non_null(strstr(e.text, "loop"));
  ms_chip_destroy(chip);
  chip = make_chip(&f, &net, MS_ROUTER_IDEAL, MS_DRIVER_AUTO, 1, 0);
  fixture_ok(ms_chip_run(chip, NULL, 0, &options, &result, err));
  assert_int_equal(result.passes, 0);
  ms_run_result_clear(&result);
  ms_chip_destroy(chip);
}

static void a_raised_flag_interrupts_a_run(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  fixture_net net;
  fixture_random_net(&net, 1, 0, 4);
  volatile int cancel = 1;
  ms_run_options options = {.t_stop = net.t_stop, .cancel = &cancel};
  ms_run_result result;
  ms_driver_kind drivers[] = {MS_DRIVER_LOCKSTEP, MS_DRIVER_PROMISES};
  for (int k = 0; k < 2; k++) {
    ms_chip *chip = make_chip(&f, &net, MS_ROUTER_IDEAL, drivers[k], 1, 0);
    cancel = 1;
    assert_int_equal(ms_chip_run(chip, net.in, net.n_in, &options, &result, NULL), MS_EINTERRUPTED);
    cancel = 0; /* the chip can run again */
    fixture_ok(ms_chip_run(chip, net.in, net.n_in, &options, &result, err));
    ms_run_result_clear(&result);
    ms_chip_destroy(chip);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recurrent_networks_agree_with_the_ideal_router),
      cmocka_unit_test(layered_networks_agree_with_the_ideal_router),
      cmocka_unit_test(recurrent_networks_agree_with_the_rtl_router),
      cmocka_unit_test(layered_networks_agree_with_the_rtl_router),
      cmocka_unit_test(networks_on_several_cores_agree),
      cmocka_unit_test(feedforward_refuses_a_loop_and_auto_runs_it),
      cmocka_unit_test(a_raised_flag_interrupts_a_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
