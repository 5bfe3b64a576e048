/* SPDX-License-Identifier: Apache-2.0 */
/* From a neuron in amperes and seconds to the units of training. */
#include "model/params.h"

#include <string.h>

void ms_sim_params_from(const ms_neuron_model *m, const ms_sim_latency *latency, double pulse_s,
                        double tau_s, unsigned dac_bits, ms_sim_params *out) {
  memset(out, 0, sizeof *out);
  out->rate = (float)(tau_s / m->tau_s);
  out->rest = (float)(m->i0_a / m->igain_a);
  out->threshold = (float)(m->ithr_a / m->igain_a);
  out->compare = (float)(m->compare_s / tau_s);
  out->constant = (float)(m->idc_a / m->itau_a);
  out->dead =
      (float)((m->rise_s + latency->ack_s + m->fall_s + latency->release_s + m->t_ref_s) / tau_s);
  out->input_delay = (float)(latency->input_s / tau_s);
  out->spike_delay = (float)((m->rise_s + latency->spike_s) / tau_s);
  out->pace = (float)(latency->pace_s / tau_s);
  out->queues = latency->queues;
  out->n_code = 1u << dac_bits;
  out->n_row = m->n_row;
  for (unsigned r = 0; r < m->n_row; r++) {
    const ms_row_model *from = &m->row[r];
    ms_sim_row *to = &out->row[r];
    to->sign = from->sign;
    to->rate = (float)(tau_s / from->tau_s);
    to->rest = (float)(from->i0_a / from->igain_a);
    to->drive = (float)(from->igain_a / m->itau_a);
    /* Code 0 has its leakage, but a connection of code 0 is left out of the routing table. */
    for (unsigned code = 1; code < out->n_code; code++)
      to->charge[code] =
          (float)(ms_row_model_weight_a(from, code) * pulse_s / (from->itau_a * from->tau_s));
    unsigned s = (unsigned)from->sign;
    out->of_sign[s][out->n_of_sign[s]++] = (uint8_t)r;
  }
}
