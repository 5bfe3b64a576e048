/* SPDX-License-Identifier: Apache-2.0 */
/* Integration of the model: classic Runge-Kutta on the membrane and on rows whose pulse is on; rows
 * without a pulse decay exactly. */
#include "engine/model/model.h"

#include <string.h>

/* A step changes the fastest exponent by a quarter at most, and is tau/32 long at most. */
static const double step_fraction = 0.25, longest_fraction = 1.0 / 32;

void ms_model_prepare(ms_model_group *g) {
  const ms_neuron_model *m = &g->m;
  g->v_rest = ms_neuron_model_rest(m);
  g->v_threshold = ms_neuron_model_threshold(m);
  for (unsigned k = 0; k < MS_MODEL_LEVELS; k++) {
    ms_time h = ms_time_from_s(ldexp(m->tau_s * longest_fraction, -(int)k));
    g->step_ps[k] = h ? h : 1;
    g->step_s[k] = ms_time_to_s(g->step_ps[k]);
    for (unsigned r = 0; r < m->n_row; r++)
      g->half_decay[k][r] = exp(-0.5 * g->step_s[k] / m->row[r].tau_s);
  }
  g->rise_ps = ms_time_from_s(m->rise_s);
  g->fall_ps = ms_time_from_s(m->fall_s);
  g->refractory_ps = ms_time_from_s(m->t_ref_s);
}

/* Slope of the membrane with the rows at currents i_a. */
static double membrane_slope(const ms_model_group *g, double v, const double *i_a) {
  double exc = g->m.idc_a + (g->spec.inject_a ? *g->spec.inject_a : 0), inh = 0;
  for (unsigned r = 0; r < g->m.n_row; r++)
    *(g->m.row[r].sign == MS_EXC ? &exc : &inh) += i_a[r];
  return ms_neuron_model_slope(&g->m, v, g->v_rest, exc > 0 ? exc : 0, inh);
}

/* Currents of rows without a pulse after a decay by the given factors. */
static void decay_rows(const ms_model_group *g, const double *from, const double *factor,
                       double *to) {
  for (unsigned r = 0; r < g->m.n_row; r++) {
    double rest = g->m.row[r].i0_a;
    if (g->w_a[r] <= 0)
      to[r] = rest + (from[r] - rest) * factor[r];
  }
}

/* One step of length h_s from `s`; `half` holds exp(-h/2/tau) of each row. */
static ms_model_state step(const ms_model_group *g, const ms_model_state *s, double h_s,
                           const double *half) {
  const ms_neuron_model *m = &g->m;
  int moves = g->phase == MS_MODEL_INTEGRATE;
  double middle[MS_MAX_ROWS], end[MS_MAX_ROWS], stage[MS_MAX_ROWS];
  double kv[4] = {0}, ki[4][MS_MAX_ROWS] = {{0}};
  static const double reach[4] = {0, 0.5, 0.5, 1};
  decay_rows(g, s->i_a, half, middle);
  decay_rows(g, middle, half, end);
  for (int k = 0; k < 4; k++) {
    double v = k ? s->v + reach[k] * h_s * kv[k - 1] : s->v;
    for (unsigned r = 0; r < m->n_row; r++) {
      if (g->w_a[r] > 0) {
        stage[r] = k ? s->i_a[r] + reach[k] * h_s * ki[k - 1][r] : s->i_a[r];
        ki[k][r] = ms_row_model_slope(&m->row[r], stage[r], g->w_a[r]);
      } else {
        stage[r] = k == 0 ? s->i_a[r] : k == 3 ? end[r] : middle[r];
      }
    }
    if (moves)
      kv[k] = membrane_slope(g, v, stage);
  }
  ms_model_state next = *s;
  next.v += h_s / 6 * (kv[0] + 2 * kv[1] + 2 * kv[2] + kv[3]);
  if (next.v < g->v_rest)
    next.v = g->v_rest;
  for (unsigned r = 0; r < m->n_row; r++)
    next.i_a[r] = g->w_a[r] > 0
                      ? s->i_a[r] + h_s / 6 * (ki[0][r] + 2 * ki[1][r] + 2 * ki[2][r] + ki[3][r])
                      : end[r];
  return next;
}

/* The longest step that the state at the anchor allows. */
static unsigned choose_level(const ms_model_group *g) {
  const ms_neuron_model *m = &g->m;
  double input = m->idc_a, h_s;
  for (unsigned r = 0; r < m->n_row; r++)
    input += g->now.i_a[r];
  h_s = step_fraction * m->tau_s / (1 + input / m->itau_a);
  for (unsigned r = 0; r < m->n_row; r++) {
    const ms_row_model *row = &m->row[r];
    if (g->w_a[r] > 0) {
      double rate = 1 + g->w_a[r] / row->itau_a / (1 + g->now.i_a[r] / row->igain_a);
      if (step_fraction * row->tau_s / rate < h_s)
        h_s = step_fraction * row->tau_s / rate;
    }
  }
  unsigned level = 0;
  while (level + 1 < MS_MODEL_LEVELS && g->step_s[level] > h_s)
    level++;
  return level;
}

/* Cubic through values and slopes at both ends, at fraction x of the step. */
static double hermite(double x, double h_s, double v0, double s0, double v1, double s1) {
  double y = 1 - x;
  return y * y * (1 + 2 * x) * v0 + x * x * (3 - 2 * x) * v1 + x * y * h_s * (y * s0 - x * s1);
}

/* Fraction of the step at which the membrane passes the threshold: bisection of the cubic. */
static double find_crossing(const ms_model_group *g, const ms_model_state *end, double h_s) {
  double s0 = membrane_slope(g, g->now.v, g->now.i_a), s1 = membrane_slope(g, end->v, end->i_a);
  double low = 0, high = 1;
  for (int k = 0; k < 50; k++) {
    double x = 0.5 * (low + high);
    if (hermite(x, h_s, g->now.v, s0, end->v, s1) < g->v_threshold)
      low = x;
    else
      high = x;
  }
  return high;
}

void ms_model_tentative(ms_model_group *g) {
  unsigned level = choose_level(g);
  g->tentative = step(g, &g->now, g->step_s[level], g->half_decay[level]);
  g->tentative.t = g->now.t + g->step_ps[level];
  g->crossing = MS_TIME_NEVER;
  if (g->phase == MS_MODEL_INTEGRATE && g->now.v >= g->v_threshold) {
    g->crossing = g->now.t + 1;
  } else if (g->phase == MS_MODEL_INTEGRATE && g->tentative.v >= g->v_threshold) {
    double x = find_crossing(g, &g->tentative, g->step_s[level]);
    ms_time after = (ms_time)ceil(x * (double)g->step_ps[level]);
    g->crossing = g->now.t + (after ? after : 1);
  }
  g->has_tentative = 1;
  g->result.steps++;
}

ms_model_state ms_model_state_at(const ms_model_group *g, ms_time t) {
  if (g->has_tentative && t == g->tentative.t)
    return g->tentative;
  if (t == g->now.t)
    return g->now;
  double h_s = ms_time_to_s(t - g->now.t), half[MS_MAX_ROWS];
  for (unsigned r = 0; r < g->m.n_row; r++)
    half[r] = exp(-0.5 * h_s / g->m.row[r].tau_s);
  ms_model_state s = step(g, &g->now, h_s, half);
  s.t = t;
  return s;
}
