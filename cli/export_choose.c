/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike export --choose: one configuration out of several, for dies that nobody has seen. */
#include "export_choose.h"

#include <stdio.h>
#include <stdlib.h>

static void print_text(const ms_experiment *e, const ms_choice_report *r, const char *output) {
  for (size_t i = 0; i < r->n_candidate; i++)
    printf("%-16s %.1f %% right at quantile %.4g, median %.1f %%: %s\n",
           i == r->picked ? "picked" : "candidate", 100 * r->candidate[i].decided, r->quantile,
           100 * r->candidate[i].spread.median, r->candidate[i].name);
  printf("%-16s %zu dies, %zu samples each, on %s\n", "validated on", r->n_validation,
         r->n_validation_sample, cli_engines[e->analog]);
  printf("%-16s %zu unseen dies, %zu samples each, on %s: median %.1f %%, 5th percentile %.1f %%, "
         "95th %.1f %%\n",
         "confirmed on", r->spread.n, r->n_test_sample, cli_engines[e->analog],
         100 * r->spread.median, 100 * r->spread.low, 100 * r->spread.high);
  if (r->confirmed.n)
    printf("%-16s %zu unseen %s, %u samples each, on %s: median %.1f %%\n", "and on",
           r->confirmed.n, r->confirmed.n == 1 ? "die" : "dies", r->unseen[0].confirm_samples,
           cli_engines[e->confirm_analog], 100 * r->confirmed.median);
  printf("%-16s %s/package, %s/network.nir, %s/index.html\n", "written", output, output, output);
}

static void print_json(const ms_experiment *e, const ms_choice_report *r, const char *output) {
  char *text = ms_choice_json(e, r);
  cJSON *object = text ? cJSON_Parse(text) : NULL;
  free(text);
  cJSON_AddBoolToObject(object, "ok", true);
  cJSON_AddStringToObject(object, "output", output);
  cli_print_json(object);
}

int cli_choose(cli *c, const char *experiment, unsigned jobs, ms_choice_options *options) {
  ms_error err = {0};
  ms_experiment *e;
  if (ms_experiment_load(experiment, &e, &err))
    return cli_fail(c, &err);
  if (jobs)
    e->jobs = jobs;
  ms_choice_report report = {0};
  cli_progress progress;
  options->control = cli_progress_begin(&progress, c);
  int code = ms_choose(e, options, &report, &err);
  cli_progress_end(&progress);
  if (code == MS_EINTERRUPTED)
    code = ms_fail(&err, code, "interrupted; the same command with --resume continues");
  int leave = CLI_OK;
  if (code)
    leave = cli_fail(c, &err);
  else if (c->json)
    print_json(e, &report, options->output);
  else
    print_text(e, &report, options->output);
  ms_choice_report_clear(&report);
  ms_experiment_destroy(e);
  return leave;
}
