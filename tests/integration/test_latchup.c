/* SPDX-License-Identifier: Apache-2.0 */
/* The soma never sticks, on any die, in both bias sets, with three excitatory rows and one
 * inhibitory row: it is silent before the first input, fires under a burst, ends every request, is
 * silent again afterwards, and keeps firing regularly under a strong constant input.
 *
 * Usage: test_latchup [dies [ngspice|table [first [accelerated|biological]]]]; without arguments 20
 * dies in ngspice, both sets. */
#include "neuron_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned n_die = 20, first_die = 1;
static const char *only_set = "";
static ms_engine_kind kind = MS_ENGINE_NGSPICE;

typedef struct fixture {
  ms_core *core;
  ms_engine *engine;
  ms_group *group;
} fixture;

static int setup(void **state) {
  fixture *f = *state = calloc(1, sizeof *f);
  ms_error err = {0};
  const ms_engine_options options = {.kind = kind};
  if (!f || ms_core_load(MS_TEST_MODELS_DIR, "dpi16x4", 0, &f->core, &err) ||
      ms_engine_create(&options, f->core, &f->engine, &err) ||
      ms_group_create(f->engine, &f->group, &err)) {
    fprintf(stderr, "setup: %s\n", err.text);
    return -1;
  }
  return 0;
}

static int teardown(void **state) {
  fixture *f = *state;
  ms_group_destroy(f->group);
  ms_engine_destroy(f->engine);
  ms_core_destroy(f->core);
  free(f);
  return 0;
}

/* A request must end: the acknowledge takes 40 ns, the soma at most a tenth of tau. */
static const char *check_widths(const neuron_result *r, double tau_s) {
  if (r->request)
    return "a request is still up at the end";
  for (size_t i = 0; i < r->n_spike; i++)
    if (r->width_s[i] < 0 || r->width_s[i] > 0.1 * tau_s)
      return "a request did not end in time";
  return NULL;
}

/* Four full-scale events in half a tau, inhibition, then silence. */
static const char *check_burst(fixture *f, neuron_case *c, neuron_result *r) {
  const double tau = f->core->tau_s[c->set];
  const uint16_t full = (uint16_t)((1u << f->core->dac_bits) - 1);
  const neuron_event event[] = {{0.5 * tau, 0, full},
                                {0.6 * tau, 0, full},
                                {0.7 * tau, 0, full},
                                {1.0 * tau, 0, full},
                                {2.0 * tau, 3, full}};
  c->event = event;
  c->n_event = sizeof event / sizeof *event;
  c->t_stop_s = 8 * tau;
  c->inject_a = 0;
  neuron_run(f->engine, f->group, c, r);
  const char *why = check_widths(r, tau);
  if (why)
    return why;
  if (r->n_spike < 1)
    return "four full-scale events did not make it fire";
  if (r->spike_s[0] < 0.5 * tau)
    return "it fired before the first event";
  if (r->spike_s[r->n_spike - 1] > 6 * tau)
    return "it fires long after the input has gone";
  return NULL;
}

/* A constant current of two to three times the rheobase. */
static const char *check_constant(fixture *f, neuron_case *c, neuron_result *r) {
  const double tau = f->core->tau_s[c->set];
  c->n_event = 0;
  c->t_stop_s = 4 * tau;
  c->inject_a = c->set == MS_SET_ACCELERATED ? 300e-9 : 350e-12;
  neuron_run(f->engine, f->group, c, r);
  const char *why = r->request && r->n_spike && r->spike_s[r->n_spike - 1] > 3.9 * tau
                        ? NULL /* the window ends inside a request */
                        : check_widths(r, tau);
  if (why)
    return why;
  if (r->n_spike < 4)
    return "it stopped firing under a strong constant input";
  double shortest = 1e9, longest = 0;
  for (size_t i = 1; i < r->n_spike; i++) {
    double d = r->spike_s[i] - r->spike_s[i - 1];
    shortest = d < shortest ? d : shortest;
    longest = d > longest ? d : longest;
  }
  return longest > 1.1 * shortest ? "it fires irregularly at a constant input" : NULL;
}

static void check_set(void **state, int set) {
  static const char *const name[MS_N_SET] = {"accelerated", "biological"};
  fixture *f = *state;
  if (*only_set && strcmp(only_set, name[set]) != 0)
    skip();
  unsigned bad = 0, worst = 0;
  size_t fewest = NEURON_MAX_SPIKES, most = 0;
  for (unsigned d = 0; d < n_die; d++) {
    neuron_case c = {.core = f->core, .set = set, .die = {1, first_die + d, 1}};
    neuron_result r;
    const char *why = check_burst(f, &c, &r);
    fewest = r.n_spike < fewest ? r.n_spike : fewest;
    most = r.n_spike > most ? r.n_spike : most;
    ms_group_result_clear(&r.run);
    if (!why) {
      why = check_constant(f, &c, &r);
      ms_group_result_clear(&r.run);
    }
    if (why) {
      bad++;
      worst = first_die + d;
      print_error("seed 1, die %u: %s\n", worst, why);
    }
    if (n_die >= 100 && (d + 1) % 100 == 0)
      print_message("%u dies, %u bad\n", d + 1, bad);
  }
  print_message("seed 1, dies %u to %u: %u bad; %zu to %zu spikes in the burst\n", first_die,
                first_die + n_die - 1, bad, fewest, most);
  assert_int_equal(bad, 0);
}

static void soma_never_sticks_accelerated(void **state) {
  check_set(state, MS_SET_ACCELERATED);
}

static void soma_never_sticks_biological(void **state) {
  check_set(state, MS_SET_BIOLOGICAL);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(soma_never_sticks_accelerated),
      cmocka_unit_test(soma_never_sticks_biological),
  };
  if (argc > 1)
    n_die = (unsigned)strtoul(argv[1], NULL, 10);
  if (argc > 2)
    kind = strcmp(argv[2], "table") == 0 ? MS_ENGINE_TABLE : MS_ENGINE_NGSPICE;
  if (argc > 3)
    first_die = (unsigned)strtoul(argv[3], NULL, 10);
  if (argc > 4)
    only_set = argv[4];
  return cmocka_run_group_tests(tests, setup, teardown);
}
