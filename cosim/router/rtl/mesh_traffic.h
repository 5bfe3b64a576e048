/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic through a Verilated mesh, and what must become of it: every flit reaches each of its
 * destinations once, in the order of its source, whatever stands in its way. */
#ifndef MS_ROUTER_RTL_MESH_TRAFFIC_H
#define MS_ROUTER_RTL_MESH_TRAFFIC_H

#include "core_of.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace mixspike {

enum class Pattern { kUniform, kMulticast, kBroadcast, kHotSpot };

struct MeshTraffic {
  const char *name;
  Pattern pattern;
  double offer;       ///< of each core and cycle: a new flit
  double ready;       ///< of each core and cycle: it takes what it is given
  unsigned every = 0; ///< if not 0, it takes in every such cycle instead
};

template <class V> class MeshBench {
public:
  MeshBench(unsigned cols, unsigned rows, uint64_t seed)
      : cores_(cols * rows), cols_(cols), random_(seed), source_(cores_), offered_(cores_),
        sent_(cores_), from_(cores_), way_(cores_, std::vector<std::deque<Sent>>(cores_)) {
    context_.fatalOnError(false);
    Verilated::threadContextp(&context_);
    top_ = std::make_unique<V>(&context_, "mesh");
    top_->rst_ni = 0;
    clock();
    top_->rst_ni = 1;
  }
  ~MeshBench() {
    Verilated::threadContextp(&context_);
    top_->final();
    top_.reset();
    Verilated::threadContextp(nullptr);
  }

  /** Offers traffic for so many cycles, then waits until all has arrived. False: why(). */
  bool run(const MeshTraffic &t, uint64_t cycles, bool drain) {
    const uint64_t start = cycle_;
    uint64_t last = delivered_, since = cycle_;
    while (cycle_ < start + cycles || (drain && !quiet())) {
      if (!step(t, cycle_ < start + cycles))
        return false;
      if (delivered_ != last) {
        last = delivered_;
        since = cycle_;
      }
      if (!quiet() && cycle_ - since > 20000)
        return fail("nothing has arrived for 20000 cycles: the mesh is stuck");
    }
    return !context_.gotError() || fail("an assertion of the RTL failed");
  }

  const std::string &why() const {
    return why_;
  }
  uint64_t accepted() const {
    return accepted_;
  }
  uint64_t delivered() const {
    return delivered_;
  }
  uint64_t delivered_to(unsigned core) const {
    return sent_[core];
  }
  uint64_t delivered_from(unsigned core) const {
    return from_[core];
  }
  /** Longest time from the cycle in which a port was given a flit until it was everywhere, or now.
   */
  uint64_t longest_wait() const {
    uint64_t longest = longest_;
    for (unsigned k = 0; k < cores_; k++) {
      if (!source_[k].empty())
        longest = std::max(longest, cycle_ - offered_[k]);
      for (const std::deque<Sent> &way : way_[k])
        if (!way.empty())
          longest = std::max(longest, cycle_ - way.front().offered);
    }
    return longest;
  }
  /** From the cycle in which a flit was made, its wait at the port included. */
  double mean_latency() const {
    return delivered_ ? static_cast<double>(latency_) / static_cast<double>(delivered_) : 0;
  }
  /** No more than a share of the deliveries took longer, cycles. */
  unsigned latency_quantile(double share) const {
    uint64_t left = static_cast<uint64_t>(share * static_cast<double>(delivered_));
    unsigned cycles = 0;
    while (cycles < ages_.size() && left >= ages_[cycles])
      left -= ages_[cycles++];
    return cycles;
  }
  /** Counts from here on anew. */
  void forget() {
    accepted_ = delivered_ = latency_ = 0;
    std::fill(sent_.begin(), sent_.end(), 0);
    std::fill(from_.begin(), from_.end(), 0);
    ages_.clear();
  }
  uint64_t shortest(unsigned hops) const {
    return hops < shortest_.size() ? shortest_[hops] : 0;
  }

private:
  static constexpr unsigned kTag = 24, kSequence = 20;
  struct Flit {
    uint32_t mask, sequence;
    uint64_t made;
  };
  struct Sent {
    uint32_t sequence;
    uint64_t made, offered;
  };

  bool fail(const std::string &text) {
    why_ = "cycle " + std::to_string(cycle_) + ": " + text;
    return false;
  }
  bool quiet() const {
    return !outstanding_ &&
           std::all_of(source_.begin(), source_.end(), [](const auto &q) { return q.empty(); });
  }
  bool chance(double p) {
    return uniform_(random_) < p;
  }
  void clock() {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
  }
  template <class T> static bool bit(const T &v, unsigned i) {
    return static_cast<bool>(v >> i & 1);
  }
  template <std::size_t N> static bool bit(const VlWide<N> &v, unsigned i) {
    return static_cast<bool>(v[i / 32] >> (i % 32) & 1);
  }
  uint32_t destinations(Pattern p) {
    const uint32_t all = static_cast<uint32_t>((uint64_t{1} << cores_) - 1);
    switch (p) {
    case Pattern::kMulticast:
      return 1 + static_cast<uint32_t>(random_() % all);
    case Pattern::kBroadcast:
      return all;
    case Pattern::kHotSpot:
      return 1;
    default:
      return 1u << random_() % cores_;
    }
  }
  unsigned hops(unsigned a, unsigned b) const {
    const auto far = [](unsigned p, unsigned q) { return p > q ? p - q : q - p; };
    return far(a % cols_, b % cols_) + far(a / cols_, b / cols_);
  }

  void offer(const MeshTraffic &t, bool make) {
    const unsigned width = kTag + cores_;
    for (unsigned k = 0; k < cores_; k++) {
      if (source_[k].empty())
        offered_[k] = cycle_;
      if (make && chance(t.offer))
        source_[k].push_back({destinations(t.pattern), made_++ & ((1u << kSequence) - 1), cycle_});
      const bool valid = !source_[k].empty();
      detail::set_bit(top_->in_valid_i, k, valid);
      detail::set_bit(top_->out_ready_i, k,
                      !make || (t.every ? cycle_ % t.every == 0 : chance(t.ready)));
      const uint64_t flit =
          valid ? static_cast<uint64_t>(k << kSequence | source_[k].front().sequence) << cores_ |
                      source_[k].front().mask
                : 0;
      for (unsigned i = 0; i < width; i++)
        detail::set_bit(top_->in_flit_i, k * width + i, flit >> i & 1);
    }
    top_->eval();
  }

  bool arrive(unsigned to) {
    uint32_t tag = 0;
    for (unsigned i = 0; i < kTag; i++)
      tag |= static_cast<uint32_t>(bit(top_->out_tag_o, to * kTag + i)) << i;
    const unsigned from = tag >> kSequence;
    const uint32_t sequence = tag & ((1u << kSequence) - 1);
    if (from >= cores_ || way_[from][to].empty() || way_[from][to].front().sequence != sequence)
      return fail("core " + std::to_string(to) + " gets flit " + std::to_string(sequence) +
                  " of core " + std::to_string(from) + " out of turn");
    const uint64_t age = cycle_ - way_[from][to].front().made;
    longest_ = std::max(longest_, cycle_ - way_[from][to].front().offered);
    way_[from][to].pop_front();
    const unsigned far = hops(from, to);
    if (far >= shortest_.size())
      shortest_.resize(far + 1, 0);
    if (!shortest_[far] || age < shortest_[far])
      shortest_[far] = age;
    latency_ += age;
    if (age >= ages_.size())
      ages_.resize(age + 1, 0);
    ages_[age]++;
    delivered_++;
    sent_[to]++;
    from_[from]++;
    outstanding_--;
    return true;
  }

  bool step(const MeshTraffic &t, bool make) {
    offer(t, make);
    for (unsigned k = 0; k < cores_; k++) {
      if (bit(top_->out_valid_o, k) && bit(top_->out_ready_i, k) && !arrive(k))
        return false;
    }
    for (unsigned k = 0; k < cores_; k++) {
      if (!bit(top_->in_valid_i, k) || !bit(top_->in_ready_o, k))
        continue;
      const Flit &f = source_[k].front();
      for (unsigned to = 0; to < cores_; to++)
        if (f.mask >> to & 1) {
          way_[k][to].push_back({f.sequence, f.made, offered_[k]});
          outstanding_++;
        }
      source_[k].pop_front();
      offered_[k] = cycle_ + 1;
      accepted_++;
    }
    clock();
    cycle_++;
    return true;
  }

  unsigned cores_, cols_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
  VerilatedContext context_;
  std::unique_ptr<V> top_;
  std::vector<std::deque<Flit>> source_;
  std::vector<uint64_t>
      offered_; ///< [core], the cycle from which the first of its flits was offered
  std::vector<uint64_t> sent_, from_;              ///< [core], deliveries
  std::vector<std::vector<std::deque<Sent>>> way_; ///< [from][to], in order
  uint32_t made_ = 0;
  uint64_t cycle_ = 0, accepted_ = 0, delivered_ = 0, outstanding_ = 0, latency_ = 0, longest_ = 0;
  std::vector<uint64_t> shortest_; ///< [hops]
  std::vector<uint64_t> ages_;     ///< deliveries of each latency
  std::string why_;
};

} // namespace mixspike

#endif
