/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike train: from an experiment to a package and a report. */
#include "cli.h"
#include "mixspike/publish.h"
#include "record/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike train EXPERIMENT.yaml [options]\n\n"
    "  --out DIR      output folder (default: the experiment's `output`)\n"
    "  --resume       continue where an interrupted training of the same experiment stopped\n"
    "  --no-package   do not write a package\n"
    "  --jobs N       chips simulated at once (default: the experiment's)\n\n"
    "Trains on the behavioural model, then in the loop with the chip, measures the accuracy on\n"
    "every die, and writes index.html, results.h5, sample.fst and package/ into the output\n"
    "folder. Ctrl-C leaves a state that --resume continues, with the same result.\n";

static double median(double *value, size_t n) {
  for (size_t i = 1; i < n; i++) /* few dies: insertion sort */
    for (size_t j = i; j && value[j] < value[j - 1]; j--) {
      double t = value[j];
      value[j] = value[j - 1];
      value[j - 1] = t;
    }
  return n % 2 ? value[n / 2] : 0.5 * (value[n / 2 - 1] + value[n / 2]);
}

/* Median accuracy of the dies of one kind, or the one before the loop; NaN if there is none. */
static double median_accuracy(const ms_train_report *r, int held_out, int before, size_t *n) {
  double *value = calloc(r->n_die + 1, sizeof *value), m = NAN;
  *n = 0;
  for (size_t i = 0; value && i < r->n_die; i++) {
    double accuracy = before ? r->die[i].before : r->die[i].accuracy;
    if (!r->die[i].held_out == !held_out && (!before || isfinite(accuracy)))
      value[(*n)++] = accuracy;
  }
  if (*n)
    m = median(value, *n);
  free(value);
  return m;
}

static cJSON *json_of(const ms_experiment *e, const ms_train_report *r, const char *folder,
                      double peak_memory_bytes) {
  size_t n;
  cJSON *object = cJSON_CreateObject();
  cJSON_AddBoolToObject(object, "ok", true);
  cJSON_AddStringToObject(object, "experiment", e->name);
  cJSON_AddStringToObject(object, "output", folder);
  cJSON_AddStringToObject(object, "package", r->package);
  ms_json_number(object, "held_out_accuracy_median", median_accuracy(r, 1, 0, &n));
  ms_json_number(object, "training_accuracy_median", median_accuracy(r, 0, 0, &n));
  ms_json_number(object, "model_accuracy", r->model_accuracy);
  ms_json_number(object, "chip_samples", (double)r->chip_samples);
  ms_json_number(object, "wall_s", r->wall_s);
  ms_json_number(object, "chip_wall_s", r->chip_wall_s);
  ms_json_number(object, "router_wall_s", r->router_wall_s);
  ms_json_number(object, "peak_memory_bytes", peak_memory_bytes);
  if (r->chain.chains) {
    cJSON *chains = cJSON_AddObjectToObject(object, "chains");
    ms_json_number(chains, "number", r->chain.chains);
    ms_json_number(chains, "proposals", r->chain.proposals);
    ms_json_number(chains, "acceptance", r->chain.acceptance);
    ms_json_number(chains, "autocorrelation", r->chain.autocorrelation);
    ms_json_number(chains, "spread", r->chain.spread);
  }
  cJSON *fits = cJSON_AddArrayToObject(object, "fit");
  for (size_t i = 0; i < r->n_fit; i++) {
    cJSON *fit = cJSON_CreateObject();
    cJSON_AddNumberToObject(fit, "die", (double)r->fit[i].die);
    ms_json_number(fit, "rate_error", r->fit[i].rate);
    ms_json_number(fit, "time_error_tau", r->fit[i].time_tau);
    ms_json_number(fit, "agreement", r->fit[i].agree);
    cJSON_AddItemToArray(fits, fit);
  }
  cJSON *dies = cJSON_AddArrayToObject(object, "dies");
  for (size_t i = 0; i < r->n_die; i++) {
    const ms_die_result *d = &r->die[i];
    cJSON *die = cJSON_CreateObject();
    cJSON_AddNumberToObject(die, "die", (double)d->die);
    cJSON_AddBoolToObject(die, "held_out", d->held_out);
    ms_json_number(die, "before", d->before);
    ms_json_number(die, "accuracy", d->accuracy);
    ms_json_number(die, "energy_j", d->energy_j);
    ms_json_number(die, "spikes", d->spikes);
    cJSON_AddNumberToObject(die, "samples", d->samples);
    cJSON_AddNumberToObject(die, "failed_samples", d->errors);
    ms_json_number(die, "confirmed", d->confirmed);
    cJSON_AddNumberToObject(die, "confirm_samples", d->confirm_samples);
    cJSON_AddNumberToObject(die, "confirm_failed", d->confirm_errors);
    if (d->failure[0])
      cJSON_AddStringToObject(die, "failure", d->failure);
    cJSON_AddItemToArray(dies, die);
  }
  return object;
}

static void print_confirmation(const ms_experiment *e, const ms_train_report *r) {
  for (size_t i = 0; i < r->n_die; i++) {
    const ms_die_result *d = &r->die[i];
    if (d->confirm_samples)
      printf("%-16s %.1f %% right of %u on %s, %s die %llu\n", "confirmed", 100 * d->confirmed,
             d->confirm_samples, cli_engines[e->confirm_analog],
             d->held_out ? "held-out" : "training", (unsigned long long)d->die);
  }
}

static void print_failures(const ms_train_report *r) {
  for (size_t i = 0; i < r->n_die; i++) {
    const ms_die_result *d = &r->die[i];
    if (d->failure[0])
      printf("%-16s die %llu: %u of %u samples, %u of %u confirming; first: %s\n", "failed",
             (unsigned long long)d->die, d->errors, d->samples, d->confirm_errors,
             d->confirm_samples, d->failure);
  }
}

static void print_text(const ms_experiment *e, const ms_train_report *r, const char *folder,
                       double peak_memory_bytes) {
  char text[64];
  static const char *const kind[] = {"training dies", "held-out dies"};
  for (int held_out = 1; held_out >= 0; held_out--) {
    size_t n;
    double m = median_accuracy(r, held_out, 0, &n);
    if (!n)
      continue;
    printf("%-16s %.1f %% right, median of %zu, on %s", kind[held_out], 100 * m, n,
           cli_engines[e->analog]);
    m = median_accuracy(r, held_out, 1, &n);
    if (n && e->loop_batches)
      printf("; %.1f %% before the loop", 100 * m);
    printf("\n");
  }
  print_confirmation(e, r);
  print_failures(r);
  if (isfinite(r->model_accuracy))
    printf("%-16s %.1f %% right\n", "model alone", 100 * r->model_accuracy);
  if (r->n_fit)
    printf("%-16s spike times %.3f tau, spike counts %.1f %%\n", "error of model",
           r->fit[0].time_tau, 100 * r->fit[0].rate);
  if (r->chain.chains)
    printf("%-16s %u of %.0f proposals, %.0f %% taken, energy's autocorrelation %.3f, scale "
           "reduction %.2f\n",
           "chains", r->chain.chains, r->chain.proposals, 100 * r->chain.acceptance,
           r->chain.autocorrelation, r->chain.spread);
  printf("%-16s %llu forward passes, digital half %.2g %% of their time\n", "chip",
         (unsigned long long)r->chip_samples,
         r->chip_wall_s > 0 ? 100 * r->router_wall_s / r->chip_wall_s : 0);
  printf("%-16s %s, peak memory %.0f MiB\n", "cost", cli_duration(r->wall_s, text, sizeof text),
         peak_memory_bytes / 1048576);
  printf("%-16s %s/index.html\n", "report", folder);
  if (*r->package)
    printf("%-16s %s\n", "package", r->package);
}

static void print(const cli *c, const ms_experiment *e, const ms_train_report *r,
                  const char *folder, double peak_memory_bytes,
                  void (*also)(void *user, cJSON *object), void *user) {
  cJSON *object = c->json ? json_of(e, r, folder, peak_memory_bytes) : NULL;
  if (!object)
    print_text(e, r, folder, peak_memory_bytes);
  if (also)
    also(user, object);
  if (object)
    cli_print_json(object);
}

int cli_run_training(cli *c, const ms_experiment *e, ms_train_options *options, const char *again,
                     void (*also)(void *user, cJSON *object), void *user) {
  ms_error err = {0};
  ms_train_report report = {0};
  cli_progress progress;
  cli_memory *memory = cli_memory_begin();
  options->control = cli_progress_begin(&progress, c);
  int code = ms_train(e, options, &report, &err);
  cli_progress_end(&progress);
  double peak = cli_memory_end(memory);
  const char *folder = options->output ? options->output : e->output;
  if (code == MS_EINTERRUPTED)
    code = ms_fail(&err, code, "interrupted; continue with: %s%s%s --resume", again,
                   options->output ? " --out " : "", options->output ? options->output : "");
  if (!code) {
    const ms_publish_options publish = {.folder = folder, .peak_memory_bytes = peak};
    err = (ms_error){0};
    code = ms_publish_training(e, &report, &publish, &err);
    if (!code && err.code == MS_EMISSING)
      fprintf(stderr, "%s\n", err.text);
  }
  int leave = CLI_OK;
  if (code)
    leave = cli_fail(c, &err);
  else
    print(c, e, &report, folder, peak, also, user);
  ms_train_report_clear(&report);
  return leave;
}

static int run(cli *c, int argc, char **argv) {
  enum { NO_PACKAGE = 256 };
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"resume", no_argument, NULL, 'r'},
                                          {"no-package", no_argument, NULL, NO_PACKAGE},
                                          CLI_JOBS_OPTION,
                                          CLI_END_OPTIONS};
  ms_train_options train_options = {0};
  cli_changes changes = CLI_NO_CHANGES;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;)
    switch (o) {
    case 'o':
      train_options.output = optarg;
      break;
    case 'r':
      train_options.resume = 1;
      break;
    case NO_PACKAGE:
      train_options.no_package = 1;
      break;
    default: {
      int leave = cli_change_option(c, &cli_train, o, &changes);
      if (leave >= 0)
        return leave;
    }
    }
  ms_experiment *experiment;
  int leave = cli_one_experiment(c, argc, argv, &changes, &experiment);
  if (leave >= 0)
    return leave;
  char again[512];
  snprintf(again, sizeof again, "mixspike train %s", experiment->file);
  leave = cli_run_training(c, experiment, &train_options, again, NULL, NULL);
  ms_experiment_destroy(experiment);
  return leave;
}

const cli_verb cli_train = {"train", "train a network in the loop and export it", HELP, run};
