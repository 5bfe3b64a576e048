/* SPDX-License-Identifier: Apache-2.0 */
/* Picking one configuration for dies that nobody has seen: the best among several by a quantile of
 * the accuracy over validation dies, confirmed on held-out dies, packed and reported. */
#ifndef MIXSPIKE_CHOICE_H
#define MIXSPIKE_CHOICE_H

#include "mixspike/package.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_choice_options {
  const char *const
      *folder; /**< [n_folder] packages, and output folders of trainings and studies */
  size_t n_folder;
  double quantile;      /**< that decides, 0 to 1 */
  const char *output;   /**< folder: package/, network.nir, index.html, report.json, state.txt */
  size_t n_confirm_die; /**< held-out dies that the confirming engine runs, where the experiment
                             names one */
  int resume;           /**< take over what state.txt has; MS_EMISSING if there is none */
  ms_control control;
} ms_choice_options;

/** Quantiles of the accuracy over dies. */
typedef struct ms_choice_spread {
  size_t n;
  double low, median, high; /**< 5th percentile, median, 95th percentile */
} ms_choice_spread;

typedef struct ms_choice_candidate {
  char *name;
  double *accuracy; /**< [n_validation] */
  double decided;   /**< at the options' quantile */
  ms_choice_spread spread;
} ms_choice_candidate;

typedef struct ms_choice_report {
  size_t n_candidate, picked;
  ms_choice_candidate *candidate;
  size_t n_validation;
  uint64_t *validation_die;                  /**< [n_validation] */
  size_t n_validation_sample, n_test_sample; /**< per die */
  size_t n_unseen;
  ms_die_result
      *unseen; /**< held-out dies, of the picked candidate; `confirmed` on the first ones */
  ms_choice_spread spread, confirmed;
  double quantile;
} ms_choice_report;

/** Measures every candidate with the validation samples on the experiment's `dies.validation`, on
 * its engine; picks; measures the picked one with the test samples on `dies.held_out`, and on the
 * confirming engine if there is one; writes the output folder. A die on which every sample fails
 * counts as accuracy 0.
 * @param report  free with ms_choice_report_clear, also after an error
 * @return MS_EINVAL: a candidate was trained on a die that shall judge it, or there are no dies;
 * MS_EINTERRUPTED after control.cancel: `resume` continues */
MS_API int ms_choose(const ms_experiment *experiment, const ms_choice_options *options,
                     ms_choice_report *report, ms_error *err);
MS_API void ms_choice_report_clear(ms_choice_report *report);

/** A report as JSON text; free it. */
MS_API char *ms_choice_json(const ms_experiment *experiment, const ms_choice_report *report);

#ifdef __cplusplus
}
#endif
#endif
