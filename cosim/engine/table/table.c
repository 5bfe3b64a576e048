/* SPDX-License-Identifier: Apache-2.0 */
/* B-spline tables: fitting, reference evaluation, slicing. */
#include "engine/table/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ms_spline_fit(const double *sample, double *coefficient, int n, size_t stride) {
  /* c[i] stands for c_{i-1}: the knots' equations are c_{i-1} + 4 c_i + c_{i+1} = 6 f_i. Not-a-knot
   * (no jump of the third derivative at the second knot) gives c_1 = (8 f_1 - f_0 - f_2) / 6 in
   * closed form, and likewise at the other end; what is left is a tridiagonal system. */
#define F(i) sample[(size_t)(i)*stride]
#define C(i) coefficient[(size_t)((i) + 1) * stride]
  double upper[n];
  double first = (8 * F(1) - F(0) - F(2)) / 6, last = (8 * F(n - 2) - F(n - 1) - F(n - 3)) / 6;
  C(1) = first;
  upper[1] = 0;
  for (int i = 2; i <= n - 3; i++) {
    double pivot = 4 - upper[i - 1];
    upper[i] = 1 / pivot;
    C(i) = (6 * F(i) - C(i - 1)) / pivot;
  }
  C(n - 2) = last;
  for (int i = n - 3; i >= 2; i--)
    C(i) -= upper[i] * C(i + 1);
  C(0) = 6 * F(1) - 4 * C(1) - C(2);
  C(-1) = 6 * F(0) - 4 * C(0) - C(1);
  C(n - 1) = 6 * F(n - 2) - 4 * C(n - 2) - C(n - 3);
  C(n) = 6 * F(n - 1) - 4 * C(n - 1) - C(n - 2);
#undef F
#undef C
}

/* Cell index and the four weights with their derivatives; clamps to the axis. */
static int weights(const ms_axis *axis, double x, int *cell, double w[4], double dw[4]) {
  double r = (x - axis->x0) / axis->h;
  int clamped = !(r >= 0 && r <= axis->n - 1);
  r = fmin(fmax(r, 0), axis->n - 1);
  int i = (int)r;
  if (i > axis->n - 2)
    i = axis->n - 2;
  double u = r - i, v = 1 - u;
  *cell = i;
  w[0] = v * v * v / 6;
  w[1] = (4 - 6 * u * u + 3 * u * u * u) / 6;
  w[2] = (4 - 6 * v * v + 3 * v * v * v) / 6;
  w[3] = u * u * u / 6;
  dw[0] = -v * v / 2 / axis->h;
  dw[1] = (-2 * u + 1.5 * u * u) / axis->h;
  dw[2] = (2 * v - 1.5 * v * v) / axis->h;
  dw[3] = u * u / 2 / axis->h;
  return clamped;
}

int ms_table_eval(const ms_table *table, double a, double s, double delta, double f[MS_N_F],
                  double df[MS_N_AXIS][MS_N_F]) {
  double w[MS_N_AXIS][4], dw[MS_N_AXIS][4];
  int cell[MS_N_AXIS], clamped = 0;
  double c = table->z_c_v, z = delta / (delta + c), dz = c / ((delta + c) * (delta + c));
  const double x[MS_N_AXIS] = {a, s, z};
  for (int k = 0; k < MS_N_AXIS; k++)
    clamped |= weights(&table->axis[k], x[k], &cell[k], w[k], dw[k]);
  memset(f, 0, sizeof(double) * MS_N_F);
  memset(df, 0, sizeof(double) * MS_N_AXIS * MS_N_F);
  size_t na = (size_t)table->axis[MS_AXIS_A].n + 2, nz = (size_t)table->axis[MS_AXIS_Z].n + 2;
  for (int is = 0; is < 4; is++)
    for (int ia = 0; ia < 4; ia++)
      for (int iz = 0; iz < 4; iz++) {
        size_t row = (size_t)(cell[MS_AXIS_S] + is) * na + (size_t)(cell[MS_AXIS_A] + ia);
        const float *p = table->coefficient + (row * nz + (size_t)(cell[MS_AXIS_Z] + iz)) * MS_N_F;
        double wa = w[MS_AXIS_A][ia], ws = w[MS_AXIS_S][is], wz = w[MS_AXIS_Z][iz];
        for (int k = 0; k < MS_N_F; k++) {
          double v = p[k];
          f[k] += v * wa * ws * wz;
          df[MS_AXIS_A][k] += v * dw[MS_AXIS_A][ia] * ws * wz;
          df[MS_AXIS_S][k] += v * wa * dw[MS_AXIS_S][is] * wz;
          df[MS_AXIS_Z][k] += v * wa * ws * dw[MS_AXIS_Z][iz] * dz;
        }
      }
  return clamped;
}

int ms_table_fit(ms_table *table, double *sample, ms_error *err) {
  size_t n[3] = {(size_t)table->axis[MS_AXIS_S].n, (size_t)table->axis[MS_AXIS_A].n,
                 (size_t)table->axis[MS_AXIS_Z].n};
  size_t full[3] = {n[0] + 2, n[1] + 2, n[2] + 2};
  table->n_coefficient = full[0] * full[1] * full[2] * MS_N_F;
  table->coefficient = aligned_alloc(64, (table->n_coefficient * sizeof(float) + 63) / 64 * 64);
  double *work = malloc(table->n_coefficient * sizeof *work);
  if (!table->coefficient || !work) {
    free(work);
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  }
  /* Along z, then a, then s; each pass leaves a longer array behind, in `work`. */
  size_t row_in = n[2] * MS_N_F, row = full[2] * MS_N_F;
  for (size_t r = n[0] * n[1]; r-- > 0;)
    for (size_t k = 0; k < MS_N_F; k++)
      ms_spline_fit(sample + r * row_in + k, work + r * row + k, (int)n[2], MS_N_F);
  double line[n[0] + n[1]], fitted[n[0] + n[1] + 2];
  double *next = malloc(table->n_coefficient * sizeof *next);
  if (!next) {
    free(work);
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  }
  for (size_t s = 0; s < n[0]; s++)
    for (size_t q = 0; q < row; q++) {
      for (size_t a = 0; a < n[1]; a++)
        line[a] = work[(s * n[1] + a) * row + q];
      ms_spline_fit(line, fitted, (int)n[1], 1);
      for (size_t a = 0; a < full[1]; a++)
        next[(s * full[1] + a) * row + q] = fitted[a];
    }
  size_t plane = full[1] * row;
  for (size_t q = 0; q < plane; q++) {
    for (size_t s = 0; s < n[0]; s++)
      line[s] = next[s * plane + q];
    ms_spline_fit(line, fitted, (int)n[0], 1);
    for (size_t s = 0; s < full[0]; s++)
      table->coefficient[s * plane + q] = (float)fitted[s];
  }
  free(next);
  free(work);
  return MS_OK;
}

float *ms_table_slice_s(const ms_table *table, double s) {
  size_t plane =
      (size_t)(table->axis[MS_AXIS_A].n + 2) * (size_t)(table->axis[MS_AXIS_Z].n + 2) * MS_N_F;
  float *slice = aligned_alloc(64, (plane * sizeof(float) + 63) / 64 * 64);
  if (!slice)
    return NULL;
  double w[4], dw[4];
  int cell;
  weights(&table->axis[MS_AXIS_S], s, &cell, w, dw);
  const float *p = table->coefficient + (size_t)cell * plane;
  for (size_t q = 0; q < plane; q++)
    slice[q] = (float)(w[0] * (double)p[q] + w[1] * (double)p[q + plane] +
                       w[2] * (double)p[q + 2 * plane] + w[3] * (double)p[q + 3 * plane]);
  return slice;
}

void ms_table_free(ms_table *table) {
  if (table) {
    free(table->coefficient);
    free(table);
  }
}

double ms_pvt_temp_c(const ms_core *core, const ms_pvt *pvt) {
  return pvt->temp_set ? pvt->temp_c : core->process->temp_c[1];
}

double ms_pvt_supply_v(const ms_core *core, const ms_pvt *pvt) {
  return pvt->supply_v > 0 ? pvt->supply_v : core->process->supply_v[1];
}
