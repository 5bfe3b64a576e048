/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration of a die by its bias codes; see calibrate.c. */
#ifndef MS_METHODS_CALIBRATE_H
#define MS_METHODS_CALIBRATE_H

#include "methods/fit_model.h"

/** How many codes have to be kept for a calibrated die. */
size_t ms_calibrate_codes(const ms_setup *setup);

/** Moves the bias codes until the median neuron of those that share lines is the nominal one: time
 * constants of the synapses, refractory time, and weight over threshold of each row.
 * @param setup    its bias codes are those that the fits run with; changed
 * @param nominal  fitted at the codes that the setup begins with
 * @param how      its `rounds`: each fits the die once and moves the codes once */
int ms_calibrate(ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal, uint64_t die,
                 const ms_calibration *how, const ms_control *control, ms_error *err);

/** A bias code whose current is `ratio` times that of `code`, as near as the DAC has one: coarse
 * ranges are a factor of 8 apart. */
uint16_t ms_bias_scale(const ms_core_bias *bias, uint16_t code, double ratio);

#endif
