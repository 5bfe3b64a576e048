/* SPDX-License-Identifier: Apache-2.0 */
/* A lab: several chips at work at once. It is all that a training method sees of the hardware:
 * a configuration and samples go in, spikes and energy come out, and every run is counted. */
#ifndef MS_METHODS_LAB_H
#define MS_METHODS_LAB_H

#include "mixspike/train.h"

typedef struct ms_lab ms_lab;

/** One run of one sample on one die. */
typedef struct ms_lab_job {
  ms_die die;
  const double *value; /**< of the sample; NULL: the events below instead */
  const ms_event *in;  /**< [n_in] ordered by time */
  size_t n_in;
} ms_lab_job;

typedef struct ms_lab_result {
  int rc;         /**< 0, or the simulator's failure of this run */
  char note[160]; /**< what failed */
  size_t n_spike;
  ms_event *spike; /**< all neurons, in order of time */
  size_t n_delivery;
  ms_delivery *delivery; /**< pulses that synapses got, in order of time */
  size_t n_sample;       /**< of each neuron's membrane; 0: not observed */
  float *membrane_v;     /**< [neurons][n_sample] V, on the grid of ms_lab_observe from time 0 on */
  double energy_j, wall_s, router_wall_s;
} ms_lab_result;

/** @param jobs  chips; each lives in a thread of its own while jobs run */
int ms_lab_create(const ms_setup *setup, unsigned jobs, ms_lab **out, ms_error *err);
void ms_lab_destroy(ms_lab *lab);

/** One of its chips, to ask what all of them are like while no jobs run. */
ms_chip *ms_lab_chip(const ms_lab *lab);

/** What the next jobs run with; copied. */
int ms_lab_configure(ms_lab *lab, const ms_network *network, ms_error *err);
/** The same with connections given one by one (for fits). */
int ms_lab_configure_raw(ms_lab *lab, const ms_config *config, ms_error *err);

/** The same as a sequence of configuration-port writes (for replays). */
int ms_lab_configure_writes(ms_lab *lab, const uint32_t (*write)[2], size_t n, ms_error *err);

/** How many samples the dies have run before the next jobs, for distortions that come with time; 0
 * at first. Jobs of one call follow each other in their order on every die. */
void ms_lab_set_age(ms_lab *lab, uint64_t samples);

/** What the next runs bring beside spikes: the membranes' voltages on a grid of `grid_ps`; 0 (as at
 * first): nothing. */
void ms_lab_observe(ms_lab *lab, ms_time grid_ps);

/** Runs jobs in any order and returns results in theirs. A failure of the simulator stays in its
 * result; anything else ends the call.
 * @param result   [n] out; free with ms_lab_results_clear
 * @param control  may be NULL; `phase` names its progress, counted from `done` of `total`
 * @return MS_EINTERRUPTED on cancel */
int ms_lab_run(ms_lab *lab, const ms_lab_job *job, size_t n, ms_lab_result *result,
               const ms_control *control, const ms_progress *progress, ms_error *err);
void ms_lab_results_clear(ms_lab_result *result, size_t n);

/** Latencies of the digital half. */
struct ms_sim_latency;
int ms_lab_latency(ms_lab *lab, struct ms_sim_latency *out, ms_error *err);

/** Chip samples run so far, and wall seconds in chips and in their digital halves. */
uint64_t ms_lab_spent(const ms_lab *lab);
double ms_lab_wall_s(const ms_lab *lab, double *router_s);

#endif
