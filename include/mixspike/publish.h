/* SPDX-License-Identifier: Apache-2.0 */
/* Output folders: what a training or a simulation leaves for a person to look at (index.html with
 * pictures) and for programs to read (results.h5, sample.fst). docs/formats.md lists the files. */
#ifndef MIXSPIKE_PUBLISH_H
#define MIXSPIKE_PUBLISH_H

#include "mixspike/record.h"
#include "mixspike/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Reads events from a text file: a header line `t_ps,input`, `t_us,input` or `t_s,input`, then one
 * event a line, in any order. Empty lines and lines that begin with # are skipped.
 * @param n_input  inputs that exist
 * @param event    out, ordered by time; the caller frees it */
MS_API int ms_events_read(const char *path, unsigned n_input, ms_event **event, size_t *n,
                          ms_error *err);

/** Where the events of a simulation come from. */
typedef enum ms_event_source {
  MS_EVENTS_SAMPLE,  /**< a test sample of the experiment's task */
  MS_EVENTS_FILE,    /**< as ms_events_read */
  MS_EVENTS_POISSON, /**< every input fires at random */
} ms_event_source;

typedef struct ms_simulate_options {
  const char *package; /**< weights of a package; NULL: random weights */
  ms_event_source source;
  size_t sample;      /**< MS_EVENTS_SAMPLE: number within the test set */
  const char *file;   /**< MS_EVENTS_FILE */
  double rate_hz;     /**< MS_EVENTS_POISSON: of each input */
  uint64_t seed;      /**< of random weights and Poisson events */
  uint64_t die;       /**< number within the experiment's population */
  double t_stop_s;    /**< 0: the length of a sample */
  const char *output; /**< folder; NULL: nothing is written */
  int raw;            /**< also sample.raw for ngspice and gaw */
  const char *record; /**< boundary log (mixspike/boundary.h); NULL: none */
} ms_simulate_options;

typedef struct ms_simulate_report {
  size_t n_event, n_spike;
  int decision, label; /**< classes; -1: none */
  double energy_j, bias_power_w, wall_s, router_wall_s;
  unsigned unsure; /**< groups whose result its engine does not vouch for */
  ms_router_counters counters;
  unsigned cores;
  ms_network_counters network; /**< all zero where there is one core */
} ms_simulate_report;

/** Runs one sample of an experiment's chip and writes results.h5, sample.fst, raster.svg and
 * index.html. Pictures that cannot be drawn because gnuplot is missing are left out; `err` then
 * holds MS_EMISSING although MS_OK is returned. */
MS_API int ms_simulate(const ms_experiment *experiment, const ms_simulate_options *options,
                       ms_simulate_report *report, ms_error *err);

typedef struct ms_publish_options {
  const char *folder;       /**< made if missing */
  double peak_memory_bytes; /**< as the caller measured it; 0: not known */
} ms_publish_options;

/** Writes results.h5, sample.fst, the pictures and index.html of a training. Runs one test sample
 * on the first held-out die (the first training die if there is none) for the waveforms.
 * Pictures as in ms_simulate. */
MS_API int ms_publish_training(const ms_experiment *experiment, const ms_train_report *report,
                               const ms_publish_options *options, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
