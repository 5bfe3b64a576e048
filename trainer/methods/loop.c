/* SPDX-License-Identifier: Apache-2.0 */
/* Surrogate gradients in the loop (after Cramer et al. 2022): the chip runs the forward pass; its
 * membranes, or without them the model's made to agree with its spikes, give the gradient. Training
 * dies take turns, one a batch. A step of the method is a batch. */
#include "methods/membrane.h"
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>

static uint64_t steps(const ms_world *w) {
  const ms_experiment *e = w->setup->experiment;
  uint64_t affordable = w->budget / e->loop_batch;
  return e->loop_batches < affordable ? e->loop_batches : affordable;
}

/* Up to the full rate over the first tenth of the batches: Adam's averages are of a few batches
 * then, and each would move every weight by the whole rate, whichever way its noise points. On half
 * a cosine to a twentieth of it: what the last batches' noise would move is a code here and there.
 */
static double rate_of(const ms_world *w, uint64_t step) {
  double done = (double)step / (double)steps(w);
  double up = fmin(1, 10 * (double)(step + 1) / (double)steps(w));
  return up * w->setup->experiment->loop_rate * (0.05 + 0.95 * 0.5 * (1 + cos(acos(-1.0) * done)));
}

typedef struct batch {
  size_t n;
  ms_lab_job *job;
  ms_lab_result *result;
  ms_sim_sample *sample;
  float *gradient;
} batch;

static void draw(const ms_world *w, ms_state *state, uint64_t die, batch *b) {
  const ms_task *task = w->setup->task;
  for (size_t k = 0; k < b->n; k++) {
    size_t i = (size_t)(ms_random_uniform(&state->random) * (double)task->train.n);
    const double *value = task->train.value + i * task->n_value;
    b->job[k] = (ms_lab_job){.die = ms_setup_die(w->setup, die), .value = value};
    b->sample[k] = (ms_sim_sample){.value = value, .label = task->train.label[i]};
  }
}

/* Drops samples whose simulation failed; returns how many are left. */
static size_t keep_good(batch *b) {
  size_t good = 0;
  for (size_t k = 0; k < b->n; k++) {
    if (b->result[k].rc)
      continue;
    b->sample[good] = b->sample[k];
    b->sample[good].spike = b->result[k].spike;
    b->sample[good].n_spike = b->result[k].n_spike;
    b->sample[good].membrane = b->result[k].membrane_v;
    b->sample[good].n_membrane = b->result[k].n_sample;
    good++;
  }
  return good;
}

/* The batch's samples on the chip, membranes as the gradient takes them. The state's own numbers
 * are the thresholds of each training die's neurons. */
static int run_chip(const ms_world *w, ms_state *state, size_t turn, batch *b,
                    const ms_progress *progress, ms_error *err) {
  const ms_setup *s = w->setup;
  if (!s->experiment->observe)
    return ms_lab_run(w->lab, b->job, b->n, b->result, &w->control, progress, err);
  ms_time grid = ms_time_from_s(s->experiment->fine_step_tau * s->encoding.tau_s);
  int rc = ms_state_own(state, w->n_die * s->n_neuron, err);
  if (rc)
    return rc;
  ms_lab_observe(w->lab, grid);
  rc = ms_lab_run(w->lab, b->job, b->n, b->result, &w->control, progress, err);
  ms_lab_observe(w->lab, 0);
  if (rc)
    return rc;
  double *threshold = state->own + turn * s->n_neuron;
  ms_membrane_thresholds(b->result, b->n, s->n_neuron, ms_time_to_s(grid), s->encoding.tau_s,
                         threshold);
  for (size_t k = 0; k < b->n; k++)
    ms_membrane_levels(&b->result[k], s->n_neuron, threshold, state->model.slope_v);
  return MS_OK;
}

static int run_batch(const ms_world *w, ms_state *state, batch *b, ms_error *err) {
  const ms_experiment *x = w->setup->experiment;
  size_t turn = (size_t)(state->step % w->n_die);
  uint64_t die = w->die[turn];
  ms_topology t = ms_setup_topology(w->setup);
  ms_network *network;
  int rc = ms_network_create(t.n_input, t.n_hidden, t.n_class, t.per_class, t.parallel, t.dac_bits,
                             &network, err);
  if (rc)
    return rc;
  ms_weights_to_network(state->learner->weight, network);
  rc = ms_lab_configure(w->lab, network, err);
  ms_network_destroy(network);
  if (rc)
    return rc;
  draw(w, state, die, b);
  const ms_curve *curve = &state->curve[1];
  ms_progress progress = {.phase = "loop",
                          .done = state->step * x->loop_batch,
                          .total = steps(w) * x->loop_batch,
                          .loss = curve->n ? curve->point[curve->n - 1].loss : NAN,
                          .accuracy = curve->n ? curve->point[curve->n - 1].train_accuracy : NAN};
  ms_lab_set_age(w->lab, state->step * x->loop_batch);
  rc = run_chip(w, state, turn, b, &progress, err);
  ms_lab_set_age(w->lab, 0);
  if (rc)
    return rc;
  size_t good = keep_good(b);
  if (!good) {
    rc = ms_fail(err, b->result[0].rc, "all %zu samples of a batch on die %llu failed: %s", b->n,
                 (unsigned long long)die, b->result[0].note);
    ms_lab_results_clear(b->result, b->n);
    return rc;
  }
  state->chip_samples += b->n;
  ms_batch_result result = {.loss = NAN};
  ms_net_options options = ms_net_options_of(w->setup, x->fine_step_tau);
  options.loose = x->loose;
  if (w->fitted) {
    options.fitted = w->fitted + turn * w->setup->n_neuron;
    options.n_fitted = 1;
  }
  rc = ms_crew_run(w->crew, state->learner->weight, b->sample, good, &options, b->gradient, NULL,
                   &result);
  if (!rc)
    ms_learner_step(state->learner, b->gradient, rate_of(w, state->step));
  ms_curve_point point = {.step = state->step,
                          .die = die,
                          .samples = state->chip_samples,
                          .loss = result.loss,
                          .train_accuracy = (double)result.correct / (double)good,
                          .validation_accuracy = NAN};
  if (!rc)
    rc = ms_curve_add(&state->curve[1], &point);
  ms_lab_results_clear(b->result, b->n);
  return rc ? ms_fail(err, rc, "no memory for a batch in the loop") : MS_OK;
}

static int step(const ms_world *w, ms_state *state, ms_error *err) {
  size_t n = w->setup->experiment->loop_batch;
  batch b = {.n = n,
             .job = calloc(n, sizeof(ms_lab_job)),
             .result = calloc(n, sizeof(ms_lab_result)),
             .sample = calloc(n, sizeof(ms_sim_sample)),
             .gradient = calloc(state->learner->n, sizeof(float))};
  int rc = b.job && b.result && b.sample && b.gradient
               ? run_batch(w, state, &b, err)
               : ms_fail(err, MS_ENOMEM, "no memory for a batch of %zu samples", n);
  free(b.job);
  free(b.result);
  free(b.sample);
  free(b.gradient);
  return rc;
}

static void finish(const ms_world *w, ms_state *state) {
  (void)w;
  (void)state;
}

const ms_method ms_method_loop = {
    .name = "gradient", .steps = steps, .step = step, .finish = finish};
