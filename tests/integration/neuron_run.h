/* SPDX-License-Identifier: Apache-2.0 */
/* One neuron of a core on a die, driven by pulses or by a constant current: for circuit tests. */
#ifndef MIXSPIKE_TEST_NEURON_RUN_H
#define MIXSPIKE_TEST_NEURON_RUN_H

#include "mixspike/engine.h"

enum { NEURON_MAX_SPIKES = 400, NEURON_MAX_EVENTS = 64 };

/** A synaptic event: a pulse of the core's width on a row. */
typedef struct neuron_event {
  double t_s;
  unsigned row;
  uint16_t code;
} neuron_event;

/** What to run. Bias voltages come from the core's default codes of the set, on the same die. */
typedef struct neuron_case {
  const ms_core *core;
  int set;
  ms_die die;
  ms_pvt pvt;
  double t_stop_s;
  const neuron_event *event;
  size_t n_event;
  double inject_a; /**< constant current into the soma's input */
  uint32_t probe_mask;
  const uint16_t *code; /**< [core->n_bias], NULL: the defaults of the set */
} neuron_case;

typedef struct neuron_result {
  size_t n_spike;
  double spike_s[NEURON_MAX_SPIKES]; /**< request rises */
  double width_s[NEURON_MAX_SPIKES]; /**< of each request; < 0: never fell */
  int request;                       /**< level at the end */
  ms_group_result run;               /**< free with ms_group_result_clear */
} neuron_result;

/** Runs a case; fails the test with the engine's message on an error. */
void neuron_run(ms_engine *engine, ms_group *group, const neuron_case *c, neuron_result *r);

#endif
