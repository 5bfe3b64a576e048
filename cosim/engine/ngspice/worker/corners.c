/* SPDX-License-Identifier: Apache-2.0 */
/* Corners of the inputs that lie ahead; see corners.h. */
#include "engine/ngspice/worker/corners.h"

#include <stdlib.h>
#include <string.h>

int ms_corners_add(ms_corners *c, double t_s) {
  size_t k = c->n;
  while (k > c->head && c->at[k - 1].t_s > t_s + 0.5 * MS_TICK_S)
    k--;
  if (k > c->head && c->at[k - 1].t_s > t_s - 0.5 * MS_TICK_S)
    return 0;
  if (c->n == c->capacity) {
    if (c->head > c->capacity / 2) { /* make room at the front */
      memmove(c->at, c->at + c->head, (c->n - c->head) * sizeof *c->at);
      k -= c->head;
      c->n -= c->head;
      c->head = 0;
    } else {
      size_t capacity = c->capacity ? 2 * c->capacity : 64;
      struct ms_corner_time *at = realloc(c->at, capacity * sizeof *at);
      if (!at)
        return -1;
      c->at = at;
      c->capacity = capacity;
    }
  }
  memmove(c->at + k + 1, c->at + k, (c->n - k) * sizeof *c->at);
  c->at[k] = (struct ms_corner_time){.t_s = t_s};
  c->n++;
  c->n_unknown++;
  return 0;
}

void ms_corners_pass(ms_corners *c, double t_s) {
  for (; c->head < c->n && c->at[c->head].t_s < t_s - 0.5 * MS_TICK_S; c->head++)
    c->n_unknown -= !c->at[c->head].known;
}

double ms_corners_next(const ms_corners *c, double t_s, double otherwise) {
  for (size_t k = c->head; k < c->n; k++)
    if (c->at[k].t_s > t_s + 0.5 * MS_TICK_S)
      return c->at[k].t_s;
  return otherwise;
}

void ms_corners_tell(ms_corners *c, double now_s, void (*tell)(double t_s)) {
  for (size_t k = c->head; k < c->n && c->n_unknown; k++)
    if (!c->at[k].known) {
      tell(c->at[k].t_s > now_s ? c->at[k].t_s : now_s);
      c->at[k].known = true;
      c->n_unknown--;
    }
}

void ms_corners_clear(ms_corners *c) {
  free(c->at);
  memset(c, 0, sizeof *c);
}
