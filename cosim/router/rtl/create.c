/* SPDX-License-Identifier: Apache-2.0 */
/* The rtl router. */
#include "router/router_impl.h"

int ms_rtl_router_create(const ms_router_options *options, ms_router **out, ms_error *err) {
  (void)options;
  *out = NULL;
  return ms_fail(err, MS_EUNSUPPORTED, "the rtl router is not part of this build");
}
