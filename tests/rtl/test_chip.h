/* SPDX-License-Identifier: Apache-2.0 */
/* A chip of 2x2 cores for tests, of whichever build links this: with coverage points, or with
 * mutants. MS_COVERAGE names a folder for its coverage. */
#ifndef MS_TEST_CHIP_H
#define MS_TEST_CHIP_H

#include "core.h"

#include <memory>

namespace mixspike::test {

std::unique_ptr<Core> create_test_chip();

} // namespace mixspike::test

#endif
