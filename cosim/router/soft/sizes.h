/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes that the RTL is built in (cosim/router/rtl), for the routers that stand in for it: what
 * was programmed through one router's port then fits the other's. A test holds them together. */
#ifndef MS_ROUTER_SOFT_SIZES_H
#define MS_ROUTER_SOFT_SIZES_H

#include <stddef.h>

typedef struct ms_router_size {
  unsigned n_neuron, n_input, n_entry, n_bias;
  unsigned n_tag, n_send; /* towards other cores; 0: a core alone */
} ms_router_size;

/* The smallest built size that holds so much; NULL: there is none. */
static inline const ms_router_size *ms_router_size_for(unsigned n_neuron, unsigned n_input,
                                                       unsigned n_bias) {
  static const ms_router_size built[] = {
      {16, 64, 2048, 32, 0, 0}, {64, 256, 32768, 32, 0, 0}, {256, 1024, 65536, 32, 0, 0}};
  for (size_t i = 0; i < sizeof built / sizeof *built; i++)
    if (n_neuron <= built[i].n_neuron && n_input <= built[i].n_input && n_bias <= built[i].n_bias)
      return &built[i];
  return NULL;
}

/* The size of each core of a mesh; NULL: no such mesh is built, or it does not hold so much. */
static inline const ms_router_size *ms_router_mesh_size(unsigned cols, unsigned rows,
                                                        unsigned n_neuron, unsigned n_input,
                                                        unsigned n_bias) {
  static const ms_router_size core = {16, 64, 2048, 32, 256, 128};
  const unsigned n_core = cols * rows;
  const int built = cols == rows && (cols == 2 || cols == 4);
  return built && n_neuron <= n_core * core.n_neuron && n_input <= n_core * core.n_input &&
                 n_bias <= core.n_bias
             ? &core
             : NULL;
}

#endif
