/* SPDX-License-Identifier: Apache-2.0 */
/* The public router functions: pick the router once, then pass every call on. */
#include "mixspike/router_map.h"
#include "router/router_impl.h"
#include "router/soft/sizes.h"

void ms_router_counters_add(ms_router_counters *sum, const ms_router_counters *c) {
#define MS_X(name, text) sum->name += c->name;
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
}

void ms_network_counters_add(ms_network_counters *sum, const ms_network_counters *c) {
#define MS_X(name, text) sum->name += c->name;
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
}

const char *ms_router_meshes(void) {
#define MS_X(cols, rows, neurons) " " #cols "x" #rows "x" #neurons
  static const char built[] = MS_ROUTER_MESHES(MS_X);
#undef MS_X
  return built + 1;
}

int ms_router_no_mesh(const ms_router_options *o, ms_error *err) {
  const ms_router_size *core = NULL;
  const unsigned n_core = o->cols * o->rows;
  ms_router_mesh_size(o->cols, o->rows, 0, 0, 0, &core);
  if (!core)
    return ms_fail(err, MS_ERANGE,
                   "no mesh of %ux%u cores is built: there are, with the neurons of a core, %s "
                   "(docs/router.md, \"Sizes\", tells how to build others)",
                   o->cols, o->rows, ms_router_meshes());
  return ms_fail(err, MS_ERANGE,
                 "%ux%u cores hold %u neurons, %u inputs and %u biases, not %u, %u and %u: take "
                 "fewer, or another mesh; there are, with the neurons of a core, %s "
                 "(docs/router.md, \"Sizes\", tells how to build others)",
                 o->cols, o->rows, n_core * core->n_neuron, n_core * core->n_input, core->n_bias,
                 o->n_neuron, o->n_input, o->n_bias, ms_router_meshes());
}

int ms_router_create(const ms_router_options *given, ms_router **out, ms_error *err) {
  ms_router_options options = *given;
  options.cols = given->cols ? given->cols : 1;
  options.rows = given->rows ? given->rows : 1;
  *out = NULL;
  if (options.cols > MS_MAP_MAX_CORES || options.rows > MS_MAP_MAX_CORES)
    return ms_router_no_mesh(&options, err);
  switch (options.kind) {
  case MS_ROUTER_RTL:
    return ms_rtl_router_create(&options, out, err);
  case MS_ROUTER_IDEAL:
  case MS_ROUTER_TLM_LT:
    return ms_ideal_router_create(&options, out, err);
  case MS_ROUTER_TLM:
    return ms_tlm_router_create(&options, out, err);
  }
  return ms_fail(err, MS_EINVAL, "no such router: %d", (int)options.kind);
}

const char *ms_router_name(ms_router_kind kind) {
  switch (kind) {
  case MS_ROUTER_RTL:
    return "rtl";
  case MS_ROUTER_IDEAL:
    return "ideal";
  case MS_ROUTER_TLM:
    return "tlm";
  case MS_ROUTER_TLM_LT:
    return "tlm_lt";
  }
  return NULL;
}

void ms_router_destroy(ms_router *router) {
  if (router)
    router->ops->destroy(router);
}

int ms_router_reset(ms_router *router, ms_error *err) {
  return router->ops->reset(router, err);
}

int ms_router_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  return router->ops->write(router, address, data, err);
}

int ms_router_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  return router->ops->read(router, address, data, err);
}

int ms_router_request(ms_router *router, ms_time t, unsigned neuron, int level, ms_error *err) {
  return router->ops->request(router, t, neuron, level, err);
}

int ms_router_event(ms_router *router, ms_time t, unsigned input, ms_error *err) {
  return router->ops->event(router, t, input, err);
}

int ms_router_advance(ms_router *router, ms_time t, const ms_router_out **out, size_t *n_out,
                      ms_error *err) {
  return router->ops->advance(router, t, out, n_out, err);
}

ms_time ms_router_next_output(const ms_router *router) {
  return router->ops->next_output(router);
}

ms_time ms_router_lookahead(const ms_router *router) {
  return router->ops->lookahead(router);
}

ms_ack_timing ms_router_ack_timing(const ms_router *router) {
  return router->ops->ack_timing(router);
}

const char *const *ms_router_signals(const ms_router *router) {
  return router->ops->signals(router);
}

void ms_router_get_counters(const ms_router *router, ms_router_counters *counters) {
  router->ops->get_counters(router, counters);
}

void ms_router_get_network(const ms_router *router, ms_network_counters *counters) {
  *counters = (ms_network_counters){0};
  if (router->ops->get_network)
    router->ops->get_network(router, counters);
}

int ms_router_trace(ms_router *router, int on, ms_error *err) {
  return router->ops->trace(router, on, err);
}

size_t ms_router_take_trace(ms_router *router, const ms_signal_change **change) {
  return router->ops->take_trace(router, change);
}
