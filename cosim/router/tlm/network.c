/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration port of the approximately timed router: cores, their way to the mesh, the chip.
 */
#include "router/tlm/tlm.h"

#include <stdlib.h>

enum { N_NET_COUNTER = 9, CHIP_SELECT = MS_MAP_CHIP_ID >> MS_MAP_ADDRESS_BITS };
static const uint32_t address_mask = (1u << MS_MAP_ADDRESS_BITS) - 1;

int ms_tlm_network_create(ms_tlm_core *c, const ms_router_size *size, ms_error *err) {
  c->network.tag = calloc(size->n_send + 1, sizeof *c->network.tag);
  c->network.dest = calloc(size->n_send + 1, sizeof *c->network.dest);
  return c->network.tag && c->network.dest
             ? 0
             : ms_fail(err, MS_ENOMEM, "no memory for %u send entries", size->n_send);
}

/* A register or memory word towards the mesh that can be written, with its width; or NULL. */
static uint32_t *writable(ms_tlm_core *c, uint32_t address, uint32_t *mask) {
  ms_tlm_network *n = &c->network;
  *mask = UINT32_MAX;
  switch (address) {
  case MS_MAP_NET_CONTROL:
    *mask = 1;
    return &n->control;
  case MS_MAP_DELAY_SHIFT:
    *mask = 15;
    return &n->shift;
  case MS_MAP_SEND_TIMEOUT:
    *mask = 0xffffff;
    return &n->timeout;
  default:
    break;
  }
  if (address - MS_MAP_SEND_TAG < c->registers.size.n_send)
    return &n->tag[address - MS_MAP_SEND_TAG];
  if (address - MS_MAP_SEND_DEST < c->registers.size.n_send)
    return &n->dest[address - MS_MAP_SEND_DEST];
  return NULL;
}

static int counter_at(const ms_network_counters *c, uint32_t index, uint32_t *data) {
  uint32_t i = 0;
#define MS_X(name, text)                                                                           \
  if (i++ == index) {                                                                              \
    *data = (uint32_t)c->name;                                                                     \
    return 1;                                                                                      \
  }
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
  return 0;
}

static int network_word(const ms_tlm_router *r, ms_tlm_core *c, uint32_t address, uint32_t *data) {
  uint32_t mask;
  const uint32_t *word = writable(c, address, &mask);
  if (word) {
    *data = *word;
    return 1;
  }
  switch (address) {
  case MS_MAP_CORES:
    *data = r->cols | (r->n_core / r->cols) << 8;
    return 1;
  case MS_MAP_TAGS:
    *data = c->registers.size.n_tag;
    return 1;
  case MS_MAP_SENDS:
    *data = c->registers.size.n_send;
    return 1;
  case MS_MAP_NET_COUNTERS:
    *data = N_NET_COUNTER;
    return 1;
  case MS_MAP_NET_STATUS:
    *data = (uint32_t)ms_tlm_axon_active(c, r->edge) | (uint32_t)(c->axon.n_line != 0) << 1 |
            (uint32_t)(c->fanout.tags.n != 0) << 2;
    return 1;
  default:
    return address - MS_MAP_NET_COUNTER < N_NET_COUNTER &&
           counter_at(&c->network.counters, address - MS_MAP_NET_COUNTER, data);
  }
}

/* The chip's own registers. The time and what came late belong to the AXI port, which is not here.
 */
static int chip_word(const ms_tlm_router *r, uint32_t address, uint32_t *data) {
  switch (address) {
  case MS_MAP_CHIP_ID:
    *data = MS_MAP_CHIP_ID_VALUE;
    return 1;
  case MS_MAP_CHIP_CORES:
    *data = r->cols | (r->n_core / r->cols) << 8;
    return 1;
  case MS_MAP_CHIP_STATUS:
    *data = !ms_tlm_idle(r);
    return 1;
  case MS_MAP_CHIP_TIME:
    *data = (uint32_t)r->edge;
    return 1;
  case MS_MAP_CHIP_BAD:
    *data = r->n_bad;
    return 1;
  case MS_MAP_CHIP_LATE:
  case MS_MAP_CHIP_COMMAND:
    *data = 0;
    return 1;
  default:
    return 0;
  }
}

/* STATUS, or requests, acknowledges or stuck requests, one bit a neuron, 32 a word. */
static uint32_t state_word(const void *owner, uint32_t block, uint32_t word) {
  const ms_tlm_core *c = owner;
  if (block == MS_MAP_STATUS)
    return (uint32_t)(ms_tlm_aer_soon(c) || ms_tlm_fanout_soon(c) ? MS_MAP_STATUS_ACTIVE : 0) |
           (uint32_t)(c->fanout.n_held ? MS_MAP_STATUS_PULSES : 0);
  const ms_tlm_set *set = block == MS_MAP_REQUEST ? &c->aer.sync
                          : block == MS_MAP_ACK   ? &c->aer.ack
                                                  : &c->aer.stuck;
  return (uint32_t)(set->word[word / 2] >> (word % 2 * 32));
}

static void command(ms_tlm_core *c, uint32_t data) {
  if (data & MS_MAP_COMMAND_CLEAR)
    ms_tlm_core_clear(c);
  if (data & MS_MAP_COMMAND_CLEAR_COUNTERS) {
    c->registers.counters = (ms_router_counters){0};
    c->network.counters = (ms_network_counters){0};
  }
}

static int refuse(ms_tlm_router *r, uint32_t address, ms_error *err) {
  r->n_bad++;
  return ms_fail(err, MS_ERANGE, "router configuration 0x%05x does not exist or is read only",
                 address);
}

/* The core that an address belongs to; NULL: the chip, or none. */
static ms_tlm_core *core_of(ms_tlm_router *r, uint32_t *address) {
  const uint32_t select = *address >> MS_MAP_ADDRESS_BITS;
  if (!r->node)
    return r->core; /* which refuses what does not exist */
  if (select >= r->n_core)
    return NULL;
  *address &= address_mask;
  return &r->core[select];
}

static int check_idle(const ms_tlm_router *r, uint32_t address, ms_error *err) {
  return ms_tlm_idle(r)
             ? 0
             : ms_fail(err, MS_EINVAL,
                       "router configuration 0x%05x: events are queued or in progress; access "
                       "the port before the first event or when the router is idle",
                       address);
}

int ms_tlm_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  ms_tlm_router *r = (ms_tlm_router *)router;
  int rc = check_idle(r, address, err);
  if (rc)
    return rc;
  ms_tlm_core *c = core_of(r, &address);
  if (!c && address != MS_MAP_CHIP_COMMAND)
    return refuse(r, address, err);
  if (!c) {
    for (unsigned k = 0; k < r->n_core; k++)
      command(&r->core[k], data);
    return 0;
  }
  uint32_t mask, *word = r->node ? writable(c, address, &mask) : NULL;
  if (word)
    *word = data & mask;
  else if (address == MS_MAP_COMMAND)
    command(c, data);
  else
    rc = ms_registers_write(&c->registers, address, data, err);
  ms_tlm_aer_look(c);
  return rc;
}

int ms_tlm_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  ms_tlm_router *r = (ms_tlm_router *)router;
  int rc = check_idle(r, address, err);
  if (rc)
    return rc;
  ms_tlm_core *c = core_of(r, &address);
  if (!c)
    return address >> MS_MAP_ADDRESS_BITS == CHIP_SELECT && chip_word(r, address, data)
               ? 0
               : refuse(r, address, err);
  if (r->node && network_word(r, c, address, data))
    return 0;
  return ms_registers_read(&c->registers, c, state_word, address, data, err);
}
