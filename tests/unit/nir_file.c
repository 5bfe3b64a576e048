/* SPDX-License-Identifier: Apache-2.0 */
/* Builds NIR files for tests. */
#include "nir_file.h"

#include <stdlib.h>
#include <string.h>

nir_file nir_begin(const char *path) {
  nir_file f;
  f.file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  f.graph = H5Gcreate2(f.file, "node", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  f.nodes = H5Gcreate2(f.graph, "nodes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  nir_text(f.file, "version", "1.0.4");
  nir_text(f.graph, "type", "NIRGraph");
  return f;
}

void nir_end(nir_file *f) {
  H5Gclose(f->nodes);
  H5Gclose(f->graph);
  H5Fclose(f->file);
}

static hid_t fixed(size_t size) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  return type;
}

void nir_text(hid_t group, const char *name, const char *text) {
  hid_t type = fixed(strlen(text)), space = H5Screate(H5S_SCALAR); /* no 0 byte, as h5py */
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text);
  H5Dclose(set);
  H5Sclose(space);
  H5Tclose(type);
}

void nir_numbers(hid_t group, const char *name, unsigned rank, hsize_t rows, hsize_t columns,
                 const float *value) {
  hsize_t dim[2] = {rows, columns};
  hid_t space = H5Screate_simple((int)rank, dim, NULL), plan = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(plan, (int)rank, dim);
  H5Pset_deflate(plan, 4);
  hid_t set = H5Dcreate2(group, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, plan, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  H5Dclose(set);
  H5Pclose(plan);
  H5Sclose(space);
}

void nir_same(hid_t group, const char *name, hsize_t n, double value) {
  float *v = malloc(n * sizeof *v);
  for (hsize_t i = 0; i < n; i++)
    v[i] = (float)value;
  nir_numbers(group, name, 1, n, 1, v);
  free(v);
}

hid_t nir_node(nir_file *f, const char *name, const char *type) {
  hid_t group = H5Gcreate2(f->nodes, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  nir_text(group, "type", type);
  return group;
}

void nir_edges(nir_file *f, const char *const *name, hsize_t n_edge) {
  hsize_t dim[2] = {n_edge, 2};
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(2, dim, NULL);
  H5Tset_size(type, H5T_VARIABLE);
  hid_t set = H5Dcreate2(f->graph, "edges", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, name);
  H5Dclose(set);
  H5Sclose(space);
  H5Tclose(type);
}

static void shape(nir_file *f, const char *name, const char *type, unsigned n) {
  hsize_t one = 1;
  long long value = n;
  hid_t group = nir_node(f, name, type), space = H5Screate_simple(1, &one, NULL);
  hid_t set =
      H5Dcreate2(group, "shape", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value);
  H5Dclose(set);
  H5Sclose(space);
  H5Gclose(group);
}

/* Resistance and threshold in a unit of their own: only their ratio to the weights counts. */
static void neurons(nir_file *f, const char *name, const nir_small *net, const char *type,
                    unsigned n) {
  hid_t group = nir_node(f, name, type);
  int cuba = !strcmp(type, "CubaLIF");
  nir_same(group, cuba ? "tau_mem" : "tau", n, net->tau_mem_s);
  if (cuba) {
    nir_same(group, "tau_syn", n, net->tau_syn_s);
    nir_same(group, "w_in", n, 0.5);
  }
  nir_same(group, "r", n, (cuba ? 4 : 2) * net->tau_mem_s);
  nir_same(group, "v_leak", n, 1);
  nir_same(group, "v_threshold", n, 3);
  nir_same(group, "v_reset", n, 1);
  H5Gclose(group);
}

void nir_network(const char *path, const nir_small *net) {
  static const char *const edge[] = {"0", "1", "1", "2", "2", "3", "3", "4", "4", "5"};
  nir_file f = nir_begin(path);
  shape(&f, "0", "Input", net->n_in);
  float *bias = calloc(net->n_hidden, sizeof *bias);
  bias[0] = (float)net->bias;
  hid_t group = nir_node(&f, "1", "Affine");
  nir_numbers(group, "weight", 2, net->n_hidden, net->n_in, net->w1);
  nir_numbers(group, "bias", 1, net->n_hidden, 1, bias);
  H5Gclose(group);
  free(bias);
  neurons(&f, "2", net, net->type1, net->n_hidden);
  group = nir_node(&f, "3", "Linear");
  nir_numbers(group, "weight", 2, net->n_out, net->n_hidden, net->w2);
  H5Gclose(group);
  neurons(&f, "4", net, "CubaLIF", net->n_out);
  shape(&f, "5", "Output", net->n_out);
  nir_edges(&f, edge, 5);
  nir_end(&f);
}
