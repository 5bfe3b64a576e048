/* SPDX-License-Identifier: Apache-2.0 */
/* Adapts one Verilated class of core_top to the interface that is the same for every size. Include
 * the class's own header and its ___024root header first. */
#ifndef MS_ROUTER_RTL_CORE_OF_H
#define MS_ROUTER_RTL_CORE_OF_H

#include "core.h"

#include <verilated.h>

namespace mixspike {
namespace detail {

/* Verilator gives a vector the narrowest integer that holds it, and words above 64 bits. */
template <class T> void set_bit(T &vector, unsigned bit, bool level) {
  const T mask = static_cast<T>(T{1} << bit);
  vector = static_cast<T>(level ? vector | mask : vector & ~mask);
}
template <std::size_t N> void set_bit(VlWide<N> &vector, unsigned bit, bool level) {
  set_bit(vector[bit / 32], bit % 32, level);
}
template <class T> void clear(T &vector) {
  vector = 0;
}
template <std::size_t N> void clear(VlWide<N> &vector) {
  for (std::size_t i = 0; i < N; i++)
    vector[i] = 0;
}
template <class T> void to_words(const T &vector, uint64_t *word) {
  word[0] = vector;
}
template <std::size_t N> void to_words(const VlWide<N> &vector, uint64_t *word) {
  for (std::size_t i = 0; i < N / 2; i++)
    word[i] = vector[2 * i] | static_cast<uint64_t>(vector[2 * i + 1]) << 32;
}
template <class T> unsigned field(const T &vector, unsigned width, unsigned index) {
  return static_cast<unsigned>(vector >> (index * width) & ((uint64_t{1} << width) - 1));
}
template <std::size_t N> unsigned field(const VlWide<N> &vector, unsigned width, unsigned index) {
  const unsigned at = index * width, within = at % 32;
  uint64_t bits = vector[at / 32];
  if (within + width > 32)
    bits |= static_cast<uint64_t>(vector[at / 32 + 1]) << 32;
  return static_cast<unsigned>(bits >> within & ((uint64_t{1} << width) - 1));
}

} // namespace detail

template <class V> class CoreOf : public Core {
public:
  explicit CoreOf(const CoreSize &size) : size_(size) {
    context_.fatalOnError(false);
    enter();
    top_ = std::make_unique<V>(&context_, "core_top");
    top_->out_ready_i = 1;
    top_->clk_i = 0;
    top_->rst_ni = 1;
    top_->eval();
    top_->rst_ni = 0;
    top_->eval();
    EdgeOut out;
    edge(EdgeIn(), out);
    top_->rst_ni = 1;
    edge(EdgeIn(), out);
  }
  ~CoreOf() override {
    enter(); // Verilator's runtime finds the context through the thread
    top_->final();
    top_.reset();
    Verilated::threadContextp(nullptr);
  }

  const CoreSize &size() const override {
    return size_;
  }
  void set_request(unsigned neuron, bool level) override {
    detail::set_bit(top_->req_i, neuron, level);
  }
  void clear_requests() override {
    detail::clear(top_->req_i);
  }

  void clock(const EdgeIn &in, EdgeOut *result) override {
    V &v = *top_;
    EdgeOut &out = *result;
    v.now_i = in.now;
    v.ext_valid_i = in.ext_valid;
    v.ext_input_i = static_cast<decltype(v.ext_input_i + 0)>(in.ext_input);
    v.out_ready_i = in.out_ready;
    v.cfg_valid_i = in.cfg_valid;
    v.cfg_write_i = in.cfg_write;
    v.cfg_addr_i = in.cfg_addr;
    v.cfg_wdata_i = in.cfg_wdata;
    v.clk_i = 1;
    v.eval();
    v.clk_i = 0;
    v.eval();
    out.start = v.start_o;
    out.end = v.end_o;
    out.start_line = v.start_line_o;
    out.start_code = v.start_code_o;
    out.end_line = v.end_line_o;
    out.out_valid = v.out_valid_o;
    out.ext_ready = out.port_ready = v.ext_ready_o;
    out.out_neuron = v.out_neuron_o;
    out.cfg_error = v.cfg_error_o;
    out.cfg_rdata = v.cfg_rdata_o;
    out.active = v.active_o;
    out.end_valid = v.end_valid_o;
    out.busy = v.busy_o;
    out.watch_valid = v.watch_valid_o;
    out.watch_time = v.watch_time_o;
    out.next_edges = v.next_edges_o;
    out.end_time = v.end_time_o;
    out.free_time = v.free_time_o;
    out.wait_valid = false;
    detail::to_words(v.ack_o, out.ack);
  }

  EdgeWatch watch(unsigned) const override {
    const V &v = *top_;
    return {v.grant_valid_o != 0, v.fanout_o != 0, v.row_wait_o != 0,
            v.grant_neuron_o,     v.event_level_o, v.input_level_o};
  }
  uint64_t counter(unsigned index) const override {
    return top_->rootp->core_top__DOT__u_counters__DOT__count_q[index];
  }
  uint64_t net_counter(unsigned) const override {
    return 0;
  }
  bool pulse(unsigned line) const override {
    return detail::field(top_->pulse_o, 1, line) != 0;
  }
  unsigned code(unsigned line) const override {
    return detail::field(top_->code_o, 8, line);
  }
  unsigned bias(unsigned index) const override {
    return detail::field(top_->bias_o, 16, index);
  }
  bool failed() const override {
    return context_.gotError();
  }
  void enter() override {
    Verilated::threadContextp(&context_);
  }

protected:
  V &top() {
    return *top_;
  }
  VerilatedContext &context() {
    return context_;
  }

private:
  CoreSize size_;
  VerilatedContext context_;
  std::unique_ptr<V> top_;
};

} // namespace mixspike

#endif
