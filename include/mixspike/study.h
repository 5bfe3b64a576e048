/* SPDX-License-Identifier: Apache-2.0 */
/* Studies: training methods side by side on the same held-out dies, over tasks, strengths of
 * mismatch and conditions (docs/study.md). */
#ifndef MIXSPIKE_STUDY_H
#define MIXSPIKE_STUDY_H

#include "mixspike/control.h"
#include "mixspike/experiment.h"
#include "mixspike/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_study ms_study;

/** Reads and checks a study and the experiment that it is based on. Free with ms_study_destroy. */
MS_API int ms_study_load(const char *path, ms_study **out, ms_error *err);
MS_API void ms_study_destroy(ms_study *study);

enum { MS_STUDY_FAILURE = 160 };

/** One method on one die. */
typedef struct ms_study_item {
  int done;
  char failure[MS_STUDY_FAILURE];    /**< why the first sample that failed did; empty: none did */
  double accuracy, energy_j, spikes; /**< energy and spikes per sample */
  double samples, errors;            /**< run to measure the accuracy; of them failed */
  double spent;                      /**< chip samples that training and calibration took */
  double
      test_samples; /**< of these, on the very die: what has to be run for each die that is sold */
  double test_s;    /**< time that they take on the chip, s */
  double area_m2;   /**< of the network's neurons, gates and capacitors; NaN where ngspice could
                         not say */
  double bias_m2;   /**< of the bias branches, once a core */
  double acceptance, autocorrelation, chain_spread; /**< of the Metropolis-Hastings chains that
                         trained its network, as in ms_chain_report; NaN: none did */
  double own_bias_m2; /**< of the bias branches that sets of neurons have for themselves, beyond
                           those in bias_m2 */
  double codes;       /**< bias codes that are kept for this very die */
} ms_study_item;

/** What one engine made of samples. */
typedef struct ms_study_side {
  double right;            /**< samples */
  double spikes, energy_j; /**< means per sample */
} ms_study_side;

/** The same test samples of a die on the confirming engine and on the study's own, with the same
 * network, bias codes and conditions. */
typedef struct ms_study_confirmation {
  int done;                       /**< of an item: whether it ran; of a cell: how many items ran */
  char failure[MS_STUDY_FAILURE]; /**< of an item: why the first that failed did; else empty */
  double samples;                 /**< run on both */
  double failed;                  /**< of these on either engine; they count in nothing else */
  double equal;                   /**< decided alike */
  ms_study_side there;            /**< on the confirming engine */
  ms_study_side engine;           /**< on the study's */
} ms_study_confirmation;

/** One method at one strength of mismatch and one condition, over dies and seeds. */
typedef struct ms_study_cell {
  size_t task, method, strength, condition;
  size_t n;
  double median, low, high; /**< of the accuracy; 5th and 95th percentile */
  double mean, half_width;  /**< half of Student's interval */
  double yield;             /**< share of dies at least as good as the study's `yield_at` */
  ms_interval yield_interval;
  double energy_j, spikes, spent;                   /**< means */
  double test_samples, test_s, area_m2, bias_m2;    /**< means */
  double own_bias_m2, codes;                        /**< means */
  double acceptance, autocorrelation, chain_spread; /**< means; NaN: no chains */
  int pareto;    /**< no other method under the same circumstances has at least its median accuracy
                      with less area or fewer test samples, and neither more */
  size_t n_pair; /**< dies that this method and the first one both ran on */
  double gain;   /**< median over these of the difference to the first method */
  double p;      /**< Wilcoxon's signed-rank test of that */
  ms_study_confirmation confirmed; /**< sums over dies and seeds; means of spikes and energy */
} ms_study_cell;

/** What a training in the loop had right, batch after batch, each before learning from it. */
typedef struct ms_study_curve {
  size_t item; /**< of the plan, that stands for the network's task, seed, strength, condition,
                    method and, with a network for each die, die */
  size_t n;
  double *samples;  /**< [n] chip samples spent when the batch was through, all that were spent on
                         the network before included */
  double *accuracy; /**< [n] of the batch */
} ms_study_curve;

typedef struct ms_study_options {
  const char *output; /**< folder; NULL: the study's */
  int resume;         /**< take over what the folder's state has; MS_EMISSING if there is none */
  int report_only;    /**< compute nothing: report what the folder's state has, also while the study
                           runs; MS_EMISSING if there is none */
  unsigned jobs;      /**< items computed at once, each in a process of its own if there are
                           several; 0: the study's. Under MPI: on each rank */
  ms_control control;
} ms_study_options;

typedef struct ms_study_report {
  const ms_study *study; /**< must outlive the report */
  size_t n_item;
  ms_study_item *item;
  ms_study_confirmation *confirmation; /**< [n_item] */
  size_t n_cell;
  ms_study_cell *cell; /**< those with at least one die */
  size_t n_curve;
  ms_study_curve *curve;
  double wall_s; /**< of this call */
  int rank; /**< of an MPI job; a rank that is not 0 has worked for that one and reports nothing */
} ms_study_report;

/** Trains every method and measures it on every held-out die, until all is done or a cell's mean is
 * known well enough; then confirms the first dies on another engine where the study says so. Keeps
 * what is done in FOLDER/state.txt, checkpoints of trainings in FOLDER/trained. The result is the
 * same on any number of processes. Call it from a program's main thread while there is no other: it
 * forks. Under mpirun every rank calls it, once; the first deals the work and keeps what comes out.
 * @param report  free with ms_study_report_clear, also after an error
 * @return MS_EINTERRUPTED after control.cancel */
MS_API int ms_study_run(const ms_study *study, const ms_study_options *options,
                        ms_study_report *report, ms_error *err);
MS_API void ms_study_report_clear(ms_study_report *report);

typedef enum ms_study_format {
  MS_STUDY_TABLE, /**< for a terminal */
  MS_STUDY_JSON,
  MS_STUDY_CSV,    /**< every method on every die */
  MS_STUDY_LEVERS, /**< CSV: every method with its area, test time and accuracy */
  MS_STUDY_CURVES, /**< CSV: accuracy against chip samples along every training in the loop */
  MS_STUDY_HTML,   /**< one page that needs no other file */
} ms_study_format;

/** Writes a report down. @param text  out: malloc'd, ends in a 0 byte */
MS_API int ms_study_text(const ms_study_report *report, ms_study_format format, char **text,
                         ms_error *err);
/** What the MPI that studies were built with says about itself. @return MS_EMISSING without */
MS_API int ms_study_mpi_version(char *text, size_t size);
/** The study's own output folder. */
MS_API const char *ms_study_output(const ms_study *study);

#ifdef __cplusplus
}
#endif
#endif
