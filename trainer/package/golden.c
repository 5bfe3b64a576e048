/* SPDX-License-Identifier: Apache-2.0 */
/* golden.h5: three tables (runs, input events, spikes); events and spikes name their run. */
#include "package/package_impl.h"

#include "mixspike/record.h"
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>

enum { MAX_ROWS = 1 << 26 };

/* A table of events of all runs: which run, when, which address. */
typedef struct table {
  size_t n;
  uint64_t *run, *t, *address;
} table;

static int table_make(table *b, size_t n, ms_error *err) {
  *b = (table){.n = n,
               .run = calloc(n + 1, sizeof *b->run),
               .t = calloc(n + 1, sizeof *b->t),
               .address = calloc(n + 1, sizeof *b->address)};
  return b->run && b->t && b->address ? MS_OK : ms_fail(err, MS_ENOMEM, "out of memory");
}

static void table_clear(table *b) {
  free(b->run);
  free(b->t);
  free(b->address);
  *b = (table){0};
}

static int gather(const ms_golden *g, int spikes, table *b, ms_error *err) {
  size_t n = 0, k = 0;
  for (size_t i = 0; i < g->n_run; i++)
    n += spikes ? g->run[i].n_spike : g->run[i].n_in;
  int rc = table_make(b, n, err);
  for (size_t i = 0; !rc && i < g->n_run; i++) {
    const ms_golden_run *r = &g->run[i];
    const ms_event *event = spikes ? r->spike : r->in;
    size_t count = spikes ? r->n_spike : r->n_in;
    for (size_t j = 0; j < count; j++, k++) {
      b->run[k] = i;
      b->t[k] = event[j].t;
      b->address[k] = event[j].address;
    }
  }
  return rc;
}

static int put_events(ms_results *file, const ms_golden *g, int spikes, ms_error *err) {
  table b = {0};
  int rc = gather(g, spikes, &b, err);
  if (!rc)
    rc = ms_results_integers(file, spikes ? "spike/run" : "in/run", "1", b.run, b.n, err);
  if (!rc)
    rc = ms_results_integers(file, spikes ? "spike/t" : "in/t", "ps", b.t, b.n, err);
  if (!rc)
    rc = ms_results_integers(file, spikes ? "spike/neuron" : "in/input", "1", b.address, b.n, err);
  table_clear(&b);
  return rc;
}

/* The decision is kept plus one, so that "none" (-1) needs no sign. */
static int put_runs(ms_results *file, const ms_golden *g, ms_error *err) {
  uint64_t *column = calloc(4 * g->n_run + 1, sizeof *column);
  if (!column)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  static const char *const name[] = {"run/die", "run/sample", "run/label", "run/decision_plus_1"};
  for (size_t i = 0; i < g->n_run; i++) {
    const ms_golden_run *r = &g->run[i];
    column[i] = r->die;
    column[g->n_run + i] = r->sample;
    column[2 * g->n_run + i] = (uint64_t)r->label;
    column[3 * g->n_run + i] = (uint64_t)(r->decision + 1);
  }
  int rc = MS_OK;
  for (size_t k = 0; !rc && k < 4; k++)
    rc = ms_results_integers(file, name[k], "1", column + k * g->n_run, g->n_run, err);
  free(column);
  return rc;
}

int ms_golden_write(const ms_golden *golden, const char *dir, ms_error *err) {
  ms_results *file = NULL;
  char *path = ms_package_path(dir, MS_PACKAGE_GOLDEN);
  int rc = path ? ms_results_create(&file, err) : ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc)
    rc = put_runs(file, golden, err);
  if (!rc)
    rc = put_events(file, golden, 0, err);
  if (!rc)
    rc = put_events(file, golden, 1, err);
  if (!rc)
    rc = ms_results_save(file, path, err);
  ms_results_destroy(file);
  free(path);
  return rc;
}

/* Reads a one-dimensional data set; with *n set before, its length must be that. */
static int get(hid_t file, const char *path, const char *name, uint64_t **out, size_t *n, int fixed,
               ms_error *err) {
  hsize_t size = 0;
  int rank = 0;
  H5T_class_t kind = H5T_NO_CLASS;
  size_t width = 0;
  *out = NULL;
  int bad = H5LTget_dataset_ndims(file, name, &rank) < 0 || rank != 1 ||
            H5LTget_dataset_info(file, name, &size, &kind, &width) < 0 || kind != H5T_INTEGER ||
            size > MAX_ROWS || (fixed && size != *n);
  if (!bad && !(*out = calloc((size_t)size + 1, sizeof **out)))
    return ms_fail(err, MS_ENOMEM, "out of memory");
  if (!bad && size)
    bad = H5LTread_dataset(file, name, H5T_NATIVE_UINT64, *out) < 0;
  if (bad)
    return ms_fail(err, MS_EPARSE, "%s: data set %s is missing or malformed", path, name);
  *n = (size_t)size;
  return MS_OK;
}

/* Deals the rows of a table out to the runs; they come in order of the run. */
static int deal(ms_golden *g, const table *b, int spikes, const char *path, ms_error *err) {
  size_t k = 0;
  for (size_t i = 0; i < g->n_run; i++) {
    size_t from = k;
    while (k < b->n && b->run[k] == i)
      k++;
    ms_event *event = calloc(k - from + 1, sizeof *event);
    if (!event)
      return ms_fail(err, MS_ENOMEM, "out of memory");
    for (size_t j = from; j < k; j++)
      event[j - from] = (ms_event){.t = b->t[j], .address = (uint16_t)b->address[j]};
    if (spikes) {
      g->run[i].spike = event;
      g->run[i].n_spike = k - from;
    } else {
      g->run[i].in = event;
      g->run[i].n_in = k - from;
    }
  }
  return k == b->n ? MS_OK : ms_fail(err, MS_EPARSE, "%s: events out of order", path);
}

static int get_events(hid_t file, const char *path, ms_golden *g, int spikes, ms_error *err) {
  table b = {0};
  int rc = get(file, path, spikes ? "spike/run" : "in/run", &b.run, &b.n, 0, err);
  if (!rc)
    rc = get(file, path, spikes ? "spike/t" : "in/t", &b.t, &b.n, 1, err);
  if (!rc)
    rc = get(file, path, spikes ? "spike/neuron" : "in/input", &b.address, &b.n, 1, err);
  if (!rc)
    rc = deal(g, &b, spikes, path, err);
  table_clear(&b);
  return rc;
}

static int get_runs(hid_t file, const char *path, ms_golden *g, ms_error *err) {
  uint64_t *die = NULL, *sample = NULL, *label = NULL, *decision = NULL;
  size_t n = 0;
  int rc = get(file, path, "run/die", &die, &n, 0, err);
  if (!rc)
    rc = get(file, path, "run/sample", &sample, &n, 1, err);
  if (!rc)
    rc = get(file, path, "run/label", &label, &n, 1, err);
  if (!rc)
    rc = get(file, path, "run/decision_plus_1", &decision, &n, 1, err);
  if (!rc && !(g->run = calloc(n + 1, sizeof *g->run)))
    rc = ms_fail(err, MS_ENOMEM, "out of memory");
  if (!rc) {
    g->n_run = n;
    for (size_t i = 0; i < n; i++) {
      g->run[i].die = die[i];
      g->run[i].sample = sample[i];
      g->run[i].label = (int)label[i];
      g->run[i].decision = (int)decision[i] - 1;
    }
  }
  free(die);
  free(sample);
  free(label);
  free(decision);
  return rc;
}

int ms_golden_read(const char *dir, ms_golden *golden, ms_error *err) {
  *golden = (ms_golden){0};
  char *path = ms_package_path(dir, MS_PACKAGE_GOLDEN);
  if (!path)
    return ms_fail(err, MS_ENOMEM, "out of memory");
  int rc = MS_OK;
  H5E_BEGIN_TRY {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
      rc = ms_fail(err, MS_EPARSE, "%s: not an HDF5 file", path);
    if (!rc)
      rc = get_runs(file, path, golden, err);
    if (!rc)
      rc = get_events(file, path, golden, 0, err);
    if (!rc)
      rc = get_events(file, path, golden, 1, err);
    if (file >= 0)
      H5Fclose(file);
  }
  H5E_END_TRY;
  free(path);
  if (rc)
    ms_golden_clear(golden);
  return rc;
}

void ms_golden_clear(ms_golden *golden) {
  for (size_t i = 0; i < golden->n_run; i++) {
    free(golden->run[i].in);
    free(golden->run[i].spike);
  }
  free(golden->run);
  *golden = (ms_golden){0};
}
