/* SPDX-License-Identifier: Apache-2.0 */
/* A save file for GTKWave: the signals of a sample that are worth a look, voltages drawn as curves.
 */
#include "mixspike/record.h"
#include "mixspike/router_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags of a trace, as GTKWave saves them. */
enum {
  RIGHT_JUSTIFY = 0x20,
  HEXADECIMAL = 0x2,
  DECIMAL = 0x4,
  BINARY = 0x8,
  BLANK = 0x200,
  SIGNED = 0x400,
  INTERPOLATED = 0x10000,
  FULL_SCALE = 0x80000,
  STRETCH = 0x20000 /* a line that the curve above may use */
};
enum {
  CURVE_LINES = 3,
  WINDOW_WIDTH = 1500,
  WINDOW_HEIGHT = 1100,
  WAVES_WIDTH = 1000,
  MARKERS = 28
};

/* End of the last waveform, ps. */
static double end_ps(const ms_run_result *run) {
  double end = run->n_signal_change ? (double)run->signal_change[run->n_signal_change - 1].t : 0;
  for (unsigned k = 0; run->group && k < run->n_neuron; k++)
    for (size_t i = 0; i < run->group[k].n_wave; i++) {
      const ms_wave *w = &run->group[k].wave[i];
      if (w->n && 1e12 * w->t_s[w->n - 1] > end)
        end = 1e12 * w->t_s[w->n - 1];
    }
  return end;
}

/* Window and zoom that show the whole run: at zoom -z, 200 pixels are 2^z time units. */
static void put_window(FILE *f, const ms_run_result *run) {
  double per_200 = end_ps(run) * 200 / WAVES_WIDTH;
  fprintf(f, "[size] %d %d\n[pos] -1 -1\n*-%.6f", WINDOW_WIDTH, WINDOW_HEIGHT,
          per_200 > 1 ? log2(per_200) : 0.0);
  for (int i = 0; i < MARKERS; i++)
    fputs(i ? " -1" : " 0", f);
  fputs("\n[sst_expanded] 0\n[signals_width] 220\n", f);
}

static void put_comment(FILE *f, const char *text) {
  fprintf(f, "@%x\n-%s\n", BLANK, text);
}

static void put_curve(FILE *f, unsigned neuron, const char *name) {
  fprintf(f, "@%x\nneuron%u.%s\n@%x\n", FULL_SCALE | INTERPOLATED | SIGNED | RIGHT_JUSTIFY, neuron,
          name, STRETCH);
  for (int i = 0; i < CURVE_LINES; i++)
    fputs("-\n", f);
}

/* A router signal "scope.name[width]" under the name that GTKWave has for it. */
static void put_signal(FILE *f, const char *signal) {
  const char *bracket = strrchr(signal, '[');
  unsigned long width = bracket ? strtoul(bracket + 1, NULL, 10) : 1;
  int length = bracket ? (int)(bracket - signal) : (int)strlen(signal);
  if (width > 1)
    fprintf(f, "@%x\nrouter.%.*s[%lu:0]\n",
            (strstr(signal, "pulse") ? BINARY : DECIMAL) | RIGHT_JUSTIFY, length, signal,
            width - 1);
  else
    fprintf(f, "@%x\nrouter.%.*s\n", BINARY | RIGHT_JUSTIFY, length, signal);
}

/* Every router signal with this prefix. */
static void put_signals(FILE *f, const char *const *signals, const char *prefix) {
  for (size_t i = 0; signals && signals[i]; i++)
    if (!strncmp(signals[i], prefix, strlen(prefix)))
      put_signal(f, signals[i]);
}

static void put_neuron(FILE *f, unsigned neuron, const ms_core *core, const char *const *signals,
                       const ms_run_result *run) {
  char text[64], prefix[24];
  snprintf(prefix, sizeof prefix, "n%u.", neuron);
  if (run->cores > 1)
    snprintf(text, sizeof text, "neuron %u of core %u", neuron, ms_map_core(neuron, run->cores));
  else
    snprintf(text, sizeof text, "neuron %u", neuron);
  put_comment(f, text);
  for (size_t i = 0; run->group && i < run->group[neuron].n_wave; i++)
    put_curve(f, neuron, ms_probe_name(core, run->group[neuron].wave[i].probe));
  put_signals(f, signals, prefix);
}

/* The signals of a core's router, where they are told apart, of every core with a neuron shown. */
static void put_cores(FILE *f, const char *const *signals, const unsigned *neuron, size_t n_neuron,
                      unsigned cores) {
  for (unsigned k = 0; cores > 1 && k < cores; k++) {
    char text[24], prefix[24];
    size_t i = 0;
    while (i < n_neuron && ms_map_core(neuron[i], cores) != k)
      i++;
    if (i == n_neuron)
      continue;
    snprintf(text, sizeof text, "core %u", k);
    snprintf(prefix, sizeof prefix, "core%u.", k);
    put_comment(f, text);
    put_signals(f, signals, prefix);
  }
}

int ms_waveforms_view(const char *path, const char *fst_name, const ms_core *core,
                      const char *const *signals, const ms_run_result *run, const unsigned *neuron,
                      size_t n_neuron, ms_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  if (!f)
    return ms_fail(err, MS_ENOMEM, "no memory for %s", path);
  fprintf(f, "[*]\n[*] What to look at first in %s\n[dumpfile] \"%s\"\n[timestart] 0\n", fst_name,
          fst_name);
  put_window(f, run);
  for (size_t i = 0; i < n_neuron; i++)
    if (neuron[i] < run->n_neuron)
      put_neuron(f, neuron[i], core, signals, run);
  put_cores(f, signals, neuron, n_neuron, run->cores);
  put_comment(f, "router");
  for (size_t i = 0; signals && signals[i]; i++)
    if (!strchr(signals[i], '.'))
      put_signal(f, signals[i]);
  int bad = ferror(f) | fclose(f);
  int rc = bad ? ms_fail(err, MS_ENOMEM, "no memory for %s", path)
               : ms_write_file(path, text, size, err);
  free(text);
  return rc;
}
