/* SPDX-License-Identifier: Apache-2.0 */
/* What one router core must do with random traffic, kept without knowing how it does it: nothing is
 * lost, doubled or reordered, every delay is counted, every pulse has its width. */
#ifndef MS_TEST_SCOREBOARD_H
#define MS_TEST_SCOREBOARD_H

#include "core.h"
#include "requests.h"

#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mixspike::test {

/** How hard the interfaces are driven; probabilities are per clock edge. */
struct Traffic {
  const char *name;
  double request, release, vanish; ///< of each neuron
  double external;                 ///< a new external event is offered
  double out_ready;                ///< the receiver takes an output event
  double config;                   ///< an access at the configuration port
  unsigned width, trigger;         ///< pulse; trigger 0: full pulse
  bool output;                     ///< spikes are sent to the outside
  unsigned fan_out;                ///< most entries of a source
  unsigned timeout = 0;            ///< of an acknowledge; 0: none
  double metastable = 0;           ///< a change of a request is seen one edge late
};

struct Entry {
  unsigned target, sign, row, code;
  bool exists;
};

class Scoreboard {
public:
  /** Makes the first flop of a neuron's synchroniser fall back at the coming edge, or not. */
  using FallBack = std::function<void(unsigned neuron, bool)>;

  Scoreboard(Core &core, const Traffic &traffic, uint64_t seed, FallBack fall_back = nullptr);
  /** Runs until `events` events were taken, then drains. False at the first difference: why(). */
  bool run(uint64_t events);
  const std::string &why() const {
    return why_;
  }
  uint64_t taken() const {
    return requests_.captured() + external_;
  }
  uint64_t delivered() const {
    return delivered_;
  }
  uint64_t stuck() const {
    return requests_.stuck();
  }
  uint64_t late() const {
    return requests_.late();
  }
  uint64_t vanished() const {
    return requests_.vanished();
  }
  unsigned longest_wait() const {
    return requests_.longest_wait();
  }
  /** Most words ever in the event, input and output queue. */
  unsigned fullest(unsigned queue) const {
    return fullest_[queue];
  }

private:
  struct Line {
    bool high = false;
    uint64_t start = 0, free = 0;
    unsigned code = 0;
  };

  bool fail(const std::string &text);
  bool chance(double p) {
    return uniform_(random_) < p;
  }
  void configure();
  void write(uint32_t address, uint32_t data);
  void drive(bool draining);
  bool step(bool draining);
  bool check_acks();
  bool check_pulses();
  bool check_start();
  bool check_config();
  bool check_clock();
  bool check_totals();
  void skip_silent(std::deque<unsigned> &queue);
  bool quiet() const;

  Core &core_;
  Traffic traffic_;
  FallBack fall_back_;
  uint64_t seed_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
  unsigned neurons_, sources_, lines_per_neuron_, high_, hold_;
  unsigned first_now_; ///< number of the first edge: the time base wraps soon after
  std::vector<std::vector<Entry>> entries_; ///< of each source
  std::vector<uint32_t> route_word_, entry_word_;

  uint64_t edge_ = 0;
  EdgeIn in_;
  EdgeOut out_{};
  Requests requests_;
  std::vector<Line> line_;
  std::deque<unsigned> from_neurons_, from_inputs_; ///< events taken, not yet delivered
  std::deque<Entry> current_;                       ///< rest of the event being delivered
  std::deque<unsigned> to_outside_;
  bool config_check_ = false;
  uint32_t config_expect_ = 0;

  uint64_t external_ = 0, delivered_ = 0, sent_ = 0;
  uint64_t unrouted_ = 0, bad_entry_ = 0, row_wait_ = 0, queue_level_ = 0;
  uint64_t external_wait_ = 0, output_wait_ = 0;
  unsigned fullest_[3] = {};
  std::string why_;
};

} // namespace mixspike::test

#endif
