/* SPDX-License-Identifier: Apache-2.0 */
/* What a chip of several cores must do with random traffic, kept without knowing how it does it:
 * every event makes its pulses in its own core and, after its delay, in every core that its entries
 * name; nothing is lost, doubled or out of order, and what is dropped by a time-out is counted. */
#ifndef MS_TEST_CHIP_BOARD_H
#define MS_TEST_CHIP_BOARD_H

#include "core.h"
#include "requests.h"

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace mixspike::test {

/** How hard the interfaces are driven; probabilities are per clock edge. */
struct ChipTraffic {
  const char *name;
  double request, release; ///< of each neuron
  double external;         ///< a new external event is offered to some core
  double out_ready;        ///< the receiver takes an output event
  double config;           ///< an access at the configuration port
  unsigned width;          ///< of a pulse, cycles
  unsigned fan_out;        ///< most entries of a source in its own core
  double spread;           ///< each core is a destination of a send entry
  unsigned delay, shift;   ///< longest delay, and the power of two that it counts
  unsigned timeout = 0;    ///< of a flit before the mesh; 0: none
  double bad = 0;          ///< a send entry names a core or a next entry that does not exist
  double vanish = 0;       ///< a request falls before its acknowledge
  unsigned stuck = 0;      ///< cycles after which an acknowledge is withdrawn; 0: never
  double metastable = 0;   ///< a change of a request is seen one edge late
};

class ChipBoard {
public:
  /** Makes the first flop of a neuron's synchroniser fall back at the coming edge, or not. */
  using FallBack = std::function<void(unsigned neuron, bool)>;

  ChipBoard(Core &core, const ChipTraffic &traffic, uint64_t seed, FallBack fall_back = nullptr);
  /** Runs until `events` events were taken, then drains. False at the first difference: why(). */
  bool run(uint64_t events);
  const std::string &why() const {
    return why_;
  }
  uint64_t taken() const {
    return sum(&Requests::captured) + external_;
  }
  uint64_t delivered() const {
    return delivered_;
  }
  uint64_t expired() const {
    return chip_.net_counter(6);
  }
  uint64_t flits() const {
    return chip_.net_counter(0);
  }

  /** A count of the neurons' sides of all cores. */
  uint64_t sum(uint64_t (Requests::*count)() const) const {
    uint64_t total = 0;
    for (const Requests &r : requests_)
      total += (r.*count)();
    return total;
  }
  const Requests &requests(unsigned core) const {
    return requests_[core];
  }

private:
  struct Line {
    bool high = false;
    uint64_t start = 0, free = 0;
  };
  struct Send { ///< one entry of the table of sends
    unsigned tag, cores, delay, next;
    bool bad;
  };
  /** One line of a core's routing table: neurons, inputs, then tags. */
  struct Route {
    unsigned count = 0;
  };
  struct Owner { ///< what a pulse on a line with a code belongs to
    unsigned route, index;
  };
  struct Node {
    std::vector<Route> route;
    std::map<unsigned, Owner> owner; ///< by line * 256 + code
    std::vector<unsigned> next_code; ///< of each line
    std::map<unsigned, Send> send;   ///< by entry number
    std::vector<Line> line;
    std::deque<unsigned> from_neurons, from_inputs, to_outside;
    std::vector<std::deque<uint64_t>> from_tag; ///< earliest edge of each delivery to come
    std::vector<uint64_t> started;              ///< of each tag
    unsigned current = 0, left = 0;             ///< the route being delivered, entries to come
    uint32_t n_entry = 0;
  };
  struct Follows { ///< in the chain of an event: this tag comes right after that one
    unsigned before;
    bool same_delay;
  };

  bool fail(const std::string &text);
  bool chance(double p) {
    return uniform_(random_) < p;
  }
  unsigned pick(unsigned n) {
    return static_cast<unsigned>(random_() % n);
  }
  void write(unsigned core, uint32_t address, uint32_t data);
  uint32_t read(uint32_t address); ///< of core 0
  void configure();
  void configure_core(unsigned k);
  void configure_sends(unsigned k);
  void add_route(unsigned k, unsigned route, unsigned count);
  void take_event(unsigned core, unsigned source);
  void expect_tag(unsigned from, const Send &s, unsigned place);
  void drive(bool draining);
  bool step(bool draining);
  bool check_acks(unsigned core);
  bool check_pulses(unsigned core);
  bool check_start(unsigned core);
  bool begin_route(unsigned core, const Owner &owner);
  bool check_totals();
  bool check_left();
  void skip_silent(unsigned core);
  bool quiet() const;
  unsigned hops(unsigned a, unsigned b) const;

  Core &chip_;
  ChipTraffic traffic_;
  uint64_t seed_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
  unsigned cores_, neurons_, sources_, lines_, lines_per_neuron_, tags_ = 0, sends_ = 0;
  std::vector<Node> node_;
  std::vector<Requests> requests_; ///< [core]
  FallBack fall_back_;
  std::vector<uint64_t> tag_flits_;     ///< [tag], made
  std::map<unsigned, Follows> follows_; ///< by tag
  uint64_t edge_ = 0;
  unsigned first_now_;
  EdgeIn in_;
  std::vector<EdgeOut> out_;

  uint64_t external_ = 0, delivered_ = 0, sent_ = 0, unrouted_ = 0;
  uint64_t made_ = 0, arrivals_ = 0, bad_send_ = 0; ///< flits, tags that must arrive, bad entries
  std::string why_;
};

} // namespace mixspike::test

#endif
