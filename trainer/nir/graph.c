/* SPDX-License-Identifier: Apache-2.0 */
/* Which parameters the node types of a NIR graph have, and the chain that a feed-forward graph is.
 */
#include "nir/graph.h"

#include <stdlib.h>
#include <string.h>

const char *const ms_nir_field_name[MS_NIR_FIELDS] = {"shape",   "weight",      "bias", "tau",
                                                      "tau_mem", "tau_syn",     "r",    "v_leak",
                                                      "v_reset", "v_threshold", "w_in"};

const char *const ms_nir_type_name[MS_NIR_TYPES] = {"Input", "Output",  "Affine", "Linear",
                                                    "LIF",   "CubaLIF", "Flatten"};

#define BIT(field) (1u << (field))

static const unsigned NEEDED[MS_NIR_TYPES] = {
    [MS_NIR_INPUT] = BIT(MS_NIR_SHAPE),
    [MS_NIR_OUTPUT] = 0,
    [MS_NIR_AFFINE] = BIT(MS_NIR_WEIGHT) | BIT(MS_NIR_BIAS),
    [MS_NIR_LINEAR] = BIT(MS_NIR_WEIGHT),
    [MS_NIR_LIF] = BIT(MS_NIR_TAU) | BIT(MS_NIR_R) | BIT(MS_NIR_V_LEAK) | BIT(MS_NIR_V_THRESHOLD),
    [MS_NIR_CUBALIF] = BIT(MS_NIR_TAU_MEM) | BIT(MS_NIR_TAU_SYN) | BIT(MS_NIR_R) |
                       BIT(MS_NIR_V_LEAK) | BIT(MS_NIR_V_THRESHOLD),
};

/* Parameters that later versions of the format added, with what they are without. */
static const unsigned OPTIONAL[MS_NIR_TYPES] = {
    [MS_NIR_OUTPUT] = BIT(MS_NIR_SHAPE),
    [MS_NIR_LIF] = BIT(MS_NIR_V_RESET),
    [MS_NIR_CUBALIF] = BIT(MS_NIR_V_RESET) | BIT(MS_NIR_W_IN),
};

int ms_nir_needs(ms_nir_type type, ms_nir_field field) {
  return (NEEDED[type] & BIT(field)) != 0;
}

int ms_nir_takes(ms_nir_type type, ms_nir_field field) {
  return ((NEEDED[type] | OPTIONAL[type]) & BIT(field)) != 0;
}

void ms_nir_graph_destroy(ms_nir_graph *g) {
  if (!g)
    return;
  for (size_t i = 0; g->node && i < g->n_node; i++) {
    free(g->node[i].name);
    for (int f = 0; f < MS_NIR_FIELDS; f++)
      free(g->node[i].field[f].value);
  }
  free(g->node);
  free(g->edge);
  free(g->file);
  free(g);
}

/* The only node of a type, which a chain begins or ends with. */
static int only(const ms_nir_graph *g, ms_nir_type type, size_t *out, ms_error *err) {
  size_t found = 0;
  for (size_t i = 0; i < g->n_node; i++)
    if (g->node[i].type == type) {
      *out = i;
      found++;
    }
  return found == 1 ? MS_OK
                    : ms_fail(err, MS_EUNSUPPORTED,
                              "%s: %zu nodes of type %s; a network for the chip has one", g->file,
                              found, ms_nir_type_name[type]);
}

/* Where the one edge that leaves a node leads to. */
static int follow(const ms_nir_graph *g, size_t from, size_t *to, ms_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < g->n_edge; i++)
    if (g->edge[i].from == from) {
      *to = g->edge[i].to;
      n++;
    }
  if (n == 1)
    return MS_OK;
  const char *name = g->node[from].name;
  if (!n)
    return ms_fail(err, MS_EUNSUPPORTED, "%s: node '%s' leads nowhere; a chain ends at the Output",
                   g->file, name);
  return ms_fail(err, MS_EUNSUPPORTED,
                 "%s: node '%s' leads to %zu nodes; only chains fit (no branches, no recurrent "
                 "connections)",
                 g->file, name, n);
}

static size_t product(const ms_nir_array *shape) {
  double n = 1;
  for (size_t i = 0; i < shape->n; i++)
    n *= shape->value[i];
  return n >= 1 && n < 1e9 ? (size_t)n : 0;
}

static int wrong_width(const ms_nir_graph *g, const ms_nir_node *node, size_t wants, size_t gets,
                       ms_error *err) {
  return ms_fail(err, MS_EPARSE, "%s: node '%s' takes %zu values but is given %zu", g->file,
                 node->name, wants, gets);
}

static int check_neurons(const ms_nir_graph *g, const ms_nir_node *node, size_t width,
                         ms_error *err) {
  for (int f = 0; f < MS_NIR_FIELDS; f++) {
    const ms_nir_array *a = &node->field[f];
    if (a->value && a->n != width && a->n != 1)
      return ms_fail(err, MS_EPARSE, "%s: node '%s': '%s' has %zu values for %zu neurons", g->file,
                     node->name, ms_nir_field_name[f], a->n, width);
  }
  return MS_OK;
}

typedef struct walk {
  const ms_nir_graph *g;
  ms_nir_layer *layer;
  size_t n, width;
  const ms_nir_node *weights; /* waiting for their neurons */
} walk;

static int at_weights(walk *w, const ms_nir_node *node, ms_error *err) {
  const ms_nir_array *a = &node->field[MS_NIR_WEIGHT];
  if (w->weights)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: node '%s' follows '%s' without neurons between; multiply the two matrices",
                   w->g->file, node->name, w->weights->name);
  if (a->rank != 2)
    return ms_fail(err, MS_EPARSE, "%s: node '%s': 'weight' has %u dimensions instead of 2",
                   w->g->file, node->name, a->rank);
  if (a->dim[1] != w->width)
    return wrong_width(w->g, node, a->dim[1], w->width, err);
  const ms_nir_array *bias = &node->field[MS_NIR_BIAS];
  if (bias->value && bias->n != a->dim[0])
    return ms_fail(err, MS_EPARSE, "%s: node '%s': 'bias' has %zu values for %zu outputs",
                   w->g->file, node->name, bias->n, a->dim[0]);
  w->weights = node;
  w->width = a->dim[0];
  return MS_OK;
}

static int at_neurons(walk *w, const ms_nir_node *node, ms_error *err) {
  if (!w->weights)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: node '%s': no Linear or Affine node in front of the neurons", w->g->file,
                   node->name);
  if (w->n == MS_NIR_MAX_LAYERS)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: node '%s' is layer %zu of neurons; a network for the chip has %d (hidden "
                   "and output)",
                   w->g->file, node->name, w->n + 1, MS_NIR_MAX_LAYERS);
  int rc = check_neurons(w->g, node, w->width, err);
  if (rc)
    return rc;
  w->layer[w->n++] = (ms_nir_layer){.weights = w->weights,
                                    .neurons = node,
                                    .n_in = w->weights->field[MS_NIR_WEIGHT].dim[1],
                                    .n_out = w->width};
  w->weights = NULL;
  return MS_OK;
}

static int at_output(const walk *w, const ms_nir_node *node, ms_error *err) {
  if (w->weights)
    return ms_fail(err, MS_EUNSUPPORTED,
                   "%s: node '%s' leads to the Output without neurons; the chip's outputs spike",
                   w->g->file, w->weights->name);
  const ms_nir_array *shape = &node->field[MS_NIR_SHAPE];
  if (shape->value && product(shape) != w->width)
    return wrong_width(w->g, node, product(shape), w->width, err);
  return MS_OK;
}

int ms_nir_chain(const ms_nir_graph *g, ms_nir_layer *layer, size_t *n_layer, ms_error *err) {
  size_t at = 0, end = 0, steps = 0;
  int rc = only(g, MS_NIR_INPUT, &at, err);
  if (!rc)
    rc = only(g, MS_NIR_OUTPUT, &end, err);
  if (rc)
    return rc;
  walk w = {.g = g, .layer = layer, .width = product(&g->node[at].field[MS_NIR_SHAPE])};
  while (!rc && at != end) {
    rc = follow(g, at, &at, err);
    if (rc)
      break;
    const ms_nir_node *node = &g->node[at];
    if (++steps >= g->n_node)
      return ms_fail(err, MS_EUNSUPPORTED,
                     "%s: node '%s' closes a circle; recurrent connections do not fit", g->file,
                     node->name);
    if (node->type == MS_NIR_AFFINE || node->type == MS_NIR_LINEAR)
      rc = at_weights(&w, node, err);
    else if (node->type == MS_NIR_LIF || node->type == MS_NIR_CUBALIF)
      rc = at_neurons(&w, node, err);
    else if (node->type == MS_NIR_OUTPUT)
      rc = at_output(&w, node, err);
  }
  if (!rc && steps + 1 != g->n_node)
    return ms_fail(err, MS_EUNSUPPORTED, "%s: %zu of %zu nodes lie beside the chain", g->file,
                   g->n_node - steps - 1, g->n_node);
  *n_layer = w.n;
  return rc;
}
