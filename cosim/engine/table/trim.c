/* SPDX-License-Identifier: Apache-2.0 */
/* What mismatch does to a current beyond moving the gate and multiplying: the threshold enters the
 * mobility, and the mobility the saturation voltage. Effects on y = ln I, measured on probes,
 * depend on delta, on the inversion (hence rows over y) and a little on the source's voltage. */
#include "engine/table/table.h"

#include <math.h>
#include <string.h>

#define ROW_FIRST -29.0 /* ln(A) of row 0; currents below do not show the effects */
#define ROW_STEP 0.375
#define Y_WEAK -17 /* below: weak inversion */

/* Quadratic in z through the values at the probes' knots, least squares. */
static void fit_quadratic(const ms_table *t, const double *value, double out[MS_N_TRIM]) {
  double m[MS_N_TRIM][MS_N_TRIM + 1] = {{0}};
  for (int p = 0; p < MS_N_PROBE_Z; p++) {
    double z = t->axis[MS_AXIS_Z].x0 + ms_probe_knot(p) * t->axis[MS_AXIS_Z].h;
    const double power[MS_N_TRIM] = {1, z, z * z};
    for (int r = 0; r < MS_N_TRIM; r++) {
      for (int c = 0; c < MS_N_TRIM; c++)
        m[r][c] += power[r] * power[c];
      m[r][MS_N_TRIM] += power[r] * value[p];
    }
  }
  for (int r = 0; r < MS_N_TRIM; r++) /* positive definite: no pivoting */
    for (int i = 0; i < MS_N_TRIM; i++)
      for (int c = MS_N_TRIM; i != r && c >= r; c--)
        m[i][c] -= m[i][r] / m[r][r] * m[r][c];
  for (int r = 0; r < MS_N_TRIM; r++)
    out[r] = m[r][MS_N_TRIM] / m[r][r];
}

/* Effects at gate knot i of one level. */
static void effects_at(const ms_table *t, ms_probe_y y, int i, double out[MS_N_EFFECT][MS_N_TRIM]) {
  double step = t->axis[MS_AXIS_A].h, value[MS_N_EFFECT][MS_N_PROBE_Z];
  for (int p = 0; p < MS_N_PROBE_Z; p++) {
    const double *base = y[p][MS_PROBE_NONE];
    double up = y[p][MS_PROBE_UP][i] - base[i - 1], down = y[p][MS_PROBE_DOWN][i] - base[i + 1];
    value[MS_BY_DVTH][p] = (up - down) / (2 * step);
    value[MS_BY_MOBILITY][p] = (y[p][MS_PROBE_MOBILITY][i] - base[i]) / log(MS_PROBE_FACTOR);
  }
  for (int e = 0; e < MS_N_EFFECT; e++)
    fit_quadratic(t, value[e], out[e]);
}

void ms_table_fit_trims(ms_table *t, int level, ms_probe_y y) {
  const int n = t->axis[MS_AXIS_A].n;
  const double *middle = y[MS_N_PROBE_Z / 2][MS_PROBE_NONE];
  double weak[MS_N_EFFECT][MS_N_TRIM] = {{0}}, last[MS_N_EFFECT][MS_N_TRIM] = {{0}}, last_y = 0;
  int n_weak = 0, row = 0, known = 0;
  last[MS_BY_MOBILITY][0] = 1;
  for (int i = 1; i < n - 1; i++) {
    double here[MS_N_EFFECT][MS_N_TRIM];
    if (middle[i] < ROW_FIRST)
      continue;
    effects_at(t, y, i, here);
    if (!known) {
      memcpy(last, here, sizeof last);
      last_y = middle[i] - ROW_STEP;
      known = 1;
    }
    for (; row < MS_TRIM_ROWS && ROW_FIRST + row * ROW_STEP <= middle[i]; row++) {
      double u = fmin(fmax((ROW_FIRST + row * ROW_STEP - last_y) / (middle[i] - last_y), 0), 1);
      for (int e = 0; e < MS_N_EFFECT; e++)
        for (int k = 0; k < MS_N_TRIM; k++)
          t->trim[level][e][row][k] = last[e][k] + u * (here[e][k] - last[e][k]);
    }
    memcpy(last, here, sizeof last);
    last_y = middle[i];
    if (middle[i] >= Y_WEAK)
      continue;
    n_weak++;
    for (int e = 0; e < MS_N_EFFECT; e++)
      for (int k = 0; k < MS_N_TRIM; k++)
        weak[e][k] += here[e][k];
  }
  for (; row < MS_TRIM_ROWS; row++)
    for (int e = 0; e < MS_N_EFFECT; e++)
      memcpy(t->trim[level][e][row], last[e], sizeof last[e]);
  for (int e = 0; e < MS_N_EFFECT; e++)
    for (int k = 0; k < MS_N_TRIM; k++)
      t->weak[level][e][k] = n_weak ? weak[e][k] / n_weak : last[e][k];
}

/* Share of the second level at a source's voltage. */
static double share_at(const ms_table *t, double s) {
  return fmin(fmax((s - t->trim_s[0]) / (t->trim_s[1] - t->trim_s[0]), 0), 1.5);
}

void ms_table_trim(const ms_table *t, double y, double s, double dvth_v, double ln_mobility,
                   double trim[MS_N_TRIM]) {
  double at = fmin(fmax((y - ROW_FIRST) / ROW_STEP, 0), MS_TRIM_ROWS - 1.001);
  int row = (int)at;
  double u = at - row, w = share_at(t, s);
  for (int k = 0; k < MS_N_TRIM; k++) {
    double effect[MS_N_EFFECT];
    for (int e = 0; e < MS_N_EFFECT; e++) {
      double level[MS_N_TRIM_S];
      for (int l = 0; l < MS_N_TRIM_S; l++)
        level[l] = t->trim[l][e][row][k] * (1 - u) + t->trim[l][e][row + 1][k] * u;
      effect[e] = level[0] * (1 - w) + level[1] * w;
    }
    trim[k] = dvth_v * effect[MS_BY_DVTH] + ln_mobility * effect[MS_BY_MOBILITY];
  }
}

void ms_table_weak_trim(const ms_table *t, double s, double dvth_v, double ln_mobility,
                        double trim[MS_N_TRIM + 1]) {
  const double z = 0.6; /* where the slope by s is taken */
  double w = share_at(t, s), other[MS_N_TRIM];
  for (int k = 0; k < MS_N_TRIM; k++) {
    double low = dvth_v * t->weak[0][MS_BY_DVTH][k] + ln_mobility * t->weak[0][MS_BY_MOBILITY][k],
           high = dvth_v * t->weak[1][MS_BY_DVTH][k] + ln_mobility * t->weak[1][MS_BY_MOBILITY][k];
    trim[k] = low * (1 - w) + high * w;
    other[k] = (high - low) / (t->trim_s[1] - t->trim_s[0]);
  }
  trim[MS_N_TRIM] = other[0] + z * (other[1] + z * other[2]);
}
