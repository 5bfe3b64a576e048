/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike bench: measures. The figures are taken in one run on one machine. */
#include "../bench/bench_engine.h"
#include "../bench/bench_mesh.h"
#include "../bench/bench_partition.h"
#include "../bench/bench_router.h"
#include "../bench/ledger.h"
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike bench WHAT [--seconds S] [--dies N] [--file FILE] [--plot FOLDER] [--json]\n\n"
    "WHAT is one of\n"
    "  router      events per second through the compiled router and its models (tlm, tlm_lt,\n"
    "              ideal) at several loads\n"
    "  partition   one flat ngspice netlist against this kernel on ngspice and on tables: the "
    "same\n"
    "              circuits, die and events, spikes compared, all on one core\n"
    "  engine      the table engine against ngspice: speed, spike times and energy, by\n"
    "              processor time\n"
    "  mesh        latency and throughput against load on meshes of 1x1, 2x2 and 4x4 cores: the\n"
    "              network alone, and the whole chip from spike to pulse\n"
    "  ledger      the table engine and ngspice in production settings against ngspice with\n"
    "              tight tolerances, on many dies over corners and temperatures; hours\n\n"
    "  --seconds S   router: wall time for each row of the table (default 1); partition: about\n"
    "                how long the flat netlists may take together (default 120); engine: about "
    "how\n"
    "                long it may take (default 60)\n"
    "  --dies N      ledger: dies of each cell's circuits (default 200)\n"
    "  --core N      ledger: dies of the core of 32 neurons (default 200)\n"
    "  --case NAME   ledger: this case alone, such as 'soma acc'\n"
    "  --package DIR engine: only what the golden samples of this package cost, by integration\n"
    "                and with pulse maps\n"
    "  --pulse-maps  ledger: the table engine uses pulse maps\n"
    "  --plot FOLDER mesh: also draws mesh.svg there, latency against load\n"
    "  --file FILE   ledger: keeps ngspice's runs; a second command goes on where the first\n"
    "                was stopped (default ledger.tsv)\n";

/* A number as a person reads it: whole ones plain, others with four digits. */
static void print_number(double v, int width) {
  if (v == floor(v) && fabs(v) < 1e6)
    printf("%*.0f", width, v);
  else
    printf("%*.4g", width, v);
}

/* Prints {"rows":[{..},..], "name":value,..} as a table and the rest below it. */
static void print_table(const cJSON *object) {
  const cJSON *rows = cJSON_GetObjectItem(object, "rows"), *row, *cell;
  cJSON_ArrayForEach(cell, cJSON_GetArrayItem(rows, 0)) printf("%s  ", cell->string);
  printf("\n");
  cJSON_ArrayForEach(row, rows) {
    cJSON_ArrayForEach(cell, row) {
      int width = (int)strlen(cell->string);
      if (cJSON_IsNumber(cell))
        print_number(cell->valuedouble, width);
      else
        printf("%*s", width,
               cJSON_IsBool(cell)     ? cJSON_IsTrue(cell) ? "yes" : "no"
               : cJSON_IsString(cell) ? cell->valuestring
                                      : "-");
      printf("  ");
    }
    printf("\n");
  }
  cJSON_ArrayForEach(cell, object) {
    if (cJSON_IsNumber(cell))
      printf("%s %.4g\n", cell->string, cell->valuedouble);
    else if (cJSON_IsString(cell))
      printf("%s %s\n", cell->string, cell->valuestring);
  }
}

/* The ledger takes hours: it shows how far it is and can be interrupted. */
static int run_ledger(const cli *c, ms_ledger_options *options, char **json, ms_error *err) {
  cli_progress progress;
  options->control = cli_progress_begin(&progress, c);
  int code = ms_bench_ledger(options, json, err);
  cli_progress_end(&progress);
  return code;
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"seconds", required_argument, NULL, 's'},
                                          {"dies", required_argument, NULL, 'd'},
                                          {"core", required_argument, NULL, 'n'},
                                          {"case", required_argument, NULL, 'c'},
                                          {"file", required_argument, NULL, 'f'},
                                          {"package", required_argument, NULL, 'k'},
                                          {"pulse-maps", no_argument, NULL, 'm'},
                                          {"plot", required_argument, NULL, 'p'},
                                          CLI_END_OPTIONS};
  double seconds = 0;
  const char *plot = NULL, *package = NULL;
  uint64_t dies = 200, cores = 200;
  ms_ledger_options ledger = {.file = "ledger.tsv"};
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;) {
    switch (o) {
    case 's':
      if (!cli_parse_double(optarg, 0.01, 3600, &seconds))
        return cli_usage(c, "--seconds takes 0.01 to 3600");
      break;
    case 'd':
      if (!cli_parse_u64(optarg, 0, 100000, &dies))
        return cli_usage(c, "--dies takes 0 to 100000");
      break;
    case 'n':
      if (!cli_parse_u64(optarg, 0, 100000, &cores))
        return cli_usage(c, "--core takes 0 to 100000");
      break;
    case 'c':
      ledger.only = optarg;
      break;
    case 'f':
      ledger.file = optarg;
      break;
    case 'k':
      package = optarg;
      break;
    case 'm':
      ledger.pulse_maps = true;
      break;
    case 'p':
      plot = optarg;
      break;
    default: {
      int leave = cli_common(c, &cli_bench, o);
      if (leave >= 0)
        return leave;
    }
    }
  }
  if (optind + 1 != argc)
    return cli_usage(c, "say what to measure");
  ledger.n_die = (unsigned)dies;
  ledger.n_core = (unsigned)cores;
  const char *what = argv[optind];
  ms_error err = {0};
  char *json = NULL;
  int code;
  if (!strcmp(what, "router"))
    code = ms_bench_router(seconds > 0 ? seconds : 1, &json, &err);
  else if (!strcmp(what, "partition"))
    code = ms_bench_partition(seconds > 0 ? seconds : 120, &json, &err);
  else if (!strcmp(what, "engine"))
    code = package ? ms_bench_package(package, &json, &err)
                   : ms_bench_engine(seconds > 0 ? seconds : 60, &json, &err);
  else if (!strcmp(what, "mesh"))
    code = ms_bench_mesh(seconds > 0 ? seconds : 20, plot, &json, &err);
  else if (!strcmp(what, "ledger"))
    code = run_ledger(c, &ledger, &json, &err);
  else
    return cli_usage(c, "there is no bench '%s'", what);
  if (code)
    return cli_fail(c, &err);
  if (c->json) {
    puts(json);
  } else {
    cJSON *object = cJSON_Parse(json);
    print_table(object);
    cJSON_Delete(object);
  }
  free(json);
  return CLI_OK;
}

const cli_verb cli_bench = {"bench", "measure the router, the partitioned simulation, the engines",
                            HELP, run};
