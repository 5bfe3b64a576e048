/* SPDX-License-Identifier: Apache-2.0 */
/* The equations of mixspike/neuron_model.h for one neuron, stepped finely enough that the step does
 * not show in a fit (1/64 tau, midpoint rule; deliveries between steps). */
#include "methods/fit_neuron.h"

#include <math.h>
#include <string.h>

typedef struct walk {
  const ms_neuron_model *model;
  const ms_core *core;
  const ms_fit_times *times;
  const ms_fit_record *record;
  size_t next;                      /* delivery */
  double most_s, keep[MS_MAX_ROWS]; /* longest step, and what a row keeps over half of it */
  double t_s, v, v_rest, v_threshold, compare_s, x[MS_MAX_ROWS];
} walk;

static void begin(walk *w, const ms_neuron_model *model, const ms_core *core,
                  const ms_fit_times *times, const ms_fit_record *record) {
  *w = (walk){.model = model, .core = core, .times = times, .record = record};
  w->v_rest = ms_neuron_model_rest(model);
  w->v = w->v_rest;
  w->v_threshold = ms_neuron_model_threshold(model);
  w->most_s = times->unit_s / 64; /* not the model's tau: a grid that moved would hide its slope */
  for (unsigned r = 0; r < model->n_row; r++) {
    w->x[r] = model->row[r].i0_a / model->row[r].igain_a;
    w->keep[r] = exp(-w->most_s / 2 / model->row[r].tau_s);
  }
}

double ms_fit_kick(double x, double charge) {
  double f = x + log(x) + charge, y = log(x) + charge; /* unknown: y = ln x */
  if (f > 1)
    y = fmin(y, log(f));
  for (int k = 0; k < 8; k++) {
    double e = exp(y);
    double move = (e + y - f) / (e + 1);
    y -= move;
    if (fabs(move) < 1e-6) /* the next would be below 1e-12 */
      break;
  }
  return exp(y);
}

static void deliver(walk *w, const ms_delivery *d) {
  for (unsigned r = 0; r < w->model->n_row; r++) {
    const ms_row_model *row = &w->model->row[r];
    if (w->core->row[r].sign != d->sign || w->core->row[r].index != d->row)
      continue;
    w->x[r] = ms_fit_kick(w->x[r], ms_row_model_weight_a(row, d->code) * w->times->pulse_s /
                                       (row->itau_a * row->tau_s));
  }
}

static void decay(walk *w, double h_s) {
  for (unsigned r = 0; r < w->model->n_row; r++) {
    const ms_row_model *row = &w->model->row[r];
    double rest = row->i0_a / row->igain_a;
    double keep = h_s < w->most_s / 2 ? exp(-h_s / row->tau_s) : w->keep[r];
    w->x[r] = rest + (w->x[r] - rest) * keep;
  }
}

/* The membrane after h: half a step of leak, the input's charge, half a step of leak; exact in the
 * charge e^V + V, however strong the input. */
static double driven(const walk *w, double h_s, double exc_a, double inh_a) {
  const ms_neuron_model *m = w->model;
  double rest = exp(w->v_rest), keep = exp(-h_s / 2 / m->tau_s * (1 + inh_a / m->itau_a));
  double x = rest + (exp(w->v) - rest) * keep;
  x = ms_fit_kick(x, h_s / m->tau_s * exc_a / m->itau_a);
  return log(rest + (x - rest) * keep);
}

/* The midpoint rule is enough where the membrane moves little; where it would leap, its middle is
 * beyond where the input still lifts it, and the rule would leave it at rest. */
static double membrane(const walk *w, double h_s, double exc_a, double inh_a) {
  const double leap = 0.5;
  double rise = h_s * ms_neuron_model_slope(w->model, w->v, exc_a, inh_a);
  if (fabs(rise) > leap)
    return driven(w, h_s, exc_a, inh_a);
  return w->v + h_s * ms_neuron_model_slope(w->model, w->v + rise / 2, exc_a, inh_a);
}

/* One step of h <= most_s; the membrane stays where it is while `held`. */
static void step(walk *w, double h_s, int held) {
  decay(w, h_s / 2);
  if (!held) {
    double in[2] = {w->model->idc_a, 0}, before = w->v;
    for (unsigned r = 0; r < w->model->n_row; r++)
      in[w->model->row[r].sign] += w->x[r] * w->model->row[r].igain_a;
    w->v = fmax(membrane(w, h_s, in[MS_EXC], in[MS_INH]), w->v_rest);
    w->compare_s =
        ms_neuron_model_compare(w->compare_s, h_s, before - w->v_threshold, w->v - w->v_threshold);
  }
  decay(w, h_s / 2);
  w->t_s += h_s;
}

/* How near the neuron is to firing: below zero by how much the membrane is below its threshold,
 * from there as the comparator turns over, which it has at 1. */
static double nearness(const walk *w) {
  double above = w->v - w->v_threshold;
  if (w->model->compare_s <= 0)
    return 1 + above;
  return above < 0 && w->compare_s <= 0 ? above : w->compare_s / w->model->compare_s;
}

/* Moves to `until_s`, at most so far that the neuron fires (if stop); tells the highest nearness
 * and when it fired first. */
static double advance(walk *w, double until_s, double free_from_s, int stop, double *highest) {
  const ms_fit_record *rec = w->record;
  while (w->t_s < until_s) {
    double to = fmin(until_s, w->t_s + w->most_s);
    int held = w->t_s < free_from_s;
    if (held && to > free_from_s)
      to = free_from_s;
    const ms_delivery *d = w->next < rec->n_delivery ? &rec->delivery[w->next] : NULL;
    double pulse_s = d ? ms_time_to_s(d->t) + w->times->pulse_s / 2 : INFINITY;
    if (pulse_s <= to) {
      to = fmax(pulse_s, w->t_s);
      w->next++;
    } else
      d = NULL;
    double before = nearness(w), t = w->t_s;
    if (to > t)
      step(w, to - t, held);
    w->t_s = to;
    double after = nearness(w);
    if (highest && after > *highest)
      *highest = after;
    if (d)
      deliver(w, d);
    if (stop && !held && before < 1 && after >= 1)
      return t + (to - t) * (1 - before) / (after - before);
  }
  return INFINITY;
}

/* After a spike the membrane starts at rest. */
static void reset(walk *w) {
  w->v = w->v_rest;
  w->compare_s = 0;
}

static double free_again(const walk *w, double spike_s) {
  return spike_s + w->times->dead_s + w->model->fall_s + w->model->t_ref_s;
}

/* How far below the threshold the membrane rests. */
static double depth(const walk *w) {
  return w->v_threshold - w->v_rest;
}

/* By how many units the model fires after a recorded spike, from the recorded spike before on. It
 * is followed for one unit past the recorded time; what has not fired by then counts as later
 * still, by the share of the way that is missing. */
static double lateness(const walk *from, double spike_s, double free_from_s) {
  walk w = *from;
  const ms_neuron_model *m = w.model;
  double highest = -INFINITY, unit_s = w.times->unit_s;
  double until_s = fmin(spike_s + unit_s, w.record->window_s);
  double t = advance(&w, until_s - m->rise_s, free_from_s, 1, &highest);
  if (isfinite(t))
    return (t + m->rise_s - spike_s) / unit_s;
  return (until_s - spike_s) / unit_s + (1 - fmax(highest, -depth(&w))) / (1 + depth(&w));
}

/* Keeps a spike that the model misses altogether from outweighing all others. */
static double soft(double x) {
  return x / sqrt(1 + x * x);
}

void ms_fit_forced(const ms_neuron_model *model, const ms_core *core, const ms_fit_times *times,
                   const ms_fit_record *record, double *residual) {
  walk w;
  begin(&w, model, core, times, record);
  double free_from_s = 0;
  for (size_t k = 0; k < record->n_spike; k++) {
    residual[k] = soft(lateness(&w, record->spike_s[k], free_from_s));
    advance(&w, record->spike_s[k] - model->rise_s, free_from_s, 0, NULL);
    free_from_s = free_again(&w, record->spike_s[k]);
    reset(&w);
  }
  double highest = -depth(&w);
  advance(&w, record->window_s - model->rise_s, free_from_s, 0, &highest);
  residual[record->n_spike] = soft(fmax(highest - 1, 0) / (1 + depth(&w)));
}

size_t ms_fit_free(const ms_neuron_model *model, const ms_core *core, const ms_fit_times *times,
                   const ms_fit_record *record, double *spike_s, size_t most) {
  walk w;
  begin(&w, model, core, times, record);
  double free_from_s = 0;
  size_t n = 0;
  while (n < most) {
    double t = advance(&w, record->window_s - model->rise_s, free_from_s, 1, NULL);
    if (!isfinite(t))
      break;
    spike_s[n++] = t + model->rise_s;
    free_from_s = free_again(&w, t + model->rise_s);
    reset(&w);
  }
  return n;
}
