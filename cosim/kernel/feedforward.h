/* SPDX-License-Identifier: Apache-2.0 */
/* State of the feed-forward driver. */
#ifndef MS_KERNEL_FEEDFORWARD_H
#define MS_KERNEL_FEEDFORWARD_H

#include "kernel/kernel.h"

typedef struct ms_time_list {
  ms_time *t;
  size_t n, capacity;
} ms_time_list;

typedef struct ms_pulse_list {
  ms_stimulus *stimulus;
  size_t n, capacity;
} ms_pulse_list;

/* One neuron: what it ran with, what it did, and what the last replay would give it. */
typedef struct ms_layered_group {
  ms_group *place;
  ms_run_spec spec;
  int has_run;
  ms_pulse_list given;    /* pulses of its last run */
  ms_time_list overrides; /* acknowledges asked for in its last run */
  ms_time_list used;      /* acknowledges that its last run had */
  ms_transition *transition;
  size_t n_transition, transition_capacity;
  ms_pulse_list wanted;  /* pulses of the last replay */
  ms_time_list replayed; /* acknowledges of the last replay */
  size_t n_offered;      /* transitions put before the router in this replay */
} ms_layered_group;

typedef struct ms_layered {
  ms_session *session;
  ms_ack_timing ack;
  ms_layered_group *group; /* [n_neuron] */
  unsigned *layer;         /* [n_neuron] */
  unsigned n_layer;
} ms_layered;

#endif
