/* SPDX-License-Identifier: Apache-2.0 */
/* The asynchronous edge of a small core: requests that catch the first flop in its window and are
 * seen early or late, many at once, some that never fall, some that fall too soon. Nothing is lost,
 * doubled or hung; every one is counted. MS_SEED repeats one seed. */
#include "core_boards.h"

#include <cstdio>
#include <cstdlib>

using mixspike::test::run_boards;
using mixspike::test::Scoreboard;
using mixspike::test::Traffic;

namespace {

//                name, request, release, vanish, external, out_ready, config, width, trigger,
//                output, fan_out, timeout, metastable
const Traffic kTraffic[] = {
    {"metastable", 0.1, 0.5, 0.0, 0.1, 1.0, 0.0, 3, 0, true, 4, 0, 0.5},
    {"metastable, all at once", 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1, 0, true, 2, 0, 0.5},
    {"metastable and vanishing", 0.2, 0.5, 0.3, 0.2, 0.5, 0.02, 4, 2, true, 4, 0, 0.3},
    {"metastable and stuck", 0.1, 0.04, 0.05, 0.1, 0.6, 0.02, 4, 0, true, 4, 17, 0.3},
    {"mostly stuck", 0.5, 0.01, 0.0, 0.3, 0.9, 0.0, 2, 0, false, 3, 9, 0.0},
};

void the_asynchronous_edge_loses_and_hangs_nothing(void **) {
  const char *text = std::getenv("MS_SEED");
  const uint64_t first = text ? std::strtoull(text, nullptr, 0) : 1;
  const uint64_t last = text ? first : first + 3;
  uint64_t taken = 0, late = 0, stuck = 0, vanished = 0;
  run_boards(kTraffic, first, last, 3000, [&](const Scoreboard &board, const Traffic &t) {
    assert_true(t.metastable == 0 || board.late() > 100);
    assert_true(!t.timeout || board.stuck() > 50);
    taken += board.taken();
    late += board.late();
    stuck += board.stuck();
    vanished += board.vanished();
  });
  std::printf("%llu events; %llu request changes seen late, %llu stuck, %llu vanished: all "
              "accounted for\n",
              static_cast<unsigned long long>(taken), static_cast<unsigned long long>(late),
              static_cast<unsigned long long>(stuck), static_cast<unsigned long long>(vanished));
}

} // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(the_asynchronous_edge_loses_and_hangs_nothing)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
