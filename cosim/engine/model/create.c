/* SPDX-License-Identifier: Apache-2.0 */
/* The model engine. */
#include "engine/engine_impl.h"

int ms_model_engine_create(const ms_engine_options *options, const ms_core *core, ms_engine **out,
                           ms_error *err) {
  (void)options;
  (void)core;
  *out = NULL;
  return ms_fail(err, MS_EUNSUPPORTED, "the model engine is not part of this build");
}
