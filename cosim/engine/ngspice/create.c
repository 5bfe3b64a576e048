/* SPDX-License-Identifier: Apache-2.0 */
/* The ngspice engine. */
#include "engine/engine_impl.h"

int ms_ngspice_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                             ms_error *err) {
  (void)options;
  (void)core;
  *out = NULL;
  return ms_fail(err, MS_EUNSUPPORTED, "the ngspice engine is not part of this build");
}
