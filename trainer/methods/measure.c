/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy, energy and activity of a network on dies. */
#include "methods/method.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

size_t ms_die_samples(const ms_setup *setup, size_t wanted) {
  size_t n = wanted ? wanted : setup->experiment->n_die_sample;
  return n && n < setup->task->test.n ? n : setup->task->test.n;
}

int ms_run_die(const ms_setup *setup, ms_lab *lab, const ms_network *network, uint64_t die,
               size_t stretch, size_t n, const ms_control *control, const ms_progress *progress,
               ms_sample_outcome *out, char *failure, ms_error *err) {
  const ms_task *task = setup->task;
  const size_t all = task->test.n, first = (size_t)(die % all) * stretch % all;
  ms_lab_job *job = calloc(n, sizeof *job);
  ms_lab_result *run = calloc(n, sizeof *run);
  int rc = job && run ? ms_lab_configure(lab, network, err)
                      : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
  for (size_t i = 0; !rc && i < n; i++)
    job[i] = (ms_lab_job){.die = ms_setup_die(setup, die),
                          .value = task->test.value + (first + i) % all * task->n_value};
  if (!rc)
    rc = ms_lab_run(lab, job, n, run, control, progress, err);
  for (size_t i = 0; !rc && i < n; i++) {
    out[i] = (ms_sample_outcome){.rc = run[i].rc};
    if (run[i].rc) {
      if (!failure[0])
        snprintf(failure, sizeof run[i].note, "%s", run[i].note);
      continue;
    }
    out[i].decision = ms_network_decide(network, run[i].spike, run[i].n_spike, NULL);
    out[i].right = out[i].decision == (int)task->test.label[(first + i) % all];
    out[i].energy_j = run[i].energy_j;
    out[i].spikes = (double)run[i].n_spike;
  }
  if (!rc)
    ms_lab_results_clear(run, n);
  free(job);
  free(run);
  return rc;
}

int ms_measure_die(const ms_setup *setup, ms_lab *lab, const ms_network *network, size_t n_sample,
                   const ms_control *control, const ms_progress *progress, ms_die_result *result,
                   double *accuracy, ms_error *err) {
  const size_t n = ms_die_samples(setup, n_sample);
  ms_sample_outcome *run = calloc(n, sizeof *run);
  int rc = run ? ms_run_die(setup, lab, network, result->die, n, n, control, progress, run,
                            result->failure, err)
               : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
  if (!rc) {
    size_t right = 0, good = 0;
    double energy_j = 0, spikes = 0;
    for (size_t i = 0; i < n; i++) {
      if (run[i].rc)
        continue;
      good++;
      right += run[i].right != 0;
      energy_j += run[i].energy_j;
      spikes += run[i].spikes;
    }
    result->samples = (unsigned)n;
    result->errors = (unsigned)(n - good);
    *accuracy = good ? (double)right / (double)good : NAN;
    result->energy_j = good ? energy_j / (double)good : NAN;
    result->spikes = good ? spikes / (double)good : NAN;
  }
  free(run);
  return rc;
}

int ms_evaluate(const ms_setup *setup, const ms_network *network,
                const ms_evaluate_options *options, ms_die_result *result, ms_error *err) {
  ms_lab *lab;
  int rc = ms_lab_create(setup, setup->experiment->jobs, &lab, err);
  if (rc)
    return rc;
  size_t n = ms_die_samples(setup, options->n_sample);
  for (size_t i = 0; !rc && i < options->n_die; i++) {
    result[i] =
        (ms_die_result){.die = options->die[i], .held_out = 1, .before = NAN, .confirmed = NAN};
    for (size_t k = 0; k < setup->experiment->n_training_die; k++)
      if (setup->experiment->training_die[k] == options->die[i])
        result[i].held_out = 0;
    ms_progress progress = {.phase = "evaluate",
                            .done = i * n,
                            .total = options->n_die * n,
                            .loss = NAN,
                            .accuracy = i ? result[i - 1].accuracy : NAN};
    rc = ms_measure_die(setup, lab, network, n, &options->control, &progress, &result[i],
                        &result[i].accuracy, err);
  }
  ms_lab_destroy(lab);
  return rc;
}
