/* SPDX-License-Identifier: Apache-2.0 */
/* Levenberg-Marquardt for a few parameters and some hundred residuals. */
#ifndef MS_METHODS_LEAST_SQUARES_H
#define MS_METHODS_LEAST_SQUARES_H

#include "mixspike/base.h"

/** Residuals of a parameter vector.
 * @param p  [n] parameters  @param r  [m] out */
typedef void ms_residuals(void *user, const double *p, double *r);

/** Lowers the sum of squares from the start in `p`; the Jacobian is taken by differences.
 * @param p           [n] in: start, out: the best found
 * @param step        change of a parameter for the differences
 * @param iterations  at most so many
 * @param error       out, root mean square of the residuals; may be NULL
 * @param deviation   [n] out, standard errors of the parameters from the Jacobian at the end (m >
 * n); may be NULL */
int ms_least_squares(ms_residuals *residuals, void *user, size_t n, size_t m, double *p,
                     double step, unsigned iterations, double *error, double *deviation,
                     ms_error *err);

#endif
