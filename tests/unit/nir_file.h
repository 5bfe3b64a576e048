/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a NIR file data set by data set, after the format's own description and not through the
 * exporter: fixed-length strings, compressed matrices and scalars as other programs write them. */
#ifndef MS_TEST_NIR_FILE_H
#define MS_TEST_NIR_FILE_H

#include <hdf5.h>

typedef struct nir_file {
  hid_t file, graph, nodes;
} nir_file;

/** Everything that a test may want to be different in a small network. */
typedef struct nir_small {
  unsigned n_in, n_hidden, n_out;
  double tau_mem_s, tau_syn_s;
  const float *w1, *w2; /**< [n_hidden][n_in], [n_out][n_hidden] */
  const char *type1;    /**< "CubaLIF" or "LIF" of the hidden neurons */
  double bias;          /**< of the first hidden neuron; the first weights are an Affine node */
} nir_small;

nir_file nir_begin(const char *path);
void nir_end(nir_file *f);
hid_t nir_node(nir_file *f, const char *name, const char *type);
void nir_text(hid_t group, const char *name, const char *text);
void nir_numbers(hid_t group, const char *name, unsigned rank, hsize_t rows, hsize_t columns,
                 const float *value);
void nir_same(hid_t group, const char *name, hsize_t n, double value);
/** Names of nodes, from and to in turn. */
void nir_edges(nir_file *f, const char *const *name, hsize_t n_edge);
/** Input, Affine, neurons, Linear, CubaLIF, Output. */
void nir_network(const char *path, const nir_small *net);

#endif
