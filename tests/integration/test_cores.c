/* SPDX-License-Identifier: Apache-2.0 */
/* The cores with the other somas, on the table engine: small networks on the RTL router, where
 * every handshake must complete, and single neurons that must never stick, on many dies.
 *
 * Usage: test_cores [dies [ngspice|table]]; without arguments 30 dies. */
#include "mixspike/chip.h"
#include "neuron_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned n_die = 30;
static ms_engine_kind kind = MS_ENGINE_TABLE;

/* What a core's soma is expected to do. */
typedef struct expectation {
  const char *core;
  int set;
  double width_tau;     /* longest request, in time constants of the core */
  double constant_a;    /* strong constant input */
  double slowdown;      /* longest over shortest interval at that input */
  double inhibited_tau; /* how long after the last event it may still fire */
} expectation;

/* if_soma and the adaptive DPI soma end a request within some ten nanoseconds of the acknowledge.
 * The axon-hillock's request lasts until ireset, 1 uA, has taken the step of its membrane back: 2
 * us, and longer while four events at once bring nearly as much. Without an own leak to speak of it
 * integrates the synapses' rest currents and fires on. Adaptation lengthens the intervals
 * by a third, and in the biological set, where it is slow, by more.
 */
static const expectation cores[] = {{"ah16", MS_SET_ACCELERATED, 1, 300e-9, 1.1, 8},
                                    {"if16", MS_SET_ACCELERATED, 0.1, 300e-9, 1.1, 8},
                                    {"adapt16", MS_SET_ACCELERATED, 0.1, 300e-9, 1.6, 6},
                                    {"ah16", MS_SET_BIOLOGICAL, 1, 350e-12, 1.1, 8},
                                    {"if16", MS_SET_BIOLOGICAL, 0.1, 350e-12, 1.1, 8},
                                    {"adapt16", MS_SET_BIOLOGICAL, 0.1, 350e-12, 2.5, 6}};

#define ok(call)                                                                                   \
  do {                                                                                             \
    ms_error local_err = {0}, *err = &local_err;                                                   \
    if (call)                                                                                      \
      fail_msg("%s: %s", #call, local_err.text);                                                   \
  } while (0)

static const char *const set_name[MS_N_SET] = {"accelerated", "biological"};

static ms_core *load(const expectation *e) {
  ms_core *core;
  ok(ms_core_load(MS_TEST_MODELS_DIR, e->core, 0, &core, err));
  return core;
}

/* ---- a network on the router ---- */

enum { N_NEURON = 4, N_INPUT = 2 };

/* The inputs excite neurons 0 and 1, these 2 and 3, which inhibit them. */
static void run_network(const ms_core *core, int set, ms_router_kind router, const ms_event *in,
                        size_t n_in, ms_time t_stop, ms_run_result *result) {
  const ms_chip_options options = {.core = core,
                                   .engine = {.kind = kind},
                                   .router = router,
                                   .n_neuron = N_NEURON,
                                   .n_input = N_INPUT,
                                   .set = set};
  const uint16_t full = (uint16_t)((1u << core->dac_bits) - 1);
  ms_synapse synapse[] = {{N_NEURON, 0, MS_EXC, 0, full}, {N_NEURON + 1, 1, MS_EXC, 0, full},
                          {0, 2, MS_EXC, 0, full},        {1, 3, MS_EXC, 0, full},
                          {2, 1, MS_INH, 0, full},        {3, 0, MS_INH, 0, full}};
  const ms_config config = {.n_synapse = sizeof synapse / sizeof *synapse, .synapse = synapse};
  const ms_run_options run = {.t_stop = t_stop, .record_inputs = 1};
  const ms_die die = {.seed = 1, .die = 7, .strength = 1};
  ms_chip *chip;
  ok(ms_chip_create(&options, &chip, err));
  ok(ms_chip_set_die(chip, &die, err));
  ok(ms_chip_configure(chip, &config, err));
  ok(ms_chip_run(chip, in, n_in, &run, result, err));
  ms_chip_destroy(chip);
}

/* Every request was acknowledged and every acknowledge withdrawn, but for one at the very end. */
static void check_handshakes(const ms_run_result *r) {
  unsigned spikes[N_NEURON] = {0}, up[N_NEURON] = {0}, down[N_NEURON] = {0};
  for (size_t i = 0; i < r->n_spike; i++)
    spikes[r->spike[i].address]++;
  for (size_t i = 0; i < r->n_input_change; i++)
    if (r->input_change[i].stimulus.kind == MS_STIM_ACK)
      (r->input_change[i].stimulus.level ? up : down)[r->input_change[i].neuron]++;
  for (unsigned k = 0; k < N_NEURON; k++) {
    assert_true(spikes[k] > 0);
    assert_true(up[k] == spikes[k] || up[k] + 1 == spikes[k]);
    assert_true(down[k] == up[k] || down[k] + 1 == up[k]);
  }
  assert_int_equal(r->counters.vanished, 0);
  assert_int_equal(r->counters.stuck, 0);
  assert_true(r->counters.captured + N_NEURON >= r->n_spike);
  assert_true(r->counters.delivered > r->counters.external);
}

static ms_time first_spike(const ms_run_result *r, unsigned neuron) {
  for (size_t i = 0; i < r->n_spike; i++)
    if (r->spike[i].address == neuron)
      return r->spike[i].t;
  return 0;
}

static void a_network_runs_on_the_router(void **state) {
  const expectation *e = *state;
  ms_core *core = load(e);
  const ms_time tau = ms_time_from_s(core->tau_s[e->set]), t_stop = 12 * tau;
  ms_event in[80];
  size_t n_in = 0;
  for (ms_time t = tau / 2; t < t_stop - 2 * tau; t += tau / 4)
    for (uint16_t k = 0; k < N_INPUT; k++)
      in[n_in++] = (ms_event){.t = t + k * 50000, .address = k};
  ms_run_result rtl, ideal;
  run_network(core, e->set, MS_ROUTER_RTL, in, n_in, t_stop, &rtl);
  print_message("%s, %s: %zu events, %zu spikes, %llu pulses\n", e->core, set_name[e->set], n_in,
                rtl.n_spike, (unsigned long long)rtl.counters.delivered);
  check_handshakes(&rtl);
  /* The ideal router has the same latencies. Later spikes part: where the circuits place their
   * steps depends on the router's windows, which moves a spike by less than a thousandth of tau,
   * and in a recurrent network that grows. */
  run_network(core, e->set, MS_ROUTER_IDEAL, in, n_in, t_stop, &ideal);
  ms_time apart = 0;
  for (unsigned k = 0; k < N_NEURON; k++) {
    ms_time a = first_spike(&rtl, k), b = first_spike(&ideal, k), d = a > b ? a - b : b - a;
    apart = d > apart ? d : apart;
  }
  print_message("first spikes on the two routers: %.2g tau apart\n", (double)apart / (double)tau);
  assert_true(apart <= tau / 1000);
  ms_run_result_clear(&rtl);
  ms_run_result_clear(&ideal);
  ms_core_destroy(core);
}

/* ---- single neurons on many dies ---- */

static const char *check_widths(const neuron_result *r, double longest_s, double end_s) {
  for (size_t i = 0; i < r->n_spike; i++) {
    bool cut = i + 1 == r->n_spike && r->spike_s[i] > end_s - longest_s; /* by the window */
    if (!cut && (r->width_s[i] < 0 || r->width_s[i] > longest_s))
      return "a request did not end in time";
  }
  return NULL;
}

/* Four full-scale events, inhibition where there is a row for it, silence. */
static const char *check_burst(const expectation *e, neuron_case *c, neuron_result *r,
                               ms_engine *engine, ms_group *group) {
  const double tau = c->core->tau_s[c->set];
  const uint16_t full = (uint16_t)((1u << c->core->dac_bits) - 1);
  unsigned inhibitory = 0;
  while (inhibitory < c->core->n_row && c->core->row[inhibitory].sign != MS_INH)
    inhibitory++;
  const neuron_event event[] = {{0.5 * tau, 0, full},
                                {0.6 * tau, 0, full},
                                {0.7 * tau, 0, full},
                                {1.0 * tau, 0, full},
                                {2.0 * tau, inhibitory, full}};
  c->event = event;
  c->n_event = inhibitory < c->core->n_row ? 5 : 4;
  c->t_stop_s = 8 * tau;
  c->inject_a = 0;
  neuron_run(engine, group, c, r);
  if (r->n_spike < 1)
    return "four full-scale events did not make it fire";
  if (r->spike_s[0] < 0.5 * tau)
    return "it fired before the first event";
  if (r->spike_s[r->n_spike - 1] > e->inhibited_tau * tau)
    return "it fires long after the input has gone";
  return check_widths(r, e->width_tau * tau, c->t_stop_s);
}

static const char *check_constant(const expectation *e, neuron_case *c, neuron_result *r,
                                  ms_engine *engine, ms_group *group) {
  const double tau = c->core->tau_s[c->set];
  c->n_event = 0;
  c->t_stop_s = 6 * tau;
  c->inject_a = e->constant_a;
  neuron_run(engine, group, c, r);
  if (r->n_spike < 4)
    return "it stopped firing under a strong constant input";
  double shortest = 1e9, longest = c->t_stop_s - r->spike_s[r->n_spike - 1];
  for (size_t i = 1; i < r->n_spike; i++) {
    double d = r->spike_s[i] - r->spike_s[i - 1];
    shortest = d < shortest ? d : shortest;
    longest = d > longest ? d : longest;
  }
  if (longest > e->slowdown * shortest)
    return "it fires irregularly at a constant input";
  return check_widths(r, e->width_tau * tau, c->t_stop_s);
}

static void the_soma_never_sticks(void **state) {
  const expectation *e = *state;
  ms_core *core = load(e);
  const ms_engine_options options = {.kind = kind};
  ms_engine *engine;
  ms_group *group;
  ok(ms_engine_create(&options, core, &engine, err));
  ok(ms_group_create(engine, &group, err));
  unsigned bad = 0;
  for (unsigned d = 1; d <= n_die; d++) {
    neuron_case c = {.core = core, .set = e->set, .die = {1, d, 1}};
    neuron_result r;
    const char *why = check_burst(e, &c, &r, engine, group);
    ms_group_result_clear(&r.run);
    if (!why) {
      why = check_constant(e, &c, &r, engine, group);
      ms_group_result_clear(&r.run);
    }
    if (why) {
      bad++;
      print_error("%s, %s, seed 1, die %u: %s\n", e->core, set_name[e->set], d, why);
    }
  }
  print_message("%s, %s: seed 1, dies 1 to %u: %u bad\n", e->core, set_name[e->set], n_die, bad);
  ms_group_destroy(group);
  ms_engine_destroy(engine);
  ms_core_destroy(core);
  assert_int_equal(bad, 0);
}

int main(int argc, char **argv) {
  if (argc > 1)
    n_die = (unsigned)strtoul(argv[1], NULL, 10);
  if (argc > 2)
    kind = strcmp(argv[2], "ngspice") == 0 ? MS_ENGINE_NGSPICE : MS_ENGINE_TABLE;
#define MS_CORE(i)                                                                                 \
  cmocka_unit_test_prestate(a_network_runs_on_the_router, (void *)(size_t)&cores[i]),              \
      cmocka_unit_test_prestate(the_soma_never_sticks, (void *)(size_t)&cores[i])
  const struct CMUnitTest tests[] = {MS_CORE(0), MS_CORE(1), MS_CORE(2),
                                     MS_CORE(3), MS_CORE(4), MS_CORE(5)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
