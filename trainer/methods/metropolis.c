/* SPDX-License-Identifier: Apache-2.0 */
/* Metropolis-Hastings in the loop (after Safa et al. 2024; what they leave open is defined here): a
 * proposal moves every weight at random; the chip runs the same few training samples with it; the
 * cross-entropy of its spike counts is the energy. No gradient, no model, nothing but spikes.
 * Samples take turns on the training dies. A step is a proposal of every chain. */
#include "methods/metropolis.h"
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t steps(const ms_world *w) {
  const ms_experiment *e = w->setup->experiment;
  uint64_t affordable = w->budget / ((uint64_t)e->loop_batch * e->chains);
  return e->loop_batches < affordable ? e->loop_batches : affordable;
}

typedef struct work {
  const ms_world *w;
  ms_state *state;
  ms_network *network;
  size_t n;
  ms_lab_job *job;
  ms_lab_result *result;
  uint8_t *label;
  double *trial;
  float *weight;
  double energy, right; /* of the chain that stood lowest in this step */
} work;

/* The same samples in every step, drawn by the experiment's seed. */
static void choose(work *k) {
  const ms_task *task = k->w->setup->task;
  ms_random random = {.state = k->w->setup->experiment->seed ^ 0x4d48};
  for (size_t i = 0; i < k->n; i++) {
    size_t at = (size_t)(ms_random_uniform(&random) * (double)task->train.n);
    k->job[i] = (ms_lab_job){.die = ms_setup_die(k->w->setup, k->w->die[i % k->w->n_die]),
                             .value = task->train.value + at * task->n_value};
    k->label[i] = task->train.label[at];
  }
}

/* Cross-entropy of the class scores (spikes of a class's neurons, in the mean); a run that failed
 * counts as undecided. */
static double energy_of(work *k, double *right) {
  unsigned n_class = k->network->n_class, count[64];
  double energy = 0;
  *right = 0;
  for (size_t i = 0; i < k->n; i++) {
    memset(count, 0, sizeof count);
    int decision = k->result[i].rc ? -1
                                   : ms_network_decide(k->network, k->result[i].spike,
                                                       k->result[i].n_spike, count);
    double sum = 0, per = k->network->per_class;
    for (unsigned c = 0; c < n_class; c++)
      sum += exp((count[c] - (double)count[k->label[i]]) / per);
    energy += log(sum);
    *right += decision == k->label[i];
  }
  return energy;
}

static int measure(work *k, unsigned chain, double *energy, double *right, ms_error *err) {
  const ms_experiment *e = k->w->setup->experiment;
  uint64_t each = e->loop_batch;
  ms_progress progress = {.phase = "loop",
                          .done = (k->state->step * e->chains + chain) * each,
                          .total = steps(k->w) * e->chains * each,
                          .loss = k->energy / (double)k->n,
                          .accuracy = k->right / (double)k->n};
  for (size_t i = 0; i < k->state->learner->n; i++)
    k->weight[i] = (float)fmax(-1, fmin(1, k->trial[i]));
  ms_weights_to_network(k->weight, k->network);
  int rc = ms_lab_configure(k->w->lab, k->network, err);
  ms_lab_set_age(k->w->lab, progress.done);
  if (!rc)
    rc = ms_lab_run(k->w->lab, k->job, k->n, k->result, &k->w->control, &progress, err);
  ms_lab_set_age(k->w->lab, 0);
  if (rc)
    return rc;
  *energy = energy_of(k, right);
  ms_lab_results_clear(k->result, k->n);
  return MS_OK;
}

/* Chains start at the offline weights, all but the first moved by some steps. */
static int begin(const ms_world *w, ms_state *s, ms_error *err) {
  const ms_experiment *e = w->setup->experiment;
  size_t n = s->learner->n;
  int rc = ms_state_own(s, e->chains * ms_mh_size(n), err);
  if (rc || s->step)
    return rc;
  memset(s->own, 0, s->n_own * sizeof *s->own);
  for (unsigned c = 0; c < e->chains; c++) {
    ms_mh_chain chain = ms_mh_view(s->own + c * ms_mh_size(n), n);
    for (size_t i = 0; i < n; i++) {
      double v = (double)s->learner->weight[i];
      v += c ? 3 * e->proposal * ms_random_normal(&s->random) : 0;
      chain.value[i] = fmax(-1, fmin(1, v));
    }
  }
  return MS_OK;
}

static int run_step(work *k, ms_error *err) {
  const ms_experiment *e = k->w->setup->experiment;
  ms_state *s = k->state;
  ms_mh_options o = {.step = e->proposal,
                     .moved = e->moved,
                     .temperature = e->temperature,
                     .prior_sd = e->prior_sd};
  int count = (double)s->step >= e->burn_in * (double)steps(k->w);
  double lowest = INFINITY;
  for (unsigned c = 0; c < e->chains; c++) {
    ms_mh_chain chain = ms_mh_view(s->own + c * ms_mh_size(s->learner->n), s->learner->n);
    double energy, right;
    ms_mh_propose(&chain, &o, &s->random, k->trial);
    int rc = measure(k, c, &energy, &right, err);
    if (rc)
      return rc;
    ms_mh_decide(&chain, &o, &s->random, k->trial, energy, count);
    s->chip_samples += k->n;
    if (chain.figure[MS_MH_ENERGY] < lowest) {
      lowest = chain.figure[MS_MH_ENERGY];
      k->right = right;
    }
  }
  ms_curve_point point = {.step = s->step,
                          .die = k->w->die[0],
                          .samples = s->chip_samples,
                          .loss = lowest / (double)k->n,
                          .train_accuracy = k->right / (double)k->n,
                          .validation_accuracy = NAN};
  return ms_curve_add(&s->curve[1], &point) ? ms_fail(err, MS_ENOMEM, "no memory for a curve")
                                            : MS_OK;
}

static int step(const ms_world *w, ms_state *s, ms_error *err) {
  size_t n = w->setup->experiment->loop_batch;
  ms_topology t = ms_setup_topology(w->setup);
  work k = {.w = w,
            .state = s,
            .n = n,
            .job = calloc(n, sizeof(ms_lab_job)),
            .result = calloc(n, sizeof(ms_lab_result)),
            .label = calloc(n, 1),
            .trial = calloc(s->learner->n, sizeof(double)),
            .weight = calloc(s->learner->n, sizeof(float)),
            .energy = NAN,
            .right = NAN};
  int rc = k.job && k.result && k.label && k.trial && k.weight
               ? ms_network_create(t.n_input, t.n_hidden, t.n_class, t.per_class, t.parallel,
                                   t.dac_bits, &k.network, err)
               : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
  if (!rc)
    rc = begin(w, s, err);
  if (!rc) {
    choose(&k);
    rc = run_step(&k, err);
  }
  ms_network_destroy(k.network);
  free(k.job);
  free(k.result);
  free(k.label);
  free(k.trial);
  free(k.weight);
  return rc;
}

/* The mean of all chains, or the weights of lowest energy, become the network's. */
static void finish(const ms_world *w, ms_state *s) {
  const ms_experiment *e = w->setup->experiment;
  size_t n = s->learner->n;
  double counted = 0, lowest = INFINITY;
  const double *best = NULL;
  for (unsigned c = 0; c < e->chains && s->n_own; c++) {
    ms_mh_chain chain = ms_mh_view(s->own + c * ms_mh_size(n), n);
    counted += chain.figure[MS_MH_COUNTED];
    if (chain.figure[MS_MH_STARTED] > 0 && chain.figure[MS_MH_BEST] < lowest) {
      lowest = chain.figure[MS_MH_BEST];
      best = chain.best;
    }
  }
  if (!best)
    return;
  for (size_t i = 0; i < n; i++) {
    double mean = 0;
    for (unsigned c = 0; c < e->chains; c++)
      mean += ms_mh_view(s->own + c * ms_mh_size(n), n).sum[i] / fmax(counted, 1);
    s->learner->weight[i] = (float)(e->deploy_best || !(counted > 0) ? best[i] : mean);
  }
}

ms_chain_report ms_metropolis_report(const ms_experiment *e, const ms_state *s) {
  size_t n = s->learner->n;
  ms_chain_report r = {.spread = NAN};
  if (e->loop_method != MS_LOOP_METROPOLIS || s->n_own != e->chains * ms_mh_size(n))
    return r;
  ms_mh_chain *chain = calloc(e->chains, sizeof *chain);
  if (!chain)
    return r;
  for (unsigned c = 0; c < e->chains; c++)
    chain[c] = ms_mh_view(s->own + c * ms_mh_size(n), n);
  ms_mh_diagnosis d = ms_mh_diagnose(chain, e->chains);
  r = (ms_chain_report){.chains = e->chains,
                        .proposals = chain[0].figure[MS_MH_PROPOSED],
                        .acceptance = d.acceptance,
                        .autocorrelation = d.autocorrelation,
                        .spread = d.spread};
  free(chain);
  return r;
}

const ms_method ms_method_metropolis = {
    .name = "metropolis", .steps = steps, .step = step, .finish = finish};
