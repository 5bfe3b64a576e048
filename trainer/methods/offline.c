/* SPDX-License-Identifier: Apache-2.0 */
/* Surrogate gradients on the model: coarse time steps first, then fine ones, because a network
 * trained with coarse steps alone is fitted to their grid. A step of the method is an epoch. */
#include "base/clock.h"
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ms_net_options ms_net_options_of(const ms_setup *setup, double step_tau) {
  return (ms_net_options){.window_tau = setup->encoding.window_tau,
                          .dt_tau = step_tau,
                          .beta = (float)setup->experiment->beta,
                          .gain = (float)setup->experiment->score_gain,
                          .burst = (float)setup->experiment->burst,
                          .revive = 1};
}

/* Training is one round of epochs, and after each further fit one more. */
typedef struct course {
  uint64_t first, coarse, fine; /* epochs: number of the first, with coarse and with fine steps */
  double rate;
} course;

static uint64_t round_epochs(const ms_experiment *e) {
  return (uint64_t)e->refit_epochs + e->refit_fine_epochs;
}

static course course_of(const ms_experiment *e, uint64_t step) {
  uint64_t before = (uint64_t)e->epochs + e->fine_epochs, round = round_epochs(e);
  if (step < before || !e->refit_samples)
    return (course){0, e->epochs, e->fine_epochs, e->rate};
  uint64_t first = round ? before + (step - before) / round * round : before;
  return (course){first, e->refit_epochs, e->refit_fine_epochs, e->refit_rate};
}

static int is_fine(const course *r, uint64_t step) {
  return step >= r->first + r->coarse;
}

int ms_offline_refits(const ms_experiment *e, uint64_t step) {
  return e->refit_samples && step >= (uint64_t)e->epochs + e->fine_epochs &&
         step == course_of(e, step).first;
}

uint64_t ms_offline_steps(const ms_world *w) {
  const ms_experiment *e = w->setup->experiment;
  uint64_t again = e->refit_samples ? e->refit_rounds * round_epochs(e) : 0;
  return (uint64_t)e->epochs + e->fine_epochs + again;
}

static double validate(const ms_world *w, const float *weight, const ms_net_options *options,
                       ms_error *err, int *rc) {
  const ms_task *task = w->setup->task;
  const ms_dataset *set = &task->validation;
  ms_sim_sample *sample = calloc(set->n, sizeof *sample);
  ms_batch_result result = {0};
  *rc = sample ? MS_OK : MS_ENOMEM;
  for (size_t i = 0; sample && i < set->n; i++)
    sample[i] = (ms_sim_sample){.value = set->value + i * task->n_value, .label = set->label[i]};
  if (!*rc)
    *rc = ms_crew_run(w->crew, weight, sample, set->n, options, NULL, NULL, &result);
  free(sample);
  if (*rc)
    ms_fail(err, *rc, "no memory to validate");
  return (double)result.correct / (double)set->n;
}

/* Half a cosine from the full rate to a twentieth of it. */
static double rate_of(const ms_experiment *e, uint64_t step) {
  course r = course_of(e, step);
  double done = (double)(step - r.first) / (double)(r.coarse + r.fine);
  return r.rate * (0.05 + 0.95 * 0.5 * (1 + cos(acos(-1.0) * done)));
}

typedef struct epoch {
  const ms_world *w;
  ms_state *state;
  ms_update *update;
  ms_net_options options;
  float *gradient;
  uint32_t *order;
  ms_sim_sample *sample;
  double start_s, told_s, loss, right;
} epoch;

static void tell(epoch *e, size_t batch, size_t batches) {
  const ms_control *c = &e->w->control;
  double now = ms_clock_s();
  if (!c->report || (batch && now - e->told_s < 0.2))
    return;
  e->told_s = now;
  uint64_t all = ms_offline_steps(e->w) * batches, done = e->state->step * batches + batch;
  double here = (now - e->start_s) / (double)(batch ? batch : 1);
  const ms_curve *curve = &e->state->curve[0];
  ms_progress p = {.phase = "offline",
                   .done = done,
                   .total = all,
                   .eta_s = batch ? here * (double)(all - done) : -1,
                   .loss = batch ? e->loss / (double)batch : NAN,
                   .accuracy = curve->n ? curve->point[curve->n - 1].validation_accuracy : NAN};
  c->report(c->user, &p);
}

static int run_epoch(epoch *e, ms_error *err) {
  const ms_setup *s = e->w->setup;
  const ms_dataset *set = &s->task->train;
  size_t batch = s->experiment->batch < set->n ? s->experiment->batch : set->n;
  size_t batches = set->n / batch;
  double rate = rate_of(s->experiment, e->state->step);
  for (size_t b = 0; b < batches; b++) {
    if (e->w->control.cancel && *e->w->control.cancel)
      return ms_fail(err, MS_EINTERRUPTED, "interrupted");
    tell(e, b, batches);
    for (size_t k = 0; k < batch; k++) {
      size_t i = e->order[b * batch + k];
      e->sample[k] =
          (ms_sim_sample){.value = set->value + i * s->task->n_value, .label = set->label[i]};
    }
    ms_batch_result result;
    e->options.draw = ms_random_u64(&e->state->random);
    int rc = ms_crew_run(e->w->crew, e->state->learner->weight, e->sample, batch, &e->options,
                         e->gradient, NULL, &result);
    if (rc)
      return ms_fail(err, rc, "no memory for a batch of %zu samples", batch);
    e->update(e->state, e->gradient, rate);
    e->loss += result.loss;
    e->right += (double)result.correct;
  }
  e->loss /= (double)batches;
  e->right /= (double)(batches * batch);
  return MS_OK;
}

/* Drawn mismatch; it grows over the first epochs, as a network that learns the task from the
 * beginning under full mismatch stays behind. */
static void vary(const ms_experiment *x, uint64_t step, ms_net_options *options) {
  double share = step < x->ramp ? (double)step / x->ramp : 1;
  options->spread = share * x->spread;
  options->neuron_spread = share * x->neuron_spread;
  options->n_drawn = x->drawn_dies;
}

/* Groups of samples run on one fitted die after the other. */
static void use_fitted(const ms_world *w, ms_net_options *options) {
  if (w->setup->experiment->fitted) {
    options->fitted = w->fitted;
    options->n_fitted = (unsigned)w->n_die;
  }
}

/* Keeps the best weights; a round and its first fine epoch start the comparison anew, as figures of
 * different neurons or time steps do not compare. */
static int keep_best(epoch *e, ms_error *err) {
  const ms_experiment *x = e->w->setup->experiment;
  ms_state *s = e->state;
  int rc;
  vary(x, x->ramp, &e->options);
  e->options.draw = x->seed; /* the same dies every time, for a fair comparison */
  double accuracy = validate(e->w, s->learner->weight, &e->options, err, &rc);
  if (rc)
    return rc;
  course r = course_of(x, s->step);
  if (s->step == r.first || s->step == r.first + r.coarse || accuracy > s->best_accuracy) {
    s->best_accuracy = accuracy;
    memcpy(s->best, s->learner->weight, s->learner->n * sizeof *s->best);
  }
  ms_curve_point point = {.step = s->step,
                          .samples = s->chip_samples,
                          .loss = e->loss,
                          .train_accuracy = e->right,
                          .validation_accuracy = accuracy};
  return ms_curve_add(&s->curve[0], &point)
             ? ms_fail(err, MS_ENOMEM, "no memory for the training curve")
             : MS_OK;
}

int ms_offline_epoch(const ms_world *w, ms_state *state, ms_update *update, ms_error *err) {
  const ms_experiment *x = w->setup->experiment;
  size_t n = w->setup->task->train.n;
  course r = course_of(x, state->step);
  double dt = is_fine(&r, state->step) ? x->fine_step_tau : x->coarse_step_tau;
  epoch e = {.w = w,
             .state = state,
             .update = update,
             .options = ms_net_options_of(w->setup, dt),
             .gradient = calloc(state->learner->n, sizeof(float)),
             .order = calloc(n, sizeof(uint32_t)),
             .sample = calloc(n, sizeof(ms_sim_sample)),
             .start_s = ms_clock_s()};
  vary(x, state->step, &e.options);
  use_fitted(w, &e.options);
  int rc = e.gradient && e.order && e.sample
               ? MS_OK
               : ms_fail(err, MS_ENOMEM, "no memory for an epoch of %zu samples", n);
  if (!rc) {
    ms_random_shuffle(&state->random, e.order, n);
    rc = run_epoch(&e, err);
  }
  if (!rc)
    rc = keep_best(&e, err);
  free(e.gradient);
  free(e.order);
  free(e.sample);
  return rc;
}

void ms_offline_finish(const ms_world *w, ms_state *state) {
  (void)w;
  ms_learner *l = state->learner;
  memcpy(l->weight, state->best, l->n * sizeof *l->weight);
  memcpy(state->offline, state->best, l->n * sizeof *l->weight);
  memset(l->first, 0, l->n * sizeof *l->first);
  memset(l->second, 0, l->n * sizeof *l->second);
  l->updates = 0;
}

static void update(ms_state *state, const float *gradient, double rate) {
  ms_learner_step(state->learner, gradient, rate);
}

static int step(const ms_world *w, ms_state *state, ms_error *err) {
  return ms_offline_epoch(w, state, update, err);
}

const ms_method ms_method_offline = {
    .name = "plain", .steps = ms_offline_steps, .step = step, .finish = ms_offline_finish};
