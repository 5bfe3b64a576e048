/* SPDX-License-Identifier: Apache-2.0 */
/* Planning of the sparse LU: minimum degree order on the symmetrised pattern, symbolic fill. */
#include "engine/table/lu.h"

#include <stdlib.h>
#include <string.h>

int ms_lu_place(const ms_lu *lu, int r, int c) {
  for (int i = 0; i < lu->nnz; i++)
    if (lu->row[i] == r && lu->col[i] == c)
      return i;
  return lu->nnz;
}

/* Picks pivots of least degree and marks the fill each makes. */
static void choose_order(ms_lu *lu, unsigned char *m) {
  int n = lu->n;
  unsigned char done[MS_LU_MAX] = {0};
  for (int k = 0; k < n; k++) {
    int best = -1, least = 0;
    for (int i = 0; i < n; i++) {
      if (done[i])
        continue;
      int degree = 0;
      for (int j = 0; j < n; j++)
        degree += !done[j] && (m[i * n + j] || m[j * n + i]);
      if (best < 0 || degree < least) {
        best = i;
        least = degree;
      }
    }
    done[best] = 1;
    lu->order[k] = best;
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++)
        if (!done[i] && !done[j] && m[i * n + best] && m[best * n + j])
          m[i * n + j] = 1;
  }
}

static void write_program(ms_lu *lu) {
  int n = lu->n, *p = lu->program, n_lower = 0, n_upper = 0;
  unsigned char done[MS_LU_MAX] = {0};
  for (int k = 0; k < n; k++) {
    int pivot = lu->order[k], *n_target = p++;
    *n_target = 0;
    done[pivot] = 1;
    lu->diagonal[k] = ms_lu_place(lu, pivot, pivot);
    lu->lower_at[k] = n_lower;
    lu->upper_at[k] = n_upper;
    for (int j = 0; j < n; j++) {
      int place = ms_lu_place(lu, pivot, j);
      if (!done[j] && place < lu->nnz) {
        lu->upper[n_upper++] = place;
        lu->upper[n_upper++] = j;
      }
    }
    for (int i = 0; i < n; i++) {
      int place = ms_lu_place(lu, i, pivot);
      if (done[i] || place == lu->nnz)
        continue;
      lu->lower[n_lower++] = place;
      lu->lower[n_lower++] = i;
      ++*n_target;
      *p++ = place;
      int *n_update = p++;
      *n_update = 0;
      for (int u = lu->upper_at[k]; u < n_upper; u += 2) {
        *p++ = ms_lu_place(lu, i, lu->upper[u + 1]);
        *p++ = lu->upper[u];
        ++*n_update;
      }
    }
  }
  lu->lower_at[n] = n_lower;
  lu->upper_at[n] = n_upper;
  lu->n_program = (size_t)(p - lu->program);
}

int ms_lu_plan(ms_lu *lu, int n, const unsigned char *nonzero) {
  memset(lu, 0, sizeof *lu);
  if (n < 1 || n > MS_LU_MAX)
    return -1;
  unsigned char m[n * n];
  memcpy(m, nonzero, sizeof m);
  for (int i = 0; i < n; i++)
    m[i * n + i] = 1;
  lu->n = n;
  choose_order(lu, m);
  size_t nn = (size_t)n * (size_t)n;
  lu->row = malloc(nn * sizeof(int));
  lu->col = malloc(nn * sizeof(int));
  lu->lower = malloc(2 * nn * sizeof(int));
  lu->upper = malloc(2 * nn * sizeof(int));
  lu->program = malloc((nn * (size_t)n * 2 + 3 * nn + (size_t)n) * sizeof(int));
  if (!lu->row || !lu->col || !lu->lower || !lu->upper || !lu->program) {
    ms_lu_free(lu);
    return -1;
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if (m[i * n + j]) {
        lu->row[lu->nnz] = i;
        lu->col[lu->nnz++] = j;
      }
  write_program(lu);
  return 0;
}

void ms_lu_free(ms_lu *lu) {
  free(lu->row);
  free(lu->col);
  free(lu->lower);
  free(lu->upper);
  free(lu->program);
  memset(lu, 0, sizeof *lu);
}
