/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a NIR file. It is built in memory, as results are, and written whole. */
#include "mixspike/record.h"
#include "nir/graph.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

/* Version of the layout, as in the files of the reference implementation. */
static const char LAYOUT[] = "1.0.6";

static hid_t text_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

/* A data set; `dim` NULL: one value. Equal contents give equal files. */
static int put(hid_t group, const char *name, hid_t in_file, hid_t in_memory, const hsize_t *dim,
               int rank, const void *value) {
  hid_t space = dim ? H5Screate_simple(rank, dim, NULL) : H5Screate(H5S_SCALAR);
  hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(plan, 0);
  hid_t set = H5Dcreate2(group, name, in_file, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  int bad = set < 0 || H5Dwrite(set, in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0;
  if (set >= 0)
    H5Dclose(set);
  H5Pclose(plan);
  H5Sclose(space);
  return bad;
}

static int put_text(hid_t group, const char *name, const char *text) {
  hid_t type = text_type();
  int bad = put(group, name, type, type, NULL, 0, &text);
  H5Tclose(type);
  return bad;
}

static int put_field(hid_t group, ms_nir_field f, const ms_nir_array *a) {
  hsize_t dim[MS_NIR_MAX_RANK];
  for (unsigned i = 0; i < a->rank; i++)
    dim[i] = a->dim[i];
  return put(group, ms_nir_field_name[f], f == MS_NIR_SHAPE ? H5T_STD_I64LE : H5T_IEEE_F32LE,
             H5T_NATIVE_DOUBLE, dim, (int)a->rank, a->value);
}

static int put_node(hid_t nodes, const ms_nir_node *node) {
  hid_t group = H5Gcreate2(nodes, node->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  int bad = group < 0 || put_text(group, "type", ms_nir_type_name[node->type]);
  for (int f = 0; !bad && f < MS_NIR_FIELDS; f++)
    if (node->field[f].value)
      bad = put_field(group, (ms_nir_field)f, &node->field[f]);
  if (group >= 0)
    H5Gclose(group);
  return bad;
}

static int put_edges(hid_t graph, const ms_nir_graph *g) {
  const char **name = calloc(2 * g->n_edge + 1, sizeof *name);
  if (!name)
    return 1;
  for (size_t i = 0; i < g->n_edge; i++) {
    name[2 * i] = g->node[g->edge[i].from].name;
    name[2 * i + 1] = g->node[g->edge[i].to].name;
  }
  hid_t type = text_type();
  int bad = put(graph, "edges", type, type, (const hsize_t[]){g->n_edge, 2}, 2, name);
  H5Tclose(type);
  free(name);
  return bad;
}

static int put_notes(hid_t graph, const ms_nir_note *note, size_t n) {
  if (!n)
    return 0;
  hid_t group = H5Gcreate2(graph, "metadata", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  int bad = group < 0;
  for (size_t i = 0; !bad && i < n; i++)
    bad = note[i].text ? put_text(group, note[i].name, note[i].text)
                       : put(group, note[i].name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                             (const hsize_t[]){note[i].n}, 1, note[i].value);
  if (group >= 0)
    H5Gclose(group);
  return bad;
}

static int put_graph(hid_t file, const ms_nir_graph *g, const ms_nir_note *note, size_t n_note) {
  if (file < 0 || put_text(file, "version", LAYOUT))
    return 1;
  hid_t graph = H5Gcreate2(file, "node", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  hid_t nodes = H5Gcreate2(graph, "nodes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  int bad = graph < 0 || nodes < 0 || put_text(graph, "type", "NIRGraph");
  for (size_t i = 0; !bad && i < g->n_node; i++)
    bad = put_node(nodes, &g->node[i]);
  if (!bad)
    bad = put_edges(graph, g) || put_notes(graph, note, n_note);
  H5Gclose(nodes);
  H5Gclose(graph);
  return bad;
}

int ms_nir_write(const ms_nir_graph *g, const ms_nir_note *note, size_t n_note, const char *path,
                 ms_error *err) {
  void *image = NULL;
  ssize_t size = -1;
  H5E_BEGIN_TRY {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 20, 0);
    hid_t file = H5Fcreate("mixspike-nir", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (!put_graph(file, g, note, n_note) && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0)
      size = H5Fget_file_image(file, NULL, 0);
    image = size > 0 ? malloc((size_t)size) : NULL;
    if (image)
      size = H5Fget_file_image(file, image, (size_t)size);
    if (file >= 0)
      H5Fclose(file);
    H5Pclose(access);
  }
  H5E_END_TRY;
  int rc = image && size > 0 ? ms_write_file(path, image, (size_t)size, err)
                             : ms_fail(err, MS_EIO, "HDF5 refused the graph of %s", path);
  free(image);
  return rc;
}
