/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike import: a NIR graph made by others onto the chip, fine-tuned in the loop. */
#include "cli.h"
#include "mixspike/nir.h"
#include "mixspike/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike import GRAPH.nir EXPERIMENT.yaml [options]\n\n"
    "  --out DIR      output folder (default: the experiment's `output`)\n"
    "  --dt S         a spike of the graph lasts one time step of S seconds with height 1, as "
    "most\n"
    "                 simulators have it (default: a Dirac impulse, as in NIR's equations)\n"
    "  --speedup X    the chip runs X times faster than the graph (default: the ratio of their\n"
    "                 membrane time constants)\n"
    "  --rescale      scale each layer's weights to the range of the DACs\n"
    "  --drop-bias    leave constant inputs (bias of Affine nodes) out\n"
    "  --check        only say how the graph fits, from the nominal neuron; nothing is simulated\n"
    "  --resume       continue where an interrupted import stopped\n"
    "  --no-package   do not write a package\n"
    "  --jobs N       chips simulated at once (default: the experiment's)\n\n"
    "Reads Input, Linear or Affine, LIF or CubaLIF, Linear or Affine, LIF or CubaLIF, Output;\n"
    "whatever does not fit the chip is refused with the name of the node. The experiment gives\n"
    "chip, task and dies; bias codes are set for the graph's time constants unless it has "
    "`biases`.\n"
    "Weights become DAC codes by the fitted neuron, are measured on every die, fine-tuned by\n"
    "`training.loop`, and measured again. The output folder is that of `mixspike train`, with\n"
    "import.json and the experiment as it was run (experiment.yaml).\n";

typedef struct request {
  const char *file;
  ms_nir_options options;
  char report[560]; /* path of import.json */
} request;

static int write_report(const char *path, const ms_nir_report *report, ms_error *err) {
  char *text = ms_nir_report_json(report);
  int rc = text ? ms_write_file(path, text, strlen(text), err)
                : ms_fail(err, MS_ENOMEM, "no memory for a report");
  free(text);
  return rc;
}

/* The weights that the loop begins with. */
static int begin(void *user, const ms_setup *setup, const ms_neuron_model *model,
                 ms_network **network, ms_error *err) {
  const request *i = user;
  ms_nir_report report;
  int rc = ms_nir_map(i->file, setup, model, &i->options, network, &report, err);
  return rc ? rc : write_report(i->report, &report, err);
}

static double number(const cJSON *object, const char *name) {
  return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void print_layer(const cJSON *layer, double dt_s) {
  const cJSON *mem = cJSON_GetObjectItemCaseSensitive(layer, "tau_mem_s"),
              *syn = cJSON_GetObjectItemCaseSensitive(layer, "tau_syn_s");
  printf("%-16s %.0f weights, %.1f %% clipped, %.0f rounded to none, rms error %.2g of the "
         "threshold; full scale %.2g and -%.2g\n",
         cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(layer, "weights")),
         number(layer, "number"), 100 * number(layer, "clipped_share"),
         number(layer, "rounded_to_zero"), number(layer, "rms_error"),
         number(layer, "full_scale_excitatory"), number(layer, "full_scale_inhibitory"));
  printf("%-16s membrane %.3g s (spread %.1f %%), on the chip %.3g s",
         cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(layer, "neurons")),
         number(mem, "graph"), 100 * number(mem, "spread"), number(mem, "chip"));
  if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(syn, "graph")))
    printf("; synapses %.3g s (%.1f %%), on the chip %.3g s", number(syn, "graph"),
           100 * number(syn, "spread"), number(syn, "chip"));
  printf("\n");
  if (number(layer, "clipped_share") > 0.5 && dt_s <= 0)
    printf("%-16s most weights are clipped: a graph whose spikes last one time step needs --dt; "
           "--rescale takes weights of any unit\n",
           "");
}

static void show(const cJSON *report, double dt_s) {
  const cJSON *layer;
  printf("%-16s %.4g times\n", "speed-up", number(report, "speedup"));
  cJSON_ArrayForEach(layer, cJSON_GetObjectItemCaseSensitive(report, "layers"))
      print_layer(layer, dt_s);
}

/* From the file: a resumed run has mapped the graph in an earlier process. */
static void add_report(void *user, cJSON *object) {
  const request *i = user;
  char *text = NULL;
  ms_error err = {0};
  if (ms_read_file(i->report, &text, NULL, &err))
    return;
  cJSON *report = cJSON_Parse(text);
  free(text);
  if (!object)
    show(report, i->options.dt_s);
  if (!object || !report)
    cJSON_Delete(report);
  else
    cJSON_AddItemToObject(object, "import", report);
}

static int only_check(cli *c, const request *i, const ms_experiment *e) {
  ms_error err = {0};
  ms_setup *setup = NULL;
  ms_network *network = NULL;
  ms_nir_report report;
  int rc = ms_setup_create(e, &setup, &err);
  if (!rc)
    rc = ms_nir_map(i->file, setup, NULL, &i->options, &network, &report, &err);
  char *text = rc ? NULL : ms_nir_report_json(&report);
  cJSON *object = text ? cJSON_Parse(text) : NULL;
  free(text);
  ms_network_destroy(network);
  ms_setup_destroy(setup);
  if (rc)
    return cli_fail(c, &err);
  if (c->json) {
    cJSON_AddBoolToObject(object, "ok", true);
    cli_print_json(object);
  } else {
    show(object, i->options.dt_s);
    cJSON_Delete(object);
  }
  return CLI_OK;
}

/* What was typed, without --out: a resumed run needs the same options. */
static void command_of(const request *i, const ms_experiment *e, char *text, size_t size) {
  const ms_nir_options *o = &i->options;
  char dt[40] = "", speedup[40] = "";
  if (o->dt_s > 0)
    snprintf(dt, sizeof dt, " --dt %.17g", o->dt_s);
  if (o->speedup > 0)
    snprintf(speedup, sizeof speedup, " --speedup %.17g", o->speedup);
  snprintf(text, size, "mixspike import %.400s %.400s%s%s%s%s", i->file, e->file, dt, speedup,
           o->rescale ? " --rescale" : "", o->drop_bias ? " --drop-bias" : "");
}

static int fine_tune(cli *c, request *i, const ms_experiment *e, ms_train_options *options) {
  ms_error err = {0};
  const char *folder = options->output ? options->output : e->output;
  char path[560], again[1000];
  if (strlen(folder) > 500)
    return cli_usage(c, "the name of the output folder is too long");
  snprintf(i->report, sizeof i->report, "%s/import.json", folder);
  snprintf(path, sizeof path, "%s/experiment.yaml", folder);
  int rc = options->resume ? MS_OK : ms_make_folder(folder, &err);
  if (!rc && !options->resume)
    rc = ms_write_file(path, e->text, strlen(e->text), &err);
  if (rc)
    return cli_fail(c, &err);
  command_of(i, e, again, sizeof again);
  options->begin = begin;
  options->begin_user = i;
  return cli_run_training(c, e, options, again, add_report, i);
}

static int import_graph(cli *c, request *i, const char *experiment, unsigned jobs, int check,
                        ms_train_options *options) {
  ms_error err = {0};
  ms_experiment *given, *e;
  if (ms_experiment_load(experiment, &given, &err))
    return cli_fail(c, &err);
  if (jobs)
    given->jobs = jobs;
  int rc = ms_nir_experiment(i->file, given, &i->options, &e, &err);
  ms_experiment_destroy(given);
  if (rc)
    return cli_fail(c, &err);
  int leave = check ? only_check(c, i, e) : fine_tune(c, i, e, options);
  ms_experiment_destroy(e);
  return leave;
}

static int run(cli *c, int argc, char **argv) {
  enum { DT = 256, SPEEDUP, RESCALE, DROP, CHECK, NO_PACKAGE };
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"out", required_argument, NULL, 'o'},
                                          {"dt", required_argument, NULL, DT},
                                          {"speedup", required_argument, NULL, SPEEDUP},
                                          {"rescale", no_argument, NULL, RESCALE},
                                          {"drop-bias", no_argument, NULL, DROP},
                                          {"check", no_argument, NULL, CHECK},
                                          {"resume", no_argument, NULL, 'r'},
                                          {"no-package", no_argument, NULL, NO_PACKAGE},
                                          CLI_JOBS_OPTION,
                                          CLI_END_OPTIONS};
  request i = {0};
  ms_train_options train = {0};
  cli_changes changes = CLI_NO_CHANGES;
  int check = 0;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;) {
    int leave = -1;
    if (o == 'o')
      train.output = optarg;
    else if (o == 'r')
      train.resume = 1;
    else if (o == RESCALE)
      i.options.rescale = 1;
    else if (o == DROP)
      i.options.drop_bias = 1;
    else if (o == CHECK)
      check = 1;
    else if (o == NO_PACKAGE)
      train.no_package = 1;
    else if (o == DT && !cli_parse_double(optarg, 1e-12, 1, &i.options.dt_s))
      leave = cli_usage(c, "--dt takes seconds, 1e-12 to 1");
    else if (o == SPEEDUP && !cli_parse_double(optarg, 1e-6, 1e9, &i.options.speedup))
      leave = cli_usage(c, "--speedup takes 1e-6 to 1e9");
    else if (o != DT && o != SPEEDUP)
      leave = cli_change_option(c, &cli_import, o, &changes);
    if (leave >= 0)
      return leave;
  }
  if (optind + 2 != argc)
    return cli_usage(c, "name one NIR file and one experiment");
  i.file = argv[optind];
  return import_graph(c, &i, argv[optind + 1], (unsigned)changes.jobs, check, &train);
}

const cli_verb cli_import = {"import", "map a NIR graph onto the chip and fine-tune it in the loop",
                             HELP, run};
