/* SPDX-License-Identifier: Apache-2.0 */
/* What a training method is. It sees a lab of chips (configuration in; spikes and energy out), a
 * task, dies it may use and a budget of chip samples; it never sees an engine or a router. It
 * changes the state step by step, so that a run can stop and go on between any two steps. */
#ifndef MS_METHODS_METHOD_H
#define MS_METHODS_METHOD_H

#include "methods/lab.h"
#include "methods/state.h"

typedef struct ms_world {
  const ms_setup *setup;
  ms_crew *crew;       /**< the behavioural model, for gradients */
  ms_lab *lab;         /**< NULL for a method that needs no chip */
  const uint64_t *die; /**< dies that may be trained on */
  size_t n_die;
  uint64_t budget; /**< chip samples it may spend */
  ms_control control;
} ms_world;

typedef struct ms_method {
  const char *name;
  /** Steps in all, given the experiment and the budget. */
  uint64_t (*steps)(const ms_world *world);
  /** Step state->step: changes the weights, adds to its curve, counts chip samples. A step that
   * fails or is interrupted leaves the state as it was. */
  int (*step)(const ms_world *world, ms_state *state, ms_error *err);
  /** After the last step. */
  void (*finish)(const ms_world *world, ms_state *state);
} ms_method;

/** Surrogate gradients on the behavioural model alone; spends no chip samples. */
extern const ms_method ms_method_offline;
/** Surrogate gradients in the loop: forward on the chip, backward through the model with its
 * traces made to agree with the chip's spikes. */
extern const ms_method ms_method_loop;

ms_net_options ms_net_options_of(const ms_setup *setup, double step_tau);

/** Accuracy of weights on dies, in state->die[first ...]; `before` chooses the field. */
int ms_measure_die(const ms_setup *setup, ms_lab *lab, const ms_network *network, size_t n_sample,
                   const ms_control *control, const ms_progress *progress, ms_die_result *result,
                   double *accuracy, ms_error *err);

#endif
