/* SPDX-License-Identifier: Apache-2.0 */
/* Options that validate and size share. */
#include "validate_options.h"

#include <string.h>

void cli_validate_defaults(cli_validate *v) {
  memset(v, 0, sizeof *v);
  v->options.n_die = 100;
  v->options.seed = 1;
  v->options.strength = 1;
  v->options.corner = v->corner;
  v->options.only = v->only;
  v->options.temp_c = v->temp_c;
  v->options.supply_v = v->supply_v;
}

size_t cli_cut_list(char *text, const char **part) {
  size_t n = 0;
  for (char *word; (word = strsep(&text, ",")) && n < CLI_LIST;)
    part[n++] = word;
  return text ? 0 : n;
}

static bool numbers(char *text, double *value, size_t *n) {
  const char *part[CLI_LIST];
  *n = cli_cut_list(text, part);
  bool good = *n > 0;
  for (size_t i = 0; i < *n && good; i++)
    good = cli_parse_double(part[i], -300, 300, &value[i]);
  return good;
}

int cli_validate_option(cli *c, const cli_verb *verb, int option, cli_validate *v) {
  static const char *const sets[] = {"accelerated", "biological", NULL};
  ms_validate_options *o = &v->options;
  uint64_t n;
  switch (option) {
  case CLI_V_PROCESS:
    o->process = optarg;
    return -1;
  case CLI_V_ENGINE: {
    int engine = cli_parse_word(optarg, cli_engines);
    if (engine != MS_ENGINE_NGSPICE && engine != MS_ENGINE_TABLE)
      return cli_usage(c, "--engine takes ngspice or table");
    o->engine = (ms_engine_kind)engine;
    return -1;
  }
  case CLI_V_SET:
    if ((o->set = cli_parse_word(optarg, sets)) < 0)
      return cli_usage(c, "--set takes accelerated or biological");
    return -1;
  case CLI_V_DIES:
    if (!cli_parse_u64(optarg, 1, 1000000, &n))
      return cli_usage(c, "--dies takes 1 to 1000000");
    o->n_die = (size_t)n;
    return -1;
  case CLI_V_FIRST:
    return cli_parse_u64(optarg, 0, UINT64_MAX, &o->first_die)
               ? -1
               : cli_usage(c, "--first-die takes the number of a die");
  case CLI_V_SEED:
    return cli_parse_u64(optarg, 0, UINT64_MAX, &o->seed) ? -1
                                                          : cli_usage(c, "--seed takes a number");
  case CLI_V_STRENGTH:
    return cli_parse_double(optarg, 0, 10, &o->strength) ? -1
                                                         : cli_usage(c, "--strength takes 0 to 10");
  case CLI_V_CORNERS:
    o->n_corner = cli_cut_list(optarg, v->corner);
    return o->n_corner ? -1 : cli_usage(c, "--corners takes up to %d names", CLI_LIST);
  case CLI_V_ONLY:
    o->n_only = cli_cut_list(optarg, v->only);
    return o->n_only ? -1 : cli_usage(c, "--only takes up to %d names of measures", CLI_LIST);
  case CLI_V_TEMPERATURES:
    return numbers(optarg, v->temp_c, &o->n_temp)
               ? -1
               : cli_usage(c, "--temperatures takes numbers in C, with commas between");
  case CLI_V_SUPPLIES:
    return numbers(optarg, v->supply_v, &o->n_supply)
               ? -1
               : cli_usage(c, "--supplies takes numbers in V, with commas between");
  case CLI_V_BIASES:
    o->mismatch_biases = true;
    return -1;
  case CLI_V_CONFIDENCE:
    if (!cli_parse_double(optarg, 50, 99.999, &o->confidence))
      return cli_usage(c, "--confidence takes 50 to 99.999 (percent)");
    o->confidence /= 100;
    return -1;
  case CLI_V_JOBS:
    if (!cli_parse_u64(optarg, 1, 256, &n))
      return cli_usage(c, "--jobs takes 1 to 256");
    o->jobs = (unsigned)n;
    return -1;
  case CLI_V_MODELS:
    o->models_dir = optarg;
    return -1;
  default:
    return cli_common(c, verb, option);
  }
}
