/* SPDX-License-Identifier: Apache-2.0 */
/* The chip at its pads: everything written and read back through AXI4-Lite under random idle and
 * back-pressure, refusals with their codes, events that enter at their time stamp and leave with
 * that of their acknowledge. MS_SEED repeats a seed. MS_COVERAGE names a folder for its coverage.
 */
#include "Vchipaxi.h"

#include "axi_master.h"
#include "core_of.h"
#include "coverage_file.h"

#include "mixspike/router_map.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <vector>

extern "C" {
#include <cmocka.h>
}

using namespace mixspike::test;

namespace {

/* What the build in CMakeLists.txt has. */
constexpr unsigned kCores = 4, kNeurons = 8, kInputs = 12, kEntries = 64, kTags = 37, kSends = 24;
constexpr unsigned kBiases = 4, kSources = kNeurons + kInputs + kTags;

class Pads {
public:
  Pads(uint64_t seed, double busy) {
    context_.fatalOnError(false);
    Verilated::threadContextp(&context_);
    top_ = std::make_unique<Vchipaxi>(&context_, "chip_axi");
    top_->rst_ni = 1;
    top_->eval();
    top_->rst_ni = 0;
    clock();
    top_->rst_ni = 1;
    edge_ = 0;
    master_ = std::make_unique<AxiMaster<Vchipaxi>>(*top_, seed, busy);
  }
  ~Pads() {
    Verilated::threadContextp(&context_);
    top_->final();
    write_coverage(context_);
    top_.reset();
    Verilated::threadContextp(nullptr);
  }
  Vchipaxi &top() {
    return *top_;
  }
  AxiMaster<Vchipaxi> &master() {
    return *master_;
  }
  /** Number of the last edge. */
  uint32_t edge() const {
    return edge_;
  }
  void step() {
    master_->drive();
    if (!master_->watch())
      fail_msg("edge %u: %s", edge_, master_->why().c_str());
    clock();
    if (context_.gotError())
      fail_msg("edge %u: an assertion of the RTL failed", edge_);
  }
  AxiAccess access(bool write, uint32_t word, uint32_t data, unsigned strobe = 15) {
    master_->ask({write, word << 2, data, strobe, 0});
    while (master_->open())
      step();
    const AxiAccess a = master_->done().back();
    master_->done().clear();
    return a;
  }
  void write(unsigned core, uint32_t word, uint32_t data) {
    assert_int_equal(access(true, core << MS_MAP_ADDRESS_BITS | word, data).response, kOkay);
  }
  uint32_t read(uint32_t word) {
    const AxiAccess a = access(false, word, 0);
    assert_int_equal(a.response, kOkay);
    return a.data;
  }

private:
  void clock() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    edge_++;
  }
  VerilatedContext context_;
  std::unique_ptr<Vchipaxi> top_;
  std::unique_ptr<AxiMaster<Vchipaxi>> master_;
  uint32_t edge_ = 0;
};

struct Block {
  uint32_t address, count, mask;
};
const Block kBlocks[] = {{MS_MAP_CONTROL, 1, 7},
                         {MS_MAP_PULSE_WIDTH, 2, 0xffffff},
                         {MS_MAP_TIMEOUT, 1, 0xffffff},
                         {MS_MAP_BIAS, kBiases, 0xffff},
                         {MS_MAP_NET_CONTROL, 1, 1},
                         {MS_MAP_DELAY_SHIFT, 1, 15},
                         {MS_MAP_SEND_TIMEOUT, 1, 0xffffff},
                         {MS_MAP_ROUTE, kSources, 0xffffffff},
                         {MS_MAP_ENTRY, kEntries, 0xffffff},
                         {MS_MAP_SEND_TAG, kSends, 0xffffffff},
                         {MS_MAP_SEND_DEST, kSends, 0xffffffff}};
const uint32_t kReadOnly[] = {MS_MAP_ID,          MS_MAP_NEURONS,        MS_MAP_STATUS,
                              MS_MAP_COUNTER + 3, MS_MAP_CORES,          MS_MAP_TAGS,
                              MS_MAP_NET_STATUS,  MS_MAP_NET_COUNTER + 8};
const uint32_t kMissing[] = {0x0e,
                             MS_MAP_NET_STATUS + 1,
                             MS_MAP_NET_COUNTER + 9,
                             MS_MAP_BIAS + kBiases,
                             MS_MAP_ROUTE + kSources,
                             MS_MAP_ENTRY + kEntries,
                             MS_MAP_SEND_TAG + kSends,
                             MS_MAP_SEND_DEST + kSends};

class Shadow {
public:
  Shadow() {
    for (uint32_t core = 0; core < kCores; core++)
      for (const Block &b : kBlocks)
        for (uint32_t i = 0; i < b.count; i++)
          mask_[core << MS_MAP_ADDRESS_BITS | (b.address + i)] = b.mask;
    for (const auto &[address, mask] : mask_)
      words_.push_back(address);
  }
  const std::vector<uint32_t> &words() const {
    return words_;
  }
  void write(const AxiAccess &a) {
    if (a.strobe == 15)
      value_[a.address >> 2] = a.data & mask_.at(a.address >> 2);
  }
  /** False if the word was not written yet. */
  bool known(uint32_t word, uint32_t *value) const {
    const auto v = value_.find(word);
    if (v == value_.end())
      return false;
    *value = v->second;
    return true;
  }

private:
  std::map<uint32_t, uint32_t> mask_, value_;
  std::vector<uint32_t> words_;
};

uint64_t seed_from(uint64_t otherwise) {
  const char *text = std::getenv("MS_SEED");
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

/* Holds an answer against what is known. */
void check(const AxiAccess &a, Shadow &shadow, const std::map<uint32_t, unsigned> &refused) {
  const auto no = refused.find(a.address >> 2);
  const bool partial = a.write && a.strobe != 15;
  unsigned expect =
      no == refused.end() || (!a.write && no->second == kSlvErr) ? unsigned{kOkay} : no->second;
  if (partial)
    expect = a.strobe ? kSlvErr : kOkay;
  if (a.response != expect)
    fail_msg("%s of byte 0x%07x with strobe %x is answered with %u, should be %u",
             a.write ? "write" : "read", a.address, a.strobe, a.response, expect);
  uint32_t value;
  if (no != refused.end())
    return;
  if (a.write)
    shadow.write(a);
  else if (shadow.known(a.address >> 2, &value))
    assert_int_equal(a.data, value);
}

void random_accesses_read_back_under_back_pressure(void **) {
  std::map<uint32_t, unsigned> refused;
  for (uint32_t core = 0; core < kCores; core++) {
    for (uint32_t word : kReadOnly)
      refused[core << MS_MAP_ADDRESS_BITS | word] = kSlvErr;
    for (uint32_t word : kMissing)
      refused[core << MS_MAP_ADDRESS_BITS | word] = kDecErr;
  }
  refused[MS_MAP_CHIP_ID] = refused[MS_MAP_CHIP_BAD] = kSlvErr;
  refused[MS_MAP_CHIP_LATE + 1] = refused[kCores << MS_MAP_ADDRESS_BITS] = kDecErr;
  refused[(1u << MS_MAP_CHIP_ADDRESS_BITS) - 1] = kDecErr;
  std::vector<uint32_t> odd;
  for (const auto &[word, response] : refused)
    odd.push_back(word);

  for (double busy : {1.0, 0.5, 0.1}) {
    Pads pads(seed_from(1), busy);
    Shadow shadow;
    std::mt19937_64 random(seed_from(1) + 99);
    unsigned answered = 0, both = 0;
    while (answered < 12000 * busy + 2000) {
      if (pads.master().open() < 6) {
        const bool strange = random() % 8 == 0;
        const std::vector<uint32_t> &from = strange ? odd : shadow.words();
        const uint32_t word = from[random() % from.size()];
        const unsigned strobe = random() % 10 ? 15 : static_cast<unsigned>(random() % 16);
        // The order of a read and a write that are both under way is nobody's business.
        if (!pads.master().asked(word << 2))
          pads.master().ask({random() % 2 == 0, word << 2 | static_cast<uint32_t>(random() % 4),
                             static_cast<uint32_t>(random()), strobe, 0});
      }
      pads.step();
      both += pads.master().done().size() > 1;
      for (; !pads.master().done().empty(); pads.master().done().pop_front(), answered++)
        check(pads.master().done().front(), shadow, refused);
    }
    assert_true(both > 0 || busy < 1); // reads and writes were answered at once
  }
}

void every_word_reads_back_in_both_polarities(void **) {
  Pads pads(3, 1.0);
  const Shadow shadow;
  for (uint32_t pattern : {0u, ~0u, 0x55555555u, 0xaaaaaaaau}) {
    for (uint32_t core = 0; core < kCores; core++)
      for (const Block &b : kBlocks)
        for (uint32_t i = 0; i < b.count; i++)
          pads.write(core, b.address + i, pattern ^ (i + core));
    for (uint32_t core = 0; core < kCores; core++)
      for (const Block &b : kBlocks)
        for (uint32_t i = 0; i < b.count; i++)
          assert_int_equal(pads.read(core << MS_MAP_ADDRESS_BITS | (b.address + i)),
                           (pattern ^ (i + core)) & b.mask);
  }
}

bool pulse(Pads &pads, unsigned core, unsigned line) {
  return mixspike::detail::field(pads.top().pulse_o, 1, core * kNeurons * 8 + line) != 0;
}

void prepare(Pads &pads) {
  for (unsigned k = 0; k < kCores; k++) {
    pads.write(k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT);
    pads.write(k, MS_MAP_PULSE_WIDTH, 1);
    for (unsigned s = 0; s < kNeurons + kInputs; s++) {
      pads.write(k, MS_MAP_ROUTE + s, ms_map_route(s, s >= kNeurons));
      pads.write(k, MS_MAP_ENTRY + s, ms_map_entry(s % kNeurons, s / kNeurons & 1, 0, 5));
    }
  }
}

/* Line of input x's only entry. */
unsigned line_of_input(unsigned x) {
  const unsigned s = kNeurons + x;
  return s % kNeurons * 8 + (s / kNeurons & 1) * 4;
}

void an_input_event_enters_at_its_time(void **) {
  Pads pads(4, 1.0);
  prepare(pads);
  Vchipaxi &top = pads.top();
  std::mt19937_64 random(seed_from(7));
  for (unsigned round = 0; round < 300; round++) {
    const unsigned core = static_cast<unsigned>(random() % kCores);
    const unsigned input = static_cast<unsigned>(random() % kInputs);
    const uint32_t ahead = 2 + static_cast<uint32_t>(random() % 50), due = pads.edge() + ahead;
    top.ext_valid_i = 1;
    top.ext_time_i = due;
    top.ext_core_i = static_cast<uint8_t>(core);
    top.ext_input_i = static_cast<uint8_t>(input);
    pads.step();
    top.ext_valid_i = 0;
    while (pads.edge() < due + 3) {
      assert_false(pulse(pads, core, line_of_input(input)));
      pads.step();
    }
    assert_true(pulse(pads, core, line_of_input(input))); // four edges, the first of them its own
    pads.step();
  }
  assert_int_equal(pads.read(MS_MAP_CHIP_LATE), 0);
  assert_int_equal(pads.read(MS_MAP_CHIP_BAD), 0);
}

void a_late_input_event_enters_at_once_and_is_counted(void **) {
  Pads pads(5, 1.0);
  prepare(pads);
  Vchipaxi &top = pads.top();
  for (unsigned late : {0u, 1u, 1000u}) {
    const uint32_t taken = pads.edge() + 1;
    top.ext_valid_i = 1;
    top.ext_time_i = taken - late;
    top.ext_core_i = 2;
    top.ext_input_i = 3;
    pads.step();
    top.ext_valid_i = 0;
    while (pads.edge() < taken + 1 + 3)
      pads.step();
    assert_true(pulse(pads, 2, line_of_input(3)));
    for (unsigned i = 0; i < 5; i++)
      pads.step();
  }
  assert_int_equal(pads.read(MS_MAP_CHIP_LATE), 3);
  top.ext_valid_i = 1; // as full as it gets: nothing leaves before its time
  top.ext_time_i = pads.edge() + 1000;
  unsigned room = 0;
  for (unsigned i = 0; i < 40; i++) {
    top.eval();
    room += top.ext_ready_o;
    pads.step();
  }
  assert_int_equal(room, 16);
  top.ext_valid_i = 0;
  while (pads.edge() < top.ext_time_i + 100)
    pads.step();
  assert_int_equal(pads.read(2u << MS_MAP_ADDRESS_BITS | (MS_MAP_COUNTER + 1)), 3 + 16);
}

void an_output_event_carries_the_edge_of_its_acknowledge(void **) {
  Pads pads(6, 1.0);
  prepare(pads);
  Vchipaxi &top = pads.top();
  std::mt19937_64 random(seed_from(8));
  std::vector<std::deque<uint32_t>> stamps(kCores * kNeurons);
  uint32_t req = 0, ack = 0;
  unsigned seen = 0;
  bool waited = false;
  uint64_t held = 0;
  const auto word = [&] {
    return uint64_t{top.out_time_o} << 16 | static_cast<uint64_t>(top.out_core_o) << 8 |
           top.out_neuron_o;
  };
  for (unsigned i = 0; i < 20000 || req || ack; i++) {
    const bool go = i < 20000;
    for (unsigned n = 0; n < kCores * kNeurons; n++) {
      const uint32_t bit = 1u << n;
      if (!(req & bit) && !(ack & bit) && go && random() % 100 == 0)
        req |= bit;
      else if ((req & bit) && (ack & bit))
        req &= ~bit;
    }
    top.req_i = req;
    top.out_ready_i = !go || random() % 4 == 0;
    top.eval();
    if (waited && (!top.out_valid_o || word() != held))
      fail_msg("an output event changed while it waited");
    waited = top.out_valid_o && !top.out_ready_i;
    held = word();
    if (top.out_valid_o && top.out_ready_i) {
      std::deque<uint32_t> &due = stamps[top.out_core_o * kNeurons + top.out_neuron_o];
      assert_false(due.empty());
      assert_int_equal(due.front(), top.out_time_o);
      due.pop_front();
      seen++;
    }
    pads.step();
    for (uint32_t rise = top.ack_o & ~ack; rise; rise &= rise - 1)
      stamps[static_cast<unsigned>(__builtin_ctz(rise))].push_back(pads.edge());
    ack = top.ack_o;
  }
  top.out_ready_i = 1;
  for (unsigned i = 0; i < 200; i++) {
    seen += top.out_valid_o;
    pads.step();
  }
  uint32_t captured = 0;
  for (unsigned k = 0; k < kCores; k++)
    captured += pads.read(k << MS_MAP_ADDRESS_BITS | MS_MAP_COUNTER);
  assert_int_equal(seen, captured);
  assert_true(seen > 1000);
}

void the_time_register_counts_clock_edges(void **) {
  Pads pads(9, 1.0);
  const uint32_t first = pads.read(MS_MAP_CHIP_TIME), edge = pads.edge();
  for (unsigned i = 0; i < 77; i++)
    pads.step();
  const uint32_t second = pads.read(MS_MAP_CHIP_TIME);
  assert_int_equal(second - first, pads.edge() - edge);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(random_accesses_read_back_under_back_pressure),
      cmocka_unit_test(every_word_reads_back_in_both_polarities),
      cmocka_unit_test(an_input_event_enters_at_its_time),
      cmocka_unit_test(a_late_input_event_enters_at_once_and_is_counted),
      cmocka_unit_test(an_output_event_carries_the_edge_of_its_acknowledge),
      cmocka_unit_test(the_time_register_counts_clock_edges),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
