/* SPDX-License-Identifier: Apache-2.0 */
/* The behavioural two-layer network on up to MS_LANES samples: spikes, loss, gradient by weights.
 * Weights are -1..1 in memory; the forward pass sees DAC codes, the gradient passes the rounding
 * straight through. */
#ifndef MS_MODEL_NET_H
#define MS_MODEL_NET_H

#include "model/layer.h"
#include "model/queue.h"

typedef struct ms_topology {
  unsigned n_input, n_hidden, n_class, per_class, parallel, dac_bits;
} ms_topology;

static inline size_t ms_topology_in(const ms_topology *t) {
  return (size_t)t->n_hidden * t->n_input * t->parallel;
}
static inline size_t ms_topology_out(const ms_topology *t) {
  return (size_t)t->n_class * t->per_class * t->n_hidden;
}
static inline size_t ms_topology_weights(const ms_topology *t) {
  return ms_topology_in(t) + ms_topology_out(t);
}

/** Signed DAC code of a weight -1..1. */
int ms_weight_code(float weight, unsigned dac_bits);
/** Codes of all weights: [in][out], as in ms_network. */
void ms_weights_to_network(const float *weight, ms_network *network);
void ms_weights_from_network(const ms_network *network, float *weight);

/** One sample: its input events and, where a chip ran it, the spikes that the chip made. */
typedef struct ms_sim_sample {
  const double *value;
  uint8_t label;
  const ms_event *spike; /**< NULL: the model's own spikes; else request times of all neurons */
  size_t n_spike;
  const float *membrane; /**< NULL, or with `spike`: [neurons][n_membrane] logarithm of each
                              membrane's current over its threshold, a step of the run apart */
  size_t n_membrane;
} ms_sim_sample;

typedef struct ms_net_options {
  double window_tau, dt_tau;
  float beta;
  float gain;   /**< class score: gain times mean spike count of the class's neurons */
  float burst;  /**< weight of the hidden neurons' mean squared spike count in the loss */
  float revive; /**< extra gradient for silent output neurons of the true class */
  int loose;    /**< as in ms_recorded, for samples that a chip ran */

  /* The dies of a batch: group g of MS_LANES samples runs on die draw + g. */
  uint64_t draw;
  double spread; /**< standard deviation of lognormal factors on the synaptic charges, one for
                      each neuron and sign; 0: none */
  double neuron_spread;        /**< the same on thresholds, time constants and dead times */
  unsigned n_drawn;            /**< so many different dies are drawn; 0: ever new ones */
  const ms_sim_params *fitted; /**< [n_fitted][neurons], hidden first: fitted dies instead of the
                                    nominal neuron; NULL: none */
  unsigned n_fitted;
} ms_net_options;

/** Whether groups of samples run on different dies. */
static inline int ms_net_options_vary(const ms_net_options *o) {
  return o->spread > 0 || o->neuron_spread > 0 || o->n_fitted > 1;
}

typedef struct ms_net {
  ms_topology topology;
  ms_sim_params params;
  ms_encoding encoding;
  unsigned max_steps;
  ms_layer *hidden, *output;
  ms_arrivals to_hidden, to_output;
  ms_queue input[MS_LANES], spike[MS_LANES]; /**< events of each sample and when they are served */
  float *wait;             /**< [step][lanes] how long a spike that gets to the router there would
                                wait for its turn, tau */
  float *by_hidden_spike;  /**< [step][hidden * lanes] */
  float *by_output_spike;  /**< [output * lanes] */
  float *hidden_count;     /**< [hidden * lanes] spikes, for the burst term */
  ms_sim_spike *forced[2]; /**< recorded spikes by layer */
  size_t n_forced[2], room_forced[2];
  float *observed[2]; /**< membranes by layer, as ms_recorded has them; NULL until observed */
  unsigned count[MS_LANES][64]; /**< spikes by lane and class */
  float first[MS_LANES][64];    /**< time of the first spike by lane and class, tau */
  float pace[2]; /**< by which a layer's neuron gets the pulses of an event later than the neuron
                      before it, tau: a neuron's own time begins that much later */
  int decision[MS_LANES];
} ms_net;

int ms_net_create(const ms_topology *topology, const ms_sim_params *params,
                  const ms_encoding *encoding, double smallest_dt_tau, ms_net **out);
void ms_net_destroy(ms_net *net);
/** Loads weights (rounded to codes) onto the die of a group of samples.
 * @param group  number of the group within its batch */
void ms_net_load(ms_net *net, const float *weight, const ms_net_options *options, size_t group);
/** Runs samples; fills count, first, decision and the layers' spikes. */
int ms_net_forward(ms_net *net, const ms_sim_sample *sample, unsigned n,
                   const ms_net_options *options);
/** Loss and gradient of the last forward pass.
 * @param gradient  [weights] overwritten
 * @param loss      summed over samples
 * @param activity  [n_hidden] spikes of each hidden neuron, summed over samples */
int ms_net_backward(ms_net *net, const ms_sim_sample *sample, unsigned n,
                    const ms_net_options *options, float *gradient, double *loss,
                    unsigned *activity);

#endif
