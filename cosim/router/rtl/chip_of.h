/* SPDX-License-Identifier: Apache-2.0 */
/* Adapts one Verilated class of chip_top to the interface of a core. Include the class's own header
 * first. */
#ifndef MS_ROUTER_RTL_CHIP_OF_H
#define MS_ROUTER_RTL_CHIP_OF_H

#include "core_of.h"

#include <verilated_syms.h>

#include <string>
#include <vector>

namespace mixspike {

template <class V> class ChipOf : public Core {
public:
  explicit ChipOf(const CoreSize &size)
      : size_(size), n_core_(size.mesh_cols * size.mesh_rows), lines_(2 * size.rows * size.neurons),
        line_bits_(bits(lines_)), neuron_bits_(bits(size.neurons)) {
    context_.fatalOnError(false);
    enter();
    top_ = std::make_unique<V>(&context_, "chip_top");
    top_->out_ready_i = 1;
    top_->clk_i = 0;
    top_->rst_ni = 1;
    top_->eval();
    top_->rst_ni = 0;
    top_->eval();
    std::vector<EdgeOut> out(n_core_);
    clock(EdgeIn(), out.data());
    top_->rst_ni = 1;
    clock(EdgeIn(), out.data());
    for (unsigned k = 0; k < n_core_; k++) {
      const std::string node = "chip_top.chip_top.gen_core[" + std::to_string(k) + "].u_node.";
      counters_.push_back(find(node + "u_core.u_counters"));
      net_counters_.push_back(find(node + "u_counters"));
    }
  }
  ~ChipOf() override {
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

  void clock(const EdgeIn &in, EdgeOut *out) override {
    V &v = *top_;
    v.now_i = in.now;
    v.ext_valid_i = in.ext_valid;
    v.ext_core_i = static_cast<decltype(v.ext_core_i + 0)>(in.ext_core);
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
    for (unsigned k = 0; k < n_core_; k++)
      read_core(k, out[k]);
    out->active = v.active_o;
    out->next_edges = v.next_edges_o;
    out->out_valid = v.out_valid_o;
    out->port_ready = v.ext_ready_o;
    out->out_neuron = v.out_core_o * size_.neurons + v.out_neuron_o;
    out->cfg_error = v.cfg_error_o;
    out->cfg_rdata = v.cfg_rdata_o;
  }

  EdgeWatch watch(unsigned core) const override {
    const V &v = *top_;
    return {detail::field(v.grant_valid_o, 1, core) != 0,
            detail::field(v.fanout_o, 1, core) != 0,
            detail::field(v.row_wait_o, 1, core) != 0,
            detail::field(v.grant_neuron_o, neuron_bits_, core),
            detail::field(v.event_level_o, kLevelBits, core),
            detail::field(v.input_level_o, kLevelBits, core)};
  }
  uint64_t counter(unsigned index) const override {
    return sum(counters_, index);
  }
  uint64_t net_counter(unsigned index) const override {
    return sum(net_counters_, index);
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
  VerilatedContext &context() {
    return context_;
  }

private:
  static constexpr unsigned kLevelBits = 5, kInputDepth = 16;

  static unsigned bits(unsigned count) {
    unsigned n = 1;
    while (1u << n < count)
      n++;
    return n;
  }
  const uint32_t *find(const std::string &scope) const {
    const VerilatedScope *s = context_.scopeFind(scope.c_str());
    const VerilatedVar *v = s ? s->varFind("count_q") : nullptr;
    if (!v)
      throw std::runtime_error("no counters at " + scope);
    return static_cast<const uint32_t *>(v->datap());
  }
  static uint64_t sum(const std::vector<const uint32_t *> &counters, unsigned index) {
    uint64_t total = 0;
    for (const uint32_t *c : counters)
      total += c[index];
    return total;
  }

  void read_core(unsigned k, EdgeOut &out) const {
    const V &v = *top_;
    out = EdgeOut();
    out.start = detail::field(v.start_o, 1, k);
    out.end = detail::field(v.end_o, 1, k);
    if (out.start) {
      out.start_line = detail::field(v.start_line_o, line_bits_, k);
      out.start_code = detail::field(v.start_code_o, 8, k);
    }
    if (out.end)
      out.end_line = detail::field(v.end_line_o, line_bits_, k);
    out.ext_ready = detail::field(v.input_level_o, kLevelBits, k) < kInputDepth;
    out.end_valid = detail::field(v.end_valid_o, 1, k);
    out.busy = detail::field(v.busy_o, 1, k);
    out.watch_valid = detail::field(v.watch_valid_o, 1, k);
    out.wait_valid = detail::field(v.wait_valid_o, 1, k);
    out.end_time = detail::field(v.end_time_o, 32, k);
    out.free_time = detail::field(v.free_time_o, 32, k);
    out.watch_time = detail::field(v.watch_time_o, 32, k);
    out.wait_time = detail::field(v.wait_time_o, 32, k);
    for (unsigned n = 0; n < size_.neurons; n += 16) // all sizes are multiples of 16
      out.ack[n / 64] |=
          static_cast<uint64_t>(detail::field(v.ack_o, 16, (k * size_.neurons + n) / 16))
          << (n % 64);
  }

  CoreSize size_;
  unsigned n_core_, lines_, line_bits_, neuron_bits_;
  VerilatedContext context_;
  std::unique_ptr<V> top_;
  std::vector<const uint32_t *> counters_, net_counters_; ///< [core]
};

} // namespace mixspike

#endif
