/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing the approximately timed router. */
#include "router/tlm/tlm.h"

#include <stdlib.h>

void ms_tlm_destroy(ms_router *router) {
  ms_tlm_router *r = (ms_tlm_router *)router;
  for (unsigned k = 0; r->core && k < r->n_core; k++) {
    ms_tlm_core *c = &r->core[k];
    ms_registers_free(&c->registers);
    ms_network_registers_free(&c->network);
    free(c->aer.cause);
    free(c->fanout.pulse);
    free(c->fanout.held);
  }
  ms_outlet_free(&r->outlet);
  free(r->core);
  free(r->node);
  free(r->requests.item);
  free(r->events.item);
  free(r);
}

static int create_core(ms_tlm_core *c, const ms_router_size *size, ms_error *err) {
  ms_tlm_fanout *f = &c->fanout;
  f->n_line = size->n_neuron * MS_TLM_LINES;
  c->aer.cause = calloc(size->n_neuron, sizeof *c->aer.cause);
  c->aer.n_word = (size->n_neuron + 63) / 64;
  f->pulse = calloc(f->n_line, sizeof *f->pulse);
  f->held = calloc(f->n_line, sizeof *f->held);
  int rc = ms_registers_create(&c->registers, size, err);
  if (!rc)
    rc = ms_network_registers_create(&c->network, size, err);
  if (!rc && (!c->aer.cause || !f->pulse || !f->held))
    rc = ms_fail(err, MS_ENOMEM, "no memory for a router of %u neurons", size->n_neuron);
  return rc;
}

static int create_cores(ms_tlm_router *r, const ms_router_size *size, ms_error *err) {
  r->core = calloc(r->n_core, sizeof *r->core);
  if (r->n_core > 1)
    r->node = calloc(r->n_core, sizeof *r->node);
  if (!r->core || (r->n_core > 1 && !r->node))
    return ms_fail(err, MS_ENOMEM, "no memory for %u cores", r->n_core);
  int rc = 0;
  for (unsigned k = 0; !rc && k < r->n_core; k++)
    rc = create_core(&r->core[k], size, err);
  if (!rc && r->node)
    ms_tlm_mesh_create(r);
  return rc;
}

int ms_tlm_router_create(const ms_router_options *o, ms_router **out, ms_error *err) {
  *out = NULL;
  const unsigned cols = o->cols, rows = o->rows;
  const ms_router_size *size =
      cols * rows > 1 ? ms_router_mesh_size(cols, rows, o->n_neuron, o->n_input, o->n_bias, NULL)
                      : ms_router_size_for(o->n_neuron, o->n_input, o->n_bias);
  if (!o->clock_ps)
    return ms_fail(err, MS_EINVAL, "router clock period is 0 ps: give a positive one");
  if (!size && cols * rows > 1)
    return ms_router_no_mesh(o, err);
  if (!size)
    return ms_fail(err, MS_ERANGE,
                   "no router core is built for %u neurons, %u inputs and %u biases "
                   "(docs/router.md has the sizes); router `ideal` has no such limit",
                   o->n_neuron, o->n_input, o->n_bias);
  ms_tlm_router *r = calloc(1, sizeof *r);
  if (!r)
    return ms_fail(err, MS_ENOMEM, "no memory for a router");
  r->base.ops = &ms_tlm_ops;
  r->n_neuron = o->n_neuron;
  r->n_input = o->n_input;
  r->cols = cols;
  r->n_core = cols * rows;
  r->clock_ps = o->clock_ps;
  r->out_core = -1;
  int rc = create_cores(r, size, err);
  if (!rc)
    rc = ms_outlet_create(&r->outlet, o->n_neuron, err);
  if (rc) {
    ms_tlm_destroy(&r->base);
    return rc;
  }
  *out = &r->base;
  return 0;
}
