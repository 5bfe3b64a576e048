/* SPDX-License-Identifier: Apache-2.0 */
/* Every cell against its equation: runs the decks of testbenches/spice in ngspice and reads what
 * they print. Each bound says where its tolerance comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double UT = 0.02586, KAPPA_N = 0.757, KAPPA_P = 0.726; /* 27 C; of the gen180 cards */

/* A scratch copy of the decks beside a link to the cells, so that runs leave nothing behind. */
static int setup(void **state) {
  char *folder = *state = strdup("/tmp/mixspike-decks-XXXXXX");
  char command[1000];
  if (!folder || !mkdtemp(folder))
    return -1;
  snprintf(command, sizeof command,
           "mkdir -p %s/testbenches && cp -r '%s/../testbenches/spice' %s/testbenches/ && "
           "ln -s '%s' %s/analog-models",
           folder, MS_TEST_MODELS_DIR, folder, MS_TEST_MODELS_DIR, folder);
  return system(command);
}

static int teardown(void **state) {
  char command[200];
  snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
  int rc = system(command);
  free(*state);
  return rc;
}

/* Runs a deck after a sed expression on it; returns what it printed, to be freed. */
static char *run_deck(void **state, const char *name, const char *edit) {
  char command[1000];
  snprintf(
      command, sizeof command,
      "cd '%s/testbenches/spice' && sed '%s' %s.cir > edited.cir && HOME=. LC_ALL=C ngspice -b "
      "edited.cir 2>&1",
      (char *)*state, edit, name);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t room = 1 << 18, n;
  char *text = calloc(room, 1);
  assert_non_null(text);
  n = fread(text, 1, room - 1, pipe);
  text[n] = 0;
  pclose(pipe);
  return text;
}

/* The number printed after `key =` at the start of a line. */
static double value(const char *text, const char *key) {
  size_t length = strlen(key);
  for (const char *line = text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (!strncmp(line, key, length)) {
      const char *p = line + length;
      while (*p == ' ')
        p++;
      if (*p == '=')
        return strtod(p + 1, NULL);
    }
  }
  print_error("ngspice printed no '%s':\n%s\n", key, text);
  fail();
  return NAN;
}

static void check(const char *what, double got, double want, double tolerance) {
  print_message("%s: %.4g, equation %.4g (%+.1f %%)\n", what, got, want, 100 * (got / want - 1));
  assert_true(fabs(got / want - 1) <= tolerance);
}

/* The period of the DPI equation at a constant input, with the threshold ratio x left open. */
static double period_s(double iin_a, double x, double tau_s, double refractory_s) {
  double a = iin_a / (54e-9 / 16) - 1, x0 = 0.2;
  return tau_s * (log(x / x0) / a + (1 + a) / a * log((a - x0) / (a - x))) + refractory_s;
}

/* mt1 is in moderate inversion at the threshold, so Ithr/Igain is not simply 19: the ratio is taken
 * from one period, to predict another. The exponents kappa_n and kappa_p differ by 4 %. */
static double threshold_ratio(double iin_a, double period, double tau_s, double refractory_s) {
  double lo = 5, hi = 45;
  for (int i = 0; i < 60; i++) {
    double x = (lo + hi) / 2;
    *(period_s(iin_a, x, tau_s, refractory_s) > period ? &hi : &lo) = x;
  }
  assert_true(lo > 19 && lo < 40);
  return lo;
}

static void soma_follows_the_dpi_equation(void **state) {
  char *text = run_deck(state, "dpi_soma", "");
  double tau = value(text, "tau"), period = value(text, "period");
  double refractory = value(text, "refractory");
  /* The gate of the threshold transistor and the pair add about 5 % to cmem. */
  check("dpi_soma: tau of the membrane", tau, 1e-12 * UT / (KAPPA_N * 54e-9 / 16), 0.15);
  check("dpi_soma: refractory time", refractory, 200e-15 * 1.5 / 130e-9, 0.15);
  /* Request up to request down: the acknowledge's 60 ns, then at most a few ns of the soma. */
  check("dpi_soma: width of a request", value(text, "width"), 60e-9, 0.25);
  free(text);

  double x = threshold_ratio(170e-9, period, tau, refractory);
  text = run_deck(state, "dpi_soma", "s/idc=170n/idc=260n/");
  check("dpi_soma: period at 260 nA", value(text, "period"), period_s(260e-9, x, tau, refractory),
        0.1);
  free(text);
}

/* One synapse: time constant, step per code, superposition. */
static void check_synapse(void **state, const char *name, double kappa, double itau_a,
                          double igain_a, double iw_a, double gain_tolerance) {
  const double c = 0.51e-12, tp = 100e-9; /* csyn and the gates on its node */
  char *text = run_deck(state, name, "");
  /* Moderate inversion of the output stretches the decay by up to a tenth. */
  char what[60];
  snprintf(what, sizeof what, "%s: tau", name);
  check(what, value(text, "tau"), c * UT / (kappa * itau_a / 16), 0.15);
  double step = (value(text, "p15") - value(text, "p8")) / 7;
  /* The pair leaves weak inversion during the pulse: the split is then not exponential. */
  snprintf(what, sizeof what, "%s: current per code", name);
  check(what, step, igain_a * iw_a * tp * kappa / (c * UT), gain_tolerance);
  snprintf(what, sizeof what, "%s: second pulse", name);
  check(what, value(text, "superposition"), 1, 0.12);
  static const char *const peak[] = {"rest", "p1", "p2", "p4", "p8", "p12", "p15"};
  for (size_t i = 1; i < sizeof peak / sizeof *peak; i++)
    assert_true(value(text, peak[i]) > value(text, peak[i - 1]));
  free(text);
}

static void excitatory_synapse_follows_the_dpi_equation(void **state) {
  check_synapse(state, "dpi_exc", KAPPA_P, 30e-9, 12.5e-9, 410e-9, 0.25);
}

static void inhibitory_synapse_follows_the_dpi_equation(void **state) {
  check_synapse(state, "dpi_inh", KAPPA_N, 28.5e-9, 1.5e-9, 230e-9, 0.25);
}

/* The part of the pulse after the trigger is charge over ipw; both cells make 100 ns. Half and
 * twice the currents: Vgs(ist) moves by some tens of millivolts of the ramp's 1.3 V. */
static void check_extender(void **state, const char *name, double ipw_a) {
  const double trigger = 20e-9;
  char edit[80];
  double nominal = 0;
  for (int k = 0; k < 3; k++) {
    static const double factor[] = {1, 0.5, 2};
    snprintf(edit, sizeof edit, "s/ipw=[0-9.]*u ist=1u/ipw=%.4fu ist=%gu/", ipw_a * 1e6 * factor[k],
             factor[k]);
    char *text = run_deck(state, name, edit);
    double width = value(text, "width");
    nominal = k ? nominal : width;
    char what[80];
    snprintf(what, sizeof what, "%s: width at ipw %.3g uA", name, ipw_a * 1e6 * factor[k]);
    check(what, width, k ? trigger + (nominal - trigger) / factor[k] : 100e-9, 0.06);
    snprintf(what, sizeof what, "%s: width of the second pulse", name);
    check(what, value(text, "again"), width, 0.005);
    assert_true(value(text, "delay") < 2e-9);
    if (!k)
      assert_true(value(text, "edge") < 30e-9 && value(text, "energy") < 1e-12);
    free(text);
  }
}

static void pulse_extenders_follow_their_bias(void **state) {
  check_extender(state, "pex", 1.05e-6);
  check_extender(state, "pex_low", 0.965e-6);
}

/* Codes count units; what is missing is the units' output conductance and the switches. */
static void check_dac(void **state, const char *name, int bits) {
  char edit[400] = "", renew[600];
  if (bits == 6) {
    snprintf(renew, sizeof renew,
             "cd '%s/testbenches/spice' && awk -v bits=6 -f expand.awk "
             "../../analog-models/cells/*/cell.cir > cells.inc",
             (char *)*state);
    assert_int_equal(system(renew), 0);
    snprintf(edit, sizeof edit, "%s",
             "s/b3 vw/b3 b4 b5 vw/;s/n3 vw/n3 n4 n5 vw/;s/vcode 0 15/vcode 0 63/;s/\\[15\\]/[63]/;"
             "s/1,15/1,63/;s/0,14/0,62/;s/iw=400n/iw=100n/;"
             "s/^x3 .*/&\\nx4 code b4 bit k=4\\nx5 code b5 bit k=5/;"
             "s/^b3 .*/&\\nb4 n4 0 V=1.8-v(b4)\\nb5 n5 0 V=1.8-v(b5)/");
  }
  char *text = run_deck(state, name, edit);
  char what[60];
  snprintf(what, sizeof what, "%s: full scale in units, %d bits", name, bits);
  check(what, value(text, "full"), (1 << bits) - 1, 0.02);
  snprintf(what, sizeof what, "%s: unit current, %d bits", name, bits);
  check(what, value(text, "unit"), bits == 6 ? 100e-9 : 400e-9, 0.05);
  assert_true(value(text, "smallest") > 0.9);
  assert_true(value(text, "largest") < 1.1);
  free(text);
}

static void weight_dacs_count_units(void **state) {
  check_dac(state, "wdac_n", 4);
  check_dac(state, "wdac_p", 4);
}

static void weight_dacs_work_with_six_bits(void **state) {
  check_dac(state, "wdac_n", 6);
  check_dac(state, "wdac_p", 6);
}

/* 1.5 % more in the smallest range, where the master's diode has four times UT across it; less than
 * 0.3 % above, where only the short transistors' finite share of the voltage is left. */
static void bias_branches_are_monotonic_in_every_range(void **state) {
  static const char *const deck[] = {"bias_n", "bias_p", "bias_nn", "bias_pp"};
  for (size_t d = 0; d < 4; d++) {
    char *text = run_deck(state, deck[d], "");
    int ranges = 0;
    for (const char *line = strstr(text, "master "); line; line = strstr(line + 1, "\nmaster ")) {
      double master, ratio, smallest;
      line += *line == '\n';
      if (sscanf(line, "master %lf ratio %lf smallest %lf", &master, &ratio, &smallest) != 3)
        continue;
      /* Two stacked pFET diodes have no headroom at 2 uA; rest levels need at most 100 nA. */
      if (master > 1e-6 && !strcmp(deck[d], "bias_pp"))
        continue;
      char what[80];
      snprintf(what, sizeof what, "%s: full code over the code's current, range of %.3g nA",
               deck[d], 1e9 * master);
      check(what, ratio, 1, master < 100e-12 ? 0.02 : 0.015);
      snprintf(what, sizeof what, "%s: smallest step in steps, range of %.3g nA", deck[d],
               1e9 * master);
      print_message("%s: %.4g, equation 1 (%+.1f %%)\n", what, smallest, 100 * (smallest - 1));
      assert_true(smallest > 0.95);
      ranges++;
    }
    assert_true(ranges >= 5);
    free(text);
  }
}

static void axon_hillock_follows_its_charges(void **state) {
  char *text = run_deck(state, "ah_soma", "");
  const double i = 170e-9 - 1e-9, reset = 1e-6, iamp = 200e-9, c = 3e-12, c1 = 18e-15;
  /* How far the membrane moves on while the amplifier's current moves v1, both ways (cell.cir). */
  double over = sqrt(c1 * 1.8 * UT / (KAPPA_N * iamp * c)) * (sqrt(i) + sqrt(reset - i));
  double q = 1.8 * 0.8e-12 + c * over;
  /* c1 is estimated from areas; mn1 and the pair's gates add 2 % to cmem. */
  check("ah_soma: period", value(text, "period"), q * (1 / i + 1 / (reset - i)) + 60e-9, 0.1);
  check("ah_soma: width", value(text, "width"), q / (reset - i), 0.12);
  double swing = value(text, "top") - value(text, "bottom");
  check("ah_soma: swing", swing, 2 * 1.8 * 0.8e-12 / c + over, 0.05);
  free(text);
}

static void comparator_neuron_integrates_to_its_threshold(void **state) {
  char *text = run_deck(state, "if_soma", "");
  const double i = 170e-9 - 54e-9 / 16;
  double refractory = value(text, "refractory");
  check("if_soma: refractory time", refractory, 200e-15 * 1.5 / 130e-9, 0.15);
  /* The comparator's 60 nA need half a microsecond to move v1, and the gates add to cmem. */
  check("if_soma: period", value(text, "period"), 1e-12 * value(text, "threshold") / i + refractory,
        0.2);
  check("if_soma: width of a request", value(text, "width"), 60e-9, 0.25);
  free(text);
}

static void soma_without_handshake_keeps_the_others_period(void **state) {
  char *free_text = run_deck(state, "dpi_soma_free", ""), *text = run_deck(state, "dpi_soma", "");
  /* Only the 60 ns of the acknowledge and the width of its own spike differ. */
  check("dpi_soma_free: period", value(free_text, "period"), value(text, "period"), 0.05);
  check("dpi_soma_free: width of a spike", value(free_text, "width"), 20e-15 * 0.5 / 95e-9, 0.3);
  free(free_text);
  free(text);
}

static void adaptation_slows_a_constant_input_down(void **state) {
  char *text = run_deck(state, "dpi_soma_adapt", "");
  const double c = 1.1e-12, igain = 1.5e-9, i = -value(text, "before");
  /* dIahp of the equation times I/(I + igain): the DPI is linear only far above its gain current.
   * The pair leaves weak inversion during the pulse, as in the synapses. */
  check("adapt: step of a spike", value(text, "step"),
        igain * 800e-9 * 60e-9 * KAPPA_N / (c * UT) * i / (i + igain), 0.25);
  check("adapt: tau", value(text, "tau"), c * UT / (KAPPA_N * 5.76e-9 / 16), 0.2);
  print_message("dpi_soma_adapt: period %.2f us, adapted %.2f us\n", value(text, "first") * 1e6,
                value(text, "adapted") * 1e6);
  assert_true(value(text, "adapted") > 1.2 * value(text, "first"));
  free(text);
}

static void winner_takes_all(void **state) {
  char *text = run_deck(state, "wta4", "");
  /* The bias transistor's drain is lower than its diode's: 1 % less. */
  check("wta4: share of four equal inputs", value(text, "share"), 2.5e-9, 0.02);
  check("wta4: output of an input 2 % above", value(text, "above"), 10e-9, 0.02);
  check("wta4: sum of the outputs", value(text, "sum"), 10e-9, 0.02);
  assert_true(value(text, "below") < 0.01 * 10e-9);
  free(text);
}

/* The written-out cells that the decks include are those of analog-models. */
static void decks_hold_the_current_cells(void **state) {
  char command[600];
  snprintf(command, sizeof command,
           "cd '%s/../testbenches/spice' && awk -v bits=4 -f expand.awk "
           "../../analog-models/cells/*/cell.cir | cmp -s - cells.inc",
           MS_TEST_MODELS_DIR);
  (void)state;
  if (system(command))
    fail_msg("testbenches/spice/cells.inc is out of date: renew it as its README says");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decks_hold_the_current_cells),
      cmocka_unit_test(soma_follows_the_dpi_equation),
      cmocka_unit_test(excitatory_synapse_follows_the_dpi_equation),
      cmocka_unit_test(inhibitory_synapse_follows_the_dpi_equation),
      cmocka_unit_test(pulse_extenders_follow_their_bias),
      cmocka_unit_test(weight_dacs_count_units),
      cmocka_unit_test(weight_dacs_work_with_six_bits),
      cmocka_unit_test(bias_branches_are_monotonic_in_every_range),
      cmocka_unit_test(axon_hillock_follows_its_charges),
      cmocka_unit_test(comparator_neuron_integrates_to_its_threshold),
      cmocka_unit_test(soma_without_handshake_keeps_the_others_period),
      cmocka_unit_test(adaptation_slows_a_constant_input_down),
      cmocka_unit_test(winner_takes_all),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
