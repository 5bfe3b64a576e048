/* SPDX-License-Identifier: Apache-2.0 */
/* A die's neurons are fitted one by one, several at a time, each to its own spikes; the nominal
 * neuron with the spread that mismatch is expected to give is the prior. */
#include "methods/fit_die.h"

#include "methods/fit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 6 };

/* Mismatch of minimum-area circuits in weak inversion; what is the same physical quantity in all
 * synapses (the DAC's curve) stays nominal. A bit of 2^k units has 1/sqrt(2^k) of a unit's. */
static const ms_fit_prior spread[] = {{"tau", 0.15},       {"threshold", 0.2},  {"rest", 0.3},
                                      {"refractory", 0.2}, {"comparator", 0.3}, {"drive", 0.2},
                                      {"charge", 0.2},     {"curve", 0},        {"bit0", 0.2},
                                      {"bit1", 0.14},      {"bit2", 0.1},       {"bit3", 0.07}};
enum { SPREADS = sizeof spread / sizeof *spread };
/* How far a second fit may go from the first, as a share of that. */
static const double again = 0.3;

typedef struct job {
  const ms_setup *setup;
  const ms_neuron_model *nominal;
  const ms_fit_times *times;
  const ms_fit_records *seen;
  const ms_control *control;
  double freedom; /* of the parameters: share of the spread */
  ms_die_fit *out;
  atomic_uint next;
  atomic_int rc;
} job;

/* What is found is added to what the fit has, which is 0 at first. */
static int fit_neuron(job *j, unsigned k) {
  const ms_core *core = j->setup->core;
  size_t n = j->seen->n / j->setup->n_neuron, n_parameter = j->out->n_parameter;
  const ms_fit_record **record = calloc(n + 1, sizeof *record);
  double prior[MS_FIT_MOST], found[MS_FIT_MOST], *value = j->out->value + k * n_parameter;
  ms_neuron_model base;
  if (!record)
    return MS_ENOMEM;
  for (size_t i = 0; i < n; i++)
    record[i] = &j->seen->record[i * j->setup->n_neuron + k];
  for (size_t i = 0; i < n_parameter; i++)
    prior[i] = j->freedom * ms_fit_prior_of(core, i, spread, SPREADS, 0.05);
  ms_fit_apply(core, j->nominal, value, &base);
  int rc = ms_fit_solve(core, &base, j->times, record, n, prior, found,
                        j->out->error + k * n_parameter, NULL);
  for (size_t i = 0; !rc && i < n_parameter; i++)
    value[i] += found[i];
  free(record);
  return rc;
}

static void *work(void *arg) {
  job *j = arg;
  for (;;) {
    unsigned k = atomic_fetch_add(&j->next, 1);
    if (k >= j->setup->n_neuron || atomic_load(&j->rc))
      return NULL;
    int rc = j->control && j->control->cancel && *j->control->cancel ? MS_EINTERRUPTED
                                                                     : fit_neuron(j, k);
    if (rc)
      atomic_store(&j->rc, rc);
  }
}

static int fit_all(job *j, ms_error *err) {
  enum { MOST_THREADS = 64 };
  pthread_t thread[MOST_THREADS];
  unsigned wanted = j->setup->experiment->jobs, started = 0;
  atomic_init(&j->next, 0);
  atomic_init(&j->rc, MS_OK);
  while (started + 1 < wanted && started < MOST_THREADS &&
         !pthread_create(&thread[started], NULL, work, j))
    started++; /* fewer threads: slower, the same result */
  work(j);
  for (unsigned i = 0; i < started; i++)
    pthread_join(thread[i], NULL);
  int rc = atomic_load(&j->rc);
  return rc ? ms_fail(err, rc, rc == MS_EINTERRUPTED ? "interrupted" : "no memory for a fit")
            : MS_OK;
}

int ms_die_fit_create(const ms_setup *s, uint64_t die, ms_die_fit *out, ms_error *err) {
  *out = (ms_die_fit){.die = die, .n_neuron = s->n_neuron, .n_parameter = ms_fit_count(s->core)};
  size_t n = out->n_neuron * out->n_parameter;
  out->value = calloc(n + 1, sizeof *out->value);
  out->error = calloc(n + 1, sizeof *out->error);
  if (out->value && out->error)
    return MS_OK;
  ms_die_fit_clear(out);
  return ms_fail(err, MS_ENOMEM, "no memory for the fit of a die");
}

void ms_die_fit_clear(ms_die_fit *fit) {
  free(fit->value);
  free(fit->error);
  *fit = (ms_die_fit){0};
}

/* Both models against stimuli that neither has seen. */
static void check(const job *j, const ms_fit_records *fresh) {
  ms_fit_match match[2] = {0};
  const ms_core *core = j->setup->core;
  for (size_t i = 0; i < fresh->n; i++) {
    const ms_fit_record *r = &fresh->record[i];
    ms_neuron_model own;
    ms_fit_apply(core, j->nominal, j->out->value + r->neuron * j->out->n_parameter, &own);
    ms_fit_match_add(&match[0], core, j->nominal, j->times, r);
    ms_fit_match_add(&match[1], core, &own, j->times, r);
  }
  j->out->nominal = ms_fit_match_error(&match[0], j->out->die);
  j->out->fitted = ms_fit_match_error(&match[1], j->out->die);
}

int ms_fit_die(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal, uint64_t die,
               unsigned stimuli, ms_die_fit *out, const ms_control *control, ms_error *err) {
  return ms_fit_die_series(setup, lab, nominal, die, stimuli, 0, out, control, err);
}

int ms_fit_die_series(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                      uint64_t die, unsigned stimuli, unsigned series, ms_die_fit *out,
                      const ms_control *control, ms_error *err) {
  const uint64_t seed = 1000003 * die + 100000000019 * series;
  ms_die virtual_die = ms_setup_die(setup, die);
  ms_fit_times times;
  ms_fit_records seen = {0}, fresh = {0};
  unsigned each = (stimuli + SETS - 1) / SETS;
  int rc = ms_die_fit_create(setup, die, out, err);
  if (!rc)
    rc = ms_fit_times_of(setup, lab, &times, err);
  if (!rc)
    rc = ms_fit_record_die(setup, lab, &virtual_die, setup->n_neuron, SETS, each, 100000 + seed,
                           &seen, control, err);
  if (!rc)
    rc = ms_fit_record_die(setup, lab, &virtual_die, setup->n_neuron, 3, (each + 1) / 2,
                           900000 + seed, &fresh, control, err);
  job j = {.setup = setup,
           .nominal = nominal,
           .times = &times,
           .seen = &seen,
           .control = control,
           .freedom = 1,
           .out = out};
  if (!rc)
    rc = fit_all(&j, err);
  if (!rc)
    check(&j, &fresh);
  ms_fit_records_clear(&seen);
  ms_fit_records_clear(&fresh);
  if (rc)
    ms_die_fit_clear(out);
  return rc;
}

int ms_refit_die(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                 const ms_network *network, const double *const *value, size_t n, ms_die_fit *fit,
                 const ms_control *control, ms_error *err) {
  ms_die die = ms_setup_die(setup, fit->die);
  ms_fit_times times;
  ms_fit_records seen = {0};
  int rc = ms_lab_configure(lab, network, err);
  if (!rc)
    rc = ms_fit_times_of(setup, lab, &times, err);
  if (!rc)
    rc = ms_fit_record_task(setup, lab, &die, value, n, &seen, control, err);
  job j = {.setup = setup,
           .nominal = nominal,
           .times = &times,
           .seen = &seen,
           .control = control,
           .freedom = again,
           .out = fit};
  if (!rc)
    rc = fit_all(&j, err);
  ms_fit_records_clear(&seen);
  return rc;
}

int ms_die_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *nominal,
                      const ms_die_fit *fit, ms_sim_params *out, ms_error *err) {
  int rc = MS_OK;
  for (size_t k = 0; !rc && k < fit->n_neuron; k++) {
    ms_neuron_model m;
    ms_fit_apply(setup->core, nominal, fit->value + k * fit->n_parameter, &m);
    rc = ms_fit_params(setup, lab, &m, &out[k], err);
  }
  return rc;
}
