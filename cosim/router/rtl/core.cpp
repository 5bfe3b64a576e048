/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes that a chip may choose from. */
#include "Vchip2x2.h"
#include "Vchip4x4.h"
#include "Vcore16.h"
#include "Vcore16___024root.h"
#include "Vcore256.h"
#include "Vcore256___024root.h"
#include "Vcore64.h"
#include "Vcore64___024root.h"

#include "chip_of.h"
#include "core_of.h"

namespace mixspike {
namespace {

constexpr CoreSize kSizes[] = {
    {16, 64, 2048, 32, 4}, {64, 256, 32768, 32, 4}, {256, 1024, 65536, 32, 4}};

} // namespace

std::unique_ptr<Core> Core::create(unsigned neurons, unsigned inputs, unsigned biases) {
  for (const CoreSize &s : kSizes) {
    if (neurons > s.neurons || inputs > s.inputs || biases > s.biases)
      continue;
    switch (s.neurons) {
    case 16:
      return std::make_unique<CoreOf<Vcore16>>(s);
    case 64:
      return std::make_unique<CoreOf<Vcore64>>(s);
    default:
      return std::make_unique<CoreOf<Vcore256>>(s);
    }
  }
  return nullptr;
}

std::unique_ptr<Core> Core::create_mesh(unsigned cols, unsigned rows, unsigned neurons,
                                        unsigned inputs, unsigned biases) {
  const CoreSize size = {16, 64, 2048, 32, 4, cols, rows};
  const unsigned cores = cols * rows;
  if (neurons > cores * size.neurons || inputs > cores * size.inputs || biases > size.biases)
    return nullptr;
  if (cols == 2 && rows == 2)
    return std::make_unique<ChipOf<Vchip2x2>>(size);
  if (cols == 4 && rows == 4)
    return std::make_unique<ChipOf<Vchip4x4>>(size);
  return nullptr;
}

CoreSize Core::largest() {
  return kSizes[sizeof kSizes / sizeof kSizes[0] - 1];
}

} // namespace mixspike
