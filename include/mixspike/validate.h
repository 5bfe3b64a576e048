/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of one cell: its measures on many dies at many points of operation, the yield of each
 * spec, which transistor causes the spread, and sizes that hold the specs (docs/validate.md). */
#ifndef MIXSPIKE_VALIDATE_H
#define MIXSPIKE_VALIDATE_H

#include "mixspike/control.h"
#include "mixspike/engine.h"
#include "mixspike/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_validate_options {
  const char *models_dir;            /**< NULL: the installed library */
  const char *cell;                  /**< name in the library, folder, or path of a cell.yaml */
  const char *process;               /**< name or path; NULL: gen180 */
  ms_engine_kind engine;             /**< MS_ENGINE_NGSPICE or MS_ENGINE_TABLE */
  int set;                           /**< bias set; measures of the other set are left out */
  uint64_t seed;                     /**< of the population of dies */
  uint64_t first_die;                /**< dies are first_die, first_die + 1, ... */
  size_t n_die;                      /**< at most so many */
  double strength;                   /**< factor on every mismatch draw */
  bool mismatch_biases;              /**< bias branches of the die too; else without mismatch */
  size_t n_corner, n_temp, n_supply; /**< 0: the manifest's conditions, else nominal */
  const char *const *corner;
  const double *temp_c, *supply_v;
  size_t n_only; /**< 0: every measure; else those of these names */
  const char *const *only;
  unsigned jobs;     /**< benches at once; 0: 1 */
  double precision;  /**< stop when the overall yield's interval is within +- this; 0: never */
  double confidence; /**< of intervals; 0: 0.95 */
  bool explain;      /**< fill sensitivities */
  bool keep_worst;   /**< keep the waveforms of the worst die */
  const char *state; /**< file that keeps what is done; NULL: none */
  bool resume;       /**< go on from the state file; MS_EMISSING if there is none */
  const char *worker_path;
  ms_control control;
} ms_validate_options;

/** Spread of a measure over dies at one point, or at all; dies without a value left out. */
typedef struct ms_spread {
  size_t n, n_missing;
  double mean, sd, min, median, max;
} ms_spread;

/** One spec over all dies. */
typedef struct ms_spec_result {
  const ms_spec *spec;
  const ms_measure *measure;
  bool measured;    /**< false: the engine or bias set cannot take the measure */
  size_t column;    /**< of the measure in ms_validation */
  size_t n, n_pass; /**< dies; those that meet it at every point */
  double yield;
  ms_interval interval;
  bool pass;          /**< yield >= required */
  uint64_t worst_die; /**< least margin to a limit, or no value */
  size_t worst_point;
  double worst_value;
  size_t *point_pass; /**< [n_point] dies that meet it there */
} ms_spec_result;

/** How one device moves a measure: change for a draw of one standard deviation, in its unit. */
typedef struct ms_influence {
  const char *device;       /**< path in the cell: "soma.ml1" */
  double dvth, dbeta, dcap; /**< per standard deviation of the draw; 0 where there is none */
  double share;             /**< of the measure's variance */
} ms_influence;

/** Which mismatch causes the spread of a measure at a point of operation: linear regression over
 * the draws of the dies, devices ranked by their share. */
typedef struct ms_sensitivity {
  size_t n; /**< dies that took part; 0: too few, or no spread */
  double mean, sd;
  double explained; /**< share of the variance that the line explains (adjusted R squared) */
  size_t n_influence;
  ms_influence *influence; /**< largest first */
} ms_sensitivity;

/** A waveform of the worst die. */
typedef struct ms_worst_wave {
  char name[160], unit[4];
  uint64_t die;
  size_t point, n;
  double *t_s, *y;
} ms_worst_wave;

/** What a validation gave. */
typedef struct ms_validation {
  ms_core *core;
  const ms_cell *cell;
  ms_engine_kind engine;
  int set;
  uint64_t seed, first_die;
  double strength, confidence;
  bool mismatch_biases;
  size_t n_point;
  ms_pvt *point;
  char **point_name; /**< "tt 27 C 1.8 V" */
  size_t n_measure;
  const ms_measure **measure; /**< those that were taken */
  size_t *offset;             /**< of a measure's value in a row; its curve follows */
  size_t *curve_n;            /**< points of its curve, 0: none */
  double **curve_x;
  size_t stride; /**< of a row */
  size_t n_die;
  bool stopped_early;
  double *row; /**< [n_die][n_point][stride]; NaN: the circuit gave no value */
  size_t n_spec;
  ms_spec_result *spec;
  size_t n_pass; /**< dies that meet every measured spec at every point */
  double yield;
  ms_interval interval;
  size_t n_failed;   /**< simulations that failed; their values are NaN */
  char failure[300]; /**< the first of them, in words */
  size_t n_device;
  char **device;               /**< paths of the cell's devices */
  ms_sensitivity *sensitivity; /**< [n_measure][n_point]; NULL unless asked for */
  size_t n_wave;
  ms_worst_wave *wave; /**< empty unless asked for */
  double wall_s;       /**< of this call */
  size_t n_resumed;    /**< rows that came from the state file */
} ms_validation;

/** Takes all measures on all dies at all points. A simulation that fails leaves NaN and is counted;
 * anything else ends with an error.
 * @param out  free with ms_validation_destroy
 * @return MS_EINTERRUPTED after control.cancel; the state file then holds what is done */
MS_API int ms_validate(const ms_validate_options *options, ms_validation **out, ms_error *err);
MS_API void ms_validation_destroy(ms_validation *v);
/** Value of measure k on the d-th die at a point. */
static inline double ms_validation_value(const ms_validation *v, size_t d, size_t point, size_t k) {
  return v->row[(d * v->n_point + point) * v->stride + v->offset[k]];
}
/** Spread of measure k. @param point  n_point: over all points */
MS_API ms_spread ms_validation_spread(const ms_validation *v, size_t k, size_t point);
/** Whether every measured spec reaches its yield. */
MS_API bool ms_validation_passes(const ms_validation *v);

/** How a validation is written down. */
typedef enum ms_validation_format {
  MS_FORMAT_TABLE, /**< for a terminal */
  MS_FORMAT_JSON,
  MS_FORMAT_CSV,   /**< every value of every die at every point */
  MS_FORMAT_JUNIT, /**< one test case a spec, for CI servers */
  MS_FORMAT_HTML,  /**< one page that needs no other file and no network */
} ms_validation_format;

/** Writes a validation down.
 * @param text  out: malloc'd, ends in a 0 byte; the caller frees it */
MS_API int ms_validation_text(const ms_validation *v, ms_validation_format format, char **text,
                              ms_error *err);

/** Runs one die at a point of the options and keeps the waveforms of every measure, with those
 * beside them that explain it (handshake, inner nodes). Writes into the folder: waves.fst (a scope
 * for each run), waves.raw (ngspice raw, one plot a waveform) and wave-<i>.svg, one for each run.
 * @param point   index of the point among those of the options
 * @param n_wave  out */
MS_API int ms_validate_waves(const ms_validate_options *options, uint64_t die, size_t point,
                             const char *folder, size_t *n_wave, ms_error *err);

typedef struct ms_size_options {
  ms_validate_options validate; /**< of the cell as it is; its dies teach, the next ones confirm */
  const char *folder;           /**< the resized cell is written to FOLDER/NAME */
  double min_scale, max_scale;  /**< of a transistor's area; 0: 0.5 and 16 */
  double grid_m;                /**< sizes are multiples of it; 0: 10 nm */
  unsigned rounds;              /**< of measuring and resizing; 0: 2 */
  size_t n_fixed;
  const char *const *fixed; /**< transistors that stay, beside those of the manifest */
} ms_size_options;

/** One transistor line of the cell's netlist. */
typedef struct ms_sized_device {
  char name[64]; /**< as in the netlist: "ml1", "mu@k@" */
  double w_m, l_m, new_w_m, new_l_m;
  double copies; /**< transistors that the line stands for, parallel ones too */
  char kept[80]; /**< why it was not touched; empty: it may change */
} ms_sized_device;

typedef struct ms_size_report {
  size_t n_device;
  ms_sized_device *device;
  double area_m2, new_area_m2;   /**< gate area of the cell's own transistors */
  ms_validation *before, *after; /**< old and new cell, both on dies that were not used to size */
  size_t n_note;
  char (*note)[200]; /**< specs that no size can meet, and the like */
} ms_size_report;

/** Proposes W and L for each transistor of a cell so that the specs reach their yields with the
 * least gate area: sigma of a transistor goes with 1/sqrt(W L), its effect on each measure comes
 * from the regression over the dies, W/L stays. The proposal is written as a cell and validated on
 * new dies beside the old one. Capacitors, transistors of other cells, those whose size is an
 * expression and those listed as fixed are not touched; neither W nor L goes below the smallest
 * of the netlist. Diodes of bias lines follow the transistor that they drive.
 * @param report  free with ms_size_report_clear, also after an error */
MS_API int ms_size(const ms_size_options *options, ms_size_report *report, ms_error *err);
MS_API void ms_size_report_clear(ms_size_report *report);

/** Writes a commented skeleton of a cell: FOLDER/NAME/cell.yaml and cell.cir. It can be validated
 * as it is. Nothing is written over.
 * @param kind  "soma", "synapse", "dac" or "other" */
MS_API int ms_new_cell(const char *folder, const char *name, const char *kind, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
