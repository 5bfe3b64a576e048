/* SPDX-License-Identifier: Apache-2.0 */
/* A chip: an analog engine and a router, coupled in time by a driver. Training methods, studies and
 * replay see nothing but this. A chip is used by one thread at a time; use several for parallel
 * work. */
#ifndef MIXSPIKE_CHIP_H
#define MIXSPIKE_CHIP_H

#include "mixspike/router.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ms_chip ms_chip;

/** How the two halves are coupled (docs/architecture.md, "Coupling"). */
typedef enum ms_driver_kind {
  MS_DRIVER_AUTO,     /**< promises; feed-forward for layered networks on the ideal router, and for
                         large ones on ngspice */
  MS_DRIVER_LOCKSTEP, /**< the reference: windows of at most the lookahead */
  MS_DRIVER_PROMISES, /**< windows as long as the circuits' own steps */
  MS_DRIVER_FEEDFORWARD, /**< layer by layer, repeated until no delivery moves */
} ms_driver_kind;

/** Which neurons share their bias lines. All zero: all neurons of all cores share every line. Else
 * each set of so many neighbours in a core has branches of its own for some lines, with mismatch of
 * their own and codes of their own; the other lines are the chip's. */
typedef struct ms_bias_sharing {
  unsigned neurons; /**< of a set; 0: all */
  uint64_t own;     /**< lines of which every set has its own: bit i is core->bias[i] */
} ms_bias_sharing;

typedef struct ms_chip_options {
  const ms_core *core; /**< must outlive the chip */
  ms_engine_options engine;
  ms_router_kind router;
  ms_driver_kind driver;
  unsigned n_neuron, n_input;
  unsigned cols, rows; /**< cores in a row and in a column of the mesh; 0: 1. The network is spread
                            over them (docs/architecture.md, "Several cores"); all cores are of the
                            kind `core` and share its bias lines */
  ms_bias_sharing bias_sharing;
  unsigned workers; /**< groups simulated at once by the feed-forward driver; 0: 1 */
  int set;          /**< MS_SET_ACCELERATED or MS_SET_BIOLOGICAL: default codes and pulse width */
} ms_chip_options;

/** A connection: source (0..n_neuron-1 neurons, then inputs) to one synapse row of a neuron. */
typedef struct ms_synapse {
  uint16_t source, target;
  uint8_t sign, row; /**< MS_EXC/MS_INH, index among the rows of that sign */
  uint16_t code;     /**< weight DAC code */
} ms_synapse;

/** Everything a chip is programmed with. Arrays belong to whoever filled it. */
typedef struct ms_config {
  size_t n_synapse;
  ms_synapse
      *synapse;   /**< in any order; the chip sorts by source, keeping the given order within */
  size_t n_bias;  /**< the core's lines, or as many for each set of neurons (ms_bias_sets) */
  uint16_t *bias; /**< set after set; lines that are no set's own as in set 0. Codes of one set
                       alone are every set's. NULL: the defaults of the bias set */
  unsigned pulse_cycles; /**< cycles that a pulse keeps its row; 0: the core's default */
} ms_config;

typedef struct ms_event {
  ms_time t;
  uint16_t address; /**< external input on the way in; neuron on the way out */
} ms_event;

/** What crosses the boundary of the two halves, and how far the circuits were let run meanwhile. */
typedef enum ms_boundary_kind {
  MS_BOUNDARY_IN,      /**< an event for external input `address` */
  MS_BOUNDARY_REQUEST, /**< the request of neuron `address` changes to `level`: a crossing */
  MS_BOUNDARY_ACK,     /**< its acknowledge does */
  MS_BOUNDARY_PULSE,   /**< the pulse of one of its rows does, with `code` */
  MS_BOUNDARY_OUT,     /**< a spike of neuron `address` leaves the chip */
  MS_BOUNDARY_GRANT,   /**< its circuit may run to t; with level 1 its last step ends there */
} ms_boundary_kind;

typedef struct ms_boundary_event {
  ms_time t;
  ms_boundary_kind kind;
  uint16_t address;
  uint8_t level, sign, row;
  uint16_t code;
  uint32_t line; /**< in the log that it was read from; 0: none */
} ms_boundary_event;

typedef struct ms_run_options {
  ms_time t_stop;
  uint32_t probe_mask; /**< as in ms_run_spec, for neurons in probe_neurons */
  ms_time sample_ps;
  const uint8_t *probe_neuron; /**< [n_neuron] flags; NULL: all */
  int trace_router;
  int record_inputs;          /**< keep every change of the groups' digital inputs */
  int record_boundary;        /**< keep everything that crosses between the halves; under
                                 feed-forward, as the last replay of the events has it */
  const volatile int *cancel; /**< NULL, or a flag that a signal handler may set: the run then ends
                                   with MS_EINTERRUPTED at its next round */
} ms_run_options;

/** One line of provenance: where an event came from and what it did. */
typedef struct ms_delivery {
  ms_time t; /**< pulse on */
  uint16_t target;
  uint8_t sign, row;
  uint16_t code;
} ms_delivery;

/** A change of a digital input of one neuron's circuit, as the router made it. */
typedef struct ms_input_change {
  ms_stimulus stimulus;
  uint16_t neuron;
} ms_input_change;

typedef struct ms_run_result {
  size_t n_spike;
  ms_event *spike; /**< request rises (crossing time), ordered by time then neuron */
  size_t n_host;
  ms_event *host; /**< events at the chip's output port */
  size_t n_delivery;
  ms_delivery *delivery;
  size_t n_input_change;
  ms_input_change *input_change; /**< with record_inputs, ordered by time */
  size_t n_boundary;
  ms_boundary_event *boundary; /**< with record_boundary, in the order of the simulation */
  ms_router_counters counters;
  unsigned cores;              /**< of the chip */
  ms_network_counters network; /**< all zero where there is one core */
  double energy_j;             /**< analog, all groups, without bias branches */
  double bias_power_w;
  unsigned n_neuron;
  ms_group_result *group; /**< [n_neuron] */
  size_t n_signal_change;
  ms_signal_change *signal_change;
  ms_driver_kind driver;        /**< that made the run: never `auto` */
  unsigned passes;              /**< feed-forward: how often layers ran */
  unsigned reruns;              /**< groups that ran again */
  unsigned retries;             /**< workers that were lost and replaced */
  double wall_s, router_wall_s; /**< of the whole run, of the digital half */
} ms_run_result;

/** How many sets of neurons with bias lines of their own a chip has; 1 where all share theirs. */
MS_API unsigned ms_bias_sets(const ms_chip_options *options);
/** The set that a neuron belongs to: neighbours in its core, which need not be neighbours in the
 * network. */
MS_API unsigned ms_bias_set_of(const ms_chip_options *options, unsigned neuron);

MS_API int ms_chip_create(const ms_chip_options *options, ms_chip **out, ms_error *err);
MS_API void ms_chip_destroy(ms_chip *chip);

/** Programs routing, weights, biases and pulse width through the router's configuration port.
 * Checks every code, target and source against the core. The chip keeps its own copy. */
MS_API int ms_chip_configure(ms_chip *chip, const ms_config *config, ms_error *err);
/** Whether the tables of a chip can hold these connections; biases are not looked at. Fails as
 * ms_chip_configure would, without a chip. */
MS_API int ms_chip_check_fit(const ms_chip_options *options, const ms_config *config,
                             ms_error *err);
/** The sequence of port writes that the last ms_chip_configure made; valid until the next. The
 * port has registers for one set of bias codes, which are those of set 0. */
MS_API size_t ms_chip_config_writes(const ms_chip *chip, const uint32_t (**write)[2]);
/** Programs the chip from such a sequence instead (replay of a package): the chip then reads its
 * connections and codes back through the port. */
MS_API int ms_chip_configure_writes(ms_chip *chip, const uint32_t (*write)[2], size_t n,
                                    ms_error *err);

MS_API int ms_chip_set_die(ms_chip *chip, const ms_die *die, ms_error *err);
MS_API int ms_chip_set_pvt(ms_chip *chip, const ms_pvt *pvt, ms_error *err);

/** Runs one sample from reset. `in` ordered by time. Free the result with ms_run_result_clear. */
MS_API int ms_chip_run(ms_chip *chip, const ms_event *in, size_t n_in,
                       const ms_run_options *options, ms_run_result *result, ms_error *err);
MS_API void ms_run_result_clear(ms_run_result *result);

MS_API const ms_core *ms_chip_core(const ms_chip *chip);
MS_API const ms_chip_options *ms_chip_get_options(const ms_chip *chip);
MS_API ms_router *ms_chip_router(ms_chip *chip);
MS_API ms_engine *ms_chip_engine(ms_chip *chip);

#ifdef __cplusplus
}
#endif
#endif
