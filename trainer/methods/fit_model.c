/* SPDX-License-Identifier: Apache-2.0 */
/* Fitting the behavioural neuron to recorded spikes: each interval is judged from the recorded
 * spike before it (ms_fit_forced), and every parameter is held to its prior. */
#include "methods/fit_model.h"

#include "methods/least_squares.h"
#include "model/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the model's equations leave open, in tau; a prior of one standard deviation weighs so. */
static const double residual_tau = 0.05;
enum { MAX_SPIKES = 256 };

static const char *const soma_name[MS_FIT_SOMA] = {"tau", "threshold", "rest", "refractory",
                                                   "comparator"};
static const char *const row_name[] = {"tau", "drive", "rest", "charge", "curve"};
enum { ROW_NAMES = sizeof row_name / sizeof *row_name };

static size_t row_parameters(const ms_core *core) {
  return ROW_NAMES + core->dac_bits;
}

size_t ms_fit_count(const ms_core *core) {
  return MS_FIT_SOMA + core->n_row * row_parameters(core);
}

const char *ms_fit_parameter(const ms_core *core, size_t i, char *text, size_t size) {
  if (i < MS_FIT_SOMA) {
    snprintf(text, size, "soma.%s", soma_name[i]);
    return text;
  }
  size_t row = (i - MS_FIT_SOMA) / row_parameters(core),
         k = (i - MS_FIT_SOMA) % row_parameters(core);
  if (k < ROW_NAMES)
    snprintf(text, size, "%s.%s", core->row[row].name, row_name[k]);
  else
    snprintf(text, size, "%s.bit%zu", core->row[row].name, k - ROW_NAMES);
  return text;
}

double ms_fit_prior_of(const ms_core *core, size_t i, const ms_fit_prior *prior, size_t n,
                       double otherwise) {
  char name[64];
  const char *dot = strchr(ms_fit_parameter(core, i, name, sizeof name), '.');
  for (size_t k = 0; dot && k < n; k++)
    if (!strcmp(dot + 1, prior[k].name))
      return prior[k].sd;
  return otherwise;
}

void ms_fit_apply(const ms_core *core, const ms_neuron_model *base, const double *p,
                  ms_neuron_model *m) {
  *m = *base;
  m->tau_s *= exp(p[0]);
  m->itau_a *= exp(-p[0]); /* one current decides both: tau = C UT/(kappa Itau) */
  m->ithr_a *= exp(p[1]);
  m->i0_a *= exp(p[2]);
  m->t_ref_s *= exp(p[3]);
  m->compare_s *= exp(p[4]);
  for (unsigned r = 0; r < m->n_row; r++) {
    const double *f = p + MS_FIT_SOMA + r * row_parameters(core);
    ms_row_model *row = &m->row[r];
    row->tau_s *= exp(f[0]);
    row->igain_a *= exp(f[1]);
    row->i0_a *= exp(f[1] + f[2]);
    row->itau_a *= exp(-f[3] - f[0]); /* charge of a pulse: iw tp/(itau tau) */
    row->iw_curve += f[4];
    for (unsigned b = 0; b < core->dac_bits; b++)
      row->iw_bit_a[b] *= exp(f[ROW_NAMES + b]);
  }
}

typedef struct problem {
  const ms_core *core;
  const ms_neuron_model *base;
  const ms_fit_times *times;
  const ms_fit_record *const *record;
  size_t n_record, n_free;
  size_t free_parameter[MS_FIT_MOST];
  const double *prior;
} problem;

static void spread_out(const problem *q, const double *p, double *all) {
  memset(all, 0, MS_FIT_MOST * sizeof *all);
  for (size_t j = 0; j < q->n_free; j++)
    all[q->free_parameter[j]] = p[j];
}

static void residuals(void *user, const double *p, double *r) {
  const problem *q = user;
  double all[MS_FIT_MOST];
  ms_neuron_model m;
  spread_out(q, p, all);
  ms_fit_apply(q->core, q->base, all, &m);
  for (size_t i = 0; i < q->n_record; i++) {
    ms_fit_forced(&m, q->core, q->times, q->record[i], r);
    r += q->record[i]->n_spike + 1;
  }
  for (size_t j = 0; j < q->n_free; j++)
    *r++ = residual_tau / q->prior[q->free_parameter[j]] * p[j];
}

int ms_fit_solve(const ms_core *core, const ms_neuron_model *base, const ms_fit_times *times,
                 const ms_fit_record *const *record, size_t n_record, const double *prior,
                 double *p, double *error, ms_error *err) {
  problem q = {.core = core,
               .base = base,
               .times = times,
               .record = record,
               .n_record = n_record,
               .prior = prior};
  double found[MS_FIT_MOST] = {0}, deviation[MS_FIT_MOST] = {0};
  size_t n = ms_fit_count(core), n_residual = 0;
  for (size_t j = 0; j < n; j++)
    if (prior[j] > 0)
      q.free_parameter[q.n_free++] = j;
  for (size_t i = 0; i < n_record; i++)
    n_residual += record[i]->n_spike + 1;
  n_residual += q.n_free;
  int rc = ms_least_squares(residuals, &q, q.n_free, n_residual, found, 1e-4, 25, NULL,
                            error ? deviation : NULL, err);
  if (rc)
    return rc;
  double all[MS_FIT_MOST];
  spread_out(&q, found, all);
  memcpy(p, all, n * sizeof *p);
  if (error) {
    spread_out(&q, deviation, all);
    memcpy(error, all, n * sizeof *error);
  }
  return MS_OK;
}

double ms_fit_weight(const ms_core *core, const ms_neuron_model *m, size_t row,
                     const ms_fit_times *times) {
  return ms_fit_weight_of(m, row, 1u << (core->dac_bits - 1), times->pulse_s);
}

double ms_fit_weight_of(const ms_neuron_model *m, size_t row, unsigned code, double pulse_s) {
  const ms_row_model *r = &m->row[row];
  double rest = r->i0_a / r->igain_a;
  double charge = ms_row_model_weight_a(r, code) * pulse_s / (r->itau_a * r->tau_s);
  double current = ms_fit_kick(rest, charge) - rest;
  double weight = current * r->tau_s * r->igain_a / (m->itau_a * m->tau_s);
  double from = m->i0_a / m->igain_a, to = m->ithr_a / m->igain_a;
  return r->sign == MS_EXC ? weight / (to - from + log(to / from)) : weight;
}

void ms_fit_match_add(ms_fit_match *match, const ms_core *core, const ms_neuron_model *model,
                      const ms_fit_times *times, const ms_fit_record *record) {
  double own[MAX_SPIKES], most = fmax((double)record->n_spike, 1);
  size_t n = ms_fit_free(model, core, times, record, own, MAX_SPIKES);
  double d = ((double)n - (double)record->n_spike) / most;
  match->rate += d * d;
  match->runs++;
  match->agree += n == record->n_spike;
  for (size_t k = 0; k < n && k < record->n_spike; k++, match->both++) {
    double dt = (own[k] - record->spike_s[k]) / times->unit_s;
    match->late += dt * dt;
  }
}

ms_fit_error ms_fit_match_error(const ms_fit_match *m, uint64_t die) {
  double runs = (double)(m->runs ? m->runs : 1);
  return (ms_fit_error){.die = die,
                        .rate = sqrt(m->rate / runs),
                        .time_tau = m->both ? sqrt(m->late / (double)m->both) : NAN,
                        .agree = (double)m->agree / runs};
}

int ms_fit_times_of(const ms_setup *s, ms_lab *lab, ms_fit_times *out, ms_error *err) {
  ms_sim_latency latency;
  int rc = ms_lab_latency(lab, &latency, err);
  if (!rc)
    *out = (ms_fit_times){.pulse_s = ms_time_to_s(s->core->pulse_ps[s->chip.set]),
                          .dead_s = latency.ack_s + latency.release_s,
                          .unit_s = s->encoding.tau_s};
  return rc;
}
