/* SPDX-License-Identifier: Apache-2.0 */
/* What a run leaves behind: supply energy and waveforms at accepted points or on a grid. */
#ifndef MS_WORKER_RECORD_H
#define MS_WORKER_RECORD_H

#include "engine/ngspice/protocol.h"
#include "engine/ngspice/worker/sim.h"

typedef struct ms_recorder {
  size_t n_probe; /**< the first is the request, the others are recorded */
  ms_sim_probe *probe, supply;
  double supply_v, grid_s;
  double *now, *before, t_s; /**< [n_probe] at the point at hand and at the last accepted one */
  double current_a, current_before_a, energy_j;
  uint64_t next_grid;
  size_t n, capacity;
  double *wave_t_s, *wave_v; /**< [n], [n][n_probe - 1] */
  uint64_t steps, iterations, rejected;
} ms_recorder;

/** At t = 0, inside the sync hook. */
void ms_recorder_begin(ms_recorder *r, const ms_ng_setup *setup, const double *delta_s);
/** Reads the point at hand into `now`. */
void ms_recorder_look(ms_recorder *r, double t_s, const double *delta_s);
/** The point last looked at was accepted. */
void ms_recorder_commit(ms_recorder *r, double t_s);
/** Writes energy, counters and waveforms. */
void ms_recorder_put(const ms_recorder *r, ms_wire *out);
void ms_recorder_clear(ms_recorder *r);

#endif
