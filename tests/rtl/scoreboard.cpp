/* SPDX-License-Identifier: Apache-2.0 */
/* The scoreboard of the random router test: stimuli, and what must follow from them. */
#include "scoreboard.h"

#include "mixspike/router_map.h"

#include <algorithm>

namespace mixspike::test {

Scoreboard::Scoreboard(Core &core, const Traffic &traffic, uint64_t seed, FallBack fall_back)
    : core_(core), traffic_(traffic), fall_back_(std::move(fall_back)), seed_(seed), random_(seed),
      neurons_(core.size().neurons), sources_(core.size().neurons + core.size().inputs),
      lines_per_neuron_(2 * core.size().rows),
      high_(traffic.trigger ? std::min(traffic.trigger, traffic.width) : traffic.width),
      hold_(traffic.width), first_now_(static_cast<unsigned>(0 - seed * 2003)), entries_(sources_),
      requests_(neurons_, {traffic.request, traffic.release, traffic.vanish, traffic.timeout,
                           fall_back_ ? traffic.metastable : 0}),
      line_(neurons_ * lines_per_neuron_) {}

bool Scoreboard::fail(const std::string &text) {
  if (why_.empty())
    why_ = std::string(traffic_.name) + ", MS_SEED=" + std::to_string(seed_) + ", edge " +
           std::to_string(edge_) + ": " + text;
  return false;
}

void Scoreboard::write(uint32_t address, uint32_t data) {
  EdgeIn in;
  in.cfg_valid = in.cfg_write = true;
  in.cfg_addr = address;
  in.cfg_wdata = data;
  core_.edge(in, out_);
}

/* Random connections. No two entries are equal, so a delivery names its event. Some lead nowhere.
 */
void Scoreboard::configure() {
  core_.clear_requests();
  write(MS_MAP_COMMAND, MS_MAP_COMMAND_CLEAR | MS_MAP_COMMAND_CLEAR_COUNTERS);
  write(MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | (traffic_.trigger ? MS_MAP_CONTROL_TRIGGER : 0) |
                            (traffic_.output ? MS_MAP_CONTROL_OUTPUT : 0));
  write(MS_MAP_PULSE_WIDTH, traffic_.width);
  write(MS_MAP_TRIGGER_WIDTH, traffic_.trigger);
  write(MS_MAP_TIMEOUT, traffic_.timeout);
  std::vector<unsigned> next_code(line_.size(), 0);
  for (unsigned s = 0; s < sources_; s++) {
    const unsigned count = static_cast<unsigned>(random_() % (traffic_.fan_out + 1));
    const uint32_t base = static_cast<uint32_t>(entry_word_.size());
    for (unsigned i = 0; i < count; i++) {
      unsigned line;
      do
        line = static_cast<unsigned>(random_() % line_.size());
      while (next_code[line] > 255);
      Entry e{line / lines_per_neuron_, line / core_.size().rows % 2, line % core_.size().rows,
              next_code[line]++, true};
      if (chance(0.03)) {
        e.exists = false;
        if (random_() & 1)
          e.row += 4;
        else
          e.target += neurons_;
      }
      entries_[s].push_back(e);
      entry_word_.push_back(ms_map_entry(e.target, e.sign, e.row, e.code));
      write(MS_MAP_ENTRY + static_cast<uint32_t>(entry_word_.size()) - 1, entry_word_.back());
    }
    route_word_.push_back(ms_map_route(base, count));
    write(MS_MAP_ROUTE + s, route_word_.back());
  }
  core_.edge(EdgeIn(), out_);
}

/* Inputs for the coming edge. */
void Scoreboard::drive(bool draining) {
  const uint64_t sample = edge_ + 1;
  requests_.drive(random_, sample, draining, [this](unsigned k, bool level, bool late) {
    core_.set_request(k, level);
    if (fall_back_)
      fall_back_(k, late);
  });
  in_ = EdgeIn();
  in_.now = static_cast<uint32_t>(sample + first_now_);
  in_.out_ready = draining || chance(traffic_.out_ready);
  in_.ext_valid = !draining && chance(traffic_.external);
  if (in_.ext_valid)
    in_.ext_input = static_cast<uint32_t>(random_() % core_.size().inputs);
  if (chance(traffic_.config)) {
    in_.cfg_valid = true;
    in_.cfg_write = random_() & 1;
    const bool route = random_() & 1;
    const std::vector<uint32_t> &words = route ? route_word_ : entry_word_;
    const uint32_t i = static_cast<uint32_t>(random_() % words.size());
    in_.cfg_addr = (route ? MS_MAP_ROUTE : MS_MAP_ENTRY) + i;
    in_.cfg_wdata = config_expect_ = words[i];
    config_check_ = !in_.cfg_write;
  }
}

bool Scoreboard::step(bool draining) {
  drive(draining);
  const bool was_ready = out_.ext_ready, was_out = out_.out_valid;
  const unsigned was_neuron = out_.out_neuron;
  const EdgeWatch w = core_.watch();
  row_wait_ += w.row_wait;
  queue_level_ += w.event_level + w.input_level;
  fullest_[0] = std::max(fullest_[0], w.event_level);
  fullest_[1] = std::max(fullest_[1], w.input_level);
  fullest_[2] = std::max(fullest_[2], static_cast<unsigned>(to_outside_.size()));
  core_.edge(in_, out_);
  edge_++;
  if (core_.failed())
    return fail("an assertion of the RTL failed");
  if (in_.ext_valid && was_ready) {
    external_++;
    from_inputs_.push_back(neurons_ + in_.ext_input);
  } else if (in_.ext_valid) {
    external_wait_++;
  }
  if (was_out && in_.out_ready) {
    sent_++;
    if (to_outside_.empty() || to_outside_.front() != was_neuron)
      return fail("the output gives neuron " + std::to_string(was_neuron) + " out of turn");
    to_outside_.pop_front();
  } else if (was_out) {
    output_wait_++;
  }
  return check_acks() && check_pulses() && check_config() && check_clock();
}

bool Scoreboard::check_acks() {
  if (!requests_.check(edge_, out_.ack))
    return fail(requests_.why());
  if (requests_.granted() < 0)
    return true;
  const unsigned neuron = static_cast<unsigned>(requests_.granted());
  from_neurons_.push_back(neuron);
  if (traffic_.output)
    to_outside_.push_back(neuron);
  return true;
}

bool Scoreboard::check_pulses() {
  if (out_.end) {
    Line &l = line_[out_.end_line];
    if (!l.high || edge_ - l.start != high_)
      return fail("a pulse of line " + std::to_string(out_.end_line) + " ended after " +
                  std::to_string(edge_ - l.start) + " cycles");
    l.high = false;
  }
  if (out_.start && !check_start())
    return false;
  const unsigned probe = static_cast<unsigned>(random_() % line_.size());
  if (core_.pulse(probe) != line_[probe].high || core_.code(probe) != line_[probe].code)
    return fail("pins of line " + std::to_string(probe) + " differ from what was announced");
  return true;
}

/* Events without any entry that exists leave no trace but their counters. */
void Scoreboard::skip_silent(std::deque<unsigned> &queue) {
  while (!queue.empty()) {
    const std::vector<Entry> &e = entries_[queue.front()];
    if (std::any_of(e.begin(), e.end(), [](const Entry &x) { return x.exists; }))
      return;
    unrouted_ += e.empty();
    bad_entry_ += e.size();
    queue.pop_front();
  }
}

bool Scoreboard::check_start() {
  const unsigned row = out_.start_line % lines_per_neuron_;
  const unsigned rows = lines_per_neuron_ / 2;
  const auto is_this = [&](const Entry &e) {
    return e.target == out_.start_line / lines_per_neuron_ && e.sign == row / rows &&
           e.row == row % rows && e.code == out_.start_code;
  };
  if (current_.empty()) {
    for (std::deque<unsigned> *queue : {&from_neurons_, &from_inputs_}) {
      skip_silent(*queue);
      if (queue->empty())
        continue;
      std::deque<Entry> rest;
      for (const Entry &e : entries_[queue->front()])
        if (e.exists)
          rest.push_back(e);
      if (!is_this(rest.front()))
        continue;
      bad_entry_ += entries_[queue->front()].size() - rest.size();
      queue->pop_front();
      current_ = std::move(rest);
      break;
    }
  }
  const std::string what = "pulse on line " + std::to_string(out_.start_line) + " with code " +
                           std::to_string(out_.start_code);
  if (current_.empty())
    return fail(what + " belongs to no event that is next");
  if (!is_this(current_.front()))
    return fail(what + " is not the next entry of its event");
  current_.pop_front();
  Line &l = line_[out_.start_line];
  if (l.high || edge_ < l.free)
    return fail(what + " before the row was free");
  l = {true, edge_, edge_ + hold_ + 1, out_.start_code};
  delivered_++;
  return true;
}

/* The clock may stop only when nothing is on its way, and a row that is free takes its delivery. */
bool Scoreboard::check_clock() {
  if (requests_.arriving() && !out_.active)
    return fail("a change of a request does not ask for the clock");
  if (!core_.watch().row_wait || current_.empty())
    return true;
  const Entry &e = current_.front();
  const Line &l = line_[e.target * lines_per_neuron_ + e.sign * (lines_per_neuron_ / 2) + e.row];
  return edge_ + 1 < l.free || fail("a delivery waits for a row that is free");
}

bool Scoreboard::check_config() {
  if (in_.cfg_valid && (out_.cfg_error || (config_check_ && out_.cfg_rdata != config_expect_)))
    return fail("configuration read back wrong under traffic");
  return true;
}

bool Scoreboard::quiet() const {
  return !out_.active && !out_.busy && requests_.quiet();
}

bool Scoreboard::check_totals() {
  skip_silent(from_neurons_);
  skip_silent(from_inputs_);
  if (!from_neurons_.empty() || !from_inputs_.empty() || !current_.empty())
    return fail("events taken but not delivered");
  if (!to_outside_.empty())
    return fail("spikes not sent to the outside");
  const Requests &r = requests_;
  if (r.rises() != r.captured() + r.vanished())
    return fail(std::to_string(r.rises()) + " requests, " + std::to_string(r.captured()) +
                " captured, " + std::to_string(r.vanished()) + " vanished");
  const struct {
    const char *name;
    unsigned index;
    uint64_t expect;
  } totals[] = {{"captured", 0, r.captured()},
                {"external", 1, external_},
                {"delivered", 2, delivered_},
                {"sent", 3, sent_},
                {"queue_wait", 6, queue_level_ - taken()},
                {"row_wait", 7, row_wait_},
                {"external_wait", 8, external_wait_},
                {"output_wait", 9, output_wait_},
                {"vanished", 10, r.vanished()},
                {"unrouted", 11, unrouted_},
                {"bad_entry", 12, bad_entry_},
                {"bad_address", 13, 0},
                {"stuck", 14, r.stuck()}};
  for (const auto &t : totals)
    if (core_.counter(t.index) != static_cast<uint32_t>(t.expect))
      return fail(std::string("counter ") + t.name + " is " +
                  std::to_string(core_.counter(t.index)) + ", should be " +
                  std::to_string(t.expect));
  const uint32_t waits = core_.counter(4) + core_.counter(5);
  if (waits != static_cast<uint32_t>(r.wait()))
    return fail("requests waited " + std::to_string(r.wait()) + " cycles, counted are " +
                std::to_string(waits));
  return true;
}

bool Scoreboard::run(uint64_t events) {
  configure();
  uint64_t last_progress = 0, seen = 0;
  while (taken() < events) {
    if (!step(false))
      return false;
    if (taken() != seen) {
      seen = taken();
      last_progress = edge_;
    }
    if (edge_ - last_progress > 1000000)
      return fail("nothing was taken for a million cycles");
  }
  const uint64_t limit = edge_ + 1000000;
  do {
    if (!step(true))
      return false;
    if (edge_ > limit)
      return fail("the core does not become quiet");
  } while (!quiet());
  return check_totals();
}

} // namespace mixspike::test
