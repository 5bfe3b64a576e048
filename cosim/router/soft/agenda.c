/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of future clock edges. */
#include "router/soft/agenda.h"

#include <stdlib.h>

static int before(const ms_agenda_item *a, const ms_agenda_item *b) {
  return a->t != b->t ? a->t < b->t : a->rank < b->rank;
}

int ms_agenda_push(ms_agenda *q, const ms_agenda_item *item, ms_error *err) {
  if (q->n == q->capacity) {
    size_t capacity = q->capacity ? 2 * q->capacity : 64;
    ms_agenda_item *grown = realloc(q->item, capacity * sizeof *grown);
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

ms_agenda_item ms_agenda_pop(ms_agenda *q) {
  ms_agenda_item top = q->item[0], last = q->item[--q->n];
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
