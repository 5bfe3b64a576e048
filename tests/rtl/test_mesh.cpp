/* SPDX-License-Identifier: Apache-2.0 */
/* The mesh in three sizes: random traffic with idle and back-pressure on every port loses, doubles
 * and reorders nothing and never stops; latency without load and throughput under load.
 * MS_SEED repeats a seed, MS_EVENTS sets the cycles of a case, MS_VERBOSE prints the load curves.
 */
#include "Vmesh1x1.h"
#include "Vmesh2x2.h"
#include "Vmesh4x4.h"

#include "mesh_traffic.h"

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
#include <cmocka.h>
}

using mixspike::MeshBench;
using mixspike::MeshTraffic;
using mixspike::Pattern;

namespace {

const MeshTraffic kTraffic[] = {
    {"sparse", Pattern::kUniform, 0.02, 1.0},
    {"busy", Pattern::kUniform, 0.3, 0.9},
    {"saturated", Pattern::kUniform, 1.0, 1.0},
    {"hot spot", Pattern::kHotSpot, 0.3, 0.5},
    {"multicast", Pattern::kMulticast, 0.1, 0.9},
    {"multicast, saturated", Pattern::kMulticast, 1.0, 0.6},
    {"broadcast, slow receivers", Pattern::kBroadcast, 0.5, 0.05},
};

uint64_t number_from(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

template <class V> void random_traffic(unsigned cols, unsigned rows) {
  const uint64_t first = number_from("MS_SEED", 1), cycles = number_from("MS_EVENTS", 800);
  uint64_t accepted = 0, delivered = 0;
  for (uint64_t seed = first; seed < first + 2; seed++)
    for (const MeshTraffic &t : kTraffic) {
      MeshBench<V> bench(cols, rows, seed);
      if (!bench.run(t, cycles, true))
        fail_msg("%ux%u, %s, MS_SEED=%llu, %s", cols, rows, t.name,
                 static_cast<unsigned long long>(seed), bench.why().c_str());
      accepted += bench.accepted();
      delivered += bench.delivered();
    }
  std::printf("%ux%u: %llu flits, %llu deliveries, none lost, doubled or out of order\n", cols,
              rows, static_cast<unsigned long long>(accepted),
              static_cast<unsigned long long>(delivered));
  assert_true(delivered > 1000);
}

void one_core_loses_nothing(void **) {
  random_traffic<Vmesh1x1>(1, 1);
}
void four_cores_lose_nothing(void **) {
  random_traffic<Vmesh2x2>(2, 2);
}
void sixteen_cores_lose_nothing(void **) {
  random_traffic<Vmesh4x4>(4, 4);
}

/* A node costs one cycle: a flit leaves the mesh one cycle after it was offered, and one more for
 * every step of the way. */
void a_lone_flit_takes_a_cycle_a_node(void **) {
  MeshBench<Vmesh4x4> bench(4, 4, 3);
  if (!bench.run({"alone", Pattern::kUniform, 0.002, 1.0}, 20000, true))
    fail_msg("%s", bench.why().c_str());
  for (unsigned hops = 0; hops <= 6; hops++)
    assert_int_equal(bench.shortest(hops), hops + 1);
}

/* How long a flit can wait at most, whatever the others do, if every receiver takes one in
 * `receive` cycles: the arbiter of an output serves each queue that may ask for it before any a
 * second time, each time within the longest stay at the head of the queue beyond (docs/router.md).
 */
class WaitBound {
public:
  WaitBound(int cols, int rows, uint64_t receive) : cols_(cols), rows_(rows), receive_(receive) {}
  /* From being offered to a port until it is everywhere. */
  uint64_t longest() const {
    uint64_t most = 0;
    for (int y = 0; y < rows_; y++)
      for (int x = 0; x < cols_; x++)
        most = std::max(most, 1 + stay(kCore, x, y) + way(kCore, x, y));
    return most + 1;
  }

private:
  enum Port { kCore, kEast, kWest, kNorth, kSouth, kPorts };
  static constexpr uint64_t kDepth = 4;

  bool exists(int port, int x, int y) const {
    const bool there[] = {true, x + 1 < cols_, x > 0, y + 1 < rows_, y > 0};
    return there[port];
  }
  /* Flits of a queue may leave by a port: row, column, core. */
  bool leads(int queue, int port, int x, int y) const {
    const int opposite[] = {kCore, kWest, kEast, kSouth, kNorth};
    const bool turns = queue == kCore || (queue <= kWest && port >= kNorth);
    return exists(queue, x, y) && exists(port, x, y) &&
           (port == kCore || turns || port == opposite[queue]);
  }
  /* The queue beyond a port. */
  template <class F> uint64_t beyond(int port, int x, int y, F f) const {
    switch (port) {
    case kEast:
      return f(kWest, x + 1, y);
    case kWest:
      return f(kEast, x - 1, y);
    case kNorth:
      return f(kSouth, x, y + 1);
    default:
      return f(kNorth, x, y - 1);
    }
  }
  /* Cycles that a flit is at the head of its queue at most: its copies leave side by side. */
  uint64_t stay(int queue, int x, int y) const {
    uint64_t most = 0;
    for (int port = kCore; port < kPorts; port++) {
      if (!leads(queue, port, x, y))
        continue;
      uint64_t askers = 0;
      for (int other = kCore; other < kPorts; other++)
        askers += leads(other, port, x, y);
      const auto next = [this](int q, int u, int v) { return stay(q, u, v); };
      most =
          std::max(most, port == kCore ? askers * receive_ : askers * beyond(port, x, y, next) + 1);
    }
    return most;
  }
  /* Cycles from entering a queue until the last copy is out of the mesh. */
  uint64_t way(int queue, int x, int y) const {
    uint64_t rest = 0;
    const auto next = [this](int q, int u, int v) { return way(q, u, v); };
    for (int port = kEast; port < kPorts; port++)
      if (leads(queue, port, x, y))
        rest = std::max(rest, beyond(port, x, y, next));
    return kDepth * stay(queue, x, y) + rest;
  }

  int cols_, rows_;
  uint64_t receive_;
};

/* All cores offer all the time, for longer than the bound: a source that starves shows. */
template <class V> void bounded_waits(unsigned side, unsigned receive) {
  const uint64_t bound =
      WaitBound(static_cast<int>(side), static_cast<int>(side), receive).longest();
  for (Pattern pattern :
       {Pattern::kUniform, Pattern::kHotSpot, Pattern::kMulticast, Pattern::kBroadcast}) {
    MeshBench<V> bench(side, side, 5);
    if (!bench.run({"saturated", pattern, 1.0, 1.0, receive}, bound + 1000, false))
      fail_msg("%s", bench.why().c_str());
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned k = 0; k < side * side; k++) {
      least = std::min(least, bench.delivered_from(k));
      most = std::max(most, bench.delivered_from(k));
    }
    const char *const names[] = {"uniform", "multicast", "broadcast", "hot spot"};
    std::printf("%ux%u, %s, a flit in %u cycles taken: longest wait %llu of at most %llu; "
                "of a source %llu to %llu deliveries\n",
                side, side, names[static_cast<int>(pattern)], receive,
                static_cast<unsigned long long>(bench.longest_wait()),
                static_cast<unsigned long long>(bound), static_cast<unsigned long long>(least),
                static_cast<unsigned long long>(most));
    assert_true(bench.longest_wait() <= bound);
    assert_true(least > 0);
  }
}

void nobody_waits_longer_than_the_bound(void **) {
  bounded_waits<Vmesh1x1>(1, 3);
  bounded_waits<Vmesh2x2>(2, 1);
  bounded_waits<Vmesh2x2>(2, 5);
  bounded_waits<Vmesh4x4>(4, 1);
}

/* Deliveries of each core and cycle at an offered load, and their mean latency. */
template <class V> double load(unsigned side, Pattern pattern, double offer, double *hot) {
  const uint64_t cycles = 1500;
  MeshBench<V> bench(side, side, 7);
  if (!bench.run({"load", pattern, offer, 1.0}, cycles, false))
    fail_msg("%s", bench.why().c_str());
  const double share =
      static_cast<double>(bench.delivered()) / static_cast<double>(cycles * side * side);
  *hot = static_cast<double>(bench.delivered_to(0)) / static_cast<double>(cycles);
  if (std::getenv("MS_VERBOSE"))
    std::printf("%ux%u %s offered %.2f delivered %.3f at core 0 %.3f latency %.1f\n", side, side,
                pattern == Pattern::kHotSpot ? "hot spot" : "uniform", offer, share, *hot,
                bench.mean_latency());
  return share;
}

template <class V> void curve(unsigned side, double *uniform, double *hot_spot) {
  double hot;
  for (double offer : {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0})
    *uniform = load<V>(side, Pattern::kUniform, offer, &hot);
  for (double offer : {0.02, 0.05, 0.1, 0.3, 1.0})
    load<V>(side, Pattern::kHotSpot, offer, hot_spot);
}

/* Saturated: a lone core and a hot spot take one flit a cycle; uniform traffic is bounded by the
 * queues' heads, which wait for one another. */
void saturation_throughput_holds(void **) {
  double uniform[3], hot[3];
  curve<Vmesh1x1>(1, &uniform[0], &hot[0]);
  curve<Vmesh2x2>(2, &uniform[1], &hot[1]);
  curve<Vmesh4x4>(4, &uniform[2], &hot[2]);
  std::printf("saturated, uniform: %.2f, %.2f, %.2f deliveries a core and cycle in 1x1, 2x2, 4x4; "
              "hot spot: %.2f, %.2f, %.2f a cycle\n",
              uniform[0], uniform[1], uniform[2], hot[0], hot[1], hot[2]);
  assert_true(uniform[0] > 0.99 && uniform[1] > 0.6 && uniform[2] > 0.4);
  for (double h : hot)
    assert_true(h > 0.98);
}

} // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_core_loses_nothing),
      cmocka_unit_test(four_cores_lose_nothing),
      cmocka_unit_test(sixteen_cores_lose_nothing),
      cmocka_unit_test(a_lone_flit_takes_a_cycle_a_node),
      cmocka_unit_test(nobody_waits_longer_than_the_bound),
      cmocka_unit_test(saturation_throughput_holds),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
