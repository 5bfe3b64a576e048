/* SPDX-License-Identifier: Apache-2.0 */
/* Sizing: least area under demands on variances, and which lines of a netlist are meant. */
#include "size.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near(double value, double wanted, double tolerance) {
  if (!(fabs(value - wanted) <= tolerance))
    fail_msg("%.9g instead of %.9g +- %g", value, wanted, tolerance);
}

static void test_largest_sigma_within_limits(void **state) {
  (void)state;
  /* 95 % below a limit: 1.6449 sigma; 95 % between symmetric ones: 1.9600 sigma. */
  near(ms_size_sigma(10, NAN, 12, 0.95), 2 / 1.644853627, 1e-6);
  near(ms_size_sigma(10, 8, 12, 0.95), 2 / 1.959963985, 1e-6);
  near(ms_size_sigma(10, 4, 12, 0.95), 2 / 1.644853627, 2e-3);
  assert_true(ms_size_sigma(13, 8, 12, 0.95) < 0);
}

/* With one demand the optimum is known: s_i = sqrt(e_i / a_i) sum(sqrt(e a)) / limit. */
static void test_one_demand_has_the_known_optimum(void **state) {
  (void)state;
  double effect[] = {4, 1, 0}, area[] = {1, 4, 2}, low[] = {0.01, 0.01, 0.01},
         high[] = {100, 100, 100}, scale[3];
  ms_demand d = {.rest = 0.5, .limit = 2.5, .effect = effect};
  ms_size_solve(&d, 1, area, low, high, 3, scale);
  near(scale[0], 2 * 4 / 2.0, 1e-3);
  near(scale[1], 0.5 * 4 / 2.0, 1e-3);
  near(scale[2], 0.01, 1e-9); /* nothing depends on it */
}

static void test_every_demand_is_met_and_limits_hold(void **state) {
  (void)state;
  double effect[2][3] = {{4, 1, 0.1}, {0.2, 3, 0.3}}, area[] = {1, 2, 1}, low[] = {0.5, 0.5, 1},
         high[] = {16, 16, 1}, scale[3];
  ms_demand d[] = {{0, 2, effect[0]}, {0.1, 1, effect[1]}};
  ms_size_solve(d, 2, area, low, high, 3, scale);
  for (int c = 0; c < 2; c++) {
    double v = d[c].rest;
    for (int i = 0; i < 3; i++)
      v += effect[c][i] / scale[i];
    assert_true(v <= d[c].limit * 1.001);
  }
  near(scale[2], 1, 1e-12);
  ms_demand slack = {0, 100, effect[0]};
  ms_size_solve(&slack, 1, area, low, high, 3, scale);
  near(scale[0], 0.5, 1e-9);
}

static void test_lines_and_their_copies(void **state) {
  (void)state;
  assert_true(ms_size_is_copy("soma.ml1", "ml1"));
  assert_false(ms_size_is_copy("soma.ml12", "ml1"));
  assert_true(ms_size_is_copy("cell.mu12", "mu@k@"));
  assert_false(ms_size_is_copy("cell.mux", "mu@k@"));
  assert_true(ms_size_is_copy("cell.m3b", "m@k@b"));
  assert_false(ms_size_is_copy("exc0.dac.mu2", "mu@k@")); /* of another cell */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_largest_sigma_within_limits),
      cmocka_unit_test(test_one_demand_has_the_known_optimum),
      cmocka_unit_test(test_every_demand_is_met_and_limits_hold),
      cmocka_unit_test(test_lines_and_their_copies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
