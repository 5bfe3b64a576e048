/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike doctor: which versions of what are here, and whether they suffice. */
#include "cli.h"
#include "engine/ngspice/service.h"
#include "mixspike/record.h"
#include "mixspike/router_map.h"
#include "mixspike/study.h"

#include <H5public.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char HELP[] =
    "usage: mixspike doctor [--models DIR] [--json]\n\n"
    "  --models DIR   the analog-models folder (default: the installed one)\n\n"
    "Each line is a thing that mixspike uses: what was found, and whether it suffices. Exit code "
    "1\n"
    "if something is missing without which simulations cannot run.\n";

enum { N_TEXT = 300, MIN_NGSPICE = 39 };

/* What became of one check. */
typedef enum verdict { GOOD, OPTIONAL_MISSING, BAD } verdict;

typedef struct doctor {
  const cli *c;
  const char *models;
  cJSON *checks;
  bool bad;
} doctor;

static void say(doctor *d, const char *name, verdict v, const char *found) {
  static const char *const word[] = {"ok", "missing, optional", "insufficient"};
  static const char *const mark[] = {"ok  ", "--  ", "BAD "};
  d->bad |= v == BAD;
  if (d->c->json) {
    cJSON *check = cJSON_CreateObject();
    cJSON_AddStringToObject(check, "name", name);
    cJSON_AddStringToObject(check, "verdict", word[v]);
    cJSON_AddStringToObject(check, "found", found);
    cJSON_AddItemToArray(d->checks, check);
  } else {
    printf("%s%-12s %s\n", mark[v], name, found);
  }
}

/* First line of what a program prints about its version; false if it cannot be run. */
static bool program_version(const char *command, char *text, size_t size) {
  FILE *in = popen(command, "r");
  bool found = in && fgets(text, (int)size, in);
  if (in && pclose(in))
    found = false;
  text[found ? strcspn(text, "\n") : 0] = '\0';
  return found;
}

static void check_library(doctor *d) {
  char text[N_TEXT];
  snprintf(text, sizeof text, "%s, compiled by %s %s", MS_VERSION, MS_COMPILER,
           MS_COMPILER_VERSION);
  say(d, "mixspike", GOOD, text);
  unsigned major, minor, release;
  if (H5get_libversion(&major, &minor, &release))
    major = minor = release = 0;
  snprintf(text, sizeof text, "%u.%u.%u; 1.10 or later is needed", major, minor, release);
  say(d, "HDF5", major > 1 || (major == 1 && minor >= 10) ? GOOD : BAD, text);
}

static void check_router(doctor *d) {
  ms_error err = {0};
  char text[N_TEXT];
  const ms_router_options options = {
      .kind = MS_ROUTER_RTL, .n_neuron = 1, .n_input = 1, .n_bias = 1, .clock_ps = 10000};
  ms_router *router = NULL;
  uint32_t id = 0;
  int code = ms_router_create(&options, &router, &err);
  if (!code)
    code = ms_router_read(router, MS_MAP_ID, &id, &err);
  if (!code && id != MS_MAP_ID_VALUE)
    code = ms_fail(&err, MS_EDIFFERS, "its identity register reads 0x%08x instead of 0x%08x", id,
                   MS_MAP_ID_VALUE);
  if (code)
    snprintf(text, sizeof text, "the compiled router does not work: %.200s", err.text);
  else
    snprintf(text, sizeof text,
             "answers on its port; compiled by Verilator %s, lookahead %.0f ns; meshes %s",
             MS_VERILATOR_VERSION, 1e9 * ms_time_to_s(ms_router_lookahead(router)),
             ms_router_meshes());
  say(d, "router", code ? BAD : GOOD, text);
  ms_router_destroy(router);
}

/* Solves the bias lines of a core: worker, models and simulator at work together. */
static int try_core(const doctor *d, const char *name, size_t *n_bias, ms_error *err) {
  ms_core *core;
  int code = ms_core_load(d->models, name, 0, &core, err);
  if (code)
    return code;
  ms_engine *engine = NULL;
  const ms_engine_options options = {.kind = MS_ENGINE_NGSPICE, .timeout_s = 30};
  const ms_die die = {.seed = 1, .die = 1, .strength = 1};
  const ms_pvt pvt = {0};
  *n_bias = core->n_bias;
  uint16_t *code_of = calloc(core->n_bias + 1, sizeof *code_of);
  double *bias_v = calloc(core->n_bias + 1, sizeof *bias_v);
  if (!code_of || !bias_v)
    code = ms_fail(err, MS_ENOMEM, "out of memory");
  for (size_t i = 0; !code && i < core->n_bias; i++)
    code_of[i] = (uint16_t)core->bias[i].bias->code[MS_SET_ACCELERATED];
  if (!code)
    code = ms_engine_create(&options, core, &engine, err);
  if (!code)
    code = ms_engine_bias(engine, &die, &pvt, code_of, bias_v, NULL, err);
  ms_engine_destroy(engine);
  free(code_of);
  free(bias_v);
  ms_core_destroy(core);
  return code;
}

/* Decided when mixspike was built. */
static void check_systemc(doctor *d) {
  const bool built = MS_SYSTEMC_VERSION[0] != '\0';
  say(d, "SystemC", built ? GOOD : OPTIONAL_MISSING,
      built ? MS_SYSTEMC_VERSION ": modules for virtual platforms (mixspike::systemc) were built"
            : "no modules for virtual platforms; Debian package libsystemc-dev, then build again");
}

static void check_mpi(doctor *d) {
  char text[N_TEXT], version[N_TEXT - 60];
  const bool found = !ms_study_mpi_version(version, sizeof version);
  snprintf(text, sizeof text, "%s",
           "studies run on one machine; Debian packages libopenmpi-dev and openmpi-bin, then build "
           "again");
  if (found)
    snprintf(text, sizeof text, "%s: mpirun -n N mixspike study", version);
  say(d, "MPI", found ? GOOD : OPTIONAL_MISSING, text);
}

static void check_ngspice(doctor *d) {
  static const char core[] = "dpi16";
  ms_error err = {0};
  char text[N_TEXT];
  ms_service *service;
  int code = ms_service_create(NULL, 30, &service, &err);
  const char *banner = code ? "" : ms_service_banner(service), *dash = strchr(banner, '-');
  /* Older ones were not tried; the harness relies on details of GetSyncData. */
  bool recent = dash && strtoul(dash + 1, NULL, 10) >= MIN_NGSPICE;
  if (code)
    snprintf(text, sizeof text, "%.280s", err.text);
  else
    snprintf(text, sizeof text, "%.200s; %d or later is needed", banner, MIN_NGSPICE);
  if (!code)
    ms_service_destroy(service);
  say(d, "ngspice", recent ? GOOD : BAD, text);

  size_t n_bias;
  if ((code = try_core(d, core, &n_bias, &err)))
    snprintf(text, sizeof text, "%.280s", err.text);
  else
    snprintf(text, sizeof text, "core %s: ngspice solves its %zu bias lines", core, n_bias);
  say(d, "models", code ? BAD : GOOD, text);
}

static void check_programs(doctor *d) {
  static const struct {
    const char *name, *command, *without;
  } program[] = {
      {"gnuplot", "gnuplot --version 2>/dev/null", "no pictures; Debian package gnuplot-nox"},
      {"gtkwave", "command -v gtkwave", "to look at waveforms; Debian package gtkwave"},
      {"compiler", "c++ --version 2>/dev/null", "needed only to build mixspike"},
      {"verilator", "verilator --version 2>/dev/null", "needed only to build mixspike"},
  };
  for (size_t i = 0; i < sizeof program / sizeof *program; i++) {
    char text[N_TEXT];
    bool found = program_version(program[i].command, text, sizeof text);
    say(d, program[i].name, found ? GOOD : OPTIONAL_MISSING, found ? text : program[i].without);
  }
}

static void check_machine(doctor *d) {
  char text[N_TEXT];
  struct statvfs disk;
  const double need_gib = 1;
  double gib = statvfs(".", &disk) ? 0 : (double)disk.f_bavail * (double)disk.f_frsize / 0x1p30;
  snprintf(text, sizeof text, "%.1f GiB free in this folder; %.0f GiB is enough", gib, need_gib);
  say(d, "disk", gib >= need_gib ? GOOD : BAD, text);
  snprintf(text, sizeof text, "this folder is %s",
           access(".", W_OK) ? strerror(errno) : "writable");
  say(d, "output", access(".", W_OK) ? BAD : GOOD, text);

  long pages = sysconf(_SC_PHYS_PAGES), cores = sysconf(_SC_NPROCESSORS_ONLN);
  gib = (double)pages * (double)sysconf(_SC_PAGESIZE) / 0x1p30;
  snprintf(text, sizeof text, "%ld cores, %.1f GiB memory; 1 GiB is enough", cores, gib);
  say(d, "machine", gib >= 1 ? GOOD : BAD, text);
}

static void check_cache(doctor *d) {
  const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char folder[PATH_MAX], text[PATH_MAX + N_TEXT];
  if (base && *base)
    snprintf(folder, sizeof folder, "%s/mixspike", base);
  else
    snprintf(folder, sizeof folder, "%s/.cache/mixspike", home ? home : "");
  ms_error err = {0};
  int code = ms_make_folder(folder, &err);
  if (!code && access(folder, W_OK))
    code = ms_fail(&err, MS_EIO, "%.400s is not writable", folder);
  snprintf(text, sizeof text, "%s", code ? err.text : folder);
  say(d, "cache", code ? BAD : GOOD, text);
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {
      CLI_COMMON_OPTIONS, {"models", required_argument, NULL, 'm'}, CLI_END_OPTIONS};
  doctor d = {.c = c};
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;) {
    int leave = o == 'm' ? -1 : cli_common(c, &cli_doctor, o);
    if (leave >= 0)
      return leave;
    if (o == 'm')
      d.models = optarg;
  }
  if (optind < argc)
    return cli_usage(c, "'%s' is one argument too many", argv[optind]);
  if (c->json)
    d.checks = cJSON_CreateArray();
  check_library(&d);
  check_router(&d);
  check_systemc(&d);
  check_mpi(&d);
  check_ngspice(&d);
  check_programs(&d);
  check_machine(&d);
  check_cache(&d);
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", !d.bad);
    cJSON_AddItemToObject(object, "checks", d.checks);
    cli_print_json(object);
  } else {
    printf(d.bad ? "\nsomething that mixspike needs is missing\n"
                 : "\nall that is needed is here\n");
  }
  return d.bad ? CLI_NO : CLI_OK;
}

const cli_verb cli_doctor = {
    "doctor", "say which versions of what are here and whether they suffice", HELP, run};
