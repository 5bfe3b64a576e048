/* SPDX-License-Identifier: Apache-2.0 */
/* A small core for tests: 8 neurons, 12 inputs, with coverage points, and with a first
 * synchroniser flop that can be told to fall back. MS_COVERAGE names a folder for its coverage. */
#ifndef MS_TEST_CORE_H
#define MS_TEST_CORE_H

#include "core.h"

#include <memory>

namespace mixspike::test {

class TestCore {
public:
  virtual ~TestCore() = default;
  virtual Core &core() = 0;
  /** Whether the neuron's first flop keeps what it holds if the line has just changed. */
  virtual void fall_back(unsigned neuron, bool on) = 0;
  static std::unique_ptr<TestCore> create();
};

} // namespace mixspike::test

#endif
