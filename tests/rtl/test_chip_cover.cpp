/* SPDX-License-Identifier: Apache-2.0 */
/* Brings a chip of 2x2 cores through all kinds of traffic against the scoreboard, and through what
 * the scoreboard cannot tell: that nothing is later than it must be. For coverage and mutants. */
#include "chip_traffic.h"
#include "test_chip.h"

#include "mixspike/router_map.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>

extern "C" {
#include <cmocka.h>
}

using mixspike::Core;
using mixspike::EdgeIn;
using mixspike::EdgeOut;
using mixspike::test::ChipBoard;
using mixspike::test::ChipTraffic;
using mixspike::test::kChipTraffic;

namespace {

void traffic_of_every_kind(void **) {
  for (const ChipTraffic &t : kChipTraffic) {
    const std::unique_ptr<Core> chip = mixspike::test::create_test_chip();
    ChipBoard board(*chip, t, 1);
    if (!board.run(400))
      fail_msg("%s", board.why().c_str());
    assert_true(!t.timeout || board.expired() > 0);
  }
}

void write(Core &chip, uint32_t address, uint32_t data) {
  std::vector<EdgeOut> out(4);
  EdgeIn in;
  in.cfg_valid = in.cfg_write = true;
  in.cfg_addr = address;
  in.cfg_wdata = data;
  chip.clock(in, out.data());
  assert_false(out[0].cfg_error);
}

/* Two inputs of core 0 go to core 3, one with a long delay, one with a short one: each comes when
 * it should, and the clock is asked for until then. */
void a_short_delay_passes_a_long_one(void **) {
  const std::unique_ptr<Core> chip = mixspike::test::create_test_chip();
  const uint32_t far = 3u << MS_MAP_ADDRESS_BITS, delay[] = {60, 10};
  write(*chip, MS_MAP_NET_CONTROL, 1);
  for (uint32_t x = 0; x < 2; x++) {
    write(*chip, MS_MAP_SEND_TAG + 16 + x, ms_map_send_tag(x, 0));
    write(*chip, MS_MAP_SEND_DEST + 16 + x, ms_map_send_dest(8, delay[x]));
    write(*chip, far | (MS_MAP_ROUTE + 32 + x), ms_map_route(x, 1));
    write(*chip, far | (MS_MAP_ENTRY + x), ms_map_entry(x, 0, 0, x));
  }
  std::vector<EdgeOut> out(4);
  unsigned seen = 0;
  for (uint32_t edge = 1; edge <= 100; edge++) {
    EdgeIn in;
    in.now = edge;
    in.ext_valid = edge == 1 || edge == 5;
    in.ext_input = edge == 5;
    chip->clock(in, out.data());
    for (unsigned k = 0; k < 4; k++)
      assert_true(k == 3 || !out[k].start);
    if (out[3].start) {
      const uint32_t x = out[3].start_code;
      assert_int_equal(edge, (x ? 5 : 1) + 8 + 2 + delay[x]); // eight edges, two hops
      seen++;
    }
    if (edge < 65)
      assert_true(out[0].active || out[0].wait_valid);
    if (out[0].wait_valid && edge > 30)
      assert_int_equal(out[0].wait_time, 1 + 3 + 1 + 60);
  }
  assert_int_equal(seen, 2);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_short_delay_passes_a_long_one),
                              cmocka_unit_test(traffic_of_every_kind)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
