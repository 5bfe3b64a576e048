/* SPDX-License-Identifier: Apache-2.0 */
/* The output folder of a training. */
#include "mixspike/statistics.h"
#include "publish/publish_impl.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Accuracies of one kind of die, and what is said of them. */
typedef struct split {
  size_t n;
  double *die, *accuracy; /* [n] in the report's order */
  double median, low, high;
  unsigned samples, errors;
} split;

static int make_split(const ms_train_report *report, int held_out, int before, split *s,
                      ms_error *err) {
  *s = (split){0};
  s->die = calloc(2 * report->n_die + 1, sizeof(double));
  double *sorted = calloc(report->n_die + 1, sizeof(double));
  if (!s->die || !sorted) {
    free(sorted);
    return ms_fail(err, MS_ENOMEM, "no memory for the report");
  }
  s->accuracy = s->die + report->n_die;
  for (size_t i = 0; i < report->n_die; i++) {
    const ms_die_result *d = &report->die[i];
    double accuracy = before ? d->before : d->accuracy;
    if (!d->held_out != !held_out || !isfinite(accuracy))
      continue;
    s->die[s->n] = (double)d->die;
    s->accuracy[s->n] = sorted[s->n] = accuracy;
    s->n++;
    s->samples += d->samples;
    s->errors += d->errors;
  }
  if (s->n) {
    ms_sort(sorted, s->n);
    s->median = ms_quantile(sorted, s->n, 0.5);
    s->low = sorted[0];
    s->high = sorted[s->n - 1];
  }
  free(sorted);
  return MS_OK;
}

static int draw_curve(ms_report_page *page, const char *folder, const char *name,
                      const ms_curve *curve, const char *title, const char *x_label,
                      const char *caption, ms_error *err) {
  if (!curve->n)
    return MS_OK;
  double *x = ms_curve_values(curve, MS_CURVE_STEP), *loss = ms_curve_values(curve, MS_CURVE_LOSS);
  double *train = ms_curve_values(curve, MS_CURVE_TRAIN),
         *validation = ms_curve_values(curve, MS_CURVE_VALIDATION);
  int code = MS_OK;
  if (!x || !loss || !train || !validation) {
    code = ms_fail(err, MS_ENOMEM, "no memory for picture %s", name);
  } else {
    int validated = 0;
    for (size_t i = 0; i < curve->n; i++) {
      validated |= isfinite(validation[i]);
      train[i] *= 100;
      validation[i] *= 100;
    }
    const ms_series series[] = {{"loss", x, loss, curve->n, 0},
                                {"accuracy, own samples", x, train, curve->n, 1},
                                {"accuracy, validation", x, validation, curve->n, 1}};
    const ms_plot plot = {.title = title,
                          .x_label = x_label,
                          .y_label = "loss",
                          .right_label = "accuracy (%)",
                          .right_max = 103};
    int drawn = ms_picture_lines(folder, name, &plot, series, validated ? 3 : 2, err);
    code = ms_publish_picture(page, drawn, folder, name, caption, err);
  }
  free(x);
  free(loss);
  free(train);
  free(validation);
  return code;
}

static int draw_dies(ms_report_page *page, const char *folder, const ms_train_report *report,
                     unsigned n_class, ms_error *err) {
  split s[4];
  ms_series series[4];
  static const char *const name[] = {"training dies,\\nbefore the loop", "training dies",
                                     "held-out dies,\\nbefore the loop", "held-out dies"};
  size_t n = 0;
  int code = MS_OK;
  memset(s, 0, sizeof s);
  for (int i = 0; !code && i < 4; i++) {
    code = make_split(report, i / 2, i % 2 == 0, &s[i], err);
    if (!code && s[i].n)
      series[n++] = (ms_series){name[i], s[i].die, s[i].accuracy, s[i].n, 0};
  }
  if (!code && n) {
    int drawn = ms_picture_dies(folder, "dies", "Accuracy per die", series, n, 1.0 / n_class, err);
    code = ms_publish_picture(page, drawn, folder, "dies",
                              "Test accuracy of the same network on each die. No held-out die was "
                              "seen in training.",
                              err);
  }
  for (int i = 0; i < 4; i++)
    free(s[i].die);
  return code;
}

/* What is said of samples that failed: how many, and why the first one did. */
static void describe_failures(const ms_train_report *report, int held_out, unsigned errors,
                              char *text, size_t size) {
  const char *why = "";
  for (size_t i = report->n_die; i-- > 0;)
    if (!report->die[i].held_out == !held_out && report->die[i].errors)
      why = report->die[i].failure;
  snprintf(text, size, errors ? "; %u failed: %s" : "", errors, why);
}

/* Accuracy of one kind of die, before and after the loop. */
static int add_split(ms_report_page *page, const ms_train_report *report, int held_out,
                     const char *engine, ms_error *err) {
  split after, before;
  int code = make_split(report, held_out, 0, &after, err);
  if (!code)
    code = make_split(report, held_out, 1, &before, err);
  else
    before = (split){0};
  if (!code && after.n) {
    char note[400], range[64] = "", was[64] = "", failed[200];
    if (after.n > 1)
      snprintf(range, sizeof range, " (%.1f to %.1f)", 100 * after.low, 100 * after.high);
    if (before.n && report->loop.n)
      snprintf(was, sizeof was, "; %.1f %% before the loop", 100 * before.median);
    describe_failures(report, held_out, after.errors, failed, sizeof failed);
    snprintf(note, sizeof note, "%s%zu %s, %u samples each%s%s", after.n > 1 ? "median of " : "",
             after.n, after.n > 1 ? "dies" : "die", after.samples / (unsigned)after.n, was, failed);
    char name[80];
    snprintf(name, sizeof name, "Accuracy, %s dies, %s", held_out ? "held-out" : "training",
             engine);
    ms_publish_figure(page, name, note, err, "%.1f %%%s", 100 * after.median, range);
  }
  free(after.die);
  free(before.die);
  return code;
}

static int add_energy(ms_report_page *page, const ms_train_report *report, ms_error *err) {
  double energy_j = 0, spikes = 0;
  for (size_t i = 0; i < report->n_die; i++) {
    energy_j += report->die[i].energy_j / (double)report->n_die;
    spikes += report->die[i].spikes / (double)report->n_die;
  }
  return ms_publish_figure(page, "Energy per sample", "analog, without bias branches; mean", err,
                           "%.3g pJ, %.3g spikes", 1e12 * energy_j, spikes);
}

static void add_confirmation(ms_report_page *page, const ms_train_report *report,
                             const ms_experiment *e, ms_error *err) {
  for (size_t i = 0; i < report->n_die; i++) {
    const ms_die_result *d = &report->die[i];
    if (!d->confirm_samples)
      continue;
    char name[80], note[280];
    snprintf(name, sizeof name, "Confirmed on %s", ms_engine_word(e->confirm_analog));
    snprintf(note, sizeof note, "%s die %llu, %u samples", d->held_out ? "held-out" : "training",
             (unsigned long long)d->die, d->confirm_samples);
    if (d->confirm_errors) {
      size_t used = strlen(note);
      snprintf(note + used, sizeof note - used, "; %u failed: %s", d->confirm_errors, d->failure);
    }
    ms_publish_figure(page, name, note, err, "%.1f %%", 100 * d->confirmed);
  }
}

static int add_figures(ms_report_page *page, const ms_setup *setup, const ms_train_report *report,
                       double peak_memory_bytes, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  const char *engine = ms_engine_word(e->analog);
  int code = add_split(page, report, 1, engine, err);
  if (!code)
    code = add_split(page, report, 0, engine, err);
  if (code)
    return code;
  add_confirmation(page, report, e, err);
  ms_publish_figure(page, "Accuracy, model alone", "no mismatch, no circuits: where training began",
                    err, "%.1f %%", 100 * report->model_accuracy);
  add_energy(page, report, err);
  if (report->n_fit)
    ms_publish_figure(page, "Error of the model", "spike times and counts against the circuits",
                      err, "%.3f tau, %.1f %%", report->fit[0].time_tau, 100 * report->fit[0].rate);
  ms_publish_figure(page, "Chip", "circuits, router, core", err, "%s, %s, %s, %u-bit weights",
                    ms_engine_word(e->analog), ms_router_name(e->digital), e->core,
                    setup->core->dac_bits);
  ms_publish_figure(page, "Network", "inputs, hidden neurons, output neurons", err, "%u, %u, %u",
                    setup->n_input, e->hidden, setup->n_output);
  if (e->cols * e->rows > 1)
    ms_publish_figure(page, "Cores", "neurons and inputs are dealt to them in turn", err, "%ux%u",
                      e->cols, e->rows);
  ms_publish_figure(page, "Forward passes on chips", "all phases", err, "%llu",
                    (unsigned long long)report->chip_samples);
  ms_publish_figure(page, "Wall time", "share of the digital half in brackets", err,
                    "%.1f s (%.2g %%)", report->wall_s,
                    report->chip_wall_s > 0 ? 100 * report->router_wall_s / report->chip_wall_s
                                            : 0);
  if (peak_memory_bytes > 0)
    ms_publish_figure(page, "Peak memory", "all processes", err, "%.0f MiB",
                      peak_memory_bytes / 1048576);
  return MS_OK;
}

/* One test sample on one die with waveforms. */
static int show_sample(ms_results *results, ms_report_page *page, const char *folder,
                       const ms_setup *setup, const ms_train_report *report, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  uint64_t number = e->n_held_out_die   ? e->held_out_die[0]
                    : e->n_training_die ? e->training_die[0]
                                        : 0;
  ms_die die = ms_setup_die(setup, number);
  ms_time stop = ms_time_from_s(setup->encoding.window_tau * setup->encoding.tau_s);
  /* On the engine whose word counts. */
  ms_chip_options options = setup->chip;
  if (e->confirm)
    options.engine.kind = e->confirm_analog;
  ms_chip *chip = NULL;
  ms_config config = {0};
  ms_run_result run = {0};
  ms_event *in = calloc(setup->task->n_value + 1, sizeof *in);
  size_t n_in =
      in ? ms_encode(&setup->encoding, setup->task->test.value, setup->task->n_value, in) : 0;
  int code = in ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for the sample");
  (void)(code ||
         (code = ms_network_config(report->network, setup->core, setup->bias, &config, err)) ||
         (code = ms_chip_create(&options, &chip, err)) ||
         (code = ms_chip_configure(chip, &config, err)) ||
         (code = ms_chip_set_die(chip, &die, err)) ||
         (code = ms_chip_set_pvt(chip, &setup->pvt, err)) ||
         (code = ms_run_shown(chip, in, n_in, stop, &run, err)) ||
         (code = ms_results_integer(results, "run/sample", "die", number, err)) ||
         (code = ms_results_run(results, "run/sample", setup->core, in, n_in, &run, err)));
  if (!code) {
    char title[200];
    snprintf(title, sizeof title, "Test sample 0 (class %u), die %llu, %s: decided %d",
             setup->task->test.label[0], (unsigned long long)number,
             ms_engine_word(options.engine.kind),
             ms_network_decide(report->network, run.spike, run.n_spike, NULL));
    const ms_shown_run shown = {.setup = setup,
                                .chip = chip,
                                .t_stop = stop,
                                .title = title,
                                .in = in,
                                .n_in = n_in,
                                .run = &run};
    code = ms_publish_sample(&shown, folder, page, err);
  }
  ms_run_result_clear(&run);
  ms_config_clear(&config);
  ms_chip_destroy(chip);
  free(in);
  return code;
}

int ms_publish_training(const ms_experiment *e, const ms_train_report *report,
                        const ms_publish_options *options, ms_error *err) {
  const char *folder = options->folder;
  char path[PATH_MAX];
  ms_setup *setup = NULL;
  ms_results *results = NULL;
  ms_report_page *page = NULL;
  int code;
  static const char lead[] =
      "A spiking network trained in the loop with transistor circuits and the chip's own router. "
      "results.h5 holds the figures, sample.fst the waveforms, package/ what a chip loads.";
  (void)((code = ms_make_folder(folder, err)) || (code = ms_setup_create(e, &setup, err)) ||
         (code = ms_results_create(&results, err)) ||
         (code = ms_report_create(e->name, lead, &page, err)) ||
         (code =
              ms_publish_training_results(results, e, report, options->peak_memory_bytes, err)) ||
         (code = add_figures(page, setup, report, options->peak_memory_bytes, err)) ||
         (code = show_sample(results, page, folder, setup, report, err)) ||
         (code = draw_curve(page, folder, "offline", &report->offline, "Training on the model",
                            "epoch", "Training on the behavioural model.", err)) ||
         (code = draw_curve(page, folder, "loop", &report->loop, "Training in the loop",
                            "batch on the chip",
                            "Training in the loop: the spikes come from the chip.", err)) ||
         (code = draw_dies(page, folder, report, setup->task->n_class, err)));
  if (!code) {
    snprintf(path, sizeof path, "%s/results.h5", folder);
    code = ms_results_save(results, path, err);
  }
  if (!code) {
    snprintf(path, sizeof path, "%s/index.html", folder);
    code = ms_report_save(page, path, err);
  }
  ms_report_destroy(page);
  ms_results_destroy(results);
  ms_setup_destroy(setup);
  return code;
}
