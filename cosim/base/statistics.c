/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics, intervals, paired tests. */
#include "mixspike/statistics.h"

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

/* P(X <= k) of a binomial. */
static double binomial_below(size_t k, size_t n, double p) {
  if (p <= 0)
    return 1;
  if (p >= 1)
    return k >= n;
  double sum = 0, all = lgamma((double)n + 1);
  for (size_t i = 0; i <= k; i++)
    sum += exp(all - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(p) +
               (double)(n - i) * log1p(-p));
  return fmin(sum, 1);
}

/* The proportion p at which P(X <= k) has fallen to `tail`. */
static double solve_p(size_t k, size_t n, double tail) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; i++) {
    double p = 0.5 * (low + high);
    *(binomial_below(k, n, p) > tail ? &low : &high) = p;
  }
  return 0.5 * (low + high);
}

ms_interval ms_yield_interval(size_t k, size_t n, double confidence) {
  double tail = 0.5 * (1 - confidence);
  if (!n)
    return (ms_interval){0, 1};
  return (ms_interval){k ? solve_p(k - 1, n, 1 - tail) : 0, k < n ? solve_p(k, n, tail) : 1};
}

/* ---- Student's t ---- */

/* Share of Student's distribution with `freedom` degrees below t > 0: Simpson's rule in the angle
 * atan(t/sqrt(freedom)), in which the density is a power of the cosine. */
static double student_below(double t, double freedom) {
  enum { STEPS = 400 };
  double end = atan(t / sqrt(freedom)), h = end / STEPS, sum = 0;
  for (int i = 0; i <= STEPS; i++) {
    double weight = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;
    sum += weight * pow(cos(h * i), freedom - 1);
  }
  double scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(acos(-1.0));
  return 0.5 + scale * sum * h / 3;
}

double ms_mean_half_width(const double *v, size_t n, double confidence) {
  if (n < 2)
    return NAN;
  double sum = 0, squares = 0, count = (double)n;
  for (size_t i = 0; i < n; i++)
    sum += v[i];
  for (size_t i = 0; i < n; i++)
    squares += (v[i] - sum / count) * (v[i] - sum / count);
  double low = 0, high = 1e6;
  for (int i = 0; i < 80; i++) {
    double t = 0.5 * (low + high);
    *(student_below(t, count - 1) < 0.5 * (1 + confidence) ? &low : &high) = t;
  }
  return low * sqrt(squares / (count - 1) / count);
}

/* ---- Wilcoxon ---- */

static int by_size(const void *a, const void *b) {
  double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
  return (x > y) - (x < y);
}

/* Share of all sign patterns whose sum of positive ranks is at most `sum`; ranks are given doubled,
 * so that ties stay whole. */
static double exact_share(const int *rank, size_t n, int sum) {
  enum { MOST = 25 * 26 + 1 };
  double ways[MOST] = {1};
  int total = 0;
  for (size_t i = 0; i < n; i++) {
    total += rank[i];
    for (int s = total; s >= rank[i]; s--)
      ways[s] += ways[s - rank[i]];
  }
  double below = 0;
  for (int s = 0; s <= sum && s <= total; s++)
    below += ways[s];
  return below / ldexp(1, (int)n);
}

static double signed_rank_p(double *d, size_t n) {
  int *rank = calloc(n + 1, sizeof *rank), positive = 0, total = 0;
  double squares = 0;
  if (!rank)
    return NAN;
  qsort(d, n, sizeof *d, by_size);
  for (size_t i = 0, j; i < n; i = j) {
    for (j = i + 1; j < n && fabs(d[j]) - fabs(d[i]) < 1e-12; j++)
      ;
    for (size_t k = i; k < j; k++)
      rank[k] = (int)(i + 1 + j); /* twice the mean of i + 1 .. j */
  }
  for (size_t i = 0; i < n; i++) {
    total += rank[i];
    squares += 0.25 * rank[i] * rank[i];
    positive += d[i] > 0 ? rank[i] : 0;
  }
  int least = positive < total - positive ? positive : total - positive;
  double p = n <= 25 ? 2 * exact_share(rank, n, least)
                     : erfc((0.25 * total - 0.5 * least - 0.5) / sqrt(0.25 * squares) / sqrt(2));
  free(rank);
  return p < 1 ? p : 1;
}

double ms_signed_rank_p(const double *difference, size_t n) {
  double *d = calloc(n + 1, sizeof *d);
  if (!d)
    return NAN;
  size_t left = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(difference[i]) > 1e-12)
      d[left++] = difference[i];
  double p = left ? signed_rank_p(d, left) : 1;
  free(d);
  return p;
}
