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
  /* Blocks of words. */
  MS_MAP_COUNTER = 0x40,    /**< read only; in the order of rtl/mixspike_pkg.sv */
  MS_MAP_REQUEST = 0x80,    /**< synchronised requests, 32 neurons a word; read only */
  MS_MAP_ACK = 0xc0,        /**< acknowledges, 32 neurons a word; read only */
  MS_MAP_STUCK = 0xe0,      /**< requests that timed out and have not fallen, 32 neurons a word */
  MS_MAP_BIAS = 0x100,      /**< bias DAC codes, 16 bit */
  MS_MAP_ROUTE = 0x10000,   /**< one word a source: ms_map_route */
  MS_MAP_ENTRY = 0x20000,   /**< one word an entry: ms_map_entry */
  MS_MAP_ADDRESS_BITS = 20, /**< addresses count 32-bit words */

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
