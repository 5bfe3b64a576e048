/* SPDX-License-Identifier: Apache-2.0 */
/* The model's parameters from the circuits. */
#ifndef MS_METHODS_FIT_H
#define MS_METHODS_FIT_H

#include "methods/lab.h"
#include "model/params.h"

/** Fits the behavioural neuron to the chip's circuits on the die without mismatch and measures how
 * well it follows them there and on the training dies (held-out stimuli).
 * @param model    out
 * @param error    out, [n_error] malloc'd: the die without mismatch first
 * @param spent    chip samples, added to */
int ms_fit(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error **error,
           size_t *n_error, uint64_t *spent, const ms_control *control, ms_error *err);

/** Only the fit to the die without mismatch, and its error there on fresh stimuli. */
int ms_fit_nominal(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error *error,
                   const ms_control *control, ms_error *err);

/** How well one model for all neurons follows a die (its first sixteen neurons) on fresh stimuli.
 */
int ms_fit_check(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                 const ms_die *die, uint64_t seed, ms_fit_error *error, const ms_control *control,
                 ms_error *err);

/** Training's units of a neuron, with the latencies of the lab's router and pulses. */
int ms_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                  ms_sim_params *out, ms_error *err);

#endif
