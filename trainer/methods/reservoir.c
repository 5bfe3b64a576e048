/* SPDX-License-Identifier: Apache-2.0 */
/* A reservoir: hidden neurons keep their random weights, the read-out alone is trained. What it
 * reaches is what the dynamics give without being trained. */
#include "methods/method.h"

#include <stdlib.h>
#include <string.h>

static void update(ms_state *s, const float *gradient, double rate) {
  ms_learner *l = s->learner;
  size_t fixed = ms_topology_in(&l->topology);
  ms_adam(l->weight + fixed, l->first + fixed, l->second + fixed, gradient + fixed, l->n - fixed,
          ++l->updates, rate);
  for (size_t i = fixed; i < l->n; i++)
    l->weight[i] = l->weight[i] > 1 ? 1 : l->weight[i] < -1 ? -1 : l->weight[i];
}

static int step(const ms_world *w, ms_state *s, ms_error *err) {
  return ms_offline_epoch(w, s, update, err);
}

const ms_method ms_method_reservoir = {
    .name = "reservoir", .steps = ms_offline_steps, .step = step, .finish = ms_offline_finish};
