/* SPDX-License-Identifier: Apache-2.0 */
/* Integration of the model: rows in closed form, the membrane by classic Runge-Kutta. */
#include "engine/model/model.h"

#include <string.h>

/* A step is tau/32 long at most. */
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

/* Sums of the currents into and out of the membrane. */
static void sum_rows(const ms_model_group *g, const double *i_a, double *exc, double *inh) {
  *exc = g->m.idc_a + (g->spec.inject_a ? *g->spec.inject_a : 0);
  *inh = 0;
  if (*exc < 0)
    *exc = 0;
  for (unsigned r = 0; r < g->m.n_row; r++)
    *(g->m.row[r].sign == MS_EXC ? exc : inh) += i_a[r];
}

/* Slope of the membrane with the rows at currents i_a. */
static double membrane_slope(const ms_model_group *g, double v, const double *i_a) {
  double exc, inh;
  sum_rows(g, i_a, &exc, &inh);
  return ms_neuron_model_slope(&g->m, v, exc, inh);
}

/* y with y + ln y = c: Newton's iteration, which converges from either side. */
static double solve_growth(double c) {
  double y = c > 1 ? c - log(c) : exp(c) / (1 + exp(c));
  for (int k = 0; k < 20; k++) {
    double next = y * (1 + c - log(y)) / (1 + y);
    if (fabs(next - y) <= 1e-7 * next) /* the next would be within 1e-14 */
      return next;
    y = next;
  }
  return y;
}

/* A row after h_s, where half_decay = exp(-h_s/2/tau). The pulse alone has a closed form, and so
 * has the decay: half a decay, the pulse, half a decay. A pulse is short against tau, so what the
 * splitting leaves out, of order (h/tau)^2, is small; without a pulse it is exact. */
static double row_after(const ms_model_group *g, unsigned r, double i_a, double h_s,
                        double half_decay) {
  const ms_row_model *row = &g->m.row[r];
  double rest = row->i0_a, i = rest + (i_a - rest) * half_decay;
  if (g->w_a[r] > 0) {
    double x = i / row->igain_a;
    i = row->igain_a * solve_growth(x + log(x) + g->w_a[r] / row->itau_a * h_s / row->tau_s);
  }
  return rest + (i - rest) * half_decay;
}

/* One step of length h_s from `s`; `half` holds exp(-h_s/2/tau) of each row. */
static ms_model_state step(const ms_model_group *g, const ms_model_state *s, double h_s,
                           const double *half) {
  ms_model_state next = *s;
  double middle[MS_MAX_ROWS];
  for (unsigned r = 0; r < g->m.n_row; r++) {
    if (g->w_a[r] > 0) {
      middle[r] = row_after(g, r, s->i_a[r], 0.5 * h_s, sqrt(half[r]));
      next.i_a[r] = row_after(g, r, s->i_a[r], h_s, half[r]);
    } else {
      double rest = g->m.row[r].i0_a;
      middle[r] = rest + (s->i_a[r] - rest) * half[r];
      next.i_a[r] = rest + (middle[r] - rest) * half[r];
    }
  }
  if (g->phase != MS_MODEL_INTEGRATE)
    return next;
  double k1 = membrane_slope(g, s->v, s->i_a);
  double k2 = membrane_slope(g, s->v + 0.5 * h_s * k1, middle);
  double k3 = membrane_slope(g, s->v + 0.5 * h_s * k2, middle);
  double k4 = membrane_slope(g, s->v + h_s * k3, next.i_a);
  next.v += h_s / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  if (next.v < g->v_rest)
    next.v = g->v_rest;
  next.compare_s =
      ms_neuron_model_compare(s->compare_s, h_s, s->v - g->v_threshold, next.v - g->v_threshold);
  return next;
}

/* Whether a step of this level is short enough for the rows' currents: the membrane, an exponent
 * itself, moves by a quarter at most. */
static int fits(const ms_model_group *g, unsigned level, const double *i_a, double gain) {
  if (g->phase != MS_MODEL_INTEGRATE || level + 1 == MS_MODEL_LEVELS)
    return 1;
  double exc, inh;
  sum_rows(g, i_a, &exc, &inh);
  double rate = 1 + (inh + exc / gain) / g->m.itau_a;
  return g->step_s[level] * rate <= step_fraction * g->m.tau_s;
}

/* The longest step that the state at the anchor allows, with pulses that go on all through it. */
static unsigned choose_level(const ms_model_group *g) {
  unsigned level = 0;
  double gain = 1 + exp(g->now.v);
  while (!fits(g, level, g->now.i_a, gain))
    level++;
  double end[MS_MAX_ROWS];
  int pulsed = 0;
  memcpy(end, g->now.i_a, sizeof end);
  for (;; level++) {
    for (unsigned r = 0; r < g->m.n_row; r++)
      if (g->w_a[r] > 0) {
        end[r] = row_after(g, r, g->now.i_a[r], g->step_s[level], g->half_decay[level][r]);
        pulsed = 1;
      }
    if (!pulsed || fits(g, level, end, gain))
      return level;
  }
}

static int fires(const ms_model_group *g, const ms_model_state *s) {
  return s->v >= g->v_threshold && s->compare_s >= g->m.compare_s;
}

static ms_model_state part_of_step(const ms_model_group *g, double h_s) {
  double half[MS_MAX_ROWS];
  for (unsigned r = 0; r < g->m.n_row; r++)
    half[r] = exp(-0.5 * h_s / g->m.row[r].tau_s);
  return step(g, &g->now, h_s, half);
}

/* Fraction of the step at which the neuron fires, by bisection to 1e-9 of it. */
static double find_crossing(const ms_model_group *g, double h_s) {
  double low = 0, high = 1;
  for (int k = 0; k < 30; k++) {
    double x = 0.5 * (low + high);
    ms_model_state s = part_of_step(g, x * h_s);
    if (fires(g, &s))
      high = x;
    else
      low = x;
  }
  return high;
}

void ms_model_tentative(ms_model_group *g) {
  unsigned level = choose_level(g);
  g->tentative = step(g, &g->now, g->step_s[level], g->half_decay[level]);
  g->tentative.t = g->now.t + g->step_ps[level];
  g->crossing = MS_TIME_NEVER;
  if (g->phase == MS_MODEL_INTEGRATE && fires(g, &g->now)) {
    g->crossing = g->now.t + 1;
  } else if (g->phase == MS_MODEL_INTEGRATE && fires(g, &g->tentative)) {
    double x = find_crossing(g, g->step_s[level]);
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
  ms_model_state s = part_of_step(g, ms_time_to_s(t - g->now.t));
  s.t = t;
  return s;
}
