/* SPDX-License-Identifier: Apache-2.0 */
/* The chip of 2x2 cores, as class Vchip2x2t of whichever build links this. */
#include "test_chip.h"

#include "Vchip2x2t.h"

#include "chip_of.h"
#include "coverage_file.h"

namespace mixspike::test {
namespace {

class TestChip final : public ChipOf<Vchip2x2t> {
public:
  TestChip() : ChipOf<Vchip2x2t>({16, 16, 512, 4, 4, 2, 2}) {}
  ~TestChip() override {
    write_coverage(context());
  }
};

} // namespace

std::unique_ptr<Core> create_test_chip() {
  return std::make_unique<TestChip>();
}

} // namespace mixspike::test
