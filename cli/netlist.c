/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike netlist: the decks that are simulated, for a designer to read and run by hand. */
#include "mixspike/fit.h"
#include "mixspike/netlist.h"
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike netlist CORE [options]\n\n"
    "CORE is the name of a core (dpi16) or of its manifest file.\n\n"
    "  --part P        neuron (default): one neuron with its synapse rows\n"
    "                  bias: the bias branches\n"
    "                  core: bias branches and all neurons, one flat circuit\n"
    "  --neurons N     of --part core (default: 4)\n"
    "  --bits N        weight DAC bits (default: the core's)\n"
    "  --area          print the area of the devices instead: gates and capacitors\n"
    "  --set S         accelerated (default) or biological bias codes\n"
    "  --corner C      name of a corner of the process (default: the typical one)\n"
    "  --models DIR    the analog-models folder (default: the installed one)\n"
    "  -o, --out FILE  (default: standard output)\n\n"
    "The deck is what the ngspice engine loads: pins that the router drives are external voltage\n"
    "sources. It has no analysis line; add your own .tran.\n";

enum { PART = 256, NEURONS, BITS, SET, CORNER, MODELS, AREA };
static const char *const PARTS[] = {"neuron", "bias", "core", NULL};
static const char *const SETS[] = {"accelerated", "biological", NULL};

typedef struct request {
  const char *core, *models, *corner, *out;
  int part, set, area;
  uint64_t neurons, bits;
} request;

static int unknown_corner(const ms_process *process, const char *name, ms_error *err) {
  char known[300] = "";
  for (size_t i = 0; i < process->n_corner; i++) {
    size_t used = strlen(known);
    snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", process->corner[i].name);
  }
  return ms_fail(err, MS_EMISSING, "process %s has no corner '%s'; there: %s", process->name, name,
                 known);
}

static int make_deck(const request *r, ms_deck **deck, ms_error *err) {
  ms_core *core;
  int code = ms_core_load(r->models, r->core, (unsigned)r->bits, &core, err);
  if (code)
    return code;
  ms_pvt pvt = {0};
  uint16_t *bias = calloc(core->n_bias + 1, sizeof *bias);
  int corner = r->corner ? ms_process_find_corner(core->process, r->corner) : 0;
  if (!bias)
    code = ms_fail(err, MS_ENOMEM, "no memory for the bias codes");
  else if (corner < 0)
    code = unknown_corner(core->process, r->corner, err);
  if (!code) {
    pvt.corner = (unsigned)corner;
    for (size_t i = 0; i < core->n_bias; i++)
      bias[i] = (uint16_t)core->bias[i].bias->code[r->set];
    if (r->part == 0)
      code = ms_deck_group(core, &pvt, deck, err);
    else if (r->part == 1)
      code = ms_deck_bias(core, &pvt, bias, deck, err);
    else
      code = ms_deck_flat(core, &pvt, (unsigned)r->neurons, bias, deck, err);
  }
  free(bias);
  ms_core_destroy(core);
  return code;
}

static int print_deck(cli *c, const request *r) {
  ms_error err = {0};
  ms_deck *deck;
  if (make_deck(r, &deck, &err))
    return cli_fail(c, &err);
  int code = MS_OK;
  if (r->out) {
    code = ms_deck_write(deck, r->out, &err);
  } else if (c->json) {
    cJSON *object = cJSON_CreateObject(), *lines = cJSON_AddArrayToObject(object, "lines");
    for (size_t i = 0; i < deck->n_line; i++)
      cJSON_AddItemToArray(lines, cJSON_CreateString(deck->line[i]));
    cli_print_json(object);
  } else {
    for (size_t i = 0; i < deck->n_line; i++)
      puts(deck->line[i]);
  }
  ms_deck_destroy(deck);
  return code ? cli_fail(c, &err) : CLI_OK;
}

static void print_part(cJSON *list, const char *name, const ms_area *a) {
  const double um2 = 1e12;
  if (!list) {
    printf("%-16s %11zu %14.1f %14.1f\n", name, a->n_transistor, um2 * a->transistor_m2,
           um2 * a->capacitor_m2);
    return;
  }
  cJSON *part = cJSON_CreateObject();
  cJSON_AddStringToObject(part, "part", name);
  cJSON_AddNumberToObject(part, "transistors", (double)a->n_transistor);
  cJSON_AddNumberToObject(part, "gates_um2", um2 * a->transistor_m2);
  cJSON_AddNumberToObject(part, "capacitors_um2", um2 * a->capacitor_m2);
  cJSON_AddItemToArray(list, part);
}

static int print_area(cli *c, const request *r) {
  static const char *const name[] = {"soma", "synapse rows", "weight DACs", "bias branches"};
  ms_error err = {0};
  ms_core *core;
  ms_area area[MS_AREA_PARTS], neuron = {.n_transistor = 0}, set;
  int code = ms_core_load(r->models, r->core, (unsigned)r->bits, &core, &err);
  if (!code) {
    code = ms_core_area(core, area, &err);
    code = code ? code : ms_core_set_area(core, ms_calibrate_lines(core), &set, &err);
    ms_core_destroy(core);
  }
  if (code)
    return cli_fail(c, &err);
  cJSON *object = c->json ? cJSON_CreateObject() : NULL;
  cJSON *list = object ? cJSON_AddArrayToObject(object, "parts") : NULL;
  if (!object)
    printf("%-16s %11s %14s %14s\n", "part", "transistors", "gates, um2", "plates, um2");
  for (int i = 0; i < MS_AREA_BIAS; i++) {
    print_part(list, name[i], &area[i]);
    neuron.n_transistor += area[i].n_transistor;
    neuron.transistor_m2 += area[i].transistor_m2;
    neuron.capacitor_m2 += area[i].capacitor_m2;
  }
  print_part(list, "one neuron", &neuron);
  print_part(list, name[MS_AREA_BIAS], &area[MS_AREA_BIAS]);
  print_part(list, "own bias lines", &set);
  if (object)
    cli_print_json(object);
  else
    puts("\nGates: W L of every transistor. Bias branches, with decoupling, serve a whole core; own "
         "bias\nlines are those that calibration moves, of one set of neurons that has them for "
         "itself.\nWiring, diffusions and spacing come on top.");
  return CLI_OK;
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"part", required_argument, NULL, PART},
                                          {"neurons", required_argument, NULL, NEURONS},
                                          {"bits", required_argument, NULL, BITS},
                                          {"area", no_argument, NULL, AREA},
                                          {"set", required_argument, NULL, SET},
                                          {"corner", required_argument, NULL, CORNER},
                                          {"models", required_argument, NULL, MODELS},
                                          CLI_END_OPTIONS};
  request r = {.neurons = 4};
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;)
    switch (o) {
    case 'o':
      r.out = optarg;
      break;
    case PART:
      if ((r.part = cli_parse_word(optarg, PARTS)) < 0)
        return cli_usage(c, "--part takes neuron, bias or core");
      break;
    case NEURONS:
      if (!cli_parse_u64(optarg, 1, 4096, &r.neurons))
        return cli_usage(c, "--neurons takes 1 to 4096");
      break;
    case BITS:
      if (!cli_parse_u64(optarg, 1, 8, &r.bits))
        return cli_usage(c, "--bits takes 1 to 8");
      break;
    case SET:
      if ((r.set = cli_parse_word(optarg, SETS)) < 0)
        return cli_usage(c, "--set takes accelerated or biological");
      break;
    case AREA:
      r.area = 1;
      break;
    case CORNER:
      r.corner = optarg;
      break;
    case MODELS:
      r.models = optarg;
      break;
    default: {
      int leave = cli_common(c, &cli_netlist, o);
      if (leave >= 0)
        return leave;
    }
    }
  if (optind + 1 != argc)
    return cli_usage(c, "name one core");
  r.core = argv[optind];
  return r.area ? print_area(c, &r) : print_deck(c, &r);
}

const cli_verb cli_netlist = {"netlist", "print the circuits that are simulated", HELP, run};
