/* SPDX-License-Identifier: Apache-2.0 */
/* The fits of a training run: of the nominal neuron, of each training die, and of these again. */
#include "methods/fit.h"
#include "methods/fit_die.h"
#include "methods/train_run.h"

#include <stdlib.h>

/* The nominal model, then each training die where the experiment asks for that; on given chips. */
static int fit_here(ms_run *r, ms_setup *setup, ms_lab *lab, ms_error *err) {
  ms_state *s = r->state;
  int rc = MS_OK;
  if (!s->step && r->options->model) {
    s->model = *r->options->model;
    s->step++;
  }
  if (!s->step) {
    free(s->fit); /* an earlier one, from a checkpoint */
    s->fit = NULL;
    rc = ms_fit(setup, lab, &s->model, &s->fit, &s->n_fit, &s->chip_samples, &r->options->control,
                err);
    s->step += !rc;
  }
  while (!rc && r->e->fit_per_die && s->step <= r->e->n_training_die) {
    size_t i = (size_t)s->step - 1;
    uint64_t before = ms_lab_spent(lab);
    if ((rc = ms_run_save(r, err)))
      break;
    rc = ms_fit_die(setup, lab, &s->model, r->e->training_die[i], r->e->fit_stimuli, &s->die_fit[i],
                    &r->options->control, err);
    s->chip_samples += ms_lab_spent(lab) - before;
    s->step += !rc;
  }
  return rc;
}

/* Each training die's neurons again, to what they do with the network as it is. */
static int refit_here(ms_run *r, ms_setup *setup, ms_lab *lab, ms_error *err) {
  ms_state *s = r->state;
  const ms_task *task = setup->task;
  const size_t n = r->e->refit_samples;
  const uint64_t before = ms_lab_spent(lab);
  const double **value = calloc(n + 1, sizeof *value);
  ms_network *network = NULL;
  int rc = value ? ms_run_network(r, s->learner->weight, &network, err)
                 : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  for (size_t i = 0; !rc && i < r->e->n_training_die; i++) {
    for (size_t k = 0; k < n; k++)
      value[k] = task->train.value +
                 task->n_value * (size_t)(ms_random_uniform(&s->random) * (double)task->train.n);
    rc = ms_refit_die(setup, lab, &s->model, network, value, n, &s->die_fit[i],
                      &r->options->control, err);
  }
  s->chip_samples += ms_lab_spent(lab) - before;
  ms_network_destroy(network);
  free(value);
  return rc;
}

typedef int on_chips(ms_run *r, ms_setup *setup, ms_lab *lab, ms_error *err);

/* The many runs of a fit are made on the table engine where the experiment names ngspice: the same
 * circuits and dies, much sooner. A process that the table engine does not take is fitted on
 * ngspice. */
static int on_fast_chips(ms_run *r, on_chips *work, ms_error *err) {
  if (r->e->analog != MS_ENGINE_NGSPICE)
    return work(r, r->setup, r->lab, err);
  ms_experiment fast = *r->e;
  fast.analog = MS_ENGINE_TABLE;
  ms_setup *setup = NULL;
  ms_lab *lab = NULL;
  int rc = ms_setup_create(&fast, &setup, err);
  if (!rc)
    rc = ms_lab_create(setup, fast.jobs, &lab, err);
  if (!rc)
    rc = work(r, setup, lab, err);
  ms_lab_destroy(lab);
  ms_setup_destroy(setup);
  return rc && rc != MS_EINTERRUPTED ? work(r, r->setup, r->lab, err) : rc;
}

int ms_run_fit(ms_run *r, ms_error *err) {
  return on_fast_chips(r, fit_here, err);
}

int ms_run_refit(ms_run *r, ms_error *err) {
  return on_fast_chips(r, refit_here, err);
}

int ms_run_fitted(ms_run *r, ms_error *err) {
  size_t n = r->setup->n_neuron;
  int rc = MS_OK;
  if (!r->fitted)
    r->fitted = calloc(r->e->n_training_die * n + 1, sizeof *r->fitted);
  if (!r->fitted)
    return ms_fail(err, MS_ENOMEM, "no memory for the fitted dies");
  for (size_t i = 0; !rc && i < r->e->n_training_die; i++)
    rc = ms_die_fit_params(r->setup, r->lab, &r->state->model, &r->state->die_fit[i],
                           r->fitted + i * n, err);
  return rc;
}
