/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a study: the plan, its items, and what turns one into the other. */
#ifndef MS_STUDY_STUDY_H
#define MS_STUDY_STUDY_H

#include "experiment/parts.h"
#include "mixspike/study.h"
#include "mixspike/train.h"

#include <stdio.h>

/** A way to get a network for a die. */
typedef struct ms_study_method {
  const char *name;
  ms_yaml_node *node;
  size_t start;       /**< method whose network the loop begins with; its own number: none */
  int each;           /**< trained on the very die that it is measured on */
  unsigned calibrate; /**< rounds of bias calibration of each die before it is measured */
} ms_study_method;

typedef struct ms_named_node {
  const char *name;
  ms_yaml_node *node; /**< NULL: as the experiment says */
} ms_named_node;

struct ms_study {
  ms_yaml *doc;
  char *file, *name, *output, *text;
  ms_experiment *base;
  size_t n_task, n_method, n_strength, n_condition, n_seed;
  ms_named_node *task, *condition;
  ms_study_method *method;
  double *strength;
  uint64_t *seed;
  double half_width, confidence; /**< half_width 0: every die */
  size_t minimum;
  double yield_at;
  size_t n_item; /**< of the whole plan */
};

/** Coordinates of an item. */
typedef struct ms_study_place {
  size_t task, seed, strength, condition, method, die;
} ms_study_place;
ms_study_place ms_study_place_of(const ms_study *study, size_t item);
size_t ms_study_index(const ms_study *study, const ms_study_place *place);
/** Identity of the plan and its experiment. */
uint64_t ms_study_identity(const ms_study *study);

/** The experiment that a place's network is trained with (conditions but for the DAC's bits left
 * out), or that it is measured with. Free with ms_experiment_destroy. */
int ms_study_experiment(const ms_study *study, const ms_study_place *place, int to_train,
                        ms_experiment **out, ms_error *err);

/* ---- store: state.txt ---- */

typedef struct ms_study_store ms_study_store;
int ms_study_store_open(const char *path, int resume, const ms_study *study, ms_study_item *item,
                        ms_study_store **out, ms_error *err);
int ms_study_store_add(ms_study_store *store, size_t number, const ms_study_item *item,
                       ms_error *err);
void ms_study_store_close(ms_study_store *store);

/* ---- trained networks ---- */

typedef struct ms_study_trainer ms_study_trainer;
int ms_study_trainer_create(const ms_study *study, const char *folder, unsigned jobs,
                            const ms_control *control, ms_study_trainer **out, ms_error *err);
void ms_study_trainer_destroy(ms_study_trainer *trainer);
/** The network of a place, trained now or earlier; belongs to the trainer.
 * @param spent  out, chip samples that it took, those of its start included */
int ms_study_train(ms_study_trainer *trainer, const ms_study_place *place,
                   const ms_network **network, double *spent, ms_error *err);

/* ---- what comes out ---- */

/** Fills the report's cells from its items. */
int ms_study_summarise(ms_study_report *report, ms_error *err);
/** Whether a cell's mean is known well enough by its first `n_die` dies of one seed. */
int ms_study_enough(const ms_study *study, const ms_study_item *item, const ms_study_place *place,
                    size_t n_die);
void ms_study_page(const ms_study_report *report, FILE *out);

#endif
