/* SPDX-License-Identifier: Apache-2.0 */
/* A bench takes measures of one cell on one die at one point of operation. One thread uses it. */
#ifndef MS_VALIDATE_BENCH_H
#define MS_VALIDATE_BENCH_H

#include "curve.h"
#include "engine/ngspice/service.h"
#include "mixspike/engine.h"
#include "mixspike/netlist.h"

/** What a bench works on; must outlive it. */
typedef struct ms_bench_setup {
  const ms_core *core; /**< from ms_core_load_cell */
  const ms_cell *cell;
  int set;
  ms_engine_kind engine;
  bool mismatch_biases; /**< the bias branches are those of the die; else without mismatch */
  const char *worker_path;
} ms_bench_setup;

enum { MS_BENCH_SPIKES = 4000 };

/** One run of a soma or synapse with what it left. */
typedef struct ms_bench_run {
  double current_a, window_s; /**< soma: the input that it belongs to */
  size_t n_spike;
  double *rise_s, *fall_s; /**< of each request; fall NaN: it never fell */
  ms_group_result result;
  ms_xy wave; /**< soma: membrane, V; synapse: output current, A */
} ms_bench_run;

/** A waveform kept for a person. */
typedef struct ms_bench_wave {
  char run[80], name[64], unit[4]; /**< run: what was done, without blanks */
  bool measured;                   /**< a measure reads it; else it stands beside for the reader */
  size_t n;
  double *t_s, *y;
} ms_bench_wave;

typedef struct ms_bench ms_bench;
int ms_bench_create(const ms_bench_setup *setup, ms_bench **out, ms_error *err);
void ms_bench_destroy(ms_bench *bench);

/** Puts the cell on a die at a point of operation. */
int ms_bench_place(ms_bench *bench, const ms_die *die, const ms_pvt *pvt, ms_error *err);
/** Keeps the waveforms of what is measured from now on. */
void ms_bench_keep_waves(ms_bench *bench);
const ms_bench_wave *ms_bench_waves(const ms_bench *bench, size_t *n);

/** Whether this bench's engine can take a measure. */
bool ms_bench_can(const ms_bench_setup *setup, const ms_measure *measure);
/** How many points of a curve a measure has beside its value. */
size_t ms_bench_curve_size(const ms_bench_setup *setup, const ms_measure *measure);
/** x of a point of a measure's curve. */
double ms_bench_curve_x(const ms_bench_setup *setup, const ms_measure *measure, size_t i);
/** Takes a measure.
 * @param value  [1 + curve size] out: the value, then the curve; NaN: the circuit did not do it */
int ms_bench_take(ms_bench *bench, const ms_measure *measure, double *value, ms_error *err);

/* ---- Between the files of the bench. */

struct ms_bench {
  ms_bench_setup setup;
  ms_engine *engine;
  ms_group *group;
  ms_die die;
  ms_pvt pvt;
  double *bias_v;
  size_t n_run;
  ms_bench_run *run; /**< of this place, kept because measures share them */
  ms_service *service;
  size_t n_circuit;
  ms_circuit **circuit; /**< by measure: of the pin benches */
  bool keep_waves;
  size_t n_wave;
  ms_bench_wave *wave;
};

/** How requests are acknowledged on the bench: as the router does on average, 3.5 clock periods
 * after the change, but without the clock's phase, which would be noise on every handshake time. */
ms_ack_timing ms_bench_ack(const ms_core *core);
/** Runs a soma with a constant current, or gives the run that there is. */
int ms_bench_soma(ms_bench *bench, double current_a, double window_s, const ms_bench_run **run,
                  ms_error *err);
/** Runs a synapse with n pulses of one code; `wave` is the output current. */
int ms_bench_synapse(ms_bench *bench, unsigned code, const double *pulse_s, size_t n,
                     double window_s, ms_bench_run *run, ms_error *err);
void ms_bench_run_clear(ms_bench_run *run);
/** Adds a waveform if they are kept, in copies of its texts and points. */
int ms_bench_add_wave(ms_bench *bench, const ms_bench_wave *wave, ms_error *err);

int ms_take_soma(ms_bench *bench, const ms_measure *m, double *value, ms_error *err);
int ms_take_synapse(ms_bench *bench, const ms_measure *m, double *value, ms_error *err);
int ms_take_pins(ms_bench *bench, const ms_measure *m, double *value, ms_error *err);

#endif
