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
  const ms_sim_params *fitted; /**< [n_die][neurons] each die's own neurons; NULL: not fitted */
  uint64_t budget;             /**< chip samples it may spend */
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

/** On the behavioural model alone; these spend no chip samples. A step is an epoch. */
extern const ms_method ms_method_offline; /**< surrogate gradients by the weights */
extern const ms_method ms_method_gene;    /**< by genes: W = X O X^T */
extern const ms_method
    ms_method_reservoir; /**< of the read-out alone, over random hidden neurons */

/** On chips, from what the model gave. */
extern const ms_method ms_method_loop;       /**< surrogate gradients with the chip's spikes */
extern const ms_method ms_method_metropolis; /**< Metropolis-Hastings: spikes alone, no gradient */

/** Of the chains that a state holds. */
ms_chain_report ms_metropolis_report(const ms_experiment *experiment, const ms_state *state);

/** The methods that an experiment names. */
const ms_method *ms_method_on_model(const ms_experiment *experiment);
const ms_method *ms_method_on_chip(const ms_experiment *experiment);

/** What methods on the model share: an epoch of gradients, each batch's handed to `update`, which
 * changes the state's weights. */
typedef void ms_update(ms_state *state, const float *gradient, double rate);
uint64_t ms_offline_steps(const ms_world *world);
/** Whether the dies are fitted again before an epoch. */
int ms_offline_refits(const ms_experiment *experiment, uint64_t step);
int ms_offline_epoch(const ms_world *world, ms_state *state, ms_update *update, ms_error *err);
void ms_offline_finish(const ms_world *world, ms_state *state);

ms_net_options ms_net_options_of(const ms_setup *setup, double step_tau);

/** How many test samples a die is measured on. @param wanted  0: as the experiment says */
size_t ms_die_samples(const ms_setup *setup, size_t wanted);
/** What a die made of one test sample. */
typedef struct ms_sample_outcome {
  int rc;       /**< 0, or the simulator's failure; the rest then says nothing */
  int decision; /**< class */
  int right;
  double energy_j, spikes;
} ms_sample_outcome;

/** Runs a network on the first samples of a die. Each die has a stretch of the test set of its own,
 * so that few samples a die are together as many different ones as the set has.
 * @param stretch  samples that the die is measured on in all: they say where its stretch begins
 * @param n        of these, how many run; at most `stretch`
 * @param out      [n] in the order of the stretch
 * @param failure  [160] in and out: why the first failed one failed, where it was empty */
int ms_run_die(const ms_setup *setup, ms_lab *lab, const ms_network *network, uint64_t die,
               size_t stretch, size_t n, const ms_control *control, const ms_progress *progress,
               ms_sample_outcome *out, char *failure, ms_error *err);

/** Accuracy of a network on die result->die. */
int ms_measure_die(const ms_setup *setup, ms_lab *lab, const ms_network *network, size_t n_sample,
                   const ms_control *control, const ms_progress *progress, ms_die_result *result,
                   double *accuracy, ms_error *err);

#endif
