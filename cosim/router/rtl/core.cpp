/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes that a chip may choose from. */
#include "Vcore16.h"
#include "Vcore16___024root.h"
#include "Vcore256.h"
#include "Vcore256___024root.h"
#include "Vcore64.h"
#include "Vcore64___024root.h"

#include "router/mesh_classes.h"

#include "../soft/sizes.h"
#include "chip_of.h"
#include "core_of.h"

namespace mixspike {
namespace {

constexpr unsigned kRows = 4; // per sign

CoreSize size_of(const ms_router_size &s, unsigned cols, unsigned rows) {
  return {s.n_neuron, s.n_input, s.n_entry, s.n_bias, kRows, cols, rows};
}

} // namespace

std::unique_ptr<Core> Core::create(unsigned neurons, unsigned inputs, unsigned biases) {
  const ms_router_size *s = ms_router_size_for(neurons, inputs, biases);
  switch (s ? s->n_neuron : 0) {
  case 16:
    return std::make_unique<CoreOf<Vcore16>>(size_of(*s, 1, 1));
  case 64:
    return std::make_unique<CoreOf<Vcore64>>(size_of(*s, 1, 1));
  case 256:
    return std::make_unique<CoreOf<Vcore256>>(size_of(*s, 1, 1));
  default:
    return nullptr;
  }
}

std::unique_ptr<Core> Core::create_mesh(unsigned cols, unsigned rows, unsigned neurons,
                                        unsigned inputs, unsigned biases) {
  const ms_router_size *s = ms_router_mesh_size(cols, rows, neurons, inputs, biases, nullptr);
#define MS_X(c, r, n)                                                                              \
  if (s && cols == c && rows == r && s->n_neuron == n)                                             \
    return std::make_unique<ChipOf<Vchip##c##x##r##x##n>>(size_of(*s, c, r));
  MS_ROUTER_MESHES(MS_X)
#undef MS_X
  return nullptr;
}

std::vector<CoreSize> Core::meshes() {
  std::vector<CoreSize> sizes;
#define MS_X(c, r, n) sizes.push_back(size_of(*ms_router_mesh_core(n), c, r));
  MS_ROUTER_MESHES(MS_X)
#undef MS_X
  return sizes;
}

CoreSize Core::largest() {
  CoreSize largest{};
#define MS_X(n, inputs, entries, tags, sends)                                                      \
  largest = {n, inputs, entries, MS_ROUTER_BIASES, kRows};
  MS_ROUTER_CORES(MS_X)
#undef MS_X
  return largest;
}

} // namespace mixspike
