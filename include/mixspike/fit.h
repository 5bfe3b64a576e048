/* SPDX-License-Identifier: Apache-2.0 */
/* The behavioural model's parameters of every neuron of a die, from the spikes of its circuits, and
 * the spread that mismatch gives to each of them (docs/fit.md). */
#ifndef MIXSPIKE_FIT_H
#define MIXSPIKE_FIT_H

#include "mixspike/neuron_model.h"
#include "mixspike/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The neurons of one die. Parameters are logarithms of factors on the nominal model; which is
 * which says ms_fit_parameter. */
typedef struct ms_die_fit {
  uint64_t die;
  size_t n_neuron, n_parameter;
  double *value;        /**< [n_neuron][n_parameter] */
  double *error;        /**< standard error of each, the same shape */
  ms_fit_error nominal; /**< on fresh stimuli: one nominal model for all neurons */
  ms_fit_error fitted;  /**< on the same stimuli: each neuron's own */
} ms_die_fit;

/** Spread of one parameter over all neurons of all fitted dies, in logarithms of factors. A fit
 * pulls what spikes say little about to the nominal value: there `error` is near the prior and `sd`
 * small. The first ones are the rows' weights ("exc0.weight"): what a pulse at half scale brings,
 * for an excitatory row as a share of the way to the threshold. Spikes decide those well. */
typedef struct ms_fit_spread {
  char name[64];
  double mean, sd;  /**< over all neurons, as fitted */
  double sd_die;    /**< of the dies' means */
  double error;     /**< root mean square of the standard errors; NaN for weights */
  double low, high; /**< 5th and 95th percentile of the factors themselves */
} ms_fit_spread;

typedef struct ms_fit_report {
  ms_neuron_model nominal; /**< of the die without mismatch */
  ms_fit_error error;      /**< of that, on fresh stimuli */
  size_t n_die;
  ms_die_fit *die;
  size_t n_parameter;
  size_t n_spread;
  ms_fit_spread *spread; /**< [n_spread] */
  uint64_t chip_samples;
  double wall_s; /**< of this call */
} ms_fit_report;

/** How a die's bias codes are calibrated. */
typedef struct ms_calibration {
  unsigned rounds;  /**< 0: not at all */
  unsigned stimuli; /**< of each round, to fit the neurons with; 0: 24 */
} ms_calibration;

/** Lines that calibration moves: bit i is core->bias[i], of the first 64. Sets of neurons that do
 * not share them have these for themselves (ms_bias_sharing). */
MS_API uint64_t ms_calibrate_lines(const ms_core *core);

typedef struct ms_fit_options {
  const uint64_t *die; /**< [n_die] */
  size_t n_die;
  const char *output; /**< folder, made if missing: fit.h5 after every die, fit.json and fit.csv at
                           the end; NULL: nothing is written */
  ms_calibration calibrate; /**< of each die before it is fitted; the fit then has other stimuli, so
                                 that it does not see the errors that calibration has followed */
  int resume;               /**< take over the dies that fit.h5 has; MS_EMISSING if there is none */
  ms_control control;
} ms_fit_options;

/** Name of parameter i: "soma.tau", "exc0.charge", "inh0.bit3". */
MS_API const char *ms_fit_parameter(const ms_core *core, size_t i, char *text, size_t size);

/** Fits the nominal model and then every neuron of every die on the experiment's engine, whose
 * number of stimuli is the experiment's `fit.stimuli`.
 * @param report  free with ms_fit_report_clear, also after an error
 * @return MS_EINTERRUPTED after control.cancel; fit.h5 then holds the dies that are done */
MS_API int ms_fit_dies(const ms_experiment *experiment, const ms_fit_options *options,
                       ms_fit_report *report, ms_error *err);
/** A report as JSON text; free it. */
MS_API char *ms_fit_json(const ms_fit_report *report);
MS_API void ms_fit_report_clear(ms_fit_report *report);

#ifdef __cplusplus
}
#endif
#endif
