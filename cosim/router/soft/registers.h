/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration port of routers that are no RTL: the same map, the same sizes, the same words.
 */
#ifndef MS_ROUTER_SOFT_REGISTERS_H
#define MS_ROUTER_SOFT_REGISTERS_H

#include "mixspike/router.h"
#include "mixspike/router_map.h"
#include "router/soft/sizes.h"

/* Latencies of the RTL (rtl/mixspike_pkg.sv) in clock periods after the edge that samples the
 * change; a test holds all routers against each other event by event. */
enum {
  MS_ROUTER_SYNC = 2,      /* synchroniser stages */
  MS_ROUTER_ACK = 2,       /* request to acknowledge, both ways */
  MS_ROUTER_REQ_PULSE = 5, /* request to the first pulse */
  MS_ROUTER_EXT_PULSE = 3, /* external event to the first pulse */
  MS_ROUTER_SEND = 2,      /* request to the event output */
  MS_ROUTER_GAP = 1,       /* between two pulses of a row */
  MS_ROUTER_ROWS = 4,      /* per sign */
};

typedef struct ms_registers {
  ms_router_size size; /* as built */
  uint32_t control, pulse_width, trigger_width, timeout;
  uint32_t *bias, *route, *entry;
  ms_router_counters counters;
} ms_registers;

/* What the registers cannot know: STATUS, or one word of a block of lines (MS_MAP_REQUEST,
 * MS_MAP_ACK, MS_MAP_STUCK), 32 neurons a word. */
typedef uint32_t (*ms_registers_state)(const void *owner, uint32_t block, uint32_t word);

int ms_registers_create(ms_registers *registers, const ms_router_size *size, ms_error *err);
void ms_registers_free(ms_registers *registers);
/* COMMAND is the router's own business; every other register is written here. */
int ms_registers_write(ms_registers *registers, uint32_t address, uint32_t data, ms_error *err);
int ms_registers_read(ms_registers *registers, const void *owner, ms_registers_state state,
                      uint32_t address, uint32_t *data, ms_error *err);

/* Cycles that a row is busy with one pulse, and that its line is high. */
static inline uint32_t ms_registers_hold(const ms_registers *r) {
  return r->pulse_width ? r->pulse_width : 1;
}
static inline uint32_t ms_registers_high(const ms_registers *r) {
  uint32_t hold = ms_registers_hold(r);
  if (!(r->control & MS_MAP_CONTROL_TRIGGER) || r->trigger_width >= hold)
    return hold;
  return r->trigger_width ? r->trigger_width : 1;
}

#endif
