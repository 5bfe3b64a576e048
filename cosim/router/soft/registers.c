/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration map of routers that are no RTL. */
#include "router/soft/registers.h"

#include <stdlib.h>

enum { N_COUNTER = 15, PULSE_WIDTH_AFTER_RESET = 100 };

int ms_registers_create(ms_registers *registers, const ms_router_size *size, ms_error *err) {
  *registers = (ms_registers){
      .size = *size,
      .pulse_width = PULSE_WIDTH_AFTER_RESET,
      .trigger_width = 1,
      .bias = calloc(size->n_bias + 1, sizeof *registers->bias),
      .route = calloc(size->n_neuron + size->n_input + size->n_tag, sizeof *registers->route),
      .entry = calloc(size->n_entry, sizeof *registers->entry),
  };
  return registers->bias && registers->route && registers->entry
             ? MS_OK
             : ms_fail(err, MS_ENOMEM, "no memory for a router of %u neurons", size->n_neuron);
}

void ms_registers_free(ms_registers *registers) {
  free(registers->bias);
  free(registers->route);
  free(registers->entry);
}

/* Counters in the order of the RTL's package, which is that of MS_ROUTER_COUNTERS without the
 * last. */
static int counter_at(const ms_registers *r, uint32_t index, uint32_t *data) {
  uint32_t i = 0;
#define MS_X(name, text)                                                                           \
  if (i++ == index) {                                                                              \
    *data = (uint32_t)r->counters.name;                                                            \
    return 1;                                                                                      \
  }
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
  return 0;
}

/* The register or memory word at an address that can be written, or NULL. */
static uint32_t *writable(ms_registers *r, uint32_t address) {
  switch (address) {
  case MS_MAP_CONTROL:
    return &r->control;
  case MS_MAP_PULSE_WIDTH:
    return &r->pulse_width;
  case MS_MAP_TRIGGER_WIDTH:
    return &r->trigger_width;
  case MS_MAP_TIMEOUT:
    return &r->timeout;
  default:
    break;
  }
  if (address - MS_MAP_BIAS < r->size.n_bias)
    return &r->bias[address - MS_MAP_BIAS];
  if (address - MS_MAP_ROUTE < r->size.n_neuron + r->size.n_input + r->size.n_tag)
    return &r->route[address - MS_MAP_ROUTE];
  if (address - MS_MAP_ENTRY < r->size.n_entry)
    return &r->entry[address - MS_MAP_ENTRY];
  return NULL;
}

static uint32_t width_mask(uint32_t address) {
  if (address == MS_MAP_CONTROL)
    return 7;
  if (address == MS_MAP_PULSE_WIDTH || address == MS_MAP_TRIGGER_WIDTH ||
      address == MS_MAP_TIMEOUT || address >= MS_MAP_ENTRY)
    return 0xffffff;
  return address >= MS_MAP_ROUTE ? UINT32_MAX : 0xffff;
}

int ms_registers_write(ms_registers *r, uint32_t address, uint32_t data, ms_error *err) {
  uint32_t *word = writable(r, address);
  if (!word) {
    r->counters.bad_address++;
    return ms_fail(err, MS_ERANGE,
                   "configuration write to 0x%05x: no such register in a router of %u neurons, "
                   "%u inputs and %u biases",
                   address, r->size.n_neuron, r->size.n_input, r->size.n_bias);
  }
  *word = data & width_mask(address);
  return MS_OK;
}

/* Registers that tell what was built. */
static int built_word(const ms_registers *r, uint32_t address, uint32_t *data) {
  switch (address) {
  case MS_MAP_ID:
    *data = MS_MAP_ID_VALUE;
    return 1;
  case MS_MAP_NEURONS:
    *data = r->size.n_neuron;
    return 1;
  case MS_MAP_INPUTS:
    *data = r->size.n_input;
    return 1;
  case MS_MAP_ROWS:
    *data = MS_ROUTER_ROWS;
    return 1;
  case MS_MAP_ENTRIES:
    *data = r->size.n_entry;
    return 1;
  case MS_MAP_BIASES:
    *data = r->size.n_bias;
    return 1;
  case MS_MAP_LATENCY: /* counted in edges, the sampling one being the first */
    *data = MS_ROUTER_SYNC | (MS_ROUTER_ACK + 1) << 8 | (MS_ROUTER_REQ_PULSE + 1) << 16 |
            (uint32_t)(MS_ROUTER_EXT_PULSE + 1) << 24;
    return 1;
  case MS_MAP_COUNTERS:
    *data = N_COUNTER;
    return 1;
  case MS_MAP_COMMAND:
    *data = 0;
    return 1;
  default:
    return 0;
  }
}

int ms_registers_read(ms_registers *r, const void *owner, ms_registers_state state,
                      uint32_t address, uint32_t *data, ms_error *err) {
  static const uint32_t block[] = {MS_MAP_REQUEST, MS_MAP_ACK, MS_MAP_STUCK};
  const uint32_t *word = writable(r, address), n_word = (r->size.n_neuron + 31) / 32;
  if (word) {
    *data = *word;
    return MS_OK;
  }
  if (built_word(r, address, data))
    return MS_OK;
  if (address == MS_MAP_STATUS) {
    *data = state(owner, address, 0);
    return MS_OK;
  }
  if (address - MS_MAP_COUNTER < N_COUNTER && counter_at(r, address - MS_MAP_COUNTER, data))
    return MS_OK;
  for (unsigned i = 0; i < 3; i++)
    if (address - block[i] < n_word) {
      *data = state(owner, block[i], address - block[i]);
      return MS_OK;
    }
  r->counters.bad_address++;
  return ms_fail(err, MS_ERANGE, "configuration read from 0x%05x: no such register", address);
}
