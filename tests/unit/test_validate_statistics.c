/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics and curve measures of validate against values known from elsewhere. */
#include "curve.h"
#include "statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near(double value, double wanted, double tolerance) {
  if (!(fabs(value - wanted) <= tolerance))
    fail_msg("%.9g instead of %.9g +- %g", value, wanted, tolerance);
}

/* Clopper-Pearson limits as published tables have them, four digits. */
static void test_yield_intervals_are_clopper_pearson(void **state) {
  (void)state;
  static const struct {
    size_t k, n;
    double confidence, low, high;
  } known[] = {{8, 10, 0.95, 0.4439, 0.9748},    {0, 20, 0.95, 0, 0.1684},
               {20, 20, 0.95, 0.8316, 1},        {200, 200, 0.95, 0.9817, 1},
               {190, 200, 0.95, 0.9100, 0.9758}, {50, 100, 0.95, 0.3983, 0.6017}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    ms_interval v = ms_yield_interval(known[i].k, known[i].n, known[i].confidence);
    near(v.low, known[i].low, 6e-5);
    near(v.high, known[i].high, 6e-5);
  }
  ms_interval none = ms_yield_interval(0, 0, 0.95);
  assert_true(none.low == 0 && none.high == 1);
}

static void test_spread_leaves_out_what_has_no_value(void **state) {
  (void)state;
  double v[] = {4, NAN, 2, 9, NAN, 5};
  ms_spread s = ms_spread_of(v, 6);
  assert_int_equal(s.n, 4);
  assert_int_equal(s.n_missing, 2);
  near(s.mean, 5, 1e-12);
  near(s.sd, 2.943920289, 1e-8);
  near(s.median, 4.5, 1e-12);
  assert_true(s.min == 2 && s.max == 9);
}

static void test_regression_finds_the_coefficients(void **state) {
  (void)state;
  double x[40 * 2], y[40], b[3];
  for (int i = 0; i < 40; i++) {
    x[2 * i] = sin(i);
    x[2 * i + 1] = cos(1.7 * i);
    y[i] = 3 - 2 * x[2 * i] + 0.5 * x[2 * i + 1];
  }
  assert_true(ms_regress(x, y, 40, 2, b));
  near(b[0], 3, 1e-9);
  near(b[1], -2, 1e-9);
  near(b[2], 0.5, 1e-9);
  for (int i = 0; i < 40; i++)
    x[2 * i + 1] = 2 * x[2 * i];
  assert_false(ms_regress(x, y, 40, 2, b)); /* one column follows from the other */
  assert_false(ms_regress(x, y, 3, 2, b));
}

static void test_normal_distribution(void **state) {
  (void)state;
  near(ms_normal(0), 0.5, 1e-12);
  near(ms_normal(1.959963985), 0.975, 1e-8);
}

enum { N = 4001 };
static double t[N], y[N];

static void test_time_constants_of_an_exponential(void **state) {
  (void)state;
  /* Up at 1 us with 0.5 us, down from 6 us with 2 us. */
  for (int i = 0; i < N; i++) {
    t[i] = 20e-6 * i / (N - 1);
    double up = t[i] < 1e-6 ? 0 : 1 - exp(-(t[i] - 1e-6) / 0.5e-6);
    y[i] = t[i] < 6e-6 ? up : exp(-(t[i] - 6e-6) / 2e-6);
  }
  ms_xy c = {t, y, N};
  near(ms_xy_tau(&c, 6e-6, 1, 0), 2e-6, 2e-8);
  ms_xy rise = {t, y, 1200};
  near(ms_xy_result(&rise, MS_RESULT_TAU_RISE, NAN), 0.5e-6, 1e-8);
  near(ms_xy_result(&rise, MS_RESULT_RISE_TIME, NAN), 0.5e-6 * log(9), 1e-8);
  near(ms_xy_result(&c, MS_RESULT_WIDTH, 0.5), 5e-6 + (2e-6 - 0.5e-6) * log(2), 2e-8);
  assert_true(isnan(ms_xy_tau(&c, 19.9e-6, 1, 0)));
}

static void test_periods_of_a_wave(void **state) {
  (void)state;
  for (int i = 0; i < N; i++) {
    t[i] = i / 4000.0;
    y[i] = sin(2 * 3.14159265358979 * 10 * t[i] - 0.3);
  }
  ms_xy c = {t, y, N};
  near(ms_xy_result(&c, MS_RESULT_FREQUENCY, 0), 10, 1e-3);
  near(ms_xy_result(&c, MS_RESULT_COUNT, 0), 10, 0);
  near(ms_xy_result(&c, MS_RESULT_JITTER, 0), 0, 1e-4);
  near(ms_xy_result(&c, MS_RESULT_MEAN, NAN), 0, 1e-3);
}

static void test_converter_errors(void **state) {
  (void)state;
  const double code[] = {0, 1, 2, 3, 4}, good[] = {10, 20, 30, 40, 50},
               bad[] = {10, 18, 30, 29, 50}, sink[] = {0, -1, -2, -3, -4.4};
  ms_xy a = {code, good, 5}, b = {code, bad, 5}, c = {code, sink, 5};
  near(ms_xy_inl(&a), 0, 1e-12);
  near(ms_xy_dnl(&a), 0, 1e-12);
  assert_true(ms_xy_monotonic(&a) == 1);
  near(ms_xy_gain(&a), 10, 1e-12);
  near(ms_xy_inl(&b), 1.1, 1e-12);
  near(ms_xy_dnl(&b), 1.1, 1e-12);
  assert_true(ms_xy_monotonic(&b) == 0 && ms_xy_monotonic(&c) == 1);
  near(ms_xy_result(&b, MS_RESULT_CROSSING, 14), 0.5, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_yield_intervals_are_clopper_pearson),
      cmocka_unit_test(test_spread_leaves_out_what_has_no_value),
      cmocka_unit_test(test_regression_finds_the_coefficients),
      cmocka_unit_test(test_normal_distribution),
      cmocka_unit_test(test_time_constants_of_an_exponential),
      cmocka_unit_test(test_periods_of_a_wave),
      cmocka_unit_test(test_converter_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
