/* SPDX-License-Identifier: Apache-2.0 */
/* Observed membranes: from voltages to what gradients use, the membrane's current over its
 * threshold. */
#ifndef MS_METHODS_MEMBRANE_H
#define MS_METHODS_MEMBRANE_H

#include "methods/lab.h"

/** Moves the estimates of one die's thresholds towards what a batch's runs show: a comparator takes
 * about 0.05 tau from its threshold to the request, so the threshold is where the membrane was that
 * much before.
 * @param grid_s     between two samples of a membrane
 * @param tau_s      the encoding's tau
 * @param threshold  [n_neuron] V, 0: not known yet. A neuron that has not fired gets the median of
 *                   those that have; stays 0 where none has */
void ms_membrane_thresholds(const ms_lab_result *run, size_t n_run, unsigned n_neuron,
                            double grid_s, double tau_s, double *threshold);

/** Turns a run's voltages, in place, into logarithms of membrane current over threshold.
 * @param slope_v  volts per e-fold of the current, UT/kappa */
void ms_membrane_levels(ms_lab_result *run, unsigned n_neuron, const double *threshold,
                        double slope_v);

#endif
