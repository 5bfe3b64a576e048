/* SPDX-License-Identifier: Apache-2.0 */
/* The table engine's own objects: what depends on the point of operation (variant: circuit, tables,
 * plan) and what depends on the die (instance: shifts, curves, start). Both are made on first use
 * and kept. */
#ifndef MS_TABLE_VARIANT_H
#define MS_TABLE_VARIANT_H

#include "engine/engine_impl.h"
#include "engine/table/plan.h"

#include <pthread.h>

/** A table that the engine holds, shared by variants of equal temperature and model section. */
typedef struct ms_held_table {
  ms_table *table;
  double temp_c;
  unsigned section; /* corner with models of its own, or 0 */
} ms_held_table;

typedef struct ms_variant {
  ms_pvt pvt;
  ms_circuit *circuit;
  ms_plan *plan;
} ms_variant;

/** A neuron of a die: what its devices are, and where it starts. */
typedef struct ms_instance {
  /* what it belongs to */
  const ms_variant *variant;
  ms_die die;
  unsigned neuron;
  double *bias_v;
  double inject_a;
  /* what it is */
  double *dvth_v, *gain;         /**< [n_device] */
  double *ln_mobility;           /**< [n_device] */
  double (*trim)[MS_N_TRIM + 1]; /**< [n_device] of y in weak inversion: ms_table_weak_trim */
  float **curve;                 /**< [n_device] into `pool`, or NULL */
  double *curve_x0, *curve_inv;  /**< [n_device] */
  int *curve_n;
  float *pool;
  double *capacitor_f; /**< [n_element] */
  double *fixed_v;     /**< [n_node] */
  double *start_v;     /**< [n_node] once has_start */
  int has_start;
  struct ms_pulse_maps *maps; /**< NULL until a run wants them */
  void *memory;
  uint64_t used; /**< for throwing the oldest out */
  int users;     /**< groups that run on it */
} ms_instance;

/** The setting that ms_engine_options.reltol = 0 stands for; errors in time scale with it. */
#define MS_TABLE_RELTOL 1e-3

typedef struct ms_table_engine {
  ms_engine base;
  char *worker_path, *cache_dir;
  double reltol;
  double weak_coupling, bypass_v;
  int pulse_maps; /**< whether runs use them */
  const ms_kernel *kernel;
  ms_engine *bias_engine; /**< the ngspice engine, which knows how to solve bias branches */
  pthread_mutex_t lock;
  size_t n_held, n_variant, n_instance, instance_room;
  ms_held_table *held;
  ms_variant **variant;
  ms_instance **instance;
  uint64_t clock;
  int profiled;
} ms_table_engine;

/** The variant for a point of operation. The caller holds engine->lock. */
int ms_variant_get(ms_table_engine *engine, const ms_pvt *pvt, const ms_variant **out,
                   ms_error *err);
void ms_variant_destroy(ms_variant *variant);

/** The instance that a run needs. The caller holds engine->lock. The instance stays while it
 * has users, and until the engine has made MS_INSTANCES_KEPT others. */
enum { MS_INSTANCES_KEPT = 4096, MS_MAPS_KEPT = 2048 };
int ms_instance_get(ms_table_engine *engine, const ms_variant *variant, const ms_run_spec *spec,
                    ms_instance **out, ms_error *err);
void ms_instance_destroy(ms_instance *instance);

/** Writes the instance's values into a group's blocks. */
void ms_instance_apply(const ms_instance *instance, ms_solver *solver);

#endif
