/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics over dies. */
#ifndef MS_VALIDATE_STATISTICS_H
#define MS_VALIDATE_STATISTICS_H

#include "mixspike/validate.h"

/** Spread of n values; NaN counts as missing. The values are sorted in place, NaN last. */
ms_spread ms_spread_of(double *value, size_t n);

/** Least squares with a constant: y ~ b0 + sum b_j x_j, by normal equations and Cholesky.
 * @param x  [n][p]
 * @param b  [1 + p] out
 * @return false if the columns do not determine the coefficients */
bool ms_regress(const double *x, const double *y, size_t n, size_t p, double *b);

/** Probability that a standard normal lies below z. */
double ms_normal(double z);

#endif
