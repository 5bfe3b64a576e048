/* SPDX-License-Identifier: Apache-2.0 */
/* What a run leaves on disk: results (HDF5), waveforms (FST, ngspice raw), pictures and a report
 * page. Files appear under their names only when they are whole: each is written beside its place
 * under another name, synchronised, and then renamed. docs/formats.md describes the contents. */
#ifndef MIXSPIKE_RECORD_H
#define MIXSPIKE_RECORD_H

#include "mixspike/chip.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- files ---- */

/** Makes a folder and those above it; an existing one is fine. MS_EIO with the reason if not. */
MS_API int ms_make_folder(const char *path, ms_error *err);

/** Writes a whole file or nothing: temporary name in the same folder, fsync, rename.
 * Errors (no space, no permission) leave an earlier file of that name as it was. */
MS_API int ms_write_file(const char *path, const void *data, size_t size, ms_error *err);

/** Reads a whole file. @param out  malloc'd, with a 0 byte after its end that `size` leaves out;
 * the caller frees it. Refuses anything but regular files, and files above 1 GiB. */
MS_API int ms_read_file(const char *path, char **out, size_t *size, ms_error *err);

/* ---- results (HDF5) ---- */

/** A results file in the making; nothing is on disk before ms_results_save. */
typedef struct ms_results ms_results;

MS_API int ms_results_create(ms_results **out, ms_error *err);
MS_API void ms_results_destroy(ms_results *results);

/** Attributes of a group, which is made when it is new.
 * @param group  "/" or "a/b" */
MS_API int ms_results_text(ms_results *results, const char *group, const char *name,
                           const char *value, ms_error *err);
MS_API int ms_results_number(ms_results *results, const char *group, const char *name, double value,
                             ms_error *err);
MS_API int ms_results_integer(ms_results *results, const char *group, const char *name,
                              uint64_t value, ms_error *err);

/** One-dimensional data sets; equal lengths within a group form a table.
 * @param path  "group/name"
 * @param unit  "s", "V", "ps", "1"...; kept as the attribute `unit` */
MS_API int ms_results_doubles(ms_results *results, const char *path, const char *unit,
                              const double *value, size_t n, ms_error *err);
MS_API int ms_results_integers(ms_results *results, const char *path, const char *unit,
                               const uint64_t *value, size_t n, ms_error *err);

/** Everything one run of a chip gave: events in, spikes, host events, deliveries, counters, energy
 * and waveforms.
 * @param group  where in the file, e.g. "run/sample12"
 * @param core   names the probes; may be NULL if the run has no waveforms */
MS_API int ms_results_run(ms_results *results, const char *group, const ms_core *core,
                          const ms_event *in, size_t n_in, const ms_run_result *run, ms_error *err);

/** Writes the file as ms_write_file does. The object stays and can be added to. */
MS_API int ms_results_save(ms_results *results, const char *path, ms_error *err);

/* ---- waveforms ---- */

/** The name of a probe of a core: "vmem", "req", "nack", "nin", or a row's name. */
MS_API const char *ms_probe_name(const ms_core *core, ms_probe probe);

/** One sample in one FST file: the router's signals under `router`, voltages under `neuron<k>`.
 * Time unit 1 ps.
 * @param signals  ms_router_signals of the router that made run->signal_change; NULL: none */
MS_API int ms_waveforms_write(const char *path, const ms_core *core, const char *const *signals,
                              const ms_run_result *run, ms_error *err);

/** A quantity over time, of any run. */
typedef struct ms_trace {
  const char *run, *name; /**< scope and variable of the file */
  size_t n;
  const double *t_s, *y;
} ms_trace;

/** Curves as reals in one FST file. Time unit 1 ps.
 * @param trace  [n]; those of one run stand together */
MS_API int ms_traces_write(const char *path, const ms_trace *trace, size_t n, ms_error *err);

/** A save file that shows the interesting part of such an FST file in GTKWave: the router's own
 * signals, then membrane, request and handshake of some neurons, voltages as curves.
 * @param fst_name  of the FST file beside it
 * @param neuron    [n_neuron] numbers of the neurons to show */
MS_API int ms_waveforms_view(const char *path, const char *fst_name, const ms_core *core,
                             const char *const *signals, const ms_run_result *run,
                             const unsigned *neuron, size_t n_neuron, ms_error *err);

/** The voltages alone as an ngspice raw file (binary, one plot a neuron). */
MS_API int ms_raw_write(const char *path, const ms_core *core, const ms_run_result *run,
                        ms_error *err);

/* ---- pictures: gnuplot is called as a program; MS_EMISSING if it is not there ---- */

typedef struct ms_series {
  const char *name; /**< in the key; NULL: none */
  const double *x, *y;
  size_t n;
  int right_axis; /**< drawn against the right axis */
} ms_series;

typedef struct ms_plot {
  const char *title, *x_label, *y_label, *right_label; /**< with units */
  double y_min, y_max;                                 /**< equal: from 0 to the largest */
  double right_min, right_max;
} ms_plot;

/** Lines with points (training curves). Writes FOLDER/NAME.svg and, to draw it anew, the script
 * and the data as FOLDER/plot/NAME.gp and NAME.dat. */
MS_API int ms_picture_lines(const char *folder, const char *name, const ms_plot *plot,
                            const ms_series *series, size_t n_series, ms_error *err);

/** Accuracy per die: one dot a die, grouped in columns by split, with median and 5th percentile.
 * @param series  one a split: `y` accuracies 0..1, `x` die numbers
 * @param chance  accuracy of guessing, drawn as a line; 0: none */
MS_API int ms_picture_dies(const char *folder, const char *name, const char *title,
                           const ms_series *series, size_t n_series, double chance, ms_error *err);

/** Raster of spikes and input events above the membrane voltages of some neurons.
 * @param neuron  [n_trace] numbers of the neurons whose vmem is drawn, as far as recorded */
MS_API int ms_picture_raster(const char *folder, const char *name, const char *title,
                             const ms_event *in, size_t n_in, const ms_run_result *run,
                             const unsigned *neuron, size_t n_trace, ms_error *err);

/* ---- report: one page that stands on its own ---- */

typedef struct ms_report_page ms_report_page;

MS_API int ms_report_create(const char *title, const char *lead, ms_report_page **out,
                            ms_error *err);
MS_API void ms_report_destroy(ms_report_page *page);
/** A row of the table of main figures. */
MS_API int ms_report_figure(ms_report_page *page, const char *name, const char *value,
                            const char *note, ms_error *err);
/** A picture with a caption; the SVG is copied into the page. */
MS_API int ms_report_picture(ms_report_page *page, const char *svg_path, const char *caption,
                             ms_error *err);
MS_API int ms_report_save(ms_report_page *page, const char *path, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
