/* SPDX-License-Identifier: Apache-2.0 */
/* Finding manifests, and the checksum over every file that takes part. */
#include "models/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ms_load_copy(ms_loader *loader, char **to, const char *from) {
  *to = strdup(from);
  return *to ? 0 : ms_fail(loader->err, MS_ENOMEM, "out of memory");
}

char *ms_load_beside(const char *beside, const char *file) {
  const char *slash = strrchr(beside, '/');
  char *path;
  if (*file == '/' || !slash)
    return strdup(file);
  return asprintf(&path, "%.*s/%s", (int)(slash - beside), beside, file) < 0 ? NULL : path;
}

char *ms_load_folder(const char *file) {
  const char *slash = strrchr(file, '/');
  return slash ? strndup(file, (size_t)(slash - file)) : strdup(".");
}

bool ms_lies_in(const char *file, const char *folder) {
  char *full = realpath(file, NULL);
  size_t n = strlen(folder);
  while (n && folder[n - 1] == '/')
    n--;
  bool inside = full && !strncmp(full, folder, n) && full[n] == '/';
  free(full);
  return inside;
}

bool ms_lies_among(const char *file, const char *folder, const char *kind) {
  char *all;
  if (asprintf(&all, "%s/%s", folder, kind) < 0)
    return false;
  bool inside = ms_lies_in(file, all);
  free(all);
  return inside;
}

int ms_load_sum(ms_loader *loader, const char *path) {
  FILE *f = fopen(path, "rbe");
  if (!f)
    return ms_fail(loader->err, errno == ENOENT ? MS_EMISSING : MS_EIO, "%s: cannot be opened: %s",
                   path, strerror(errno));
  unsigned char block[65536];
  uint64_t sum = loader->impl->core.checksum; /* FNV-1a, 64 bit */
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
    for (size_t i = 0; i < n; i++)
      sum = (sum ^ block[i]) * 0x100000001b3u;
  /* A byte that no text holds, so that moving a line from one file to the next shows. */
  loader->impl->core.checksum = (sum ^ 0xff) * 0x100000001b3u;
  int bad = ferror(f);
  fclose(f);
  return bad ? ms_fail(loader->err, MS_EIO, "%s: cannot be read", path) : 0;
}

int ms_load_yaml(ms_loader *loader, const char *path, ms_yaml **out) {
  int rc = ms_yaml_read(path, out, loader->err);
  if (!rc && !ms_yaml_root(*out)) /* no keys at all, a list say */
    rc = ms_yaml_status(*out, loader->err);
  if (!rc)
    rc = ms_load_sum(loader, path);
  if (rc) {
    ms_yaml_destroy(*out);
    *out = NULL;
  }
  return rc;
}

int ms_load_find(ms_loader *loader, const char *kind, const char *name, const char *file,
                 char **path) {
  char where[400] = "";
  size_t used = 0;
  *path = NULL;
  for (size_t i = 0; i < loader->n_dir; i++) {
    if (asprintf(path, "%s/%s/%s/%s", loader->dir[i], kind, name, file) < 0) {
      *path = NULL;
      return ms_fail(loader->err, MS_ENOMEM, "out of memory");
    }
    if (!access(*path, R_OK))
      return 0;
    free(*path);
    *path = NULL;
    int k =
        snprintf(where + used, sizeof where - used, "%s%s/%s", i ? ", " : "", loader->dir[i], kind);
    used += (size_t)k < sizeof where - used ? (size_t)k : 0;
  }
  return ms_fail(loader->err, MS_EMISSING, "%s/%s was not found; looked in %s", name, file, where);
}
