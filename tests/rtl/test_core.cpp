/* SPDX-License-Identifier: Apache-2.0 */
/* The small core, as class Vcore8 of whichever build links this. */
#include "test_core.h"

#include "Vcore8.h"
#include "Vcore8___024root.h"
#include "core_of.h"

#if VM_COVERAGE
#include <verilated_cov.h>
#endif

#include <atomic>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace mixspike::test {
namespace {

class Core8 final : public CoreOf<Vcore8>, public TestCore {
public:
  Core8() : CoreOf<Vcore8>({8, 12, 256, 32, 4}) {}
#if VM_COVERAGE
  ~Core8() override {
    const char *folder = std::getenv("MS_COVERAGE");
    static std::atomic<unsigned> number{0};
    if (!folder)
      return;
    const std::string file =
        std::string(folder) + "/" + std::to_string(getpid()) + "-" + std::to_string(number++);
    context().coveragep()->write((file + ".dat").c_str());
  }
#endif
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
