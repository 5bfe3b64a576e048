/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike new: a cell to start from. */
#include "cli.h"
#include "mixspike/validate.h"

#include <stdio.h>
#include <string.h>

static const char HELP[] =
    "usage: mixspike new cell NAME [options]\n\n"
    "Writes cells/NAME/cell.yaml and cell.cir: a small circuit with a commented manifest that\n"
    "`mixspike validate cells/NAME` measures as it is. Change it into your own.\n\n"
    "  --kind K    soma, synapse, dac or other (default: other)\n"
    "  --dir DIR   instead of cells\n";

enum { KIND = 256, DIR_OPTION };

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {CLI_COMMON_OPTIONS,
                                          {"kind", required_argument, NULL, KIND},
                                          {"dir", required_argument, NULL, DIR_OPTION},
                                          CLI_END_OPTIONS};
  const char *kind = "other", *folder = "cells";
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;)
    if (o == KIND) {
      kind = optarg;
    } else if (o == DIR_OPTION) {
      folder = optarg;
    } else {
      int leave = cli_common(c, &cli_new, o);
      if (leave >= 0)
        return leave;
    }
  if (optind + 2 != argc || strcmp(argv[optind], "cell") != 0)
    return cli_usage(c, "say what: new cell NAME");
  const char *name = argv[optind + 1];
  ms_error err = {0};
  if (ms_new_cell(folder, name, kind, &err))
    return cli_fail(c, &err);
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON_AddStringToObject(object, "cell", name);
    cJSON_AddStringToObject(object, "folder", folder);
    cli_print_json(object);
  } else {
    printf("%s/%s: cell.yaml and cell.cir; next: mixspike validate %s/%s\n", folder, name, folder,
           name);
  }
  return CLI_OK;
}

const cli_verb cli_new = {"new", "write the skeleton of a cell", HELP, run};
