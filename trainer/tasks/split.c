/* SPDX-License-Identifier: Apache-2.0 */
/* Splits of sources that bring none, the same on every machine. */
#include "tasks/mt19937.h"
#include "tasks/tasks_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SEED = 1, TRAIN = 0, VALIDATION, TEST, SPLITS };

/* Fisher and Yates. */
static void shuffle(ms_mt19937 *mt, size_t *order, size_t n) {
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t)(ms_mt19937_double(mt) * (double)i), keep = order[i - 1];
    order[i - 1] = order[j];
    order[j] = keep;
  }
}

/* Which split every sample belongs to: of each class, in random order, a fifth and a fifth of the
 * rest. */
static void deal(const ms_samples *s, ms_mt19937 *mt, size_t *order, uint8_t *split) {
  for (unsigned c = 0; c < 256; c++) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
      if (s->label[i] == c)
        order[n++] = i;
    shuffle(mt, order, n);
    size_t test = (n + 2) / 5, validation = (n - test + 2) / 5;
    for (size_t i = 0; i < n; i++)
      split[order[i]] = i < test ? TEST : i < test + validation ? VALIDATION : TRAIN;
  }
}

static void scale(const ms_samples *s, ms_dataset *const *set, const uint8_t *split) {
  for (unsigned k = 0; k < s->n_value; k++) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->n; i++)
      if (split[i] == TRAIN) {
        low = fmin(low, s->value[i * s->n_value + k]);
        high = fmax(high, s->value[i * s->n_value + k]);
      }
    double span = high > low ? high - low : 1;
    for (int t = 0; t < SPLITS; t++)
      for (size_t i = 0; i < set[t]->n; i++) {
        double *v = &set[t]->value[i * s->n_value + k];
        *v = fmax(0, fmin(1, (*v - low) / span));
      }
  }
}

int ms_samples_split(const ms_samples *s, const ms_task_options *o, ms_task *task, ms_error *err) {
  static const char *const name[SPLITS] = {"training", "validation", "test"};
  const size_t wanted[SPLITS] = {o->n_train, o->n_validation, o->n_test};
  ms_dataset *const set[SPLITS] = {&task->train, &task->validation, &task->test};
  size_t *order = calloc(s->n + 1, sizeof *order), all[SPLITS] = {0};
  uint8_t *split = calloc(s->n + 1, 1);
  ms_mt19937 mt;
  int rc = order && split ? MS_OK : ms_fail(err, MS_ENOMEM, "no memory for %zu samples", s->n);
  if (!rc) {
    ms_mt19937_seed(&mt, FIRST_SEED + (uint32_t)o->split);
    deal(s, &mt, order, split);
    for (size_t i = 0; i < s->n; i++) {
      order[i] = i;
      all[split[i]]++;
    }
    shuffle(&mt, order, s->n); /* classes mixed */
  }
  for (int t = 0; !rc && t < SPLITS; t++) {
    size_t n, at = 0;
    rc = ms_task_count(task->name, name[t], wanted[t], all[t], &n, err);
    if (!rc)
      rc = ms_dataset_create(n, s->n_value, set[t], err);
    for (size_t i = 0; !rc && i < s->n && at < n; i++)
      if (split[order[i]] == t) {
        memcpy(set[t]->value + at * s->n_value, s->value + order[i] * s->n_value,
               s->n_value * sizeof *s->value);
        set[t]->label[at++] = s->label[order[i]];
      }
  }
  if (!rc)
    scale(s, set, split);
  free(order);
  free(split);
  return rc;
}
