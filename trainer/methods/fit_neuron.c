/* SPDX-License-Identifier: Apache-2.0 */
/* The equations of mixspike/neuron_model.h for one neuron, stepped finely enough that the step does
 * not show in a fit (1/100 tau, midpoint rule; deliveries between steps). */
#include "methods/fit_neuron.h"

#include <math.h>
#include <string.h>

typedef struct walk {
  const ms_neuron_model *model;
  const ms_core *core;
  const ms_fit_times *times;
  const ms_fit_record *record;
  size_t next; /* delivery */
  double t_s, v, v_rest, x[MS_MAX_ROWS];
} walk;

static void begin(walk *w, const ms_neuron_model *model, const ms_core *core,
                  const ms_fit_times *times, const ms_fit_record *record) {
  *w = (walk){.model = model, .core = core, .times = times, .record = record};
  w->v_rest = ms_neuron_model_rest(model);
  w->v = w->v_rest;
  for (unsigned r = 0; r < model->n_row; r++)
    w->x[r] = model->row[r].i0_a / model->row[r].igain_a;
}

/* A pulse is short against tau: x + ln x grows by its charge (see neuron_model.h without the
 * decay).
 */
static double kick(double x, double charge) {
  double f = x + log(x) + charge, y = log(x) + charge; /* unknown: y = ln x */
  if (f > 1)
    y = fmin(y, log(f));
  for (int k = 0; k < 8; k++) {
    double e = exp(y);
    y -= (e + y - f) / (e + 1);
  }
  return exp(y);
}

static void deliver(walk *w, const ms_delivery *d) {
  for (unsigned r = 0; r < w->model->n_row; r++) {
    const ms_row_model *row = &w->model->row[r];
    if (w->core->row[r].sign != d->sign || w->core->row[r].index != d->row)
      continue;
    w->x[r] = kick(w->x[r], ms_row_model_weight_a(row, d->code) * w->times->pulse_s /
                                (row->itau_a * row->tau_s));
  }
}

static double slope(const walk *w, double v) {
  double in[2] = {w->model->idc_a, 0};
  for (unsigned r = 0; r < w->model->n_row; r++)
    in[w->model->row[r].sign] += w->x[r] * w->model->row[r].igain_a;
  return ms_neuron_model_slope(w->model, v, w->v_rest, in[MS_EXC], in[MS_INH]);
}

static void decay(walk *w, double h_s) {
  for (unsigned r = 0; r < w->model->n_row; r++) {
    const ms_row_model *row = &w->model->row[r];
    double rest = row->i0_a / row->igain_a;
    w->x[r] = rest + (w->x[r] - rest) * exp(-h_s / row->tau_s);
  }
}

/* One step of h; the membrane stays where it is while `held`. */
static void step(walk *w, double h_s, int held) {
  decay(w, h_s / 2);
  if (!held) {
    double middle = w->v + h_s / 2 * slope(w, w->v);
    w->v = fmax(w->v + h_s * slope(w, middle), w->v_rest);
  }
  decay(w, h_s / 2);
  w->t_s += h_s;
}

/* Moves to `until_s`, at most so far that `v` has passed the threshold (if stop); tells the highest
 * v and where it was passed first. */
static double advance(walk *w, double until_s, double free_from_s, int stop, double *highest) {
  const ms_fit_record *rec = w->record;
  const double most_s = w->model->tau_s / 100;
  double threshold = ms_neuron_model_threshold(w->model);
  while (w->t_s < until_s) {
    double to = fmin(until_s, w->t_s + most_s);
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
    double before = w->v, t = w->t_s;
    if (to > t)
      step(w, to - t, held);
    w->t_s = to;
    if (highest && w->v > *highest)
      *highest = w->v;
    if (d)
      deliver(w, d);
    if (stop && !held && before < threshold && w->v >= threshold)
      return t + (to - t) * (threshold - before) / (w->v - before);
  }
  return INFINITY;
}

static double free_again(const walk *w, double spike_s) {
  return spike_s + w->times->dead_s + w->model->fall_s + w->model->t_ref_s;
}

/* By how many units the model fires after a recorded spike, from the recorded spike before on. It
 * is followed for one unit past the recorded time; what has not fired by then counts as later
 * still, by the share of the way that is missing. */
static double lateness(const walk *from, double spike_s, double free_from_s) {
  walk w = *from;
  const ms_neuron_model *m = w.model;
  double highest = w.v_rest, threshold = ms_neuron_model_threshold(m), unit_s = w.times->unit_s;
  double until_s = fmin(spike_s + unit_s, w.record->window_s);
  double t = advance(&w, until_s - m->rise_s, free_from_s, 1, &highest);
  if (isfinite(t))
    return (t + m->rise_s - spike_s) / unit_s;
  return (until_s - spike_s) / unit_s + (threshold - highest) / (threshold - w.v_rest);
}

/* Keeps a spike that the model misses altogether from outweighing all others. */
static double soft(double x) {
  return x / sqrt(1 + x * x);
}

void ms_fit_forced(const ms_neuron_model *model, const ms_core *core, const ms_fit_times *times,
                   const ms_fit_record *record, double *residual) {
  walk w;
  begin(&w, model, core, times, record);
  double threshold = ms_neuron_model_threshold(model), free_from_s = 0;
  for (size_t k = 0; k < record->n_spike; k++) {
    residual[k] = soft(lateness(&w, record->spike_s[k], free_from_s));
    advance(&w, record->spike_s[k] - model->rise_s, free_from_s, 0, NULL);
    free_from_s = free_again(&w, record->spike_s[k]);
    w.v = w.v_rest;
  }
  double highest = w.v_rest;
  advance(&w, record->window_s - model->rise_s, free_from_s, 0, &highest);
  residual[record->n_spike] = soft(fmax(highest - threshold, 0) / (threshold - w.v_rest));
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
    w.v = w.v_rest;
  }
  return n;
}
