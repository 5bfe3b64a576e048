/* SPDX-License-Identifier: Apache-2.0 */
/* What a router has still to do at future clock edges: a binary heap, earliest (t, rank) first. */
#ifndef MS_ROUTER_SOFT_AGENDA_H
#define MS_ROUTER_SOFT_AGENDA_H

#include "mixspike/router.h"

typedef struct ms_agenda_item {
  ms_time t;
  uint64_t rank;     /* order within one edge */
  int what;          /* the router's own */
  ms_router_out out; /* what it is about */
} ms_agenda_item;

typedef struct ms_agenda {
  ms_agenda_item *item;
  size_t n, capacity;
} ms_agenda;

int ms_agenda_push(ms_agenda *agenda, const ms_agenda_item *item, ms_error *err);
ms_agenda_item ms_agenda_pop(ms_agenda *agenda);

/* Time of the next item; MS_TIME_NEVER if there is none. */
static inline ms_time ms_agenda_next(const ms_agenda *agenda) {
  return agenda->n ? agenda->item[0].t : MS_TIME_NEVER;
}

#endif
