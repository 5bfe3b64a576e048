/* SPDX-License-Identifier: Apache-2.0 */
/* Levenberg-Marquardt with Marquardt's scaling: the damping multiplies the diagonal, so that
 * parameters of different sensitivity move alike. */
#include "methods/least_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct work {
  size_t n, m;
  double *jacobian; /* [n][m] */
  double *normal;   /* [n][n] */
  double *factor;   /* [n][n] */
  double *gradient, *move, *trial, *scale;
  double *r, *r_trial;
} work;

static double squares(const double *r, size_t m) {
  double s = 0;
  for (size_t i = 0; i < m; i++)
    s += r[i] * r[i];
  return s;
}

/* Solves (A + damping diag(A)) x = b by Cholesky; 0 if that is not positive definite. */
static int solve(work *w, double damping) {
  size_t n = w->n;
  memcpy(w->factor, w->normal, n * n * sizeof *w->factor);
  for (size_t i = 0; i < n; i++)
    w->factor[i * n + i] += damping * w->scale[i] + 1e-12;
  for (size_t j = 0; j < n; j++) {
    for (size_t k = 0; k < j; k++)
      for (size_t i = j; i < n; i++)
        w->factor[i * n + j] -= w->factor[i * n + k] * w->factor[j * n + k];
    double pivot = w->factor[j * n + j];
    if (!(pivot > 0))
      return 0;
    for (size_t i = j; i < n; i++)
      w->factor[i * n + j] /= sqrt(pivot);
  }
  for (size_t i = 0; i < n; i++) {
    w->move[i] = -w->gradient[i];
    for (size_t k = 0; k < i; k++)
      w->move[i] -= w->factor[i * n + k] * w->move[k];
    w->move[i] /= w->factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; k++)
      w->move[i] -= w->factor[k * n + i] * w->move[k];
    w->move[i] /= w->factor[i * n + i];
  }
  return 1;
}

static void linearise(work *w, ms_residuals *residuals, void *user, const double *p, double step) {
  size_t n = w->n, m = w->m;
  memcpy(w->trial, p, n * sizeof *p);
  for (size_t j = 0; j < n; j++) {
    double *column = w->jacobian + j * m;
    w->trial[j] = p[j] + step;
    residuals(user, w->trial, column);
    w->trial[j] = p[j];
    for (size_t i = 0; i < m; i++)
      column[i] = (column[i] - w->r[i]) / step;
  }
  for (size_t a = 0; a < n; a++) {
    const double *x = w->jacobian + a * m;
    w->gradient[a] = 0;
    for (size_t i = 0; i < m; i++)
      w->gradient[a] += x[i] * w->r[i];
    for (size_t b = 0; b <= a; b++) {
      const double *y = w->jacobian + b * m;
      double s = 0;
      for (size_t i = 0; i < m; i++)
        s += x[i] * y[i];
      w->normal[a * n + b] = w->normal[b * n + a] = s;
    }
    w->scale[a] = w->normal[a * n + a];
  }
}

/* One step down, raising the damping until there is one. 0 if there is none. */
static int descend(work *w, ms_residuals *residuals, void *user, double *p, double *best,
                   double *damping) {
  for (int tries = 0; tries < 10; tries++) {
    if (solve(w, *damping)) {
      for (size_t j = 0; j < w->n; j++)
        w->trial[j] = p[j] + w->move[j];
      residuals(user, w->trial, w->r_trial);
      double s = squares(w->r_trial, w->m);
      if (s < *best) {
        int worth = *best - s > 1e-4 * *best;
        memcpy(p, w->trial, w->n * sizeof *p);
        memcpy(w->r, w->r_trial, w->m * sizeof *w->r);
        *best = s;
        *damping = fmax(*damping / 5, 1e-7);
        return worth;
      }
    }
    *damping *= 4;
  }
  return 0;
}

/* Square roots of the diagonal of s^2 (J^T J)^-1, column by column of the inverse. */
static void standard_errors(work *w, double sum, double *deviation) {
  double variance = sum / (double)(w->m > w->n ? w->m - w->n : 1);
  for (size_t j = 0; j < w->n; j++) {
    memset(w->gradient, 0, w->n * sizeof *w->gradient);
    w->gradient[j] = -1;
    deviation[j] = solve(w, 0) ? sqrt(fmax(variance * w->move[j], 0)) : INFINITY;
  }
}

int ms_least_squares(ms_residuals *residuals, void *user, size_t n, size_t m, double *p,
                     double step, unsigned iterations, double *error, double *deviation,
                     ms_error *err) {
  double *memory = calloc(n * m + 2 * n * n + 4 * n + 2 * m, sizeof *memory);
  if (!memory)
    return ms_fail(err, MS_ENOMEM, "no memory for a fit of %zu parameters", n);
  double *next = memory;
  work w = {.n = n, .m = m};
  w.jacobian = next, next += n * m;
  w.normal = next, next += n * n;
  w.factor = next, next += n * n;
  w.gradient = next, next += n;
  w.move = next, next += n;
  w.trial = next, next += n;
  w.scale = next, next += n;
  w.r = next, next += m;
  w.r_trial = next;
  residuals(user, p, w.r);
  double best = squares(w.r, m), damping = 0.01;
  for (unsigned k = 0; k < iterations; k++) {
    linearise(&w, residuals, user, p, step);
    if (!descend(&w, residuals, user, p, &best, &damping))
      break;
  }
  if (deviation) {
    linearise(&w, residuals, user, p, step);
    standard_errors(&w, best, deviation);
  }
  if (error)
    *error = sqrt(best / (double)(m ? m : 1));
  free(memory);
  return MS_OK;
}
