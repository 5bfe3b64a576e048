/* SPDX-License-Identifier: Apache-2.0 */
/* Options that validate and size share. */
#ifndef MIXSPIKE_CLI_VALIDATE_OPTIONS_H
#define MIXSPIKE_CLI_VALIDATE_OPTIONS_H

#include "cli.h"
#include "mixspike/validate.h"

enum { CLI_LIST = 16 };

typedef struct cli_validate {
  ms_validate_options options;
  const char *corner[CLI_LIST], *only[CLI_LIST];
  double temp_c[CLI_LIST], supply_v[CLI_LIST];
} cli_validate;

enum {
  CLI_V_PROCESS = 256,
  CLI_V_ENGINE,
  CLI_V_SET,
  CLI_V_DIES,
  CLI_V_FIRST,
  CLI_V_SEED,
  CLI_V_STRENGTH,
  CLI_V_CORNERS,
  CLI_V_TEMPERATURES,
  CLI_V_SUPPLIES,
  CLI_V_BIASES,
  CLI_V_CONFIDENCE,
  CLI_V_JOBS,
  CLI_V_MODELS,
  CLI_V_ONLY,
};

#define CLI_VALIDATE_OPTIONS                                                                       \
  {"process", required_argument, NULL, CLI_V_PROCESS},                                             \
      {"engine", required_argument, NULL, CLI_V_ENGINE},                                           \
      {"set", required_argument, NULL, CLI_V_SET}, {"dies", required_argument, NULL, CLI_V_DIES},  \
      {"first-die", required_argument, NULL, CLI_V_FIRST},                                         \
      {"seed", required_argument, NULL, CLI_V_SEED},                                               \
      {"strength", required_argument, NULL, CLI_V_STRENGTH},                                       \
      {"corners", required_argument, NULL, CLI_V_CORNERS},                                         \
      {"temperatures", required_argument, NULL, CLI_V_TEMPERATURES},                               \
      {"supplies", required_argument, NULL, CLI_V_SUPPLIES},                                       \
      {"mismatch-biases", no_argument, NULL, CLI_V_BIASES},                                        \
      {"confidence", required_argument, NULL, CLI_V_CONFIDENCE},                                   \
      {"jobs", required_argument, NULL, CLI_V_JOBS},                                               \
      {"only", required_argument, NULL, CLI_V_ONLY}, {                                             \
    "models", required_argument, NULL, CLI_V_MODELS                                                \
  }

#define CLI_VALIDATE_HELP                                                                          \
  "  --process P       process of the library, or path of a process.yaml (default: gen180)\n"      \
  "  --engine E        ngspice (default) or table; table takes measures of somas and synapses\n"   \
  "  --set S           accelerated (default) or biological bias codes and measures\n"              \
  "  --dies N          Monte Carlo dies (default: 100)\n"                                          \
  "  --first-die N     number of the first (default: 0)\n"                                         \
  "  --seed N          of the population (default: 1)\n"                                           \
  "  --strength X      factor on every mismatch draw (default: 1)\n"                               \
  "  --corners A,B     names of corners; default: the manifest's conditions, else typical\n"       \
  "  --temperatures A,B  in C              --supplies A,B  in V\n"                                 \
  "  --only A,B        measures to take (default: all that the engine and the set can)\n"          \
  "  --mismatch-biases   bias branches of the die, too (default: without mismatch)\n"              \
  "  --confidence P    of the intervals, percent (default: 95)\n"                                  \
  "  --jobs N          dies simulated at once (default: 1)\n"                                      \
  "  --models DIR      the analog-models folder (default: the installed one)\n"

/** 100 dies, seed 1, ngspice. */
void cli_validate_defaults(cli_validate *v);
/** Handles an option of these or a common one.
 * @return -1: go on; else the exit code to leave with */
int cli_validate_option(cli *c, const cli_verb *verb, int option, cli_validate *v);
/** Cuts "a,b" in place. @param part  [CLI_LIST] out
 * @return how many; 0: too many */
size_t cli_cut_list(char *text, const char **part);

#endif
