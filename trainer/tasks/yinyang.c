/* SPDX-License-Identifier: Apache-2.0 */
/* The Yin-Yang data set, bit for bit as published. */
#include "mixspike/task.h"
#include "tasks/mt19937.h"
#include "tasks/tasks_impl.h"

#include <math.h>

/* Radii of the big circle and of the dots. */
static const double big = 0.5, small = 0.1;

uint8_t ms_yinyang_class(double x, double y) {
  double right = sqrt((x - 1.5 * big) * (x - 1.5 * big) + (y - big) * (y - big));
  double left = sqrt((x - 0.5 * big) * (x - 0.5 * big) + (y - big) * (y - big));
  if (right < small || left < small)
    return 2;
  return right <= small || (left > small && left <= 0.5 * big) || (y > big && right > 0.5 * big);
}

void ms_yinyang_generate(uint32_t seed, size_t n, double *value, uint8_t *label) {
  ms_mt19937 mt;
  ms_mt19937_seed(&mt, seed);
  for (size_t i = 0; i < n; i++) {
    uint32_t wanted;
    do
      wanted = ms_mt19937_u32(&mt) & 3u;
    while (wanted == 3);
    double x, y;
    do {
      x = ms_mt19937_double(&mt) * 2 * big;
      y = ms_mt19937_double(&mt) * 2 * big;
    } while (sqrt((x - big) * (x - big) + (y - big) * (y - big)) > big ||
             ms_yinyang_class(x, y) != wanted);
    double *v = value + i * MS_YINYANG_VALUES;
    v[0] = x;
    v[1] = y;
    v[2] = 1 - x;
    v[3] = 1 - y;
    label[i] = (uint8_t)wanted;
  }
}

int ms_task_yinyang(const ms_task_options *o, ms_task *t, ms_error *err) {
  const struct {
    ms_dataset *set;
    const char *split;
    uint32_t seed;
    size_t all, wanted;
  } part[] = {{&t->train, "training", 42, 5000, o->n_train},
              {&t->validation, "validation", 41, 1000, o->n_validation},
              {&t->test, "test", 40, 1000, o->n_test}};
  t->n_value = MS_YINYANG_VALUES;
  t->n_class = MS_YINYANG_CLASSES;
  for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
    size_t n;
    int rc = ms_task_count(t->name, part[k].split, part[k].wanted, part[k].all, &n, err);
    if (!rc)
      rc = ms_dataset_create(n, t->n_value, part[k].set, err);
    if (rc)
      return rc;
    ms_yinyang_generate(part[k].seed, n, part[k].set->value, part[k].set->label);
  }
  return MS_OK;
}
