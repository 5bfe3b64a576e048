/* SPDX-License-Identifier: Apache-2.0 */
/* The sample that an output folder shows: waveforms, raster, and what both pages have in common. */
#include "publish/publish_impl.h"

#include "mixspike/provenance.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SHOWN = 4 };

const char *ms_engine_word(ms_engine_kind kind) {
  return kind == MS_ENGINE_NGSPICE ? "ngspice" : kind == MS_ENGINE_TABLE ? "table" : "model";
}

const char *ms_driver_word(ms_driver_kind kind) {
  static const char *const word[] = {"auto", "lockstep", "promises", "feedforward"};
  return word[kind];
}

int ms_run_shown(ms_chip *chip, const ms_event *in, size_t n_in, ms_time t_stop, ms_run_result *run,
                 ms_error *err) {
  ms_run_options options = {.t_stop = t_stop,
                            .probe_mask = 1u << MS_PROBE_VMEM | 1u << MS_PROBE_REQ,
                            .trace_router = 1,
                            .record_boundary = 1};
  return ms_chip_run(chip, in, n_in, &options, run, err);
}

/* The neurons worth a trace: the busiest outputs first, then the busiest of the others. */
static size_t choose_neurons(const ms_setup *setup, const ms_run_result *run,
                             unsigned chosen[N_SHOWN]) {
  unsigned *count = calloc(run->n_neuron + 1, sizeof *count);
  size_t n = 0;
  if (!count)
    return 0;
  for (size_t i = 0; i < run->n_spike; i++)
    if (run->spike[i].address < run->n_neuron)
      count[run->spike[i].address]++;
  unsigned first_output = setup->n_neuron - setup->n_output;
  for (int outputs = 1; outputs >= 0; outputs--)
    for (size_t part = 0; part < N_SHOWN / 2; part++) {
      unsigned best = UINT_MAX;
      for (unsigned k = 0; k < run->n_neuron; k++) {
        int taken = 0;
        for (size_t i = 0; i < n; i++)
          taken |= chosen[i] == k;
        if (!taken && (k >= first_output) == outputs &&
            (best == UINT_MAX || count[k] > count[best]))
          best = k;
      }
      if (best != UINT_MAX)
        chosen[n++] = best;
    }
  free(count);
  return n;
}

int ms_publish_picture(ms_report_page *page, int drawn, const char *folder, const char *name,
                       const char *caption, ms_error *err) {
  if (drawn)
    return drawn == MS_EMISSING ? MS_OK : drawn;
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s.svg", folder, name);
  return ms_report_picture(page, path, caption, err);
}

int ms_publish_figure(ms_report_page *page, const char *name, const char *note, ms_error *err,
                      const char *format, ...) {
  char text[200];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return ms_report_figure(page, name, text, note, err);
}

/* The table of where every event came from. */
static int write_provenance(const ms_shown_run *shown, const char *folder, ms_error *err) {
  char path[PATH_MAX];
  ms_provenance provenance;
  int code = ms_provenance_trace(shown->chip, shown->run, shown->t_stop, &provenance, err);
  if (code)
    return code;
  snprintf(path, sizeof path, "%s/provenance.csv", folder);
  code = ms_provenance_write(path, &provenance, err);
  ms_provenance_clear(&provenance);
  return code;
}

int ms_publish_sample(const ms_shown_run *shown, const char *folder, ms_report_page *page,
                      ms_error *err) {
  const ms_core *core = shown->setup->core;
  const char *const *signals = ms_router_signals(ms_chip_router(shown->chip));
  char path[PATH_MAX];
  unsigned neuron[N_SHOWN];
  size_t n = choose_neurons(shown->setup, shown->run, neuron);
  snprintf(path, sizeof path, "%s/sample.fst", folder);
  int code = ms_waveforms_write(path, core, signals, shown->run, err);
  snprintf(path, sizeof path, "%s/sample.gtkw", folder);
  if (!code)
    code = ms_waveforms_view(path, "sample.fst", core, signals, shown->run, neuron, n, err);
  if (!code)
    code = write_provenance(shown, folder, err);
  if (code)
    return code;
  int drawn = ms_picture_raster(folder, "raster", shown->title, shown->in, shown->n_in, shown->run,
                                neuron, n, err);
  return ms_publish_picture(page, drawn, folder, "raster",
                            "One sample: input events, spikes of every neuron, and membrane "
                            "voltages of some. sample.fst holds all voltages together with the "
                            "router's signals (gtkwave sample.fst sample.gtkw), provenance.csv "
                            "where every event came from and what it did.",
                            err);
}

int ms_publish_experiment(ms_results *results, const ms_experiment *e, ms_error *err) {
  static const char group[] = "/";
  int code;
  (void)((code = ms_results_text(results, group, "experiment_name", e->name, err)) ||
         (code = ms_results_text(results, group, "experiment", e->text ? e->text : "", err)) ||
         (code = ms_results_text(results, group, "analog", ms_engine_word(e->analog), err)) ||
         (code = ms_results_text(results, group, "digital", ms_router_name(e->digital), err)) ||
         (code = ms_results_text(results, group, "driver", ms_driver_word(e->driver), err)) ||
         (code = ms_results_integer(results, group, "die_seed", e->die_seed, err)) ||
         (code = ms_results_number(results, group, "mismatch_strength", e->strength, err)));
  return code;
}
