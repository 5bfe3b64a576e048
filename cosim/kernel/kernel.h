/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own parts: the chip, and a session, which is one run of it under one driver. */
#ifndef MS_KERNEL_H
#define MS_KERNEL_H

#include "kernel/tables.h"
#include "mixspike/chip.h"
#include "mixspike/router_map.h"

struct ms_chip {
  ms_chip_options options;
  const ms_core *core;
  ms_engine *engine;
  ms_router *router;
  ms_table_size size;         /* of every core's tables */
  int row_of[2][MS_MAX_ROWS]; /* (sign, index) -> index into core->row, -1 where there is none */
  ms_die die;
  ms_pvt pvt;
  /* Configuration, sorted by source. */
  int configured;
  ms_synapse *synapse;
  size_t n_synapse;
  unsigned n_set; /* of neurons with bias lines of their own, or 1 */
  uint16_t *bias; /* [n_set][core->n_bias] */
  double *bias_v; /* the same shape, for the die and the point of operation; not while `unsolved` */
  double bias_power_w;
  int unsolved;
  uint32_t (*write)[2];
  size_t n_write;
  /* Places to run groups: one a neuron, or as many as the feed-forward driver has workers. */
  ms_group **group;
  unsigned n_group;
};

/* A request change that the router has not been told yet. */
typedef struct ms_pending {
  ms_time t;
  uint16_t neuron;
  uint8_t level;
} ms_pending;

/* One neuron during a run. */
typedef struct ms_session_group {
  ms_group *group;
  ms_run_spec spec;
  ms_stimulus *stimulus; /* not handed over yet */
  size_t n_stimulus, stimulus_capacity;
  ms_time committed, promise;
  int finished, running, stuck;
  ms_time before; /* committed when it was granted last */
} ms_session_group;

typedef struct ms_session {
  ms_chip *chip;
  const ms_run_options *options;
  ms_run_result *result;
  ms_router *router;
  ms_time lookahead, t_stop;
  ms_time horizon; /* every external event before this is in `in` */
  const ms_event *in;
  size_t n_in, next_in;
  ms_session_group *group; /* [n_neuron] */
  unsigned n_neuron;
  int replays; /* requests are recorded when the router is told, not when a group reports them */
  ms_pending *pending; /* heap, earliest (t, neuron) first */
  size_t n_pending, pending_capacity;
  size_t spike_capacity, host_capacity, delivery_capacity, input_change_capacity, boundary_capacity;
} ms_session;

/* Makes room for one more element. */
int ms_grow(void *array, size_t n, size_t *capacity, size_t size, ms_error *err);
/* For qsort: events by time, then address. */
int ms_compare_events(const void *a, const void *b);

/* session.c: what the drivers share. */
int ms_session_begin(ms_session *s, ms_chip *chip, const ms_event *in, size_t n_in,
                     const ms_run_options *options, ms_run_result *result, ms_error *err);
void ms_session_end(ms_session *s);
/* MS_EINTERRUPTED once the caller's flag is set. */
int ms_session_check(const ms_session *s, ms_error *err);
/* What every run of neuron n has in common. */
ms_run_spec ms_session_spec(const ms_session *s, unsigned n);
/* Starts every neuron in a group of its own, at time 0. */
int ms_session_start_all(ms_session *s, ms_error *err);
/* Hands waiting inputs over and grants. */
int ms_session_grant(ms_session *s, unsigned n, ms_time limit, int cut, ms_error *err);
/* Waits for the group's report and takes its request changes. */
int ms_session_wait(ms_session *s, unsigned n, ms_error *err);
int ms_session_finish_all(ms_session *s, ms_error *err);
int ms_session_add_spike(ms_session *s, ms_time t, unsigned n, ms_error *err);
int ms_session_add_pending(ms_session *s, ms_time t, unsigned n, int level, ms_error *err);
/* Time of the earliest event that the router has not been told, MS_TIME_NEVER without. */
ms_time ms_session_next_input(const ms_session *s);
/* Tells the router the earliest such event; at one time external events come first, then neurons
 * in order, so that every driver makes the same calls. */
int ms_session_feed_one(ms_session *s, ms_error *err);
ms_time ms_session_next_output(ms_session *s);
int ms_session_advance(ms_session *s, ms_time t, const ms_router_out **out, size_t *n,
                       ms_error *err);
/* Records an output and gives what concerns a neuron as an input in *stimulus; returns whether
 * there is one. */
int ms_session_take(ms_session *s, const ms_router_out *out, ms_stimulus *stimulus, ms_error *err);
/* Router to t; its outputs become inputs of the groups and bound their promises. */
int ms_session_route(ms_session *s, ms_time t, ms_error *err);
/* Forgets what the router has done, to play the events again from reset. */
int ms_session_rewind(ms_session *s, ms_error *err);
/* Counters, traces and order of spikes, once the driver is through. */
int ms_session_conclude(ms_session *s, ms_error *err);

/* Drivers, one a file. */
int ms_drive_lockstep(ms_session *s, ms_error *err);
int ms_drive_promises(ms_session *s, ms_error *err);
/* The parts of it: everything that events before s->horizon decide, once the groups have started;
 * then the rest of the run. */
int ms_drive_promises_on(ms_session *s, ms_error *err);
int ms_drive_promises_out(ms_session *s, ms_error *err);
/* Nothing that the router has not been told can come from a group before this. */
ms_time ms_session_promise(const ms_session *s);
int ms_drive_feedforward(ms_session *s, ms_error *err);

/* feedforward.c: layer of each neuron, sources before targets; layer: [n_neuron] out.
 * Returns the number of layers, or 0 where the connections form a loop. */
unsigned ms_layers(const ms_chip *chip, unsigned *layer, ms_error *err);

/* bias.c */
/* Memory for the codes and voltages of all sets. */
int ms_chip_bias_create(ms_chip *chip, ms_error *err);
/* Refuses codes that are not for one set or for all, or that the branches do not have. */
int ms_chip_bias_check(const ms_chip *chip, const uint16_t *code, size_t n, ms_error *err);
/* Takes checked codes over. */
void ms_chip_bias_take(ms_chip *chip, const uint16_t *code, size_t n);
/* Voltages of all lines on the chip's die; solved once for a die, point of operation and codes. */
int ms_chip_bias_solve(ms_chip *chip, ms_error *err);

/* chip.c */
/* Cores that the options ask for. */
unsigned ms_cores(const ms_chip_options *options);
/* Refuses runs without configuration or end, and events out of order or of inputs that do not
 * exist. */
int ms_chip_check_run(const ms_chip *chip, const ms_event *in, size_t n_in,
                      const ms_run_options *options, ms_error *err);
int ms_chip_need_groups(ms_chip *chip, unsigned n, ms_error *err);

#endif
