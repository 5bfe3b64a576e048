/* SPDX-License-Identifier: Apache-2.0 */
/* A graph of the neuromorphic intermediate representation (NIR), as far as a spiking network needs
 * it. On disk (HDF5) every node is a group of data sets, `type` names its equations and every
 * other data set is a parameter; docs/nir.md has the layout and the units. */
#ifndef MS_NIR_GRAPH_H
#define MS_NIR_GRAPH_H

#include "mixspike/base.h"

typedef enum ms_nir_field {
  MS_NIR_SHAPE,
  MS_NIR_WEIGHT,
  MS_NIR_BIAS,
  MS_NIR_TAU,
  MS_NIR_TAU_MEM,
  MS_NIR_TAU_SYN,
  MS_NIR_R,
  MS_NIR_V_LEAK,
  MS_NIR_V_RESET,
  MS_NIR_V_THRESHOLD,
  MS_NIR_W_IN,
  MS_NIR_FIELDS
} ms_nir_field;

typedef enum ms_nir_type {
  MS_NIR_INPUT,
  MS_NIR_OUTPUT,
  MS_NIR_AFFINE,
  MS_NIR_LINEAR,
  MS_NIR_LIF,
  MS_NIR_CUBALIF,
  MS_NIR_FLATTEN,
  MS_NIR_TYPES
} ms_nir_type;

enum { MS_NIR_MAX_RANK = 4 };

/** A parameter: row-major, any shape. */
typedef struct ms_nir_array {
  double *value; /**< NULL: the node has no such parameter */
  size_t n;
  unsigned rank;
  size_t dim[MS_NIR_MAX_RANK];
} ms_nir_array;

typedef struct ms_nir_node {
  char *name;
  ms_nir_type type;
  ms_nir_array field[MS_NIR_FIELDS];
} ms_nir_node;

typedef struct ms_nir_edge {
  size_t from, to; /**< numbers of nodes */
} ms_nir_edge;

/** Something to read beside the graph; a reader must not need it. */
typedef struct ms_nir_note {
  const char *name;
  const char *text;    /**< NULL: numbers */
  const double *value; /**< [n] */
  size_t n;
} ms_nir_note;

typedef struct ms_nir_graph {
  char *file; /**< for messages */
  size_t n_node, n_edge;
  ms_nir_node *node;
  ms_nir_edge *edge;
} ms_nir_graph;

/** Names in the file. */
extern const char *const ms_nir_field_name[MS_NIR_FIELDS];
extern const char *const ms_nir_type_name[MS_NIR_TYPES];
/** Whether a node of that type must have, may have the parameter. */
int ms_nir_needs(ms_nir_type type, ms_nir_field field);
int ms_nir_takes(ms_nir_type type, ms_nir_field field);

/** Reads and checks a file: nodes of known types with all their parameters, edges between them.
 * @param out  free with ms_nir_graph_destroy */
int ms_nir_read(const char *path, ms_nir_graph **out, ms_error *err);
void ms_nir_graph_destroy(ms_nir_graph *graph);

/** Writes a graph whole or not at all. @param note  [n_note] of the graph */
int ms_nir_write(const ms_nir_graph *graph, const ms_nir_note *note, size_t n_note,
                 const char *path, ms_error *err);

/** A layer of a chain: connections, then the neurons they lead to. */
typedef struct ms_nir_layer {
  const ms_nir_node *weights, *neurons;
  size_t n_in, n_out;
} ms_nir_layer;

enum { MS_NIR_MAX_LAYERS = 2 };

/** Follows Input -> (Linear -> LIF)... -> Output and checks every shape on the way.
 * @param layer  [MS_NIR_MAX_LAYERS] out */
int ms_nir_chain(const ms_nir_graph *graph, ms_nir_layer *layer, size_t *n_layer, ms_error *err);

#endif
