/* SPDX-License-Identifier: Apache-2.0 */
/* Routers carry events between neurons and the outside. A router knows nothing of engines. */
#ifndef MIXSPIKE_ROUTER_H
#define MIXSPIKE_ROUTER_H

#include "mixspike/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_router ms_router;

/** One router at several levels of abstraction (docs/router.md, "The ladder"). All have the same
 * sizes, the same configuration port and, where nothing contends, the same outputs. */
typedef enum ms_router_kind {
  MS_ROUTER_RTL,    /**< the Verilated design */
  MS_ROUTER_IDEAL,  /**< the same fixed latencies, no contention of any kind */
  MS_ROUTER_TLM,    /**< approximately timed: queues, arbiters and busy rows, event by event */
  MS_ROUTER_TLM_LT, /**< loosely timed: fixed latencies, and one fan-out that all events share */
} ms_router_kind;
enum { MS_N_ROUTER = 4 };

/** The word for a kind of router, as in experiments and on the command line: "rtl", "ideal", "tlm",
 * "tlm_lt"; NULL if there is no such kind. */
MS_API const char *ms_router_name(ms_router_kind kind);

/** The meshes of this build as columns x rows x neurons of a core: "2x2x16 4x4x16 ...". */
MS_API const char *ms_router_meshes(void);

typedef struct ms_router_options {
  ms_router_kind kind;
  unsigned n_neuron, n_input; /**< needed; the smallest built size that holds them is taken */
  unsigned n_bias;
  ms_time clock_ps;
  unsigned cols, rows; /**< cores in a row and in a column of the mesh; 0: 1. Neurons and inputs are
                            dealt to the cores in turn: ms_map_core and ms_map_index tell where */
} ms_router_options;

typedef enum ms_router_out_kind {
  MS_OUT_PULSE, /**< a synapse row's pulse goes on (with code) or off */
  MS_OUT_ACK,   /**< a neuron's acknowledge changes */
  MS_OUT_EVENT, /**< a spike leaves the chip: `neuron` is its source */
} ms_router_out_kind;

typedef struct ms_router_out {
  ms_time t;
  ms_router_out_kind kind;
  uint8_t level;     /**< logical */
  uint8_t sign, row; /**< MS_OUT_PULSE: MS_EXC/MS_INH and index among the rows of that sign */
  uint16_t neuron;
  uint16_t code;
  uint32_t
      cause; /**< number of the input that made it: calls of ms_router_event and of
                  ms_router_request with level 1 count from 1 since reset; 0: not known (`rtl`) */
} ms_router_out;

/** X(name, what it counts): every event that had to wait or was lost, per cause. */
#define MS_ROUTER_COUNTERS(X)                                                                      \
  X(captured, "requests taken from neurons")                                                       \
  X(external, "events taken from the outside")                                                     \
  X(delivered, "pulses started")                                                                   \
  X(sent, "events sent to the outside")                                                            \
  X(arbiter_wait, "cycles a request waited for its grant")                                         \
  X(fifo_wait, "cycles a request waited because a queue behind it was full")                       \
  X(queue_wait, "cycles events waited in the queues for the fan-out of others")                    \
  X(row_wait, "cycles a delivery waited for its row's pulse to end")                               \
  X(external_wait, "cycles an external event waited at the port")                                  \
  X(output_wait, "cycles the event output was blocked by the receiver")                            \
  X(vanished, "requests that fell before they were acknowledged (lost)")                           \
  X(unrouted, "events of sources without any connection")                                          \
  X(bad_entry, "deliveries to a neuron or row that does not exist (dropped)")                      \
  X(bad_address, "port accesses to addresses that do not exist")                                   \
  X(stuck, "acknowledged requests that did not fall in time: acknowledge withdrawn")               \
  X(cycles, "clock cycles evaluated")

typedef struct ms_router_counters {
#define MS_X(name, text) uint64_t name;
  MS_ROUTER_COUNTERS(MS_X)
#undef MS_X
} ms_router_counters;

/** X(name, what it counts): on a chip of several cores, summed over them. */
#define MS_NETWORK_COUNTERS(X)                                                                     \
  X(flits, "flits sent into the mesh, each to one or more cores")                                  \
  X(tags, "tags taken from the mesh")                                                              \
  X(send_wait, "cycles the events of a core waited for its way to the mesh")                       \
  X(delay_wait, "cycles an event waited for a place in the delay line")                            \
  X(mesh_wait, "cycles a flit waited for the mesh after its delay")                                \
  X(receive_wait, "cycles a tag waited at its core for the fan-out")                               \
  X(expired, "flits dropped because they waited for longer than the time-out")                     \
  X(bad_send, "send entries that name a core or a next entry that does not exist")                 \
  X(bad_tag, "tags that the table of a core does not hold (dropped)")

typedef struct ms_network_counters {
#define MS_X(name, text) uint64_t name;
  MS_NETWORK_COUNTERS(MS_X)
#undef MS_X
} ms_network_counters;

/** One value change of a router signal, for waveforms. */
typedef struct ms_signal_change {
  ms_time t;
  uint32_t signal; /**< index into ms_router_signals */
  uint64_t value;
} ms_signal_change;

MS_API int ms_router_create(const ms_router_options *options, ms_router **out, ms_error *err);
MS_API void ms_router_destroy(ms_router *router);

/** Back to time 0 with empty queues and zero counters; the configuration stays. */
MS_API int ms_router_reset(ms_router *router, ms_error *err);

/** A write or read through the configuration port (docs/router.md has the map); takes clock cycles
 * of its own outside simulated time: allowed only before the first event of a run. */
MS_API int ms_router_write(ms_router *router, uint32_t address, uint32_t data, ms_error *err);
MS_API int ms_router_read(ms_router *router, uint32_t address, uint32_t *data, ms_error *err);

/** A neuron's request changes at t (>= the time advanced to). Calls come in order of time. */
MS_API int ms_router_request(ms_router *router, ms_time t, unsigned neuron, int level,
                             ms_error *err);
/** An event for external input `input` arrives at t; waits at the port while the queue is full. */
MS_API int ms_router_event(ms_router *router, ms_time t, unsigned input, ms_error *err);

/** Processes every clock edge <= t. Output times are clock edges.
 * @param out    valid until the next call; in order of time
 * @param n_out  how many */
MS_API int ms_router_advance(ms_router *router, ms_time t, const ms_router_out **out, size_t *n_out,
                             ms_error *err);
/** Earliest time at which an output can change if no further input comes; MS_TIME_NEVER if idle. */
MS_API ms_time ms_router_next_output(const ms_router *router);
/** No output answers an input sooner than this: from the RTL's parameters. */
MS_API ms_time ms_router_lookahead(const ms_router *router);
/** How requests are acknowledged when nothing contends. */
MS_API ms_ack_timing ms_router_ack_timing(const ms_router *router);
MS_API void ms_router_get_counters(const ms_router *router, ms_router_counters *counters);
/** All zero where there is one core. */
MS_API void ms_router_get_network(const ms_router *router, ms_network_counters *counters);

/** Names and widths of the signals that a trace holds; NULL-terminated list of "name[width]". */
MS_API const char *const *ms_router_signals(const ms_router *router);
/** Switches signal tracing on or off; changes are kept until taken. */
MS_API int ms_router_trace(ms_router *router, int on, ms_error *err);
MS_API size_t ms_router_take_trace(ms_router *router, const ms_signal_change **change);

#ifdef __cplusplus
}
#endif
#endif
