/* SPDX-License-Identifier: Apache-2.0 */
/* Random traffic for a router: neurons that answer their acknowledges, and external events. What a
 * router was given is kept, so that another one can be given the same. */
#ifndef MS_TESTS_ROUTER_TRAFFIC_H
#define MS_TESTS_ROUTER_TRAFFIC_H

#include "mixspike/router.h"

enum { TRAFFIC_CLOCK = 10000, TRAFFIC_NEURONS = 14, TRAFFIC_INPUTS = 9, TRAFFIC_MOST = 256 };

typedef struct traffic_input {
  ms_time t;
  uint16_t address;
  uint8_t external, level;
} traffic_input;

typedef struct traffic {
  uint64_t random;
  unsigned neurons, externals; /**< 0: TRAFFIC_NEURONS, TRAFFIC_INPUTS; at most TRAFFIC_MOST */
  ms_time gap_ps;     /**< mean time between two spikes of a neuron, two events of the outside */
  unsigned most_rows; /**< entries of a source: 0 to this */
  unsigned pulse;     /**< cycles */
  unsigned control;   /**< besides ENABLE */
  uint32_t timeout;   /**< cycles; neurons then stick now and then */
  ms_time t_stop;
  uint32_t route[TRAFFIC_NEURONS + TRAFFIC_INPUTS], entry[256];
  traffic_input *input;
  size_t n_input, input_capacity;
} traffic;

typedef struct traffic_outputs {
  ms_router_out *out;
  size_t n, capacity;
} traffic_outputs;

/** Below n. */
unsigned traffic_below(uint64_t *random, unsigned n);
/** Draws the routing table. The other fields must be set. */
void traffic_plan(traffic *t);
/** A router programmed for the traffic, reset. Fails the test if that is refused. */
ms_router *traffic_router(const traffic *t, ms_router_kind kind);
/** Neurons and events at random until t_stop, then silence until the router is; keeps the inputs.
 */
void traffic_live(traffic *t, ms_router *r, traffic_outputs *out);
/** Gives another router what the first one got. */
void traffic_replay(const traffic *t, ms_router *r, traffic_outputs *out);
/** Takes what comes out up to `until`; in order of time, checked. */
void traffic_advance(ms_router *r, ms_time until, traffic_outputs *out);
void traffic_free(traffic *t);
/** By time, then kind, neuron, sign, row, level: for outputs of one edge, whose order is free. */
void traffic_sort(traffic_outputs *out);
/** Fails the test at the first difference. */
void traffic_same(const traffic_outputs *a, const traffic_outputs *b, const char *what);

#endif
