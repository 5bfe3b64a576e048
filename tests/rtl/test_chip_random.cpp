/* SPDX-License-Identifier: Apache-2.0 */
/* Chips of several cores under random traffic with idle and back-pressure on every interface,
 * against a scoreboard. MS_SEED repeats one seed, MS_EVENTS sets how many events a case takes. */
#include "chip_traffic.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <cmocka.h>
}

using mixspike::Core;
using mixspike::test::ChipBoard;
using mixspike::test::ChipTraffic;
using mixspike::test::kChipTraffic;

namespace {

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

void random_traffic(unsigned side, uint64_t events) {
  events = number_from("MS_EVENTS", events);
  const uint64_t first = number_from("MS_SEED", 1);
  const uint64_t last = std::getenv("MS_SEED") ? first : first + 1;
  uint64_t taken = 0, delivered = 0, flits = 0, expired = 0;
  for (uint64_t seed = first; seed <= last; seed++)
    for (const ChipTraffic &t : kChipTraffic) {
      const std::unique_ptr<Core> chip = Core::create_mesh(side, side, 1, 1, 1);
      ChipBoard board(*chip, t, seed);
      if (!board.run(events))
        fail_msg("%ux%u, %s", side, side, board.why().c_str());
      if (t.timeout)
        assert_true(board.expired() > 0);
      taken += board.taken();
      delivered += board.delivered();
      flits += board.flits();
      expired += board.expired();
    }
  std::printf(
      "%ux%u: %llu events, %llu flits, %llu pulses, none lost or doubled; %llu flits dropped "
      "by time-outs, all counted\n",
      side, side, static_cast<unsigned long long>(taken), static_cast<unsigned long long>(flits),
      static_cast<unsigned long long>(delivered), static_cast<unsigned long long>(expired));
}

void four_cores_lose_double_and_reorder_nothing(void **) {
  random_traffic(2, MS_RANDOM_EVENTS);
}
void sixteen_cores_lose_double_and_reorder_nothing(void **) {
  random_traffic(4, MS_RANDOM_EVENTS);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(four_cores_lose_double_and_reorder_nothing),
      cmocka_unit_test(sixteen_cores_lose_double_and_reorder_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
