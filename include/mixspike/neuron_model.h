/* SPDX-License-Identifier: Apache-2.0 */
/* The behavioural neuron: equations and parameters that the model engine integrates and the trainer
 * differentiates. It carries gradients and fast forward passes, never a claim about a chip.
 *
 * Synapse row (DPI, Bartolozzi and Indiveri 2007), output current I, weight current w while its
 * pulse is on and 0 otherwise:
 *
 *     tau dI/dt = w/Itau * I/(1 + I/Igain) - (I - I0)
 *
 * I0 is the current at rest; a pulse must first lift I from I0 to Igain, which costs the charge
 * C UT/kappa ln(Igain/I0) (the dead zone). Without a pulse I decays to I0 with tau, exactly.
 *
 * Soma (DPI membrane, Livi and Indiveri 2009; Chicca et al. 2014), in the logarithm
 * V = ln(Imem/Igain), V0 = ln(I0/Igain):
 *
 *     tau dV/dt = Iexc/(Itau (1 + e^V)) - (1 + Iinh/Itau) (1 - e^(V0 - V))
 *
 * with Iexc the sum over the excitatory rows and the constant input, Iinh that over the inhibitory
 * rows. A comparator node takes the difference between Imem and Ithr; the neuron fires when it has
 * moved far enough, so a membrane that passes the threshold slowly fires later:
 *
 *     dc/dt = e^(V - Vthr) - 1, c >= 0,     spike at c = compare_s
 *
 * The request rises rise_s after that. After the acknowledge has been given the request falls by
 * fall_s later and the membrane stays at rest until t_ref_s after the acknowledge has been
 * released; then it integrates again from V0. Synapses integrate all the time. */
#ifndef MIXSPIKE_NEURON_MODEL_H
#define MIXSPIKE_NEURON_MODEL_H

#include "mixspike/engine.h"

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MS_MODEL_MAX_BITS = 8 };

/** One synapse row. */
typedef struct ms_row_model {
  int sign;                           /**< MS_EXC or MS_INH */
  double tau_s;                       /**< time constant, C UT/(kappa Itau) */
  double itau_a, igain_a;             /**< leak and gain currents, A */
  double i0_a;                        /**< output current at rest, A */
  double iw_bit_a[MS_MODEL_MAX_BITS]; /**< weight current of each DAC bit, A */
  double iw_off_a;                    /**< weight current of code 0, A */
  double pulse_s;  /**< width of the pulse that the row makes from a trigger, s; 0: it makes none */
  double iw_curve; /**< by which share a pulse at full scale brings more charge than in proportion
                        to the smallest codes (a pulse first fills the switch's own nodes) */
} ms_row_model;

/** One neuron with its rows, on one die. */
typedef struct ms_neuron_model {
  double tau_s;            /**< membrane time constant, s */
  double itau_a, igain_a;  /**< leak and gain currents, A */
  double ithr_a;           /**< threshold of the membrane current, A */
  double compare_s;        /**< charge that turns the comparator over, in units of ithr_a, s */
  double i0_a;             /**< membrane current at rest, A */
  double idc_a;            /**< constant input current, A */
  double t_ref_s;          /**< from the release of the acknowledge to integrating again, s */
  double rise_s;           /**< from the threshold to the rise of the request, s */
  double fall_s;           /**< from the acknowledge to the fall of the request, s */
  double slope_v, rest_v;  /**< membrane voltage: rest_v + slope_v (V - V0) */
  double power_w;          /**< static power, W */
  double spike_j, event_j; /**< energy of one spike, of one synaptic event, J */
  unsigned n_row;
  ms_row_model row[MS_MAX_ROWS]; /**< in the order of core->row */
} ms_neuron_model;

/** Weight current of a DAC code, A. */
static inline double ms_row_model_weight_a(const ms_row_model *row, unsigned code) {
  double w = 0, full = 0;
  for (unsigned k = 0; k < MS_MODEL_MAX_BITS; k++) {
    full += row->iw_bit_a[k];
    if (code >> k & 1u)
      w += row->iw_bit_a[k];
  }
  w = row->iw_off_a + (full > 0 ? w * (1 + row->iw_curve * w / full) : 0);
  return w > 0 ? w : 0;
}

/** dI/dt of a row, A/s: output current i_a, weight current w_a (0 without a pulse). */
static inline double ms_row_model_slope(const ms_row_model *row, double i_a, double w_a) {
  return (w_a / row->itau_a * i_a / (1 + i_a / row->igain_a) - (i_a - row->i0_a)) / row->tau_s;
}

/** V0, the membrane at rest. */
static inline double ms_neuron_model_rest(const ms_neuron_model *m) {
  return log(m->i0_a / m->igain_a);
}

/** The membrane's threshold. */
static inline double ms_neuron_model_threshold(const ms_neuron_model *m) {
  return log(m->ithr_a / m->igain_a);
}

/** What the comparator gains in h_s seconds while the membrane goes evenly from `before` to
 * `after`, both relative to the threshold; `held` is what it has already. */
static inline double ms_neuron_model_compare(double held_s, double h_s, double before,
                                             double after) {
  if (before <= 0 && after <= 0 && held_s <= 0)
    return 0;
  if (before < 0 && held_s <= 0) { /* starts where the membrane passes the threshold */
    h_s *= after / (after - before);
    before = 0;
  }
  double rise = after - before;
  double mean = fabs(rise) > 1e-6 ? exp(before) * expm1(rise) / rise : exp(before);
  double held = held_s + h_s * (mean - 1);
  return held > 0 ? held : 0;
}

/** dV/dt of the membrane, 1/s, for V >= V0. */
static inline double ms_neuron_model_slope(const ms_neuron_model *m, double v, double exc_a,
                                           double inh_a) {
  double x = exp(v), x_rest = m->i0_a / m->igain_a;
  return (exc_a / (m->itau_a * (1 + x)) - (1 + inh_a / m->itau_a) * (1 - x_rest / x)) / m->tau_s;
}

/** Spread of the parameters without a fit: relative standard deviations of lognormal factors, drawn
 * from the die as "n<k>.soma.itau", "n<k>.<row>.igain", "n<k>.<row>.iw2" and so on. A time constant
 * follows its Itau. */
typedef struct ms_model_spread {
  double soma_itau, soma_igain, soma_ithr, soma_tref;
  double row_itau, row_igain, row_bit;
} ms_model_spread;

/** Spread of minimum-area cells at A_VT 7 to 10 mV um in weak inversion (docs/coupling.md). */
MS_API ms_model_spread ms_model_spread_default(void);

/** The model that a core's nominal values give: currents from the bias codes, time constants and
 * capacitors from the core's nominal time constants at their default codes.
 * @param pvt   temperature scales UT; corner and supply do not enter. NULL: nominal
 * @param code  [core->n_bias] bias codes; NULL: the defaults of `set`
 * @param set   MS_SET_ACCELERATED or MS_SET_BIOLOGICAL
 * Fails with MS_EMISSING where the core lacks a bias line that the model needs. */
MS_API int ms_neuron_model_nominal(const ms_core *core, const ms_pvt *pvt, const uint16_t *code,
                                   int set, ms_neuron_model *out, ms_error *err);

/** Moves every parameter of `model` to neuron `neuron` of a die. */
MS_API void ms_neuron_model_draw(ms_neuron_model *model, const ms_core *core,
                                 const ms_model_spread *spread, const ms_die *die, unsigned neuron);

/** Gives one neuron of a model engine its own parameters, whatever die, corner or bias codes a run
 * names (a fit holds for those that it was made at). NULL: back to nominal values and draws.
 * Not while a group of that neuron runs. */
MS_API int ms_model_engine_set(ms_engine *engine, unsigned neuron, const ms_neuron_model *model,
                               ms_error *err);

/** Spread of the draws of neurons without parameters of their own. */
MS_API int ms_model_engine_set_spread(ms_engine *engine, const ms_model_spread *spread,
                                      ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
