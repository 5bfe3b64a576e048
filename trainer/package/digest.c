/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 through OpenSSL, and the check of a package against its list of sums. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *ms_package_path(const char *dir, const char *name) {
  size_t size = strlen(dir) + strlen(name) + 2;
  char *path = malloc(size);
  if (path)
    snprintf(path, size, "%s/%s", dir, name);
  return path;
}

int ms_digest(const void *data, size_t size, char text[MS_DIGEST_TEXT], ms_error *err) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  if (!EVP_Digest(data, size, sum, &n, EVP_sha256(), NULL) || 2 * n + 1 > MS_DIGEST_TEXT)
    return ms_fail(err, MS_EIO, "SHA-256 is not available from libcrypto");
  for (unsigned i = 0; i < n; i++)
    snprintf(text + (size_t)2 * i, 3, "%02x", sum[i]);
  return MS_OK;
}

/* Checks one file whose sum the list states. */
static int check_file(const char *dir, const char *name, const char *expected, ms_error *err) {
  char *path = ms_package_path(dir, name), *data = NULL, sum[MS_DIGEST_TEXT];
  size_t size = 0;
  if (!path)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  ms_error why = {0};
  int rc = ms_read_file(path, &data, &size, &why);
  if (rc)
    rc = ms_fail(err, MS_ETAMPERED, "package %s: file %s cannot be read: %s", dir, name, why.text);
  else if (!(rc = ms_digest(data, size, sum, err)) && strcmp(sum, expected) != 0)
    rc = ms_fail(err, MS_ETAMPERED,
                 "package %s: file %s was changed after the export (its SHA-256 is not the one in "
                 "%s); export it again",
                 dir, name, MS_PACKAGE_SUMS);
  free(data);
  free(path);
  return rc;
}

/* Checks every line of the list and strikes its file from `wanted`, of which the first `n_needed`
 * must be there. */
static int check_list(const char *dir, char *list, const char **wanted, size_t n_needed,
                      size_t n_wanted, ms_error *err) {
  char *rest = NULL;
  for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    size_t length = strlen(line);
    int well = length > MS_DIGEST_TEXT + 1 && line[MS_DIGEST_TEXT - 1] == ' ' &&
               line[MS_DIGEST_TEXT] == ' ';
    const char *name = well ? line + MS_DIGEST_TEXT + 1 : NULL;
    size_t k = 0;
    while (name && k < n_wanted && (!wanted[k] || strcmp(wanted[k], name) != 0))
      k++;
    if (!name || k == n_wanted)
      return ms_fail(err, MS_ETAMPERED,
                     "package %s: %s has a line that does not belong there: %.80s", dir,
                     MS_PACKAGE_SUMS, line);
    line[MS_DIGEST_TEXT - 1] = '\0';
    int rc = check_file(dir, name, line, err);
    if (rc)
      return rc;
    wanted[k] = NULL;
  }
  for (size_t k = 0; k < n_needed; k++)
    if (wanted[k])
      return ms_fail(err, MS_ETAMPERED, "package %s: %s does not list %s", dir, MS_PACKAGE_SUMS,
                     wanted[k]);
  return MS_OK;
}

/* A file that nobody exported may be one that somebody wants to be loaded. */
static int check_strangers(const char *dir, const char *const *known, size_t n, ms_error *err) {
  DIR *d = opendir(dir);
  if (!d)
    return ms_fail(err, MS_EIO, "cannot open %s: %s", dir, strerror(errno));
  int rc = MS_OK;
  for (const struct dirent *entry; !rc && (entry = readdir(d));) {
    const char *name = entry->d_name;
    size_t k = 0;
    while (k < n && strcmp(known[k], name) != 0)
      k++;
    if (k == n && strcmp(name, ".") && strcmp(name, "..") && strcmp(name, MS_PACKAGE_SUMS))
      rc = ms_fail(err, MS_ETAMPERED, "package %s: %.100s does not belong to it; take it out", dir,
                   name);
  }
  closedir(d);
  return rc;
}

int ms_package_verify(const char *dir, ms_error *err) {
#define MS_X(name, text) name,
  static const char *const needed[] = {MS_PACKAGE_FILES(MS_X)};
  static const char *const known[] = {MS_PACKAGE_FILES(MS_X) MS_PACKAGE_MESH_FILES(MS_X)};
  const char *wanted[] = {MS_PACKAGE_FILES(MS_X) MS_PACKAGE_MESH_FILES(MS_X)};
  const size_t n_known = sizeof known / sizeof *known;
#undef MS_X
  char *path = ms_package_path(dir, MS_PACKAGE_SUMS), *list = NULL;
  size_t size = 0;
  if (!path)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  int rc = ms_read_file(path, &list, &size, err);
  free(path);
  if (rc)
    return ms_fail(err, MS_EMISSING,
                   "%s is not a package: %s cannot be read; give a folder that `mixspike train` or "
                   "`mixspike export` wrote",
                   dir, MS_PACKAGE_SUMS);
  rc = check_list(dir, list, wanted, sizeof needed / sizeof *needed, n_known, err);
  free(list);
  /* What the list does not name belongs to no package, or to one of several cores. */
  const char *listed[sizeof known / sizeof *known];
  size_t n_listed = 0;
  for (size_t k = 0; k < n_known; k++)
    if (!wanted[k])
      listed[n_listed++] = known[k];
  return rc ? rc : check_strangers(dir, listed, n_listed, err);
}
