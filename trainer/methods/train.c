/* SPDX-License-Identifier: Apache-2.0 */
/* A training run from the experiment to the report: phase after phase, with a checkpoint after
 * every step. */
#include "base/clock.h"
#include "methods/fit.h"
#include "methods/train_run.h"
#include "mixspike/package.h"
#include "mixspike/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ms_run_save(ms_run *r, ms_error *err) {
  double now = ms_clock_s(), router_s, chip_s = ms_lab_wall_s(r->lab, &router_s);
  r->state->wall_s += now - r->mark_s;
  r->state->chip_wall_s += chip_s - r->chip_mark_s;
  r->state->router_wall_s += router_s - r->router_mark_s;
  r->mark_s = now;
  r->chip_mark_s = chip_s;
  r->router_mark_s = router_s;
  return ms_state_save(r->state, r->checkpoint, err);
}

static int next_phase(ms_run *r, ms_phase phase, ms_error *err) {
  r->state->phase = phase;
  r->state->step = 0;
  return ms_run_save(r, err);
}

const ms_method *ms_method_on_model(const ms_experiment *e) {
  static const ms_method *const method[] = {&ms_method_offline, &ms_method_gene,
                                            &ms_method_reservoir};
  return method[e->method];
}

const ms_method *ms_method_on_chip(const ms_experiment *e) {
  return e->loop_method == MS_LOOP_METROPOLIS ? &ms_method_metropolis : &ms_method_loop;
}

int ms_run_network(const ms_run *r, const float *weight, ms_network **out, ms_error *err) {
  ms_topology t = ms_setup_topology(r->setup);
  int rc = ms_network_create(t.n_input, t.n_hidden, t.n_class, t.per_class, t.parallel, t.dac_bits,
                             out, err);
  if (!rc)
    ms_weights_to_network(weight, *out);
  return rc;
}

/* Accuracy of the offline weights on the ideal model, test set, fine step. */
static int model_accuracy(ms_run *r, ms_error *err) {
  const ms_dataset *set = &r->setup->task->test;
  unsigned n_value = r->setup->task->n_value;
  ms_sim_sample *sample = calloc(set->n, sizeof *sample);
  if (!sample)
    return ms_fail(err, MS_ENOMEM, "no memory for the test set");
  for (size_t i = 0; i < set->n; i++)
    sample[i] = (ms_sim_sample){.value = set->value + i * n_value, .label = set->label[i]};
  ms_net_options options = ms_net_options_of(r->setup, r->e->fine_step_tau);
  ms_batch_result result;
  int rc = ms_crew_run(r->crew, r->state->offline, sample, set->n, &options, NULL, NULL, &result);
  free(sample);
  if (rc)
    return ms_fail(err, rc, "no memory for the test set");
  r->state->model_accuracy = (double)result.correct / (double)set->n;
  return MS_OK;
}

static int make_crew(ms_run *r, ms_error *err) {
  const ms_experiment *e = r->e;
  ms_topology t = ms_setup_topology(r->setup);
  ms_sim_params params;
  int rc = ms_fit_params(r->setup, r->lab, &r->state->model, &params, err);
  if (rc)
    return rc;
  if (e->fit_per_die && (rc = ms_run_fitted(r, err)))
    return rc;
  double smallest = e->fine_step_tau < e->coarse_step_tau ? e->fine_step_tau : e->coarse_step_tau;
  rc = ms_crew_create(&t, &params, &r->setup->encoding, smallest, e->jobs, &r->crew);
  return rc ? ms_fail(err, rc, "no memory for the model of %u neurons", r->setup->n_neuron) : MS_OK;
}

/* The first training die and the first held-out die: they are confirmed and they are golden. */
static int is_golden(const ms_experiment *e, size_t i) {
  return i == 0 || i == e->n_training_die;
}

/* A few samples of one die on the confirming engine. */
static int confirm_die(ms_run *r, const ms_network *network, ms_die_result *result, ms_error *err) {
  int rc = MS_OK;
  if (!r->confirm_lab)
    rc = ms_lab_create(r->confirm_setup, r->e->jobs, &r->confirm_lab, err);
  size_t n = ms_die_samples(r->setup, r->e->n_confirm);
  ms_progress progress = {.phase = "confirm", .total = n, .loss = NAN, .accuracy = NAN};
  ms_die_result there = *result;
  if (!rc)
    rc = ms_measure_die(r->confirm_setup, r->confirm_lab, network, n, &r->options->control,
                        &progress, &there, &there.confirmed, err);
  if (rc)
    return rc;
  result->confirmed = there.confirmed;
  result->confirm_samples = there.samples;
  result->confirm_errors = there.errors;
  memcpy(result->failure, there.failure, sizeof result->failure);
  r->state->chip_samples += n;
  return MS_OK;
}

/* One die: before the loop where that is asked for, then as trained. */
static int evaluate_die(ms_run *r, const ms_network *before, const ms_network *after,
                        ms_error *err) {
  ms_state *s = r->state;
  size_t i = (size_t)s->step, n = ms_die_samples(r->setup, 0);
  int both = r->e->loop_batches && r->e->compare;
  size_t each = both ? 2 * n : n;
  ms_progress progress = {.phase = "evaluate",
                          .done = i * each,
                          .total = s->n_die * each,
                          .loss = NAN,
                          .accuracy = i ? s->die[i - 1].accuracy : NAN};
  ms_die_result result = s->die[i];
  int rc = MS_OK;
  if (both) {
    rc = ms_measure_die(r->setup, r->lab, before, n, &r->options->control, &progress, &result,
                        &result.before, err);
    progress.done += n;
  }
  if (!rc)
    rc = ms_measure_die(r->setup, r->lab, after, n, &r->options->control, &progress, &result,
                        &result.accuracy, err);
  if (rc)
    return rc;
  if (!r->e->loop_batches)
    result.before = result.accuracy;
  if (r->confirm_setup && is_golden(r->e, i) && (rc = confirm_die(r, after, &result, err)))
    return rc;
  s->die[i] = result;
  s->chip_samples += each;
  return MS_OK;
}

static int evaluate(ms_run *r, ms_error *err) {
  ms_state *s = r->state;
  ms_network *before = NULL, *after = NULL;
  int rc = ms_run_network(r, s->offline, &before, err);
  if (!rc)
    rc = ms_run_network(r, s->learner->weight, &after, err);
  while (!rc && s->step < s->n_die) {
    rc = evaluate_die(r, before, after, err);
    if (!rc) {
      s->step++;
      rc = ms_run_save(r, err);
    }
  }
  ms_network_destroy(before);
  ms_network_destroy(after);
  return rc;
}

static int package(ms_run *r, ms_train_report *report, ms_error *err) {
  uint64_t die[2];
  size_t n = 0;
  for (size_t i = 0; i < r->state->n_die; i++)
    if (is_golden(r->e, i))
      die[n++] = r->state->die[i].die;
  ms_network *network;
  int rc = ms_run_network(r, r->state->learner->weight, &network, err);
  if (rc)
    return rc;
  char folder[512];
  snprintf(folder, sizeof folder, "%s/package", r->folder);
  const ms_setup *setup = r->confirm_setup ? r->confirm_setup : r->setup;
  const ms_package_origin origin = {.model = &r->state->model};
  rc = ms_package_write(setup, network, folder, die, n, &origin, &r->options->control, err);
  if (!rc)
    snprintf(report->package, sizeof report->package, "%s", folder);
  ms_network_destroy(network);
  return rc;
}

/* Between two rounds of training on the model; the next begins with the best weights of the last.
 * The checkpoint has none of it before the next epoch is done. */
static int refit(ms_run *r, const ms_world *world, ms_error *err) {
  ms_offline_finish(world, r->state);
  int rc = ms_run_refit(r, err);
  return rc ? rc : ms_run_fitted(r, err);
}

static int run_method(ms_run *r, const ms_method *method, const ms_world *world, ms_error *err) {
  uint64_t n = method->steps(world);
  while (r->state->step < n) {
    if (world->control.cancel && *world->control.cancel)
      return ms_fail(err, MS_EINTERRUPTED, "interrupted; --resume continues");
    int rc = MS_OK;
    if (r->state->phase == MS_PHASE_OFFLINE && ms_offline_refits(r->e, r->state->step))
      rc = refit(r, world, err);
    if (!rc)
      rc = method->step(world, r->state, err);
    if (rc)
      return rc;
    r->state->step++;
    if ((rc = ms_run_save(r, err)))
      return rc;
  }
  method->finish(world, r->state);
  return MS_OK;
}

/* Weights of another training in place of one on the model. */
static int take_start(ms_run *r, const ms_network *n, ms_error *err) {
  ms_topology t = ms_setup_topology(r->setup);
  ms_state *s = r->state;
  if (n->n_input != t.n_input || n->n_hidden != t.n_hidden || n->n_class != t.n_class ||
      n->per_class != t.per_class || n->parallel != t.parallel)
    return ms_fail(err, MS_EINVAL, "the network to start from has another shape");
  ms_weights_from_network(n, s->learner->weight);
  memcpy(s->best, s->learner->weight, s->learner->n * sizeof *s->best);
  memcpy(s->offline, s->learner->weight, s->learner->n * sizeof *s->offline);
  return MS_OK;
}

/* A network is codes, and weights in the middle of their codes would all stay there for some
 * batches of the loop and then change codes together, as Adam moves them alike. Spread evenly over
 * what is rounded to their codes, they change one after the other. */
static void spread(ms_learner *l, ms_random *random) {
  const double code = 1.0 / (double)((1u << l->topology.dac_bits) - 1);
  for (size_t i = 0; i < l->n; i++) {
    double w = (double)l->weight[i] + 0.98 * code * (ms_random_uniform(random) - 0.5);
    l->weight[i] = (float)fmax(-1, fmin(1, w));
  }
}

static int start(ms_run *r, ms_error *err) {
  if (r->e->fitted && r->e->method == MS_MODEL_GENE)
    return ms_fail(
        err, MS_EINVAL,
        "weights to start from cannot be trained by genes on fitted neurons; use another "
        "'training.method'");
  if (r->options->start)
    return take_start(r, r->options->start, err);
  ms_network *n = NULL;
  int rc = r->options->begin(r->options->begin_user, r->setup, &r->state->model, &n, err);
  if (!rc)
    rc = take_start(r, n, err);
  ms_network_destroy(n);
  return rc;
}

static int run_phases(ms_run *r, ms_train_report *report, ms_error *err) {
  ms_state *s = r->state;
  const ms_experiment *e = r->e;
  int rc = MS_OK;
  if (s->phase == MS_PHASE_FIT) {
    rc = ms_run_fit(r, err);
    if (rc || (rc = next_phase(r, MS_PHASE_OFFLINE, err)))
      return rc;
  }
  if ((rc = make_crew(r, err)))
    return rc;
  ms_world world = {.setup = r->setup,
                    .crew = r->crew,
                    .lab = r->lab,
                    .die = e->training_die,
                    .n_die = e->n_training_die,
                    .fitted = r->fitted,
                    .budget = (uint64_t)e->loop_batches * e->loop_batch *
                              (e->loop_method == MS_LOOP_METROPOLIS ? e->chains : 1),
                    .control = r->options->control};
  if (s->phase == MS_PHASE_OFFLINE && (r->options->start || r->options->begin)) {
    if (!s->step && (rc = start(r, err)))
      return rc;
    if (!e->fitted) {
      spread(s->learner, &s->random);
      if ((rc = next_phase(r, MS_PHASE_LOOP, err)))
        return rc;
    }
  }
  if (s->phase == MS_PHASE_OFFLINE) {
    if ((rc = run_method(r, ms_method_on_model(e), &world, err)) || (rc = model_accuracy(r, err)) ||
        (rc = next_phase(r, MS_PHASE_LOOP, err)))
      return rc;
  }
  if (s->phase == MS_PHASE_LOOP) {
    if ((rc = run_method(r, ms_method_on_chip(e), &world, err)) ||
        (rc = next_phase(r, MS_PHASE_EVALUATE, err)))
      return rc;
  }
  if (r->options->only_weights)
    return MS_OK;
  if (s->phase == MS_PHASE_EVALUATE) {
    if ((rc = evaluate(r, err)) || (rc = next_phase(r, MS_PHASE_PACKAGE, err)))
      return rc;
  }
  return r->options->no_package ? MS_OK : package(r, report, err);
}

static int begin(ms_run *r, ms_error *err) {
  const char *folder = r->options->output ? r->options->output : r->e->output;
  if (strlen(folder) >= sizeof r->folder)
    return ms_fail(err, MS_ERANGE, "the name of the output folder is too long");
  snprintf(r->folder, sizeof r->folder, "%s", folder);
  snprintf(r->checkpoint, sizeof r->checkpoint, "%s/checkpoint.h5", folder);
  int rc;
  (void)((rc = ms_setup_create(r->e, &r->setup, err)) || (rc = ms_make_folder(folder, err)) ||
         (rc = ms_state_create(r->setup, &r->state, err)) ||
         (rc = ms_lab_create(r->setup, r->e->jobs, &r->lab, err)));
  if (!rc && r->e->confirm) {
    r->confirm = *r->e;
    r->confirm.analog = r->e->confirm_analog;
    rc = ms_setup_create(&r->confirm, &r->confirm_setup, err);
  }
  if (!rc && r->options->resume)
    rc = ms_state_load(r->state, r->setup, r->checkpoint, err);
  else if (!rc)
    rc = ms_run_save(r, err); /* from here on there is something to resume */
  return rc;
}

/* Moves what the state holds into the report. */
static void hand_over(ms_run *r, ms_train_report *report) {
  ms_state *s = r->state;
  report->chain = ms_metropolis_report(r->e, s);
  report->offline = s->curve[0];
  report->loop = s->curve[1];
  report->die = s->die;
  report->n_die = s->n_die;
  report->fit = s->fit;
  report->n_fit = s->n_fit;
  report->model_accuracy = s->model_accuracy;
  report->chip_samples = s->chip_samples;
  report->wall_s = s->wall_s;
  report->chip_wall_s = s->chip_wall_s;
  report->router_wall_s = s->router_wall_s;
  memset(s->curve, 0, sizeof s->curve);
  s->die = NULL;
  s->fit = NULL;
}

int ms_train(const ms_experiment *experiment, const ms_train_options *options,
             ms_train_report *report, ms_error *err) {
  memset(report, 0, sizeof *report);
  ms_run r = {.e = experiment, .options = options, .mark_s = ms_clock_s()};
  int rc = begin(&r, err);
  if (!rc)
    rc = run_phases(&r, report, err);
  if (r.state) {
    ms_error ignored;
    if (ms_run_network(&r, r.state->learner->weight, &report->network, &ignored) && !rc)
      rc = ms_fail(err, MS_ENOMEM, "no memory for the trained network");
    hand_over(&r, report);
  }
  ms_crew_destroy(r.crew);
  free(r.fitted);
  ms_lab_destroy(r.confirm_lab);
  ms_setup_destroy(r.confirm_setup);
  ms_lab_destroy(r.lab);
  ms_state_destroy(r.state);
  ms_setup_destroy(r.setup);
  return rc;
}

void ms_train_report_clear(ms_train_report *report) {
  ms_network_destroy(report->network);
  free(report->offline.point);
  free(report->loop.point);
  free(report->die);
  free(report->fit);
  memset(report, 0, sizeof *report);
}
