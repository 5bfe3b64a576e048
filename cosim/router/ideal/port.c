/* SPDX-License-Identifier: Apache-2.0 */
/* The ideal router's configuration port: the same map as the RTL's. */
#include "router/ideal/ideal.h"

/* Counters in the order of the RTL's package, which is that of MS_ROUTER_COUNTERS without the
 * last. */
static int counter_at(const ms_ideal_router *r, uint32_t index, uint32_t *data) {
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

enum { N_COUNTER = 15 };

/* The register or memory word at an address that can be written, or NULL. */
static uint32_t *writable(ms_ideal_router *r, uint32_t address) {
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
  if (address - MS_MAP_BIAS < r->n_bias)
    return &r->bias[address - MS_MAP_BIAS];
  if (address >= MS_MAP_ROUTE && address - MS_MAP_ROUTE < r->n_neuron + r->n_input)
    return &r->route[address - MS_MAP_ROUTE];
  if (address >= MS_MAP_ENTRY && address - MS_MAP_ENTRY < MS_IDEAL_ENTRIES)
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

int ms_ideal_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err) {
  ms_ideal_router *r = (ms_ideal_router *)router;
  if (address == MS_MAP_COMMAND) {
    if (data & MS_MAP_COMMAND_CLEAR_COUNTERS)
      r->counters = (ms_router_counters){0};
    return data & MS_MAP_COMMAND_CLEAR ? r->base.ops->reset(router, err) : 0;
  }
  uint32_t *word = writable(r, address);
  if (!word) {
    r->counters.bad_address++;
    return ms_fail(err, MS_ERANGE,
                   "configuration write to 0x%05x: no such register in a router of %u neurons, "
                   "%u inputs and %u biases",
                   address, r->n_neuron, r->n_input, r->n_bias);
  }
  *word = data & width_mask(address);
  return 0;
}

/* Requests, acknowledges or stuck requests, one bit a neuron, 32 a word. */
static uint32_t line_word(const ms_ideal_router *r, uint32_t word, uint32_t block) {
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

int ms_ideal_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err) {
  ms_ideal_router *r = (ms_ideal_router *)router;
  const uint32_t *word = writable(r, address);
  if (word) {
    *data = *word;
    return 0;
  }
  uint32_t n_word = (r->n_neuron + 31) / 32;
  switch (address) {
  case MS_MAP_ID:
    *data = MS_MAP_ID_VALUE;
    return 0;
  case MS_MAP_NEURONS:
    *data = r->n_neuron;
    return 0;
  case MS_MAP_INPUTS:
    *data = r->n_input;
    return 0;
  case MS_MAP_ROWS:
    *data = MS_IDEAL_ROWS;
    return 0;
  case MS_MAP_ENTRIES:
    *data = MS_IDEAL_ENTRIES;
    return 0;
  case MS_MAP_BIASES:
    *data = r->n_bias;
    return 0;
  case MS_MAP_LATENCY: /* counted in edges, the sampling one being the first */
    *data = MS_IDEAL_SYNC | (MS_IDEAL_ACK + 1) << 8 | (MS_IDEAL_REQ_PULSE + 1) << 16 |
            (uint32_t)(MS_IDEAL_EXT_PULSE + 1) << 24;
    return 0;
  case MS_MAP_COUNTERS:
    *data = N_COUNTER;
    return 0;
  case MS_MAP_COMMAND:
    *data = 0;
    return 0;
  case MS_MAP_STATUS:
    *data = r->queue.n || r->sample.n ? MS_MAP_STATUS_ACTIVE : 0;
    return 0;
  default:
    break;
  }
  if (address >= MS_MAP_COUNTER && address - MS_MAP_COUNTER < N_COUNTER &&
      counter_at(r, address - MS_MAP_COUNTER, data))
    return 0;
  static const uint32_t block[] = {MS_MAP_REQUEST, MS_MAP_ACK, MS_MAP_STUCK};
  for (unsigned i = 0; i < 3; i++)
    if (address >= block[i] && address - block[i] < n_word) {
      *data = line_word(r, address - block[i], block[i]);
      return 0;
    }
  r->counters.bad_address++;
  return ms_fail(err, MS_ERANGE, "configuration read from 0x%05x: no such register", address);
}
