/* SPDX-License-Identifier: Apache-2.0 */
/* The behavioural neuron of mixspike/neuron_model.h in the units that training uses: times in units
 * of the encoding's tau, membrane and synapse currents in units of their own gain current, and the
 * charge of one pulse as what it adds to F = x + ln x of its row. */
#ifndef MS_MODEL_PARAMS_H
#define MS_MODEL_PARAMS_H

#include "mixspike/neuron_model.h"
#include "mixspike/train.h"

enum { MS_SIM_MAX_CODES = 256 };

typedef struct ms_sim_row {
  int sign;
  float rate;                     /**< decay, per tau */
  float rest;                     /**< output current at rest */
  float drive;                    /**< Igain of the row over Itau of the soma */
  float charge[MS_SIM_MAX_CODES]; /**< of one pulse, by code */
} ms_sim_row;

typedef struct ms_sim_params {
  float rate;        /**< of the membrane, per tau */
  float rest;        /**< membrane current at rest */
  float threshold;   /**< of the membrane current */
  float compare;     /**< what turns the comparator over: current over threshold above 1, tau */
  float constant;    /**< constant input current over Itau of the soma */
  float dead;        /**< from the comparator's turn to integrating again, tau */
  float input_delay; /**< from an input event to its first pulse, tau */
  float spike_delay; /**< from the comparator's turn to the first pulse of the spike, tau */
  float pace;        /**< from one pulse of an event to its next, tau */
  int queues;        /**< events wait until those before them have made all their pulses */
  unsigned n_code;
  unsigned n_row;
  ms_sim_row row[MS_MAX_ROWS];
  uint8_t of_sign[2][MS_MAX_ROWS]; /**< rows of a sign */
  unsigned n_of_sign[2];
} ms_sim_params;

/** Latencies of the digital half that the model includes, s. */
struct ms_sim_latency {
  double input_s;   /**< event at the port -> first pulse */
  double spike_s;   /**< request -> first pulse */
  double pace_s;    /**< from one pulse of an event to its next */
  int queues;       /**< whether an event waits for the pulses of those before it */
  double ack_s;     /**< request -> acknowledge */
  double release_s; /**< request falls -> acknowledge released */
};
typedef struct ms_sim_latency ms_sim_latency;

/** Converts. @param pulse_s  width of a pulse  @param tau_s  unit of time */
void ms_sim_params_from(const ms_neuron_model *model, const ms_sim_latency *latency, double pulse_s,
                        double tau_s, unsigned dac_bits, ms_sim_params *out);

#endif
