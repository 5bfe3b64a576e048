/* SPDX-License-Identifier: Apache-2.0 */
/* The router's configuration port: addresses and word formats (docs/router.md). The RTL holds the
 * same numbers in rtl/mixspike_pkg.sv; a test reads every register back through the port. */
#ifndef MIXSPIKE_ROUTER_MAP_H
#define MIXSPIKE_ROUTER_MAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* What was built; read only. */
  MS_MAP_ID = 0x00,       /**< MS_MAP_ID_VALUE */
  MS_MAP_NEURONS = 0x01,  /**< neurons; external input x is source (neurons + x) */
  MS_MAP_INPUTS = 0x02,   /**< external inputs */
  MS_MAP_ROWS = 0x03,     /**< synapse rows per sign of each neuron */
  MS_MAP_ENTRIES = 0x04,  /**< depth of the synapse entry memory */
  MS_MAP_BIASES = 0x05,   /**< bias code registers */
  MS_MAP_LATENCY = 0x06,  /**< one byte each from bit 0: periods of lookahead; edges to acknowledge,
                               from a request to its pulse, from an external event to its pulse */
  MS_MAP_COUNTERS = 0x07, /**< how many counters there are */
  /* Control. */
  MS_MAP_CONTROL = 0x08,       /**< MS_MAP_CONTROL_... */
  MS_MAP_COMMAND = 0x09,       /**< MS_MAP_COMMAND_...; reads as 0 */
  MS_MAP_PULSE_WIDTH = 0x0a,   /**< cycles a row is busy with one pulse; 0 counts as 1 */
  MS_MAP_TRIGGER_WIDTH = 0x0b, /**< cycles the line is high in trigger mode; 0 counts as 1 */
  MS_MAP_STATUS = 0x0c,        /**< MS_MAP_STATUS_...; read only */
  MS_MAP_TIMEOUT = 0x0d,       /**< cycles; an acknowledged request that has not fallen after one to
                                    two of these is stuck; 0: wait for ever */
  /* On a chip of several cores: towards the mesh. Unknown to a lone core. */
  MS_MAP_CORES = 0x20,        /**< columns [7:0], rows [15:8] of the mesh; read only */
  MS_MAP_TAGS = 0x21,         /**< tags: tag g is source (neurons + inputs + g); read only */
  MS_MAP_SENDS = 0x22,        /**< send entries; read only */
  MS_MAP_NET_COUNTERS = 0x23, /**< how many network counters there are */
  MS_MAP_NET_CONTROL = 0x24,  /**< bit 0: send events to other cores */
  MS_MAP_DELAY_SHIFT = 0x25,  /**< delays count 2^this cycles, 0 .. 15 */
  MS_MAP_SEND_TIMEOUT = 0x26, /**< cycles after its delay that an event may wait for the mesh before
                                   it is dropped; 0: any */
  MS_MAP_NET_STATUS = 0x27,  /**< bit 0: an event is on its way out, 1: held for its delay, 2: a tag
                                  waits for the fan-out; read only */
  MS_MAP_NET_COUNTER = 0x30, /**< read only; in the order of MS_NETWORK_COUNTERS */
  /* Blocks of words. */
  MS_MAP_COUNTER = 0x40,     /**< read only; in the order of rtl/mixspike_pkg.sv */
  MS_MAP_REQUEST = 0x80,     /**< synchronised requests, 32 neurons a word; read only */
  MS_MAP_ACK = 0xc0,         /**< acknowledges, 32 neurons a word; read only */
  MS_MAP_STUCK = 0xe0,       /**< requests that timed out and have not fallen, 32 neurons a word */
  MS_MAP_BIAS = 0x100,       /**< bias DAC codes, 16 bit */
  MS_MAP_ROUTE = 0x10000,    /**< one word a source: ms_map_route */
  MS_MAP_ENTRY = 0x20000,    /**< one word an entry: ms_map_entry */
  MS_MAP_SEND_TAG = 0x30000, /**< one word an entry: ms_map_send_tag; entry s is source s's first */
  MS_MAP_SEND_DEST = 0x38000, /**< one word an entry: ms_map_send_dest */
  MS_MAP_ADDRESS_BITS = 20,   /**< addresses count 32-bit words */

  /* A chip of several cores: core k's words stand at k << MS_MAP_ADDRESS_BITS, its own here. */
  MS_MAP_CHIP_ID = 0x1000000,      /**< MS_MAP_CHIP_ID_VALUE; read only */
  MS_MAP_CHIP_CORES = 0x1000001,   /**< as MS_MAP_CORES; read only */
  MS_MAP_CHIP_COMMAND = 0x1000002, /**< MS_MAP_COMMAND_... to all cores, and the mesh; reads as 0 */
  MS_MAP_CHIP_STATUS = 0x1000003,  /**< bit 0: something is queued or in progress; read only */
  MS_MAP_CHIP_TIME = 0x1000004,    /**< number of the clock edge; read only */
  MS_MAP_CHIP_BAD = 0x1000005,  /**< accesses and events for cores that do not exist; read only */
  MS_MAP_CHIP_LATE = 0x1000006, /**< input events that came after their time stamp; read only */
  MS_MAP_CHIP_ADDRESS_BITS = 25,
  MS_MAP_MAX_CORES = 16, /**< a send entry has so many bits for them */

  MS_MAP_CHIP_ID_VALUE = 0x4d534300, /**< "MSC", version 0 */

  MS_MAP_ID_VALUE = 0x4d530100, /**< "MS", version 1.0 */

  MS_MAP_CONTROL_ENABLE = 1,  /**< capture requests; without it they wait unanswered */
  MS_MAP_CONTROL_TRIGGER = 2, /**< short trigger for an analog extender instead of the full pulse */
  MS_MAP_CONTROL_OUTPUT = 4,  /**< send neuron spikes to the outside as well */

  MS_MAP_COMMAND_CLEAR = 1,          /**< empties queues and ends pulses; keeps configuration */
  MS_MAP_COMMAND_CLEAR_COUNTERS = 2, /**< zeroes the counters */

  MS_MAP_STATUS_ACTIVE = 1, /**< something is queued or in progress (running pulses aside) */
  MS_MAP_STATUS_PULSES = 2, /**< a row is busy */
};

/** Routing table word: entries base .. base + count - 1 are delivered for the source. */
static inline uint32_t ms_map_route(uint32_t base, uint32_t count) {
  return (count << 16) | (base & 0xffffu);
}
static inline uint32_t ms_map_route_base(uint32_t word) {
  return word & 0xffffu;
}
static inline uint32_t ms_map_route_count(uint32_t word) {
  return word >> 16;
}

/** Synapse entry word, 24 bits: code [7:0], sign [8] (1: inhibitory), row [11:9], target [23:12].
 */
static inline uint32_t ms_map_entry(uint32_t target, uint32_t sign, uint32_t row, uint32_t code) {
  return ((target & 0xfffu) << 12) | ((row & 7u) << 9) | ((sign & 1u) << 8) | (code & 0xffu);
}
/** Send words: events of the entry's source go out as `tag` to the cores of the mask, `delay` units
 * after they leave their queue; then entry `next`, if not 0, which must be a later one. */
static inline uint32_t ms_map_send_tag(uint32_t tag, uint32_t next) {
  return (next << 16) | (tag & 0xffffu);
}
static inline uint32_t ms_map_send_dest(uint32_t cores, uint32_t delay) {
  return (delay << 16) | (cores & 0xffffu);
}

/** Neurons, and inputs, are dealt to the cores in turn: core and number there of the i-th of the
 * chip, and back. Every part of a network is so spread evenly over the cores. */
static inline uint32_t ms_map_core(uint32_t i, uint32_t cores) {
  return i % cores;
}
static inline uint32_t ms_map_index(uint32_t i, uint32_t cores) {
  return i / cores;
}
static inline uint32_t ms_map_number(uint32_t core, uint32_t index, uint32_t cores) {
  return index * cores + core;
}
/** A word of core k stands at this address of the port. */
static inline uint32_t ms_map_address(uint32_t core, uint32_t address) {
  return core << MS_MAP_ADDRESS_BITS | address;
}

static inline uint32_t ms_map_entry_target(uint32_t word) {
  return (word >> 12) & 0xfffu;
}
static inline uint32_t ms_map_entry_row(uint32_t word) {
  return (word >> 9) & 7u;
}
static inline uint32_t ms_map_entry_sign(uint32_t word) {
  return (word >> 8) & 1u;
}
static inline uint32_t ms_map_entry_code(uint32_t word) {
  return word & 0xffu;
}

#ifdef __cplusplus
}
#endif
#endif
