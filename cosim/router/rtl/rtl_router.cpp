/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated core in simulated time. Edge k lies at k clock periods; an input at t is sampled by
 * the first edge after t; outputs change exactly at an edge. */
#include "rtl_router.h"

#include "mixspike/model.h"
#include "mixspike/router_map.h"

#include <algorithm>

namespace mixspike {

RtlRouter::RtlRouter(std::unique_ptr<Core> core, unsigned neurons, unsigned inputs,
                     ms_time clock_ps)
    : core_(std::move(core)), neurons_(neurons), inputs_(inputs),
      lines_per_neuron_(2 * core_->size().rows), clock_ps_(clock_ps),
      trace_(neurons, lines_per_neuron_) {
  uint32_t latency = 0;
  access(false, MS_MAP_LATENCY, &latency);
  ack_edges_ = latency >> 8 & 0xff;
  ext_pulse_edges_ = latency >> 24;
  lookahead_ = (latency & 0xff) * clock_ps_;
  cycles_ = 0;
}

void RtlRouter::reset() {
  uint32_t clear = MS_MAP_COMMAND_CLEAR | MS_MAP_COMMAND_CLEAR_COUNTERS;
  core_->clear_requests();
  requests_.clear();
  events_.clear();
  access(true, MS_MAP_COMMAND, &clear);
  outputs_.clear();
  std::fill(std::begin(ack_), std::end(ack_), 0);
  edge_ = 0;
  advanced_ = 0;
  external_wait_ = 0;
  cycles_ = 0;
  trace_.turn(trace_.on());
}

bool RtlRouter::idle() const {
  return requests_.empty() && events_.empty() && !out_.active && !out_.busy;
}

bool RtlRouter::access(bool write, uint32_t address, uint32_t *data) {
  EdgeIn in;
  in.now = static_cast<uint32_t>(edge_);
  in.cfg_valid = true;
  in.cfg_write = write;
  in.cfg_addr = address;
  in.cfg_wdata = *data;
  const bool exists = address < 1u << MS_MAP_ADDRESS_BITS;
  if (!exists)
    in.cfg_addr = (1u << MS_MAP_ADDRESS_BITS) - 1; // lies in no block: counted as a bad address
  core_->edge(in, out_);
  cycles_++;
  const bool ok = exists && !out_.cfg_error;
  if (!write)
    *data = out_.cfg_rdata;
  if (address == MS_MAP_COMMAND && write) {
    in.cfg_valid = false;
    core_->edge(in, out_); // the clear takes effect
    cycles_++;
  }
  return ok;
}

void RtlRouter::request(ms_time t, unsigned neuron, bool level) {
  requests_.push_back({t, static_cast<uint16_t>(neuron), level});
}

void RtlRouter::event(ms_time t, unsigned input) {
  events_.push_back({t, static_cast<uint16_t>(input)});
}

/* The time base has 32 bits; what it names lies near the present. */
uint64_t RtlRouter::widen(uint32_t edge) const {
  const int32_t ahead = static_cast<int32_t>(edge - static_cast<uint32_t>(edge_));
  return ahead > 0 ? edge_ + static_cast<uint64_t>(ahead) : edge_ + 1;
}

/* The next edge at which anything can change; UINT64_MAX if none without further input. */
uint64_t RtlRouter::next_edge() const {
  if (out_.active || never_skip_)
    return edge_ + 1;
  uint64_t next = UINT64_MAX;
  if (!requests_.empty())
    next = std::min(next, edge_after(requests_.front().t));
  if (!events_.empty())
    next = std::min(next, edge_after(events_.front().t));
  if (out_.end_valid)
    next = std::min(next, widen(out_.end_time));
  if (out_.busy)
    next = std::min(next, widen(out_.free_time));
  if (out_.watch_valid)
    next = std::min(next, widen(out_.watch_time));
  return std::max(next, edge_ + 1);
}

void RtlRouter::advance(ms_time t) {
  outputs_.clear();
  const uint64_t last = t / clock_ps_;
  for (uint64_t next = next_edge(); next <= last; next = next_edge())
    edge(next);
  advanced_ = std::max(advanced_, t);
}

void RtlRouter::edge(uint64_t number) {
  const ms_time t = number * clock_ps_;
  while (!requests_.empty() && requests_.front().t < t) {
    const Request &r = requests_.front();
    core_->set_request(r.neuron, r.level);
    if (trace_.on())
      trace_.request(r.t, r.neuron, r.level);
    requests_.pop_front();
  }
  EdgeIn in;
  in.now = static_cast<uint32_t>(number);
  const bool offered = !events_.empty() && events_.front().t < t;
  const bool taken = offered && out_.ext_ready;
  if (offered) {
    in.ext_valid = true;
    in.ext_input = events_.front().input;
  }
  core_->edge(in, out_);
  cycles_++;
  edge_ = number;
  if (taken) {
    external_wait_ += number - edge_after(events_.front().t);
    events_.pop_front();
  }
  collect(t);
  if (trace_.on())
    trace_.edge(t, *core_, out_);
}

void RtlRouter::collect(ms_time t) {
  if (out_.end) {
    const unsigned row = out_.end_line % lines_per_neuron_;
    const unsigned rows = lines_per_neuron_ / 2;
    ms_router_out o{};
    o.t = t;
    o.kind = MS_OUT_PULSE;
    o.sign = static_cast<uint8_t>(row < rows ? MS_EXC : MS_INH);
    o.row = static_cast<uint8_t>(row % rows);
    o.neuron = static_cast<uint16_t>(out_.end_line / lines_per_neuron_);
    o.code = static_cast<uint16_t>(core_->code(out_.end_line));
    outputs_.push_back(o);
  }
  if (out_.start) {
    const unsigned row = out_.start_line % lines_per_neuron_;
    const unsigned rows = lines_per_neuron_ / 2;
    ms_router_out o{};
    o.t = t;
    o.kind = MS_OUT_PULSE;
    o.level = 1;
    o.sign = static_cast<uint8_t>(row < rows ? MS_EXC : MS_INH);
    o.row = static_cast<uint8_t>(row % rows);
    o.neuron = static_cast<uint16_t>(out_.start_line / lines_per_neuron_);
    o.code = static_cast<uint16_t>(out_.start_code);
    outputs_.push_back(o);
  }
  for (unsigned w = 0; w * 64 < core_->size().neurons; w++) {
    uint64_t changed = out_.ack[w] ^ ack_[w];
    ack_[w] = out_.ack[w];
    for (; changed; changed &= changed - 1) {
      const unsigned bit = static_cast<unsigned>(__builtin_ctzll(changed));
      ms_router_out o{};
      o.t = t;
      o.kind = MS_OUT_ACK;
      o.level = static_cast<uint8_t>(ack_[w] >> bit & 1);
      o.neuron = static_cast<uint16_t>(w * 64 + bit);
      outputs_.push_back(o);
    }
  }
  if (out_.out_valid) { // the receiver is always ready, so the next edge takes it
    ms_router_out o{};
    o.t = t;
    o.kind = MS_OUT_EVENT;
    o.level = 1;
    o.neuron = static_cast<uint16_t>(out_.out_neuron);
    outputs_.push_back(o);
  }
}

ms_time RtlRouter::next_output() const {
  uint64_t next = UINT64_MAX;
  if (out_.active)
    next = edge_ + std::max(out_.next_edges, 1u);
  if (out_.end_valid)
    next = std::min(next, widen(out_.end_time));
  if (out_.watch_valid)
    next = std::min(next, widen(out_.watch_time));
  if (!requests_.empty())
    next = std::min(next, edge_after(requests_.front().t) + ack_edges_ - 1);
  if (!events_.empty())
    next =
        std::min(next, std::max(edge_after(events_.front().t), edge_ + 1) + ext_pulse_edges_ - 1);
  return next == UINT64_MAX ? MS_TIME_NEVER : next * clock_ps_;
}

void RtlRouter::counters(ms_router_counters *c) const {
  // In the order of mixspike_pkg; a test holds the two against each other through the port.
  c->captured = core_->counter(0);
  c->external = core_->counter(1);
  c->delivered = core_->counter(2);
  c->sent = core_->counter(3);
  c->arbiter_wait = core_->counter(4);
  c->fifo_wait = core_->counter(5);
  c->queue_wait = core_->counter(6);
  c->row_wait = core_->counter(7);
  // Seen from the sender: the port takes one event a cycle, so simultaneous ones wait too.
  c->external_wait = external_wait_;
  c->output_wait = core_->counter(9);
  c->vanished = core_->counter(10);
  c->unrouted = core_->counter(11);
  c->bad_entry = core_->counter(12);
  c->bad_address = core_->counter(13);
  c->stuck = core_->counter(14);
  c->cycles = cycles_;
}

} // namespace mixspike
