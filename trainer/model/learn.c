/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of training, initial weights, Adam. */
#include "model/learn.h"

#include <math.h>
#include <stdlib.h>

uint64_t ms_random_u64(ms_random *r) {
  uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double ms_random_uniform(ms_random *r) {
  return (double)(ms_random_u64(r) >> 11) * 0x1p-53;
}

double ms_random_normal(ms_random *r) {
  double radius = sqrt(-2 * log(1 - ms_random_uniform(r)));
  return radius * cos(2 * acos(-1.0) * ms_random_uniform(r));
}

void ms_random_shuffle(ms_random *r, uint32_t *order, size_t n) {
  for (size_t i = 0; i < n; i++)
    order[i] = (uint32_t)i;
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t)(ms_random_uniform(r) * (double)i);
    uint32_t keep = order[i - 1];
    order[i - 1] = order[j];
    order[j] = keep;
  }
}

/* First layer: mean 0.14, spread 0.3 of full scale for five inputs, so that every neuron has strong
 * inputs of both signs, and for more inputs so much less that their sums are alike; second layer as
 * strong as its larger fan-in allows. */
static void initial_weights(ms_learner *l, ms_random *random) {
  const ms_topology *t = &l->topology;
  size_t n_in = ms_topology_in(t);
  double second = 0.5 / sqrt((double)t->n_hidden) * 2, share = fmin(1, 5.0 / t->n_input);
  for (size_t i = 0; i < l->n; i++) {
    double mean = i < n_in ? 0.14 * share : 0.3 * second;
    double spread = i < n_in ? 0.3 * sqrt(share) : second;
    double w = mean + spread * ms_random_normal(random);
    l->weight[i] = (float)fmax(-1, fmin(1, w));
  }
}

int ms_learner_create(const ms_topology *topology, ms_random *random, ms_learner **out) {
  *out = NULL;
  ms_learner *l = calloc(1, sizeof *l);
  if (!l)
    return MS_ENOMEM;
  l->topology = *topology;
  l->n = ms_topology_weights(topology);
  l->weight = calloc(l->n, sizeof(float));
  l->first = calloc(l->n, sizeof(float));
  l->second = calloc(l->n, sizeof(float));
  if (!l->weight || !l->first || !l->second) {
    ms_learner_destroy(l);
    return MS_ENOMEM;
  }
  initial_weights(l, random);
  *out = l;
  return MS_OK;
}

void ms_learner_destroy(ms_learner *l) {
  if (!l)
    return;
  free(l->weight);
  free(l->first);
  free(l->second);
  free(l);
}

void ms_adam(float *value, float *first, float *second, const float *gradient, size_t n,
             uint64_t update, double rate) {
  const float b1 = 0.9f, b2 = 0.999f;
  double c1 = 1 - pow(0.9, (double)update), c2 = 1 - pow(0.999, (double)update);
  float step = (float)(rate * sqrt(c2) / c1);
  for (size_t i = 0; i < n; i++) {
    float g = gradient[i];
    first[i] = b1 * first[i] + (1 - b1) * g;
    second[i] = b2 * second[i] + (1 - b2) * g * g;
    value[i] -= step * first[i] / (sqrtf(second[i]) + 1e-8f);
  }
}

void ms_learner_step(ms_learner *l, const float *gradient, double rate) {
  float *whole = l->decay > 0 ? malloc(l->n * sizeof *whole) : NULL;
  for (size_t i = 0; whole && i < l->n; i++)
    whole[i] = gradient[i] + (float)l->decay * l->weight[i];
  ms_adam(l->weight, l->first, l->second, whole ? whole : gradient, l->n, ++l->updates, rate);
  free(whole);
  for (size_t i = 0; i < l->n; i++)
    l->weight[i] = l->weight[i] > 1 ? 1 : l->weight[i] < -1 ? -1 : l->weight[i];
}
