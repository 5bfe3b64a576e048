/* SPDX-License-Identifier: Apache-2.0 */
/* FST files through fstapi. */
#include "record/fst.h"

#include "mixspike/record.h"

#include <fstapi.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A value change of any variable; reals point to their value. */
typedef struct change {
  ms_time t;
  size_t order;       /* keeps equal times in the order they were collected */
  const double *real; /* NULL: bits */
  uint64_t value;
  unsigned width;
  fstHandle variable;
} change;

struct ms_fst {
  char path[PATH_MAX], temporary[PATH_MAX];
  void *writer;
  unsigned n_variable;
  unsigned *width; /* by variable, from 1 */
  size_t n, room;
  change *change;
  bool no_memory;
};

int ms_fst_create(const char *path, ms_fst **out, ms_error *err) {
  *out = NULL;
  ms_fst *f = calloc(1, sizeof *f);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for the waveforms of %s", path);
  int length = snprintf(f->temporary, sizeof f->temporary, "%s.part.%ld", path, (long)getpid());
  /* Said by ms_write_file in plain words if the place cannot be written to. */
  int rc = length < 0 || (size_t)length >= sizeof f->temporary
               ? ms_fail(err, MS_EINVAL, "file name too long: %.200s...", path)
               : ms_write_file(f->temporary, "", 0, err);
  if (!rc && !(f->writer = fstWriterCreate(f->temporary, 1)))
    rc = ms_fail(err, MS_ENOMEM, "no memory for the waveforms of %s", path);
  if (rc) {
    free(f);
    return rc;
  }
  snprintf(f->path, sizeof f->path, "%s", path);
  fstWriterSetPackType(f->writer, FST_WR_PT_LZ4);
  fstWriterSetTimescale(f->writer, -12);
  fstWriterSetVersion(f->writer, "mixspike " MS_VERSION);
  *out = f;
  return 0;
}

void ms_fst_open_scope(ms_fst *f, const char *name) {
  fstWriterSetScope(f->writer, FST_ST_VCD_MODULE, name, NULL);
}

void ms_fst_close_scope(ms_fst *f) {
  fstWriterSetUpscope(f->writer);
}

/* Width 0: a real. */
static uint32_t declare(ms_fst *f, const char *name, unsigned width) {
  unsigned *more = realloc(f->width, (f->n_variable + 2) * sizeof *more);
  if (!more) {
    f->no_memory = true;
    return 0;
  }
  f->width = more;
  fstHandle variable = fstWriterCreateVar(f->writer, width ? FST_VT_VCD_WIRE : FST_VT_VCD_REAL,
                                          FST_VD_IMPLICIT, width ? width : 8, name, 0);
  f->width[++f->n_variable] = width; /* fstapi counts from 1 */
  return variable;
}

uint32_t ms_fst_bits(ms_fst *f, const char *name, unsigned width) {
  return declare(f, name, width);
}

uint32_t ms_fst_real(ms_fst *f, const char *name) {
  return declare(f, name, 0);
}

static void add(ms_fst *f, change c) {
  if (!c.variable || c.variable > f->n_variable)
    return;
  if (f->n == f->room) {
    size_t room = f->room ? 2 * f->room : 1024;
    change *more = realloc(f->change, room * sizeof *more);
    if (!more) {
      f->no_memory = true;
      return;
    }
    f->change = more;
    f->room = room;
  }
  c.order = f->n;
  c.width = f->width[c.variable];
  f->change[f->n++] = c;
}

void ms_fst_set(ms_fst *f, ms_time t, uint32_t variable, uint64_t value) {
  add(f, (change){.t = t, .value = value, .variable = variable});
}

void ms_fst_set_real(ms_fst *f, ms_time t, uint32_t variable, const double *value) {
  add(f, (change){.t = t, .real = value, .variable = variable});
}

static int by_time(const void *a, const void *b) {
  const change *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static void emit(const ms_fst *f) {
  ms_time now = MS_TIME_NEVER;
  for (size_t i = 0; i < f->n; i++) {
    const change *c = &f->change[i];
    if (c->t != now)
      fstWriterEmitTimeChange(f->writer, now = c->t);
    if (c->real)
      fstWriterEmitValueChange(f->writer, c->variable, c->real);
    else
      fstWriterEmitValueChange64(f->writer, c->variable, c->width, c->value);
  }
}

/* fstapi reports no failed writes: what was written is opened again and asked for its size. */
static bool is_whole(const ms_fst *f) {
  void *reader = fstReaderOpen(f->temporary);
  if (!reader)
    return false;
  bool whole = fstReaderGetVarCount(reader) == f->n_variable &&
               fstReaderGetEndTime(reader) == f->change[f->n - 1].t;
  fstReaderClose(reader);
  return whole;
}

int ms_fst_finish(ms_fst *f, ms_error *err) {
  int rc = f->no_memory ? ms_fail(err, MS_ENOMEM, "no memory for the waveforms of %s", f->path) : 0;
  if (!rc && f->n) {
    qsort(f->change, f->n, sizeof *f->change, by_time);
    emit(f);
  }
  fstWriterClose(f->writer);
  if (!rc && f->n && !is_whole(f))
    rc = ms_fail(err, MS_EIO, "cannot write %s: the file is incomplete (is the disk full?)",
                 f->path);
  if (!rc && rename(f->temporary, f->path))
    rc = ms_fail(err, MS_EIO, "cannot write %s", f->path);
  if (rc)
    unlink(f->temporary);
  free(f->change);
  free(f->width);
  free(f);
  return rc;
}
