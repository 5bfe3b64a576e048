/* SPDX-License-Identifier: Apache-2.0 */
/* Events in front of a core's fan-out: input events and spikes queue separately, first come first
 * served, and the queues take turns (docs/router.md). */
#ifndef MS_MODEL_QUEUE_H
#define MS_MODEL_QUEUE_H

#include <stddef.h>
#include <stdint.h>

typedef struct ms_turn {
  float at;        /**< when the event comes, tau */
  float start;     /**< when it is served, tau */
  uint32_t source; /**< whose it is */
} ms_turn;

typedef struct ms_queue {
  size_t n, room;
  float length; /**< how long serving one event takes, tau */
  ms_turn *item;
} ms_queue;

/** Adds an event that nobody holds up: it starts when it comes. Returns 0 or MS_ENOMEM. */
int ms_queue_add(ms_queue *queue, float at, uint32_t source);

/** Puts the events of two queues in order and serves them.
 * @param a, b  take turns where both wait; at the same time `a` goes first
 */
void ms_queue_serve(ms_queue *a, ms_queue *b);

/** How long one more event of a served queue would wait, had it come at each grid point.
 * @param own    its queue
 * @param other  the other one
 * @param wait   [n_step + 1], `stride` apart, out: tau */
void ms_queue_wait(const ms_queue *own, const ms_queue *other, float dt, unsigned n_step,
                   size_t stride, float *wait);

#endif
