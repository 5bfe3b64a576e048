/* SPDX-License-Identifier: Apache-2.0 */
/* The asynchronous edge of every core of a chip of 2x2 at once: requests that are seen early or
 * late, in the same cycle on all cores, that never fall, that fall too soon. Nothing is lost,
 * doubled or hung, and each core counts its own. MS_SEED repeats one seed. */
#include "chip_board.h"
#include "test_chip.h"

#include "mixspike/router_map.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <cmocka.h>
}

using mixspike::Core;
using mixspike::EdgeIn;
using mixspike::EdgeOut;
using mixspike::test::ChipBoard;
using mixspike::test::ChipTraffic;
using mixspike::test::Requests;

namespace {

constexpr unsigned kCores = 4;

//                name, request, release, external, out_ready, config, width, fan_out, spread,
//                delay, shift, timeout, bad, vanish, stuck, metastable
const ChipTraffic kTraffic[] = {
    {"metastable", 0.02, 0.5, 0.1, 1.0, 0.0, 3, 2, 0.2, 3, 0, 0, 0, 0.0, 0, 0.5},
    {"metastable, all at once", 1.0, 1.0, 1.0, 1.0, 0.0, 1, 1, 0.3, 0, 0, 0, 0, 0.0, 0, 0.5},
    {"metastable, vanishing", 0.1, 0.5, 0.2, 0.5, 0.02, 2, 2, 0.3, 2, 0, 0, 0, 0.3, 0, 0.3},
    {"metastable, stuck", 0.05, 0.04, 0.1, 0.6, 0.02, 3, 2, 0.2, 4, 0, 0, 0, 0.05, 17, 0.3},
    {"mostly stuck", 0.5, 0.01, 0.3, 0.9, 0.0, 2, 1, 0.3, 0, 0, 0, 0, 0.0, 9, 0.0},
    {"stuck, with flits that expire", 0.3, 0.1, 0.5, 1.0, 0.0, 20, 1, 0.5, 6, 0, 25, 0, 0.2, 12,
     0.3},
};

uint32_t read(Core &chip, unsigned core, uint32_t address) {
  std::vector<EdgeOut> out(kCores);
  EdgeIn in;
  in.cfg_valid = true;
  in.cfg_addr = core << MS_MAP_ADDRESS_BITS | address;
  chip.clock(in, out.data());
  return out[0].cfg_rdata;
}

/* What happened at a core's lines is what its own counters say, and it did happen there. */
void check_core(Core &chip, unsigned core, const Requests &r, const ChipTraffic &t) {
  assert_int_equal(read(chip, core, MS_MAP_COUNTER + 0), r.captured());
  assert_int_equal(read(chip, core, MS_MAP_COUNTER + 10), r.vanished());
  assert_int_equal(read(chip, core, MS_MAP_COUNTER + 14), r.stuck());
  assert_true(t.metastable == 0 || r.late() > 20);
  assert_true(t.vanish == 0 || r.vanished() > 3);
  assert_true(!t.stuck || r.stuck() > 3);
}

void every_core_counts_what_its_lines_do(void **) {
  const char *text = std::getenv("MS_SEED");
  const uint64_t first = text ? std::strtoull(text, nullptr, 0) : 1;
  const uint64_t last = text ? first : first + 1;
  uint64_t taken = 0, late = 0, stuck = 0, vanished = 0;
  for (uint64_t seed = first; seed <= last; seed++)
    for (const ChipTraffic &t : kTraffic) {
      const std::unique_ptr<Core> chip = mixspike::test::create_test_chip();
      ChipBoard board(*chip, t, seed, [&](unsigned neuron, bool on) {
        mixspike::test::fall_back(*chip, neuron, on);
      });
      if (!board.run(1500))
        fail_msg("%s", board.why().c_str());
      for (unsigned k = 0; k < kCores; k++)
        check_core(*chip, k, board.requests(k), t);
      taken += board.taken();
      late += board.sum(&Requests::late);
      stuck += board.sum(&Requests::stuck);
      vanished += board.sum(&Requests::vanished);
    }
  std::printf("%llu events; %llu request changes seen late, %llu stuck, %llu vanished: all "
              "accounted for\n",
              static_cast<unsigned long long>(taken), static_cast<unsigned long long>(late),
              static_cast<unsigned long long>(stuck), static_cast<unsigned long long>(vanished));
}

/* Without a time-out a line that never falls keeps its acknowledge; nobody else notices. */
void stuck_lines_of_three_cores_do_not_stop_the_fourth(void **) {
  const std::unique_ptr<Core> chip = mixspike::test::create_test_chip();
  const unsigned neurons = chip->size().neurons;
  std::vector<EdgeOut> out(kCores);
  for (unsigned k = 0; k < kCores; k++) {
    EdgeIn in;
    in.cfg_valid = in.cfg_write = true;
    in.cfg_addr = k << MS_MAP_ADDRESS_BITS | MS_MAP_CONTROL;
    in.cfg_wdata = MS_MAP_CONTROL_ENABLE;
    chip->clock(in, out.data());
  }
  for (uint32_t edge = 1; edge <= 400; edge++) {
    for (unsigned i = 0; i < kCores * neurons; i++)
      chip->set_request(i, i < 3 * neurons || !(out[3].ack[0] >> i % neurons & 1));
    EdgeIn in;
    in.now = edge;
    chip->clock(in, out.data());
  }
  for (unsigned k = 0; k < 3; k++) {
    assert_int_equal(read(*chip, k, MS_MAP_COUNTER + 0), neurons);
    assert_int_equal(read(*chip, k, MS_MAP_COUNTER + 14), 0);
    assert_int_equal(out[k].ack[0], (1u << neurons) - 1);
  }
  assert_true(read(*chip, 3, MS_MAP_COUNTER + 0) > 300);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_core_counts_what_its_lines_do),
      cmocka_unit_test(stuck_lines_of_three_cores_do_not_stop_the_fourth),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
