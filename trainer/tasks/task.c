/* SPDX-License-Identifier: Apache-2.0 */
/* Making tasks by name, and the latency code. */
#include "mixspike/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void dataset_free(ms_dataset *d) {
  free(d->value);
  free(d->label);
}

static int yinyang_split(ms_dataset *d, uint32_t seed, size_t all, size_t wanted, const char *split,
                         ms_error *err) {
  if (wanted > all)
    return ms_fail(err, MS_ERANGE, "yinyang has %zu %s samples, not %zu", all, split, wanted);
  d->n = wanted ? wanted : all;
  d->value = malloc(d->n * MS_YINYANG_VALUES * sizeof *d->value);
  d->label = malloc(d->n);
  if (!d->value || !d->label)
    return ms_fail(err, MS_ENOMEM, "no memory for the yinyang %s samples", split);
  ms_yinyang_generate(seed, d->n, d->value, d->label);
  return MS_OK;
}

int ms_task_create(const ms_task_options *options, ms_task **out, ms_error *err) {
  *out = NULL;
  if (strcmp(options->name, "yinyang") != 0)
    return ms_fail(err, MS_EMISSING, "unknown task '%s'; there is: yinyang", options->name);
  ms_task *t = calloc(1, sizeof *t);
  if (!t)
    return ms_fail(err, MS_ENOMEM, "no memory for a task");
  strcpy(t->name, "yinyang");
  t->n_value = MS_YINYANG_VALUES;
  t->n_class = MS_YINYANG_CLASSES;
  int rc = yinyang_split(&t->train, 42, 5000, options->n_train, "training", err);
  if (!rc)
    rc = yinyang_split(&t->validation, 41, 1000, options->n_validation, "validation", err);
  if (!rc)
    rc = yinyang_split(&t->test, 40, 1000, options->n_test, "test", err);
  if (rc) {
    ms_task_destroy(t);
    return rc;
  }
  *out = t;
  return MS_OK;
}

void ms_task_destroy(ms_task *task) {
  if (!task)
    return;
  dataset_free(&task->train);
  dataset_free(&task->validation);
  dataset_free(&task->test);
  free(task);
}

size_t ms_encode(const ms_encoding *e, const double *value, unsigned n_value, ms_event *event) {
  size_t n = 0;
  unsigned n_input = ms_encoding_inputs(e, n_value);
  for (unsigned i = 0; i < n_input; i++) {
    double t_tau =
        i < n_value ? e->first_tau + value[i] * (e->last_tau - e->first_tau) : e->bias_tau;
    ms_event new = {.t = ms_time_from_s(t_tau * e->tau_s), .address = (uint16_t)i};
    size_t at = n++;
    for (; at > 0 && event[at - 1].t > new.t; at--)
      event[at] = event[at - 1];
    event[at] = new;
  }
  return n;
}
