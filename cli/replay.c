/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike replay: proves a package by loading it and repeating its recorded runs. */
#include "mixspike/package.h"
#include "replay_half.h"

#include <stdio.h>

static const char HELP[] =
    "usage: mixspike replay PACKAGE [options]\n"
    "       mixspike replay --half analog|digital LOG [options]\n\n"
    "a package\n"
    "  --engine E       ngspice, table or model (default: the one that recorded the spikes)\n"
    "  --router R       rtl, tlm, tlm_lt or ideal (default: the one that recorded the spikes)\n"
    "  --samples N      at most N samples per die (default: all)\n"
    "  --tolerance S    largest difference of a spike time, in seconds (default: 1e-9 on the\n"
    "                   engine that recorded, a tenth of the membrane time constant on another)\n\n"
    "Checks every file of the package, loads it through the router's configuration port, runs the\n"
    "golden samples and compares spike by spike. Exit code 1: tampered with, or spikes differ.\n\n"
    "one half of a chip, from the log that `mixspike simulate --record` wrote\n"
    "  --half HALF      analog: the circuits alone, given the recorded pulses and acknowledges;\n"
    "                   digital: the router alone, given the recorded requests and events\n"
    "  --package DIR    weights, biases and pulse widths of this package instead of the log's\n"
    "  --core NAME      core or manifest (default: the one that was recorded)\n"
    "  --models DIR     the analog-models folder (default: the installed one)\n"
    "  --die N          another die of the population (analog)\n"
    "  --engine E, --router R   others than those that recorded\n\n"
    "An unchanged half repeats every change to the picosecond. Exit code 1: it does not; the "
    "first\n"
    "difference is told with its time and the line of the log.\n";

enum { HALF = 256, PACKAGE, CORE, MODELS, DIE };

static void print_json(int code, const ms_replay_report *r, const ms_error *err) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddBoolToObject(object, "ok", code == MS_OK);
  if (code)
    cJSON_AddStringToObject(object, "error", err->text);
  cJSON_AddNumberToObject(object, "dies", r->dies);
  cJSON_AddNumberToObject(object, "samples", r->samples);
  cJSON_AddNumberToObject(object, "spikes", (double)r->spikes);
  cJSON_AddNumberToObject(object, "deliveries", (double)r->deliveries);
  cJSON_AddNumberToObject(object, "wall_s", r->wall_s);
  cJSON_AddNumberToObject(object, "samples_equal", r->samples_equal);
  cJSON_AddNumberToObject(object, "decisions_equal", r->decisions_equal);
  cJSON_AddNumberToObject(object, "worst_s", r->worst_s);
  cJSON_AddStringToObject(object, "first_difference", r->first);
  cli_print_json(object);
}

static int replay(cli *c, const char *package, ms_replay_options *options) {
  ms_error err = {0};
  ms_replay_report r = {0};
  cli_progress progress;
  options->control = cli_progress_begin(&progress, c);
  int code = ms_replay(package, options, &r, &err);
  cli_progress_end(&progress);
  if (code && code != MS_EDIFFERS)
    return cli_fail(c, &err);
  if (c->json) {
    print_json(code, &r, &err);
  } else {
    printf("%-16s %u of %u samples on %u dies, %llu spikes\n", "same spikes", r.samples_equal,
           r.samples, r.dies, (unsigned long long)r.spikes);
    printf("%-16s %u of %u samples\n", "same decision", r.decisions_equal, r.samples);
    printf("%-16s %.3g ns\n", "worst time", 1e9 * r.worst_s);
    double n = r.samples ? r.samples : 1;
    printf("%-16s %.1f spikes, %.1f synaptic events, %.4g s of wall time\n", "a sample",
           (double)r.spikes / n, (double)r.deliveries / n, r.wall_s / n);
  }
  if (code)
    fprintf(stderr, "mixspike replay: %s\n", *r.first ? r.first : err.text);
  return code ? CLI_NO : CLI_OK;
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"engine", required_argument, NULL, 'E'},
                                          {"router", required_argument, NULL, 'R'},
                                          {"samples", required_argument, NULL, 'n'},
                                          {"tolerance", required_argument, NULL, 't'},
                                          {"half", required_argument, NULL, HALF},
                                          {"package", required_argument, NULL, PACKAGE},
                                          {"core", required_argument, NULL, CORE},
                                          {"models", required_argument, NULL, MODELS},
                                          {"die", required_argument, NULL, DIE},
                                          CLI_END_OPTIONS};
  ms_replay_options replay_options = {0};
  cli_half half = {0};
  ms_engine_kind engine;
  ms_router_kind router;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;) {
    int leave = -1, word;
    uint64_t number;
    switch (o) {
    case 'E':
      if ((word = cli_parse_word(optarg, cli_engines)) < 0)
        return cli_usage(c, "--engine takes ngspice, table or model");
      engine = (ms_engine_kind)word;
      replay_options.analog = &engine;
      break;
    case 'R':
      if ((word = cli_parse_word(optarg, cli_routers)) < 0)
        return cli_usage(c, "--router takes rtl, tlm, tlm_lt or ideal");
      router = (ms_router_kind)word;
      replay_options.digital = &router;
      break;
    case 'n':
      if (!cli_parse_u64(optarg, 1, 1000000, &number))
        return cli_usage(c, "--samples takes 1 to 1000000");
      replay_options.max_samples = (unsigned)number;
      break;
    case 't':
      if (!cli_parse_double(optarg, 1e-12, 1, &replay_options.tolerance_s))
        return cli_usage(c, "--tolerance takes 1e-12 to 1 (seconds)");
      break;
    case HALF:
      if ((word = cli_parse_word(optarg, cli_halves)) < 0)
        return cli_usage(c, "--half takes analog or digital");
      half.which = (cli_half_kind)(word + 1);
      break;
    case PACKAGE:
      half.package = optarg;
      break;
    case CORE:
      half.core = optarg;
      break;
    case MODELS:
      half.models = optarg;
      break;
    case DIE:
      if (!cli_parse_u64(optarg, 0, UINT64_MAX, &half.die))
        return cli_usage(c, "--die takes a number from 0");
      half.other_die = true;
      break;
    default:
      leave = cli_common(c, &cli_replay, o);
    }
    if (leave >= 0)
      return leave;
  }
  if (optind + 1 != argc)
    return cli_usage(c, half.which ? "name one boundary log" : "name one package folder");
  if (half.which) {
    half.analog = replay_options.analog;
    half.digital = replay_options.digital;
    return cli_replay_half(c, argv[optind], &half);
  }
  if (half.package || half.core || half.models || half.other_die)
    return cli_usage(c, "--package, --core, --models and --die go with --half");
  return replay(c, argv[optind], &replay_options);
}

const cli_verb cli_replay = {"replay", "load a package and prove that it spikes as recorded", HELP,
                             run};
