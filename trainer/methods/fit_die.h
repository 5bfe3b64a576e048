/* SPDX-License-Identifier: Apache-2.0 */
/* Every neuron of one die. */
#ifndef MS_METHODS_FIT_DIE_H
#define MS_METHODS_FIT_DIE_H

#include "methods/fit_model.h"

/** Runs `stimuli` stimuli on a die and as many fresh ones as a quarter of that, and fits each
 * neuron's parameters to the first.
 * @param nominal  fitted to the die without mismatch; the parameters are factors on it
 * @param out      free with ms_die_fit_clear */
int ms_fit_die(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal, uint64_t die,
               unsigned stimuli, ms_die_fit *out, const ms_control *control, ms_error *err);
/** The same with other random stimuli for every `series`; those of ms_fit_die are series 0. */
int ms_fit_die_series(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                      uint64_t die, unsigned stimuli, unsigned series, ms_die_fit *out,
                      const ms_control *control, ms_error *err);
/** Fits a die's neurons again, from where they are, to what they do with a network: each then sees
 * its own synapses and its own inputs' times.
 * @param value  [n] values of samples of the task, which the die runs
 * @param fit    changed; after a failure it may be half changed */
int ms_refit_die(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                 const ms_network *network, const double *const *value, size_t n, ms_die_fit *fit,
                 const ms_control *control, ms_error *err);
int ms_die_fit_create(const ms_setup *setup, uint64_t die, ms_die_fit *out, ms_error *err);
void ms_die_fit_clear(ms_die_fit *fit);

/** Training's parameters of every neuron of a fitted die. @param out  [n_neuron] */
int ms_die_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                      const ms_die_fit *fit, ms_sim_params *out, ms_error *err);

#endif
