/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike fit: the behavioural model's parameters of every neuron of many dies. */
#include "mixspike/fit.h"
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike fit EXPERIMENT.yaml [options]\n\n"
    "  --dies N       dies to fit (default: 10)\n"
    "  --first N      number of the first (default: 0)\n"
    "  --engine E     ngspice, table or model (default: table)\n"
    "  --router R     rtl or ideal (default: the experiment's)\n"
    "  --jobs N       chips simulated at once (default: the experiment's)\n"
    "  -o, --out DIR  fit.h5, fit.csv and fit.json (default: OUTPUT/fit)\n"
    "  --calibrate N  rounds of bias calibration of each die before it is fitted (default: none)\n"
    "  --calibrate-stimuli N  stimuli of each round (default: 24)\n"
    "  --shared-by N  neurons that share the bias lines which calibration moves (default: all)\n"
    "  --resume       go on where an interrupted fit into the same folder stopped\n\n"
    "Random stimuli run on every die; each neuron's parameters are those with which the model\n"
    "fires when the circuit did, with their standard errors. What is printed: how far the model "
    "is\n"
    "from the circuits on fresh stimuli, and the spread that mismatch gives to each parameter.\n";

enum { DIES = 256, FIRST, CALIBRATE, STIMULI, SHARED_BY };

static void print_text(const ms_fit_report *r, const char *folder) {
  char text[64];
  printf("die without mismatch: spike times %.3f tau, equal counts %.1f %%\n\n", r->error.time_tau,
         100 * r->error.agree);
  printf("%6s  %22s  %22s\n%6s  %22s  %22s\n", "die", "nominal model", "fitted neurons", "",
         "tau      equal counts", "tau      equal counts");
  for (size_t i = 0; i < r->n_die; i++) {
    const ms_die_fit *d = &r->die[i];
    printf("%6llu  %9.3f  %9.1f %%  %9.3f  %9.1f %%\n", (unsigned long long)d->die,
           d->nominal.time_tau, 100 * d->nominal.agree, d->fitted.time_tau, 100 * d->fitted.agree);
  }
  printf(
      "\nspread over neurons and dies: logarithm of the factor in %%, factors at the 5th and 95th "
      "percentile\n%-16s %7s %7s %7s %7s %7s %6s\n",
      "parameter", "mean", "sd", "error", "dies", "5 %", "95 %");
  for (size_t i = 0; i < r->n_spread; i++) {
    const ms_fit_spread *s = &r->spread[i];
    char error[16] = "";
    if (isfinite(s->error))
      snprintf(error, sizeof error, "%.1f", 100 * s->error);
    if (s->sd > 0)
      printf("%-16s %7.1f %7.1f %7s %7.1f %7.2f %6.2f\n", s->name, 100 * s->mean, 100 * s->sd,
             error, 100 * s->sd_die, s->low, s->high);
  }
  printf("\n%llu chip samples, %s; %s/fit.h5, fit.csv, fit.json\n",
         (unsigned long long)r->chip_samples, cli_duration(r->wall_s, text, sizeof text), folder);
}

static int fit(cli *c, const ms_experiment *e, ms_fit_options *options) {
  ms_error err = {0};
  ms_fit_report report;
  cli_progress progress;
  options->control = cli_progress_begin(&progress, c);
  int code = ms_fit_dies(e, options, &report, &err);
  cli_progress_end(&progress);
  if (code == MS_EINTERRUPTED)
    ms_fail(&err, code, "interrupted after %zu dies; --resume continues", report.n_die);
  int leave = CLI_OK;
  char *json = !code && c->json ? ms_fit_json(&report) : NULL;
  if (code)
    leave = cli_fail(c, &err);
  else if (json)
    puts(json);
  else
    print_text(&report, options->output);
  free(json);
  ms_fit_report_clear(&report);
  return leave;
}

typedef struct request {
  const char *out;
  uint64_t n_die, first, rounds, stimuli, shared_by;
  bool resume;
} request;

/* What is fitted then is another chip: the file of a fit tells it by its experiment's text. */
static bool calibrated(ms_experiment *e, const request *r) {
  if (!r->rounds && !r->shared_by)
    return true;
  char line[160];
  snprintf(line, sizeof line,
           "\n# calibrated with %llu rounds of %llu stimuli, lines shared by %llu\n",
           (unsigned long long)r->rounds, (unsigned long long)r->stimuli,
           (unsigned long long)r->shared_by);
  char *text = realloc(e->text, strlen(e->text) + strlen(line) + 1);
  if (!text)
    return false;
  e->text = strcat(text, line);
  e->bias_shared_by = (unsigned)r->shared_by;
  return true;
}

static int run_fit(cli *c, ms_experiment *e, const request *r) {
  char folder[600];
  snprintf(folder, sizeof folder, "%s/fit", e->output);
  uint64_t *die = calloc(r->n_die, sizeof *die);
  for (uint64_t i = 0; die && i < r->n_die; i++)
    die[i] = r->first + i;
  ms_fit_options options = {.die = die,
                            .n_die = (size_t)r->n_die,
                            .output = r->out ? r->out : folder,
                            .calibrate = {(unsigned)r->rounds, (unsigned)r->stimuli},
                            .resume = r->resume};
  int leave = die && calibrated(e, r) ? fit(c, e, &options) : CLI_SYSTEM;
  free(die);
  return leave;
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"dies", required_argument, NULL, DIES},
                                          {"first", required_argument, NULL, FIRST},
                                          CLI_CHIP_OPTIONS,
                                          CLI_JOBS_OPTION,
                                          {"calibrate", required_argument, NULL, CALIBRATE},
                                          {"calibrate-stimuli", required_argument, NULL, STIMULI},
                                          {"shared-by", required_argument, NULL, SHARED_BY},
                                          {"resume", no_argument, NULL, 'r'},
                                          CLI_END_OPTIONS};
  request r = {.n_die = 10};
  cli_changes changes = CLI_NO_CHANGES;
  changes.engine = MS_ENGINE_TABLE;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;)
    switch (o) {
    case 'o':
      r.out = optarg;
      break;
    case 'r':
      r.resume = true;
      break;
    case DIES:
      if (!cli_parse_u64(optarg, 1, 100000, &r.n_die))
        return cli_usage(c, "--dies takes 1 to 100000");
      break;
    case CALIBRATE:
      if (!cli_parse_u64(optarg, 0, 20, &r.rounds))
        return cli_usage(c, "--calibrate takes 0 to 20 rounds");
      break;
    case STIMULI:
      if (!cli_parse_u64(optarg, 6, 10000, &r.stimuli))
        return cli_usage(c, "--calibrate-stimuli takes 6 to 10000");
      break;
    case SHARED_BY:
      if (!cli_parse_u64(optarg, 1, 65535, &r.shared_by))
        return cli_usage(c, "--shared-by takes a number of neurons from 1");
      break;
    case FIRST:
      if (!cli_parse_u64(optarg, 0, UINT32_MAX, &r.first))
        return cli_usage(c, "--first takes a number from 0");
      break;
    default: {
      int leave = cli_change_option(c, &cli_fit, o, &changes);
      if (leave >= 0)
        return leave;
    }
    }
  ms_experiment *e;
  int leave = cli_one_experiment(c, argc, argv, &changes, &e);
  if (leave >= 0)
    return leave;
  leave = run_fit(c, e, &r);
  ms_experiment_destroy(e);
  return leave;
}

const cli_verb cli_fit = {"fit", "fit the behavioural model to every neuron of many dies", HELP,
                          run};
