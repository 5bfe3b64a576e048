/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a study: the plan, its items, and what turns one into the other. */
#ifndef MS_STUDY_STUDY_H
#define MS_STUDY_STUDY_H

#include "experiment/parts.h"
#include "mixspike/fit.h"
#include "mixspike/study.h"
#include "mixspike/train.h"

#include <stdio.h>

/** A way to get a network for a die. */
typedef struct ms_study_method {
  const char *name;
  ms_yaml_node *node;
  size_t start;             /**< method whose network the loop begins with; its own number: none */
  int each;                 /**< trained on the very die that it is measured on */
  unsigned bias_shared_by;  /**< neurons that share the lines which calibration moves; 0: all */
  ms_calibration calibrate; /**< of each die before it is measured */
  double area;              /**< of the chip's transistors, times the process's own cells */
} ms_study_method;

typedef struct ms_named_node {
  const char *name;
  ms_yaml_node *node; /**< NULL: as the experiment says */
} ms_named_node;

/** The first samples of the first dies, repeated on another engine. */
typedef struct ms_study_confirm {
  size_t n_die; /**< 0: nothing is confirmed */
  ms_engine_kind analog;
  size_t n_sample;
  unsigned char *method; /**< [n_method] whether it is confirmed */
} ms_study_confirm;

/** What decides which places share a network, a fit, or chips. */
typedef struct ms_study_traits {
  unsigned bits;            /**< of the weight DACs; 0: the core's */
  int on_dies;              /**< trained in the loop or on fitted dies */
  int split_by_seed;        /**< each seed has test samples of its own */
  ms_distortion distortion; /**< of the dies that it is trained on */
  uint64_t fit, chip;
} ms_study_traits;

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
  size_t n_target;
  double *target; /**< accuracies whose price is asked for */
  unsigned jobs;  /**< items computed at once */
  ms_study_confirm confirm;
  ms_study_traits *traits; /**< [n_task][n_method][n_condition] */
  size_t n_item;           /**< of the whole plan */
};

/** Coordinates of an item. */
typedef struct ms_study_place {
  size_t task, seed, strength, condition, method, die;
} ms_study_place;
ms_study_place ms_study_place_of(const ms_study *study, size_t item);
size_t ms_study_index(const ms_study *study, const ms_study_place *place);
/** Identity of the plan and its experiment. The section `confirm` is left out: it changes nothing
 * that is measured and may be added later. */
uint64_t ms_study_identity(const ms_study *study);
/** Identity of the two files as they are. */
uint64_t ms_study_files(const ms_study *study);

/** The experiment that a place's network is trained with (conditions but for the DAC's bits left
 * out), or that it is measured with. Free with ms_experiment_destroy. */
int ms_study_experiment(const ms_study *study, const ms_study_place *place, int to_train,
                        ms_experiment **out, ms_error *err);

/** Looks at every method's chip and training once. */
int ms_study_find_traits(ms_study *study, ms_error *err);

/* ---- jobs ---- */

typedef enum ms_study_kind {
  MS_STUDY_FIT,      /**< the nominal model that a network is trained with */
  MS_STUDY_FIT_SITE, /**< that under the conditions of a measurement, for calibration */
  MS_STUDY_TRAIN,
  MS_STUDY_MEASURE,
  MS_STUDY_CONFIRM, /**< on another engine, what was measured */
  MS_STUDY_KINDS
} ms_study_kind;

/** A piece of work: kind and the item that stands for its place. */
typedef struct ms_study_job {
  ms_study_kind kind;
  size_t number;
} ms_study_job;

/** The place that stands for all that share a place's network, nominal model or chips. */
ms_study_place ms_study_network_place(const ms_study *study, const ms_study_place *place);
ms_study_place ms_study_fit_place(const ms_study *study, const ms_study_place *place);
ms_study_place ms_study_site_place(const ms_study *study, const ms_study_place *place);
/** The folder of a place's network. */
void ms_study_key(const ms_study *study, const ms_study_place *place, char *key, size_t size);
/** What must be known before a job; returns how many. */
enum { MS_STUDY_NEEDS = 3 };
size_t ms_study_needs(const ms_study *study, const ms_study_job *job,
                      ms_study_job need[MS_STUDY_NEEDS]);

/* ---- what is known: results of jobs, each a line of text (known.c) ---- */

enum { MS_STUDY_CHAIN = 3, MS_STUDY_SETS = 2 };

/** Bias codes that a die was calibrated to, all of its chip's. */
typedef struct ms_study_codes {
  size_t n; /**< 0: it was not */
  uint16_t *code;
} ms_study_codes;

typedef struct ms_study_network {
  ms_network *network;
  double spent; /**< chip samples that it took, those of its start included */
  double own;   /**< of these, after what several dies share; where each die has its own: on it */
  ms_study_curve curve;         /**< of its training in the loop */
  double chain[MS_STUDY_CHAIN]; /**< acceptance, autocorrelation, spread of an item */
} ms_study_network;

typedef struct ms_study_known {
  const ms_study *study;
  ms_study_item *item;                 /**< [n_item], the report's */
  ms_study_confirmation *confirmation; /**< [n_item], the report's */
  ms_study_network *network;           /**< [n_item] */
  ms_study_codes *codes;               /**< [n_item] of measured ones */
  ms_neuron_model **model[2];          /**< [n_item] of MS_STUDY_FIT, of MS_STUDY_FIT_SITE */
  size_t *met, *stop; /**< [n_item] at a cell's first die: dies done without a gap; after
                         how many the cell's mean is known well enough, 0: not known */
} ms_study_known;

/** @param report  its items and confirmations, all zero yet, are what becomes known */
int ms_study_known_create(const ms_study *study, const ms_study_report *report,
                          ms_study_known **out, ms_error *err);
void ms_study_known_destroy(ms_study_known *known);
int ms_study_knows(const ms_study_known *known, const ms_study_job *job);
/** Takes a line; `job` says of what. What is known already stays. @return MS_EPARSE */
int ms_study_learn(ms_study_known *known, const char *line, ms_study_job *job, ms_error *err);
/** Writes the line of a known job. */
void ms_study_tell(const ms_study_known *known, const ms_study_job *job, FILE *out);
/** Takes over a measurement. @param codes  its die's; owned from now on */
void ms_study_learn_item(ms_study_known *known, size_t number, const ms_study_item *item,
                         ms_study_codes codes);
/** Whether a measurement or a confirmation counts: 1 yes, 0 no (its cell's mean is known without
 * it, or it is not to be confirmed), -1 not decided yet. The answer hangs on the dies before it
 * alone, so it is the same in whatever order items are done. */
int ms_study_wanted(const ms_study_known *known, const ms_study_job *job);

/* ---- store: state.txt ---- */

typedef struct ms_study_store ms_study_store;
int ms_study_store_open(const char *path, int resume, ms_study_known *known, ms_study_store **out,
                        ms_error *err);
/** Learns what a file has and leaves it as it is. */
int ms_study_store_read(const char *path, ms_study_known *known, ms_error *err);
int ms_study_store_add(ms_study_store *store, const ms_study_job *job, ms_error *err);
void ms_study_store_close(ms_study_store *store);

/* ---- doing a job ---- */

typedef struct ms_study_worker ms_study_worker;
/** @param folder  checkpoints of trainings go there, each into a folder of its own */
int ms_study_worker_create(ms_study_known *known, const char *folder, const ms_control *control,
                           ms_study_worker **out, ms_error *err);
void ms_study_worker_destroy(ms_study_worker *worker);
/** The phase of progress in which a confirmation counts its samples. */
#define MS_STUDY_CONFIRMING "confirm"
/** Does a job whose needs are known; what comes out is known then. */
int ms_study_work(ms_study_worker *worker, const ms_study_job *job, ms_error *err);
/** Trains the network of a place. */
int ms_study_train(ms_study_known *known, const char *folder, size_t number,
                   const ms_control *control, ms_error *err);

/* ---- dealing ---- */

typedef struct ms_study_dealer ms_study_dealer;
int ms_study_dealer_create(const ms_study_known *known, ms_study_dealer **out, ms_error *err);
void ms_study_dealer_destroy(ms_study_dealer *dealer);
/** The next job that can be done now, in the order of items, measurements before confirmations.
 * @return 1, or 0: none at the moment */
int ms_study_deal(ms_study_dealer *dealer, ms_study_job *job);
/** A job came back. @param lost  not done: it is dealt again
 * @return how often the job has been lost */
unsigned ms_study_dealt(ms_study_dealer *dealer, const ms_study_job *job, int lost);
/** Whether nothing of a kind, MS_STUDY_MEASURE or MS_STUDY_CONFIRM, is left to be done, in flight
 * or not. */
int ms_study_finished(ms_study_dealer *dealer, ms_study_kind kind);

/* ---- what comes out ---- */

/** Memory for n points. */
int ms_study_curve_create(ms_study_curve *curve, size_t n, ms_error *err);
void ms_study_curve_clear(ms_study_curve *curve);
/** Moves the curves of all trainings into the report. */
int ms_study_take_curves(ms_study_known *known, ms_study_report *report, ms_error *err);
/** CSV: a line for every batch. */
void ms_study_write_curves(const ms_study_report *report, FILE *out);
/** The page's section on training in the loop; nothing where no method did. */
void ms_study_page_curves(const ms_study_report *report, FILE *out);
/** A name as a field of CSV: with commas or quotes it stands in quotes. */
void ms_study_put_name(const char *name, char after, FILE *out);

/** Fills the report's cells from its items. */
int ms_study_summarise(ms_study_report *report, ms_error *err);
/** The page's section on levers; nothing where methods differ neither in area nor in test time. */
void ms_study_page_levers(const ms_study_report *report, FILE *out);
/** Silicon that a network's neurons take, with the branches that sets of them have for themselves.
 */
double ms_study_area(const ms_study_cell *cell);
/** Whether two cells differ in their method alone. */
int ms_study_same_circumstances(const ms_study_cell *a, const ms_study_cell *b);
/** Methods and their colours in words; under a picture's axes it would hide data. */
void ms_study_page_key(const ms_study *study, FILE *out);
/** Colour of a method in pictures. */
const char *ms_study_colour(size_t method);
/** The cheapest cell that reaches a median accuracy under the circumstances of `like`: least area,
 * then fewest test samples. @param untested  only such as need none; NULL: none reaches it */
const ms_study_cell *ms_study_cheapest(const ms_study_report *report, const ms_study_cell *like,
                                       double accuracy, int untested);
void ms_study_page(const ms_study_report *report, FILE *out);
/** The page's pictures of all methods: against mismatch or conditions, chip samples, over dies. */
void ms_study_page_pictures(const ms_study_report *report, FILE *out);
/** Begins a table's row with what it is about: task, mismatch, condition, method. */
void ms_study_page_row(const ms_study *study, const ms_study_cell *cell, FILE *out);

/** Samples that failed, for the terminal and the page; nothing where none did. */
void ms_study_text_failed(const ms_study_report *report, FILE *out);
void ms_study_page_failed(const ms_study_report *report, FILE *out);

/** What was confirmed, for the terminal, the page, a cell of JSON (to be owned by it). */
void ms_study_text_confirmed(const ms_study_report *report, FILE *out);
void ms_study_page_confirmed(const ms_study_report *report, FILE *out);
struct cJSON *ms_study_json_confirmed(const ms_study_confirmation *confirmed);
/** The study's engine and what was confirmed on which other one, in a few words. */
void ms_study_engines(const ms_study_report *report, FILE *out);
/** Adds one more to a sum. */
void ms_study_add_confirmation(ms_study_confirmation *sum, const ms_study_confirmation *more);

#endif
