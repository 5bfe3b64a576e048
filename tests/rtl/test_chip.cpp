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
  TestChip() : ChipOf<Vchip2x2t>({16, 16, 512, 4, 4, 2, 2}) {
    for (unsigned k = 0; k < cores(); k++) {
      const std::string sync =
          "chip_top.chip_top.gen_core[" + std::to_string(k) + "].u_node.u_core.u_aer_input.u_sync";
      const VerilatedScope *scope = context().scopeFind(sync.c_str());
      const VerilatedVar *flops = scope ? scope->varFind("falls_back") : nullptr;
      if (!flops)
        throw std::runtime_error("no synchroniser at " + sync);
      falls_back_.push_back(static_cast<uint16_t *>(flops->datap())); // one bit for each of 16
    }
  }
  ~TestChip() override {
    write_coverage(context());
  }
  void fall_back(unsigned neuron, bool on) {
    detail::set_bit(*falls_back_[neuron / size().neurons], neuron % size().neurons, on);
  }

private:
  std::vector<uint16_t *> falls_back_; ///< [core]
};

} // namespace

std::unique_ptr<Core> create_test_chip() {
  return std::make_unique<TestChip>();
}

void fall_back(Core &chip, unsigned neuron, bool on) {
  static_cast<TestChip &>(chip).fall_back(neuron, on);
}

} // namespace mixspike::test
