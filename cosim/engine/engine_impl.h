/* SPDX-License-Identifier: Apache-2.0 */
/* What an engine provides to be one: a table of functions behind mixspike/engine.h. */
#ifndef MS_ENGINE_IMPL_H
#define MS_ENGINE_IMPL_H

#include "mixspike/engine.h"

typedef struct ms_engine_ops {
  int (*bias)(ms_engine *, const ms_die *, const ms_pvt *, const uint16_t *code, double *bias_v,
              double *power_w, ms_error *);
  int (*bias_set)(ms_engine *, const ms_die *, const ms_pvt *, const uint16_t *code, uint64_t own,
                  unsigned set, double *bias_v, double *power_w, ms_error *);
  int (*group_create)(ms_engine *, ms_group **, ms_error *);
  void (*group_destroy)(ms_group *);
  int (*start)(ms_group *, const ms_run_spec *, ms_error *);
  int (*stimulate)(ms_group *, const ms_stimulus *, size_t, ms_error *);
  int (*grant)(ms_group *, ms_time limit, int cut, ms_error *);
  int (*wait)(ms_group *, ms_report *, ms_error *);
  int (*finish)(ms_group *, ms_group_result *, ms_error *);
  void (*destroy)(ms_engine *);
} ms_engine_ops;

/* First member of every engine's own struct. */
struct ms_engine {
  const ms_engine_ops *ops;
  ms_engine_kind kind;
  const ms_core *core;
};

/* First member of every engine's own group struct. */
struct ms_group {
  ms_engine *engine;
};

int ms_ngspice_engine_create(const ms_engine_options *, const ms_core *, ms_engine **, ms_error *);
int ms_table_engine_create(const ms_engine_options *, const ms_core *, ms_engine **, ms_error *);
int ms_model_engine_create(const ms_engine_options *, const ms_core *, ms_engine **, ms_error *);

#endif
