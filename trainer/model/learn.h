/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients over batches on several threads, Adam, and the random numbers of training. Results do
 * not depend on the number of threads. */
#ifndef MS_MODEL_LEARN_H
#define MS_MODEL_LEARN_H

#include "model/net.h"

/** Random numbers that a checkpoint can hold (SplitMix64). */
typedef struct ms_random {
  uint64_t state;
} ms_random;
uint64_t ms_random_u64(ms_random *r);
/** Uniform in [0, 1). */
double ms_random_uniform(ms_random *r);
double ms_random_normal(ms_random *r);
/** Puts 0..n-1 in random order. */
void ms_random_shuffle(ms_random *r, uint32_t *order, size_t n);

/** Weights with Adam's moments (Kingma and Ba 2015): all that training changes. */
typedef struct ms_learner {
  ms_topology topology;
  size_t n;
  float *weight, *first, *second; /**< [n] */
  double decay;                   /**< of the weights: weight of half their squares in the loss */
  uint64_t updates;
} ms_learner;

int ms_learner_create(const ms_topology *topology, ms_random *random, ms_learner **out);
void ms_learner_destroy(ms_learner *learner);
/** One step of Adam of any numbers, the `update`-th (from 1). */
void ms_adam(float *value, float *first, float *second, const float *gradient, size_t n,
             uint64_t update, double rate);
/** One step of Adam against `gradient`; weights stay in -1..1. */
void ms_learner_step(ms_learner *learner, const float *gradient, double rate);

/** Networks for several threads. */
typedef struct ms_crew ms_crew;
int ms_crew_create(const ms_topology *topology, const ms_sim_params *params,
                   const ms_encoding *encoding, double smallest_dt_tau, unsigned threads,
                   ms_crew **out);
void ms_crew_destroy(ms_crew *crew);

typedef struct ms_batch_result {
  double loss; /**< mean */
  unsigned correct;
  double activity; /**< hidden spikes per sample */
} ms_batch_result;

/** Mean loss and gradient of a batch.
 * @param gradient  [weights] out; NULL: forward only, loss is then NaN
 * @param decision  [n] out, class or -1; may be NULL */
int ms_crew_run(ms_crew *crew, const float *weight, const ms_sim_sample *sample, size_t n,
                const ms_net_options *options, float *gradient, int *decision,
                ms_batch_result *result);

#endif
