/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes that the RTL is built in (cosim/router/rtl/CMakeLists.txt), for the library around it
 * and for the routers that stand in for it: what was programmed through one router's port then fits
 * the other's. A test holds them together. */
#ifndef MS_ROUTER_SOFT_SIZES_H
#define MS_ROUTER_SOFT_SIZES_H

#include "router/meshes.h" /* made by the build: MS_ROUTER_MESHES, MS_ROUTER_SHAPES */

#include <stddef.h>

typedef struct ms_router_size {
  unsigned n_neuron, n_input, n_entry, n_bias;
  unsigned n_tag, n_send; /* towards other cores; 0: a core alone */
} ms_router_size;

/* X(neurons, inputs, entries, tags, send entries) of a core, the smallest first. */
#define MS_ROUTER_CORES(X)                                                                         \
  X(16, 64, 2048, 256, 128) X(64, 256, 32768, 1024, 512) X(256, 1024, 65536, 4096, 2048)
enum { MS_ROUTER_BIASES = 32 };

/* The smallest built size that holds so much; NULL: there is none. */
static inline const ms_router_size *ms_router_size_for(unsigned n_neuron, unsigned n_input,
                                                       unsigned n_bias) {
#define MS_X(neurons, inputs, entries, tags, sends)                                                \
  {neurons, inputs, entries, MS_ROUTER_BIASES, 0, 0},
  static const ms_router_size built[] = {MS_ROUTER_CORES(MS_X)};
#undef MS_X
  for (size_t i = 0; i < sizeof built / sizeof *built; i++)
    if (n_neuron <= built[i].n_neuron && n_input <= built[i].n_input && n_bias <= built[i].n_bias)
      return &built[i];
  return NULL;
}

/* A core of a mesh with so many neurons; NULL: there is none. */
static inline const ms_router_size *ms_router_mesh_core(unsigned n_neuron) {
#define MS_X(neurons, inputs, entries, tags, sends)                                                \
  {neurons, inputs, entries, MS_ROUTER_BIASES, tags, sends},
  static const ms_router_size core[] = {MS_ROUTER_CORES(MS_X)};
#undef MS_X
  for (size_t i = 0; i < sizeof core / sizeof *core; i++)
    if (core[i].n_neuron == n_neuron)
      return &core[i];
  return NULL;
}

/* The size of each core of the smallest mesh of this shape that holds so much; NULL: there is none.
 * `largest`, if given: the size of the cores of the largest one of this shape, whatever it holds.
 */
static inline const ms_router_size *ms_router_mesh_size(unsigned cols, unsigned rows,
                                                        unsigned n_neuron, unsigned n_input,
                                                        unsigned n_bias,
                                                        const ms_router_size **largest) {
#define MS_X(cols, rows, neurons) {cols, rows, neurons},
  static const unsigned built[][3] = {MS_ROUTER_MESHES(MS_X)}; /* the smallest cores first */
#undef MS_X
  const unsigned n_core = cols * rows;
  const ms_router_size *fits = NULL;
  for (size_t i = 0; i < sizeof built / sizeof *built; i++) {
    const ms_router_size *core = ms_router_mesh_core(built[i][2]);
    if (built[i][0] != cols || built[i][1] != rows)
      continue;
    if (largest)
      *largest = core;
    if (!fits && n_neuron <= n_core * core->n_neuron && n_input <= n_core * core->n_input &&
        n_bias <= core->n_bias)
      fits = core;
  }
  return fits;
}

#endif
