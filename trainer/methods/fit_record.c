/* SPDX-License-Identifier: Apache-2.0 */
/* Stimuli for fits, and what the neurons of a chip did under them: every neuron gets its own random
 * synapses and events. */
#include "methods/fit_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_EVENTS = 512,
  FEW_INPUTS = 16, /* up to here every input reaches every neuron */
  AT_ONCE = 32,    /* neurons of a core that a compiled router serves in time */
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

/* Each input reaches each neuron through a synapse of random row and code, two of three of them
 * excitatory: what neurons in trained networks see. Many events come through weak synapses, as in
 * an output layer; so the codes of every third neuron, and all when `dense`, end at 40 %. Where
 * there are many inputs a neuron gets only some of them, fewer the stronger they are, and `dense`
 * codes end at 20 %: all of 256 would hold it where no trained network does, at its highest rate
 * behind rows that never rest. */
static int random_synapses(const ms_setup *s, unsigned neurons, uint64_t seed, int dense,
                           ms_config *config, ms_error *err) {
  const ms_core *core = s->core;
  unsigned n_row[2] = {0, 0};
  for (size_t r = 0; r < core->n_row; r++)
    n_row[core->row[r].sign]++;
  size_t n = (size_t)neurons * s->n_input;
  *config = (ms_config){.synapse = calloc(n, sizeof *config->synapse)};
  if (!config->synapse)
    return ms_fail(err, MS_ENOMEM, "no memory for a fit");
  int rc = ms_setup_bias(s, config, err);
  if (rc) {
    ms_config_clear(config);
    return rc;
  }
  unsigned most = (1u << core->dac_bits) - 1;
  int many = s->n_input > FEW_INPUTS;
  for (size_t i = 0; i < n; i++) {
    size_t target = i / s->n_input;
    int weak = target % 3 == 0;
    if (many && uniform(&seed) * s->n_input > (dense ? 48 : weak ? 24 : 8))
      continue;
    double range = most * (dense && many ? 0.2 : dense || weak ? 0.4 : 1);
    int sign = n_row[MS_INH] && (!n_row[MS_EXC] || uniform(&seed) < 0.35) ? MS_INH : MS_EXC;
    config->synapse[config->n_synapse++] = (ms_synapse){
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

/* One or two events an input within the first 60 % of the window; dense: in nearly all of it, and 3
 * to 11 where there are few inputs. */
static size_t random_events(const ms_setup *s, uint64_t seed, int dense, ms_event *event) {
  size_t n = 0;
  double span_s = s->encoding.window_tau * s->encoding.tau_s * (dense ? 0.9 : 0.6);
  int busy = dense && s->n_input <= FEW_INPUTS;
  for (unsigned i = 0; i < s->n_input; i++)
    for (int k = busy ? 3 + (int)(9 * uniform(&seed)) : 1 + (int)(2 * uniform(&seed));
         k > 0 && n < MAX_EVENTS; k--)
      event[n++] = (ms_event){.t = ms_time_from_s(span_s * uniform(&seed)), .address = (uint16_t)i};
  qsort(event, n, sizeof *event, by_time);
  return n;
}

/* ---- records ---- */

void ms_fit_records_clear(ms_fit_records *r) {
  for (size_t i = 0; i < r->n; i++) {
    free(r->record[i].delivery);
    free(r->record[i].spike_s);
  }
  free(r->record);
  *r = (ms_fit_records){0};
}

/* Neurons that are driven at once, and the records of all of them: a run after the other. */
typedef struct place {
  unsigned first, end, of;
  ms_fit_record *record;
} place;

/* Splits a run by neuron. */
static int split(const ms_lab_result *run, const ms_setup *s, const place *to, size_t nth,
                 ms_error *err) {
  for (unsigned k = to->first; k < to->end; k++) {
    ms_fit_record *r = &to->record[nth * to->of + k];
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

/* Runs jobs and keeps a record of each neuron and job. */
static int run_jobs(const ms_setup *s, ms_lab *lab, const ms_lab_job *job, size_t n,
                    const place *to, const ms_control *control, const ms_progress *progress,
                    ms_error *err) {
  ms_lab_result *result = calloc(n + 1, sizeof *result);
  int rc = result ? ms_lab_run(lab, job, n, result, control, progress, err)
                  : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  for (size_t i = 0; !rc && i < n; i++)
    rc = result[i].rc ? ms_fail(err, result[i].rc, "fit on die %llu: %s",
                                (unsigned long long)job[i].die.die, result[i].note)
                      : split(&result[i], s, to, i, err);
  if (result)
    ms_lab_results_clear(result, n);
  free(result);
  return rc;
}

/* The connections of a part of the neurons; those of all are in order of their targets. */
static ms_config part_of(const ms_config *all, unsigned first, unsigned end) {
  ms_config part = *all;
  size_t from = 0, to;
  while (from < all->n_synapse && all->synapse[from].target < first)
    from++;
  for (to = from; to < all->n_synapse && all->synapse[to].target < end;)
    to++;
  part.synapse = all->synapse + from;
  part.n_synapse = to - from;
  return part;
}

/* How many neurons are driven at once: the more, the longer an event keeps its core busy, and
 * beyond that the router acknowledges late, which makes spike trains that no model explains. The
 * ideal router is never late. */
static unsigned at_once(const ms_setup *s) {
  const ms_chip_options *o = &s->chip;
  const unsigned cores = (o->cols ? o->cols : 1) * (o->rows ? o->rows : 1);
  return o->router == MS_ROUTER_IDEAL ? s->n_neuron : AT_ONCE * cores;
}

/* `n` stimuli for one set of synapses on a die; adds a record of each neuron and stimulus. */
static int record_set(const ms_setup *s, ms_lab *lab, const ms_die *die, unsigned neurons, size_t n,
                      uint64_t seed, int dense, ms_fit_records *out, const ms_control *control,
                      ms_progress *progress, ms_error *err) {
  ms_event *event = calloc(n * MAX_EVENTS, sizeof *event);
  ms_lab_job *job = calloc(n, sizeof *job);
  ms_config config = {0};
  int rc = event && job ? random_synapses(s, neurons, seed, dense, &config, err)
                        : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  for (size_t i = 0; !rc && i < n; i++)
    job[i] = (ms_lab_job){.die = *die,
                          .in = event + i * MAX_EVENTS,
                          .n_in = random_events(s, seed + 1 + i, dense, event + i * MAX_EVENTS)};
  const unsigned most = at_once(s);
  place to = {.of = neurons, .record = out->record + out->n};
  for (; !rc && to.first < neurons; to.first = to.end, progress->done += n) {
    to.end = neurons - to.first < most ? neurons : to.first + most;
    const ms_config part = part_of(&config, to.first, to.end);
    rc = ms_lab_configure_raw(lab, &part, err);
    if (!rc)
      rc = run_jobs(s, lab, job, n, &to, control, progress, err);
  }
  out->n += n * neurons;
  ms_config_clear(&config);
  free(job);
  free(event);
  return rc;
}

int ms_fit_record_die(const ms_setup *s, ms_lab *lab, const ms_die *die, unsigned neurons,
                      unsigned sets, size_t stimuli, uint64_t seed, ms_fit_records *out,
                      const ms_control *control, ms_error *err) {
  *out = (ms_fit_records){.record = calloc(sets * stimuli * neurons, sizeof *out->record)};
  int rc = out->record ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  const unsigned most = at_once(s), parts = (neurons + most - 1) / most;
  ms_progress progress = {
      .phase = "fit", .total = sets * stimuli * parts, .loss = NAN, .accuracy = NAN};
  for (unsigned set = 0; !rc && set < sets; set++)
    rc = record_set(s, lab, die, neurons, stimuli, seed + 1000 * set, set % 3 == 2, out, control,
                    &progress, err);
  if (rc)
    ms_fit_records_clear(out);
  return rc;
}

int ms_fit_record_task(const ms_setup *s, ms_lab *lab, const ms_die *die,
                       const double *const *value, size_t n, ms_fit_records *out,
                       const ms_control *control, ms_error *err) {
  *out = (ms_fit_records){.record = calloc(n * s->n_neuron + 1, sizeof *out->record)};
  ms_lab_job *job = calloc(n + 1, sizeof *job);
  int rc = out->record && job ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  for (size_t i = 0; !rc && i < n; i++)
    job[i] = (ms_lab_job){.die = *die, .value = value[i]};
  ms_progress progress = {.phase = "fit", .total = n, .loss = NAN, .accuracy = NAN};
  const place to = {.end = s->n_neuron, .of = s->n_neuron, .record = out->record};
  if (!rc)
    out->n = n * s->n_neuron;
  if (!rc)
    rc = run_jobs(s, lab, job, n, &to, control, &progress, err);
  free(job);
  if (rc)
    ms_fit_records_clear(out);
  return rc;
}
