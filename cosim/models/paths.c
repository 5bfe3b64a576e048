/* SPDX-License-Identifier: Apache-2.0 */
/* Where models are looked for. */
#include "models/paths.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ms_is_path(const char *name) {
  size_t n = strlen(name);
  return strchr(name, '/') || (n > 5 && !strcmp(name + n - 5, ".yaml"));
}

static bool is_folder(const char *path) {
  struct stat s;
  return !stat(path, &s) && S_ISDIR(s.st_mode);
}

static void add_dir(ms_loader *loader, const char *dir) {
  char *full = realpath(dir, NULL);
  if (!full)
    return;
  for (size_t i = 0; i < loader->n_dir; i++)
    if (!strcmp(loader->dir[i], full)) {
      free(full);
      return;
    }
  loader->dir[loader->n_dir++] = full;
}

/* LIBDIR/../share: an installation, also one that was moved after it was built. */
static bool beside_library(char path[PATH_MAX]) {
  Dl_info info;
  char lib[PATH_MAX];
  if (!dladdr((const void *)(size_t)ms_find_core, &info) || !info.dli_fname ||
      !realpath(info.dli_fname, lib))
    return false;
  *strrchr(lib, '/') = '\0';
  static const char *const up[] = {"..", "../.."};
  for (size_t i = 0; i < 2; i++) {
    int n = snprintf(path, PATH_MAX, "%s/%s/share/mixspike/analog-models", lib, up[i]);
    if (n > 0 && n < PATH_MAX && is_folder(path))
      return true;
  }
  return false;
}

/* The library's folder; a wish that cannot be fulfilled is an error, not passed over. */
static int find_library(ms_loader *loader, const char *wish, char beside[PATH_MAX],
                        const char **dir) {
  const char *env = getenv("MIXSPIKE_MODELS");
  if (wish && !*wish)
    wish = NULL;
  const char *from = wish ? "" : env && *env ? " (from MIXSPIKE_MODELS)" : NULL;
  *dir = wish ? wish : env;
  if (from)
    return is_folder(*dir) ? 0
                           : ms_fail(loader->err, MS_EMISSING,
                                     "%s%s is not a folder; it must hold process/, cells/ and "
                                     "cores/",
                                     *dir, from);
  /* A library that was built and not installed uses its own source, not an older installation. */
  if (beside_library(beside)) {
    *dir = beside;
    return 0;
  }
  static const char *const standard[] = {MS_SOURCE_MODELS_DIR, MS_INSTALL_MODELS_DIR};
  for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
    if (is_folder(*dir = standard[i]))
      return 0;
  return ms_fail(loader->err, MS_EMISSING,
                 "the model library was not found in %s or %s; set MIXSPIKE_MODELS to its folder",
                 standard[0], standard[1]);
}

/* "dpi16, dpi16x4": the cores of a library, or its cells, without the ending of their names. */
static void list_names(const char *library, const char *kind, const char *ending, char *buf,
                       size_t n) {
  char path[PATH_MAX];
  struct dirent **entry = NULL;
  size_t used = 0, k = strlen(ending);
  *buf = 0;
  snprintf(path, sizeof path, "%s/%s", library, kind);
  int count = scandir(path, &entry, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = entry[i]->d_name;
    size_t length = strlen(name);
    if (*name != '.' && length > k && !strcmp(name + length - k, ending) && used + length + 3 < n)
      used += (size_t)snprintf(buf + used, n - used, "%s%.*s", used ? ", " : "", (int)(length - k),
                               name);
    free(entry[i]);
  }
  free(entry);
  if (!used)
    snprintf(buf, n, "none");
}

int ms_find_core(ms_loader *loader, const char *models_dir, const char *name, char **file) {
  char beside[PATH_MAX];
  const char *library;
  int rc = find_library(loader, models_dir, beside, &library);
  if (rc)
    return rc;
  if (ms_is_path(name)) {
    if (!(*file = realpath(name, NULL)))
      return ms_fail(loader->err, MS_EMISSING, "core manifest %s was not found", name);
    for (int up = 0; up < 2; up++) {
      char *dir = ms_load_beside(*file, up ? ".." : ".");
      if (!dir)
        return ms_fail(loader->err, MS_ENOMEM, "out of memory");
      add_dir(loader, dir);
      free(dir);
    }
    add_dir(loader, library);
    return 0;
  }
  add_dir(loader, library);
  if (!loader->n_dir || asprintf(file, "%s/cores/%s.yaml", loader->dir[0], name) < 0) {
    *file = NULL;
    return ms_fail(loader->err, MS_ENOMEM, "out of memory");
  }
  if (!access(*file, R_OK))
    return 0;
  char cores[300];
  list_names(loader->dir[0], "cores", ".yaml", cores, sizeof cores);
  return ms_fail(
      loader->err, MS_EMISSING,
      "core '%.80s' was not found in %s/cores; there: %s (a core of your own is given as "
      "a path to its YAML file)",
      name, loader->dir[0], cores);
}

int ms_find_cell(ms_loader *loader, const char *models_dir, const char *cell, char **file) {
  char beside[PATH_MAX], path[PATH_MAX];
  const char *library;
  int rc = find_library(loader, models_dir, beside, &library);
  if (rc)
    return rc;
  *file = NULL;
  /* A folder of that name without a manifest (that of earlier results, say) is none. */
  snprintf(path, sizeof path, "%s/cell.yaml", cell);
  if (!ms_is_path(cell) && access(path, F_OK)) {
    add_dir(loader, library);
    if (loader->n_dir && asprintf(file, "%s/cells/%s/cell.yaml", loader->dir[0], cell) < 0)
      *file = NULL;
    if (*file && !access(*file, R_OK))
      return 0;
    char cells[400];
    list_names(library, "cells", "", cells, sizeof cells);
    return ms_fail(loader->err, MS_EMISSING,
                   "cell '%.80s' was not found in %s/cells; there: %s (a cell of your own is given "
                   "as a path to its folder or cell.yaml)",
                   cell, library, cells);
  }
  snprintf(path, sizeof path, is_folder(cell) ? "%s/cell.yaml" : "%s", cell);
  if (!(*file = realpath(path, NULL)))
    return ms_fail(loader->err, MS_EMISSING, "cell manifest %s was not found", path);
  static const char *const up[] = {"../..", ".."}; /* holds cells/, or is it itself */
  for (int i = 0; i < 2; i++) {
    char *dir = ms_load_beside(*file, up[i]);
    if (!dir)
      return ms_fail(loader->err, MS_ENOMEM, "out of memory");
    add_dir(loader, dir);
    free(dir);
  }
  add_dir(loader, library);
  return 0;
}
