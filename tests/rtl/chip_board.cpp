/* SPDX-License-Identifier: Apache-2.0 */
/* The scoreboard of the random chip test: stimuli, and what must follow from them. */
#include "chip_board.h"

#include "mixspike/router_map.h"

#include <algorithm>

namespace mixspike::test {

namespace {
/* Edges from the one that takes an event to its pulse in another core: out of its queue, send entry
 * read, into the delay line, into the mesh, out of it, routing table, synapse entry, row. */
constexpr unsigned kTagEdges = 8;
} // namespace

ChipBoard::ChipBoard(Core &core, const ChipTraffic &traffic, uint64_t seed, FallBack fall_back)
    : chip_(core), traffic_(traffic), seed_(seed), random_(seed), cores_(core.cores()),
      neurons_(core.size().neurons), sources_(core.size().neurons + core.size().inputs),
      lines_(core.size().neurons * 2 * core.size().rows), lines_per_neuron_(2 * core.size().rows),
      node_(cores_),
      requests_(cores_, Requests(neurons_, {traffic.request, traffic.release, traffic.vanish,
                                            traffic.stuck, fall_back ? traffic.metastable : 0})),
      fall_back_(std::move(fall_back)), first_now_(static_cast<unsigned>(0 - seed * 1511)),
      out_(cores_) {
  tags_ = read(MS_MAP_TAGS);
  sends_ = read(MS_MAP_SENDS);
  tag_flits_.resize(tags_);
  for (Node &n : node_) {
    n.route.resize(sources_ + tags_);
    n.next_code.resize(lines_);
    n.line.resize(lines_);
    n.from_tag.resize(tags_);
    n.started.resize(tags_);
  }
}

bool ChipBoard::fail(const std::string &text) {
  if (why_.empty())
    why_ = std::string(traffic_.name) + ", MS_SEED=" + std::to_string(seed_) + ", edge " +
           std::to_string(edge_) + ": " + text;
  return false;
}

void ChipBoard::write(unsigned core, uint32_t address, uint32_t data) {
  EdgeIn in;
  in.cfg_valid = in.cfg_write = true;
  in.cfg_addr = core << MS_MAP_ADDRESS_BITS | address;
  in.cfg_wdata = data;
  chip_.clock(in, out_.data());
  if (out_[0].cfg_error)
    fail("the port refuses a write to " + std::to_string(address));
}

uint32_t ChipBoard::read(uint32_t address) {
  EdgeIn in;
  in.cfg_valid = true;
  in.cfg_addr = address;
  chip_.clock(in, out_.data());
  return out_[0].cfg_rdata;
}

/* Random connections of a route. No two entries of a core are equal, so a pulse names its event. */
void ChipBoard::add_route(unsigned k, unsigned route, unsigned count) {
  Node &n = node_[k];
  const uint32_t base = n.n_entry;
  for (unsigned i = 0; i < count; i++) {
    unsigned line;
    do
      line = pick(lines_);
    while (n.next_code[line] > 255);
    const unsigned code = n.next_code[line]++;
    n.owner[line * 256 + code] = {route, i};
    write(k, MS_MAP_ENTRY + n.n_entry++,
          ms_map_entry(line / lines_per_neuron_, line / chip_.size().rows % 2,
                       line % chip_.size().rows, code));
  }
  n.route[route].count = count;
  write(k, MS_MAP_ROUTE + route, ms_map_route(base, count));
}

/* Chains of up to three send entries from some sources of the core, each with a tag of its own. */
void ChipBoard::configure_sends(unsigned k) {
  Node &n = node_[k];
  unsigned tag = k * (tags_ / cores_), extra = sources_;
  const unsigned last_tag = tag + tags_ / cores_;
  for (unsigned s = 0; s < sends_; s++) { // what nobody uses must not hold what was there before
    write(k, MS_MAP_SEND_TAG + s, 0);
    write(k, MS_MAP_SEND_DEST + s, 0);
  }
  for (unsigned used = 0; tag < last_tag && used < sources_;) {
    unsigned entry = pick(2) ? pick(neurons_) : pick(sources_);
    if (n.send.count(entry))
      continue;
    used++;
    const unsigned length = std::min(1 + pick(3), last_tag - tag);
    for (unsigned i = 0; i < length; i++) {
      Send s{tag, 0, pick(traffic_.delay + 1), 0, chance(traffic_.bad)};
      for (unsigned d = 0; d < cores_; d++)
        s.cores |= static_cast<unsigned>(chance(traffic_.spread)) << d;
      if (i + 1 < length && extra < sends_)
        s.next = extra++;
      uint32_t cores = s.cores, next = s.next;
      if (s.bad && !next)
        next = pick(2) ? entry : sends_ + pick(9); // itself, or beyond the table
      else if (s.bad && cores_ < 16)
        cores |= 1u << 15;
      s.bad = cores != s.cores || next != s.next;
      write(k, MS_MAP_SEND_TAG + entry, ms_map_send_tag(tag, next));
      write(k, MS_MAP_SEND_DEST + entry, ms_map_send_dest(cores, s.delay));
      for (unsigned d = 0; d < cores_; d++)
        if (s.cores >> d & 1)
          add_route(d, sources_ + tag, traffic_.timeout ? 1 + pick(2) : pick(4));
      if (i)
        follows_[tag] = {tag - 1, false};
      n.send[entry] = s;
      tag++;
      if (!s.next)
        break;
      entry = s.next;
    }
  }
}

void ChipBoard::configure_core(unsigned k) {
  write(k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT);
  write(k, MS_MAP_PULSE_WIDTH, traffic_.width);
  write(k, MS_MAP_TIMEOUT, traffic_.stuck);
  write(k, MS_MAP_NET_CONTROL, 1);
  write(k, MS_MAP_DELAY_SHIFT, traffic_.shift);
  write(k, MS_MAP_SEND_TIMEOUT, traffic_.timeout);
  for (unsigned s = 0; s < sources_; s++)
    add_route(k, s, pick(traffic_.fan_out + 1));
}

void ChipBoard::configure() {
  chip_.clear_requests();
  write(0, MS_MAP_CHIP_COMMAND, MS_MAP_COMMAND_CLEAR | MS_MAP_COMMAND_CLEAR_COUNTERS);
  for (unsigned k = 0; k < cores_; k++)
    for (unsigned g = 0; g < tags_; g++)
      write(k, MS_MAP_ROUTE + sources_ + g, 0);
  for (unsigned k = 0; k < cores_; k++)
    configure_core(k);
  for (unsigned k = 0; k < cores_; k++)
    configure_sends(k);
  for (const Node &n : node_)
    for (const auto &[entry, s] : n.send)
      if (s.next && follows_.count(n.send.at(s.next).tag))
        follows_[n.send.at(s.next).tag].same_delay = n.send.at(s.next).delay == s.delay;
  chip_.clock(EdgeIn(), out_.data());
}

unsigned ChipBoard::hops(unsigned a, unsigned b) const {
  const auto far = [](unsigned p, unsigned q) { return p > q ? p - q : q - p; };
  const unsigned cols = chip_.size().mesh_cols;
  return far(a % cols, b % cols) + far(a / cols, b / cols);
}

void ChipBoard::expect_tag(unsigned from, const Send &s, unsigned place) {
  made_ += s.cores != 0;
  tag_flits_[s.tag] += s.cores != 0;
  bad_send_ += s.bad;
  for (unsigned d = 0; d < cores_; d++) {
    if (!(s.cores >> d & 1))
      continue;
    arrivals_++;
    unrouted_ += node_[d].route[sources_ + s.tag].count == 0;
    node_[d].from_tag[s.tag].push_back(edge_ + kTagEdges + place + hops(from, d) +
                                       (static_cast<uint64_t>(s.delay) << traffic_.shift));
  }
}

/* An event was taken at this edge. */
void ChipBoard::take_event(unsigned core, unsigned source) {
  Node &n = node_[core];
  (source < neurons_ ? n.from_neurons : n.from_inputs).push_back(source);
  auto at = n.send.find(source);
  for (unsigned place = 0; at != n.send.end(); place++) {
    expect_tag(core, at->second, place);
    at = at->second.next ? n.send.find(at->second.next) : n.send.end();
  }
}

/* Inputs for the coming edge. */
void ChipBoard::drive(bool draining) {
  for (unsigned k = 0; k < cores_; k++)
    requests_[k].drive(random_, edge_ + 1, draining, [&](unsigned i, bool level, bool late) {
      chip_.set_request(k * neurons_ + i, level);
      if (fall_back_)
        fall_back_(k * neurons_ + i, late);
    });
  in_ = EdgeIn();
  in_.now = static_cast<uint32_t>(edge_ + 1 + first_now_);
  in_.out_ready = draining || chance(traffic_.out_ready);
  in_.ext_valid = !draining && chance(traffic_.external);
  if (in_.ext_valid) {
    in_.ext_core = pick(cores_);
    in_.ext_input = pick(chip_.size().inputs);
  }
  if (chance(traffic_.config)) { // reads that take the memories from the router for a cycle
    const uint32_t block[] = {MS_MAP_ROUTE, MS_MAP_ENTRY, MS_MAP_SEND_TAG, MS_MAP_SEND_DEST};
    in_.cfg_valid = true;
    in_.cfg_addr = pick(cores_) << MS_MAP_ADDRESS_BITS | (block[pick(4)] + pick(sources_));
  }
}

bool ChipBoard::step(bool draining) {
  drive(draining);
  const bool ready = out_[in_.ext_core].ext_ready, was_out = out_[0].out_valid;
  const unsigned neuron = out_[0].out_neuron;
  chip_.clock(in_, out_.data());
  edge_++;
  if (chip_.failed())
    return fail("an assertion of the RTL failed");
  if (in_.cfg_valid && out_[0].cfg_error)
    return fail("the port refuses a read");
  if (out_[0].port_ready != out_[in_.ext_core].ext_ready)
    return fail("the event port's ready is not that of core " + std::to_string(in_.ext_core));
  if (in_.ext_valid && ready) {
    external_++;
    take_event(in_.ext_core, neurons_ + in_.ext_input);
  }
  if (was_out && in_.out_ready) {
    sent_++;
    std::deque<unsigned> &queue = node_[neuron / neurons_].to_outside;
    if (queue.empty() || queue.front() != neuron % neurons_)
      return fail("the output gives neuron " + std::to_string(neuron) + " out of turn");
    queue.pop_front();
  }
  for (unsigned k = 0; k < cores_; k++)
    if (!check_acks(k) || !check_pulses(k))
      return false;
  for (const EdgeOut &o : out_)
    if (o.wait_valid && static_cast<int32_t>(in_.now - o.wait_time) >= 0 && !out_[0].active)
      return fail("a flit whose time has come does not ask for the clock");
  return true;
}

bool ChipBoard::check_acks(unsigned core) {
  Requests &r = requests_[core];
  if (!r.check(edge_, out_[core].ack))
    return fail("core " + std::to_string(core) + ", " + r.why());
  if (r.granted() < 0)
    return true;
  const unsigned neuron = static_cast<unsigned>(r.granted());
  node_[core].to_outside.push_back(neuron);
  take_event(core, neuron);
  return true;
}

bool ChipBoard::check_pulses(unsigned core) {
  Node &n = node_[core];
  const EdgeOut &o = out_[core];
  if (o.end) {
    Line &l = n.line[o.end_line];
    if (!l.high || edge_ - l.start != traffic_.width)
      return fail("a pulse of core " + std::to_string(core) + " ended after " +
                  std::to_string(edge_ - l.start) + " cycles");
    l.high = false;
  }
  return !o.start || check_start(core);
}

/* Events without entries leave no trace but their counters. */
void ChipBoard::skip_silent(unsigned core) {
  Node &n = node_[core];
  for (std::deque<unsigned> *queue : {&n.from_neurons, &n.from_inputs})
    while (!queue->empty() && !n.route[queue->front()].count) {
      queue->pop_front();
      unrouted_++;
    }
}

bool ChipBoard::begin_route(unsigned core, const Owner &owner) {
  Node &n = node_[core];
  skip_silent(core);
  n.current = owner.route;
  n.left = n.route[owner.route].count;
  if (owner.index)
    return fail("core " + std::to_string(core) + " begins an event with a later entry");
  if (owner.route < sources_) {
    std::deque<unsigned> &queue = owner.route < neurons_ ? n.from_neurons : n.from_inputs;
    if (queue.empty() || queue.front() != owner.route)
      return fail("source " + std::to_string(owner.route) + " of core " + std::to_string(core) +
                  " is not next");
    queue.pop_front();
    return true;
  }
  const unsigned tag = owner.route - sources_;
  std::deque<uint64_t> &due = n.from_tag[tag];
  const std::string what = "tag " + std::to_string(tag) + " at core " + std::to_string(core);
  if (due.empty())
    return fail(what + " was not sent");
  if (edge_ < due.front())
    return fail(what + " comes " + std::to_string(due.front() - edge_) + " cycles too early");
  due.pop_front();
  // Of one event, entries of equal delay keep their order.
  const auto f = follows_.find(tag);
  if (f != follows_.end() && f->second.same_delay && !traffic_.timeout &&
      n.route[sources_ + f->second.before].count && n.started[f->second.before] <= n.started[tag])
    return fail(what + " overtakes the entry before it");
  n.started[tag]++;
  return true;
}

bool ChipBoard::check_start(unsigned core) {
  Node &n = node_[core];
  const EdgeOut &o = out_[core];
  const auto owner = n.owner.find(o.start_line * 256 + o.start_code);
  if (owner == n.owner.end())
    return fail("a pulse of core " + std::to_string(core) + " that nobody asked for");
  if (!n.left && !begin_route(core, owner->second))
    return false;
  if (owner->second.route != n.current || owner->second.index != n.route[n.current].count - n.left)
    return fail("a pulse of core " + std::to_string(core) + " is not the next of its event");
  n.left--;
  Line &l = n.line[o.start_line];
  if (l.high || edge_ < l.free)
    return fail("a pulse before its row was free");
  l = {true, edge_, edge_ + traffic_.width + 1};
  delivered_++;
  return true;
}

bool ChipBoard::quiet() const {
  if (out_[0].active)
    return false;
  for (unsigned k = 0; k < cores_; k++) {
    if (out_[k].busy || out_[k].wait_valid || !requests_[k].quiet())
      return false;
  }
  return true;
}

/* What was expected and has not come: nothing, or just the flits that were dropped. */
bool ChipBoard::check_left() {
  std::vector<uint64_t> lost(tags_);
  for (unsigned k = 0; k < cores_; k++)
    for (unsigned g = 0; g < tags_; g++) {
      const uint64_t left = node_[k].from_tag[g].size();
      if (!node_[k].route[sources_ + g].count || !left)
        continue;
      if (!traffic_.timeout)
        return fail("tag " + std::to_string(g) + " is lost on its way to core " +
                    std::to_string(k));
      if (lost[g] && lost[g] != left)
        return fail("tag " + std::to_string(g) + " came to some of its cores only");
      lost[g] = left;
    }
  uint64_t total = 0;
  for (uint64_t n : lost)
    total += n;
  return total == expired() ||
         fail(std::to_string(total) + " flits are lost, counted are " + std::to_string(expired()));
}

bool ChipBoard::check_totals() {
  for (unsigned k = 0; k < cores_; k++) {
    skip_silent(k);
    if (!node_[k].from_neurons.empty() || !node_[k].from_inputs.empty() || node_[k].left)
      return fail("events of core " + std::to_string(k) + " taken but not delivered");
    if (!node_[k].to_outside.empty())
      return fail("spikes not sent to the outside");
  }
  if (!check_left())
    return false;
  if (sum(&Requests::rises) != sum(&Requests::captured) + sum(&Requests::vanished))
    return fail("requests are neither captured nor vanished");
  const struct {
    const char *name;
    uint64_t counted, expect;
  } totals[] = {{"captured", chip_.counter(0), sum(&Requests::captured)},
                {"external", chip_.counter(1), external_},
                {"delivered", chip_.counter(2), delivered_},
                {"sent", chip_.counter(3), sent_},
                {"vanished", chip_.counter(10), sum(&Requests::vanished)},
                {"stuck", chip_.counter(14), sum(&Requests::stuck)},
                {"unrouted", chip_.counter(11), unrouted_},
                {"bad_entry", chip_.counter(12), 0},
                {"bad_address", chip_.counter(13), 0},
                {"flits", flits() + expired(), made_},
                {"tags", chip_.net_counter(1), traffic_.timeout ? chip_.net_counter(1) : arrivals_},
                {"bad_send", chip_.net_counter(7), bad_send_},
                {"bad_tag", chip_.net_counter(8), 0}};
  for (const auto &t : totals)
    if (t.counted != t.expect)
      return fail(std::string("counter ") + t.name + " is " + std::to_string(t.counted) +
                  ", should be " + std::to_string(t.expect));
  return true;
}

bool ChipBoard::run(uint64_t events) {
  configure();
  if (!why_.empty())
    return false;
  uint64_t last_progress = 0, seen = 0;
  const auto progress = [&] {
    if (taken() + delivered_ != seen) {
      seen = taken() + delivered_;
      last_progress = edge_;
    }
    return edge_ - last_progress < 20000 || fail("nothing moved for 20000 cycles");
  };
  while (taken() < events)
    if (!step(false) || !progress())
      return false;
  do {
    if (!step(true) || !progress())
      return false;
  } while (!quiet());
  return check_totals();
}

} // namespace mixspike::test
