/* SPDX-License-Identifier: Apache-2.0 */
/* The behavioural neuron as a vector of parameters: logarithms of factors on a base model. What
 * only ratios of currents decide is moved by one of the two. */
#ifndef MS_METHODS_FIT_MODEL_H
#define MS_METHODS_FIT_MODEL_H

#include "methods/fit_record.h"
#include "mixspike/fit.h"

enum {
  MS_FIT_SOMA = 5,
  MS_FIT_ROW = 5 + MS_MODEL_MAX_BITS,
  MS_FIT_MOST = MS_FIT_SOMA + MS_FIT_ROW * MS_MAX_ROWS
};

size_t ms_fit_count(const ms_core *core);
void ms_fit_apply(const ms_core *core, const ms_neuron_model *base, const double *p,
                  ms_neuron_model *out);

/** Standard deviation of a parameter that has one for its kind. */
typedef struct ms_fit_prior {
  const char *name; /**< behind the dot: "tau" */
  double sd;
} ms_fit_prior;
/** Looks parameter i up; `otherwise` where its kind is not in the list. */
double ms_fit_prior_of(const ms_core *core, size_t i, const ms_fit_prior *prior, size_t n,
                       double otherwise);

/** Finds the parameters with which a neuron fires when the records say so.
 * @param times  see ms_fit_times
 * @param prior  [n] standard deviation of each parameter before anything was seen; 0: it stays
 * @param p      [n] out  @param error  [n] out, standard errors; may be NULL */
int ms_fit_solve(const ms_core *core, const ms_neuron_model *base, const ms_fit_times *times,
                 const ms_fit_record *const *record, size_t n_record, const double *prior,
                 double *p, double *error, ms_error *err);

/** What a pulse of row r at half scale does to a neuron at rest: excitatory, the share of the
 * charge that lifts the membrane to its threshold; inhibitory, how much it shortens the time
 * constant, integrated over time. Spikes decide this, not the currents that make it up. */
double ms_fit_weight(const ms_core *core, const ms_neuron_model *model, size_t row,
                     const ms_fit_times *times);
/** The same of any code. */
double ms_fit_weight_of(const ms_neuron_model *model, size_t row, unsigned code, double pulse_s);

/** How well a model's own spikes agree with the records. */
typedef struct ms_fit_match {
  double rate, late;
  size_t runs, both, agree;
} ms_fit_match;
void ms_fit_match_add(ms_fit_match *match, const ms_core *core, const ms_neuron_model *model,
                      const ms_fit_times *times, const ms_fit_record *record);
ms_fit_error ms_fit_match_error(const ms_fit_match *match, uint64_t die);

/** Times of a setup's chips. */
int ms_fit_times_of(const ms_setup *setup, ms_lab *lab, ms_fit_times *out, ms_error *err);

#endif
