/* SPDX-License-Identifier: Apache-2.0 */
/* Two queues that take turns. */
#include "model/queue.h"
#include "mixspike/base.h"

#include <math.h>
#include <stdlib.h>

int ms_queue_add(ms_queue *queue, float at, uint32_t source) {
  if (queue->n == queue->room) {
    size_t room = queue->room ? 2 * queue->room : 64;
    ms_turn *more = realloc(queue->item, room * sizeof *more);
    if (!more)
      return MS_ENOMEM;
    queue->item = more;
    queue->room = room;
  }
  queue->item[queue->n++] = (ms_turn){.at = at, .start = at, .source = source};
  return MS_OK;
}

static int by_time(const void *a, const void *b) {
  const ms_turn *x = a, *y = b;
  if (x->at != y->at)
    return x->at < y->at ? -1 : 1;
  return (x->source > y->source) - (x->source < y->source);
}

void ms_queue_serve(ms_queue *a, ms_queue *b) {
  ms_queue *queue[2] = {a, b};
  size_t next[2] = {0, 0};
  for (int k = 0; k < 2; k++)
    if (queue[k]->n)
      qsort(queue[k]->item, queue[k]->n, sizeof *queue[k]->item, by_time);
  float end = 0;
  int turn = 0;
  while (next[0] < a->n || next[1] < b->n) {
    float at[2];
    for (int k = 0; k < 2; k++)
      at[k] = next[k] < queue[k]->n ? queue[k]->item[next[k]].at : INFINITY;
    float start = fmaxf(end, fminf(at[0], at[1]));
    int k = at[turn] <= start ? turn : !turn;
    queue[k]->item[next[k]++].start = start;
    end = start + queue[k]->length;
    turn = !k;
  }
}

void ms_queue_wait(const ms_queue *own, const ms_queue *other, float dt, unsigned n_step,
                   size_t stride, float *wait) {
  size_t before = 0, held = 0;
  for (unsigned k = 0; k <= n_step; k++) {
    float at = (float)k * dt, start = at;
    while (before < own->n && own->item[before].at < at)
      before++;
    if (before)
      start = fmaxf(start, own->item[before - 1].start + own->length);
    while (held < other->n && other->item[held].start + other->length <= start)
      held++;
    if (held < other->n && other->item[held].start <= start)
      start = other->item[held].start + other->length;
    wait[k * stride] = start - at;
  }
}
