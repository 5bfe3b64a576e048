/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a NIR file. It comes from a stranger: links and data that lie outside it are refused, and
 * so is everything whose size is not what a network needs. */
#include "experiment/h5.h"
#include "nir/graph.h"
#include "nir/probe.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1 << 24, MOST_NODES = 1000, MOST_EDGES = 4000, MOST_TEXT = 1 << 16 };

/* Opens what a group holds under a name. @return MS_EMISSING: nothing; the caller says what for */
static int open_in(hid_t group, const char *name, hid_t *out) {
  H5L_info_t info;
  *out = -1;
  H5E_BEGIN_TRY {
    if (H5Lexists(group, name, H5P_DEFAULT) > 0 &&
        H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0)
      *out = info.type == H5L_TYPE_HARD ? H5Oopen(group, name, H5P_DEFAULT) : -2;
  }
  H5E_END_TRY;
  return *out >= 0 ? MS_OK : *out == -2 ? MS_EREFUSED : MS_EMISSING;
}

/* The values lie in the file itself. */
static int is_inside(hid_t set) {
  hid_t plan = H5Dget_create_plist(set);
  int inside = plan >= 0 && H5Pget_external_count(plan) == 0 && H5Pget_layout(plan) != H5D_VIRTUAL;
  if (plan >= 0)
    H5Pclose(plan);
  return inside;
}

/* Extent of a data set; -1 if it is none or too large. */
static hssize_t extent(hid_t set, unsigned *rank, size_t *dim) {
  hsize_t size[H5S_MAX_RANK];
  hssize_t n = -1;
  if (H5Iget_type(set) != H5I_DATASET || !is_inside(set))
    return -1;
  hid_t space = H5Dget_space(set);
  int r = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
  if (r >= 0 && r <= MS_NIR_MAX_RANK && H5Sget_simple_extent_dims(space, size, NULL) >= 0)
    n = H5Sget_simple_extent_npoints(space);
  if (space >= 0)
    H5Sclose(space);
  *rank = r > 0 ? (unsigned)r : 0;
  for (unsigned i = 0; n >= 0 && i < *rank; i++)
    dim[i] = (size_t)size[i];
  return n > MOST_VALUES ? -1 : n;
}

/* All strings of a data set, each malloc'd; -1 on failure. */
static hssize_t read_strings(hid_t set, char **out, size_t most) {
  unsigned rank;
  size_t dim[MS_NIR_MAX_RANK], size = 0;
  hssize_t n = extent(set, &rank, dim), done = -1;
  if (n < 0 || (size_t)n > most)
    return -1;
  hid_t type = H5Dget_type(set), space = H5Dget_space(set), in_memory = H5Tcopy(H5T_C_S1);
  int is_text = type >= 0 && H5Tget_class(type) == H5T_STRING;
  int variable = is_text && H5Tis_variable_str(type) > 0;
  if (is_text)
    H5Tset_cset(in_memory, H5Tget_cset(type));
  if (variable)
    H5Tset_size(in_memory, H5T_VARIABLE);
  else if (is_text && (size = H5Tget_size(type) + 1) <= MOST_TEXT)
    H5Tset_size(in_memory, size);
  char **text = calloc((size_t)n + 1, sizeof *text);
  char *block = variable || !size || size > MOST_TEXT ? NULL : calloc((size_t)n + 1, size);
  if (text && variable && H5Dread(set, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0) {
    for (done = 0; done < n && text[done] && strlen(text[done]) < MOST_TEXT; done++)
      out[done] = strdup(text[done]);
    H5Dvlen_reclaim(in_memory, space, H5P_DEFAULT, text);
  } else if (block && H5Dread(set, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) >= 0) {
    for (done = 0; done < n; done++)
      out[done] = strndup(block + (size_t)done * size, size);
  }
  for (hssize_t i = 0; i < done; i++)
    if (!out[i] || done != n) {
      for (hssize_t k = 0; k < done; k++) {
        free(out[k]);
        out[k] = NULL;
      }
      done = -1;
    }
  free(text);
  free(block);
  H5Tclose(in_memory);
  if (space >= 0)
    H5Sclose(space);
  if (type >= 0)
    H5Tclose(type);
  return done == n ? n : -1;
}

static int missing(const ms_nir_graph *g, const char *where, int rc, ms_error *err) {
  return rc == MS_EREFUSED
             ? ms_fail(err, rc, "%s: '%s' is a link out of its place; links are not followed",
                       g->file, where)
             : ms_fail(err, MS_EPARSE, "%s: '%s' is missing or cannot be read", g->file, where);
}

/* One string. @param where  for the message */
static int read_text(const ms_nir_graph *g, hid_t group, const char *name, const char *where,
                     char **out, ms_error *err) {
  hid_t set;
  *out = NULL;
  int rc = open_in(group, name, &set);
  if (rc)
    return missing(g, where, rc, err);
  hssize_t n = -1;
  H5E_BEGIN_TRY {
    n = read_strings(set, out, 1);
    H5Oclose(set);
  }
  H5E_END_TRY;
  return n == 1 ? MS_OK : ms_fail(err, MS_EPARSE, "%s: '%s' is not a text", g->file, where);
}

static int read_field(const ms_nir_graph *g, hid_t group, ms_nir_node *node, ms_nir_field f,
                      ms_error *err) {
  const char *name = ms_nir_field_name[f];
  ms_nir_array *a = &node->field[f];
  hid_t set;
  int rc = open_in(group, name, &set);
  if (rc == MS_EMISSING && !ms_nir_needs(node->type, f))
    return MS_OK;
  if (rc == MS_EMISSING)
    return ms_fail(err, MS_EPARSE, "%s: node '%s' (%s): data set '%s' is missing", g->file,
                   node->name, ms_nir_type_name[node->type], name);
  if (rc)
    return missing(g, name, rc, err);
  hssize_t n = -1;
  herr_t failed = -1;
  H5E_BEGIN_TRY {
    n = extent(set, &a->rank, a->dim);
    a->n = n > 0 ? (size_t)n : 0;
    a->value = calloc(a->n + 1, sizeof *a->value);
    if (n >= 0 && a->value)
      failed = n ? H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->value) : 0;
    H5Oclose(set);
  }
  H5E_END_TRY;
  if (failed < 0)
    return ms_fail(err, MS_EPARSE,
                   "%s: node '%s': data set '%s' cannot be read as numbers (at most %d dimensions, "
                   "%d values, inside the file)",
                   g->file, node->name, name, MS_NIR_MAX_RANK, MOST_VALUES);
  for (size_t i = 0; i < a->n; i++)
    if (!isfinite(a->value[i]))
      return ms_fail(err, MS_ERANGE, "%s: node '%s': '%s' holds a value that is no finite number",
                     g->file, node->name, name);
  return MS_OK;
}

/* Types of the format that a reader may meet and the chip has no circuit for. */
static const char *reason_against(const char *type) {
  static const char *const reason[][2] = {
      {"Conv1d", "the chip has no convolution; unroll it to a Linear node"},
      {"Conv2d", "the chip has no convolution; unroll it to a Linear node"},
      {"SumPool2d", "the chip has no pooling"},
      {"AvgPool2d", "the chip has no pooling"},
      {"LI", "the chip's neurons spike; use LIF or CubaLIF"},
      {"CubaLI", "the chip's neurons spike; use LIF or CubaLIF"},
      {"I", "the chip's neurons leak and spike; use LIF or CubaLIF"},
      {"IF", "the chip's neurons leak; use LIF with its time constant"},
      {"Threshold", "the chip's neurons leak; use LIF or CubaLIF"},
      {"Delay", "an experiment has no delays"},
      {"Scale", "multiply it into the weights"},
      {"NIRGraph", "graphs inside graphs do not fit; flatten it"}};
  for (size_t i = 0; i < sizeof reason / sizeof *reason; i++)
    if (!strcmp(type, reason[i][0]))
      return reason[i][1];
  return "not a type of NIR that mixspike knows";
}

static int read_node(const ms_nir_graph *g, hid_t nodes, ms_nir_node *node, ms_error *err) {
  char where[300], *type = NULL;
  hid_t group;
  int rc = open_in(nodes, node->name, &group);
  if (rc)
    return missing(g, node->name, rc, err);
  snprintf(where, sizeof where, "node/nodes/%.200s/type", node->name);
  if (H5Iget_type(group) != H5I_GROUP)
    rc = ms_fail(err, MS_EPARSE, "%s: node '%s' is not a group", g->file, node->name);
  else if (!(rc = read_text(g, group, "type", where, &type, err))) {
    int t = 0;
    while (t < MS_NIR_TYPES && strcmp(type, ms_nir_type_name[t]) != 0)
      t++;
    node->type = (ms_nir_type)t;
    if (t == MS_NIR_TYPES)
      rc = ms_fail(err, MS_EUNSUPPORTED, "%s: node '%s' has type '%.40s': %s", g->file, node->name,
                   type, reason_against(type));
  }
  for (int f = 0; !rc && f < MS_NIR_FIELDS; f++)
    if (ms_nir_takes(node->type, (ms_nir_field)f))
      rc = read_field(g, group, node, (ms_nir_field)f, err);
  free(type);
  H5Oclose(group);
  return rc;
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *user) {
  (void)group, (void)info;
  ms_nir_graph *g = user;
  if (g->n_node == MOST_NODES)
    return -1;
  g->node[g->n_node].name = strdup(name);
  return g->node[g->n_node++].name ? 0 : -1;
}

static int read_nodes(ms_nir_graph *g, hid_t graph, ms_error *err) {
  hid_t nodes;
  int rc = open_in(graph, "nodes", &nodes);
  if (rc)
    return missing(g, "node/nodes", rc, err);
  g->node = calloc(MOST_NODES, sizeof *g->node);
  herr_t failed = -1;
  H5E_BEGIN_TRY {
    if (g->node && H5Iget_type(nodes) == H5I_GROUP)
      failed = H5Literate(nodes, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, g);
  }
  H5E_END_TRY;
  if (failed < 0)
    rc = ms_fail(err, MS_EPARSE, "%s: 'node/nodes' is not a group of at most %d nodes", g->file,
                 MOST_NODES);
  for (size_t i = 0; !rc && i < g->n_node; i++)
    rc = read_node(g, nodes, &g->node[i], err);
  H5Oclose(nodes);
  return rc;
}

static int find_node(const ms_nir_graph *g, const char *name, size_t *out, ms_error *err) {
  for (*out = 0; *out < g->n_node; (*out)++)
    if (!strcmp(g->node[*out].name, name))
      return MS_OK;
  return ms_fail(err, MS_EPARSE, "%s: an edge names node '%.80s', which is not there", g->file,
                 name);
}

static int read_edges(ms_nir_graph *g, hid_t graph, ms_error *err) {
  hid_t set;
  int rc = open_in(graph, "edges", &set);
  if (rc)
    return missing(g, "node/edges", rc, err);
  char **name = calloc(2 * MOST_EDGES, sizeof *name);
  unsigned rank = 0;
  size_t dim[MS_NIR_MAX_RANK] = {0};
  hssize_t n = -1;
  H5E_BEGIN_TRY {
    if (name && extent(set, &rank, dim) >= 0 && rank == 2 && dim[1] == 2)
      n = read_strings(set, name, 2 * MOST_EDGES);
    H5Oclose(set);
  }
  H5E_END_TRY;
  if (n < 0)
    rc = ms_fail(err, MS_EPARSE, "%s: 'node/edges' is not a list of at most %d pairs of names",
                 g->file, MOST_EDGES);
  g->n_edge = n > 0 ? (size_t)n / 2 : 0;
  g->edge = calloc(g->n_edge + 1, sizeof *g->edge);
  if (!rc && !g->edge)
    rc = ms_fail(err, MS_ENOMEM, "no memory for %zu edges", g->n_edge);
  for (size_t i = 0; !rc && i < g->n_edge; i++)
    if (!(rc = find_node(g, name[2 * i], &g->edge[i].from, err)))
      rc = find_node(g, name[2 * i + 1], &g->edge[i].to, err);
  for (hssize_t i = 0; name && i < n; i++)
    free(name[i]);
  free(name);
  return rc;
}

static int read_graph(ms_nir_graph *g, hid_t file, ms_error *err) {
  char *type = NULL;
  hid_t graph;
  int rc = open_in(file, "node", &graph);
  if (rc)
    return rc == MS_EMISSING
               ? ms_fail(err, MS_EPARSE, "%s: no NIR graph (HDF5 without a group 'node')", g->file)
               : missing(g, "node", rc, err);
  if (H5Iget_type(graph) != H5I_GROUP)
    rc = ms_fail(err, MS_EPARSE, "%s: 'node' is not a group", g->file);
  if (!rc)
    rc = read_text(g, graph, "type", "node/type", &type, err);
  if (!rc && strcmp(type, "NIRGraph") != 0)
    rc = ms_fail(err, MS_EUNSUPPORTED, "%s: 'node/type' is '%.40s' instead of 'NIRGraph'", g->file,
                 type);
  if (!rc && !(rc = read_nodes(g, graph, err)))
    rc = read_edges(g, graph, err);
  free(type);
  H5Oclose(graph);
  return rc;
}

static int read_file(const char *path, ms_nir_graph **out, ms_error *err) {
  *out = NULL;
  ms_h5 h5;
  int rc = ms_h5_open(path, &h5, err);
  if (rc)
    return rc;
  ms_nir_graph *g = calloc(1, sizeof *g);
  if (g)
    g->file = strdup(path);
  rc = g && g->file ? read_graph(g, (hid_t)h5.file, err)
                    : ms_fail(err, MS_ENOMEM, "no memory for a graph");
  ms_h5_close(&h5);
  if (rc) {
    ms_nir_graph_destroy(g);
    return rc;
  }
  *out = g;
  return MS_OK;
}

static int try_file(const char *path, ms_error *err) {
  ms_nir_graph *g;
  int rc = read_file(path, &g, err);
  ms_nir_graph_destroy(g);
  return rc;
}

int ms_nir_read(const char *path, ms_nir_graph **out, ms_error *err) {
  *out = NULL;
  int rc = ms_nir_probe(path, try_file, err);
  return rc ? rc : read_file(path, out, err);
}
