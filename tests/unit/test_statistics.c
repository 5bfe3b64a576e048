/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics against values from tables. */
#include "mixspike/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void quantiles_interpolate(void **state) {
  (void)state;
  double v[] = {3, 1, 2, 5, 4};
  ms_sort(v, 5);
  assert_true(ms_quantile(v, 5, 0.5) == 3);
  assert_true(fabs(ms_quantile(v, 5, 0.05) - 1.2) < 1e-12);
  assert_true(ms_quantile(v, 5, 1) == 5);
  assert_true(isnan(ms_quantile(v, 0, 0.5)));
}

/* Student's t at 97.5 %: 12.706 (1 degree of freedom), 2.776 (4), 2.045 (29). */
static void means_have_students_interval(void **state) {
  (void)state;
  double two[] = {0, 2}, five[] = {1, 2, 3, 4, 5}, thirty[30];
  assert_true(fabs(ms_mean_half_width(two, 2, 0.95) - 12.706) < 0.002);
  assert_true(fabs(ms_mean_half_width(five, 5, 0.95) - 2.776 * sqrt(2.5 / 5)) < 1e-3);
  double squares = 0;
  for (int i = 0; i < 30; i++) {
    thirty[i] = i % 2 ? 1 : -1;
    squares += 1;
  }
  assert_true(fabs(ms_mean_half_width(thirty, 30, 0.95) - 2.0452 * sqrt(squares / 29 / 30)) < 1e-4);
  assert_true(isnan(ms_mean_half_width(two, 1, 0.95)));
}

static void signed_ranks_have_wilcoxons_probabilities(void **state) {
  (void)state;
  double all_up[] = {1, 2, 3, 4, 5, 6}, one_down[] = {-1, 2, 3, 4, 5, 6};
  assert_true(fabs(ms_signed_rank_p(all_up, 6) - 2.0 / 64) < 1e-12);
  assert_true(fabs(ms_signed_rank_p(one_down, 6) - 4.0 / 64) < 1e-12);
  double even[] = {1, -1, 2, -2, 0, 0};
  assert_true(ms_signed_rank_p(even, 6) > 0.99);
  assert_true(ms_signed_rank_p(even, 0) > 0.99);
  /* Tables: with 25 differences 89 is the largest smaller rank sum with p <= 5 %; here it is 91.
   * With 26 the normal approximation takes over: z = (175.5 - 91 - 0.5)/39.37. */
  double v[26];
  for (int i = 0; i < 26; i++)
    v[i] = (i % 4 ? 1 : -1) * (i + 1.0);
  double p = ms_signed_rank_p(v, 25);
  assert_true(p > 0.05 && p < 0.058);
  assert_true(fabs(ms_signed_rank_p(v, 26) - erfc(84.0 / 39.37 / sqrt(2))) < 1e-4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quantiles_interpolate),
      cmocka_unit_test(means_have_students_interval),
      cmocka_unit_test(signed_ranks_have_wilcoxons_probabilities),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
