/* SPDX-License-Identifier: Apache-2.0 */
/* Waveforms: one FST file with the router's signals and the circuits' voltages, and ngspice raw. */
#include "mixspike/record.h"

#include "record/fst.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Declares the router's signals: "name[width]"; what stands before a dot becomes a scope. To be
 * freed; NULL without memory. */
static uint32_t *declare_signals(ms_fst *fst, const char *const *signals, size_t *n) {
  *n = 0;
  while (signals && signals[*n])
    ++*n;
  uint32_t *variable = calloc(*n + 1, sizeof *variable);
  if (!variable || !*n)
    return variable;
  ms_fst_open_scope(fst, "router");
  char scope[64] = "";
  for (size_t i = 0; i < *n; i++) {
    char name[128];
    snprintf(name, sizeof name, "%.100s", signals[i]);
    char *bracket = strrchr(name, '['), *dot = strchr(name, '.');
    unsigned long bits = bracket ? strtoul(bracket + 1, NULL, 10) : 1;
    unsigned width = bits >= 1 && bits <= 64 ? (unsigned)bits : 64;
    if (bracket)
      *bracket = '\0';
    if (dot)
      *dot = '\0';
    if (strncmp(scope, dot ? name : "", sizeof scope - 1)) {
      if (*scope)
        ms_fst_close_scope(fst);
      snprintf(scope, sizeof scope, "%.60s", dot ? name : "");
      if (*scope)
        ms_fst_open_scope(fst, scope);
    }
    char *last = dot ? dot + 1 : name;
    if (width > 1)
      snprintf(last + strlen(last), 16, " [%u:0]", width - 1);
    variable[i] = ms_fst_bits(fst, last, width);
  }
  if (*scope)
    ms_fst_close_scope(fst);
  ms_fst_close_scope(fst);
  return variable;
}

static void add_real(ms_fst *fst, const char *name, const double *t_s, const double *y, size_t n) {
  uint32_t variable = ms_fst_real(fst, name);
  for (size_t i = 0; i < n; i++)
    ms_fst_set_real(fst, ms_time_from_s(t_s[i]), variable, &y[i]);
}

static void add_voltages(ms_fst *fst, const ms_core *core, const ms_run_result *run) {
  for (unsigned k = 0; run->group && k < run->n_neuron; k++) {
    if (!run->group[k].n_wave)
      continue;
    char scope[32];
    snprintf(scope, sizeof scope, "neuron%u", k);
    ms_fst_open_scope(fst, scope);
    for (size_t i = 0; i < run->group[k].n_wave; i++) {
      const ms_wave *w = &run->group[k].wave[i];
      add_real(fst, ms_probe_name(core, w->probe), w->t_s, w->v, w->n);
    }
    ms_fst_close_scope(fst);
  }
}

int ms_waveforms_write(const char *path, const ms_core *core, const char *const *signals,
                       const ms_run_result *run, ms_error *err) {
  ms_fst *fst;
  size_t n_signal;
  int rc = ms_fst_create(path, &fst, err);
  if (rc)
    return rc;
  uint32_t *variable = declare_signals(fst, signals, &n_signal);
  for (size_t i = 0; variable && i < run->n_signal_change; i++) {
    const ms_signal_change *c = &run->signal_change[i];
    if (c->signal < n_signal)
      ms_fst_set(fst, c->t, variable[c->signal], c->value);
  }
  add_voltages(fst, core, run);
  rc = ms_fst_finish(fst, err);
  if (!variable)
    rc = ms_fail(err, MS_ENOMEM, "no memory for the waveforms of %s", path);
  free(variable);
  return rc;
}

int ms_traces_write(const char *path, const ms_trace *trace, size_t n, ms_error *err) {
  ms_fst *fst;
  int rc = ms_fst_create(path, &fst, err);
  if (rc)
    return rc;
  for (size_t i = 0; i < n; i++) {
    if (!i || strcmp(trace[i].run, trace[i - 1].run))
      ms_fst_open_scope(fst, trace[i].run);
    add_real(fst, trace[i].name, trace[i].t_s, trace[i].y, trace[i].n);
    if (i + 1 == n || strcmp(trace[i].run, trace[i + 1].run))
      ms_fst_close_scope(fst);
  }
  return ms_fst_finish(fst, err);
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
