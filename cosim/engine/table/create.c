/* SPDX-License-Identifier: Apache-2.0 */
/* Creation of the table engine. Tables and circuits are made when the first run needs them. */
#include "engine/table/group.h"

#include <stdlib.h>
#include <string.h>

int ms_table_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                           ms_error *err) {
  *out = NULL;
  ms_table_engine *e = calloc(1, sizeof *e);
  if (!e)
    return ms_fail(err, MS_ENOMEM, "out of memory for an engine");
  e->base = (ms_engine){&ms_table_ops, MS_ENGINE_TABLE, core};
  e->reltol = options->reltol;
  e->weak_coupling = MS_WEAK_COUPLING;
  e->bypass_v = 3e-3;
  e->pulse_maps = options->pulse_maps;
  e->kernel = ms_kernel_list(0);
  pthread_mutex_init(&e->lock, NULL);
  int bad = (options->worker_path && !(e->worker_path = strdup(options->worker_path))) ||
            (options->cache_dir && !(e->cache_dir = strdup(options->cache_dir)));
  int code = bad ? ms_fail(err, MS_ENOMEM, "out of memory for an engine") : MS_OK;
  if (!code) {
    ms_engine_options bias_options = *options;
    bias_options.kind = MS_ENGINE_NGSPICE;
    bias_options.reltol = 0;
    code = ms_ngspice_engine_create(&bias_options, core, &e->bias_engine, err);
  }
  if (code) {
    e->base.ops->destroy(&e->base);
    return code;
  }
  *out = &e->base;
  return MS_OK;
}
