/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's queue of future edges: a binary heap. */
#include "router/ideal/ideal.h"

#include <stdlib.h>

static int before(const ms_ideal_item *a, const ms_ideal_item *b) {
  return a->t != b->t ? a->t < b->t : a->rank < b->rank;
}

int ms_ideal_queue_push(ms_ideal_queue *q, const ms_ideal_item *item, ms_error *err) {
  if (q->n == q->capacity) {
    size_t capacity = q->capacity ? 2 * q->capacity : 64;
    ms_ideal_item *grown = realloc(q->item, capacity * sizeof *grown);
    if (!grown)
      return ms_fail(err, MS_ENOMEM, "no memory for %zu router events", capacity);
    q->item = grown;
    q->capacity = capacity;
  }
  size_t i = q->n++;
  while (i > 0 && before(item, &q->item[(i - 1) / 2])) {
    q->item[i] = q->item[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  q->item[i] = *item;
  return 0;
}

ms_ideal_item ms_ideal_queue_pop(ms_ideal_queue *q) {
  ms_ideal_item top = q->item[0], last = q->item[--q->n];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= q->n)
      break;
    if (child + 1 < q->n && before(&q->item[child + 1], &q->item[child]))
      child++;
    if (!before(&q->item[child], &last))
      break;
    q->item[i] = q->item[child];
    i = child;
  }
  q->item[i] = last;
  return top;
}
