/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as the chip holds them, training them on the model and in the loop with the chip, and
 * measuring their accuracy on dies. */
#ifndef MIXSPIKE_TRAIN_H
#define MIXSPIKE_TRAIN_H

#include "mixspike/control.h"
#include "mixspike/experiment.h"
#include "mixspike/neuron_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A two-layer network of DAC codes. Inputs feed hidden neurons 0..n_hidden-1, these feed output
 * neurons n_hidden.. ; output o stands for class o / per_class. Code 0: no connection. */
typedef struct ms_network {
  unsigned n_input, n_hidden, n_class, per_class;
  unsigned parallel; /**< synapses from each input to each hidden neuron, on rows of their own */
  unsigned dac_bits;
  int16_t *in;  /**< [n_hidden][n_input][parallel] signed codes, negative: inhibitory */
  int16_t *out; /**< [n_class * per_class][n_hidden] signed codes */
} ms_network;

MS_API int ms_network_create(unsigned n_input, unsigned n_hidden, unsigned n_class,
                             unsigned per_class, unsigned parallel, unsigned dac_bits,
                             ms_network **out, ms_error *err);
MS_API void ms_network_destroy(ms_network *network);

/** Turns a network into what ms_chip_configure takes. Free with ms_config_clear.
 * @param bias  [core->n_bias] codes, copied; NULL: the defaults of the bias set */
MS_API int ms_network_config(const ms_network *network, const ms_core *core, const uint16_t *bias,
                             ms_config *config, ms_error *err);
MS_API void ms_config_clear(ms_config *config);

/** The decision: the class with most output spikes, ties by the earliest first spike, no spike at
 * all: -1.
 * @param spike  [n_spike] of the whole chip, in order of time
 * @param count  [n_class] out, spikes per class; may be NULL */
MS_API int ms_network_decide(const ms_network *network, const ms_event *spike, size_t n_spike,
                             unsigned *count);

/** One point of a training curve. */
typedef struct ms_curve_point {
  uint64_t step;    /**< epoch (offline) or batch (loop) */
  uint64_t die;     /**< loop: on which die the batch ran */
  uint64_t samples; /**< chip samples spent so far */
  double loss;
  double train_accuracy;      /**< of the step's own samples */
  double validation_accuracy; /**< offline: on the model; NaN in the loop */
} ms_curve_point;

typedef struct ms_curve {
  size_t n;
  ms_curve_point *point;
} ms_curve;

/** Accuracy of one network on one die. */
typedef struct ms_die_result {
  uint64_t die;
  int held_out;  /**< 1: never used in training */
  double before; /**< accuracy with the weights of the offline training; NaN if not measured */
  double accuracy;
  double energy_j;          /**< per sample, analog */
  double spikes;            /**< per sample */
  unsigned samples, errors; /**< samples run; of them, how many failed in the simulator */
  double confirmed;         /**< accuracy on the confirming engine; NaN where none ran */
  unsigned confirm_samples, confirm_errors;
  char failure[160]; /**< why the first failed sample failed, on either engine; empty: none did */
} ms_die_result;

/** How well the model follows the chip, on held-out stimuli of the fit. */
typedef struct ms_fit_error {
  uint64_t die;
  double rate;     /**< RMS relative error of the spike counts */
  double time_tau; /**< RMS error of spike times that both have, tau */
  double agree;    /**< share of samples with the same number of spikes in every neuron */
} ms_fit_error;

/** What the chains of a Metropolis-Hastings loop tell about themselves. */
typedef struct ms_chain_report {
  unsigned chains;        /**< 0: there were none */
  double proposals;       /**< of each chain */
  double acceptance;      /**< share of proposals taken */
  double autocorrelation; /**< of the energy after burn-in, one step apart; mean over chains */
  double spread; /**< Gelman and Rubin's scale reduction of the energy; 1: chains agree; NaN:
                      fewer than two chains or steps */
} ms_chain_report;

typedef struct ms_train_options {
  const char *output; /**< folder, made if missing; NULL: the experiment's */
  int resume;         /**< continue from the folder's checkpoint; MS_EMISSING if there is none */
  int no_package;     /**< leave out the package */
  int only_weights;   /**< stop when the network is trained: no accuracy on dies, no package */
  const ms_network *start; /**< the loop begins with these weights, nothing is trained on the
                                model; NULL: train */
  /** In place of `start`: gives these weights once the nominal model is fitted. */
  int (*begin)(void *user, const ms_setup *setup, const ms_neuron_model *model,
               ms_network **network, ms_error *err);
  void *begin_user;
  const ms_neuron_model *model; /**< the nominal model, fitted before; NULL: fit it */
  ms_control control;
} ms_train_options;

typedef struct ms_train_report {
  ms_network *network; /**< the trained one */
  ms_curve offline, loop;
  ms_chain_report chain;
  double model_accuracy; /**< on the test set, ideal model, fine step */
  size_t n_die;
  ms_die_result *die; /**< every die of the experiment */
  size_t n_fit;
  ms_fit_error *fit;     /**< first: the die without mismatch */
  uint64_t chip_samples; /**< forward passes on chips, all phases */
  double wall_s;
  double router_wall_s; /**< share of the digital half, summed over chips */
  double chip_wall_s;   /**< wall time inside chips, summed over chips */
  char package[512];    /**< folder; empty if none was made */
} ms_train_report;

/** Trains the experiment's network: fit of the model, offline, in the loop, accuracy on every die,
 * package. Writes into the output folder: checkpoint.h5 (replaced atomically after each epoch or
 * batch) and package/. With options->resume the result is the same to the last bit as
 * without the interruption.
 * @param report  free with ms_train_report_clear, also after an error
 * @return MS_EINTERRUPTED after control.cancel; the checkpoint then holds the state */
MS_API int ms_train(const ms_experiment *experiment, const ms_train_options *options,
                    ms_train_report *report, ms_error *err);
MS_API void ms_train_report_clear(ms_train_report *report);

typedef struct ms_evaluate_options {
  const uint64_t *die; /**< [n_die] */
  size_t n_die;
  size_t n_sample; /**< of the test set; 0: all of the experiment's */
  ms_control control;
} ms_evaluate_options;

/** Runs a network on dies and counts right answers, `jobs` chips at once.
 * @param result  [n_die] out */
MS_API int ms_evaluate(const ms_setup *setup, const ms_network *network,
                       const ms_evaluate_options *options, ms_die_result *result, ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
