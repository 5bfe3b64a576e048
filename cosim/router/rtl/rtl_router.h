/* SPDX-License-Identifier: Apache-2.0 */
/* A Verilated core or mesh of cores in simulated time: clocks it only at edges where something can
 * change. */
#ifndef MS_ROUTER_RTL_RTL_ROUTER_H
#define MS_ROUTER_RTL_RTL_ROUTER_H

#include "core.h"
#include "mixspike/router.h"
#include "mixspike/router_map.h"

#include <array>
#include <deque>
#include <string>
#include <vector>

namespace mixspike {

class SignalTrace {
public:
  SignalTrace(unsigned cores, unsigned neurons, unsigned lines_per_neuron);
  const char *const *names() const {
    return pointers_.data();
  }
  bool on() const {
    return on_;
  }
  /** Forgets changes not taken. On: every signal starts as 0 at time 0. */
  void turn(bool on);
  void request(ms_time t, unsigned neuron, bool level);
  /** out: [cores] */
  void edge(ms_time t, const Core &core, const EdgeOut *out);
  size_t take(const ms_signal_change **change);

private:
  void put(ms_time t, uint32_t signal, uint64_t value);
  void pulse(ms_time t, unsigned core, unsigned line, bool level);
  uint32_t of_neurons() const;

  unsigned cores_, neurons_, lines_per_neuron_;
  bool on_ = false;
  std::vector<std::string> text_;
  std::vector<const char *> pointers_;
  std::vector<uint64_t> value_;
  std::vector<ms_signal_change> changes_, taken_;
};

class RtlRouter {
public:
  RtlRouter(std::unique_ptr<Core> core, unsigned neurons, unsigned inputs, ms_time clock_ps);

  void reset();
  /** False if something is queued or in progress: the port then has no time of its own. */
  bool idle() const;
  /** False if the address does not exist. */
  bool access(bool write, uint32_t address, uint32_t *data);
  void request(ms_time t, unsigned neuron, bool level);
  void event(ms_time t, unsigned input);
  void advance(ms_time t);
  ms_time next_output() const;
  void counters(ms_router_counters *c) const;
  void network(ms_network_counters *c) const;

  const Core &core() const {
    return *core_;
  }
  void enter() {
    core_->enter();
  }
  unsigned neurons() const {
    return neurons_;
  }
  unsigned inputs() const {
    return inputs_;
  }
  ms_time advanced() const {
    return advanced_;
  }
  ms_time last_request() const {
    return requests_.empty() ? advanced_ : requests_.back().t;
  }
  ms_time last_event() const {
    return events_.empty() ? advanced_ : events_.back().t;
  }
  ms_time lookahead() const {
    return lookahead_;
  }
  ms_ack_timing ack_timing() const {
    return {clock_ps_, ack_edges_ - 1, ack_edges_ - 1};
  }
  const std::vector<ms_router_out> &outputs() const {
    return outputs_;
  }
  SignalTrace &trace() {
    return trace_;
  }
  const SignalTrace &trace() const {
    return trace_;
  }
  /** For tests: clock every edge even if nothing can change. */
  void never_skip(bool on) {
    never_skip_ = on;
  }

private:
  struct Request {
    ms_time t;
    uint16_t neuron;
    bool level;
  };
  struct Event {
    ms_time t;
    uint16_t input;
  };

  uint64_t edge_after(ms_time t) const {
    return t / clock_ps_ + 1;
  }
  uint64_t widen(uint32_t edge) const;
  uint64_t next_edge() const;
  void edge(uint64_t number);
  void collect(ms_time t);
  void collect_core(ms_time t, unsigned core);
  void put_pulse(ms_time t, unsigned core, unsigned line, bool level, unsigned code);
  /** The neuron as the caller counts it, of neuron `index` of a core; and back. */
  unsigned outer(unsigned core, unsigned index) const {
    return ms_map_number(core, index, core_->cores());
  }
  unsigned inner(unsigned neuron) const {
    return ms_map_core(neuron, core_->cores()) * core_->size().neurons +
           ms_map_index(neuron, core_->cores());
  }

  std::unique_ptr<Core> core_;
  unsigned neurons_, inputs_, lines_per_neuron_;
  ms_time clock_ps_;
  unsigned ack_edges_ = 0, ext_pulse_edges_ = 0;
  ms_time lookahead_ = 0;
  bool never_skip_ = false;

  uint64_t edge_ = 0; ///< the last one evaluated
  ms_time advanced_ = 0;
  std::vector<EdgeOut> out_;                 ///< [core]
  std::vector<std::array<uint64_t, 4>> ack_; ///< [core]
  std::deque<Request> requests_;
  std::deque<Event> events_;
  std::vector<ms_router_out> outputs_;
  uint64_t external_wait_ = 0, cycles_ = 0;
  SignalTrace trace_;
};

} // namespace mixspike

#endif
