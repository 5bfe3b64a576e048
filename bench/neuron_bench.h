/* SPDX-License-Identifier: Apache-2.0 */
/* One neuron on a die, run by the table engine, by ngspice with its production settings and by
 * ngspice with tight tolerances, which is the reference. What the benches of engines share. */
#ifndef MS_NEURON_BENCH_H
#define MS_NEURON_BENCH_H

#include "mixspike/engine.h"

enum { MS_BENCH_MAX_BIAS = 64, MS_BENCH_MAX_SPIKE = 512 };
typedef enum ms_bench_engine_kind {
  MS_BENCH_TABLE,
  MS_BENCH_PRODUCTION,
  MS_BENCH_REFERENCE,
  MS_BENCH_N_ENGINE
} ms_bench_engine_kind;

typedef struct ms_neuron_bench {
  const ms_core *core;
  int set;
  double length_tau; /**< simulated time of a run, in membrane time constants */
  ms_engine *engine[MS_BENCH_N_ENGINE];
  ms_group *group[MS_BENCH_N_ENGINE];
  ms_stimulus *pulse;
  size_t n_pulse; /**< on and off counted */
  double bias_v[MS_BENCH_MAX_BIAS];
  uint16_t drive; /**< code of the constant current, 0: as ms_neuron_bench_codes says */
} ms_neuron_bench;

/** What a run gave. */
typedef struct ms_neuron_run {
  size_t n_spike;
  double spike_s[MS_BENCH_MAX_SPIKE]; /**< rises of the request */
  double seconds;                     /**< processor time of the transient alone */
  double energy_j;
  uint64_t steps, evaluations, rejected, n_device, n_lookup;
  double device_share, solver_share; /**< of a profiled run's time */
  bool unsure;
} ms_neuron_run;

/** Opens the three engines. Rows of the core that have their bit set in `rows` get pulses in turn,
 * one every 0.15 tau, with codes over the DAC's range.
 * @param reference_reltol  of the reference; see ms_ngspice_tightness for what follows it
 * @param pulse_maps        whether the table engine uses them
 * @return MS_OK or MS_E...; close it in either case */
int ms_neuron_bench_open(ms_neuron_bench *b, const ms_core *core, int set, unsigned rows,
                         double length_tau, double reference_reltol, bool pulse_maps,
                         ms_error *err);
void ms_neuron_bench_close(ms_neuron_bench *b);

/** The bias codes of a run: the set's defaults, and a constant current of about three times the
 * leak that makes the soma fire. */
int ms_neuron_bench_codes(const ms_core *core, int set, uint16_t code[MS_BENCH_MAX_BIAS],
                          ms_error *err);

/** Solves the bias lines of a die. */
int ms_neuron_bench_bias(ms_neuron_bench *b, const ms_die *die, const ms_pvt *pvt, ms_error *err);

/** Runs the neuron once; ms_neuron_bench_bias has set the die's bias lines. */
int ms_neuron_bench_run(ms_neuron_bench *b, ms_bench_engine_kind which, const ms_die *die,
                        const ms_pvt *pvt, ms_neuron_run *out, ms_error *err);

/** Largest shift of a spike between two runs, in tau.
 * @param tau_s  membrane time constant; @param length_tau  simulated time, in it
 * @param equal  out: both have the same spikes; one that only one of them has does not count when
 *               it lies within 1 % of tau of the window's end */
double ms_neuron_bench_shift(double tau_s, double length_tau, const ms_neuron_run *a,
                             const ms_neuron_run *r, bool *equal);

#endif
