/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics over dies: quantiles, intervals, paired tests. */
#ifndef MIXSPIKE_STATISTICS_H
#define MIXSPIKE_STATISTICS_H

#include "mixspike/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_interval {
  double low, high;
} ms_interval;

/** Clopper-Pearson interval of a proportion: exact, so that it covers at least `confidence`. */
MS_API ms_interval ms_yield_interval(size_t n_pass, size_t n, double confidence);

/** Sorts numbers, smallest first. */
MS_API void ms_sort(double *value, size_t n);

/** The value below which a share `q` of the n sorted values lies (linear interpolation); NaN
 * without values. */
MS_API double ms_quantile(const double *sorted, size_t n, double q);

/** Half the width of Student's interval of a mean; NaN for fewer than two values. */
MS_API double ms_mean_half_width(const double *value, size_t n, double confidence);

/** Two-sided p value of Wilcoxon's signed-rank test that paired differences have median 0: exact up
 * to 25 differences that are not 0, beyond by the normal approximation with ties; 1 without any. */
MS_API double ms_signed_rank_p(const double *difference, size_t n);

#ifdef __cplusplus
}
#endif
#endif
