/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike bench: measures. The figures are taken in one run on one machine. */
#include "../bench/bench_engine.h"
#include "../bench/bench_partition.h"
#include "../bench/bench_router.h"
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike bench WHAT [--seconds S] [--json]\n\n"
    "WHAT is one of\n"
    "  router      events per second through the compiled router at several loads\n"
    "  partition   one flat ngspice netlist against this kernel: the same circuits, die and\n"
    "              events, spikes compared, both on one core\n"
    "  engine      the table engine against ngspice: speed, spike times and energy, by\n"
    "              processor time\n\n"
    "  --seconds S   router: wall time for each row of the table (default 1); partition: about\n"
    "                how long the flat netlists may take together (default 120); engine: about how\n"
    "                long it may take (default 60)\n";

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

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {
      CLI_COMMON_OPTIONS, {"seconds", required_argument, NULL, 's'}, CLI_END_OPTIONS};
  double seconds = 0;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;) {
    int leave = o == 's' ? -1 : cli_common(c, &cli_bench, o);
    if (leave >= 0)
      return leave;
    if (o == 's' && !cli_parse_double(optarg, 0.01, 3600, &seconds))
      return cli_usage(c, "--seconds takes 0.01 to 3600");
  }
  if (optind + 1 != argc)
    return cli_usage(c, "say what to measure");
  const char *what = argv[optind];
  ms_error err = {0};
  char *json = NULL;
  int code;
  if (!strcmp(what, "router"))
    code = ms_bench_router(seconds > 0 ? seconds : 1, &json, &err);
  else if (!strcmp(what, "partition"))
    code = ms_bench_partition(seconds > 0 ? seconds : 120, &json, &err);
  else if (!strcmp(what, "engine"))
    code = ms_bench_engine(seconds > 0 ? seconds : 60, &json, &err);
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
