/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulation kernel relies on: an idle clock may stop, no output comes before the time
 * announced, and no input is answered within the lookahead. MS_SEED sets the first seed. */
#include "rtl_router.h"

#include "mixspike/router_map.h"

#include <algorithm>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <thread>

extern "C" {
#include <cmocka.h>
}

using mixspike::RtlRouter;

namespace {

constexpr ms_time kClock = 10000;
constexpr unsigned kNeurons = 12, kInputs = 10;

using Outputs = std::vector<ms_router_out>;

bool same(const ms_router_out &a, const ms_router_out &b) {
  return a.t == b.t && a.kind == b.kind && a.level == b.level && a.sign == b.sign &&
         a.row == b.row && a.neuron == b.neuron && a.code == b.code;
}

std::unique_ptr<RtlRouter> make(uint64_t seed) {
  auto r = std::make_unique<RtlRouter>(mixspike::Core::create(kNeurons, kInputs, 1), kNeurons,
                                       kInputs, kClock);
  std::mt19937_64 random(seed);
  const auto put = [&](uint32_t address, uint32_t data) {
    assert_true(r->access(true, address, &data));
  };
  const unsigned mode = random() & 1 ? MS_MAP_CONTROL_TRIGGER : 0;
  put(MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT | mode);
  put(MS_MAP_PULSE_WIDTH, 1 + random() % 30);
  put(MS_MAP_TRIGGER_WIDTH, 1 + random() % 4);
  put(MS_MAP_TIMEOUT, random() & 1 ? 0 : 1 + random() % 2); // many requests are stuck then
  uint32_t entry = 0;
  for (unsigned s = 0; s < 16 + kInputs; s++) {
    const uint32_t count = random() % 5;
    put(MS_MAP_ROUTE + s, ms_map_route(entry, count));
    for (uint32_t i = 0; i < count; i++)
      put(MS_MAP_ENTRY + entry++,
          ms_map_entry(random() % kNeurons, random() & 1, random() & 3, random() & 63));
  }
  r->reset();
  return r;
}

/* Neurons that behave, spike at random and in bursts; the routers see the same of them. */
class Neurons {
public:
  explicit Neurons(uint64_t seed) : random_(seed) {
    for (Neuron &n : neuron_)
      n.due = gap();
  }
  /** The next change of any request: its time; MS_TIME_NEVER if all wait for the router. */
  ms_time next(unsigned *who) const {
    ms_time first = MS_TIME_NEVER;
    for (unsigned k = 0; k < kNeurons; k++)
      if (neuron_[k].due < first) {
        first = neuron_[k].due;
        *who = k;
      }
    return first;
  }
  bool change(unsigned who) {
    Neuron &n = neuron_[who];
    n.level = !n.level;
    // Nobody answers the fall of a stuck request.
    n.due = n.stuck && !n.level ? n.due + gap() : MS_TIME_NEVER;
    n.stuck = n.stuck && n.level;
    return n.level;
  }
  void acknowledge(const ms_router_out &o) {
    Neuron &n = neuron_[o.neuron];
    n.stuck = !o.level && n.level;
    if (!n.stuck)
      n.due = o.t + (o.level ? 1 + random_() % 40000 : gap());
  }
  std::mt19937_64 &random() {
    return random_;
  }

private:
  struct Neuron {
    ms_time due = 0;
    bool level = false, stuck = false;
  };
  ms_time gap() {
    return random_() % 4 ? 1 + random_() % 3000000 : kClock * (1 + random_() % 20);
  }
  std::mt19937_64 random_;
  Neuron neuron_[kNeurons];
};

uint64_t first_seed() {
  const char *text = std::getenv("MS_SEED");
  return text ? std::strtoull(text, nullptr, 0) : 1;
}

/* Drives routers alike until `stop`, calling check(outputs) after every advance of the first. */
template <class Check>
void drive(std::vector<RtlRouter *> routers, uint64_t seed, ms_time stop, Check check) {
  Neurons neurons(seed);
  ms_time t = 0;
  ms_time event = 1 + neurons.random()() % 500000;
  while (t < stop) {
    unsigned who = 0;
    const ms_time request = neurons.next(&who);
    const ms_time answer = routers[0]->next_output();
    const ms_time first = std::min(request, event);
    if (first < answer) {
      const unsigned input = static_cast<unsigned>(neurons.random()() % kInputs);
      const bool level = request <= event && neurons.change(who);
      for (RtlRouter *r : routers)
        if (request <= event)
          r->request(request, who, level);
        else
          r->event(event, input);
      if (request > event)
        event += neurons.random()() % 3 ? neurons.random()() % 400000 : 0;
      t = first;
      continue;
    }
    for (RtlRouter *r : routers)
      r->advance(answer);
    check(answer);
    for (const ms_router_out &o : routers[0]->outputs())
      if (o.kind == MS_OUT_ACK)
        neurons.acknowledge(o);
    t = answer;
  }
}

void stopping_the_idle_clock_changes_nothing(void **) {
  for (uint64_t seed = first_seed(); seed < first_seed() + 5; seed++) {
    const auto a = make(seed), b = make(seed);
    b->never_skip(true);
    size_t outputs = 0;
    drive({a.get(), b.get()}, seed, 2000 * kClock * 10, [&](ms_time t) {
      const Outputs &x = a->outputs(), &y = b->outputs();
      if (x.size() != y.size())
        fail_msg("MS_SEED=%llu: %zu against %zu outputs up to %llu ps", (unsigned long long)seed,
                 x.size(), y.size(), (unsigned long long)t);
      for (size_t i = 0; i < x.size(); i++)
        if (!same(x[i], y[i]))
          fail_msg("MS_SEED=%llu: outputs differ at %llu ps", (unsigned long long)seed,
                   (unsigned long long)t);
      outputs += x.size();
    });
    assert_true(outputs > 1000);
    ms_router_counters ca, cb;
    a->counters(&ca);
    b->counters(&cb);
    assert_true(ca.cycles < cb.cycles);
    ca.cycles = cb.cycles;
    assert_memory_equal(&ca, &cb, sizeof ca);
    assert_false(a->core().failed() || b->core().failed());
  }
}

void no_output_comes_before_the_time_announced(void **) {
  for (uint64_t seed = first_seed(); seed < first_seed() + 5; seed++) {
    const auto a = make(seed), b = make(seed);
    /* b is advanced to just before the announced time: it must stay silent. */
    Neurons neurons(seed);
    ms_time t = 0;
    size_t silent = 0;
    while (t < 10000 * kClock) {
      unsigned who = 0;
      const ms_time request = neurons.next(&who), answer = a->next_output();
      if (request < answer) {
        const bool level = neurons.change(who);
        a->request(request, who, level);
        b->request(request, who, level);
        t = request;
        continue;
      }
      b->advance(answer - 1);
      if (!b->outputs().empty())
        fail_msg("MS_SEED=%llu: an output at %llu ps, announced not before %llu",
                 (unsigned long long)seed, (unsigned long long)b->outputs()[0].t,
                 (unsigned long long)answer);
      silent++;
      a->advance(answer);
      b->advance(answer);
      assert_int_equal(a->outputs().size(), b->outputs().size());
      for (const ms_router_out &o : a->outputs())
        if (o.kind == MS_OUT_ACK)
          neurons.acknowledge(o);
      t = answer;
    }
    assert_true(silent > 500);
  }
}

/* Two routers see the same, but one gets one more request or event at t: all outputs up to and with
 * t + lookahead must be the same. Some answer must come in the period after, or L is too small. */
void no_input_is_answered_within_the_lookahead(void **) {
  std::mt19937_64 random(first_seed());
  unsigned tight = 0;
  for (int round = 0; round < 300; round++) {
    const uint64_t seed = random();
    const auto a = make(seed), b = make(seed);
    const ms_time t = 1 + random() % (40 * kClock);
    const unsigned extra = static_cast<unsigned>(random() % kNeurons);
    std::vector<ms_time> times;
    for (unsigned k = 0; k < kNeurons; k++)
      times.push_back(t - random() % std::min<ms_time>(t, 5 * kClock));
    std::sort(times.begin(), times.end());
    for (unsigned k = 0; k < kNeurons; k++) {
      if (k == extra || random() & 1)
        continue;
      a->request(times[k], k, true);
      b->request(times[k], k, true);
    }
    if (round % 3)
      b->request(t, extra, true);
    else
      b->event(t, extra % kInputs);
    const ms_time horizon = t + a->lookahead();
    a->advance(horizon);
    b->advance(horizon);
    const Outputs &x = a->outputs(), &y = b->outputs();
    assert_int_equal(x.size(), y.size());
    for (size_t i = 0; i < x.size(); i++)
      assert_true(same(x[i], y[i]));
    const ms_time later = horizon + kClock;
    a->advance(later);
    b->advance(later);
    tight += !std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
  }
  assert_true(tight > 30);
}

/* Shortened while pulses run, they end one a cycle; lengthened, all last longer. Nothing hangs. */
void pulse_widths_may_change_while_pulses_run(void **) {
  const auto core = mixspike::Core::create(16, 8, 1);
  mixspike::EdgeOut out;
  uint32_t now = 0;
  unsigned high = 0, starts = 0, ends = 0;
  const auto edge = [&](mixspike::EdgeIn in) {
    in.now = ++now;
    core->edge(in, out);
    starts += out.start;
    ends += out.end;
    high += out.start;
    high -= out.end;
  };
  const auto write = [&](uint32_t address, uint32_t data) {
    mixspike::EdgeIn in;
    in.cfg_valid = in.cfg_write = true;
    in.cfg_addr = address;
    in.cfg_wdata = data;
    edge(in);
  };
  for (uint32_t i = 0; i < 12; i++)
    write(MS_MAP_ENTRY + i, ms_map_entry(i, i & 1, i & 3, i));
  write(MS_MAP_ROUTE + 16, ms_map_route(0, 12));
  const struct {
    uint32_t control, width, trigger, new_width, new_trigger;
  } cases[] = {{1, 60, 1, 4, 1},       {1, 60, 1, 90, 1}, {3, 60, 30, 60, 2}, {3, 60, 30, 10, 50},
               {3, 0xffffff, 2, 5, 2}, {1, 60, 1, 0, 0},  {3, 60, 5, 60, 0}};
  for (const auto &c : cases) {
    write(MS_MAP_CONTROL, c.control);
    write(MS_MAP_PULSE_WIDTH, c.width);
    write(MS_MAP_TRIGGER_WIDTH, c.trigger);
    starts = ends = 0;
    mixspike::EdgeIn event;
    event.ext_valid = true;
    edge(event);
    for (int i = 0; i < 20; i++)
      edge(mixspike::EdgeIn());
    write(MS_MAP_TRIGGER_WIDTH, c.new_trigger);
    write(MS_MAP_PULSE_WIDTH, c.new_width);
    for (int i = 0; i < 100; i++)
      edge(mixspike::EdgeIn());
    assert_int_equal(starts, 12);
    assert_int_equal(ends, 12);
    assert_int_equal(high, 0);
    assert_false(out.busy || out.active || core->failed());
    for (unsigned line = 0; line < 16 * 8; line++)
      assert_false(core->pulse(line));
  }
}

/* Routers made in one thread and run in others give what they give alone. */
void routers_in_several_threads_do_not_disturb_each_other(void **) {
  constexpr unsigned kThreads = 4;
  const auto digest = [](RtlRouter *r) {
    uint64_t d = 0;
    r->enter();
    drive({r}, 5, 3000 * kClock, [&](ms_time) {
      for (const ms_router_out &o : r->outputs())
        d = (d ^ o.t ^ o.kind ^ o.neuron * 256u ^ o.code) * 1099511628211u;
    });
    return d;
  };
  const auto alone = make(5);
  const uint64_t expect = digest(alone.get());
  std::unique_ptr<RtlRouter> routers[kThreads];
  uint64_t found[kThreads] = {};
  std::vector<std::thread> threads;
  for (std::unique_ptr<RtlRouter> &r : routers)
    r = make(5);
  for (unsigned i = 0; i < kThreads; i++)
    threads.emplace_back([&, i] { found[i] = digest(routers[i].get()); });
  for (std::thread &t : threads)
    t.join();
  for (uint64_t d : found)
    assert_true(d == expect);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stopping_the_idle_clock_changes_nothing),
      cmocka_unit_test(no_output_comes_before_the_time_announced),
      cmocka_unit_test(no_input_is_answered_within_the_lookahead),
      cmocka_unit_test(pulse_widths_may_change_while_pulses_run),
      cmocka_unit_test(routers_in_several_threads_do_not_disturb_each_other),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
