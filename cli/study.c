/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike study: training methods side by side on the same held-out dies. */
#include "mixspike/study.h"
#include "cli.h"
#include "mixspike/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike study STUDY.yaml [options]\n\n"
    "  -o, --out DIR  (default: the study's `output`)\n"
    "  --resume       go on where an interrupted study into the same folder stopped\n"
    "  --report       write the report of what is done so far and compute nothing\n"
    "  --jobs N       items computed at once, each in a process of its own (default: the "
    "study's)\n\n"
    "Trains every method of the study and measures it on every held-out die, for each task, "
    "strength\n"
    "of mismatch and condition, then repeats samples on ngspice where it says `confirm`\n"
    "(docs/study.md). Writes index.html, results.json, results.csv,\n"
    "levers.csv and curves.csv; Ctrl-C leaves a state that --resume continues.\n\n"
    "mpirun -n 4 mixspike study ... computes it on four processes, of several machines if need "
    "be,\n"
    "with the same result.\n";

static int write_format(const ms_study_report *r, ms_study_format format, const char *folder,
                        const char *name, ms_error *err) {
  char path[4096], *text;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int rc = ms_study_text(r, format, &text, err);
  rc = rc ? rc : ms_write_file(path, text, strlen(text), err);
  free(text);
  return rc;
}

static int write_all(const ms_study_report *r, const char *folder, ms_error *err) {
  int rc = write_format(r, MS_STUDY_JSON, folder, "results.json", err);
  rc = rc ? rc : write_format(r, MS_STUDY_CSV, folder, "results.csv", err);
  rc = rc ? rc : write_format(r, MS_STUDY_LEVERS, folder, "levers.csv", err);
  rc = rc ? rc : write_format(r, MS_STUDY_CURVES, folder, "curves.csv", err);
  return rc ? rc : write_format(r, MS_STUDY_HTML, folder, "index.html", err);
}

static int run_study(cli *c, const ms_study *study, ms_study_options *options) {
  const char *folder = options->output ? options->output : ms_study_output(study);
  ms_error err = {0};
  ms_study_report report;
  cli_progress progress;
  char *text = NULL, wall[40];
  options->control = cli_progress_begin(&progress, c);
  int code = ms_study_run(study, options, &report, &err);
  cli_progress_end(&progress);
  if (code == MS_EINTERRUPTED)
    ms_fail(&err, code, "interrupted; --resume continues");
  if (report.rank)
    return code ? cli_fail(c, &err) : CLI_OK; /* the first rank reports */
  if (!code)
    code = write_all(&report, folder, &err);
  if (!code)
    code = ms_study_text(&report, c->json ? MS_STUDY_JSON : MS_STUDY_TABLE, &text, &err);
  if (!code)
    fputs(text, stdout);
  if (!code && !c->json)
    printf("\n%s; report in %s/index.html\n", cli_duration(report.wall_s, wall, sizeof wall),
           folder);
  free(text);
  ms_study_report_clear(&report);
  return code ? cli_fail(c, &err) : CLI_OK;
}

static int run(cli *c, int argc, char **argv) {
  enum { JOBS = 256, REPORT };
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"resume", no_argument, NULL, 'r'},
                                          {"report", no_argument, NULL, REPORT},
                                          {"jobs", required_argument, NULL, JOBS},
                                          CLI_END_OPTIONS};
  ms_study_options o = {0};
  uint64_t jobs = 0;
  for (int k; (k = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;)
    switch (k) {
    case 'o':
      o.output = optarg;
      break;
    case 'r':
      o.resume = 1;
      break;
    case REPORT:
      o.report_only = 1;
      break;
    case JOBS:
      if (!cli_parse_u64(optarg, 1, 256, &jobs))
        return cli_usage(c, "--jobs takes 1 to 256");
      break;
    default: {
      int leave = cli_common(c, &cli_study, k);
      if (leave >= 0)
        return leave;
    }
    }
  if (optind + 1 != argc)
    return cli_usage(c, "name one study file");
  o.jobs = (unsigned)jobs;
  ms_error err = {0};
  ms_study *study;
  if (ms_study_load(argv[optind], &study, &err))
    return cli_fail(c, &err);
  int leave = run_study(c, study, &o);
  ms_study_destroy(study);
  return leave;
}

const cli_verb cli_study = {"study", "compare training methods on held-out dies", HELP, run};
