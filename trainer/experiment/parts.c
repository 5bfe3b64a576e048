/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of an experiment: every key, its range, its unit and its default. */
#include "experiment/parts.h"

#include <stdlib.h>
#include <string.h>

ms_yaml_node *ms_part_section(ms_yaml_node *node, const char *key) {
  return ms_yaml_find(node, key) ? ms_yaml_map(node, key) : NULL;
}

unsigned ms_part_count(ms_yaml_node *node, const char *key, unsigned fallback, unsigned min,
                       unsigned max) {
  return (unsigned)ms_yaml_int_or(node, key, fallback, min, max);
}

void ms_part_text(char **text, ms_yaml_node *node, const char *key) {
  if (!ms_yaml_find(node, key))
    return;
  free(*text);
  *text = strdup(ms_yaml_string(node, key));
}

void ms_part_defaults(ms_experiment *e) {
  e->distortion = (ms_distortion){.drift_samples = 100, .temp_after_samples = 30};
  e->encoding = (ms_encoding){.first_tau = 0.15, .last_tau = 2, .bias_tau = 0.9, .window_tau = 4};
  e->seed = 1;
  e->epochs = 30;
  e->fine_epochs = 4;
  e->batch = 32;
  e->rate = 0.003;
  e->beta = 30;
  e->score_gain = 1;
  e->genes = 16;
  e->coarse_step_tau = 0.05;
  e->fine_step_tau = 0.0125;
  e->fit_neuron_runs = 128;
  e->fit_stimuli = 48;
  e->refit_epochs = 8;
  e->refit_fine_epochs = 2;
  e->refit_rounds = 1;
  e->refit_rate = 0.004;
  e->loop_batch = 20;
  e->compare = 1;
  e->loop_rate = 0.002;
  e->chains = 4;
  e->proposal = 0.1;
  e->moved = 0.1;
  e->temperature = 1;
  e->prior_sd = 1;
  e->burn_in = 0.5;
  e->deploy_best = 1;
}

void ms_part_task(ms_experiment *e, ms_yaml_node *node, bool needed) {
  static const char *const split[] = {"fixed", "seed", NULL};
  ms_yaml_node *task = needed ? ms_yaml_map(node, "task") : ms_part_section(node, "task");
  if (needed || ms_yaml_find(task, "name")) {
    free(e->task);
    e->task = strdup(ms_task_names[ms_yaml_choice(task, "name", ms_task_names)]);
    e->n_train = e->n_validation = e->n_test = 0;
  }
  ms_part_text(&e->task_file, task, "file");
  ms_part_text(&e->task_label, task, "label");
  e->n_train = ms_part_count(task, "train", (unsigned)e->n_train, 1, 1000000);
  e->n_validation = ms_part_count(task, "validation", (unsigned)e->n_validation, 1, 1000000);
  e->n_test = ms_part_count(task, "test", (unsigned)e->n_test, 1, 1000000);

  e->split_by_seed = ms_yaml_choice_or(task, "split", split, e->split_by_seed);

  ms_yaml_node *code = ms_part_section(node, "encoding");
  ms_encoding *c = &e->encoding;
  c->tau_s = ms_yaml_quantity_or(code, "tau", "s", c->tau_s, 1e-9, 10);
  c->first_tau = ms_yaml_real_or(code, "first", c->first_tau, 0, 100);
  c->last_tau = ms_yaml_real_or(code, "last", c->last_tau, 0, 100);
  c->bias_tau = ms_yaml_real_or(code, "bias", c->bias_tau, -1, 100);
  c->window_tau = ms_yaml_real_or(code, "window", c->window_tau, 0.1, 200);
  if (code &&
      (c->last_tau <= c->first_tau || c->window_tau <= c->last_tau || c->window_tau <= c->bias_tau))
    ms_yaml_fail(code, MS_ERANGE, "times do not fit; needed: first < last < window, bias < window");
}

static void read_chains(ms_experiment *e, ms_yaml_node *loop) {
  static const char *const deploy[] = {"mean", "best", NULL};
  e->chains = ms_part_count(loop, "chains", e->chains, 1, 1000);
  e->proposal = ms_yaml_real_or(loop, "proposal", e->proposal, 1e-6, 1);
  e->moved = ms_yaml_real_or(loop, "moved", e->moved, 1e-6, 1);
  e->temperature = ms_yaml_real_or(loop, "temperature", e->temperature, 1e-9, 1e9);
  e->prior_sd = ms_yaml_real_or(loop, "prior", e->prior_sd, 1e-3, 1e6);
  e->burn_in = ms_yaml_real_or(loop, "burn_in", e->burn_in, 0, 1);
  e->deploy_best = ms_yaml_choice_or(loop, "deploy", deploy, e->deploy_best);
}

static void read_loop(ms_experiment *e, ms_yaml_node *loop) {
  static const char *const method[] = {"gradient", "metropolis", NULL};
  static const char *const observe[] = {"spikes", "membranes", NULL};
  static const char *const trace[] = {"forced", "loose", NULL};
  e->loop_batches = ms_part_count(loop, "batches", e->loop_batches, 0, 1000000);
  e->loop_batch = ms_part_count(loop, "batch", e->loop_batch, 1, 100000);
  e->compare = ms_yaml_bool_or(loop, "compare", e->compare);
  e->loop_rate = ms_yaml_real_or(loop, "rate", e->loop_rate, 1e-6, 1);
  e->loop_method = (ms_loop_method)ms_yaml_choice_or(loop, "method", method, (int)e->loop_method);
  e->observe = ms_yaml_choice_or(loop, "observe", observe, e->observe);
  e->loose = ms_yaml_choice_or(loop, "trace", trace, e->loose);
  read_chains(e, loop);
}

static void read_refit(ms_experiment *e, ms_yaml_node *refit) {
  e->refit_samples = ms_part_count(refit, "samples", e->refit_samples, 0, 100000);
  e->refit_epochs = ms_part_count(refit, "epochs", e->refit_epochs, 0, 100000);
  e->refit_fine_epochs = ms_part_count(refit, "fine_epochs", e->refit_fine_epochs, 0, 100000);
  e->refit_rounds = ms_part_count(refit, "rounds", e->refit_rounds, 1, 1000);
  e->refit_rate = ms_yaml_real_or(refit, "rate", e->refit_rate, 1e-6, 1);
  if (e->refit_samples && (!e->fitted || e->method != MS_MODEL_PLAIN))
    ms_yaml_fail(refit, MS_EINVAL,
                 "a second fit needs 'training.neurons: fitted' and 'training.method: plain'");
}

void ms_part_training(ms_experiment *e, ms_yaml_node *node) {
  static const char *const method[] = {"plain", "gene", "reservoir", NULL};
  static const char *const neurons[] = {"nominal", "fitted", NULL};
  e->seed = (uint64_t)ms_yaml_int_or(node, "seed", (int64_t)e->seed, 0, INT64_MAX);
  ms_yaml_node *training = ms_part_section(node, "training");
  e->epochs = ms_part_count(training, "epochs", e->epochs, 0, 100000);
  e->fine_epochs = ms_part_count(training, "fine_epochs", e->fine_epochs, 0, 100000);
  e->batch = ms_part_count(training, "batch", e->batch, 1, 100000);
  e->rate = ms_yaml_real_or(training, "rate", e->rate, 1e-6, 1);
  e->beta = ms_yaml_real_or(training, "surrogate_beta", e->beta, 0.1, 1000);
  e->score_gain = ms_yaml_real_or(training, "score_gain", e->score_gain, 1e-3, 1000);
  e->burst = ms_yaml_real_or(training, "burst", e->burst, 0, 1000);
  e->decay = ms_yaml_real_or(training, "decay", e->decay, 0, 1000);
  e->spread = ms_yaml_real_or(training, "mismatch", e->spread, 0, 1);
  e->neuron_spread = ms_yaml_real_or(training, "neuron_mismatch", e->neuron_spread, 0, 1);
  e->ramp = ms_part_count(training, "ramp", e->ramp, 0, 100000);
  e->drawn_dies = ms_part_count(training, "drawn_dies", e->drawn_dies, 1, 1000000);
  e->method = (ms_model_method)ms_yaml_choice_or(training, "method", method, (int)e->method);
  e->fitted = ms_yaml_choice_or(training, "neurons", neurons, e->fitted);
  e->genes = ms_part_count(training, "genes", e->genes, 1, 256);
  e->coarse_step_tau = ms_yaml_real_or(training, "coarse_step", e->coarse_step_tau, 0.001, 0.5);
  e->fine_step_tau = ms_yaml_real_or(training, "fine_step", e->fine_step_tau, 0.001, 0.5);
  read_refit(e, ms_part_section(training, "refit"));
  read_loop(e, ms_part_section(training, "loop"));
  ms_yaml_node *fit = ms_part_section(node, "fit");
  e->fit_per_die = ms_yaml_bool_or(fit, "per_die", e->fit_per_die);
  e->fit_neuron_runs = ms_part_count(fit, "neuron_runs", e->fit_neuron_runs, 8, 1000000);
  e->fit_stimuli = ms_part_count(fit, "stimuli", e->fit_stimuli, 6, 100000);
  if (e->fitted && !e->fit_per_die)
    ms_yaml_fail(training ? training : node, MS_EINVAL,
                 "'training.neurons: fitted' needs 'fit: {per_die: true}'");
}

void ms_part_conditions(ms_experiment *e, ms_yaml_node *node) {
  e->dac_bits = ms_part_count(node, "dac_bits", e->dac_bits, 1, 8);
  ms_yaml_node *pvt = ms_part_section(node, "pvt");
  ms_part_text(&e->corner, pvt, "corner");
  e->pvt.supply_v = ms_yaml_quantity_or(pvt, "supply", "V", e->pvt.supply_v, 0.1, 10);
  if (ms_yaml_find(pvt, "temperature")) {
    e->pvt.temp_set = true;
    e->pvt.temp_c = ms_yaml_quantity(pvt, "temperature", "C", -100, 200);
  }
  ms_yaml_node *d = ms_part_section(node, "distortion");
  ms_distortion *x = &e->distortion;
  x->dead = ms_yaml_real_or(d, "dead", x->dead, 0, 1);
  x->stuck = ms_yaml_real_or(d, "stuck", x->stuck, 0, 1);
  x->dac = ms_yaml_real_or(d, "dac", x->dac, 0, 10);
  x->bias = ms_yaml_real_or(d, "bias", x->bias, 0, 10);
  x->jitter_tau = ms_yaml_real_or(d, "jitter", x->jitter_tau, 0, 10);
  x->drift = ms_yaml_real_or(d, "drift", x->drift, 0, 10);
  x->drift_samples = ms_part_count(d, "drift_samples", x->drift_samples, 10, 100000000);
  x->temp_step_c = ms_yaml_quantity_or(d, "temperature_step", "C", x->temp_step_c, -200, 200);
  x->temp_after_samples =
      ms_part_count(d, "temperature_after", x->temp_after_samples, 0, 100000000);
}
