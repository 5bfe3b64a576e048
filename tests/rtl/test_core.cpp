/* SPDX-License-Identifier: Apache-2.0 */
/* The small core, as class Vcore8 of whichever build links this. */
#include "test_core.h"

#include "Vcore8.h"
#include "Vcore8___024root.h"
#include "core_of.h"
#include "coverage_file.h"

namespace mixspike::test {
namespace {

class Core8 final : public CoreOf<Vcore8>, public TestCore {
public:
  Core8() : CoreOf<Vcore8>({8, 12, 256, 32, 4}) {}
  ~Core8() override {
    write_coverage(context());
  }
  Core &core() override {
    return *this;
  }
  void fall_back(unsigned neuron, bool on) override {
    detail::set_bit(top().rootp->core_top__DOT__u_aer_input__DOT__u_sync__DOT__falls_back, neuron,
                    on);
  }
};

} // namespace

std::unique_ptr<TestCore> TestCore::create() {
  return std::make_unique<Core8>();
}

} // namespace mixspike::test
