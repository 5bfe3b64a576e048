/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the ngspice engine: what create.c, bias.c and group.c share. */
#ifndef MS_NGSPICE_ENGINE_H
#define MS_NGSPICE_ENGINE_H

#include "engine/engine_impl.h"
#include "engine/ngspice/service.h"
#include "mixspike/netlist.h"

#include <pthread.h>
#include <stdarg.h>

/** A growing string of command lines. */
typedef struct ms_text {
  char *data;
  size_t n, capacity;
  bool bad;
} ms_text;
void ms_text_add(ms_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ms_text_free(ms_text *t);

/** Commands that turn every device of a circuit into that of a die at a corner. */
void ms_text_add_shifts(ms_text *t, const ms_circuit *circuit, const ms_process *process,
                        const ms_die *die, const ms_pvt *pvt, const char *prefix);

/** A group's deck for one point of operation, with the sources that the harness reads through. */
typedef struct ms_prepared {
  ms_pvt pvt;
  ms_deck *deck;
  ms_circuit *circuit;
  size_t n_probe;
  char (*probe)[24]; /**< [n_probe] sense source of each ms_probe; "" where there is no node */
} ms_prepared;

/** Solved bias lines of one die. */
typedef struct ms_bias_entry {
  ms_die die;
  ms_pvt pvt;
  unsigned set; /**< of neurons; with `own`, the lines that it has for itself */
  uint64_t own;
  uint16_t *code;
  double *v;
  double power_w;
} ms_bias_entry;

typedef struct ms_ngspice_engine {
  ms_engine base;
  double timeout_s, reltol;
  unsigned max_retries;
  char *worker_path;
  pthread_mutex_t lock; /**< guards everything below */
  ms_service *tool;     /**< for listings and bias points; started when first needed */
  size_t n_prepared, n_bias;
  ms_prepared **prepared;
  ms_bias_entry *bias;
  ms_pvt bias_pvt;   /**< what the tool has loaded last */
  uint64_t bias_own; /**< lines; 0: all */
  uint16_t *bias_code;
  ms_circuit *bias_circuit;
} ms_ngspice_engine;

/** How the other tolerances follow reltol, 1 at its production setting of 1e-3: the longest step
 * goes with its cube root, the floors of voltage and charge with the square of that. At 1e-6, two
 * integration methods then agree on spike times to 0.0015 tau; with reltol alone they do not. */
double ms_ngspice_tightness(const ms_ngspice_engine *e);
double ms_ngspice_supply(const ms_core *core, const ms_pvt *pvt);
bool ms_ngspice_same_pvt(const ms_pvt *a, const ms_pvt *b);

/** The deck of a point of operation; prepared once, lives as long as the engine. */
int ms_ngspice_prepare(ms_ngspice_engine *e, const ms_pvt *pvt, const ms_prepared **out,
                       ms_error *err);

int ms_ngspice_bias(ms_engine *engine, const ms_die *die, const ms_pvt *pvt, const uint16_t *code,
                    double *bias_v, double *power_w, ms_error *err);
int ms_ngspice_bias_of_set(ms_engine *engine, const ms_die *die, const ms_pvt *pvt,
                           const uint16_t *code, uint64_t own, unsigned set, double *bias_v,
                           double *power_w, ms_error *err);
void ms_ngspice_bias_clear(ms_ngspice_engine *e);
/** Which default bias set the run's voltages stand nearest to; guessed from the length of the run
 * where they did not come from ms_engine_bias. */
int ms_ngspice_bias_set(ms_ngspice_engine *e, const ms_run_spec *spec);

/** The tool's service, started if need be; call with the lock held. */
int ms_ngspice_tool(ms_ngspice_engine *e, ms_error *err);

void ms_ngspice_destroy(ms_engine *engine);
extern const ms_engine_ops ms_ngspice_ops; /**< in group.c */

/** Process of a group's worker, 0 if there is none; for tests that end or stop it. */
MS_API pid_t ms_ngspice_group_pid(const ms_group *group);

#endif
