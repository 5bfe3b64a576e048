/* SPDX-License-Identifier: Apache-2.0 */
/* Request lines under test, and the rules of their handshake. */
#include "requests.h"

#include <algorithm>

namespace mixspike::test {

namespace {
constexpr unsigned kSync = 2;     // synchroniser stages of the built cores
constexpr unsigned kAckDelay = 2; // edges from the sample of a request to its acknowledge

bool chance(std::mt19937_64 &random, double p) {
  return std::uniform_real_distribution<double>()(random) < p;
}
} // namespace

bool Requests::fail(unsigned neuron, const std::string &text) {
  why_ = "neuron " + std::to_string(neuron) + ": " + text;
  return false;
}

bool Requests::next_level(const Neuron &n, std::mt19937_64 &random, bool draining) const {
  bool level = n.level;
  if (!n.level && !n.ack && !draining)
    level = chance(random, traffic_.request);
  else if (n.level && n.ack)
    level = !chance(random, traffic_.release);
  else if (n.level && !n.ack && !draining)
    level = !chance(random, traffic_.vanish);
  if (n.level && n.stuck && !n.ack)
    level = !draining && chance(random, 0.9);
  return level;
}

void Requests::drive(std::mt19937_64 &random, uint64_t sample, bool draining, const Set &set) {
  for (unsigned k = 0; k < neuron_.size(); k++) {
    Neuron &n = neuron_[k];
    const bool level = next_level(n, random, draining);
    if (level == n.level || sample < n.settled)
      continue;
    n.level = level;
    rises_ += level;
    const bool late = traffic_.metastable > 0 && chance(random, traffic_.metastable);
    set(k, level, late);
    late_ += late;
    n.settled = sample + late + 1;
    if (!level) {
      n.fell.push_back(sample + late);
      if (n.fell.size() > kAckDelay + 1)
        n.fell.pop_front();
    }
    // A fall matters only while its rise waits.
    if (level || n.open || !n.pending.empty())
      n.pending.push_back({sample + late, level});
  }
}

/* An acknowledge falls with its request, or is withdrawn between one and two time-outs later. */
bool Requests::check_release(unsigned k, uint64_t edge) {
  Neuron &n = neuron_[k];
  const uint64_t age = edge - n.acked;
  for (uint64_t fell : n.fell)
    if (edge == fell + kAckDelay)
      return true;
  if (!traffic_.timeout || age <= traffic_.timeout || age > 2 * traffic_.timeout + 1)
    return fail(k, "its acknowledge fell out of turn");
  n.stuck = true;
  stuck_++;
  return true;
}

bool Requests::check_grant(unsigned k, uint64_t edge) {
  Neuron &n = neuron_[k];
  if (!n.open)
    return fail(k, "acknowledge without a request");
  if (granted_ >= 0)
    return fail(k, "a second grant of the core at one edge");
  const unsigned others = static_cast<unsigned>(captured_ - n.grants_at_rise);
  longest_wait_ = std::max(longest_wait_, others);
  if (others > neuron_.size() - 1)
    return fail(k, "it waited for " + std::to_string(others) + " others");
  wait_ += edge - n.rise - kAckDelay;
  n.open = false;
  if (!n.pending.empty() && !n.pending.front().level)
    n.pending.pop_front(); // its fall comes after the grant: nothing vanished
  n.acked = edge;
  n.stuck = false;
  granted_ = static_cast<int>(k);
  return true;
}

/* Four phases, each as late as the synchroniser and the contention make it, and no later. */
bool Requests::check_one(unsigned k, uint64_t edge, bool ack) {
  Neuron &n = neuron_[k];
  // The earliest rise whose request is at the arbiter since the last edge.
  if (!n.open && !n.pending.empty() && n.pending.front().edge + kSync <= edge) {
    n.rise = n.pending.front().edge;
    n.grants_at_rise = captured_;
    n.open = true;
    n.pending.pop_front();
  }
  if (ack && !n.ack) {
    if (!check_grant(k, edge))
      return false;
  } else if (n.open && !n.pending.empty() && n.pending.front().edge + kSync <= edge) {
    vanished_++;
    wait_ += n.pending.front().edge - n.rise;
    n.open = false;
    n.pending.pop_front();
  }
  if (n.ack && !ack && !check_release(k, edge))
    return false;
  if (ack && traffic_.timeout && edge - n.acked > 2 * traffic_.timeout + 1)
    return fail(k, "it is stuck for longer than two time-outs");
  for (uint64_t fell : n.fell)
    if (ack && n.ack && fell + kAckDelay > n.acked && edge >= fell + kAckDelay)
      return fail(k, "its acknowledge outlives its request");
  n.ack = ack;
  return true;
}

bool Requests::check(uint64_t edge, const uint64_t *ack) {
  granted_ = -1;
  for (unsigned k = 0; k < neuron_.size(); k++)
    if (!check_one(k, edge, ack[k / 64] >> (k % 64) & 1))
      return false;
  captured_ += granted_ >= 0;
  return true;
}

bool Requests::quiet() const {
  return std::none_of(neuron_.begin(), neuron_.end(),
                      [](const Neuron &n) { return n.level || n.ack || n.open; });
}

bool Requests::arriving() const {
  return std::any_of(neuron_.begin(), neuron_.end(),
                     [](const Neuron &n) { return !n.pending.empty(); });
}

} // namespace mixspike::test
