/* SPDX-License-Identifier: Apache-2.0 */
/* The planned sparse LU solves what it was planned for, with fill where the pattern needs it. */
#include "engine/table/lu.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t seed = 7;
static double draw(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) * 0x1p-53;
}

static void random_sparse_systems_are_solved(void **state) {
  (void)state;
  for (int trial = 0; trial < 200; trial++) {
    int n = 1 + (int)(draw() * 15);
    unsigned char pattern[16 * 16] = {0};
    for (int i = 0; i < n * n; i++)
      pattern[i] = draw() < 0.3;
    ms_lu lu;
    assert_int_equal(ms_lu_plan(&lu, n, pattern), 0);
    double dense[16][16] = {{0}}, a[257] = {0}, x[16], b[16] = {0};
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        if (pattern[i * n + j] || i == j)
          a[ms_lu_place(&lu, i, j)] = dense[i][j] = draw() - 0.5 + (i == j ? 8 : 0);
    for (int i = 0; i < n; i++)
      x[i] = draw();
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        b[i] += dense[i][j] * x[j];
    ms_lu_factor(&lu, a);
    ms_lu_solve(&lu, a, b);
    for (int i = 0; i < n; i++)
      if (fabs(b[i] - x[i]) > 1e-10)
        fail_msg("trial %d (seed 7), n %d: x[%d] = %g instead of %g", trial, n, i, b[i], x[i]);
    ms_lu_free(&lu);
  }
}

static void absent_elements_have_no_place(void **state) {
  (void)state;
  const unsigned char pattern[4] = {1, 0, 0, 1};
  ms_lu lu;
  assert_int_equal(ms_lu_plan(&lu, 2, pattern), 0);
  assert_int_equal(lu.nnz, 2);
  assert_int_equal(ms_lu_place(&lu, 0, 1), lu.nnz);
  ms_lu_free(&lu);
  assert_int_equal(ms_lu_plan(&lu, MS_LU_MAX + 1, pattern), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_sparse_systems_are_solved),
      cmocka_unit_test(absent_elements_have_no_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
