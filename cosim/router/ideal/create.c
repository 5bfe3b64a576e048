/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's configuration port, and its making. */
#include "router/ideal/ideal.h"

#include <stdlib.h>

static ms_ideal_router *self(ms_router *router) {
  return (ms_ideal_router *)router;
}

/* STATUS, or requests, acknowledges or stuck requests, one bit a neuron, 32 a word. */
static uint32_t state_word(const void *owner, uint32_t block, uint32_t word) {
  const ms_ideal_router *r = owner;
  if (block == MS_MAP_STATUS)
    return r->agenda.n || r->sample.n ? MS_MAP_STATUS_ACTIVE : 0;
  uint32_t bits = 0;
  for (unsigned k = 0; k < 32 && 32 * word + k < r->n_neuron; k++) {
    const ms_ideal_neuron *n = &r->neuron[32 * word + k];
    bits |= (uint32_t)(block == MS_MAP_REQUEST ? n->seen
                       : block == MS_MAP_ACK   ? n->ack
                                               : n->stuck)
            << k;
  }
  return bits;
}

int ms_ideal_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  ms_ideal_router *r = self(router);
  if (address != MS_MAP_COMMAND)
    return ms_registers_write(&r->registers, address, data, err);
  if (data & MS_MAP_COMMAND_CLEAR_COUNTERS)
    r->registers.counters = (ms_router_counters){0};
  if (!(data & MS_MAP_COMMAND_CLEAR))
    return 0;
  /* Queues and pulses end; time and the numbering of inputs go on. */
  const ms_time now = r->now;
  const uint32_t n_cause = r->n_cause;
  const ms_router_counters counters = r->registers.counters;
  int rc = ms_ideal_reset(router, err);
  r->now = now;
  r->n_cause = n_cause;
  r->registers.counters = counters;
  return rc;
}

int ms_ideal_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  return ms_registers_read(&self(router)->registers, self(router), state_word, address, data, err);
}

void ms_ideal_destroy(ms_router *router) {
  ms_ideal_router *r = self(router);
  ms_registers_free(&r->registers);
  ms_outlet_free(&r->outlet);
  free(r->neuron);
  free(r->sample.item);
  free(r->agenda.item);
  free(r);
}

/* The size of the RTL that would serve; as asked for where none is that large. */
static int choose_size(const ms_router_options *o, ms_router_size *size, ms_error *err) {
  enum { MOST_NEURONS = 4096, MOST_SOURCES = 65536, MOST_ENTRIES = 65536, MOST_BIASES = 256 };
  if (!o->n_neuron || o->n_neuron > MOST_NEURONS || !o->clock_ps)
    return ms_fail(err, MS_EINVAL, "a router needs 1 to %d neurons and a clock, not %u at %llu ps",
                   MOST_NEURONS, o->n_neuron, (unsigned long long)o->clock_ps);
  const ms_router_size *built = ms_router_size_for(o->n_neuron, o->n_input, o->n_bias);
  *size = built ? *built : (ms_router_size){o->n_neuron, o->n_input, MOST_ENTRIES, o->n_bias, 0, 0};
  if (size->n_neuron + size->n_input > MOST_SOURCES || size->n_bias > MOST_BIASES)
    return ms_fail(err, MS_ERANGE, "too many inputs (%u) or biases (%u) for the port's address map",
                   o->n_input, o->n_bias);
  return 0;
}

int ms_ideal_router_create(const ms_router_options *options, ms_router **out, ms_error *err) {
  *out = NULL;
  ms_router_size size;
  int rc = choose_size(options, &size, err);
  if (rc)
    return rc;
  ms_ideal_router *r = calloc(1, sizeof *r);
  if (!r)
    return ms_fail(err, MS_ENOMEM, "no memory for a router");
  r->base.ops = &ms_ideal_ops;
  r->n_neuron = options->n_neuron;
  r->n_input = options->n_input;
  r->clock_ps = options->clock_ps;
  r->shared_fan_out = options->kind == MS_ROUTER_TLM_LT;
  r->next_tick = MS_TIME_NEVER;
  r->neuron = calloc(size.n_neuron, sizeof *r->neuron);
  rc = ms_registers_create(&r->registers, &size, err);
  if (!rc)
    rc = ms_outlet_create(&r->outlet, options->n_neuron, err);
  if (!rc && !r->neuron)
    rc = ms_fail(err, MS_ENOMEM, "no memory for a router of %u neurons", size.n_neuron);
  if (rc) {
    ms_ideal_destroy(&r->base);
    return rc;
  }
  *out = &r->base;
  return 0;
}
