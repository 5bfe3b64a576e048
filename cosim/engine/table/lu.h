/* SPDX-License-Identifier: Apache-2.0 */
/* Sparse LU for one fixed pattern: order and fill are found once, then every factorisation is a
 * straight list of multiply-subtracts without search or branch. Pivots stay on the diagonal, which
 * suits circuit matrices whose diagonal carries alpha0 C. */
#ifndef MS_TABLE_LU_H
#define MS_TABLE_LU_H

#include "mixspike/base.h"

enum { MS_LU_MAX = 64 };

typedef double ms_v4 __attribute__((vector_size(32)));

typedef struct ms_lu {
  int n, nnz;           /**< nonzeroes with fill */
  int *row, *col;       /**< [nnz] of each nonzero */
  int order[MS_LU_MAX]; /**< k-th pivot */
  /** Elimination as a flat program: n_target, then for every target its multiplier's place and
   * n_update pairs (destination, source); see ms_lu_factor. */
  int *program;
  size_t n_program;
  int diagonal[MS_LU_MAX]; /**< place of each pivot, in pivot order */
  /** Substitution: for pivot k the targets of L below it and of U beside it: (place, index). */
  int *lower, *upper;
  int lower_at[MS_LU_MAX + 1], upper_at[MS_LU_MAX + 1];
} ms_lu;

/** Plans the factorisation of a matrix with the given nonzeroes (the diagonal is added).
 * Returns 0 or -1 (out of memory, or n > MS_LU_MAX). */
MS_API int ms_lu_plan(ms_lu *lu, int n, const unsigned char *nonzero /* [n][n] */);
MS_API void ms_lu_free(ms_lu *lu);
/** Place of element (r, c) among the nonzeroes, or nnz if it is not there. */
MS_API int ms_lu_place(const ms_lu *lu, int r, int c);

/** Factors `a` in place: reciprocal pivots on the diagonal. */
static inline void ms_lu_factor(const ms_lu *lu, double *a) {
  const int *p = lu->program;
  for (int k = 0; k < lu->n; k++) {
    double inverse = 1 / a[lu->diagonal[k]];
    a[lu->diagonal[k]] = inverse;
    for (int n_target = *p++; n_target > 0; n_target--) {
      int place = *p++;
      double factor = a[place] * inverse;
      a[place] = factor;
      for (int n_update = *p++; n_update > 0; n_update--, p += 2)
        a[p[0]] -= factor * a[p[1]];
    }
  }
}

/** Solves with the factors; b becomes x. */
static inline void ms_lu_solve(const ms_lu *lu, const double *a, double *b) {
  for (int k = 0; k < lu->n; k++) {
    double x = b[lu->order[k]];
    for (int i = lu->lower_at[k]; i < lu->lower_at[k + 1]; i += 2)
      b[lu->lower[i + 1]] -= a[lu->lower[i]] * x;
  }
  for (int k = lu->n - 1; k >= 0; k--) {
    double x = b[lu->order[k]];
    for (int i = lu->upper_at[k]; i < lu->upper_at[k + 1]; i += 2)
      x -= a[lu->upper[i]] * b[lu->upper[i + 1]];
    b[lu->order[k]] = x * a[lu->diagonal[k]];
  }
}

/** The same for four right-hand sides at once. */
static inline void ms_lu_solve4(const ms_lu *lu, const double *a, ms_v4 *b) {
  for (int k = 0; k < lu->n; k++) {
    ms_v4 x = b[lu->order[k]];
    for (int i = lu->lower_at[k]; i < lu->lower_at[k + 1]; i += 2)
      b[lu->lower[i + 1]] -= a[lu->lower[i]] * x;
  }
  for (int k = lu->n - 1; k >= 0; k--) {
    ms_v4 x = b[lu->order[k]];
    for (int i = lu->upper_at[k]; i < lu->upper_at[k + 1]; i += 2)
      x -= a[lu->upper[i]] * b[lu->upper[i + 1]];
    b[lu->order[k]] = x * a[lu->diagonal[k]];
  }
}

#endif
