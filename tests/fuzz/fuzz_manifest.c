/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a process, a cell or a core manifest of an otherwise sound library: loading ends in a
 * core or in a message that names a file. */
#include "mixspike/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The scratch library; MIXSPIKE_FUZZ_LIBRARY names a copy of analog-models that may be changed. */
static const char *library(void) {
  const char *folder = getenv("MIXSPIKE_FUZZ_LIBRARY");
  return folder && *folder ? folder : "/nonexistent";
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  if (access(library(), W_OK)) {
    fprintf(stderr, "set MIXSPIKE_FUZZ_LIBRARY to a copy of analog-models\n");
    exit(1);
  }
  return 0;
}

static char *slurp(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  char *text = malloc(1 << 16);
  if (!f || !text)
    abort();
  *n = fread(text, 1, 1 << 16, f);
  fclose(f);
  return text;
}

static void spill(const char *path, const void *data, size_t n) {
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(data, 1, n, f) != n || fclose(f))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const files[] = {"process/gen180/process.yaml", "cells/dpi_soma/cell.yaml",
                                      "cells/dpi_exc/cell.yaml", "cells/bias_n/cell.yaml",
                                      "cores/dpi16.yaml"};
  if (!size)
    return 0;
  char path[600];
  size_t n;
  snprintf(path, sizeof path, "%s/%s", library(), files[data[0] % 5]);
  char *sound = slurp(path, &n);
  spill(path, data + 1, size - 1);
  ms_error err = {0};
  ms_core *core = NULL;
  int rc = ms_core_load(library(), "dpi16", 0, &core, &err);
  if ((rc == 0) != (core != NULL) ||
      (rc && !strstr(err.text, ".yaml") && !strstr(err.text, ".cir")))
    abort();
  ms_core_destroy(core);
  spill(path, sound, n);
  free(sound);
  return 0;
}
