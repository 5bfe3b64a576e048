/* SPDX-License-Identifier: Apache-2.0 */
/* A graph beside the experiment whose chip is to run it. */
#ifndef MS_NIR_MATCH_H
#define MS_NIR_MATCH_H

#include "mixspike/nir.h"
#include "nir/graph.h"

enum { MS_NIR_HIDDEN, MS_NIR_READOUT, MS_NIR_LAYERS };

typedef struct ms_nir_match {
  ms_nir_graph *graph;
  ms_nir_layer layer[MS_NIR_LAYERS];
  ms_neuron_model nominal; /**< of the chip at the setup's bias codes */
  double tau_mem_s;        /**< median over the graph's neurons, in its own time */
  double tau_syn_s;        /**< the same; NaN: its neurons have no synapses of their own */
  double speedup;
} ms_nir_match;

/** Reads a graph and checks that its layers are those of the setup.
 * @param out  free with ms_nir_match_clear, also after an error */
int ms_nir_match_read(const char *file, const ms_setup *setup, const ms_nir_options *options,
                      ms_nir_match *out, ms_error *err);
void ms_nir_match_clear(ms_nir_match *match);

/** Parameter of neuron i; one value may stand for all. */
double ms_nir_value(const ms_nir_node *node, ms_nir_field field, size_t i, double otherwise);
/** The field that holds the membrane's time constant. */
ms_nir_field ms_nir_membrane(const ms_nir_node *node);
/** Time constant of the chip's synapses, of one sign. */
double ms_nir_chip_tau_syn(const ms_neuron_model *model, int sign);

#endif
