/* SPDX-License-Identifier: Apache-2.0 */
/* One behavioural neuron under recorded deliveries: how far it is from a recorded spike train, and
 * the train that it makes by itself. */
#ifndef MS_METHODS_FIT_NEURON_H
#define MS_METHODS_FIT_NEURON_H

#include "model/params.h"

/** What one neuron of a chip got and did during one run. */
typedef struct ms_fit_record {
  unsigned neuron;
  double window_s;
  size_t n_delivery, n_spike;
  ms_delivery *delivery; /**< in order of time */
  double *spike_s;
} ms_fit_record;

/** Times that the neuron does not know itself. */
typedef struct ms_fit_times {
  double pulse_s; /**< width of a pulse */
  double dead_s;  /**< router's share of the time from a request to integrating again */
  double unit_s;  /**< residuals count in this: tau of the encoding, whatever the model's */
} ms_fit_times;

/** Residuals of a record: the membrane is set back at each recorded spike, so that one early error
 * does not spoil the rest. n_spike residuals: by how many units the model would fire late (or
 * early, negative), and one for the silence after the last spike.
 * @param residual  [n_spike + 1] out */
void ms_fit_forced(const ms_neuron_model *model, const ms_core *core, const ms_fit_times *times,
                   const ms_fit_record *record, double *residual);

/** The model's own spikes.
 * @param spike_s  [most] out  @return how many */
size_t ms_fit_free(const ms_neuron_model *model, const ms_core *core, const ms_fit_times *times,
                   const ms_fit_record *record, double *spike_s, size_t most);

/** A row's current over its gain current after a pulse, which is short against tau: x + ln x grows
 * by its charge (neuron_model.h without the decay). */
double ms_fit_kick(double x, double charge);

#endif
