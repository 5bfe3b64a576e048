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
  double mobility_per_v;    /**< I(delvto = d) = exp(mobility_per_v d) I(gate shifted by d) */
  size_t n_coefficient;     /**< floats in `coefficient` */
  float *coefficient;       /**< [s][a][z][MS_N_F], each axis n + 2 long */
} ms_table;

/** Interpolating spline coefficients of n >= 5 equidistant samples, not-a-knot ends.
 * @param sample       [n], stride `stride`; untouched
 * @param coefficient  [n + 2] out, stride `stride` */
MS_API void ms_spline_fit(const double *sample, double *coefficient, int n, size_t stride);

/** Value of f[MS_N_F] and its derivatives by a, s, delta at a point inside the table (clamped to
 * its box). Returns 1 where it had to clamp. The hot path has its own copy of this arithmetic. */
MS_API int ms_table_eval(const ms_table *table, double a, double s, double delta, double f[MS_N_F],
                         double df[MS_N_AXIS][MS_N_F]);

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
