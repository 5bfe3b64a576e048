/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's configuration port, and its making. */
#include "router/ideal/ideal.h"

#include <stdlib.h>

static ms_ideal_router *self(ms_router *router) {
  return (ms_ideal_router *)router;
}

/* A core of a router, for the words that show its state. */
typedef struct one_core {
  const ms_ideal_router *r;
  unsigned core;
} one_core;

static uint32_t active(const ms_ideal_router *r) {
  return r->agenda.n || r->sample.n ? MS_MAP_STATUS_ACTIVE : 0;
}

/* STATUS, or requests, acknowledges or stuck requests, one bit a neuron, 32 a word. */
static uint32_t state_word(const void *owner, uint32_t block, uint32_t word) {
  const ms_ideal_router *r = ((const one_core *)owner)->r;
  if (block == MS_MAP_STATUS)
    return active(r);
  uint32_t bits = 0;
  for (unsigned k = 0; k < 32; k++) {
    const uint32_t number =
        ms_map_number(((const one_core *)owner)->core, 32 * word + k, r->n_core);
    if (number >= r->n_neuron)
      break;
    const ms_ideal_neuron *n = &r->neuron[number];
    bits |= (uint32_t)(block == MS_MAP_REQUEST ? n->seen
                       : block == MS_MAP_ACK   ? n->ack
                                               : n->stuck)
            << k;
  }
  return bits;
}

/* Queues and pulses end; time, the numbering of inputs and the counters go on. */
static int clear(ms_ideal_router *r, ms_error *err) {
  const ms_time now = r->now;
  const uint32_t n_cause = r->n_cause;
  ms_router_counters counters[MS_MAP_MAX_CORES];
  ms_network_counters network[MS_MAP_MAX_CORES];
  for (unsigned k = 0; k < r->n_core; k++) {
    counters[k] = r->core[k].registers.counters;
    network[k] = r->core[k].network.counters;
  }
  int rc = ms_ideal_reset(&r->base, err);
  for (unsigned k = 0; k < r->n_core; k++) {
    r->core[k].registers.counters = counters[k];
    r->core[k].network.counters = network[k];
  }
  r->now = now;
  r->n_cause = n_cause;
  return rc;
}

/* @param core  -1: all */
static int command(ms_ideal_router *r, int core, uint32_t data, ms_error *err) {
  for (unsigned k = 0; k < r->n_core; k++)
    if (data & MS_MAP_COMMAND_CLEAR_COUNTERS && (core < 0 || (unsigned)core == k)) {
      r->core[k].registers.counters = (ms_router_counters){0};
      r->core[k].network.counters = (ms_network_counters){0};
    }
  if (!(data & MS_MAP_COMMAND_CLEAR))
    return 0;
  if (core >= 0 && r->n_core > 1)
    return active(r) ? ms_fail(err, MS_EINVAL,
                               "core %d of the ideal router cannot be cleared alone while events "
                               "are under way: write CHIP_COMMAND",
                               core)
                     : 0;
  return clear(r, err);
}

static int refuse(ms_ideal_router *r, uint32_t address, ms_error *err) {
  r->n_bad++;
  return ms_fail(err, MS_ERANGE, "router configuration 0x%05x does not exist or is read only",
                 address);
}

int ms_ideal_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  ms_ideal_router *r = self(router);
  const int core = r->n_core > 1 ? ms_network_core(r->n_core, &address) : 0;
  if (core < 0)
    return address == MS_MAP_CHIP_COMMAND ? command(r, core, data, err) : refuse(r, address, err);
  if (address == MS_MAP_COMMAND)
    return command(r, core, data, err);
  ms_ideal_core *c = &r->core[core];
  if (r->n_core > 1 && ms_network_registers_write(&c->network, address, data))
    return 0;
  return ms_registers_write(&c->registers, address, data, err);
}

int ms_ideal_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  ms_ideal_router *r = self(router);
  const int core = r->n_core > 1 ? ms_network_core(r->n_core, &address) : 0;
  const uint32_t cores = r->cols | (r->n_core / r->cols) << 8;
  if (core < 0) {
    const ms_chip_registers chip = {.cores = cores,
                                    .status = active(r),
                                    .time = (uint32_t)(r->now / r->clock_ps),
                                    .bad = r->n_bad};
    return ms_chip_registers_read(&chip, address, data) ? 0 : refuse(r, address, err);
  }
  ms_ideal_core *c = &r->core[core];
  if (r->n_core > 1 && ms_network_registers_read(&c->network, cores, active(r), address, data))
    return 0;
  const one_core owner = {.r = r, .core = (unsigned)core};
  return ms_registers_read(&c->registers, &owner, state_word, address, data, err);
}

void ms_ideal_destroy(ms_router *router) {
  ms_ideal_router *r = self(router);
  for (unsigned k = 0; r->core && k < r->n_core; k++) {
    ms_registers_free(&r->core[k].registers);
    ms_network_registers_free(&r->core[k].network);
  }
  free(r->core);
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
  if (o->cols > 1 || o->rows > 1) {
    const ms_router_size *mesh =
        ms_router_mesh_size(o->cols, o->rows, o->n_neuron, o->n_input, o->n_bias, NULL);
    if (mesh)
      *size = *mesh;
    return mesh ? 0 : ms_router_no_mesh(o, err);
  }
  const ms_router_size *built = ms_router_size_for(o->n_neuron, o->n_input, o->n_bias);
  *size = built ? *built : (ms_router_size){o->n_neuron, o->n_input, MOST_ENTRIES, o->n_bias, 0, 0};
  if (size->n_neuron + size->n_input > MOST_SOURCES || size->n_bias > MOST_BIASES)
    return ms_fail(err, MS_ERANGE, "too many inputs (%u) or biases (%u) for the port's address map",
                   o->n_input, o->n_bias);
  return 0;
}

static int create_cores(ms_ideal_router *r, const ms_router_size *size, ms_error *err) {
  int rc = 0;
  for (unsigned k = 0; !rc && k < r->n_core; k++) {
    r->core[k].next_tick = MS_TIME_NEVER;
    rc = ms_registers_create(&r->core[k].registers, size, err);
    if (!rc && r->n_core > 1)
      rc = ms_network_registers_create(&r->core[k].network, size, err);
  }
  return rc;
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
  r->cols = options->cols;
  r->n_core = options->cols * options->rows;
  r->core = calloc(r->n_core, sizeof *r->core);
  r->neuron = calloc((size_t)r->n_core * size.n_neuron, sizeof *r->neuron);
  rc = r->core ? create_cores(r, &size, err)
               : ms_fail(err, MS_ENOMEM, "no memory for %u cores", r->n_core);
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
