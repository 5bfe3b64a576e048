/* SPDX-License-Identifier: Apache-2.0 */
/* An experiment: everything that a training run, a study or a replay needs to be repeated, read
 * from one YAML file (docs/formats.md, "Experiment"). */
#ifndef MIXSPIKE_EXPERIMENT_H
#define MIXSPIKE_EXPERIMENT_H

#include "mixspike/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A bias code that differs from the bias set's default. */
typedef struct ms_bias_override {
  char *name;    /**< "dpi_exc.itau" */
  uint16_t code; /**< coarse << 8 | fine */
} ms_bias_override;

/** How weights are found on the model, and then on chips (docs/methods.md). */
typedef enum ms_model_method { MS_MODEL_PLAIN, MS_MODEL_GENE, MS_MODEL_RESERVOIR } ms_model_method;
typedef enum ms_loop_method { MS_LOOP_GRADIENT, MS_LOOP_METROPOLIS } ms_loop_method;

/** What a die does that nobody knows of, beyond mismatch; drawn from the die's identity, whatever
 * its mismatch. The die without mismatch has none. */
typedef struct ms_distortion {
  double dead;       /**< share of neurons that never fire */
  double stuck;      /**< share of connections that hold a random code */
  double dac;        /**< error of each weight code of each neuron and sign, standard deviation over
                          full scale: beyond half a step the DAC is not monotonic */
  double bias;       /**< standard deviation of a lognormal factor on each bias line's code */
  double jitter_tau; /**< of input events from sample to sample, standard deviation */
  double drift;      /**< standard deviation of a lognormal factor on each bias line's code that
                        wanders from 1 as the die runs samples */
  double temp_step_c;          /**< by which the die gets hotter, at once */
  unsigned drift_samples;      /**< after so many the drift stands somewhere else */
  unsigned temp_after_samples; /**< so many run before it gets hotter */
} ms_distortion;

/** Read only; belongs to the loader. Every field has a value after loading: the file's or the
 * default that docs/formats.md states. */
typedef struct ms_experiment {
  char *file; /**< where it came from */
  char *text; /**< the file's own text, for the package */
  char *name;
  char *core;        /**< core manifest */
  char *models_dir;  /**< NULL: the installed one */
  int bias_set;      /**< MS_SET_... */
  unsigned dac_bits; /**< 0: as the core says */
  size_t n_bias;
  ms_bias_override *bias;

  char *task;
  char *task_file, *task_label;         /**< of ms_task_options; NULL: none */
  size_t n_train, n_validation, n_test; /**< samples used; 0: all */
  int split_by_seed;                    /**< `seed` deals the samples to the splits */
  ms_encoding encoding;                 /**< tau_s 0: the core's */

  unsigned hidden, outputs_per_class;
  unsigned parallel;       /**< synapses (rows) that each input uses per neuron */
  unsigned cols, rows;     /**< of the mesh of cores that the network is spread over */
  unsigned bias_shared_by; /**< neurons that share those bias lines that calibration moves; 0: all.
                                A study's or a fit's calibration sets it, the file does not */

  uint64_t seed;                /**< of the initial weights and the order of samples */
  unsigned epochs, fine_epochs; /**< on the model: with the coarse, then with the fine time step */
  unsigned batch;
  double rate; /**< of Adam, weight codes per step at full scale 15 */
  double
      spread; /**< mismatch of the synaptic gains that offline training draws anew for each batch */
  double neuron_spread; /**< the same for thresholds, time constants and refractory times */
  unsigned ramp;        /**< epochs over which both grow from nothing */
  unsigned drawn_dies;  /**< so many different dies are drawn; 0: ever new ones */
  double score_gain;    /**< class score: this times the mean spike count of the class's neurons */
  double burst, decay;  /**< weights in the loss: mean squared spike count of the hidden neurons,
                           half  the squared weights */
  ms_model_method method;
  int fitted; /**< on the model, the training dies' own fitted neurons take the nominal one's place;
                   with fit_per_die */
  unsigned refit_samples; /**< with `fitted`: training samples that each training die then runs with
                               the trained network, for a second fit; 0: none */
  unsigned refit_epochs, refit_fine_epochs; /**< of training on the neurons of such a fit */
  unsigned refit_rounds;                    /**< so often: fresh samples, fit, training */
  double refit_rate;
  unsigned genes;                        /**< of MS_MODEL_GENE */
  double beta;                           /**< steepness of the surrogate gradient */
  double coarse_step_tau, fine_step_tau; /**< time steps of the model */
  unsigned loop_batches, loop_batch;     /**< updates in the loop, chip samples in each */
  int compare;      /**< also measure the accuracy before the loop, on the same dies */
  double loop_rate; /**< of Adam in the loop */
  ms_loop_method loop_method;
  int observe;        /**< MS_LOOP_GRADIENT: 0 spikes alone, 1 the membranes' voltages as well */
  int loose;          /**< MS_LOOP_GRADIENT without membranes: the model's are reset by the chip's
                           spikes, but not made to agree with them */
  unsigned chains;    /**< of MS_LOOP_METROPOLIS. `loop_batches` counts the proposals of
                           a chain, `loop_batch` the samples that decide on one */
  double proposal;    /**< standard deviation of a proposal, weights being -1..1 */
  double moved;       /**< share of the weights that a proposal moves */
  double temperature; /**< of the energy, which is the cross-entropy summed over the samples */
  double prior_sd;    /**< of the weights' normal prior */
  double burn_in;     /**< share of the steps that the mean leaves out */
  int deploy_best;    /**< deploy the weights of lowest energy instead of the chains' mean */

  int fit_per_die; /**< each training die's neurons are fitted; the loop's backward pass and, with
                        `fitted`, training on the model use them */
  unsigned fit_neuron_runs; /**< of the fit of the nominal model, at least; half as many test it */
  unsigned fit_stimuli;     /**< of the fit of a die */

  ms_engine_kind analog;
  int pulse_maps; /**< ms_engine_options.pulse_maps */
  ms_router_kind digital;
  ms_driver_kind driver;
  ms_pvt pvt;
  ms_distortion distortion;
  char *corner; /**< name; pvt.corner is set when the core is loaded */

  uint64_t die_seed;
  double strength;     /**< mismatch, 1: the process's own */
  size_t n_die_sample; /**< test samples that each die is measured on, other ones on each; 0: all */
  size_t n_training_die, n_validation_die, n_held_out_die;
  uint64_t *training_die, *held_out_die;
  uint64_t *validation_die; /**< a choice among trained configurations is made on these */

  /** What was trained on a fast engine is confirmed on another one; its dies are the first of each
   * list. The package's golden runs come from it. */
  int confirm; /**< 0: no confirmation */
  ms_engine_kind confirm_analog;
  size_t n_confirm; /**< samples of the test set, per die */

  unsigned jobs;   /**< chips run at once */
  unsigned golden; /**< golden samples of the package, per die */
  char *output;    /**< folder for results */
} ms_experiment;

/** Reads and checks an experiment. Unknown keys, wrong units and values out of range are refused
 * with file, line, key and what is allowed.
 * @param path  YAML file; its name is kept for messages */
MS_API int ms_experiment_load(const char *path, ms_experiment **out, ms_error *err);
/** The same from text; `name` stands for the file in messages. */
MS_API int ms_experiment_parse(const char *text, const char *name, ms_experiment **out,
                               ms_error *err);
MS_API void ms_experiment_destroy(ms_experiment *experiment);

/** Core and task of an experiment, loaded, and the options of its chips. */
typedef struct ms_setup {
  const ms_experiment *experiment;
  ms_core *core;
  ms_task *task;
  ms_encoding encoding; /**< with tau_s set */
  ms_pvt pvt;
  unsigned n_input, n_neuron, n_output; /**< hidden neurons first, then outputs class by class */
  unsigned n_bias_set;  /**< sets of neurons with bias lines of their own; 1: all share theirs */
  uint16_t *bias;       /**< [n_bias_set][core->n_bias] codes */
  ms_chip_options chip; /**< for ms_chip_create; points into this setup */
} ms_setup;

/** Loads what the experiment names and checks that the network fits the core.
 * @param experiment  must outlive the setup */
MS_API int ms_setup_create(const ms_experiment *experiment, ms_setup **out, ms_error *err);
MS_API void ms_setup_destroy(ms_setup *setup);
/** Gives a configuration the setup's codes in place of those that it has. */
MS_API int ms_setup_bias(const ms_setup *setup, ms_config *config, ms_error *err);
/** Die `number` of the experiment's population. */
MS_API ms_die ms_setup_die(const ms_setup *setup, uint64_t number);

#ifdef __cplusplus
}
#endif
#endif
