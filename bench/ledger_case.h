/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of the deviation ledger: a neuron with different inputs, and a core of 32 neurons. */
#ifndef MS_LEDGER_CASE_H
#define MS_LEDGER_CASE_H

#include "ledger_store.h"
#include "neuron_bench.h"

typedef struct ms_ledger_case {
  const char *name;
  int set;
  unsigned rows;  /**< bit r: row r of dpi16 gets pulses */
  bool core;      /**< 32 neurons behind the router, instead of one */
  uint16_t drive; /**< code of the constant current, 0: the usual one */
  double reltol;  /**< of its reference */
} ms_ledger_case;

extern const ms_ledger_case ms_ledger_cases[];
MS_API unsigned ms_ledger_n_case(void);

/** The name under which the file keeps a case's runs of an engine. That of the reference's runs
 * holds its tolerance: runs at another one are not taken for them. */
enum { MS_LEDGER_KEY = 48 };
void ms_ledger_key(const ms_ledger_case *which, ms_bench_engine_kind engine,
                   char key[MS_LEDGER_KEY]);

/** A case ready to run, with its engines. */
typedef struct ms_ledger_bench ms_ledger_bench;
int ms_ledger_bench_open(const ms_core *core, const ms_ledger_case *which, bool pulse_maps,
                         ms_ledger_bench **out, ms_error *err);
void ms_ledger_bench_close(ms_ledger_bench *bench);

/** Runs the case on a die. @param run  out, to be cleared by the caller */
int ms_ledger_bench_run(ms_ledger_bench *bench, ms_bench_engine_kind engine, const ms_die *die,
                        const ms_pvt *pvt, ms_ledger_run *run, ms_error *err);

/** The same for the deviation between two runs.
 * @param equal  out: neurons with equal spikes (of ms_ledger_neurons), one within 1 % of tau of the
 *               window's end not counted
 * @return the largest shift of a spike, tau */
double ms_ledger_deviation(const ms_core *core, const ms_ledger_case *which, const ms_ledger_run *a,
                           const ms_ledger_run *reference, unsigned *equal);
unsigned ms_ledger_neurons(const ms_ledger_case *which);

#endif
