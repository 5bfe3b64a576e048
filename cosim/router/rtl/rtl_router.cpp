/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated core, or mesh of cores, in simulated time. Edge k lies at k clock periods; an input
 * at t is sampled by the first edge after t; outputs change exactly at an edge. */
#include "rtl_router.h"

#include "mixspike/model.h"

#include <algorithm>

namespace mixspike {

RtlRouter::RtlRouter(std::unique_ptr<Core> core, unsigned neurons, unsigned inputs,
                     ms_time clock_ps)
    : core_(std::move(core)), neurons_(neurons), inputs_(inputs),
      lines_per_neuron_(2 * core_->size().rows), clock_ps_(clock_ps), out_(core_->cores()),
      ack_(core_->cores()), trace_(core_->cores(), neurons, lines_per_neuron_) {
  uint32_t latency = 0;
  access(false, MS_MAP_LATENCY, &latency);
  ack_edges_ = latency >> 8 & 0xff;
  ext_pulse_edges_ = latency >> 24;
  lookahead_ = (latency & 0xff) * clock_ps_;
  cycles_ = 0;
}

void RtlRouter::reset() {
  uint32_t clear = MS_MAP_COMMAND_CLEAR | MS_MAP_COMMAND_CLEAR_COUNTERS;
  const uint32_t command = core_->cores() > 1 ? +MS_MAP_CHIP_COMMAND : +MS_MAP_COMMAND;
  core_->clear_requests();
  requests_.clear();
  events_.clear();
  access(true, command, &clear);
  outputs_.clear();
  std::fill(ack_.begin(), ack_.end(), std::array<uint64_t, 4>());
  edge_ = 0;
  advanced_ = 0;
  external_wait_ = 0;
  cycles_ = 0;
  trace_.turn(trace_.on());
}

bool RtlRouter::idle() const {
  return requests_.empty() && events_.empty() && !out_[0].active &&
         std::none_of(out_.begin(), out_.end(),
                      [](const EdgeOut &o) { return o.busy || o.wait_valid; });
}

bool RtlRouter::access(bool write, uint32_t address, uint32_t *data) {
  EdgeIn in;
  in.now = static_cast<uint32_t>(edge_);
  in.cfg_valid = true;
  in.cfg_write = write;
  in.cfg_addr = address;
  in.cfg_wdata = *data;
  const unsigned width = core_->cores() > 1 ? MS_MAP_CHIP_ADDRESS_BITS : MS_MAP_ADDRESS_BITS;
  const bool exists = address < 1u << width;
  if (!exists)
    in.cfg_addr = (1u << width) - 1; // lies in no block: counted as a bad address
  core_->clock(in, out_.data());
  cycles_++;
  const bool ok = exists && !out_[0].cfg_error;
  if (!write)
    *data = out_[0].cfg_rdata;
  if (write && ((address & ((1u << MS_MAP_ADDRESS_BITS) - 1)) == MS_MAP_COMMAND ||
                address == MS_MAP_CHIP_COMMAND)) {
    in.cfg_valid = false;
    core_->clock(in, out_.data()); // the clear takes effect
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
  if (out_[0].active || never_skip_)
    return edge_ + 1;
  uint64_t next = UINT64_MAX;
  if (!requests_.empty())
    next = std::min(next, edge_after(requests_.front().t));
  if (!events_.empty())
    next = std::min(next, edge_after(events_.front().t));
  for (const EdgeOut &o : out_) {
    if (o.end_valid)
      next = std::min(next, widen(o.end_time));
    if (o.busy)
      next = std::min(next, widen(o.free_time));
    if (o.watch_valid)
      next = std::min(next, widen(o.watch_time));
    if (o.wait_valid)
      next = std::min(next, widen(o.wait_time));
  }
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
    core_->set_request(inner(r.neuron), r.level);
    if (trace_.on())
      trace_.request(r.t, r.neuron, r.level);
    requests_.pop_front();
  }
  EdgeIn in;
  in.now = static_cast<uint32_t>(number);
  const bool offered = !events_.empty() && events_.front().t < t;
  if (offered) {
    in.ext_valid = true;
    in.ext_core = ms_map_core(events_.front().input, core_->cores());
    in.ext_input = ms_map_index(events_.front().input, core_->cores());
  }
  const bool taken = offered && out_[in.ext_core].ext_ready;
  core_->clock(in, out_.data());
  cycles_++;
  edge_ = number;
  if (taken) {
    external_wait_ += number - edge_after(events_.front().t);
    events_.pop_front();
  }
  collect(t);
  if (trace_.on())
    trace_.edge(t, *core_, out_.data());
}

void RtlRouter::put_pulse(ms_time t, unsigned core, unsigned line, bool level, unsigned code) {
  const unsigned row = line % lines_per_neuron_, rows = lines_per_neuron_ / 2;
  ms_router_out o{};
  o.t = t;
  o.kind = MS_OUT_PULSE;
  o.level = level;
  o.sign = static_cast<uint8_t>(row < rows ? MS_EXC : MS_INH);
  o.row = static_cast<uint8_t>(row % rows);
  o.neuron = static_cast<uint16_t>(outer(core, line / lines_per_neuron_));
  o.code = static_cast<uint16_t>(code);
  outputs_.push_back(o);
}

void RtlRouter::collect_core(ms_time t, unsigned core) {
  const EdgeOut &out = out_[core];
  if (out.end)
    put_pulse(t, core, out.end_line, false,
              core_->code(core * lines_per_neuron_ * core_->size().neurons + out.end_line));
  if (out.start)
    put_pulse(t, core, out.start_line, true, out.start_code);
  for (unsigned w = 0; w * 64 < core_->size().neurons; w++) {
    uint64_t changed = out.ack[w] ^ ack_[core][w];
    ack_[core][w] = out.ack[w];
    for (; changed; changed &= changed - 1) {
      const unsigned bit = static_cast<unsigned>(__builtin_ctzll(changed));
      ms_router_out o{};
      o.t = t;
      o.kind = MS_OUT_ACK;
      o.level = static_cast<uint8_t>(ack_[core][w] >> bit & 1);
      o.neuron = static_cast<uint16_t>(outer(core, w * 64 + bit));
      outputs_.push_back(o);
    }
  }
}

void RtlRouter::collect(ms_time t) {
  for (unsigned core = 0; core < out_.size(); core++)
    collect_core(t, core);
  if (out_[0].out_valid) { // the receiver is always ready, so the next edge takes it
    ms_router_out o{};
    o.t = t;
    o.kind = MS_OUT_EVENT;
    o.level = 1;
    o.neuron = static_cast<uint16_t>(outer(out_[0].out_neuron / core_->size().neurons,
                                           out_[0].out_neuron % core_->size().neurons));
    outputs_.push_back(o);
  }
}

ms_time RtlRouter::next_output() const {
  uint64_t next = UINT64_MAX;
  if (out_[0].active)
    next = edge_ + std::max(out_[0].next_edges, 1u);
  for (const EdgeOut &o : out_) {
    if (o.end_valid)
      next = std::min(next, widen(o.end_time));
    if (o.watch_valid)
      next = std::min(next, widen(o.watch_time));
    if (o.wait_valid) // the delay's last edge, and the mesh, the core and its row after it
      next = std::min(next, widen(o.wait_time) + ext_pulse_edges_ - 1);
  }
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

void RtlRouter::network(ms_network_counters *c) const {
  c->flits = core_->net_counter(0);
  c->tags = core_->net_counter(1);
  c->send_wait = core_->net_counter(2);
  c->delay_wait = core_->net_counter(3);
  c->mesh_wait = core_->net_counter(4);
  c->receive_wait = core_->net_counter(5);
  c->expired = core_->net_counter(6);
  c->bad_send = core_->net_counter(7);
  c->bad_tag = core_->net_counter(8);
}

} // namespace mixspike
