/* SPDX-License-Identifier: Apache-2.0 */
/* Waveforms: one FST file with the router's signals and the circuits' voltages, and ngspice raw. */
#include "mixspike/record.h"

#include <fstapi.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *ms_probe_name(const ms_core *core, ms_probe probe) {
  switch (probe) {
  case MS_PROBE_VMEM:
    return "vmem";
  case MS_PROBE_REQ:
    return "req";
  case MS_PROBE_NACK:
    return "nack";
  case MS_PROBE_NIN:
    return "nin";
  default: {
    size_t row = (size_t)(probe - MS_PROBE_SYN0);
    return row < core->n_row ? core->row[row].name : "unknown";
  }
  }
}

/* A value change of any variable; voltages point to their value. */
typedef struct change {
  ms_time t;
  size_t order;    /* keeps equal times in the order they were collected */
  const double *v; /* NULL: digital */
  uint64_t value;
  fstHandle handle;
} change;

static int by_time(const void *a, const void *b) {
  const change *x = a, *y = b;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static size_t count_changes(const ms_run_result *run) {
  size_t n = run->n_signal_change;
  for (unsigned k = 0; run->group && k < run->n_neuron; k++)
    for (size_t i = 0; i < run->group[k].n_wave; i++)
      n += run->group[k].wave[i].n;
  return n;
}

/* Declares the router's signals: "name[width]"; what stands before a dot becomes a scope. *n is
 * their number. */
static fstHandle *declare_signals(void *fst, const char *const *signals, unsigned **width,
                                  size_t *n) {
  *n = 0;
  while (signals && signals[*n])
    ++*n;
  fstHandle *handle = calloc(*n + 1, sizeof *handle);
  *width = calloc(*n + 1, sizeof **width);
  if (!handle || !*width || !*n)
    return handle;
  fstWriterSetScope(fst, FST_ST_VCD_MODULE, "router", NULL);
  char scope[64] = "";
  for (size_t i = 0; i < *n; i++) {
    char name[128];
    snprintf(name, sizeof name, "%.100s", signals[i]);
    char *bracket = strrchr(name, '['), *dot = strchr(name, '.');
    unsigned long bits = bracket ? strtoul(bracket + 1, NULL, 10) : 1;
    (*width)[i] = bits >= 1 && bits <= 64 ? (unsigned)bits : 64;
    if (bracket)
      *bracket = '\0';
    if (dot)
      *dot = '\0';
    if (strncmp(scope, dot ? name : "", sizeof scope - 1)) {
      if (*scope)
        fstWriterSetUpscope(fst);
      snprintf(scope, sizeof scope, "%.60s", dot ? name : "");
      if (*scope)
        fstWriterSetScope(fst, FST_ST_VCD_MODULE, scope, NULL);
    }
    char *last = dot ? dot + 1 : name;
    if ((*width)[i] > 1)
      snprintf(last + strlen(last), 16, " [%u:0]", (*width)[i] - 1);
    handle[i] = fstWriterCreateVar(fst, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, (*width)[i], last, 0);
  }
  if (*scope)
    fstWriterSetUpscope(fst);
  fstWriterSetUpscope(fst);
  return handle;
}

/* Declares the voltages of every neuron and collects their points into `list`. */
static size_t declare_voltages(void *fst, const ms_core *core, const ms_run_result *run,
                               change *list, size_t n) {
  for (unsigned k = 0; run->group && k < run->n_neuron; k++) {
    if (!run->group[k].n_wave)
      continue;
    char scope[32];
    snprintf(scope, sizeof scope, "neuron%u", k);
    fstWriterSetScope(fst, FST_ST_VCD_MODULE, scope, NULL);
    for (size_t i = 0; i < run->group[k].n_wave; i++) {
      const ms_wave *w = &run->group[k].wave[i];
      fstHandle handle = fstWriterCreateVar(fst, FST_VT_VCD_REAL, FST_VD_IMPLICIT, 8,
                                            ms_probe_name(core, w->probe), 0);
      for (size_t j = 0; j < w->n; j++, n++)
        list[n] =
            (change){.t = ms_time_from_s(w->t_s[j]), .order = n, .v = &w->v[j], .handle = handle};
    }
    fstWriterSetUpscope(fst);
  }
  return n;
}

static void emit(void *fst, const change *list, size_t n, const unsigned *width_of) {
  ms_time now = MS_TIME_NEVER;
  for (size_t i = 0; i < n; i++) {
    if (list[i].t != now)
      fstWriterEmitTimeChange(fst, now = list[i].t);
    if (list[i].v) {
      fstWriterEmitValueChange(fst, list[i].handle, list[i].v);
    } else {
      fstWriterEmitValueChange64(fst, list[i].handle, width_of[list[i].handle], list[i].value);
    }
  }
}

/* fstapi reports no failed writes: what was written is opened again and asked for its size. */
static int check_file(const char *path, ms_time end, unsigned n_variable) {
  void *reader = fstReaderOpen(path);
  if (!reader)
    return -1;
  int bad = fstReaderGetVarCount(reader) != n_variable || fstReaderGetEndTime(reader) != end;
  fstReaderClose(reader);
  return bad;
}

int ms_waveforms_write(const char *path, const ms_core *core, const char *const *signals,
                       const ms_run_result *run, ms_error *err) {
  char temporary[PATH_MAX];
  int length = snprintf(temporary, sizeof temporary, "%s.part.%ld", path, (long)getpid());
  if (length < 0 || (size_t)length >= sizeof temporary)
    return ms_fail(err, MS_EINVAL, "file name too long: %.200s...", path);
  /* Said by ms_write_file in plain words if the place cannot be written to. */
  int code = ms_write_file(temporary, "", 0, err);
  if (code)
    return code;
  void *fst = fstWriterCreate(temporary, 1);
  size_t capacity = count_changes(run), n = 0, n_signal = 0;
  unsigned *width = NULL, *width_of = NULL, n_variable = 0;
  fstHandle *handle = NULL;
  change *list = malloc((capacity + 1) * sizeof *list);
  if (fst && list) {
    fstWriterSetPackType(fst, FST_WR_PT_LZ4);
    fstWriterSetTimescale(fst, -12);
    fstWriterSetVersion(fst, "mixspike " MS_VERSION);
    handle = declare_signals(fst, signals, &width, &n_signal);
    width_of = calloc(n_signal + 1, sizeof *width_of);
  }
  if (!fst || !list || !handle || !width || !width_of) {
    code = ms_fail(err, MS_ENOMEM, "no memory for the waveforms of %s", path);
  } else {
    for (size_t i = 0; i < n_signal; i++)
      width_of[handle[i]] = width[i];
    for (size_t i = 0; i < run->n_signal_change; i++) {
      const ms_signal_change *c = &run->signal_change[i];
      if (c->signal < n_signal) {
        list[n] = (change){.t = c->t, .order = n, .value = c->value, .handle = handle[c->signal]};
        n++;
      }
    }
    n = declare_voltages(fst, core, run, list, n);
    qsort(list, n, sizeof *list, by_time);
    emit(fst, list, n, width_of);
    n_variable = (unsigned)n_signal;
    for (unsigned k = 0; run->group && k < run->n_neuron; k++)
      n_variable += (unsigned)run->group[k].n_wave;
  }
  ms_time end = n ? list[n - 1].t : 0;
  if (fst)
    fstWriterClose(fst);
  if (!code && n && check_file(temporary, end, n_variable))
    code =
        ms_fail(err, MS_EIO, "cannot write %s: the file is incomplete (is the disk full?)", path);
  if (!code && rename(temporary, path))
    code = ms_fail(err, MS_EIO, "cannot write %s", path);
  if (code)
    unlink(temporary);
  free(handle);
  free(width);
  free(width_of);
  free(list);
  return code;
}

/* Linear interpolation of a wave at t; waves of one group may differ in their points. */
static double value_at(const ms_wave *w, double t_s, size_t *hint) {
  size_t i = *hint;
  while (i + 1 < w->n && w->t_s[i + 1] <= t_s)
    i++;
  *hint = i;
  if (i + 1 >= w->n || t_s <= w->t_s[i])
    return w->v[i];
  double part = (t_s - w->t_s[i]) / (w->t_s[i + 1] - w->t_s[i]);
  return w->v[i] + part * (w->v[i + 1] - w->v[i]);
}

static void raw_plot(FILE *out, const ms_core *core, unsigned neuron, const ms_group_result *g) {
  const ms_wave *first = &g->wave[0];
  char date[64] = "";
  time_t now = time(NULL);
  struct tm tm;
  if (gmtime_r(&now, &tm))
    strftime(date, sizeof date, "%a %b %d %H:%M:%S %Y", &tm);
  fprintf(out,
          "Title: mixspike neuron %u\nDate: %s\nPlotname: Transient Analysis\nFlags: real\n"
          "No. Variables: %zu\nNo. Points: %zu\nVariables:\n\t0\ttime\ttime\n",
          neuron, date, g->n_wave + 1, first->n);
  for (size_t i = 0; i < g->n_wave; i++)
    fprintf(out, "\t%zu\tv(n%u.%s)\tvoltage\n", i + 1, neuron,
            ms_probe_name(core, g->wave[i].probe));
  fprintf(out, "Binary:\n");
  size_t hint[MS_PROBE_SYN0 + MS_MAX_ROWS] = {0};
  for (size_t j = 0; j < first->n; j++) {
    fwrite(&first->t_s[j], sizeof(double), 1, out);
    for (size_t i = 0; i < g->n_wave; i++) {
      double v = value_at(&g->wave[i], first->t_s[j], &hint[i]);
      fwrite(&v, sizeof v, 1, out);
    }
  }
}

int ms_raw_write(const char *path, const ms_core *core, const ms_run_result *run, ms_error *err) {
  char *data = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&data, &size);
  if (!out)
    return ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  for (unsigned k = 0; run->group && k < run->n_neuron; k++) {
    const ms_group_result *g = &run->group[k];
    if (g->n_wave && g->n_wave <= MS_PROBE_SYN0 + MS_MAX_ROWS && g->wave[0].n)
      raw_plot(out, core, k, g);
  }
  int code = MS_OK;
  if (fclose(out))
    code = ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  if (!code)
    code = ms_write_file(path, data, size, err);
  free(data);
  return code;
}
