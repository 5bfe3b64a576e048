/* SPDX-License-Identifier: Apache-2.0 */
/* A chip of 2x2 cores for tests, of whichever build links this: with coverage points, or with
 * mutants; its synchronisers' first flops can be told to fall back. MS_COVERAGE names a folder for
 * its coverage. */
#ifndef MS_TEST_CHIP_H
#define MS_TEST_CHIP_H

#include "core.h"

#include <memory>

namespace mixspike::test {

std::unique_ptr<Core> create_test_chip();
/** Whether the neuron's first flop keeps what it holds if the line has just changed; counted over
 * all cores of a chip made here. */
void fall_back(Core &chip, unsigned neuron, bool on);

} // namespace mixspike::test

#endif
