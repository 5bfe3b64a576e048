/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics. */
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void ms_sort(double *value, size_t n) {
  qsort(value, n, sizeof *value, ascending);
}

double ms_quantile(const double *sorted, size_t n, double q) {
  if (!n)
    return NAN;
  double at = q * (double)(n - 1);
  size_t i = (size_t)at;
  return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}
