/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of device tables on disk: one file a table, named by a hash of everything that went
 * into it. A file is written under a name of its own and renamed into place, so that two processes
 * never see half a table; a checksum tells a damaged file, which is then made again. */
#include "engine/table/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 6 /* grows with every change of the extraction or of the file */

typedef struct header {
  char magic[8];
  uint64_t key, checksum; /* of the coefficients and of this struct with checksum 0 */
  ms_table table;         /* with pointer zeroed */
} header;

static uint64_t hash(uint64_t h, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t x;
    memcpy(&x, p, 8);
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  for (; n; n--, p++)
    h = (h ^ *p) * 0x100000001b3u;
  return h ^ (h >> 32);
}

static int hash_file(uint64_t *h, const char *path, ms_error *err) {
  FILE *f = fopen(path, "rb");
  if (!f)
    return ms_fail(err, MS_EIO, "%s: cannot be read: %s", path, strerror(errno));
  char block[4096];
  size_t n;
  while ((n = fread(block, 1, sizeof block, f)) > 0)
    *h = hash(*h, block, n);
  fclose(f);
  return MS_OK;
}

static int make_key(const ms_core *core, const ms_pvt *pvt, const ms_geometry *g, uint64_t *key,
                    ms_error *err) {
  const ms_process *p = core->process;
  char text[512];
  int n = snprintf(text, sizeof text, "%d %s %d %.12g %.12g %.12g %.12g %.12g %.12g %.6f %.6f",
                   FORMAT, g->model, g->type, g->w_m, g->l_m, g->ad_m2, g->as_m2, g->pd_m, g->ps_m,
                   ms_pvt_temp_c(core, pvt), p->supply_v[2]);
  *key = hash(0xcbf29ce484222325u, text, (size_t)n);
  for (size_t i = 0; i < p->n_include; i++) {
    int code = hash_file(key, p->include[i], err);
    if (code)
      return code;
  }
  const ms_corner *corner = pvt->corner < p->n_corner ? &p->corner[pvt->corner] : NULL;
  if (corner && corner->lib_file) {
    *key = hash(*key, corner->lib_section, strlen(corner->lib_section));
    return hash_file(key, corner->lib_file, err);
  }
  return MS_OK;
}

/* The folder: as asked, or $XDG_CACHE_HOME/mixspike, or ~/.cache/mixspike; made if missing. */
static int cache_folder(const char *asked, char *out, size_t size, ms_error *err) {
  const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (asked)
    snprintf(out, size, "%s", asked);
  else if (xdg && *xdg)
    snprintf(out, size, "%s/mixspike", xdg);
  else if (home && *home)
    snprintf(out, size, "%s/.cache/mixspike", home);
  else
    snprintf(out, size, "/tmp/mixspike-cache-%u", (unsigned)getuid());
  for (char *slash = out + 1;; slash++) {
    if (*slash && *slash != '/')
      continue;
    char end = *slash;
    *slash = 0;
    if (mkdir(out, 0700) && errno != EEXIST)
      return ms_fail(err, MS_EIO, "cache folder %s cannot be made: %s", out, strerror(errno));
    *slash = end;
    if (!end)
      return MS_OK;
  }
}

static uint64_t checksum(const header *h, const float *coefficient) {
  header copy = *h;
  copy.checksum = 0;
  return hash(hash(1, &copy, sizeof copy), coefficient,
              h->table.n_coefficient * sizeof *coefficient);
}

static size_t expected_size(const ms_table *t) {
  size_t n = MS_N_F;
  for (int k = 0; k < MS_N_AXIS; k++) {
    if (t->axis[k].n < 5 || t->axis[k].n > 4096)
      return 0;
    n *= (size_t)t->axis[k].n + 2;
  }
  return n;
}

/* A sound table from the file, or NULL. */
static ms_table *load(const char *path, uint64_t key) {
  FILE *f = fopen(path, "rb");
  if (!f)
    return NULL;
  header h;
  ms_table *t = NULL;
  if (fread(&h, sizeof h, 1, f) == 1 && !memcmp(h.magic, "mstable", 8) && h.key == key &&
      h.table.n_coefficient && h.table.n_coefficient == expected_size(&h.table) &&
      (t = malloc(sizeof *t))) {
    size_t bytes = h.table.n_coefficient * sizeof(float);
    *t = h.table;
    t->coefficient = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!t->coefficient || fread(t->coefficient, 1, bytes, f) != bytes ||
        checksum(&h, t->coefficient) != h.checksum) {
      ms_table_free(t);
      t = NULL;
    }
  }
  fclose(f);
  return t;
}

static int store(const char *path, uint64_t key, const ms_table *t, ms_error *err) {
  char temporary[1200];
  snprintf(temporary, sizeof temporary, "%s.%ld.XXXXXX", path, (long)getpid());
  int fd = mkstemp(temporary);
  FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (!f)
    return ms_fail(err, MS_EIO, "%s cannot be written: %s", temporary, strerror(errno));
  header h;
  memset(&h, 0, sizeof h);
  memcpy(h.magic, "mstable", 8);
  h.key = key;
  memcpy(&h.table, t, sizeof *t);
  h.table.coefficient = NULL;
  h.checksum = checksum(&h, t->coefficient);
  int bad = fwrite(&h, sizeof h, 1, f) != 1 ||
            fwrite(t->coefficient, sizeof(float), t->n_coefficient, f) != t->n_coefficient;
  bad |= fclose(f) != 0;
  if (bad || rename(temporary, path)) {
    int code = ms_fail(err, MS_EIO, "%s cannot be written: %s", path, strerror(errno));
    unlink(temporary);
    return code;
  }
  return MS_OK;
}

int ms_table_get(const ms_core *core, const ms_pvt *pvt, const ms_geometry *geometry,
                 const char *cache_dir, const char *worker_path, ms_table **out, ms_error *err) {
  char folder[1024], path[1100];
  uint64_t key;
  *out = NULL;
  int code = cache_folder(cache_dir, folder, sizeof folder, err);
  if (!code)
    code = make_key(core, pvt, geometry, &key, err);
  if (code)
    return code;
  snprintf(path, sizeof path, "%s/%016llx.table", folder, (unsigned long long)key);
  if ((*out = load(path, key)))
    return MS_OK;
  code = ms_table_extract(core, pvt, geometry, worker_path, out, err);
  if (!code && (code = store(path, key, *out, err))) {
    ms_table_free(*out);
    *out = NULL;
  }
  return code;
}
