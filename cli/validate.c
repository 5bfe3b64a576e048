/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike validate: does a cell meet its specs over mismatch, corners, temperature and supply? */
#include "mixspike/validate.h"
#include "cli.h"
#include "mixspike/record.h"
#include "validate_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike validate CELL [options]\n\n"
    "CELL is a cell of the library (dpi_soma), a folder, or the path of a cell.yaml. Its manifest\n"
    "says what is measured and required (docs/validate.md).\n\n" CLI_VALIDATE_HELP
    "  --precision P     stop when the overall yield is known to within +- P percent\n"
    "  --out DIR         write report.html, results.json, junit.xml, values.csv there, and the\n"
    "                    state that --resume continues\n"
    "  --resume          go on where an interrupted run with the same --out stopped\n"
    "  --die N           only this die; with --waves its waveforms\n"
    "  --waves DIR       waveforms of --die N at the first point of operation given:\n"
    "                    waves.fst (gtkwave), waves.raw (ngspice), one SVG for each run\n\n"
    "The exit status is 1 if a spec misses its yield.\n";

enum { PRECISION = 300, OUT, RESUME, DIE, WAVES };

typedef struct request {
  cli_validate o;
  const char *out, *waves;
  bool one_die;
} request;

static int write_format(const ms_validation *v, ms_validation_format format, const char *folder,
                        const char *name, ms_error *err) {
  char path[4096], *text;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int rc = ms_validation_text(v, format, &text, err);
  rc = rc ? rc : ms_write_file(path, text, strlen(text), err);
  free(text);
  return rc;
}

static int write_all(const ms_validation *v, const char *folder, ms_error *err) {
  int rc = write_format(v, MS_FORMAT_JSON, folder, "results.json", err);
  rc = rc ? rc : write_format(v, MS_FORMAT_JUNIT, folder, "junit.xml", err);
  rc = rc ? rc : write_format(v, MS_FORMAT_CSV, folder, "values.csv", err);
  return rc ? rc : write_format(v, MS_FORMAT_HTML, folder, "report.html", err);
}

static int run_waves(cli *c, request *r) {
  ms_error err = {0};
  size_t n;
  if (ms_validate_waves(&r->o.options, r->o.options.first_die, 0, r->waves, &n, &err))
    return cli_fail(c, &err);
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON_AddNumberToObject(object, "waves", (double)n);
    cJSON_AddStringToObject(object, "folder", r->waves);
    cli_print_json(object);
  } else {
    printf("%zu waveforms in %s: waves.fst, waves.raw and pictures\n", n, r->waves);
  }
  return CLI_OK;
}

static int run_validation(cli *c, request *r) {
  ms_error err = {0};
  ms_validation *v = NULL;
  char state[4096], *text = NULL;
  cli_progress progress;
  int rc = 0;
  if (r->out) {
    snprintf(state, sizeof state, "%s/state.txt", r->out);
    r->o.options.state = state;
    rc = ms_make_folder(r->out, &err);
  }
  r->o.options.explain = true;
  r->o.options.keep_worst = r->out != NULL;
  r->o.options.control = cli_progress_begin(&progress, c);
  rc = rc ? rc : ms_validate(&r->o.options, &v, &err);
  cli_progress_end(&progress);
  if (!rc && r->out)
    rc = write_all(v, r->out, &err);
  rc = rc ? rc : ms_validation_text(v, c->json ? MS_FORMAT_JSON : MS_FORMAT_TABLE, &text, &err);
  if (!rc)
    fputs(text, stdout);
  if (!rc && !c->json) {
    char wall[40];
    printf("\n%s%s%s\n", cli_duration(v->wall_s, wall, sizeof wall), r->out ? "; report in " : "",
           r->out ? r->out : "");
  }
  bool passes = !rc && ms_validation_passes(v);
  free(text);
  ms_validation_destroy(v);
  return rc ? cli_fail(c, &err) : passes ? CLI_OK : CLI_NO;
}

static int parse(cli *c, int argc, char **argv, request *r) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          CLI_VALIDATE_OPTIONS,
                                          {"precision", required_argument, NULL, PRECISION},
                                          {"out", required_argument, NULL, OUT},
                                          {"resume", no_argument, NULL, RESUME},
                                          {"die", required_argument, NULL, DIE},
                                          {"waves", required_argument, NULL, WAVES},
                                          CLI_END_OPTIONS};
  ms_validate_options *o = &r->o.options;
  for (int k; (k = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;)
    switch (k) {
    case PRECISION:
      if (!cli_parse_double(optarg, 0.01, 50, &o->precision))
        return cli_usage(c, "--precision takes 0.01 to 50 (percent)");
      o->precision /= 100;
      break;
    case OUT:
      r->out = optarg;
      break;
    case RESUME:
      o->resume = true;
      break;
    case DIE:
      if (!cli_parse_u64(optarg, 0, UINT64_MAX, &o->first_die))
        return cli_usage(c, "--die takes the number of a die");
      r->one_die = true;
      break;
    case WAVES:
      r->waves = optarg;
      break;
    default: {
      int leave = cli_validate_option(c, &cli_validate_verb, k, &r->o);
      if (leave >= 0)
        return leave;
    }
    }
  if (optind + 1 != argc)
    return cli_usage(c, "name one cell");
  if (r->waves && !r->one_die)
    return cli_usage(c, "--waves needs --die N");
  if (o->resume && !r->out)
    return cli_usage(c, "--resume needs --out DIR");
  if (r->one_die)
    o->n_die = 1;
  o->cell = argv[optind];
  return -1;
}

static int run(cli *c, int argc, char **argv) {
  request r;
  memset(&r, 0, sizeof r);
  cli_validate_defaults(&r.o);
  int leave = parse(c, argc, argv, &r);
  if (leave < 0)
    leave = r.waves ? run_waves(c, &r) : run_validation(c, &r);
  return leave;
}

const cli_verb cli_validate_verb = {"validate", "measure a cell on many dies against its specs",
                                    HELP, run};
