/* SPDX-License-Identifier: Apache-2.0 */
/* Random traffic with idle and back-pressure on every interface of the core, against a scoreboard.
 * MS_SEED repeats one seed, MS_EVENTS sets how many events a case takes. */
#include "scoreboard.h"

#include <algorithm>

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <cmocka.h>
}

using mixspike::test::Scoreboard;
using mixspike::test::Traffic;

namespace {

//                name, request, release, vanish, external, out_ready, config, width, trigger,
//                output, fan_out
const Traffic kTraffic[] = {
    {"sparse", 0.0005, 0.3, 0.0, 0.002, 1.0, 0.0, 20, 0, true, 6},
    {"busy", 0.01, 0.5, 0.0, 0.1, 1.0, 0.001, 3, 0, true, 6},
    {"saturated", 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1, 0, true, 3},
    {"slow receiver", 0.05, 0.5, 0.0, 0.05, 0.05, 0.01, 5, 0, true, 2},
    {"wide pulses", 0.01, 0.5, 0.0, 0.05, 1.0, 0.01, 50, 0, false, 4},
    {"trigger", 0.01, 0.5, 0.0, 0.05, 0.8, 0.01, 9, 2, true, 8},
    {"vanishing", 0.2, 0.5, 0.4, 0.2, 0.5, 0.02, 4, 0, true, 4},
    {"configured while running", 0.05, 0.9, 0.05, 0.3, 0.9, 0.5, 2, 1, true, 12},
    {"stuck", 0.05, 0.03, 0.02, 0.1, 0.9, 0.01, 3, 0, true, 4, 25},
};

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

uint64_t total = 0; // events of all sizes

void random_traffic(unsigned neurons, uint64_t events) {
  events = number_from("MS_EVENTS", events);
  const uint64_t first = number_from("MS_SEED", 1);
  const uint64_t last = std::getenv("MS_SEED") ? first : first + 2;
  uint64_t taken = 0, delivered = 0;
  unsigned longest = 0, fullest[3] = {};
  for (uint64_t seed = first; seed <= last; seed++)
    for (const Traffic &t : kTraffic) {
      const std::unique_ptr<mixspike::Core> core = mixspike::Core::create(neurons, 1, 1);
      Scoreboard board(*core, t, seed);
      if (!board.run(events))
        fail_msg("%s", board.why().c_str());
      taken += board.taken();
      delivered += board.delivered();
      for (unsigned q = 0; q < 3; q++)
        fullest[q] = std::max(fullest[q], board.fullest(q));
      longest = board.longest_wait() > longest ? board.longest_wait() : longest;
    }
  std::printf("%u neurons: %llu events, %llu pulses, none lost or doubled; a request waited for at "
              "most %u others\n",
              neurons, static_cast<unsigned long long>(taken),
              static_cast<unsigned long long>(delivered), longest);
  total += taken;
  assert_true(longest <= neurons - 1);
  for (unsigned q : fullest)
    assert_int_equal(q, 16); // every queue was filled to its depth, and no further
}

void small_core_loses_doubles_and_reorders_nothing(void **) {
  random_traffic(16, MS_RANDOM_EVENTS);
}
void medium_core_loses_doubles_and_reorders_nothing(void **) {
  random_traffic(64, MS_RANDOM_EVENTS / 2);
}
void large_core_loses_doubles_and_reorders_nothing(void **) {
  random_traffic(256, MS_RANDOM_EVENTS / 10);
}

/* By hand: so many events a case, on the small core. */
uint64_t campaign_events = 0;
void a_campaign_loses_doubles_and_reorders_nothing(void **) {
  random_traffic(16, campaign_events);
}

} // namespace

int main(int argc, char **argv) {
  const CMUnitTest tests[] = {
      cmocka_unit_test(small_core_loses_doubles_and_reorders_nothing),
      cmocka_unit_test(medium_core_loses_doubles_and_reorders_nothing),
      cmocka_unit_test(large_core_loses_doubles_and_reorders_nothing),
  };
  const CMUnitTest campaign[] = {cmocka_unit_test(a_campaign_loses_doubles_and_reorders_nothing)};
  if (argc > 1)
    campaign_events = std::strtoull(argv[1], nullptr, 0);
  const int failed = campaign_events ? cmocka_run_group_tests(campaign, nullptr, nullptr)
                                     : cmocka_run_group_tests(tests, nullptr, nullptr);
  std::printf("%llu events in all\n", static_cast<unsigned long long>(total));
  return failed;
}
