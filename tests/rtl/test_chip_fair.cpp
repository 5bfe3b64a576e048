/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody starves in a chip of 2x2 cores, whatever is full: neurons, inputs and tags that all want
 * core 0's fan-out at once, while its way out into the mesh is full nearly all the time. */
#include "test_chip.h"

#include "mixspike/router_map.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <vector>

extern "C" {
#include <cmocka.h>
}

using mixspike::Core;
using mixspike::EdgeIn;
using mixspike::EdgeOut;

namespace {

class Chip {
public:
  Chip() : core_(mixspike::test::create_test_chip()), out_(4) {}
  void write(unsigned core, uint32_t address, uint32_t data) {
    EdgeIn in;
    in.cfg_valid = in.cfg_write = true;
    in.cfg_addr = core << MS_MAP_ADDRESS_BITS | address;
    in.cfg_wdata = data;
    core_->clock(in, out_.data());
    assert_false(out_[0].cfg_error);
  }
  uint32_t read(unsigned core, uint32_t address) {
    EdgeIn in;
    in.cfg_valid = true;
    in.cfg_addr = core << MS_MAP_ADDRESS_BITS | address;
    core_->clock(in, out_.data());
    return out_[0].cfg_rdata;
  }
  /** Each source of the core sends `flits` for each of its events to one other core. */
  void send_all(unsigned from, unsigned to, uint32_t flits) {
    const uint32_t sources = core_->size().neurons + core_->size().inputs;
    write(from, MS_MAP_NET_CONTROL, 1);
    for (uint32_t i = 0; i < sources + flits - 1; i++) {
      const uint32_t next = i < sources ? sources : i + 1;
      write(from, MS_MAP_SEND_TAG + i,
            ms_map_send_tag(from, next < sources + flits - 1 ? next : 0));
      write(from, MS_MAP_SEND_DEST + i, ms_map_send_dest(1u << to, 0));
    }
  }
  /** Every neuron spikes as often as it can, and core 0 is always offered an input event. */
  void saturate(unsigned edges) {
    const unsigned neurons = core_->size().neurons;
    for (unsigned e = 1; e <= edges; e++) {
      for (unsigned i = 0; i < 4 * neurons; i++)
        core_->set_request(i, !(out_[i / neurons].ack[0] >> (i % neurons) & 1));
      EdgeIn in;
      in.now = e;
      in.ext_valid = true;
      core_->clock(in, out_.data());
    }
  }

private:
  std::unique_ptr<Core> core_;
  std::vector<EdgeOut> out_;
};

/* Core 0 makes four flits of each event, so that its way out is full; tags from core 1 fill the
 * time between. Neurons and inputs must get equal shares of it. */
void neurons_and_inputs_share_a_full_way_out(void **) {
  Chip chip;
  for (unsigned k = 0; k < 4; k++)
    chip.write(k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
  chip.send_all(0, 3, 4);
  chip.send_all(1, 0, 1);
  chip.saturate(4000);
  const uint32_t neurons = chip.read(0, MS_MAP_COUNTER + 0);
  const uint32_t inputs = chip.read(0, MS_MAP_COUNTER + 1);
  const uint32_t tags = chip.read(0, MS_MAP_NET_COUNTER + 1);
  std::printf("core 0 took %u spikes, %u input events and %u tags\n", neurons, inputs, tags);
  assert_true(tags > 2000);
  assert_in_range(neurons + inputs, 450, 600); // its way out is full, and stays so
  assert_in_range(inputs, neurons - 20, neurons + 20);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(neurons_and_inputs_share_a_full_way_out)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
