/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike size: W and L with which a cell holds its specs. */
#include "cli.h"
#include "validate_options.h"

#include <stdio.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike size CELL --out DIR [options]\n\n"
    "Proposes W and L for each transistor of a cell, so that the specs of its manifest reach "
    "their\n"
    "yields with the least gate area, and confirms them on new dies. The resized cell is written\n"
    "to DIR/NAME. W/L stays; capacitors, transistors of cells that it uses, sizes given as\n"
    "expressions and fixed transistors are not touched (docs/validate.md).\n\n" CLI_VALIDATE_HELP
    "  --out DIR         where the resized cell goes\n"
    "  --fixed A,B       transistors that stay, beside those of the manifest\n"
    "  --min-scale X     least area of a transistor, of its present one (default: 0.5)\n"
    "  --max-scale X     largest (default: 16)\n"
    "  --grid N          sizes are multiples of N nm (default: 10)\n"
    "  --rounds N        of measuring and resizing (default: 2)\n\n"
    "The exit status is 1 if the new sizes miss a yield on the new dies.\n";

enum { OUT = 300, FIXED, MIN_SCALE, MAX_SCALE, GRID, ROUNDS };

typedef struct request {
  cli_validate v;
  ms_size_options size;
  const char *fixed[CLI_LIST];
} request;

static void print_report(const ms_size_report *r) {
  printf("%-12s %22s %22s %9s\n", "transistor", "W/L now (um)", "W/L proposed (um)", "area");
  for (size_t i = 0; i < r->n_device; i++) {
    const ms_sized_device *d = &r->device[i];
    if (*d->kept) {
      printf("%-12s %10.4g / %-9.4g %22s %9s %s\n", d->name, 1e6 * d->w_m, 1e6 * d->l_m, "", "",
             d->kept);
      continue;
    }
    printf("%-12s %10.4g / %-9.4g %10.4g / %-9.4g x%-7.3g\n", d->name, 1e6 * d->w_m, 1e6 * d->l_m,
           1e6 * d->new_w_m, 1e6 * d->new_l_m, d->new_w_m * d->new_l_m / (d->w_m * d->l_m));
  }
  printf("%-12s %18.5g um2 %18.5g um2 x%-7.3g\n\n", "gate area", 1e12 * r->area_m2,
         1e12 * r->new_area_m2, r->new_area_m2 / r->area_m2);
  for (size_t i = 0; i < r->n_note; i++)
    printf("note: %s\n", r->note[i]);
  printf("On %zu dies that were not used to size:\n%-20s %8s %8s %8s\n", r->after->n_die, "spec",
         "needed", "before", "after");
  for (size_t i = 0; i < r->after->n_spec; i++) {
    const ms_spec_result *a = &r->before->spec[i], *b = &r->after->spec[i];
    if (b->measured)
      printf("%-20s %7.1f%% %7.1f%% %7.1f%%  %.1f%% .. %.1f%%  %s\n", b->spec->name,
             100 * b->spec->yield, 100 * a->yield, 100 * b->yield, 100 * b->interval.low,
             100 * b->interval.high, b->pass ? "pass" : "FAIL");
  }
  printf("%-20s %8s %7.1f%% %7.1f%%  %.1f%% .. %.1f%%\n", "all specs", "", 100 * r->before->yield,
         100 * r->after->yield, 100 * r->after->interval.low, 100 * r->after->interval.high);
}

static void print_json(const ms_size_report *r) {
  cJSON *root = cJSON_CreateObject(), *list;
  cJSON_AddBoolToObject(root, "ok", ms_validation_passes(r->after));
  cJSON_AddNumberToObject(root, "area_m2", r->area_m2);
  cJSON_AddNumberToObject(root, "new_area_m2", r->new_area_m2);
  list = cJSON_AddArrayToObject(root, "transistors");
  for (size_t i = 0; i < r->n_device; i++) {
    const ms_sized_device *d = &r->device[i];
    cJSON *x = cJSON_CreateObject();
    cJSON_AddStringToObject(x, "name", d->name);
    cJSON_AddNumberToObject(x, "w_m", d->w_m);
    cJSON_AddNumberToObject(x, "l_m", d->l_m);
    cJSON_AddNumberToObject(x, "new_w_m", d->new_w_m);
    cJSON_AddNumberToObject(x, "new_l_m", d->new_l_m);
    cJSON_AddStringToObject(x, "kept", d->kept);
    cJSON_AddItemToArray(list, x);
  }
  list = cJSON_AddArrayToObject(root, "specs");
  for (size_t i = 0; i < r->after->n_spec; i++) {
    const ms_spec_result *a = &r->before->spec[i], *b = &r->after->spec[i];
    cJSON *x = cJSON_CreateObject();
    cJSON_AddStringToObject(x, "name", b->spec->name);
    cJSON_AddNumberToObject(x, "required_yield", b->spec->yield);
    cJSON_AddNumberToObject(x, "yield_before", a->yield);
    cJSON_AddNumberToObject(x, "yield_after", b->yield);
    cJSON_AddItemToArray(list, x);
  }
  list = cJSON_AddArrayToObject(root, "notes");
  for (size_t i = 0; i < r->n_note; i++)
    cJSON_AddItemToArray(list, cJSON_CreateString(r->note[i]));
  cli_print_json(root);
}

static int size_cell(cli *c, request *r) {
  ms_error err = {0};
  ms_size_report report;
  cli_progress progress;
  r->v.options.control = cli_progress_begin(&progress, c);
  r->size.validate = r->v.options;
  int rc = ms_size(&r->size, &report, &err);
  cli_progress_end(&progress);
  bool passes = !rc && ms_validation_passes(report.after);
  if (!rc && c->json)
    print_json(&report);
  else if (!rc)
    print_report(&report);
  ms_size_report_clear(&report);
  return rc ? cli_fail(c, &err) : passes ? CLI_OK : CLI_NO;
}

static int parse(cli *c, int argc, char **argv, request *r) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          CLI_VALIDATE_OPTIONS,
                                          {"out", required_argument, NULL, OUT},
                                          {"fixed", required_argument, NULL, FIXED},
                                          {"min-scale", required_argument, NULL, MIN_SCALE},
                                          {"max-scale", required_argument, NULL, MAX_SCALE},
                                          {"grid", required_argument, NULL, GRID},
                                          {"rounds", required_argument, NULL, ROUNDS},
                                          CLI_END_OPTIONS};
  ms_size_options *o = &r->size;
  uint64_t n;
  for (int k; (k = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;)
    switch (k) {
    case OUT:
      o->folder = optarg;
      break;
    case FIXED:
      o->fixed = r->fixed;
      if (!(o->n_fixed = cli_cut_list(optarg, r->fixed)))
        return cli_usage(c, "--fixed takes up to %d names", CLI_LIST);
      break;
    case MIN_SCALE:
      if (!cli_parse_double(optarg, 0.01, 1, &o->min_scale))
        return cli_usage(c, "--min-scale takes 0.01 to 1");
      break;
    case MAX_SCALE:
      if (!cli_parse_double(optarg, 1, 1000, &o->max_scale))
        return cli_usage(c, "--max-scale takes 1 to 1000");
      break;
    case GRID:
      if (!cli_parse_double(optarg, 0.1, 1000, &o->grid_m))
        return cli_usage(c, "--grid takes 0.1 to 1000 (nm)");
      o->grid_m *= 1e-9;
      break;
    case ROUNDS:
      if (!cli_parse_u64(optarg, 1, 10, &n))
        return cli_usage(c, "--rounds takes 1 to 10");
      o->rounds = (unsigned)n;
      break;
    default: {
      int leave = cli_validate_option(c, &cli_size, k, &r->v);
      if (leave >= 0)
        return leave;
    }
    }
  if (optind + 1 != argc)
    return cli_usage(c, "name one cell");
  if (!o->folder)
    return cli_usage(c, "--out DIR is needed: the resized cell goes there");
  r->v.options.cell = argv[optind];
  return -1;
}

static int run(cli *c, int argc, char **argv) {
  request r;
  memset(&r, 0, sizeof r);
  cli_validate_defaults(&r.v);
  int leave = parse(c, argc, argv, &r);
  return leave >= 0 ? leave : size_cell(c, &r);
}

const cli_verb cli_size = {"size", "propose transistor sizes with which a cell holds its specs",
                           HELP, run};
