/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics over dies: intervals of proportions, spreads, least squares. */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  if (isnan(x) || isnan(y))
    return isnan(x) - isnan(y);
  return (x > y) - (x < y);
}

ms_spread ms_spread_of(double *v, size_t n) {
  ms_spread s = {.mean = NAN, .sd = NAN, .min = NAN, .median = NAN, .max = NAN};
  qsort(v, n, sizeof *v, ascending);
  while (s.n < n && !isnan(v[s.n]))
    s.n++;
  s.n_missing = n - s.n;
  if (!s.n)
    return s;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < s.n; i++)
    sum += v[i];
  s.mean = sum / (double)s.n;
  for (size_t i = 0; i < s.n; i++)
    squares += (v[i] - s.mean) * (v[i] - s.mean);
  s.sd = s.n > 1 ? sqrt(squares / (double)(s.n - 1)) : 0;
  s.min = v[0];
  s.max = v[s.n - 1];
  s.median = s.n % 2 ? v[s.n / 2] : 0.5 * (v[s.n / 2 - 1] + v[s.n / 2]);
  return s;
}

static double column(const double *x, size_t i, size_t j, size_t p) {
  return j ? x[i * p + j - 1] : 1;
}

bool ms_regress(const double *x, const double *y, size_t n, size_t p, double *b) {
  size_t m = p + 1;
  double *a = calloc(m * m, sizeof *a);
  bool good = a && n > m;
  for (size_t j = 0; j < m && good; j++) {
    b[j] = 0;
    for (size_t i = 0; i < n; i++)
      b[j] += column(x, i, j, p) * y[i];
    for (size_t k = 0; k <= j; k++)
      for (size_t i = 0; i < n; i++)
        a[j * m + k] += column(x, i, j, p) * column(x, i, k, p);
  }
  for (size_t j = 0; j < m && good; j++) { /* Cholesky, then forward substitution on b */
    for (size_t k = 0; k <= j && good; k++) {
      double sum = a[j * m + k];
      for (size_t i = 0; i < k; i++)
        sum -= a[j * m + i] * a[k * m + i];
      if (k < j)
        a[j * m + k] = sum / a[k * m + k];
      else if ((good = sum > 1e-12 * a[j * m + j]))
        a[j * m + j] = sqrt(sum);
    }
    for (size_t i = 0; i < j && good; i++)
      b[j] -= a[j * m + i] * b[i];
    if (good)
      b[j] /= a[j * m + j];
  }
  for (size_t j = m; j-- > 0 && good;) {
    for (size_t i = j + 1; i < m; i++)
      b[j] -= a[i * m + j] * b[i];
    b[j] /= a[j * m + j];
  }
  free(a);
  return good;
}

double ms_normal(double z) {
  return 0.5 * erfc(-z / sqrt(2));
}
