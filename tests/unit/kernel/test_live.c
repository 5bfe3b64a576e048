/* SPDX-License-Identifier: Apache-2.0 */
/* Live runs: however the time is cut and whenever the events are given, the chip spikes as in a run
 * that knew them all; a loop through the outside sees every spike at its time. */
#include "kernel_fixture.h"

#include "mixspike/live.h"

static void assert_same(const ms_run_result *a, const ms_run_result *b) {
  assert_int_equal(a->n_spike, b->n_spike);
  assert_int_equal(a->n_host, b->n_host);
  assert_int_equal(a->n_delivery, b->n_delivery);
  for (size_t i = 0; i < a->n_spike; i++) {
    assert_true(a->spike[i].t == b->spike[i].t);
    assert_int_equal(a->spike[i].address, b->spike[i].address);
  }
  for (size_t i = 0; i < a->n_delivery; i++)
    assert_true(a->delivery[i].t == b->delivery[i].t);
}

/* Advances in random steps; each event is given at a random time before it happens. */
static void run_live(ms_chip *chip, const fixture_net *net, uint64_t seed, ms_run_result *result) {
  const ms_run_options options = {.t_stop = net->t_stop};
  ms_live *live;
  size_t given = 0, seen = 0;
  fixture_ok(ms_live_begin(chip, &options, &live, err));
  for (ms_time now = 0; now < net->t_stop;) {
    const ms_event *host;
    size_t n;
    now += 1 + fixture_below(&seed, 400000);
    const ms_time ahead = now + fixture_below(&seed, 300000);
    for (; given < net->n_in && net->in[given].t < ahead; given++)
      fixture_ok(ms_live_event(live, net->in[given].t, net->in[given].address, err));
    const ms_time promised = ms_live_next(live);
    fixture_ok(ms_live_advance(live, now, &host, &n, err));
    for (size_t i = 0; i < n; i++) {
      assert_true(host[i].t <= now);
      assert_true(host[i].t >= promised);
    }
    seen += n;
  }
  fixture_ok(ms_live_end(live, result, err));
  assert_int_equal(seen, result->n_host);
}

static void live_runs_spike_as_runs_that_know_all_events(void **state) {
  (void)state;
  fixture_core f;
  fixture_init(&f);
  size_t spikes = 0;
  for (uint64_t seed = 1; seed <= 8; seed++) {
    fixture_net net;
    fixture_random_net(&net, seed, 0, 8);
    ms_chip *chip = fixture_chip(&f, &net, seed & 1 ? MS_ROUTER_RTL : MS_ROUTER_TLM);
    const ms_run_options options = {.t_stop = net.t_stop};
    ms_run_result a, b;
    fixture_ok(ms_chip_run(chip, net.in, net.n_in, &options, &a, err));
    run_live(chip, &net, seed, &b);
    assert_same(&a, &b);
    spikes += a.n_spike;
    ms_run_result_clear(&a);
    ms_run_result_clear(&b);
    ms_chip_destroy(chip);
  }
  assert_true(spikes > 100);
}

/* Every spike that leaves the chip comes back as an event 1 us later: the run follows its own
 * outputs, and a run that is given the same events beforehand gives the same outputs. */
static void a_loop_through_the_outside_is_closed_exactly(void **state) {
  (void)state;
  fixture_core f;
  fixture_net net;
  fixture_init(&f);
  fixture_random_net(&net, 5, 1, 6);
  ms_chip *chip = fixture_chip(&f, &net, MS_ROUTER_RTL);
  const ms_run_options options = {.t_stop = net.t_stop};
  ms_live *live;
  ms_event in[4096];
  size_t n_in = net.n_in, fed_back = 0;
  memcpy(in, net.in, n_in * sizeof *in);
  fixture_ok(ms_live_begin(chip, &options, &live, err));
  for (size_t i = 0; i < net.n_in; i++)
    fixture_ok(ms_live_event(live, in[i].t, in[i].address, err));
  for (ms_time now = 0; now < net.t_stop;) {
    const ms_event *host;
    size_t n;
    now = ms_live_next(live);
    fixture_ok(ms_live_advance(live, now, &host, &n, err));
    for (size_t i = 0; i < n && n_in < 4096; i++) {
      assert_true(host[i].t == now); /* not a picosecond late */
      in[n_in] =
          (ms_event){.t = now + 1000000, .address = (uint16_t)(host[i].address % net.n_input)};
      if (in[n_in].t >= net.t_stop)
        continue;
      fixture_ok(ms_live_event(live, in[n_in].t, in[n_in].address, err));
      n_in++;
      fed_back++;
    }
  }
  ms_run_result a, b;
  fixture_ok(ms_live_end(live, &a, err));
  /* Stable by time, as the live run kept them. */
  for (size_t i = 1; i < n_in; i++) {
    ms_event e = in[i];
    size_t k = i;
    for (; k > 0 && in[k - 1].t > e.t; k--)
      in[k] = in[k - 1];
    in[k] = e;
  }
  fixture_ok(ms_chip_run(chip, in, n_in, &options, &b, err));
  assert_same(&a, &b);
  assert_true(fed_back > 5);
  ms_run_result_clear(&a);
  ms_run_result_clear(&b);
  ms_chip_destroy(chip);
}

static void events_in_the_past_and_unknown_inputs_are_refused(void **state) {
  (void)state;
  fixture_core f;
  fixture_net net;
  fixture_init(&f);
  fixture_random_net(&net, 3, 0, 4);
  ms_chip *chip = fixture_chip(&f, &net, MS_ROUTER_TLM);
  ms_run_options options = {.t_stop = 0};
  ms_live *live;
  const ms_event *host;
  size_t n;
  assert_int_equal(ms_live_begin(chip, &options, &live, NULL), MS_EINVAL);
  assert_null(live);
  options.t_stop = 1000000;
  fixture_ok(ms_live_begin(chip, &options, &live, err));
  fixture_ok(ms_live_advance(live, 500000, &host, &n, err));
  assert_int_equal(ms_live_event(live, 499999, 0, NULL), MS_ECAUSALITY);
  assert_int_equal(ms_live_event(live, 600000, net.n_input, NULL), MS_ERANGE);
  assert_int_equal(ms_live_advance(live, 499999, &host, &n, NULL), MS_ECAUSALITY);
  fixture_ok(ms_live_end(live, NULL, err));
  ms_chip_destroy(chip);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(live_runs_spike_as_runs_that_know_all_events),
      cmocka_unit_test(a_loop_through_the_outside_is_closed_exactly),
      cmocka_unit_test(events_in_the_past_and_unknown_inputs_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
