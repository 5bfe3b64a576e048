/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the small core through all that its ports allow: traffic of every kind against the
 * scoreboard, every register and memory word written and read back in both polarities, accesses
 * to what does not exist. coverage.sh runs it and holds the coverage against a floor. */
#include "core_boards.h"

#include "mixspike/router_map.h"

#include <algorithm>

using mixspike::EdgeIn;
using mixspike::EdgeOut;
using mixspike::test::run_boards;
using mixspike::test::Scoreboard;
using mixspike::test::TestCore;
using mixspike::test::Traffic;

namespace {

//                name, request, release, vanish, external, out_ready, config, width, trigger,
//                output, fan_out, timeout, metastable
const Traffic kTraffic[] = {
    {"sparse", 0.002, 0.3, 0.0, 0.01, 1.0, 0.0, 20, 0, true, 6, 0, 0.1},
    {"saturated", 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1, 0, true, 3, 0, 0.2},
    {"slow receiver", 0.05, 0.5, 0.0, 0.05, 0.05, 0.01, 5, 0, true, 2, 0, 0.2},
    {"wide pulses", 0.01, 0.5, 0.0, 0.05, 1.0, 0.01, 400, 0, false, 4, 0, 0.1},
    {"trigger", 0.01, 0.5, 0.0, 0.05, 0.8, 0.01, 9, 2, true, 8, 0, 0.1},
    {"vanishing", 0.2, 0.5, 0.4, 0.2, 0.5, 0.02, 4, 0, true, 4, 0, 0.3},
    {"configured while running", 0.05, 0.9, 0.05, 0.3, 0.9, 0.5, 2, 1, true, 12, 0, 0.1},
    {"stuck", 0.1, 0.04, 0.05, 0.1, 0.6, 0.02, 4, 0, true, 4, 17, 0.3},
};

void traffic_of_every_kind(void **) {
  unsigned fullest[3] = {};
  run_boards(kTraffic, 1, 3, 1500, [&](const Scoreboard &board, const Traffic &) {
    for (unsigned q = 0; q < 3; q++)
      fullest[q] = std::max(fullest[q], board.fullest(q));
  });
  for (unsigned q : fullest)
    assert_int_equal(q, 16); // every queue was filled to its depth, and no further
}

uint32_t access(TestCore &c, bool write, uint32_t address, uint32_t data, bool *ok) {
  EdgeIn in;
  EdgeOut out;
  in.cfg_valid = true;
  in.cfg_write = write;
  in.cfg_addr = address;
  in.cfg_wdata = data;
  c.core().edge(in, out);
  *ok = !out.cfg_error;
  return out.cfg_rdata;
}

void every_word_reads_back_in_both_polarities(void **) {
  const std::unique_ptr<TestCore> c = TestCore::create();
  const struct {
    uint32_t address, count, mask;
  } block[] = {{MS_MAP_CONTROL, 1, 7},         {MS_MAP_PULSE_WIDTH, 2, 0xffffff},
               {MS_MAP_TIMEOUT, 1, 0xffffff},  {MS_MAP_BIAS, 32, 0xffff},
               {MS_MAP_ROUTE, 20, 0xffffffff}, {MS_MAP_ENTRY, 256, 0xffffff}};
  bool ok;
  for (uint32_t pattern : {0u, ~0u, 0x55555555u, 0xaaaaaaaau, 0u})
    for (const auto &b : block) {
      for (uint32_t i = 0; i < b.count; i++) {
        access(*c, true, b.address + i, pattern ^ i, &ok);
        assert_true(ok);
      }
      for (uint32_t i = 0; i < b.count; i++) {
        assert_int_equal(access(*c, false, b.address + i, 0, &ok), (pattern ^ i) & b.mask);
        assert_true(ok);
      }
    }
}

void every_address_bit_is_decoded(void **) {
  const std::unique_ptr<TestCore> c = TestCore::create();
  bool ok;
  unsigned refused = 0;
  for (uint32_t address = 0; address < 0x200; address++)
    access(*c, false, address, 0, &ok), refused += !ok;
  for (unsigned bit = 9; bit < MS_MAP_ADDRESS_BITS; bit++)
    access(*c, bit & 1, (1u << bit) - 1, 0, &ok), refused += !ok;
  // 14 registers, 15 counters, 3 words of requests, 32 biases.
  assert_true(refused >= 0x200 - 14 - 15 - 3 - 32);
  assert_int_equal(access(*c, false, MS_MAP_COUNTER + 13, 0, &ok), refused);
  access(*c, true, MS_MAP_ID, 1, &ok);
  assert_false(ok);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(traffic_of_every_kind),
                              cmocka_unit_test(every_word_reads_back_in_both_polarities),
                              cmocka_unit_test(every_address_bit_is_decoded)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
