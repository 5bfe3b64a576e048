/* SPDX-License-Identifier: Apache-2.0 */
/* The neurons' side of one core under test: request lines that rise, fall, vanish, stick and are
 * seen late at random, and what the four phases of the handshake must make of them. */
#ifndef MS_TEST_REQUESTS_H
#define MS_TEST_REQUESTS_H

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mixspike::test {

/** How the lines are driven; probabilities are per clock edge. */
struct RequestTraffic {
  double request, release, vanish; ///< a rise; a fall after its acknowledge; a fall before it
  unsigned timeout;                ///< cycles after which an acknowledge is withdrawn; 0: none
  double metastable;               ///< a change is seen one edge late
};

class Requests {
public:
  /** Sets a line for the coming edge; late: its first flop shows the old level once more. */
  using Set = std::function<void(unsigned neuron, bool level, bool late)>;

  Requests(unsigned neurons, const RequestTraffic &traffic) : traffic_(traffic), neuron_(neurons) {}
  /** Draws the lines that edge `sample` sees; while draining nothing new is asked for. */
  void drive(std::mt19937_64 &random, uint64_t sample, bool draining, const Set &set);
  /** Holds the acknowledges after an edge, one bit a neuron, to the rules. False: why(). */
  bool check(uint64_t edge, const uint64_t *ack);
  const std::string &why() const {
    return why_;
  }
  /** The neuron that got its acknowledge at the last edge; -1: none did. */
  int granted() const {
    return granted_;
  }
  /** No line is up, and none is to come. */
  bool quiet() const;
  /** A change of a line is on its way to the arbiter. */
  bool arriving() const;

  uint64_t rises() const {
    return rises_;
  }
  uint64_t captured() const {
    return captured_;
  }
  uint64_t vanished() const {
    return vanished_;
  }
  uint64_t stuck() const {
    return stuck_;
  }
  uint64_t late() const {
    return late_;
  }
  /** Cycles, summed over requests, from the arbiter to the grant. */
  uint64_t wait() const {
    return wait_;
  }
  /** Most grants of others while a request waited. */
  unsigned longest_wait() const {
    return longest_wait_;
  }

private:
  struct Change {
    uint64_t edge; ///< that samples it
    bool level;
  };
  struct Neuron {
    bool level = false, ack = false;
    bool open = false;           ///< a rise has come to the arbiter and waits
    uint64_t rise = 0;           ///< edge that sampled it
    uint64_t grants_at_rise = 0; ///< of all neurons until then
    std::deque<Change> pending;  ///< changes not yet at the arbiter
    uint64_t acked = 0;          ///< edge of its acknowledge
    std::deque<uint64_t> fell;   ///< edges that sampled the last falls of its request
    uint64_t settled = 0;        ///< from this edge on the line may change again
    bool stuck = false;
  };

  bool fail(unsigned neuron, const std::string &text);
  bool next_level(const Neuron &n, std::mt19937_64 &random, bool draining) const;
  bool check_one(unsigned k, uint64_t edge, bool ack);
  bool check_grant(unsigned k, uint64_t edge);
  bool check_release(unsigned k, uint64_t edge);

  RequestTraffic traffic_;
  std::vector<Neuron> neuron_;
  int granted_ = -1;
  uint64_t rises_ = 0, captured_ = 0, vanished_ = 0, stuck_ = 0, late_ = 0, wait_ = 0;
  unsigned longest_wait_ = 0;
  std::string why_;
};

} // namespace mixspike::test

#endif
