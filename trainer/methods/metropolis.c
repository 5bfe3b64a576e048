/* SPDX-License-Identifier: Apache-2.0 */
/* Metropolis-Hastings in the loop (after Safa et al. 2024; what they leave open is defined here): a
 * proposal moves some weights at random; the chip runs the same few training samples with it; the
 * cross-entropy of its spike counts is the energy. No gradient, no model, nothing but spikes.
 * Samples take turns on the training dies. A step is a proposal of every chain.
 *
 * Whether a proposal will be taken hangs on a bound that is known before it runs, and each sample
 * can only add to its energy: once this is above the bound, the rest need not run. So the samples
 * that were hardest for the chain's weights run first. */
#include "methods/metropolis.h"
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples that decide on a proposal. */
static size_t samples(const ms_world *w) {
  size_t n = w->setup->experiment->loop_batch, all = w->setup->task->train.n;
  return n < all ? n : all;
}

static uint64_t steps(const ms_world *w) {
  const ms_experiment *e = w->setup->experiment;
  uint64_t affordable = w->budget / ((uint64_t)e->loop_batch * e->chains);
  return e->loop_batches < affordable ? e->loop_batches : affordable;
}

enum { AT_ONCE = 4 }; /* samples between two looks at the bound */

/* What is kept of a chain beside itself. */
typedef struct side {
  double *right; /* share of the samples that its weights decide rightly */
  double *ran;   /* chip samples so far */
  double *each;  /* [n] energies of the samples with its weights */
} side;

static size_t side_size(const ms_experiment *e) {
  return 2 + e->loop_batch;
}

static ms_mh_chain chain_of(const ms_experiment *e, const ms_state *s, unsigned c, side *beside) {
  size_t n = s->learner->n;
  double *memory = s->own + c * (ms_mh_size(n) + side_size(e)), *own = memory + ms_mh_size(n);
  *beside = (side){.right = own, .ran = own + 1, .each = own + 2};
  return ms_mh_view(memory, n);
}

typedef struct work {
  const ms_world *w;
  ms_state *state;
  ms_network *network;
  size_t n;
  ms_lab_job *job;
  ms_lab_result *result;
  uint8_t *label;
  size_t *order; /* in which samples run */
  double *each;  /* their energies, by number */
  double *trial;
  float *weight;
  double lowest, right; /* of the chain that stands lowest, per sample */
} work;

/* The same samples in every step, drawn by the experiment's seed; all, where they are no fewer. */
static int choose(work *k, ms_error *err) {
  const ms_task *task = k->w->setup->task;
  ms_random random = {.state = k->w->setup->experiment->seed ^ 0x4d48};
  uint32_t *order = calloc(task->train.n, sizeof *order);
  if (!order)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu samples", task->train.n);
  ms_random_shuffle(&random, order, task->train.n);
  for (size_t i = 0; i < k->n; i++) {
    size_t at = order[i];
    k->job[i] = (ms_lab_job){.die = ms_setup_die(k->w->setup, k->w->die[i % k->w->n_die]),
                             .value = task->train.value + at * task->n_value};
    k->label[i] = task->train.label[at];
  }
  free(order);
  return MS_OK;
}

/* Cross-entropy of the class scores, as in training on the model; a run that failed counts as
 * undecided. */
static double energy_of(const work *k, size_t sample, const ms_lab_result *result, int *right) {
  unsigned n_class = k->network->n_class, count[64] = {0};
  int decision =
      result->rc ? -1 : ms_network_decide(k->network, result->spike, result->n_spike, count);
  double sum = 0, gain = k->w->setup->experiment->score_gain / k->network->per_class;
  for (unsigned c = 0; c < n_class; c++)
    sum += exp(gain * (count[c] - (double)count[k->label[sample]]));
  *right = decision == k->label[sample];
  return log(sum);
}

/* Hardest first; by number where they are alike, so that the order is one. */
static void sort_samples(work *k, const double *each) {
  for (size_t i = 0; i < k->n; i++) {
    size_t at = i;
    for (; at && each[k->order[at - 1]] < each[i]; at--)
      k->order[at] = k->order[at - 1];
    k->order[at] = i;
  }
}

static uint64_t ran_so_far(const work *k) {
  const ms_experiment *e = k->w->setup->experiment;
  side beside;
  double ran = 0;
  for (unsigned c = 0; c < e->chains; c++) {
    chain_of(e, k->state, c, &beside);
    ran += *beside.ran;
  }
  return (uint64_t)ran;
}

/* Runs the trial's samples, until their energies come to more than the bound. */
static int measure(work *k, unsigned chain, double bound, double *energy, double *right,
                   size_t *ran, ms_error *err) {
  const ms_experiment *e = k->w->setup->experiment;
  const uint64_t age = ran_so_far(k);
  for (size_t i = 0; i < k->state->learner->n; i++)
    k->weight[i] = (float)k->trial[i];
  ms_weights_to_network(k->weight, k->network);
  int rc = ms_lab_configure(k->w->lab, k->network, err);
  size_t n_right = 0;
  *energy = 0;
  for (*ran = 0; !rc && *ran < k->n && *energy <= bound;) {
    ms_lab_job job[AT_ONCE];
    size_t n = k->n - *ran < AT_ONCE ? k->n - *ran : AT_ONCE;
    for (size_t i = 0; i < n; i++)
      job[i] = k->job[k->order[*ran + i]];
    ms_progress progress = {.phase = "loop",
                            .done = (k->state->step * e->chains + chain) * k->n + *ran,
                            .total = steps(k->w) * e->chains * k->n,
                            .loss = k->lowest,
                            .accuracy = k->right};
    ms_lab_set_age(k->w->lab, age + *ran);
    rc = ms_lab_run(k->w->lab, job, n, k->result, &k->w->control, &progress, err);
    for (size_t i = 0; !rc && i < n; i++) {
      const size_t sample = k->order[*ran + i];
      int is_right;
      k->each[sample] = energy_of(k, sample, &k->result[i], &is_right);
      *energy += k->each[sample];
      n_right += (size_t)is_right;
    }
    if (!rc)
      ms_lab_results_clear(k->result, n);
    *ran += n;
  }
  ms_lab_set_age(k->w->lab, 0);
  *right = (double)n_right / (double)k->n;
  return rc;
}

/* Chains start at the offline weights, all but the first moved by some steps. */
static int begin(const ms_world *w, ms_state *s, ms_error *err) {
  const ms_experiment *e = w->setup->experiment;
  int rc = ms_state_own(s, e->chains * (ms_mh_size(s->learner->n) + side_size(e)), err);
  if (rc || s->step)
    return rc;
  memset(s->own, 0, s->n_own * sizeof *s->own);
  for (unsigned c = 0; c < e->chains; c++) {
    side beside;
    ms_mh_chain chain = chain_of(e, s, c, &beside);
    for (size_t i = 0; i < chain.n; i++) {
      double v = (double)s->learner->weight[i];
      v += c ? 3 * e->proposal * ms_random_normal(&s->random) : 0;
      chain.value[i] = fmax(-1, fmin(1, v));
    }
  }
  return MS_OK;
}

/* A proposal of one chain. */
static int move(work *k, unsigned c, ms_error *err) {
  const ms_experiment *e = k->w->setup->experiment;
  ms_state *s = k->state;
  ms_mh_options o = {.step = e->proposal,
                     .moved = e->moved,
                     .temperature = e->temperature,
                     .prior_sd = e->prior_sd};
  side beside;
  ms_mh_chain chain = chain_of(e, s, c, &beside);
  sort_samples(k, beside.each);
  ms_mh_propose(&chain, &o, &s->random, k->trial);
  double energy, right, bound = ms_mh_bound(&chain, &o, &s->random, k->trial);
  size_t ran;
  int rc = measure(k, c, bound, &energy, &right, &ran, err);
  if (rc)
    return rc;
  int count = (double)s->step >= e->burn_in * (double)steps(k->w);
  if (ms_mh_decide(&chain, k->trial, energy, bound, count)) {
    memcpy(beside.each, k->each, k->n * sizeof *k->each);
    *beside.right = right;
  }
  *beside.ran += (double)ran;
  s->chip_samples += ran;
  if (!c || chain.figure[MS_MH_ENERGY] / (double)k->n < k->lowest) {
    k->lowest = chain.figure[MS_MH_ENERGY] / (double)k->n;
    k->right = *beside.right;
  }
  return MS_OK;
}

static int run_step(work *k, ms_error *err) {
  ms_state *s = k->state;
  for (unsigned c = 0; c < k->w->setup->experiment->chains; c++) {
    int rc = move(k, c, err);
    if (rc)
      return rc;
  }
  ms_curve_point point = {.step = s->step,
                          .die = k->w->die[0],
                          .samples = s->chip_samples,
                          .loss = k->lowest,
                          .train_accuracy = k->right,
                          .validation_accuracy = NAN};
  return ms_curve_add(&s->curve[1], &point) ? ms_fail(err, MS_ENOMEM, "no memory for a curve")
                                            : MS_OK;
}

static int make_work(work *k, ms_error *err) {
  ms_topology t = ms_setup_topology(k->w->setup);
  const size_t n_weight = k->state->learner->n;
  k->job = calloc(k->n, sizeof *k->job);
  k->result = calloc(AT_ONCE, sizeof *k->result);
  k->label = calloc(k->n, 1);
  k->order = calloc(k->n, sizeof *k->order);
  k->each = calloc(k->n, sizeof *k->each);
  k->trial = calloc(n_weight, sizeof *k->trial);
  k->weight = calloc(n_weight, sizeof *k->weight);
  if (!k->job || !k->result || !k->label || !k->order || !k->each || !k->trial || !k->weight)
    return ms_fail(err, MS_ENOMEM, "no memory for %zu samples", k->n);
  int rc = choose(k, err);
  return rc ? rc
            : ms_network_create(t.n_input, t.n_hidden, t.n_class, t.per_class, t.parallel,
                                t.dac_bits, &k->network, err);
}

static int step(const ms_world *w, ms_state *state, ms_error *err) {
  const ms_curve *curve = &state->curve[1];
  work k = {.w = w,
            .state = state,
            .n = samples(w),
            .lowest = curve->n ? curve->point[curve->n - 1].loss : NAN,
            .right = curve->n ? curve->point[curve->n - 1].train_accuracy : NAN};
  int rc = make_work(&k, err);
  if (!rc)
    rc = begin(w, state, err);
  if (!rc)
    rc = run_step(&k, err);
  ms_network_destroy(k.network);
  free(k.job);
  free(k.result);
  free(k.label);
  free(k.order);
  free(k.each);
  free(k.trial);
  free(k.weight);
  return rc;
}

/* The mean of all chains, or the weights of lowest energy, become the network's. */
static void finish(const ms_world *w, ms_state *s) {
  const ms_experiment *e = w->setup->experiment;
  double counted = 0, lowest = INFINITY;
  const double *best = NULL;
  side beside;
  for (unsigned c = 0; c < e->chains && s->n_own; c++) {
    ms_mh_chain chain = chain_of(e, s, c, &beside);
    counted += chain.figure[MS_MH_COUNTED];
    if (chain.figure[MS_MH_STARTED] > 0 && chain.figure[MS_MH_BEST] < lowest) {
      lowest = chain.figure[MS_MH_BEST];
      best = chain.best;
    }
  }
  if (!best)
    return;
  for (size_t i = 0; i < s->learner->n; i++) {
    double mean = 0;
    for (unsigned c = 0; c < e->chains; c++)
      mean += chain_of(e, s, c, &beside).sum[i] / fmax(counted, 1);
    s->learner->weight[i] = (float)(e->deploy_best || !(counted > 0) ? best[i] : mean);
  }
}

ms_chain_report ms_metropolis_report(const ms_experiment *e, const ms_state *s) {
  ms_chain_report r = {.spread = NAN};
  side beside;
  if (e->loop_method != MS_LOOP_METROPOLIS ||
      s->n_own != e->chains * (ms_mh_size(s->learner->n) + side_size(e)))
    return r;
  ms_mh_chain *chain = calloc(e->chains, sizeof *chain);
  if (!chain)
    return r;
  for (unsigned c = 0; c < e->chains; c++)
    chain[c] = chain_of(e, s, c, &beside);
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
