/* SPDX-License-Identifier: Apache-2.0 */
/* Value changes of the router's signals, for waveforms. */
#include "rtl_router.h"

#include <algorithm>

namespace mixspike {

namespace {
/* Every core's signals come first, then request, acknowledge and pulse lines of every neuron. */
enum : uint32_t {
  kGrantValid,
  kGrantNeuron,
  kEventQueue,
  kInputQueue,
  kFanout,
  kRowWait,
  kStart,
  kStartLine,
  kStartCode,
  kOutValid,
  kOutNeuron,
  kCoreSignals
};
const char *const kCoreNames[kCoreSignals] = {"grant_valid[1]", "grant_neuron[8]", "event_queue[5]",
                                              "input_queue[5]", "fanout[1]",       "row_wait[1]",
                                              "start[1]",       "start_line[11]",  "start_code[8]",
                                              "out_valid[1]",   "out_neuron[8]"};
enum : uint32_t { kRequest, kAck, kPulse, kNeuronSignals };
} // namespace

SignalTrace::SignalTrace(unsigned cores, unsigned neurons, unsigned lines_per_neuron)
    : cores_(cores), neurons_(neurons), lines_per_neuron_(lines_per_neuron) {
  for (unsigned k = 0; k < cores; k++)
    for (const char *name : kCoreNames)
      text_.push_back(cores > 1 ? "core" + std::to_string(k) + "." + name : name);
  for (unsigned k = 0; k < neurons; k++) {
    const std::string prefix = "n" + std::to_string(k);
    text_.push_back(prefix + ".req[1]");
    text_.push_back(prefix + ".ack[1]");
    text_.push_back(prefix + ".pulse[" + std::to_string(lines_per_neuron) + "]");
  }
  for (const std::string &s : text_)
    pointers_.push_back(s.c_str());
  pointers_.push_back(nullptr);
  value_.assign(text_.size(), 0);
}

void SignalTrace::turn(bool on) {
  on_ = on;
  changes_.clear();
  std::fill(value_.begin(), value_.end(), 0);
  if (!on)
    return;
  for (uint32_t i = 0; i < value_.size(); i++)
    changes_.push_back({0, i, 0});
}

void SignalTrace::put(ms_time t, uint32_t signal, uint64_t value) {
  if (value_[signal] == value)
    return;
  value_[signal] = value;
  changes_.push_back({t, signal, value});
}

void SignalTrace::request(ms_time t, unsigned neuron, bool level) {
  put(t, of_neurons() + neuron * kNeuronSignals + kRequest, level);
}

uint32_t SignalTrace::of_neurons() const {
  return cores_ * kCoreSignals;
}

void SignalTrace::edge(ms_time t, const Core &core, const EdgeOut *out) {
  for (unsigned k = 0; k < cores_; k++) {
    const EdgeWatch w = core.watch(k);
    const uint32_t at = k * kCoreSignals;
    put(t, at + kGrantValid, w.grant_valid);
    if (w.grant_valid)
      put(t, at + kGrantNeuron, w.grant_neuron);
    put(t, at + kEventQueue, w.event_level);
    put(t, at + kInputQueue, w.input_level);
    put(t, at + kFanout, w.fanout);
    put(t, at + kRowWait, w.row_wait);
    put(t, at + kStart, out[k].start);
    put(t, at + kStartLine, out[k].start_line);
    put(t, at + kStartCode, out[k].start_code);
    put(t, at + kOutValid, out[k].out_valid);
    put(t, at + kOutNeuron, out[k].out_neuron);
    if (out[k].end)
      pulse(t, k, out[k].end_line, false);
    if (out[k].start)
      pulse(t, k, out[k].start_line, true);
  }
  for (unsigned n = 0; n < neurons_; n++) {
    const unsigned index = ms_map_index(n, cores_);
    put(t, of_neurons() + n * kNeuronSignals + kAck,
        out[ms_map_core(n, cores_)].ack[index / 64] >> (index % 64) & 1);
  }
}

void SignalTrace::pulse(ms_time t, unsigned core, unsigned line, bool level) {
  const unsigned neuron = ms_map_number(core, line / lines_per_neuron_, cores_);
  if (neuron >= neurons_)
    return;
  const uint32_t signal = of_neurons() + neuron * kNeuronSignals + kPulse;
  const uint64_t bit = uint64_t{1} << (line % lines_per_neuron_);
  put(t, signal, level ? value_[signal] | bit : value_[signal] & ~bit);
}

size_t SignalTrace::take(const ms_signal_change **change) {
  taken_.swap(changes_);
  changes_.clear();
  *change = taken_.data();
  return taken_.size();
}

} // namespace mixspike
