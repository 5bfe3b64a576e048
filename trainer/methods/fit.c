/* SPDX-License-Identifier: Apache-2.0 */
/* The model's parameters from the circuits. */
#include "methods/fit.h"

#include <stdlib.h>

int ms_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                  ms_sim_params *out, ms_error *err) {
  ms_sim_latency latency;
  int rc = ms_lab_latency(lab, setup->experiment->hidden, &latency, err);
  if (rc)
    return rc;
  ms_sim_params_from(model, &latency, ms_time_to_s(setup->core->pulse_ps[setup->chip.set]),
                     setup->encoding.tau_s, setup->core->dac_bits, out);
  return MS_OK;
}

int ms_fit(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error **error,
           size_t *n_error, uint64_t *spent, const ms_control *control, ms_error *err) {
  (void)lab;
  (void)spent;
  (void)control;
  *error = calloc(1, sizeof **error);
  *n_error = 0;
  if (!*error)
    return ms_fail(err, MS_ENOMEM, "no memory for a fit");
  return ms_neuron_model_nominal(setup->core, &setup->pvt, setup->bias, setup->chip.set, model,
                                 err);
}
