/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike export: a package's configuration in the form that a test bench or firmware takes. */
#include "export_choose.h"
#include "mixspike/nir.h"
#include "mixspike/record.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "usage: mixspike export PACKAGE [options]\n"
    "       mixspike export --choose EXPERIMENT.yaml --out DIR FOLDER... [options]\n\n"
    "  --format F      csv (default), c (an array for firmware) or json\n"
    "  -o, --out FILE  (default: standard output)\n"
    "  --nir FILE      the network as a NIR graph (HDF5) instead: weights in shares of the\n"
    "                  threshold, neurons with the fitted parameters\n"
    "  --dt S          of --nir: a spike lasts one time step of S seconds with height 1, as most\n"
    "                  simulators have it (default: a Dirac impulse, as in NIR's equations)\n\n"
    "Checks the package, then writes the sequence of configuration writes: word address and data,\n"
    "in the order in which the chip takes them. The $readmemh images lie in the package itself.\n\n"
    "--choose picks one configuration for unseen dies. FOLDERs are packages and output folders of\n"
    "trainings (weights before and after the loop) and studies. Each is measured on the "
    "experiment's\n"
    "`dies.validation`; the one with the best quantile is packed into DIR/package and\n"
    "DIR/network.nir, and confirmed on `dies.held_out`: DIR/index.html, DIR/report.json.\n"
    "  --quantile Q      that decides (default: 0.05)\n"
    "  --confirm-dies N  held-out dies that the engine of `confirm` runs, too (default: 1)\n"
    "  --resume          continue where an interrupted choice stopped\n"
    "  --jobs N          chips simulated at once (default: the experiment's)\n";

static const char *const FORMATS[] = {"csv", "c", "json", NULL};

static void print_csv(FILE *out, const ms_package *package) {
  fprintf(out, "address,data\n");
  for (size_t i = 0; i < package->n_write; i++)
    fprintf(out, "0x%05x,0x%08x\n", package->write[i][0], package->write[i][1]);
}

static void print_c(FILE *out, const ms_package *package) {
  fprintf(out,
          "/* Configuration of experiment %s: word address, data; written in this order. */\n"
          "#include <stdint.h>\n\nstatic const uint32_t mixspike_config[%zu][2] = {\n",
          package->experiment->name, package->n_write);
  for (size_t i = 0; i < package->n_write; i++)
    fprintf(out, "    {0x%05x, 0x%08x},\n", package->write[i][0], package->write[i][1]);
  fprintf(out, "};\n");
}

static void print_json(FILE *out, const ms_package *package) {
  fprintf(out, "{\"experiment\": \"%s\", \"writes\": [", package->experiment->name);
  for (size_t i = 0; i < package->n_write; i++)
    fprintf(out, "%s[%u, %u]", i ? ", " : "", package->write[i][0], package->write[i][1]);
  fprintf(out, "]}\n");
}

static int export_package(cli *c, const char *dir, int format, const char *path) {
  ms_error err = {0};
  ms_package *package;
  if (ms_package_open(dir, &package, &err))
    return cli_fail(c, &err);
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  int code = out ? MS_OK : ms_fail(&err, MS_ENOMEM, "no memory for the export");
  if (out) {
    (format == 2 ? print_json : format == 1 ? print_c : print_csv)(out, package);
    if (fclose(out))
      code = ms_fail(&err, MS_ENOMEM, "no memory for the export");
  }
  if (!code && path)
    code = ms_write_file(path, text, size, &err);
  else if (!code && (fwrite(text, 1, size, stdout) != size || fflush(stdout)))
    code = ms_fail(&err, MS_EIO, "cannot write to standard output");
  free(text);
  ms_package_destroy(package);
  return code ? cli_fail(c, &err) : CLI_OK;
}

static int export_nir(cli *c, const char *dir, const char *path, double dt_s) {
  ms_error err = {0};
  ms_package *package;
  int code = ms_package_open(dir, &package, &err);
  if (!code) {
    code = ms_nir_export(package, dt_s, path, &err);
    ms_package_destroy(package);
  }
  if (code)
    return cli_fail(c, &err);
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON_AddStringToObject(object, "nir", path);
    cli_print_json(object);
  }
  return CLI_OK;
}

typedef struct request {
  const char *path, *nir, *choose; /* --out, --nir, --choose */
  int format;
  double dt_s;
  uint64_t jobs, confirm;
  ms_choice_options choice;
} request;

enum { NIR = 256, DT, CHOOSE, QUANTILE, CONFIRM };

/* @return -1: taken; else the exit code to leave with */
static int take_option(cli *c, int o, request *r) {
  switch (o) {
  case 'o':
    r->path = optarg;
    return -1;
  case 'r':
    r->choice.resume = 1;
    return -1;
  case NIR:
    r->nir = optarg;
    return -1;
  case CHOOSE:
    r->choose = optarg;
    return -1;
  case DT:
    return cli_parse_double(optarg, 1e-12, 1, &r->dt_s)
               ? -1
               : cli_usage(c, "--dt takes seconds, 1e-12 to 1");
  case QUANTILE:
    return cli_parse_double(optarg, 0, 1, &r->choice.quantile)
               ? -1
               : cli_usage(c, "--quantile takes 0 to 1");
  case CONFIRM:
    return cli_parse_u64(optarg, 0, 1000000, &r->confirm)
               ? -1
               : cli_usage(c, "--confirm-dies takes 0 to 1000000");
  case CLI_JOBS:
    return cli_parse_u64(optarg, 1, 256, &r->jobs) ? -1 : cli_usage(c, "--jobs takes 1 to 256");
  case 'f':
    return (r->format = cli_parse_word(optarg, FORMATS)) < 0
               ? cli_usage(c, "--format takes csv, c or json")
               : -1;
  default:
    return cli_common(c, &cli_export, o);
  }
}

static int choose(cli *c, int argc, char **argv, request *r) {
  if (!r->path || optind >= argc)
    return cli_usage(c, "--choose needs --out DIR and at least one folder with candidates");
  r->choice.folder = (const char *const *)argv + optind;
  r->choice.n_folder = (size_t)(argc - optind);
  r->choice.output = r->path;
  r->choice.n_confirm_die = (size_t)r->confirm;
  return cli_choose(c, r->choose, (unsigned)r->jobs, &r->choice);
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"format", required_argument, NULL, 'f'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"nir", required_argument, NULL, NIR},
                                          {"dt", required_argument, NULL, DT},
                                          {"choose", required_argument, NULL, CHOOSE},
                                          {"quantile", required_argument, NULL, QUANTILE},
                                          {"confirm-dies", required_argument, NULL, CONFIRM},
                                          {"resume", no_argument, NULL, 'r'},
                                          CLI_JOBS_OPTION,
                                          CLI_END_OPTIONS};
  request r = {.confirm = 1, .choice = {.quantile = 0.05}};
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT "o:", options, NULL)) != -1;) {
    int leave = take_option(c, o, &r);
    if (leave >= 0)
      return leave;
  }
  if (r.choose)
    return choose(c, argc, argv, &r);
  if (optind + 1 != argc)
    return cli_usage(c, "name one package folder");
  if (r.nir)
    return export_nir(c, argv[optind], r.nir, r.dt_s);
  return export_package(c, argv[optind], c->json ? 2 : r.format, r.path);
}

const cli_verb cli_export = {
    "export", "write a package's configuration, or pick the best for unseen dies", HELP, run};
