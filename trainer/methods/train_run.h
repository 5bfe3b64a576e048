/* SPDX-License-Identifier: Apache-2.0 */
/* A training run: what its phases share. */
#ifndef MS_METHODS_TRAIN_RUN_H
#define MS_METHODS_TRAIN_RUN_H

#include "methods/method.h"

typedef struct ms_run {
  const ms_experiment *e;
  const ms_train_options *options;
  ms_setup *setup;
  ms_state *state;
  ms_lab *lab;
  ms_experiment confirm; /**< the experiment with the confirming engine */
  ms_setup *confirm_setup;
  ms_lab *confirm_lab;
  ms_crew *crew;
  ms_sim_params *fitted; /**< [training dies][neurons] with fit.per_die */
  char folder[480], checkpoint[512];
  double mark_s, chip_mark_s, router_mark_s;
} ms_run;

/** Writes the checkpoint. */
int ms_run_save(ms_run *run, ms_error *err);
/** A network of these weights. */
int ms_run_network(const ms_run *run, const float *weight, ms_network **out, ms_error *err);

/** Fits the nominal model, unless it is given, and the training dies where the experiment asks for
 * that; with a checkpoint before each die. */
int ms_run_fit(ms_run *run, ms_error *err);
/** Fits each training die again, to what it does with the network as it is. */
int ms_run_refit(ms_run *run, ms_error *err);
/** Brings run->fitted up to date with the dies' fits. */
int ms_run_fitted(ms_run *run, ms_error *err);

#endif
