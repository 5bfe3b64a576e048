/* SPDX-License-Identifier: Apache-2.0 */
/* The model's parameters from the circuits: every neuron of a die without mismatch gets its own
 * random synapses and events, and the parameters are those with which the model would fire when the
 * circuits did. Spikes alone are used, so the same fit works on every engine and on a real chip. */
#include "methods/fit.h"

#include "methods/fit_neuron.h"
#include "methods/least_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  FIT_NEURONS = 128, /* neuron runs to fit to, at least */
  TEST_NEURONS = 64, /* and to state the error on, per die */
  SOMA_PARAMETERS = 5,
  ROW_PARAMETERS = 5,
  MAX_PARAMETERS = SOMA_PARAMETERS + ROW_PARAMETERS * MS_MAX_ROWS,
  MAX_EVENTS = 256,
  MAX_SPIKES = 256,
};

/* A small generator of its own: which stimuli a fit uses must not depend on anything else. */
static double uniform(uint64_t *state) {
  *state += 0x9e3779b97f4a7c15u;
  uint64_t z = *state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* ---- stimuli ---- */

/* Every input reaches every neuron through a synapse of random row and code, two of three of them
 * excitatory: what neurons in trained networks see. Many events come through weak synapses, as in
 * an output layer; so the codes of every third neuron, and all when `dense`, end at 40 %. */
static int random_synapses(const ms_setup *s, uint64_t seed, int dense, ms_config *config,
                           ms_error *err) {
  const ms_core *core = s->core;
  unsigned n_row[2] = {0, 0};
  for (size_t r = 0; r < core->n_row; r++)
    n_row[core->row[r].sign]++;
  size_t n = (size_t)s->n_neuron * s->n_input;
  *config = (ms_config){.n_synapse = n, .n_bias = core->n_bias};
  config->synapse = calloc(n, sizeof *config->synapse);
  config->bias = calloc(core->n_bias + 1, sizeof *config->bias);
  if (!config->synapse || !config->bias) {
    ms_config_clear(config);
    return ms_fail(err, MS_ENOMEM, "no memory for a fit");
  }
  memcpy(config->bias, s->bias, core->n_bias * sizeof *config->bias);
  unsigned most = (1u << core->dac_bits) - 1;
  for (size_t i = 0; i < n; i++) {
    size_t target = i / s->n_input;
    double range = most * (dense || target % 3 == 0 ? 0.4 : 1);
    int sign = n_row[MS_INH] && (!n_row[MS_EXC] || uniform(&seed) < 0.35) ? MS_INH : MS_EXC;
    config->synapse[i] = (ms_synapse){
        .source = (uint16_t)(s->n_neuron + i % s->n_input),
        .target = (uint16_t)target,
        .sign = (uint8_t)sign,
        .row = (uint8_t)(uniform(&seed) * n_row[sign]),
        .code = (uint16_t)(1 + (unsigned)(uniform(&seed) * range)),
    };
  }
  return MS_OK;
}

static int by_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  return x->t != y->t ? (x->t < y->t ? -1 : 1) : (int)x->address - (int)y->address;
}

/* One or two events an input within the first two thirds of the window; dense: 3 to 11 in nearly
 * all of it. */
static size_t random_events(const ms_setup *s, uint64_t seed, int dense, ms_event *event) {
  size_t n = 0;
  double span_s = s->encoding.window_tau * s->encoding.tau_s * (dense ? 0.9 : 0.6);
  for (unsigned i = 0; i < s->n_input; i++)
    for (int k = dense ? 3 + (int)(9 * uniform(&seed)) : 1 + (int)(2 * uniform(&seed));
         k > 0 && n < MAX_EVENTS; k--)
      event[n++] = (ms_event){.t = ms_time_from_s(span_s * uniform(&seed)), .address = (uint16_t)i};
  qsort(event, n, sizeof *event, by_time);
  return n;
}

/* ---- records ---- */

typedef struct records {
  size_t n;
  ms_fit_record *record;
} records;

static void records_clear(records *r) {
  for (size_t i = 0; i < r->n; i++) {
    free(r->record[i].delivery);
    free(r->record[i].spike_s);
  }
  free(r->record);
  *r = (records){0};
}

/* Splits a run by neuron. */
static int split(const ms_lab_result *run, const ms_setup *s, ms_fit_record *out, ms_error *err) {
  for (unsigned k = 0; k < s->n_neuron; k++) {
    ms_fit_record *r = &out[k];
    *r = (ms_fit_record){.neuron = k, .window_s = s->encoding.window_tau * s->encoding.tau_s};
    r->delivery = calloc(run->n_delivery + 1, sizeof *r->delivery);
    r->spike_s = calloc(run->n_spike + 1, sizeof *r->spike_s);
    if (!r->delivery || !r->spike_s)
      return ms_fail(err, MS_ENOMEM, "no memory for a fit");
    for (size_t i = 0; i < run->n_delivery; i++)
      if (run->delivery[i].target == k)
        r->delivery[r->n_delivery++] = run->delivery[i];
    for (size_t i = 0; i < run->n_spike; i++)
      if (run->spike[i].address == k)
        r->spike_s[r->n_spike++] = ms_time_to_s(run->spike[i].t);
  }
  return MS_OK;
}

/* `n` stimuli for one set of synapses on a die; adds a record of each neuron and stimulus. */
static int record_set(const ms_setup *s, ms_lab *lab, const ms_die *die, size_t n, uint64_t seed,
                      int dense, records *out, const ms_control *control,
                      const ms_progress *progress, ms_error *err) {
  ms_event *event = calloc(n * MAX_EVENTS, sizeof *event);
  ms_lab_job *job = calloc(n, sizeof *job);
  ms_lab_result *result = calloc(n, sizeof *result);
  ms_config config = {0};
  int rc = event && job && result ? random_synapses(s, seed, dense, &config, err)
                                  : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  for (size_t i = 0; !rc && i < n; i++)
    job[i] = (ms_lab_job){.die = *die,
                          .in = event + i * MAX_EVENTS,
                          .n_in = random_events(s, seed + 1 + i, dense, event + i * MAX_EVENTS)};
  if (!rc)
    rc = ms_lab_configure_raw(lab, &config, err);
  if (!rc)
    rc = ms_lab_run(lab, job, n, result, control, progress, err);
  for (size_t i = 0; !rc && i < n; i++) {
    if (result[i].rc)
      rc = ms_fail(err, result[i].rc, "fit on die %llu: %s", (unsigned long long)die->die,
                   result[i].note);
    else {
      out->n += s->n_neuron;
      rc = split(&result[i], s, out->record + out->n - s->n_neuron, err);
    }
  }
  if (result)
    ms_lab_results_clear(result, n);
  ms_config_clear(&config);
  free(result);
  free(job);
  free(event);
  return rc;
}

/* Runs enough stimuli on a die that `neurons` neuron runs come back; a third of them dense. */
static int record(const ms_setup *s, ms_lab *lab, const ms_die *die, unsigned neurons,
                  uint64_t seed, records *out, const ms_control *control, ms_error *err) {
  enum { SETS = 3 };
  size_t n = (neurons + SETS * s->n_neuron - 1) / (SETS * s->n_neuron);
  *out = (records){.record = calloc(SETS * n * s->n_neuron, sizeof *out->record)};
  int rc = out->record ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  ms_progress progress = {.phase = "fit", .total = SETS * n, .loss = NAN, .accuracy = NAN};
  for (unsigned set = 0; !rc && set < SETS; set++, progress.done += n)
    rc = record_set(s, lab, die, n, seed + 1000 * set, set == SETS - 1, out, control, &progress,
                    err);
  if (rc)
    records_clear(out);
  return rc;
}

/* ---- fit ---- */

typedef struct problem {
  const ms_core *core;
  const ms_fit_times *times;
  const records *records;
  const ms_neuron_model *nominal;
  size_t n_parameter, n_residual;
} problem;

/* Logarithms of factors on the nominal model. What only ratios of currents decide is moved by one
 * of the two. */
static void apply(const problem *q, const double *p, ms_neuron_model *m) {
  *m = *q->nominal;
  m->tau_s *= exp(p[0]);
  m->ithr_a *= exp(p[1]);
  m->i0_a *= exp(p[2]);
  m->t_ref_s *= exp(p[3]);
  m->compare_s *= exp(p[4]);
  for (unsigned r = 0; r < m->n_row; r++) {
    const double *f = p + SOMA_PARAMETERS + r * ROW_PARAMETERS;
    ms_row_model *row = &m->row[r];
    row->tau_s *= exp(f[0]);
    row->igain_a *= exp(f[1]);
    row->i0_a *= exp(f[1] + f[2]);
    row->itau_a *= exp(-f[3] - f[0]); /* charge of a pulse: iw tp/(itau tau) */
    row->iw_curve += f[4];
  }
}

static void residuals(void *user, const double *p, double *r) {
  const problem *q = user;
  ms_neuron_model m;
  apply(q, p, &m);
  for (size_t i = 0; i < q->records->n; i++) {
    ms_fit_forced(&m, q->core, q->times, &q->records->record[i], r);
    r += q->records->record[i].n_spike + 1;
  }
  /* A weak pull to the nominal values decides what the stimuli leave open. */
  for (size_t j = 0; j < q->n_parameter; j++)
    *r++ = 0.1 * p[j];
}

static int fit(problem *q, ms_neuron_model *model, ms_error *err) {
  double p[MAX_PARAMETERS] = {0};
  q->n_parameter = SOMA_PARAMETERS + ROW_PARAMETERS * q->nominal->n_row;
  q->n_residual = q->n_parameter;
  for (size_t i = 0; i < q->records->n; i++)
    q->n_residual += q->records->record[i].n_spike + 1;
  int rc = ms_least_squares(residuals, q, q->n_parameter, q->n_residual, p, 1e-4, 25, NULL, err);
  if (!rc)
    apply(q, p, model);
  return rc;
}

/* ---- error ---- */

static ms_fit_error measure(const ms_neuron_model *m, const ms_core *core,
                            const ms_fit_times *times, const records *r, uint64_t die,
                            double tau_s) {
  double rate = 0, late = 0, own[MAX_SPIKES];
  size_t both = 0, agree = 0;
  for (size_t i = 0; i < r->n; i++) {
    const ms_fit_record *rec = &r->record[i];
    size_t n = ms_fit_free(m, core, times, rec, own, MAX_SPIKES);
    double d = (double)n - (double)rec->n_spike;
    rate += d * d / fmax((double)rec->n_spike, 1) / fmax((double)rec->n_spike, 1);
    agree += n == rec->n_spike;
    for (size_t k = 0; k < n && k < rec->n_spike; k++, both++) {
      double dt = (own[k] - rec->spike_s[k]) / tau_s;
      late += dt * dt;
    }
  }
  double runs = (double)(r->n ? r->n : 1);
  return (ms_fit_error){.die = die,
                        .rate = sqrt(rate / runs),
                        .time_tau = both ? sqrt(late / (double)both) : NAN,
                        .agree = (double)agree / runs};
}

static void stimulus_times(const ms_setup *s, const ms_sim_latency *latency, ms_fit_times *times) {
  *times = (ms_fit_times){.pulse_s = ms_time_to_s(s->core->pulse_ps[s->chip.set]),
                          .dead_s = latency->ack_s + latency->release_s,
                          .unit_s = s->encoding.tau_s};
}

int ms_fit(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error **error,
           size_t *n_error, uint64_t *spent, const ms_control *control, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  uint64_t before = ms_lab_spent(lab);
  ms_sim_latency latency;
  ms_fit_times times;
  ms_neuron_model nominal;
  records seen = {0}, fresh = {0};
  size_t n = 1 + e->n_training_die;
  *n_error = 0;
  *error = calloc(n, sizeof **error);
  ms_die flat = ms_setup_die(setup, 0);
  flat.strength = 0;
  int rc = *error ? ms_lab_latency(lab, e->hidden, &latency, err)
                  : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  if (!rc)
    rc = ms_neuron_model_nominal(setup->core, &setup->pvt, setup->bias, setup->chip.set, &nominal,
                                 err);
  if (!rc) {
    stimulus_times(setup, &latency, &times);
    rc = record(setup, lab, &flat, FIT_NEURONS, 1, &seen, control, err);
  }
  if (!rc) {
    problem q = {.core = setup->core, .times = &times, .records = &seen, .nominal = &nominal};
    rc = fit(&q, model, err);
  }
  for (size_t i = 0; !rc && i < n; i++) {
    ms_die die = i ? ms_setup_die(setup, e->training_die[i - 1]) : flat;
    rc = record(setup, lab, &die, TEST_NEURONS, 10000 * (i + 1), &fresh, control, err);
    if (!rc)
      (*error)[(*n_error)++] =
          measure(model, setup->core, &times, &fresh, die.die, setup->encoding.tau_s);
    records_clear(&fresh);
  }
  records_clear(&seen);
  *spent += ms_lab_spent(lab) - before;
  return rc;
}

int ms_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                  ms_sim_params *out, ms_error *err) {
  ms_sim_latency latency;
  int rc = ms_lab_latency(lab, setup->experiment->hidden, &latency, err);
  if (rc)
    return rc;
  ms_sim_params_from(model, &latency, ms_time_to_s(setup->core->pulse_ps[setup->chip.set]),
                     setup->encoding.tau_s, setup->core->dac_bits, out);
  return MS_OK;
}
