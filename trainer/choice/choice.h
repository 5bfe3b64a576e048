/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a choice share: candidates and where they come from, and what is measured. */
#ifndef MS_CHOICE_CHOICE_H
#define MS_CHOICE_CHOICE_H

#include "mixspike/choice.h"

#include <stdio.h>

/** A configuration that may be picked. */
typedef struct ms_candidate {
  char *name;
  ms_network *network;
  ms_neuron_model *model; /**< fitted; NULL: not known */
} ms_candidate;

typedef struct ms_candidates {
  size_t n;
  ms_candidate *item;
} ms_candidates;

/** Loads what folders hold: a package's network; of a training its weights before and after the
 * loop; of a study every trained network. Each must fit the setup's chip and must not have been
 * trained on a die that judges it.
 * @param out  free with ms_candidates_clear, also after an error */
int ms_candidates_load(const ms_setup *setup, const char *const *folder, size_t n_folder,
                       ms_candidates *out, ms_error *err);
void ms_candidates_clear(ms_candidates *candidates);

/** What has been measured, in memory and in state.txt. */
typedef struct ms_choice_state {
  uint64_t identity; /**< of experiment, engine and candidates */
  size_t n_candidate, n_validation, n_unseen;
  double *validation;    /**< [n_candidate][n_validation] accuracy; NaN: not yet */
  ms_die_result *unseen; /**< [n_unseen] samples 0: not yet */
} ms_choice_state;

int ms_choice_state_create(const ms_setup *setup, const ms_candidates *candidates,
                           ms_choice_state *out, ms_error *err);
void ms_choice_state_clear(ms_choice_state *state);
int ms_choice_state_save(const ms_choice_state *state, const char *path, ms_error *err);
/** @return MS_EMISSING without a file, MS_EREFUSED: of another choice */
int ms_choice_state_load(ms_choice_state *state, const char *path, ms_error *err);

/** The page for a person. */
void ms_choice_page(const ms_experiment *e, const ms_choice_report *report, FILE *out);

#endif
