/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration port of the approximately timed router: cores, their way to the mesh, the chip.
 */
#include "router/tlm/tlm.h"

static uint32_t shape(const ms_tlm_router *r) {
  return r->cols | (r->n_core / r->cols) << 8;
}

static int network_word(const ms_tlm_router *r, ms_tlm_core *c, uint32_t address, uint32_t *data) {
  const uint32_t status = (uint32_t)ms_tlm_axon_active(c, r->edge) |
                          (uint32_t)(c->axon.n_line != 0) << 1 |
                          (uint32_t)(c->fanout.tags.n != 0) << 2;
  return ms_network_registers_read(&c->network, shape(r), status, address, data);
}

static int chip_word(const ms_tlm_router *r, uint32_t address, uint32_t *data) {
  const ms_chip_registers chip = {
      .cores = shape(r), .status = !ms_tlm_idle(r), .time = (uint32_t)r->edge, .bad = r->n_bad};
  return ms_chip_registers_read(&chip, address, data);
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
  if (!r->node)
    return r->core; /* which refuses what does not exist */
  const int core = ms_network_core(r->n_core, address);
  return core < 0 ? NULL : &r->core[core];
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
  if (address == MS_MAP_COMMAND)
    command(c, data);
  else if (!r->node || !ms_network_registers_write(&c->network, address, data))
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
    return chip_word(r, address, data) ? 0 : refuse(r, address, err);
  if (r->node && network_word(r, c, address, data))
    return 0;
  return ms_registers_read(&c->registers, c, state_word, address, data, err);
}
