/* SPDX-License-Identifier: Apache-2.0 */
/* Making tasks by name, and the latency code. */
#include "mixspike/task.h"

#include "tasks/tasks_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ms_task_names[] = {"yinyang", "wdbc", "csv", "xor", "mnist", "fashion", NULL};

int ms_dataset_create(size_t n, unsigned n_value, ms_dataset *out, ms_error *err) {
  *out = (ms_dataset){.n = n};
  out->value = calloc(n * n_value + 1, sizeof *out->value);
  out->label = calloc(n + 1, 1);
  if (out->value && out->label)
    return MS_OK;
  ms_dataset_clear(out);
  return ms_fail(err, MS_ENOMEM, "no memory for %zu samples", n);
}

void ms_dataset_clear(ms_dataset *d) {
  free(d->value);
  free(d->label);
  *d = (ms_dataset){0};
}

int ms_task_count(const char *task, const char *split, size_t wanted, size_t all, size_t *n,
                  ms_error *err) {
  if (wanted > all)
    return ms_fail(err, MS_ERANGE, "%s has %zu %s samples, not %zu", task, all, split, wanted);
  *n = wanted ? wanted : all;
  return MS_OK;
}

int ms_task_create(const ms_task_options *options, ms_task **out, ms_error *err) {
  static int (*const make[])(const ms_task_options *, ms_task *, ms_error *) = {
      ms_task_yinyang, ms_task_csv, ms_task_csv, ms_task_xor, ms_task_idx, ms_task_idx};
  *out = NULL;
  size_t k = 0;
  char known[100] = "";
  for (; ms_task_names[k] && strcmp(options->name, ms_task_names[k]) != 0; k++)
    snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", k ? ", " : "",
             ms_task_names[k]);
  if (!ms_task_names[k])
    return ms_fail(err, MS_EMISSING, "unknown task '%s'; there is: %s", options->name, known);
  ms_task *t = calloc(1, sizeof *t);
  if (!t)
    return ms_fail(err, MS_ENOMEM, "no memory for a task");
  snprintf(t->name, sizeof t->name, "%s", options->name);
  t->per_input = 1;
  int rc = make[k](options, t, err);
  if (!rc && (t->n_value / t->per_input > MS_MAX_INPUTS - 1 || t->n_class > MS_MAX_CLASSES))
    rc = ms_fail(err, MS_ERANGE, "%s has %u inputs and %u classes; allowed: %d and %d", t->name,
                 t->n_value / t->per_input, t->n_class, MS_MAX_INPUTS - 1, MS_MAX_CLASSES);
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
  ms_dataset_clear(&task->train);
  ms_dataset_clear(&task->validation);
  ms_dataset_clear(&task->test);
  free(task);
}

static int by_time(const void *a, const void *b) {
  const ms_event *x = a, *y = b;
  return x->t != y->t ? (x->t < y->t ? -1 : 1) : (int)x->address - (int)y->address;
}

size_t ms_encode(const ms_encoding *e, const double *value, unsigned n_value, ms_event *event) {
  size_t n = 0;
  unsigned per_input = e->per_input ? e->per_input : 1;
  for (unsigned i = 0; i < n_value; i++)
    if (value[i] >= 0) {
      double t_tau = e->first_tau + value[i] * (e->last_tau - e->first_tau);
      event[n++] =
          (ms_event){.t = ms_time_from_s(t_tau * e->tau_s), .address = (uint16_t)(i / per_input)};
    }
  if (e->bias_tau >= 0)
    event[n++] = (ms_event){.t = ms_time_from_s(e->bias_tau * e->tau_s),
                            .address = (uint16_t)(n_value / per_input)};
  qsort(event, n, sizeof *event, by_time);
  return n;
}
