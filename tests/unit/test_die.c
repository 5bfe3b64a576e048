/* SPDX-License-Identifier: Apache-2.0 */
/* Die identity: draws depend on seed, die, path and parameter alone, and are standard normal. */
#include "mixspike/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void draws_are_the_same_in_any_order(void **state) {
  (void)state;
  ms_die a = {.seed = 7, .die = 3, .strength = 1};
  double first = ms_die_draw(&a, "n3.soma.mt1", MS_DRAW_DVTH);
  ms_die_draw(&a, "n4.soma.mt1", MS_DRAW_DBETA);
  assert_true(first == ms_die_draw(&a, "n3.soma.mt1", MS_DRAW_DVTH));
}

static void draws_differ_by_seed_die_path_and_parameter(void **state) {
  (void)state;
  ms_die a = {.seed = 7, .die = 3, .strength = 1}, b = a, c = a;
  b.die = 4;
  c.seed = 8;
  double x = ms_die_draw(&a, "n3.soma.mt1", MS_DRAW_DVTH);
  assert_true(x != ms_die_draw(&b, "n3.soma.mt1", MS_DRAW_DVTH));
  assert_true(x != ms_die_draw(&c, "n3.soma.mt1", MS_DRAW_DVTH));
  assert_true(x != ms_die_draw(&a, "n3.soma.mt2", MS_DRAW_DVTH));
  assert_true(x != ms_die_draw(&a, "n3.soma.mt1", MS_DRAW_DBETA));
}

static void a_die_of_strength_zero_has_no_mismatch(void **state) {
  (void)state;
  ms_die a = {.seed = 7, .die = 3, .strength = 0};
  assert_true(ms_die_draw(&a, "n3.soma.mt1", MS_DRAW_DVTH) == 0.0);
}

/* 40000 draws: standard errors 0.005 (mean), 0.0035 (sd), 0.005 (correlation); bounds at 4 of them.
 */
static void draws_are_standard_normal_and_uncorrelated_between_dies(void **state) {
  (void)state;
  double sum = 0, squares = 0, cross = 0;
  const int n = 40000;
  for (int i = 0; i < n; i++) {
    ms_die a = {.seed = 1, .die = (uint64_t)i, .strength = 1}, b = a;
    b.die++;
    double x = ms_die_draw(&a, "n0.soma.mt1", MS_DRAW_DVTH);
    sum += x;
    squares += x * x;
    cross += x * ms_die_draw(&b, "n0.soma.mt1", MS_DRAW_DVTH);
  }
  assert_true(fabs(sum / n) < 0.02);
  assert_true(fabs(sqrt(squares / n) - 1) < 0.014);
  assert_true(fabs(cross / n) < 0.02);
}

/* Pins the generator: a change here makes every recorded die another one. */
static void known_draws_stay_known(void **state) {
  (void)state;
  ms_die a = {.seed = 1, .die = 0, .strength = 1};
  char text[40];
  snprintf(text, sizeof text, "%.9f", ms_die_draw(&a, "n0.soma.mt1", MS_DRAW_DVTH));
  assert_string_equal(text, "0.891124583");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_are_the_same_in_any_order),
      cmocka_unit_test(draws_differ_by_seed_die_path_and_parameter),
      cmocka_unit_test(a_die_of_strength_zero_has_no_mismatch),
      cmocka_unit_test(draws_are_standard_normal_and_uncorrelated_between_dies),
      cmocka_unit_test(known_draws_stay_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
