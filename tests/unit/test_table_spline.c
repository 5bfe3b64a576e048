/* SPDX-License-Identifier: Apache-2.0 */
/* Splines and tables: exact on what a cubic spline can represent, smooth, consistent slices. */
#include "engine/table/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static double value_at(const double *c, int n, double x) {
  int i = (int)x;
  if (i > n - 2)
    i = n - 2;
  double u = x - i, v = 1 - u;
  return (c[i] * v * v * v + c[i + 1] * (4 - 6 * u * u + 3 * u * u * u) +
          c[i + 2] * (4 - 6 * v * v + 3 * v * v * v) + c[i + 3] * u * u * u) /
         6;
}

static void a_cubic_is_reproduced_between_the_knots(void **state) {
  (void)state;
  enum { N = 9 };
  double f[N], c[N + 2];
  for (int i = 0; i < N; i++)
    f[i] = 1 + i * (0.5 + i * (-0.25 + 0.1 * i));
  ms_spline_fit(f, c, N, 1);
  for (double x = 0; x <= N - 1; x += 0.13)
    assert_true(fabs(value_at(c, N, x) - (1 + x * (0.5 + x * (-0.25 + 0.1 * x)))) < 1e-10);
}

/* y = a + 2 s + 3 z + a s and charges like it: products of linear functions are in the space. */
static ms_table *make_table(void) {
  ms_table *t = calloc(1, sizeof *t);
  t->z_c_v = 0.4;
  t->axis[MS_AXIS_A] = (ms_axis){-1, 0.1, 21};
  t->axis[MS_AXIS_S] = (ms_axis){0, 0.25, 7};
  t->axis[MS_AXIS_Z] = (ms_axis){0, 0.1, 8};
  double *sample = malloc(sizeof(double) * 21 * 7 * 8 * MS_N_F), *p = sample;
  for (int s = 0; s < 7; s++)
    for (int a = 0; a < 21; a++)
      for (int z = 0; z < 8; z++)
        for (int k = 0; k < MS_N_F; k++) {
          double va = -1 + 0.1 * a, vs = 0.25 * s, vz = 0.1 * z;
          *p++ = (k + 1) * (va + 2 * vs + 3 * vz + va * vs);
        }
  assert_int_equal(ms_table_fit(t, sample, NULL), 0);
  free(sample);
  return t;
}

static void a_table_gives_value_and_slopes(void **state) {
  (void)state;
  ms_table *t = make_table();
  double f[MS_N_F], df[MS_N_AXIS][MS_N_F], delta = 0.3, z = delta / (delta + 0.4);
  assert_int_equal(ms_table_eval(t, 0.33, 0.61, delta, f, df), 0);
  for (int k = 0; k < MS_N_F; k++) {
    assert_true(fabs(f[k] - (k + 1) * (0.33 + 1.22 + 3 * z + 0.33 * 0.61)) < 1e-5);
    assert_true(fabs(df[MS_AXIS_A][k] - (k + 1) * 1.61) < 1e-4);
    assert_true(fabs(df[MS_AXIS_S][k] - (k + 1) * 2.33) < 1e-4);
    assert_true(fabs(df[MS_AXIS_Z][k] - (k + 1) * 3 * 0.4 / (0.7 * 0.7)) < 1e-3);
  }
  assert_int_equal(ms_table_eval(t, 1.2, 0.61, delta, f, df), 1); /* outside, and says so */
  ms_table_free(t);
}

static void a_slice_is_the_table_at_that_level(void **state) {
  (void)state;
  ms_table *t = make_table();
  float *slice = ms_table_slice_s(t, 0.61);
  assert_non_null(slice);
  /* Coefficients of a function linear in a and z are its values at the (shifted) knots. */
  for (int a = 0; a < 23; a++)
    for (int z = 0; z < 10; z++) {
      double va = -1 + 0.1 * (a - 1), vz = 0.1 * (z - 1);
      double want = va + 1.22 + 3 * vz + va * 0.61;
      assert_true(fabs((double)slice[(a * 10 + z) * MS_N_F] - want) < 1e-5);
    }
  free(slice);
  ms_table_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cubic_is_reproduced_between_the_knots),
      cmocka_unit_test(a_table_gives_value_and_slopes),
      cmocka_unit_test(a_slice_is_the_table_at_that_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
