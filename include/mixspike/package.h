/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: a trained configuration in the forms a chip team loads, with checksums and recorded
 * spikes to prove a load by (docs/formats.md, "Package"). */
#ifndef MIXSPIKE_PACKAGE_H
#define MIXSPIKE_PACKAGE_H

#include "mixspike/train.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a configuration was picked among several, as its package states it. */
typedef struct ms_choice_note {
  const char *candidate; /**< which was picked */
  size_t candidates;     /**< of how many */
  double quantile;       /**< of the accuracy over validation dies, e.g. 0.05 */
  double accuracy;       /**< at that quantile */
  const uint64_t *die;   /**< [n_die] validation dies */
  size_t n_die;
  size_t samples; /**< per die */
  ms_engine_kind engine;
} ms_choice_note;

/** Where a configuration comes from, beside its experiment. */
typedef struct ms_package_origin {
  const ms_neuron_model *model; /**< the nominal neuron, fitted; NULL: not known */
  const ms_choice_note *choice; /**< NULL: there was nothing to pick from */
} ms_package_origin;

/** Writes a package. An existing folder is replaced only if it holds a package.
 * Records golden input events and output spikes: the first experiment->golden test samples on each
 * of the dies, on the experiment's own engine.
 * @param dir    folder
 * @param die     [n_die] golden dies
 * @param origin  goes into the manifest; may be NULL */
MS_API int ms_package_write(const ms_setup *setup, const ms_network *network, const char *dir,
                            const uint64_t *die, size_t n_die, const ms_package_origin *origin,
                            const ms_control *control, ms_error *err);

/** Checks every file against the manifest.
 * @return MS_ETAMPERED naming the first file that is missing, changed, or not listed */
MS_API int ms_package_verify(const char *dir, ms_error *err);

/** A package, read back. */
typedef struct ms_package {
  char *dir;
  ms_experiment *experiment;
  ms_network *network;
  ms_neuron_model *model; /**< fitted nominal neuron; NULL: the package has none */
  uint32_t (*write)[2];   /**< configuration port: address, data */
  size_t n_write;
  unsigned neurons, inputs; /**< that a core of the router it was made for has room for; 0: the
                                 package is from before this was noted */
} ms_package;

/** Verifies and reads a package. Free with ms_package_destroy. */
MS_API int ms_package_open(const char *dir, ms_package **out, ms_error *err);
MS_API void ms_package_destroy(ms_package *package);

/** Whether a chip's router has the sizes that the package's addresses were made for: another build
 * may hold larger cores alone.
 * @return MS_EREFUSED if not, with both sizes */
MS_API int ms_package_fits(const ms_package *package, ms_chip *chip, ms_error *err);

/** One recorded run of a package. */
typedef struct ms_golden_run {
  uint64_t die, sample; /**< number of the die, of the test sample */
  int label, decision;  /**< classes; decision -1: none */
  size_t n_in, n_spike;
  ms_event *in, *spike; /**< events given; request crossings */
} ms_golden_run;

typedef struct ms_golden {
  size_t n_run;
  ms_golden_run *run;
} ms_golden;

/** Reads the recorded runs of a package that ms_package_open has verified. */
MS_API int ms_golden_read(const char *dir, ms_golden *golden, ms_error *err);
MS_API void ms_golden_clear(ms_golden *golden);

typedef struct ms_replay_options {
  const ms_engine_kind *analog;  /**< NULL: the engine that recorded the golden spikes */
  const ms_router_kind *digital; /**< NULL: the router that recorded them */
  double tolerance_s;   /**< largest difference of a spike time; 0: 1 ns on the same engine, one
                             tenth of tau on another */
  unsigned max_samples; /**< per die; 0: all */
  ms_control control;
} ms_replay_options;

typedef struct ms_replay_report {
  unsigned dies, samples;
  uint64_t spikes;
  unsigned samples_equal;   /**< the same neurons in the same order, times within tolerance */
  unsigned decisions_equal; /**< the same class */
  double worst_s;           /**< largest time difference among spikes that correspond */
  uint64_t deliveries;      /**< pulses that synapses got */
  double wall_s;            /**< of the runs, summed over chips */
  char first[256];          /**< the first difference, in words; empty if none */
} ms_replay_report;

/** Loads a package through the router's configuration port and repeats its golden runs.
 * @return MS_ETAMPERED if the package is not what was written, MS_EDIFFERS if a spike differs (the
 * report is filled in then as well) */
MS_API int ms_replay(const char *dir, const ms_replay_options *options, ms_replay_report *report,
                     ms_error *err);

#ifdef __cplusplus
}
#endif
#endif
