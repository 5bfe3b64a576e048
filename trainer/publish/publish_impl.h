/* SPDX-License-Identifier: Apache-2.0 */
/* What simulations and trainings share when they fill their output folder. */
#ifndef MIXSPIKE_PUBLISH_IMPL_H
#define MIXSPIKE_PUBLISH_IMPL_H

#include "mixspike/publish.h"

/* One sample that ran, with what is needed to describe it. */
typedef struct ms_shown_run {
  const ms_setup *setup;
  ms_chip *chip;
  ms_time t_stop;
  const char *title;
  const ms_event *in;
  size_t n_in;
  const ms_run_result *run;
} ms_shown_run;

/* Runs one sample with membrane and request voltages of every neuron and the router's signals. */
int ms_run_shown(ms_chip *chip, const ms_event *in, size_t n_in, ms_time t_stop, ms_run_result *run,
                 ms_error *err);

/* Writes sample.fst, sample.gtkw, provenance.csv and raster.svg, and adds the picture to the page.
 */
int ms_publish_sample(const ms_shown_run *shown, const char *folder, ms_report_page *page,
                      ms_error *err);

/* The experiment's own words and settings as attributes of the file. */
int ms_publish_experiment(ms_results *results, const ms_experiment *experiment, ms_error *err);

/* Adds FOLDER/NAME.svg to the page if drawing it gave MS_OK. A missing gnuplot is no failure. */
int ms_publish_picture(ms_report_page *page, int drawn, const char *folder, const char *name,
                       const char *caption, ms_error *err);

/* A row of the page's table, formatted. */
int ms_publish_figure(ms_report_page *page, const char *name, const char *note, ms_error *err,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A quantity of a training's curve. */
typedef enum ms_curve_value {
  MS_CURVE_STEP,
  MS_CURVE_DIE,
  MS_CURVE_SAMPLES, /* spent so far */
  MS_CURVE_LOSS,
  MS_CURVE_TRAIN, /* accuracy on the step's own samples */
  MS_CURVE_VALIDATION,
  MS_CURVE_VALUES
} ms_curve_value;

/* It at each of the curve's points; the caller frees them. NULL: no memory. */
double *ms_curve_values(const ms_curve *curve, ms_curve_value which);

/* Everything that results.h5 holds but for the sample that is shown. */
int ms_publish_training_results(ms_results *results, const ms_experiment *experiment,
                                const ms_train_report *report, double peak_memory_bytes,
                                ms_error *err);

const char *ms_engine_word(ms_engine_kind kind);
const char *ms_driver_word(ms_driver_kind kind);

#endif
