/* SPDX-License-Identifier: Apache-2.0 */
/* One layer of behavioural neurons over a few samples at once (lanes), stepped through time, and
 * its gradient. The exponential decays and the charge of pulses are integrated exactly; the
 * membrane by splitting (half a step of leak, the input charge, half a step of leak); spikes are
 * placed inside their step. */
#ifndef MS_MODEL_LAYER_H
#define MS_MODEL_LAYER_H

#include "model/params.h"

enum { MS_LANES = 8 };

/** A pulse train's share of charge that arrives at a grid point, through one column of synapses. */
typedef struct ms_arrival {
  uint32_t step;   /**< grid point */
  uint16_t column; /**< pre * n_parallel + k */
  uint8_t lane;
  float share; /**< 0..1 */
} ms_arrival;

typedef struct ms_arrivals {
  size_t n, room;
  ms_arrival *item;
  uint32_t *first; /**< after sorting: [steps + 2] index of the first item of each grid point */
} ms_arrivals;

/** A spike of a layer: neuron and lane, in step `step` (between grid points step and step + 1). */
typedef struct ms_sim_spike {
  uint32_t step;
  uint16_t neuron;
  uint8_t lane;
  float t; /**< when the comparator turned, tau */
} ms_sim_spike;

/** Factors on a neuron's parameters: what a die's mismatch does to it. */
typedef struct ms_neuron_factors {
  float tau, threshold, dead; /**< of the membrane */
  float row_tau[2];           /**< by sign */
} ms_neuron_factors;

typedef struct ms_layer {
  const ms_sim_params *p; /**< rows and their order, the same for all neurons */
  unsigned n_pre, n_post, n_parallel, max_steps;
  unsigned n_row;            /**< rows in use */
  uint8_t row[MS_MAX_ROWS];  /**< their numbers in p */
  uint8_t *slot[2];          /**< [n_pre * n_parallel] row in use of each column, by sign */
  float *charge[2];          /**< [n_pre * n_parallel][n_post] of one pulse, by sign */
  float *gain[2];            /**< [n_post] factor of the charges of a sign, 1 without mismatch */
  float *charge_gradient[2]; /**< the same shape */

  /* Parameters as in ms_sim_params; index [(row)][neuron * MS_LANES + lane]. */
  const ms_sim_params **neuron; /**< [n_post] where they come from */
  float *rate, *rest, *threshold, *turn, *constant, *dead;
  float *row_rate, *row_rest, *row_drive;
  float *keep, *mean; /**< of a row over a step of the last run: decay, mean of the decay */

  /* Of the run; index [step][(row)][neuron * MS_LANES + lane]. */
  float *x;          /**< row currents at grid points, after arrivals */
  float *m;          /**< membrane current at grid points, after reset */
  float *peak;       /**< membrane current at the end of a step, before reset */
  float *span;       /**< time that the membrane integrates in a step, in its own time constants */
  float *leak;       /**< decay factor of half a step */
  float *mid;        /**< membrane current after the charge, before the second half of the leak */
  float *q;          /**< one grid point: arriving charge by row */
  float *q_gradient; /**< [step][row][..] gradient by arriving charge */
  float *rem;        /**< dead time left, tau */
  float *compare;    /**< what the comparator has taken, tau */
  int comparing;     /**< some comparator has taken something */
  size_t n_spike, spike_room;
  ms_sim_spike *spike; /**< in order of steps */
} ms_layer;

/** Makes a layer. Column (pre, k) uses row (k, or pre when n_parallel is 1) modulo the rows of each
 * sign. Returns 0 or MS_ENOMEM. */
int ms_layer_create(const ms_sim_params *p, unsigned n_pre, unsigned n_post, unsigned n_parallel,
                    unsigned max_steps, ms_layer **out);
void ms_layer_destroy(ms_layer *layer);

/** Gives one neuron its own parameters (those of ms_layer_create at first).
 * @param p        kept, must outlive the layer; same rows as the layer's
 * @param factors  NULL: none */
void ms_layer_set_neuron(ms_layer *layer, unsigned neuron, const ms_sim_params *p,
                         const ms_neuron_factors *factors);

/** Row of the chip that column (pre, k) uses for a sign; the rule of ms_layer_create. */
static inline unsigned ms_layer_row(unsigned n_parallel, unsigned pre, unsigned k, unsigned rows) {
  return (n_parallel > 1 ? k : pre) % rows;
}

int ms_arrivals_add(ms_arrivals *a, float t, float dt, unsigned n_step, unsigned column,
                    unsigned lane);
int ms_arrivals_sort(ms_arrivals *a, unsigned n_step);
void ms_arrivals_clear(ms_arrivals *a);
void ms_arrivals_free(ms_arrivals *a);

/** What a chip did, instead of the model's own spikes. */
typedef struct ms_recorded {
  size_t n_spike;
  const ms_sim_spike *spike; /**< in order of steps: the trace is made to agree with them */
  const float *membrane;     /**< [n_step + 1][..] current over threshold at grid points, takes the
                                  model's place; NULL: not observed */
  int loose; /**< spikes only reset the trace: it is neither lifted to the threshold where there was
                  one nor kept below where there was none */
} ms_recorded;

/** Runs n_step steps of dt (tau).
 * @param recorded  NULL: spikes where the membrane crosses the threshold
 * @return 0 or MS_ENOMEM */
int ms_layer_forward(ms_layer *layer, const ms_arrivals *in, unsigned n_step, float dt,
                     const ms_recorded *recorded);

/** Gradient of a loss by the last run; adds to charge_gradient and fills q_gradient.
 * @param by_spike  gradient by a spike: of each (neuron, lane) where `stride` is 0, else at
 *                  [step * stride + neuron * MS_LANES + lane]
 * @param by_peak   NULL, or the loss's own gradient by `peak` [step][..]
 * @return 0 or MS_ENOMEM */
int ms_layer_backward(ms_layer *layer, const ms_arrivals *in, unsigned n_step, float beta,
                      const float *by_spike, size_t stride, const float *by_peak);

#endif
