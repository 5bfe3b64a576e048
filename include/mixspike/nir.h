/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs of the neuromorphic intermediate representation (NIR, HDF5): a package's network as one,
 * and networks of others mapped onto the chip (docs/nir.md). */
#ifndef MIXSPIKE_NIR_H
#define MIXSPIKE_NIR_H

#include "mixspike/package.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Writes a package's network as a graph: weights in shares of the threshold, neurons with the
 * parameters of the package's fit (of the core's nominal values where it has none).
 * @param dt_s  0: a spike is a Dirac impulse, as in the format's equations; else a spike of whoever
 *              reads the file lasts one time step of dt_s with height 1
 * @param path  file, written whole or not at all */
MS_API int ms_nir_export(const ms_package *package, double dt_s, const char *path, ms_error *err);

typedef struct ms_nir_options {
  double dt_s;    /**< as in ms_nir_export */
  double speedup; /**< the chip runs so many times faster than the graph; 0: as fast as makes the
                       graph's membrane the experiment's */
  int drop_bias;  /**< leave constant inputs of Affine nodes out */
  int rescale;    /**< scale the weights of each layer to the DAC's range, whatever their unit */
} ms_nir_options;

/** One parameter of a layer's neurons, in the graph and on the chip. */
typedef struct ms_nir_parameter {
  double graph;  /**< median, s; in the chip's time */
  double spread; /**< standard deviation over neurons, relative */
  double chip;   /**< what the chip's neurons have nominally, s; NaN: the graph has none */
} ms_nir_parameter;

/** How one layer fits. */
typedef struct ms_nir_layer_report {
  char weights[80], neurons[80]; /**< names of the nodes */
  size_t n;                      /**< weights */
  size_t zero;                   /**< rounded to no connection, though not 0 in the graph */
  size_t clipped;                /**< larger than the DAC's full scale */
  double factor;                 /**< that the weights were scaled by */
  double largest;                /**< weight, in shares of the threshold */
  double full_scale[2];          /**< of the chip, the same unit; excitatory, inhibitory */
  double error;                  /**< root mean square difference to the graph, the same unit */
  double dropped_bias;           /**< largest constant input left out, its own unit */
  double threshold_spread;       /**< of the graph's thresholds, relative; weights carry it */
  ms_nir_parameter tau_mem, tau_syn;
} ms_nir_layer_report;

typedef struct ms_nir_report {
  double speedup;
  size_t n_layer;
  ms_nir_layer_report layer[2]; /**< hidden, output */
} ms_nir_report;

/** The experiment that a graph is fine-tuned by: the given one with bias codes that give the
 * chip's synapses (with `speedup`: membranes, too) the graph's time constants. Codes that the
 * experiment names itself stay.
 * @param file  NIR file; a message names it and the node that does not fit
 * @param out   free with ms_experiment_destroy */
MS_API int ms_nir_experiment(const char *file, const ms_experiment *experiment,
                             const ms_nir_options *options, ms_experiment **out, ms_error *err);

/** Maps a graph onto a chip: DAC codes of its weights.
 * @param setup    of what ms_nir_experiment returned
 * @param model    fitted neuron; NULL: the core's nominal one
 * @param network  out, free with ms_network_destroy
 * @param report   out; may be NULL
 * @return MS_EUNSUPPORTED, MS_ERANGE: what of the graph does not fit the chip; MS_EPARSE: the file
 * is none, or a damaged one */
MS_API int ms_nir_map(const char *file, const ms_setup *setup, const ms_neuron_model *model,
                      const ms_nir_options *options, ms_network **network, ms_nir_report *report,
                      ms_error *err);

/** A report as JSON text; free it. */
MS_API char *ms_nir_report_json(const ms_nir_report *report);

#ifdef __cplusplus
}
#endif
#endif
