/* SPDX-License-Identifier: Apache-2.0 */
/* Temporal XOR (after Buechel et al. 2021): two pulses of random width and sign one after the
 * other; the class says whether their signs differ. Here a pulse is a burst of evenly spaced events
 * on the input of its sign, and the whole lies within the encoder's first and last time. */
#include "tasks/mt19937.h"
#include "tasks/tasks_impl.h"

enum { EVENTS = 6, SIGNS = 2, VALUES = SIGNS * 2 * EVENTS };

static double between(ms_mt19937 *mt, double low, double high) {
  return low + (high - low) * ms_mt19937_double(mt);
}

/* Pulses are 0.1 to 0.25 wide; the first begins in 0..0.15, the second in 0.5..0.75. As many events
 * as fit with 0.04 between them. Values of the other sign's input stay negative: no event. */
static void sample(ms_mt19937 *mt, double *value, uint8_t *label) {
  int sign[2] = {ms_mt19937_double(mt) < 0.5, ms_mt19937_double(mt) < 0.5};
  for (int i = 0; i < VALUES; i++)
    value[i] = -1;
  for (int pulse = 0; pulse < 2; pulse++) {
    double begin = pulse ? between(mt, 0.5, 0.75) : between(mt, 0, 0.15);
    double width = between(mt, 0.1, 0.25);
    double *v = value + (sign[pulse] * 2 + pulse) * EVENTS;
    for (int k = 0; k < EVENTS && 0.04 * k <= width; k++)
      v[k] = begin + 0.04 * k;
  }
  *label = sign[0] != sign[1];
}

static int make(const ms_task *t, const char *split, uint32_t seed, size_t all, size_t wanted,
                ms_dataset *set, ms_error *err) {
  size_t n;
  int rc = ms_task_count(t->name, split, wanted, all, &n, err);
  if (!rc)
    rc = ms_dataset_create(n, VALUES, set, err);
  ms_mt19937 mt;
  ms_mt19937_seed(&mt, seed);
  for (size_t i = 0; !rc && i < n; i++)
    sample(&mt, set->value + i * VALUES, &set->label[i]);
  return rc;
}

int ms_task_xor(const ms_task_options *o, ms_task *t, ms_error *err) {
  t->n_value = VALUES;
  t->per_input = VALUES / SIGNS;
  t->n_class = 2;
  int rc = make(t, "training", 12, 10000, o->n_train, &t->train, err);
  if (!rc)
    rc = make(t, "validation", 11, 1000, o->n_validation, &t->validation, err);
  return rc ? rc : make(t, "test", 10, 1000, o->n_test, &t->test, err);
}
