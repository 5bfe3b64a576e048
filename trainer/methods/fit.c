/* SPDX-License-Identifier: Apache-2.0 */
/* The model's parameters from the circuits of a die without mismatch. Spikes alone are used, so the
 * same fit works on every engine and on a real chip. */
#include "methods/fit.h"

#include "methods/fit_model.h"

#include <stdlib.h>
#include <string.h>

enum {
  SETS = 3,
  FITTED = 16, /* neurons at most; more see the same few events, which decide less, and would keep
                  a router busy until it acknowledges late: a spike train that no model explains */
  TESTED = 2,  /* the error is stated on half as many runs as a fit takes */
};

static unsigned driven(const ms_setup *s) {
  return s->n_neuron < FITTED ? s->n_neuron : FITTED;
}

/* Runs enough stimuli on a die that `neurons` neuron runs come back; a third of them dense. */
static int record(const ms_setup *s, ms_lab *lab, const ms_die *die, unsigned neurons,
                  uint64_t seed, ms_fit_records *out, const ms_control *control, ms_error *err) {
  size_t each = (size_t)SETS * driven(s), n = (neurons + each - 1) / each;
  return ms_fit_record_die(s, lab, die, driven(s), SETS, n, seed, out, control, err);
}

/* A dead neuron says nothing about the others. */
static int fires(const ms_fit_records *seen, unsigned n_neuron, unsigned neuron) {
  for (size_t i = neuron; i < seen->n; i += n_neuron)
    if (seen->record[i].n_spike)
      return 1;
  return 0;
}

static int fit_alike(const ms_setup *s, const ms_neuron_model *base, const ms_fit_times *times,
                     const ms_fit_records *seen, const double *prior, double *p, ms_error *err) {
  const ms_fit_record **record = calloc(seen->n + 1, sizeof *record);
  if (!record)
    return ms_fail(err, MS_ENOMEM, "no memory for a fit");
  size_t n_record = 0;
  for (unsigned k = 0; k < driven(s); k++)
    if (fires(seen, driven(s), k))
      for (size_t i = k; i < seen->n; i += driven(s))
        record[n_record++] = &seen->record[i];
  int rc = ms_fit_solve(s->core, base, times, record, n_record, prior, p, NULL, err);
  free(record);
  return rc;
}

static int fit_die_alike(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *base,
                         const ms_die *die, uint64_t seed, const double *prior, double *p,
                         const ms_control *control, ms_error *err) {
  ms_fit_times times;
  ms_fit_records seen = {0};
  int rc = ms_fit_times_of(setup, lab, &times, err);
  if (!rc)
    rc = record(setup, lab, die, setup->experiment->fit_neuron_runs, seed, &seen, control, err);
  if (!rc)
    rc = fit_alike(setup, base, &times, &seen, prior, p, err);
  ms_fit_records_clear(&seen);
  return rc;
}

int ms_fit_nominal(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error *error,
                   const ms_control *control, ms_error *err) {
  ms_neuron_model nominal;
  double p[MS_FIT_MOST], prior[MS_FIT_MOST];
  char name[64];
  ms_die flat = ms_setup_die(setup, 0);
  flat.strength = 0;
  int rc = ms_neuron_model_nominal(setup->core, &setup->pvt, setup->bias, setup->chip.set, &nominal,
                                   err);
  /* A weak pull to the nominal values decides what the stimuli leave open. The bits of the DAC stay
   * in their ratio. */
  for (size_t j = 0; j < ms_fit_count(setup->core); j++)
    prior[j] = strstr(ms_fit_parameter(setup->core, j, name, sizeof name), ".bit") ? 0 : 0.5;
  if (!rc)
    rc = fit_die_alike(setup, lab, &nominal, &flat, 1, prior, p, control, err);
  if (rc)
    return rc;
  ms_fit_apply(setup->core, &nominal, p, model);
  return ms_fit_check(setup, lab, model, &flat, 10000, error, control, err);
}

int ms_fit_check(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                 const ms_die *die, uint64_t seed, ms_fit_error *error, const ms_control *control,
                 ms_error *err) {
  ms_fit_times times;
  ms_fit_records fresh;
  ms_fit_match match = {0};
  int rc = ms_fit_times_of(setup, lab, &times, err);
  if (!rc)
    rc = record(setup, lab, die, setup->experiment->fit_neuron_runs / TESTED, seed, &fresh, control,
                err);
  if (rc)
    return rc;
  for (size_t i = 0; i < fresh.n; i++)
    ms_fit_match_add(&match, setup->core, model, &times, &fresh.record[i]);
  *error = ms_fit_match_error(&match, die->die);
  ms_fit_records_clear(&fresh);
  return MS_OK;
}

int ms_fit(const ms_setup *setup, ms_lab *lab, ms_neuron_model *model, ms_fit_error **error,
           size_t *n_error, uint64_t *spent, const ms_control *control, ms_error *err) {
  const ms_experiment *e = setup->experiment;
  uint64_t before = ms_lab_spent(lab);
  *n_error = 0;
  *error = calloc(1 + e->n_training_die, sizeof **error);
  int rc = *error ? ms_fit_nominal(setup, lab, model, *error, control, err)
                  : ms_fail(err, MS_ENOMEM, "no memory for a fit");
  *n_error = !rc;
  for (size_t i = 0; !rc && i < e->n_training_die; i++) {
    ms_die die = ms_setup_die(setup, e->training_die[i]);
    rc = ms_fit_check(setup, lab, model, &die, 10000 * (i + 2), &(*error)[i + 1], control, err);
    *n_error += !rc;
  }
  *spent += ms_lab_spent(lab) - before;
  return rc;
}

int ms_fit_params(const ms_setup *setup, ms_lab *lab, const ms_neuron_model *model,
                  ms_sim_params *out, ms_error *err) {
  ms_sim_latency latency;
  int rc = ms_lab_latency(lab, &latency, err);
  if (rc)
    return rc;
  ms_sim_params_from(model, &latency, ms_time_to_s(setup->core->pulse_ps[setup->chip.set]),
                     setup->encoding.tau_s, setup->core->dac_bits, out);
  return MS_OK;
}
