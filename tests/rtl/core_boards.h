/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the scoreboard on a fresh small core for every seed and kind of traffic. */
#ifndef MS_TEST_CORE_BOARDS_H
#define MS_TEST_CORE_BOARDS_H

#include "scoreboard.h"
#include "test_core.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}

namespace mixspike::test {

/** Fails the test at the first difference; each(board, traffic) looks at a run that has passed. */
template <std::size_t N, class Each>
void run_boards(const Traffic (&traffic)[N], uint64_t first, uint64_t last, uint64_t events,
                Each each) {
  for (uint64_t seed = first; seed <= last; seed++)
    for (const Traffic &t : traffic) {
      const std::unique_ptr<TestCore> core = TestCore::create();
      Scoreboard board(core->core(), t, seed,
                       [&](unsigned neuron, bool on) { core->fall_back(neuron, on); });
      if (!board.run(events))
        fail_msg("%s", board.why().c_str());
      each(board, t);
    }
}

} // namespace mixspike::test

#endif
