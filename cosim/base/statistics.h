/* SPDX-License-Identifier: Apache-2.0 */
/* Order statistics. */
#ifndef MIXSPIKE_BASE_STATISTICS_H
#define MIXSPIKE_BASE_STATISTICS_H

#include <stddef.h>

/** Sorts numbers, smallest first. */
void ms_sort(double *value, size_t n);

/** The value below which a share `q` of the n sorted values lies (linear interpolation); NaN
 * without values. */
double ms_quantile(const double *sorted, size_t n, double q);

#endif
