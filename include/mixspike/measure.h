/* SPDX-License-Identifier: Apache-2.0 */
/* What a cell's manifest says shall be measured and held: measures, specs, conditions
 * (docs/validate.md). The structs are read only and belong to their cell. */
#ifndef MIXSPIKE_MEASURE_H
#define MIXSPIKE_MEASURE_H

#include "mixspike/base.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a measure is taken: X(name, word in the manifest). Up to FALSE_SPIKES for somas, up to
 * LEAKAGE for synapses: those run on the ngspice and the table engine. The others work on the pins
 * of any cell, on ngspice. */
#define MS_MEASURE_KINDS(X)                                                                        \
  X(SPIKE_RATE, "spike_rate")                                                                      \
  X(FI_CURVE, "fi_curve")                                                                          \
  X(RHEOBASE, "rheobase")                                                                          \
  X(REFRACTORY, "refractory")                                                                      \
  X(FIRST_SPIKE, "first_spike")                                                                    \
  X(SPIKE_AMPLITUDE, "spike_amplitude")                                                            \
  X(SPIKE_WIDTH, "spike_width")                                                                    \
  X(REQUEST_WIDTH, "request_width")                                                                \
  X(ACK_RELEASE, "ack_release")                                                                    \
  X(SPIKE_ENERGY, "spike_energy")                                                                  \
  X(LATCH_UP, "latch_up")                                                                          \
  X(FALSE_SPIKES, "false_spikes")                                                                  \
  X(EPSC_PEAK, "epsc_peak")                                                                        \
  X(EPSC_RISE, "epsc_rise")                                                                        \
  X(EPSC_DECAY, "epsc_decay")                                                                      \
  X(CODE_RESPONSE, "code_response")                                                                \
  X(PAIRED_PULSE, "paired_pulse")                                                                  \
  X(EVENT_ENERGY, "event_energy")                                                                  \
  X(LEAKAGE, "leakage")                                                                            \
  X(STATIC_POWER, "static_power")                                                                  \
  X(DC, "dc")                                                                                      \
  X(CODES, "codes")                                                                                \
  X(TRANSIENT, "transient")                                                                        \
  X(NOISE, "noise")

typedef enum ms_measure_kind {
#define MS_X(name, word) MS_MEASURE_##name,
  MS_MEASURE_KINDS(MS_X)
#undef MS_X
      MS_N_MEASURE_KIND
} ms_measure_kind;

/** Which number is taken out of a curve or a waveform: X(name, word). */
#define MS_RESULTS(X)                                                                              \
  X(NONE, "value")                                                                                 \
  X(MAX, "max")                                                                                    \
  X(MIN, "min")                                                                                    \
  X(MEAN, "mean")                                                                                  \
  X(RMS, "rms")                                                                                    \
  X(FINAL, "final")                                                                                \
  X(AMPLITUDE, "amplitude")                                                                        \
  X(RISE_TIME, "rise_time")                                                                        \
  X(FALL_TIME, "fall_time")                                                                        \
  X(TAU_RISE, "tau_rise")                                                                          \
  X(TAU_FALL, "tau_fall")                                                                          \
  X(WIDTH, "width")                                                                                \
  X(DELAY, "delay")                                                                                \
  X(FREQUENCY, "frequency")                                                                        \
  X(COUNT, "count")                                                                                \
  X(JITTER, "jitter")                                                                              \
  X(ENERGY, "energy")                                                                              \
  X(GAIN, "gain")                                                                                  \
  X(LINEARITY, "linearity")                                                                        \
  X(CROSSING, "crossing")                                                                          \
  X(INL, "inl")                                                                                    \
  X(DNL, "dnl")                                                                                    \
  X(MONOTONIC, "monotonic")                                                                        \
  X(ZERO, "zero")                                                                                  \
  X(FULL_SCALE, "full_scale")

typedef enum ms_result_kind {
#define MS_X(name, word) MS_RESULT_##name,
  MS_RESULTS(MS_X)
#undef MS_X
      MS_N_RESULT_KIND
} ms_result_kind;

/** Numbers that parametrise a measure; NaN where the manifest gives none and there is no default.
 */
typedef enum ms_measure_key {
  MS_KEY_CURRENT,  /**< A */
  MS_KEY_LOW,      /**< A */
  MS_KEY_HIGH,     /**< A */
  MS_KEY_WINDOW,   /**< s */
  MS_KEY_LEVEL,    /**< V or A, what is read */
  MS_KEY_CODE,     /**< weight code */
  MS_KEY_PULSES,   /**< number */
  MS_KEY_INTERVAL, /**< s */
  MS_KEY_START,    /**< s, transient: what lies before is not looked at */
  MS_KEY_FROM,     /**< Hz, noise */
  MS_KEY_TO,       /**< Hz, noise */
  MS_N_KEY
} ms_measure_key;

/** What is connected to a pin of the cell under test. */
typedef enum ms_drive_kind {
  MS_DRIVE_VOLTAGE,
  MS_DRIVE_CURRENT, /**< into the pin */
  MS_DRIVE_LOAD,    /**< capacitor to ground */
  MS_DRIVE_RESISTOR,
  MS_DRIVE_CODE, /**< of a pin that stands for several bits */
  MS_DRIVE_WIRE, /**< to another pin */
} ms_drive_kind;

/** Zero `width` means constant; else a pulse from `value` to `high`. */
typedef struct ms_drive {
  char *pin, *to;
  ms_drive_kind kind;
  double value, high;                        /**< V, A, F, Ohm, or a code */
  bool at_supply, high_at_supply;            /**< the value is the supply's, whatever it is */
  double delay_s, edge_s, width_s, period_s; /**< period 0: a single pulse */
  double noise;                              /**< transient noise, rms, V or A */
} ms_drive;

typedef struct ms_measure {
  char *name, *description;
  ms_measure_kind kind;
  ms_result_kind result;
  int line;      /**< in the manifest */
  int set;       /**< bias set under which it is taken */
  char unit[16]; /**< of its value, SI without prefix; "1": a number */
  double value[MS_N_KEY];
  size_t n_list; /**< currents (A) or codes */
  double *list;
  char *sweep_pin; /**< dc: swept pin; codes: the bits; noise: the input; else NULL */
  bool sweep_current;
  double sweep_from, sweep_to;
  size_t sweep_points;
  char read;             /**< 'v' node, 'i' pin, 'd' transistor inside, 0: nothing */
  char *read_name;       /**< of a transistor with its path in the cell: "xdac.mu0" */
  const char *read_what; /**< of a transistor: "id", "gm", "gds", "vth" or "vdsat" */
  const char *read_unit; /**< "V", "A" or "S" */
  size_t n_drive;
  ms_drive *drive;
} ms_measure;

/** A requirement on a measure; NaN: not given. */
typedef struct ms_spec {
  char *name;
  size_t measure; /**< index in the cell */
  int line;
  double min, typ, max; /**< in the measure's unit */
  double yield;         /**< required share of dies, 0..1 */
} ms_spec;

/** Points of operation that `validate` takes if the command line names none. */
typedef struct ms_conditions {
  size_t n_corner, n_temp, n_supply;
  char **corner;
  double *temp_c, *supply_v;
} ms_conditions;

/** The word of a kind ("spike_rate") or of a result ("max"). */
MS_API const char *ms_measure_word(ms_measure_kind kind);
MS_API const char *ms_result_word(ms_result_kind result);
/** Whether the kind is taken on a neuron or synapse bench, which the table engine runs too. */
static inline bool ms_measure_is_group(ms_measure_kind kind) {
  return kind <= MS_MEASURE_LEAKAGE;
}

#ifdef __cplusplus
}
#endif
#endif
