/* SPDX-License-Identifier: Apache-2.0 */
/* Device tables: what one transistor geometry conducts and stores, as smooth functions of voltage.
 *
 * Coordinates (type-normalised: the signs of a p device are flipped; "low" is whichever of drain
 * and source has the lower voltage, so that exchanging them changes nothing but the labels):
 *   a = V_gate - V_low     s = V_low - V_bulk     delta = |V_drain - V_source| >= 0
 * Each of the three axes carries a uniform cubic B-spline (C2); delta goes through the map
 * z = delta / (delta + c), which puts knots densely where the channel goes from linear to
 * saturated. Four functions are interleaved: y, Q_gate, Q_high, Q_low, with I = exp(y) (1 -
 * exp(-delta / UT)) so that picoamperes are as exact, relatively, as microamperes and I is exactly
 * 0 at delta = 0. Charges include overlap and junction; they are measured at the terminals,
 * whatever the model. What drain and source leak into the bulk is not channel current: it is kept
 * as a saturation current, I = leak_a (1 - exp(-u / leak_v)) with u = V - V_bulk. */
#ifndef MS_TABLE_H
#define MS_TABLE_H

#include "mixspike/netlist.h"

enum { MS_F_Y, MS_F_QG, MS_F_QHIGH, MS_F_QLOW, MS_N_F };
enum { MS_AXIS_A, MS_AXIS_S, MS_AXIS_Z, MS_N_AXIS };
/** What mismatch does to y beyond moving the gate: by a shift of the threshold, V, and by the ln of
 * one of the mobility. */
enum { MS_BY_DVTH, MS_BY_MOBILITY, MS_N_EFFECT, MS_N_TRIM = 3, MS_TRIM_ROWS = 64, MS_N_TRIM_S = 2 };

/** A uniform axis: knots at x0 + i h, i < n. A spline over it has n + 2 coefficients. */
typedef struct ms_axis {
  double x0, h;
  int n;
} ms_axis;

/** What makes two devices share a table. */
typedef struct ms_geometry {
  char model[64];
  int type;
  double w_m, l_m, ad_m2, as_m2, pd_m, ps_m;
} ms_geometry;

typedef struct ms_table {
  ms_geometry geometry;
  double temp_c, ut_v; /**< temperature and k T / q at it */
  double z_c_v;        /**< c of the map from delta to z */
  ms_axis axis[MS_N_AXIS];
  double leak_a[2], leak_v; /**< of drain and source with the channel off; leak_v: n k T / q */
  /** ln I of a device shifted by (d, m) in threshold and ln of mobility is y of the gate moved by
   * d, plus d times the first effect, m times the second one: quadratics in z, for two voltages of
   * the source, in rows over y; `weak`: means over weak inversion */
  double trim_s[MS_N_TRIM_S], trim[MS_N_TRIM_S][MS_N_EFFECT][MS_TRIM_ROWS][MS_N_TRIM],
      weak[MS_N_TRIM_S][MS_N_EFFECT][MS_N_TRIM];
  size_t n_coefficient; /**< floats in `coefficient` */
  float *coefficient;   /**< [s][a][z][MS_N_F], each axis n + 2 long */
} ms_table;

/** Interpolating spline coefficients of n >= 5 equidistant samples, not-a-knot ends.
 * @param sample       [n], stride `stride`; untouched
 * @param coefficient  [n + 2] out, stride `stride` */
MS_API void ms_spline_fit(const double *sample, double *coefficient, int n, size_t stride);

/** Value of f[MS_N_F] and its derivatives by a, s, delta at a point inside the table (clamped to
 * its box). Returns 1 where it had to clamp. The hot path has its own copy of this arithmetic. */
MS_API int ms_table_eval(const ms_table *table, double a, double s, double delta, double f[MS_N_F],
                         double df[MS_N_AXIS][MS_N_F]);

/** Probes, from which the effects are measured: for each of some knots of delta a device as it is,
 * with its threshold shifted by one gate step up and down, and with MS_PROBE_FACTOR times the
 * mobility. */
enum {
  MS_PROBE_UP,
  MS_PROBE_DOWN,
  MS_PROBE_MOBILITY,
  MS_PROBE_NONE,
  MS_N_PROBE_KIND,
  MS_N_PROBE_Z = 11
};
#define MS_PROBE_FACTOR 1.05
/** y of the probes over the knots of the gate */
typedef const double *(*ms_probe_y)[MS_N_PROBE_KIND];

static inline int ms_probe_knot(int i) {
  return 3 * (i + 1);
}

/** Sets the table's effects at one of its two voltages of the source from the probes there. */
void ms_table_fit_trims(ms_table *table, int level, ms_probe_y y);

/** What a shift of the threshold and of the mobility adds to y: a quadratic in z. */
MS_API void ms_table_trim(const ms_table *table, double y, double s, double dvth_v,
                          double ln_mobility, double trim[MS_N_TRIM]);
/** The same in weak inversion, and last its slope by s. */
MS_API void ms_table_weak_trim(const ms_table *table, double s, double dvth_v, double ln_mobility,
                               double trim[MS_N_TRIM + 1]);

/** Builds `table->coefficient` from samples on the knots.
 * @param sample  [s][a][z][MS_N_F] doubles, overwritten */
MS_API int ms_table_fit(ms_table *table, double *sample, ms_error *err);

/** The 2-D table (a, z) at one s: coefficients [a][z][MS_N_F], to be freed by the caller. */
MS_API float *ms_table_slice_s(const ms_table *table, double s);

MS_API void ms_table_free(ms_table *table);

/** Extracts one table through ngspice. @param core its process's models and supply range are used
 */
MS_API MS_API int ms_table_extract(const ms_core *core, const ms_pvt *pvt,
                                   const ms_geometry *geometry, const char *worker_path,
                                   ms_table **out, ms_error *err);

/** The table from the cache, or extracted and put there. Two processes may ask at once. */
MS_API int ms_table_get(const ms_core *core, const ms_pvt *pvt, const ms_geometry *geometry,
                        const char *cache_dir, const char *worker_path, ms_table **out,
                        ms_error *err);

/** Temperature in force at a point of operation, degrees Celsius. */
double ms_pvt_temp_c(const ms_core *core, const ms_pvt *pvt);
/** Supply in force at a point of operation, V. */
double ms_pvt_supply_v(const ms_core *core, const ms_pvt *pvt);

#endif
