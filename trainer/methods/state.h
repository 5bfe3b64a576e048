/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a training run changes. What is in here, and nothing else, goes into the
 * checkpoint; so a resumed run continues to the same bits. */
#ifndef MS_METHODS_STATE_H
#define MS_METHODS_STATE_H

#include "mixspike/fit.h"
#include "model/learn.h"

/** Numbers of a die's row in the checkpoint: its figures, and its failure as six characters a
 * number. The first two are the die and whether it was held out. */
enum { MS_STATE_DIE_FIELDS = 11 + (160 + 5) / 6 };

typedef enum ms_phase {
  MS_PHASE_FIT,
  MS_PHASE_OFFLINE,
  MS_PHASE_LOOP,
  MS_PHASE_EVALUATE,
  MS_PHASE_PACKAGE,
} ms_phase;

typedef struct ms_state {
  uint64_t identity; /**< of the experiment's text */
  uint64_t phase;    /**< ms_phase */
  uint64_t step;     /**< within the phase: epoch, batch, or dies evaluated */
  uint64_t chip_samples;
  double wall_s, chip_wall_s, router_wall_s;
  double best_accuracy; /**< on the validation set, model */
  double model_accuracy;
  ms_random random;
  ms_neuron_model model;
  ms_learner *learner;
  float *best;       /**< [learner->n] best weights of the offline phase */
  float *offline;    /**< [learner->n] weights at the end of the offline phase */
  ms_curve curve[2]; /**< offline, loop */
  size_t n_own;
  double *own; /**< what the method of the phase keeps beside the weights; its own layout */
  size_t n_fit, n_die, n_die_fit;
  ms_fit_error *fit;
  ms_die_fit *die_fit; /**< [training dies] with `fit.per_die`, the first `step` - 1 in FIT */
  ms_die_result *die;  /**< all dies of the experiment; the first `step` are done in EVALUATE */
} ms_state;

int ms_state_create(const ms_setup *setup, ms_state **out, ms_error *err);
void ms_state_destroy(ms_state *state);
/** Memory for a method's own numbers, all 0, unless it has them already. */
int ms_state_own(ms_state *state, size_t n, ms_error *err);
int ms_curve_add(ms_curve *curve, const ms_curve_point *point);
ms_topology ms_setup_topology(const ms_setup *setup);
/** Tells experiments apart by their text. */
uint64_t ms_setup_identity(const ms_setup *setup);

/** Writes the checkpoint atomically. */
int ms_state_save(const ms_state *state, const char *path, ms_error *err);
/** Reads it into a fresh state of the same experiment.
 * @return MS_EMISSING without a file, MS_EREFUSED if it belongs to another experiment */
int ms_state_load(ms_state *state, const ms_setup *setup, const char *path, ms_error *err);

#endif
