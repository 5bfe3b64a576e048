/* SPDX-License-Identifier: Apache-2.0 */
/* Extraction of one device table through ngspice.
 *
 * One circuit holds a transistor for every (s, delta) on the grid, each with an ammeter at gate,
 * drain and source; all gates are swept together. A DC sweep gives the currents; what the junctions
 * leak, seen where drain and source are equal, is taken out of them. Charges come from
 * a transient so fast (1e-18 s a step, backward Euler) that conduction is nothing beside
 * displacement: then the sum of i h is the terminal's charge itself, with overlap and junction, for
 * any model. It starts from all terminals at 0 V, where the charge is 0 by definition. */
#include "engine/table/spice.h"
#include "engine/table/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_S 1e-18     /* of the charge transient */
#define DELTA_FIRST 1e-5 /* V; stands for delta = 0, where I / (1 - exp(-delta/UT)) has a limit */
#define I_FLOOR 1e-17    /* A; below, y goes on as a straight line */
#define PROBE_S 1.0      /* V; where the second set of probes stands, the first at 0 */
#define MARGIN 2         /* gate steps swept beyond the table, for the interpolation of charges */

/* A deck that grows. */
typedef struct growing {
  ms_deck deck;
  size_t room;
  int failed;
} growing;

static void add(growing *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(growing *g, const char *format, ...) {
  if (g->deck.n_line == g->room) {
    size_t room = g->room ? 2 * g->room : 256;
    char **line = realloc(g->deck.line, room * sizeof *line);
    if (!line) {
      g->failed = 1;
      return;
    }
    g->deck.line = line;
    g->room = room;
  }
  va_list args;
  va_start(args, format);
  char *text = NULL;
  if (vasprintf(&text, format, args) < 0)
    g->failed = 1;
  else
    g->deck.line[g->deck.n_line++] = text;
  va_end(args);
}

static double knot(const ms_axis *axis, int i) {
  return axis->x0 + i * axis->h;
}

static double knot_delta(const ms_table *t, int k) {
  double z = knot(&t->axis[MS_AXIS_Z], k);
  return k ? t->z_c_v * z / (1 - z) : DELTA_FIRST;
}

static void add_models(growing *g, const ms_core *core, const ms_pvt *pvt) {
  const ms_process *p = core->process;
  for (size_t i = 0; i < p->n_include; i++)
    add(g, ".include %s", p->include[i]);
  const ms_corner *corner = pvt->corner < p->n_corner ? &p->corner[pvt->corner] : NULL;
  if (corner && corner->lib_file)
    add(g, ".lib %s %s", corner->lib_file, corner->lib_section);
  add(g,
      ".options gmin=1e-20 abstol=1e-18 reltol=1e-6 chgtol=1e-30 trtol=1e9 method=gear "
      "maxord=1 temp=%.10g",
      ms_pvt_temp_c(core, pvt));
}

static void add_device(growing *g, const ms_geometry *q, int j, int k, const char *shifted) {
  add(g, "M%d_%d d%d_%d g%d_%d s%d_%d 0 %s w=%.10g l=%.10g ad=%.10g as=%.10g pd=%.10g ps=%.10g%s",
      j, k, j, k, j, k, j, k, q->model, q->w_m, q->l_m, q->ad_m2, q->as_m2, q->pd_m, q->ps_m,
      shifted);
}

/* Sources of level s (row j) and of one device of that row. In the transient they ramp from 0. */
static void add_level(growing *g, int j, double v, int transient) {
  if (transient)
    add(g, "Vl%d l%d 0 pwl(0 0 %g %.12g)", j, j, STEP_S, v);
  else
    add(g, "Vl%d l%d 0 dc %.12g", j, j, v);
  add(g, "Ek%d k%d l%d m 0 1", j, j, j);
}

static void add_sources(growing *g, int j, int k, double v, int transient) {
  add(g, "Vs%d_%d s%d_%d l%d 0", j, k, j, k, j);
  add(g, "Vg%d_%d g%d_%d k%d 0", j, k, j, k, j);
  if (transient)
    add(g, "Vd%d_%d d%d_%d l%d pwl(0 0 %g %.12g)", j, k, j, k, j, STEP_S, v);
  else
    add(g, "Vd%d_%d d%d_%d l%d dc %.12g", j, k, j, k, j, v);
  if (transient)
    add(g, ".save i(vg%d_%d) i(vd%d_%d) i(vs%d_%d)", j, k, j, k, j, k);
  else
    add(g, ".save i(vs%d_%d)", j, k);
}

/* A device of level j with drain and source at one voltage: whatever flows there is leakage. */
static void add_junctions(growing *g, const ms_table *t, int j) {
  int k = t->axis[MS_AXIS_Z].n;
  add_sources(g, j, k, 0, 0);
  add(g, ".save i(vd%d_%d)", j, k);
  add_device(g, &t->geometry, j, k, "");
}

/* The row of devices beside which a set of probes stands. */
static int probe_row(const ms_table *t, int level) {
  const ms_axis *s = &t->axis[MS_AXIS_S];
  return (int)lround(((level ? PROBE_S : 0) - s->x0) / s->h);
}

static void add_probes(growing *g, const ms_table *t, int level) {
  int j = t->axis[MS_AXIS_S].n + level;
  double sign = t->geometry.type == MS_NFET ? 1 : -1, step = sign * t->axis[MS_AXIS_A].h;
  add_level(g, j, sign * knot(&t->axis[MS_AXIS_S], probe_row(t, level)), 0);
  for (int p = 0; p < MS_N_PROBE_Z; p++)
    for (int kind = 0; kind < MS_PROBE_NONE; kind++) {
      int k = MS_PROBE_NONE * p + kind;
      char shifted[40];
      if (kind == MS_PROBE_MOBILITY)
        snprintf(shifted, sizeof shifted, " mulu0=%g", MS_PROBE_FACTOR);
      else
        snprintf(shifted, sizeof shifted, " delvto=%.12g", kind == MS_PROBE_UP ? step : -step);
      add_sources(g, j, k, sign * knot_delta(t, ms_probe_knot(p)), 0);
      add_device(g, &t->geometry, j, k, shifted);
    }
}

/* The circuit of one analysis; the master source Vm moves all gates relative to their sources. */
static int build(const ms_core *core, const ms_pvt *pvt, const ms_table *t, int transient,
                 growing *g) {
  const ms_axis *a = &t->axis[MS_AXIS_A], *s = &t->axis[MS_AXIS_S], *z = &t->axis[MS_AXIS_Z];
  double sign = t->geometry.type == MS_NFET ? 1 : -1;
  add(g, "device table");
  add_models(g, core, pvt);
  if (transient) {
    int steps = a->n - 1 + 2 * MARGIN;
    add(g, "Vm m 0 pwl(0 0 %g 0 %g %.12g %g %.12g)", STEP_S, 2 * STEP_S, sign * knot(a, -MARGIN),
        (2 + steps) * STEP_S, sign * knot(a, a->n - 1 + MARGIN));
  } else {
    add(g, "Vm m 0 dc 0");
  }
  add(g, ".save v(m)");
  for (int j = 0; j < s->n; j++) {
    add_level(g, j, sign * knot(s, j), transient);
    for (int k = 0; k < z->n; k++) {
      add_sources(g, j, k, sign * knot_delta(t, k), transient);
      add_device(g, &t->geometry, j, k, "");
    }
    if (!transient)
      add_junctions(g, t, j);
  }
  for (int level = 0; level < MS_N_TRIM_S && !transient; level++)
    add_probes(g, t, level);
  return g->failed ? MS_ENOMEM : MS_OK;
}

/* Vector number of an ammeter: the .save lines follow each other in the order of the loops. In a DC
 * sweep the device at k = z->n is that of add_junctions(). */
static size_t column_of(const ms_table *t, int transient, char terminal, int j, int k) {
  size_t nz = (size_t)t->axis[MS_AXIS_Z].n, row = (size_t)j, device = row * nz + (size_t)k;
  if (!transient)
    return 1 + row * (nz + 2) + (size_t)k + (terminal == 'd');             /* v(m) comes first */
  return 2 + 3 * device + (terminal == 'g' ? 0 : terminal == 'd' ? 1 : 2); /* time, v(m) */
}

static double *sample_at(const ms_table *t, double *sample, int is, int ia, int iz) {
  size_t row = (size_t)is * (size_t)t->axis[MS_AXIS_A].n + (size_t)ia;
  return sample + (row * (size_t)t->axis[MS_AXIS_Z].n + (size_t)iz) * MS_N_F;
}

/* y along the gate from the currents of one device; a straight line where the channel is off. */
static void currents_to_y(const double *i_a, int n, double delta, double ut, double *y) {
  double factor = -expm1(-delta / ut), floor_a = fmax(I_FLOOR * factor, 1e-19);
  int first = n;
  while (first > 0 && i_a[first - 1] > floor_a)
    first--;
  for (int i = first; i < n; i++)
    y[i] = log(i_a[i] / factor);
  if (first > n - 3) { /* off over the whole sweep */
    for (int i = n; i-- > 0;)
      y[i] = log(I_FLOOR) - 0.5 * (n - 1 - i);
    return;
  }
  double slope = fmax(y[first + 2] - y[first + 1], 0.05);
  for (int i = first; i-- > 0;)
    y[i] = y[i + 1] - slope;
}

/* Current into the drain or source ('d', 's') of the device of add_junctions() at level j and gate
 * knot i. */
static double leakage(const ms_table *t, const ms_vectors *v, char terminal, int j, int i) {
  double sign = t->geometry.type == MS_NFET ? 1 : -1;
  return -sign *
         v->value[(size_t)i * v->n_vector + column_of(t, 0, terminal, j, t->axis[MS_AXIS_Z].n)];
}

/* Junctions: what they leak at the middle of the source's range with the gate at the bulk, and from
 * a little forward bias how fast that saturates. */
static void take_leakage(ms_table *t, const ms_vectors *v) {
  const ms_axis *a = &t->axis[MS_AXIS_A], *s = &t->axis[MS_AXIS_S];
  int middle = s->n / 2, forward = 0;
  while (forward + 1 < s->n && knot(s, forward + 1) < -0.05)
    forward++;
  for (int side = 0; side < 2; side++) {
    int off = (int)lround((-knot(s, middle) - a->x0) / a->h);
    t->leak_a[side] = leakage(t, v, side ? 's' : 'd', middle, off);
  }
  int off = (int)lround((-knot(s, forward) - a->x0) / a->h);
  double ratio = -leakage(t, v, 's', forward, off) / t->leak_a[1];
  t->leak_v = ratio > 1 ? -knot(s, forward) / log1p(ratio) : t->ut_v;
  t->leak_v = fmin(fmax(t->leak_v, t->ut_v), 2 * t->ut_v);
}

/* y of a probe over the gate: where it conducts; elsewhere a floor. */
static void probe_y(const ms_table *t, const ms_vectors *v, int level, int k, double *y) {
  double sign = t->geometry.type == MS_NFET ? 1 : -1;
  double factor = -expm1(-knot_delta(t, ms_probe_knot(k / MS_PROBE_NONE)) / t->ut_v);
  size_t column = (size_t)(t->axis[MS_AXIS_S].n) * (size_t)(t->axis[MS_AXIS_Z].n + 2) + 1 +
                  (size_t)(level * MS_N_PROBE_Z * MS_PROBE_NONE + k);
  for (int i = 0; i < t->axis[MS_AXIS_A].n; i++) {
    double i_a = sign * v->value[(size_t)i * v->n_vector + column] +
                 leakage(t, v, 's', probe_row(t, level), i);
    y[i] = log(fmax(i_a, I_FLOOR) / factor);
  }
}

static int take_trims(ms_table *t, const ms_vectors *v, double *sample, ms_error *err) {
  size_t n = (size_t)t->axis[MS_AXIS_A].n;
  double *room = malloc(MS_N_PROBE_Z * MS_N_PROBE_KIND * n * sizeof *room);
  if (!room)
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  for (int level = 0; level < MS_N_TRIM_S; level++) {
    const double *y[MS_N_PROBE_Z][MS_N_PROBE_KIND];
    double *at = room;
    for (int p = 0; p < MS_N_PROBE_Z; p++)
      for (int kind = 0; kind < MS_N_PROBE_KIND; kind++, at += n) {
        y[p][kind] = at;
        if (kind < MS_PROBE_NONE)
          probe_y(t, v, level, MS_PROBE_NONE * p + kind, at);
        for (int i = 0; i < (int)n && kind == MS_PROBE_NONE; i++)
          at[i] = sample_at(t, sample, probe_row(t, level), i, ms_probe_knot(p))[MS_F_Y];
      }
    t->trim_s[level] = knot(&t->axis[MS_AXIS_S], probe_row(t, level));
    ms_table_fit_trims(t, level, y);
  }
  free(room);
  return MS_OK;
}

static int take_currents(ms_table *t, const ms_vectors *v, double *sample, ms_error *err) {
  const ms_axis *a = &t->axis[MS_AXIS_A], *s = &t->axis[MS_AXIS_S], *z = &t->axis[MS_AXIS_Z];
  double sign = t->geometry.type == MS_NFET ? 1 : -1;
  if (v->n_point != (size_t)a->n)
    return ms_fail(err, MS_ESIM, "ngspice made %zu points of a DC sweep of %d", v->n_point, a->n);
  double i_a[a->n], y[a->n];
  for (int j = 0; j < s->n; j++)
    for (int k = 0; k < z->n; k++) {
      size_t column = column_of(t, 0, 's', j, k);
      for (int i = 0; i < a->n; i++)
        i_a[i] = sign * v->value[(size_t)i * v->n_vector + column] + leakage(t, v, 's', j, i);
      currents_to_y(i_a, a->n, knot_delta(t, k), t->ut_v, y);
      for (int i = 0; i < a->n; i++)
        sample_at(t, sample, j, i, k)[MS_F_Y] = y[i];
    }
  take_leakage(t, v);
  return take_trims(t, v, sample, err);
}

/* Cubic through four neighbouring points (x ascending from `from`) at every knot of the gate axis.
 */
static void resample(const double *x, const double *f, int n, int from, const ms_axis *a,
                     double *out) {
  int p = from;
  for (int i = 0; i < a->n; i++) {
    double at = knot(a, i);
    while (p + 4 < n && x[p + 2] < at)
      p++;
    double sum = 0;
    for (int r = 0; r < 4; r++) {
      double w = 1;
      for (int q = 0; q < 4; q++)
        if (q != r)
          w *= (at - x[p + q]) / (x[p + r] - x[p + q]);
      sum += w * f[p + r];
    }
    out[i] = sum;
  }
}

static int take_charges(ms_table *t, const ms_vectors *v, double *sample, ms_error *err) {
  const ms_axis *a = &t->axis[MS_AXIS_A], *s = &t->axis[MS_AXIS_S], *z = &t->axis[MS_AXIS_Z];
  double sign = t->geometry.type == MS_NFET ? 1 : -1;
  int n = (int)v->n_point;
  const size_t time = 0, gate = 1;
  double *x = malloc(2 * (size_t)n * sizeof *x), *q = x + n, at_knot[a->n];
  if (!x)
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  int from = 0;
#define AT(i, column) v->value[(size_t)(i)*v->n_vector + (size_t)(column)]
  for (int i = 0; i < n; i++) {
    x[i] = sign * AT(i, gate);
    if (AT(i, time) < 1.9999 * STEP_S)
      from = i + 1; /* the gate still moves away from 0 */
  }
  static const char terminal[3] = {'g', 'd', 's'};
  static const int function[3] = {MS_F_QG, MS_F_QHIGH, MS_F_QLOW};
  int short_run = n - from < 8;
  for (int j = 0; j < s->n && !short_run; j++)
    for (int k = 0; k < z->n; k++)
      for (int f = 0; f < 3; f++) {
        size_t column = column_of(t, 1, terminal[f], j, k);
        q[0] = 0;
        for (int i = 1; i < n; i++)
          q[i] = q[i - 1] - sign * AT(i, column) * (AT(i, time) - AT(i - 1, time));
        resample(x, q, n, from, a, at_knot);
        for (int i = 0; i < a->n; i++)
          sample_at(t, sample, j, i, k)[function[f]] = at_knot[i];
      }
#undef AT
  free(x);
  return short_run ? ms_fail(err, MS_ESIM, "ngspice made %d points of a ramp", n) : MS_OK;
}

static void set_axes(ms_table *t, const ms_core *core) {
  double top =
      core->process->supply_v[2] > 0 ? core->process->supply_v[2] : core->process->supply_v[1];
  double low = -0.3, high = top + 0.15, delta_max = high - low + 0.1;
  t->z_c_v = 0.4;
  int na = (int)ceil(2 * (high + 0.15) / 0.03) + 1, ns = (int)ceil((high - low) / 0.15) + 1,
      nz = 36;
  t->axis[MS_AXIS_A] = (ms_axis){-(high + 0.15), 2 * (high + 0.15) / (na - 1), na};
  t->axis[MS_AXIS_S] = (ms_axis){low, (high - low) / (ns - 1), ns};
  t->axis[MS_AXIS_Z] = (ms_axis){0, delta_max / (delta_max + t->z_c_v) / (nz - 1), nz};
}

int ms_table_extract(const ms_core *core, const ms_pvt *pvt, const ms_geometry *geometry,
                     const char *worker_path, ms_table **out, ms_error *err) {
  *out = NULL;
  ms_table *t = calloc(1, sizeof *t);
  if (!t)
    return ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  t->geometry = *geometry;
  t->temp_c = ms_pvt_temp_c(core, pvt);
  t->ut_v = 8.617333262e-5 * (t->temp_c + 273.15);
  set_axes(t, core);
  const ms_axis *a = &t->axis[MS_AXIS_A];
  size_t n_sample = (size_t)a->n * (size_t)t->axis[MS_AXIS_S].n * (size_t)t->axis[MS_AXIS_Z].n;
  double *sample = calloc(n_sample * MS_N_F, sizeof *sample);
  int code = sample ? MS_OK : ms_fail(err, MS_ENOMEM, "out of memory for a device table");
  for (int transient = 0; transient < 2 && !code; transient++) {
    growing g = {0};
    ms_vectors v = {0};
    char analysis[128];
    if (transient)
      snprintf(analysis, sizeof analysis, "tran %g %g 0 %g", STEP_S,
               (a->n + 1 + 2 * MARGIN) * STEP_S, STEP_S);
    else {
      double sign = geometry->type == MS_NFET ? 1 : -1;
      snprintf(analysis, sizeof analysis, "dc vm %.12g %.12g %.12g", sign * knot(a, 0),
               sign * (knot(a, a->n - 1) + 0.01 * a->h), sign * a->h);
    }
    code = build(core, pvt, t, transient, &g)
               ? ms_fail(err, MS_ENOMEM, "out of memory for a deck")
               : ms_spice_run(worker_path, &g.deck, analysis, &v, err);
    if (!code)
      code = transient ? take_charges(t, &v, sample, err) : take_currents(t, &v, sample, err);
    ms_vectors_clear(&v);
    for (size_t i = 0; i < g.deck.n_line; i++)
      free(g.deck.line[i]);
    free(g.deck.line);
  }
  if (!code)
    code = ms_table_fit(t, sample, err);
  free(sample);
  if (code) {
    ms_fail_context(err, "table of %s w=%g l=%g", geometry->model, geometry->w_m, geometry->l_m);
    ms_table_free(t);
    return code;
  }
  *out = t;
  return MS_OK;
}
