/* SPDX-License-Identifier: Apache-2.0 */
/* Images in IDX files (MNIST, Fashion-MNIST), plain or gzipped: the middle 24 x 24 of 28 x 28
 * pixels, scaled to 16 x 16 by area. Bright pixels come early, dark ones not at all. */
#include "tasks/tasks_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SIDE = 28, CROP = 24, OUT = 16, PIXELS = OUT * OUT, VALIDATION = 5000 };
static const double dark = 0.1; /* pixels below have no event */

typedef struct images {
  size_t n;
  uint8_t *pixel, *label; /* [n][SIDE * SIDE], [n] */
} images;

static uint32_t big_endian(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* One IDX file of bytes: `dims` dimensions after the count, each of which must be SIDE. */
static int read_idx(const char *folder, const char *name, unsigned dims, size_t *n, uint8_t **data,
                    ms_error *err) {
  char path[600];
  gzFile f = NULL;
  for (int k = 0; k < 2 && !f; k++) { /* gzopen reads plain files too */
    snprintf(path, sizeof path, "%s/%s%s", folder, name, k ? ".gz" : "");
    f = gzopen(path, "rb");
  }
  if (!f)
    return ms_fail(err, MS_EMISSING,
                   "%s/%s is not there; get it with: mixspike data, or name the "
                   "folder with the key 'file'",
                   folder, name);
  uint8_t head[16] = {0};
  int want = (int)(8 + 4 * dims), rc = MS_OK;
  if (gzread(f, head, (unsigned)want) != want || head[0] || head[1] || head[2] != 8 ||
      head[3] != dims + 1)
    rc = ms_fail(err, MS_EPARSE, "%s: not an IDX file of bytes with %u dimensions", path, dims + 1);
  for (unsigned k = 0; !rc && k < dims; k++)
    if (big_endian(head + 8 + 4 * k) != SIDE)
      rc = ms_fail(err, MS_EPARSE, "%s: images must be %d x %d", path, SIDE, SIDE);
  *n = big_endian(head + 4);
  size_t each = dims ? (size_t)SIDE * SIDE : 1;
  if (!rc && (*n == 0 || *n > 1000000))
    rc = ms_fail(err, MS_EPARSE, "%s: says that it holds %zu items", path, *n);
  *data = rc ? NULL : malloc(*n * each);
  if (!rc && !*data)
    rc = ms_fail(err, MS_ENOMEM, "%s: no memory", path);
  if (!rc && gzfread(*data, each, *n, f) != *n)
    rc = ms_fail(err, MS_EPARSE, "%s: ends early", path);
  gzclose(f);
  if (rc) {
    free(*data);
    *data = NULL;
  }
  return rc;
}

static int read_images(const char *folder, const char *part, images *out, ms_error *err) {
  char name[64];
  size_t n_label = 0;
  *out = (images){0};
  snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
  int rc = read_idx(folder, name, 2, &out->n, &out->pixel, err);
  snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
  if (!rc)
    rc = read_idx(folder, name, 0, &n_label, &out->label, err);
  if (!rc && n_label != out->n)
    rc = ms_fail(err, MS_EPARSE, "%s/%s: %zu labels for %zu images", folder, name, n_label, out->n);
  for (size_t i = 0; !rc && i < out->n; i++)
    if (out->label[i] > 9)
      rc = ms_fail(err, MS_EPARSE, "%s/%s: label %u", folder, name, out->label[i]);
  return rc;
}

/* An output pixel covers 1.5 x 1.5 input pixels. */
static void shrink(const uint8_t *pixel, double *value) {
  for (int y = 0; y < OUT; y++)
    for (int x = 0; x < OUT; x++) {
      double sum = 0, scale = (double)CROP / OUT;
      for (int v = (int)(y * scale); v < (y + 1) * scale; v++)
        for (int u = (int)(x * scale); u < (x + 1) * scale; u++) {
          double top = v > y * scale ? v : y * scale, left = u > x * scale ? u : x * scale;
          double bottom = v + 1 < (y + 1) * scale ? v + 1 : (y + 1) * scale;
          double right = u + 1 < (x + 1) * scale ? u + 1 : (x + 1) * scale;
          int from = (SIDE - CROP) / 2;
          sum += (bottom - top) * (right - left) * pixel[(v + from) * SIDE + u + from];
        }
      double p = sum / (255 * scale * scale);
      value[y * OUT + x] = p < dark ? -1 : 1 - p;
    }
}

static int take(const ms_task *t, const char *split, const images *from, size_t first, size_t all,
                size_t wanted, ms_dataset *set, ms_error *err) {
  size_t n;
  int rc = ms_task_count(t->name, split, wanted, all, &n, err);
  if (!rc)
    rc = ms_dataset_create(n, PIXELS, set, err);
  for (size_t i = 0; !rc && i < n; i++) {
    shrink(from->pixel + (first + i) * SIDE * SIDE, set->value + i * PIXELS);
    set->label[i] = from->label[first + i];
  }
  return rc;
}

int ms_task_idx(const ms_task_options *o, ms_task *t, ms_error *err) {
  char folder[64];
  snprintf(folder, sizeof folder, "data/%.31s", o->name);
  const char *from = o->file ? o->file : folder;
  images train, test = {0};
  t->n_value = PIXELS;
  t->n_class = 10;
  int rc = read_images(from, "train", &train, err);
  if (!rc)
    rc = read_images(from, "t10k", &test, err);
  size_t kept = train.n / 12 < VALIDATION ? train.n / 12 : VALIDATION;
  if (!rc)
    rc = take(t, "training", &train, 0, train.n - kept, o->n_train, &t->train, err);
  if (!rc)
    rc = take(t, "validation", &train, train.n - kept, kept, o->n_validation, &t->validation, err);
  if (!rc)
    rc = take(t, "test", &test, 0, test.n, o->n_test, &t->test, err);
  free(train.pixel);
  free(train.label);
  free(test.pixel);
  free(test.label);
  return rc;
}
