/* SPDX-License-Identifier: Apache-2.0 */
/* The meshes of this build under random traffic with idle and back-pressure on every interface,
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
using mixspike::CoreSize;
using mixspike::test::ChipBoard;
using mixspike::test::ChipTraffic;
using mixspike::test::kChipTraffic;

namespace {

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

void random_traffic(const CoreSize &mesh, uint64_t events) {
  const unsigned cores = mesh.mesh_cols * mesh.mesh_rows;
  const uint64_t first = number_from("MS_SEED", 1);
  const uint64_t last = std::getenv("MS_SEED") ? first : first + 1;
  uint64_t taken = 0, delivered = 0, flits = 0, expired = 0;
  for (uint64_t seed = first; seed <= last; seed++)
    for (const ChipTraffic &t : kChipTraffic) {
      const std::unique_ptr<Core> chip =
          Core::create_mesh(mesh.mesh_cols, mesh.mesh_rows, cores * mesh.neurons, 1, 1);
      ChipBoard board(*chip, t, seed);
      if (!board.run(events))
        fail_msg("%ux%ux%u, %s", mesh.mesh_cols, mesh.mesh_rows, mesh.neurons, board.why().c_str());
      if (t.timeout)
        assert_true(board.expired() > 0);
      taken += board.taken();
      delivered += board.delivered();
      flits += board.flits();
      expired += board.expired();
    }
  std::printf("%ux%ux%u: %llu events, %llu flits, %llu pulses, none lost or doubled; %llu flits "
              "dropped by time-outs, all counted\n",
              mesh.mesh_cols, mesh.mesh_rows, mesh.neurons, static_cast<unsigned long long>(taken),
              static_cast<unsigned long long>(flits), static_cast<unsigned long long>(delivered),
              static_cast<unsigned long long>(expired));
}

void no_mesh_loses_doubles_or_reorders_anything(void **) {
  const uint64_t events = number_from("MS_EVENTS", MS_RANDOM_EVENTS);
  for (const CoreSize &mesh : Core::meshes())
    random_traffic(mesh, events);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_mesh_loses_doubles_or_reorders_anything),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
