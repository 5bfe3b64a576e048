/* SPDX-License-Identifier: Apache-2.0 */
/* A core's registers towards the mesh, and the chip's own, for routers that are no RTL. */
#include "router/soft/network.h"

#include <stdlib.h>

enum { N_NET_COUNTER = 9 };

int ms_network_registers_create(ms_network_registers *n, const ms_router_size *size,
                                ms_error *err) {
  *n = (ms_network_registers){.n_tag = size->n_tag,
                              .n_send = size->n_send,
                              .tag = calloc(size->n_send + 1, sizeof *n->tag),
                              .dest = calloc(size->n_send + 1, sizeof *n->dest)};
  return n->tag && n->dest ? 0
                           : ms_fail(err, MS_ENOMEM, "no memory for %u send entries", n->n_send);
}

void ms_network_registers_free(ms_network_registers *n) {
  free(n->tag);
  free(n->dest);
}

/* A word that can be written, with its width; or NULL. */
static uint32_t *writable(ms_network_registers *n, uint32_t address, uint32_t *mask) {
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
  if (address - MS_MAP_SEND_TAG < n->n_send)
    return &n->tag[address - MS_MAP_SEND_TAG];
  if (address - MS_MAP_SEND_DEST < n->n_send)
    return &n->dest[address - MS_MAP_SEND_DEST];
  return NULL;
}

int ms_network_registers_write(ms_network_registers *n, uint32_t address, uint32_t data) {
  uint32_t mask, *word = writable(n, address, &mask);
  if (word)
    *word = data & mask;
  return word != NULL;
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

int ms_network_registers_read(ms_network_registers *n, uint32_t cores, uint32_t status,
                              uint32_t address, uint32_t *data) {
  uint32_t mask;
  const uint32_t *word = writable(n, address, &mask);
  if (word) {
    *data = *word;
    return 1;
  }
  switch (address) {
  case MS_MAP_CORES:
    *data = cores;
    return 1;
  case MS_MAP_TAGS:
    *data = n->n_tag;
    return 1;
  case MS_MAP_SENDS:
    *data = n->n_send;
    return 1;
  case MS_MAP_NET_COUNTERS:
    *data = N_NET_COUNTER;
    return 1;
  case MS_MAP_NET_STATUS:
    *data = status;
    return 1;
  default:
    return address - MS_MAP_NET_COUNTER < N_NET_COUNTER &&
           counter_at(&n->counters, address - MS_MAP_NET_COUNTER, data);
  }
}

int ms_network_core(unsigned n_core, uint32_t *address) {
  const uint32_t select = *address >> MS_MAP_ADDRESS_BITS;
  if (select >= n_core)
    return -1;
  *address &= (1u << MS_MAP_ADDRESS_BITS) - 1;
  return (int)select;
}

int ms_chip_registers_read(const ms_chip_registers *chip, uint32_t address, uint32_t *data) {
  switch (address) {
  case MS_MAP_CHIP_ID:
    *data = MS_MAP_CHIP_ID_VALUE;
    return 1;
  case MS_MAP_CHIP_CORES:
    *data = chip->cores;
    return 1;
  case MS_MAP_CHIP_STATUS:
    *data = chip->status;
    return 1;
  case MS_MAP_CHIP_TIME:
    *data = chip->time;
    return 1;
  case MS_MAP_CHIP_BAD:
    *data = chip->bad;
    return 1;
  case MS_MAP_CHIP_LATE:
  case MS_MAP_CHIP_COMMAND:
    *data = 0;
    return 1;
  default:
    return 0;
  }
}
