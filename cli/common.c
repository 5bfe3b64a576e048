/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, exit codes and the small parsers of the command line. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_engines[] = {"ngspice", "table", "model", NULL};
const char *const cli_routers[] = {"rtl", "ideal", "tlm", "tlm_lt", NULL};
const char *const cli_drivers[] = {"auto", "lockstep", "promises", "feedforward", NULL};

int cli_common(cli *c, const cli_verb *verb, int option) {
  switch (option) {
  case 'h':
    printf("mixspike %s: %s\n\n%s", verb->name, verb->summary, verb->help);
    return CLI_OK;
  case 'j':
    c->json = true;
    return -1;
  case 'q':
    c->quiet = true;
    return -1;
  case 'P': /* workers and the library's loader look there */
    return setenv("MIXSPIKE_PDK", optarg, 1) ? cli_usage(c, "--pdk: no memory") : -1;
  default: /* getopt has said what is wrong */
    fprintf(stderr, "see mixspike %s --help\n", verb->name);
    return CLI_USAGE;
  }
}

int cli_usage(const cli *c, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "mixspike%s%s: ", *c->verb ? " " : "", c->verb);
  vfprintf(stderr, format, args);
  fprintf(stderr, "; see mixspike%s%s --help\n", *c->verb ? " " : "", c->verb);
  va_end(args);
  return CLI_USAGE;
}

static int exit_code(int code) {
  switch (code) {
  case MS_OK:
    return CLI_OK;
  case MS_ETAMPERED:
  case MS_EDIFFERS:
    return CLI_NO;
  case MS_ESIM:
  case MS_ECRASH:
  case MS_ETIMEOUT:
  case MS_ECAUSALITY:
    return CLI_SIMULATION;
  case MS_ENOMEM:
  case MS_EIO:
    return CLI_SYSTEM;
  case MS_EINTERRUPTED:
    return CLI_INTERRUPTED;
  default:
    return CLI_INPUT;
  }
}

int cli_fail(const cli *c, const ms_error *err) {
  fprintf(stderr, "mixspike %s: %s\n", c->verb, *err->text ? err->text : ms_strerror(err->code));
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", false);
    cJSON_AddNumberToObject(object, "code", err->code);
    cJSON_AddStringToObject(object, "meaning", ms_strerror(err->code));
    cJSON_AddStringToObject(object, "error", err->text);
    cli_print_json(object);
  }
  return exit_code(err->code);
}

void cli_print_json(cJSON *object) {
  char *text = cJSON_Print(object);
  if (text)
    puts(text);
  cJSON_free(text);
  cJSON_Delete(object);
}

bool cli_parse_u64(const char *text, uint64_t low, uint64_t high, uint64_t *value) {
  char *end;
  errno = 0;
  unsigned long long v = strtoull(text, &end, 10);
  if (errno || end == text || *end || strchr(text, '-') || v < low || v > high)
    return false;
  *value = v;
  return true;
}

bool cli_parse_double(const char *text, double low, double high, double *value) {
  char *end;
  double v = strtod(text, &end);
  if (end == text || *end || !isfinite(v) || v < low || v > high)
    return false;
  *value = v;
  return true;
}

int cli_parse_word(const char *text, const char *const *words) {
  for (int i = 0; words[i]; i++)
    if (!strcmp(text, words[i]))
      return i;
  return -1;
}

int cli_change_option(cli *c, const cli_verb *verb, int option, cli_changes *changes) {
  switch (option) {
  case CLI_ENGINE:
    changes->engine = cli_parse_word(optarg, cli_engines);
    return changes->engine >= 0 ? -1 : cli_usage(c, "--engine takes ngspice, table or model");
  case CLI_ROUTER:
    changes->router = cli_parse_word(optarg, cli_routers);
    return changes->router >= 0 ? -1 : cli_usage(c, "--router takes rtl, tlm, tlm_lt or ideal");
  case CLI_DRIVER:
    changes->driver = cli_parse_word(optarg, cli_drivers);
    return changes->driver >= 0
               ? -1
               : cli_usage(c, "--driver takes auto, lockstep, promises or feedforward");
  case CLI_JOBS:
    return cli_parse_u64(optarg, 1, 256, &changes->jobs) ? -1
                                                         : cli_usage(c, "--jobs takes 1 to 256");
  default:
    return cli_common(c, verb, option);
  }
}

int cli_one_experiment(cli *c, int argc, char **argv, const cli_changes *changes,
                       ms_experiment **out) {
  if (optind + 1 != argc)
    return cli_usage(c, "name one experiment file");
  ms_error err = {0};
  if (ms_experiment_load(argv[optind], out, &err))
    return cli_fail(c, &err);
  ms_experiment *e = *out;
  if (changes->engine >= 0)
    e->analog = (ms_engine_kind)changes->engine;
  if (changes->router >= 0)
    e->digital = (ms_router_kind)changes->router;
  if (changes->driver >= 0)
    e->driver = (ms_driver_kind)changes->driver;
  if (changes->jobs)
    e->jobs = (unsigned)changes->jobs;
  return -1;
}

const char *cli_duration(double seconds, char *text, size_t size) {
  long s = lround(seconds);
  if (seconds < 10)
    snprintf(text, size, "%.1f s", seconds);
  else if (s < 100)
    snprintf(text, size, "%ld s", s);
  else if (s < 6000)
    snprintf(text, size, "%ld min %ld s", s / 60, s % 60);
  else
    snprintf(text, size, "%ld h %ld min", s / 3600, s / 60 % 60);
  return text;
}
