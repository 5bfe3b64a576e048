/* SPDX-License-Identifier: Apache-2.0 */
/* What the makers of tasks share. Each fills the task's sizes and its three splits. */
#ifndef MS_TASKS_IMPL_H
#define MS_TASKS_IMPL_H

#include "mixspike/task.h"

int ms_dataset_create(size_t n, unsigned n_value, ms_dataset *out, ms_error *err);
void ms_dataset_clear(ms_dataset *set);

/** All samples of a source that brings no splits of its own. */
typedef struct ms_samples {
  size_t n;
  unsigned n_value;
  double *value;
  uint8_t *label;
} ms_samples;

/** Splits by the options' `split`, class by class in equal shares: a fifth for the test, a fifth of
 * the rest for validation. Counts of the options take the heads of these splits. Values are then
 * scaled to 0..1 by the smallest and largest of each column in the training split, and clipped. */
int ms_samples_split(const ms_samples *samples, const ms_task_options *options, ms_task *task,
                     ms_error *err);

int ms_task_yinyang(const ms_task_options *options, ms_task *task, ms_error *err);
int ms_task_csv(const ms_task_options *options, ms_task *task, ms_error *err);
int ms_task_xor(const ms_task_options *options, ms_task *task, ms_error *err);
int ms_task_idx(const ms_task_options *options, ms_task *task, ms_error *err);

/** Number of samples of a split: `wanted`, or all that there are. MS_ERANGE if too many. */
int ms_task_count(const char *task, const char *split, size_t wanted, size_t all, size_t *n,
                  ms_error *err);

#endif
