/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the simulation worker that need no simulator: sources, corners, crossings. */
#include "engine/ngspice/worker/corners.h"
#include "engine/ngspice/worker/crossing.h"
#include "engine/ngspice/worker/source.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const double ns = 1e-9;

static void a_source_keeps_its_old_value_at_the_edge_itself(void **state) {
  (void)state;
  const ms_ng_source from[] = {{"vnack", 1.8}, {"vp0", 0}};
  ms_sources s;
  assert_int_equal(ms_sources_create(&s, from, 2), 0);
  assert_int_equal(ms_sources_ramp(&s, 1, 10 * ns, 5 * ns, 1.8), 1);
  assert_int_equal(ms_sources_ramp(&s, 1, 20 * ns, 5 * ns, 1.8), 0); /* stands there already */
  assert_true(ms_sources_value(&s, "vp0", 0) == 0);
  assert_true(ms_sources_value(&s, "vp0", 10 * ns) == 0);
  assert_true(fabs(ms_sources_value(&s, "vp0", 12.5 * ns) - 0.9) < 1e-12);
  assert_true(fabs(ms_sources_value(&s, "vp0", 15 * ns) - 1.8) < 1e-12);
  assert_true(ms_sources_value(&s, "vp0", 30 * ns) == 1.8);
  /* Time may go back when a step is redone. */
  assert_true(fabs(ms_sources_value(&s, "vp0", 11 * ns) - 0.36) < 1e-12);
  assert_true(ms_sources_value(&s, "vnack", 30 * ns) == 1.8);
  assert_true(ms_sources_value(&s, "vother", 30 * ns) == 0);
  ms_sources_clear(&s);
}

static void a_ramp_cut_off_by_another_goes_on_from_where_it_stood(void **state) {
  (void)state;
  const ms_ng_source from[] = {{"vp0", 0}};
  ms_sources s;
  assert_int_equal(ms_sources_create(&s, from, 1), 0);
  ms_sources_ramp(&s, 0, 10 * ns, 5 * ns, 1.0);
  ms_sources_ramp(&s, 0, 12 * ns, 5 * ns, 0.0);
  assert_true(fabs(ms_sources_value(&s, "vp0", 12 * ns) - 0.4) < 1e-12);
  assert_true(fabs(ms_sources_value(&s, "vp0", 14.5 * ns) - 0.2) < 1e-12);
  assert_true(ms_sources_value(&s, "vp0", 20 * ns) == 0);
  ms_sources_clear(&s);
}

static double told[8];
static size_t n_told;
static void tell(double t_s) {
  told[n_told++] = t_s;
}

static void corners_are_ordered_merged_and_told_once(void **state) {
  (void)state;
  ms_corners c = {0};
  ms_corners_add(&c, 30 * ns);
  ms_corners_add(&c, 10 * ns);
  ms_corners_add(&c, 20 * ns);
  ms_corners_add(&c, 20 * ns + 1e-21); /* rounding: the same corner */
  assert_int_equal(c.n, 3);
  assert_true(ms_corners_next(&c, 0, 99) == 10 * ns);
  assert_true(ms_corners_next(&c, 10 * ns, 99) == 20 * ns);
  assert_true(ms_corners_next(&c, 30 * ns, 99) == 99);
  n_told = 0;
  ms_corners_tell(&c, 12 * ns, tell);
  assert_int_equal(n_told, 3);
  assert_true(told[0] == 12 * ns && told[1] == 20 * ns && told[2] == 30 * ns);
  ms_corners_tell(&c, 12 * ns, tell);
  assert_int_equal(n_told, 3);
  ms_corners_pass(&c, 25 * ns);
  ms_corners_add(&c, 26 * ns);
  assert_true(ms_corners_next(&c, 0, 99) == 26 * ns);
  for (int i = 0; i < 1000; i++) { /* old ones make room */
    ms_corners_pass(&c, (40 + i) * ns);
    assert_int_equal(ms_corners_add(&c, (41 + i) * ns), 0);
  }
  assert_true(c.capacity <= 128);
  ms_corners_clear(&c);
}

static void crossings_have_hysteresis_and_are_interpolated(void **state) {
  (void)state;
  ms_crossing c;
  double hit;
  ms_crossing_begin(&c, 0, 0.6, 0.4);
  assert_false(ms_crossing_find(&c, 1 * ns, 0.5, &hit));
  ms_crossing_commit(&c, 1 * ns, 0.5, false);
  assert_true(ms_crossing_find(&c, 2 * ns, 1.0, &hit));
  assert_true(fabs(hit - 1.2 * ns) < 1e-15);
  ms_crossing_commit(&c, 2 * ns, 1.0, true);
  assert_false(ms_crossing_find(&c, 3 * ns, 0.5, &hit)); /* between the thresholds */
  ms_crossing_commit(&c, 3 * ns, 0.5, false);
  assert_true(ms_crossing_find(&c, 4 * ns, 0.0, &hit));
  assert_true(hit > 3 * ns && hit < 4 * ns);
}

/* v = (t/10 ns)^2 crosses 0.6 at 7.746 ns; the straight line through the same step says 7.60 ns. */
static void a_parabola_is_followed_exactly(void **state) {
  (void)state;
  ms_crossing c;
  double hit;
  ms_crossing_begin(&c, 0, 0.6, 0.4);
  ms_crossing_commit(&c, 4 * ns, 0.16, false);
  assert_true(ms_crossing_find(&c, 10 * ns, 1.0, &hit));
  assert_true(fabs(hit - 7.7459666924 * ns) < 1e-16);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_source_keeps_its_old_value_at_the_edge_itself),
      cmocka_unit_test(a_ramp_cut_off_by_another_goes_on_from_where_it_stood),
      cmocka_unit_test(corners_are_ordered_merged_and_told_once),
      cmocka_unit_test(crossings_have_hysteresis_and_are_interpolated),
      cmocka_unit_test(a_parabola_is_followed_exactly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
