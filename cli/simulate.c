/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike simulate: one sample of a chip, with waveforms. */
#include "cli.h"
#include "mixspike/publish.h"

#include <stdio.h>

static const char HELP[] =
    "usage: mixspike simulate EXPERIMENT.yaml [options]\n\n"
    "the network\n"
    "  --package DIR    weights of a package (default: random weights)\n"
    "events in, one of\n"
    "  --sample N       test sample N of the experiment's task (default: 0)\n"
    "  --events FILE    a text file: a line `t_us,input` (or t_ps, t_s), then one event a line\n"
    "  --poisson HZ     every input fires at random at this rate\n"
    "the chip\n"
    "  --die N          number of the die in the experiment's population (default: 0)\n"
    "  --stop S         simulated seconds (default: the length of a sample)\n"
    "  --seed N         of random weights and events (default: 1)\n"
    "  --engine E       ngspice, table or model (default: the experiment's)\n"
    "  --router R       rtl, tlm, tlm_lt or ideal (default: the experiment's)\n"
    "  --driver D       auto, lockstep, promises or feedforward (default: the experiment's)\n"
    "output\n"
    "  -o, --out DIR    writes index.html, results.h5, sample.fst with a save file for GTKWave, "
    "and\n"
    "                   provenance.csv (default: nothing)\n"
    "  --raw            also sample.raw, as ngspice writes it\n"
    "  --record FILE    a log of everything that passed between the analog and the digital half,\n"
    "                   for `mixspike replay --half`\n";

enum {
  PACKAGE = 256,
  SAMPLE,
  EVENTS,
  POISSON,
  DIE,
  STOP,
  SEED,
  ENGINE,
  ROUTER,
  DRIVER,
  RAW,
  RECORD
};

static void print_json(const ms_simulate_report *r, const char *folder) {
  cJSON *object = cJSON_CreateObject();
  cJSON_AddBoolToObject(object, "ok", true);
  if (folder)
    cJSON_AddStringToObject(object, "output", folder);
  cJSON_AddNumberToObject(object, "events", (double)r->n_event);
  cJSON_AddNumberToObject(object, "spikes", (double)r->n_spike);
  cJSON_AddNumberToObject(object, "decision", r->decision);
  cJSON_AddNumberToObject(object, "label", r->label);
  cJSON_AddNumberToObject(object, "energy_j", r->energy_j);
  cJSON_AddNumberToObject(object, "bias_power_w", r->bias_power_w);
  cJSON_AddNumberToObject(object, "wall_s", r->wall_s);
  cJSON_AddNumberToObject(object, "router_wall_s", r->router_wall_s);
  cJSON_AddNumberToObject(object, "unsure_groups", r->unsure);
  cJSON *counters = cJSON_AddObjectToObject(object, "counters");
#define MS_X(name, text) cJSON_AddNumberToObject(counters, #name, (double)r->counters.name);
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
  if (r->cores > 1) {
    cJSON *network = cJSON_AddObjectToObject(object, "network_counters");
#define MS_X(name, text) cJSON_AddNumberToObject(network, #name, (double)r->network.name);
    MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
  }
  cli_print_json(object);
}

static void print_text(const ms_simulate_report *r, const char *folder) {
  char text[64];
  printf("%-16s %zu in, %zu spikes, %llu pulses\n", "events", r->n_event, r->n_spike,
         (unsigned long long)r->counters.delivered);
  if (r->label >= 0)
    printf("%-16s %d, label %d\n", "decision", r->decision, r->label);
  printf("%-16s %.3g pJ analog, bias branches %.3g nW\n", "energy", 1e12 * r->energy_j,
         1e9 * r->bias_power_w);
  printf("%-16s %s\n", "wall time", cli_duration(r->wall_s, text, sizeof text));
#define MS_X(name, what)                                                                           \
  if (r->counters.name)                                                                            \
    printf("  %-14s %llu %s\n", #name, (unsigned long long)r->counters.name, what);
  printf("router\n");
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
#define MS_X(name, what)                                                                           \
  if (r->network.name)                                                                             \
    printf("  %-14s %llu %s\n", #name, (unsigned long long)r->network.name, what);
  if (r->cores > 1)
    printf("mesh of %u cores\n", r->cores);
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
  if (r->unsure)
    printf("%-16s %u neurons: their engine does not vouch for the result\n", "unsure", r->unsure);
  if (folder)
    printf("%-16s %s/index.html\n", "report", folder);
}

/* Takes one option; -1: fine, else the exit code. */
static int take(cli *c, int o, ms_simulate_options *s, cli_changes *change) {
  uint64_t number;
  switch (o) {
  case 'o':
    s->output = optarg;
    return -1;
  case PACKAGE:
    s->package = optarg;
    return -1;
  case SAMPLE:
    if (!cli_parse_u64(optarg, 0, UINT32_MAX, &number))
      return cli_usage(c, "--sample takes a number from 0");
    s->source = MS_EVENTS_SAMPLE;
    s->sample = (size_t)number;
    return -1;
  case EVENTS:
    s->source = MS_EVENTS_FILE;
    s->file = optarg;
    return -1;
  case POISSON:
    s->source = MS_EVENTS_POISSON;
    return cli_parse_double(optarg, 1e-3, 1e8, &s->rate_hz)
               ? -1
               : cli_usage(c, "--poisson takes 0.001 to 1e8 (Hz)");
  case DIE:
    return cli_parse_u64(optarg, 0, UINT64_MAX, &s->die)
               ? -1
               : cli_usage(c, "--die takes a number from 0");
  case STOP:
    return cli_parse_double(optarg, 1e-9, 1000, &s->t_stop_s)
               ? -1
               : cli_usage(c, "--stop takes 1e-9 to 1000 (simulated seconds)");
  case SEED:
    return cli_parse_u64(optarg, 0, UINT64_MAX, &s->seed)
               ? -1
               : cli_usage(c, "--seed takes a number from 0");
  case RAW:
    s->raw = 1;
    return -1;
  case RECORD:
    s->record = optarg;
    return -1;
  default:
    return cli_change_option(c, &cli_simulate, o, change);
  }
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"package", required_argument, NULL, PACKAGE},
                                          {"sample", required_argument, NULL, SAMPLE},
                                          {"events", required_argument, NULL, EVENTS},
                                          {"poisson", required_argument, NULL, POISSON},
                                          {"die", required_argument, NULL, DIE},
                                          {"stop", required_argument, NULL, STOP},
                                          {"seed", required_argument, NULL, SEED},
                                          CLI_CHIP_OPTIONS,
                                          {"driver", required_argument, NULL, CLI_DRIVER},
                                          {"raw", no_argument, NULL, RAW},
                                          {"record", required_argument, NULL, RECORD},
                                          CLI_END_OPTIONS};
  ms_simulate_options simulate = {.seed = 1};
  cli_changes change = CLI_NO_CHANGES;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;) {
    int leave = take(c, o, &simulate, &change);
    if (leave >= 0)
      return leave;
  }
  ms_experiment *experiment;
  int leave = cli_one_experiment(c, argc, argv, &change, &experiment);
  if (leave >= 0)
    return leave;
  ms_error err = {0};
  ms_simulate_report report;
  int code = ms_simulate(experiment, &simulate, &report, &err);
  leave = CLI_OK;
  if (code)
    leave = cli_fail(c, &err);
  else if (c->json)
    print_json(&report, simulate.output);
  else
    print_text(&report, simulate.output);
  if (!code && err.code == MS_EMISSING)
    fprintf(stderr, "%s\n", err.text);
  ms_experiment_destroy(experiment);
  return leave;
}

const cli_verb cli_simulate = {"simulate", "run one sample of a chip and show its waveforms", HELP,
                               run};
