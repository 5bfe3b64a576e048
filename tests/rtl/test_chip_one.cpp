/* SPDX-License-Identifier: Apache-2.0 */
/* A chip of one core without send entries does what the core alone does: the scoreboard of the core
 * holds it to every edge, and both give the same outputs at every edge of the same traffic. */
#include "Vchip1x1x16.h"

#include "chip_of.h"
#include "scoreboard.h"

#include "mixspike/router_map.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>

extern "C" {
#include <cmocka.h>
}

using mixspike::ChipOf;
using mixspike::Core;
using mixspike::CoreSize;
using mixspike::EdgeIn;
using mixspike::EdgeOut;
using mixspike::test::Scoreboard;
using mixspike::test::Traffic;

namespace {

const CoreSize kSize = {16, 64, 2048, 32, 4};

//                name, request, release, vanish, external, out_ready, config, width, trigger,
//                output, fan_out, timeout
const Traffic kTraffic[] = {
    {"busy", 0.01, 0.5, 0.0, 0.1, 1.0, 0.001, 3, 0, true, 6},
    {"saturated", 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1, 0, true, 3},
    {"slow receiver", 0.05, 0.5, 0.0, 0.05, 0.05, 0.01, 5, 0, true, 2},
    {"trigger, configured", 0.05, 0.9, 0.05, 0.3, 0.9, 0.5, 9, 2, true, 12},
    {"vanishing and stuck", 0.1, 0.04, 0.2, 0.1, 0.6, 0.02, 4, 0, true, 4, 17},
};

void the_scoreboard_of_a_core_holds_for_a_chip_of_one(void **) {
  for (const Traffic &t : kTraffic) {
    ChipOf<Vchip1x1x16> chip(kSize);
    Scoreboard board(chip, t, 5);
    if (!board.run(2000))
      fail_msg("%s", board.why().c_str());
  }
}

/* Small numbers from a linear congruential generator (Knuth's MMIX constants). */
class Numbers {
public:
  unsigned below(unsigned n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>((state_ >> 33) % n);
  }

private:
  uint64_t state_ = 1;
};

void clock_both(Core &a, Core &b, const EdgeIn &in, EdgeOut &x, EdgeOut &y) {
  a.enter();
  a.edge(in, x);
  b.enter();
  b.edge(in, y);
}

void write_both(Core &a, Core &b, uint32_t address, uint32_t data) {
  EdgeIn in;
  EdgeOut x, y;
  in.cfg_valid = in.cfg_write = true;
  in.cfg_addr = address;
  in.cfg_wdata = data;
  clock_both(a, b, in, x, y);
  assert_false(x.cfg_error || y.cfg_error);
}

void a_chip_of_one_and_the_core_give_the_same_at_every_edge(void **) {
  const std::unique_ptr<Core> core = Core::create(16, 64, 32);
  ChipOf<Vchip1x1x16> chip(kSize);
  write_both(*core, chip, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT);
  write_both(*core, chip, MS_MAP_PULSE_WIDTH, 4);
  for (unsigned s = 0; s < 80; s++)
    write_both(*core, chip, MS_MAP_ROUTE + s, ms_map_route(s * 3, s % 4));
  for (unsigned e = 0; e < 243; e++)
    write_both(*core, chip, MS_MAP_ENTRY + e, ms_map_entry(e * 7 % 16, e / 16 & 1, e / 32 & 3, e));
  Numbers numbers;
  EdgeOut x, y;
  unsigned pulses = 0;
  for (uint32_t edge = 1; edge < 20000; edge++) {
    EdgeIn in;
    in.now = edge;
    in.out_ready = numbers.below(3) != 0;
    in.ext_valid = numbers.below(5) == 0;
    in.ext_input = numbers.below(64);
    const unsigned neuron = numbers.below(16), level = numbers.below(2);
    core->set_request(neuron, level);
    chip.set_request(neuron, level);
    clock_both(*core, chip, in, x, y);
    pulses += x.start;
    assert_int_equal(x.start, y.start);
    assert_int_equal(x.end, y.end);
    if (x.start)
      assert_int_equal(x.start_line << 8 | x.start_code, y.start_line << 8 | y.start_code);
    assert_int_equal(x.ack[0], y.ack[0]);
    assert_int_equal(x.out_valid, y.out_valid);
    if (x.out_valid)
      assert_int_equal(x.out_neuron, y.out_neuron);
    assert_int_equal(x.ext_ready, y.ext_ready);
    assert_int_equal(x.active, y.active);
    assert_int_equal(x.next_edges, y.next_edges);
  }
  assert_true(pulses > 1000);
  for (unsigned i = 0; i < 15; i++)
    assert_int_equal(core->counter(i), chip.counter(i));
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_scoreboard_of_a_core_holds_for_a_chip_of_one),
      cmocka_unit_test(a_chip_of_one_and_the_core_give_the_same_at_every_edge),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
