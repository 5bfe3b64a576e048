/* SPDX-License-Identifier: Apache-2.0 */
/* One point of a load curve: traffic through the Verilated mesh, or through a whole chip. */
#include "Vmesh1x1.h"
#include "Vmesh2x2.h"
#include "Vmesh4x4.h"

#include "bench_mesh.h"
#include "mesh_traffic.h"

#include "mixspike/router_map.h"

#include <chrono>

namespace {

using mixspike::Core;
using mixspike::EdgeIn;
using mixspike::EdgeOut;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class V>
int measure_network(const ms_mesh_load &load, ms_mesh_point *point, ms_error *err) {
  const unsigned cores = load.side * load.side;
  const bool hot = load.traffic == MS_MESH_HOT_SPOT;
  const mixspike::MeshTraffic traffic = {
      "bench", hot ? mixspike::Pattern::kHotSpot : mixspike::Pattern::kUniform,
      hot ? load.offered / cores : load.offered, 1.0};
  mixspike::MeshBench<V> bench(load.side, load.side, 7);
  if (!bench.run(traffic, load.cycles / 4, false))
    return ms_fail(err, MS_ESIM, "mesh bench: %s", bench.why().c_str());
  bench.forget();
  const double start = now_s();
  if (!bench.run(traffic, load.cycles, false))
    return ms_fail(err, MS_ESIM, "mesh bench: %s", bench.why().c_str());
  const double events = static_cast<double>(hot ? bench.delivered_to(0) : bench.delivered());
  point->delivered = events / static_cast<double>(load.cycles * (hot ? 1 : cores));
  point->latency = bench.mean_latency();
  point->latency_p99 = bench.latency_quantile(0.99);
  point->cycles = load.cycles;
  point->events = bench.delivered();
  point->wall_s = now_s() - start;
  return MS_OK;
}

/* A chip whose neurons spike at random. Each neuron has one connection, with a tag, a line and a
 * weight code of its own, so that its pulses tell whose they are. */
class ChipLoad {
public:
  ChipLoad(std::unique_ptr<Core> chip, const ms_mesh_load &load)
      : chip_(std::move(chip)), load_(load), cores_(chip_->cores()),
        neurons_(chip_->size().neurons), out_(cores_), req_(cores_ * neurons_),
        ack_(cores_ * neurons_), sent_(cores_ * neurons_), target_(cores_ * neurons_) {
    configure();
    // One spike takes a neuron its handshake and the gap; the offered load is that of all together.
    const double receivers = load.traffic == MS_MESH_HOT_SPOT ? 1.0 : cores_;
    const double period = cores_ * neurons_ / (load.offered * receivers);
    chance_ = 1.0 / std::max(period - kHandshake, 1.0);
  }

  bool run(uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; i++)
      if (!step())
        return false;
    return !chip_->failed() || fail("an assertion of the RTL failed");
  }
  void forget() {
    events_ = latency_ = 0;
    ages_.clear();
  }
  void result(ms_mesh_point *point, uint64_t cycles) const {
    const unsigned receivers = load_.traffic == MS_MESH_HOT_SPOT ? 1 : cores_;
    point->delivered = static_cast<double>(events_) / static_cast<double>(cycles * receivers);
    point->latency = events_ ? static_cast<double>(latency_) / static_cast<double>(events_) : 0;
    uint64_t left = static_cast<uint64_t>(0.99 * static_cast<double>(events_));
    unsigned age = 0;
    while (age < ages_.size() && left >= ages_[age])
      left -= ages_[age++];
    point->latency_p99 = age;
    point->events = events_;
  }
  const std::string &why() const {
    return why_;
  }

private:
  static constexpr double kHandshake = 7; // edges from a request to the next it could make

  bool fail(const std::string &text) {
    why_ = "edge " + std::to_string(edge_) + ": " + text;
    return false;
  }
  void write(unsigned core, uint32_t address, uint32_t data) {
    EdgeIn in;
    in.cfg_valid = in.cfg_write = true;
    in.cfg_addr = core << MS_MAP_ADDRESS_BITS | address;
    in.cfg_wdata = data;
    chip_->clock(in, out_.data());
  }
  void configure() {
    const unsigned lines = neurons_ * 2 * chip_->size().rows;
    for (unsigned k = 0; k < cores_; k++) {
      write(k, MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE);
      write(k, MS_MAP_PULSE_WIDTH, 1);
      if (cores_ > 1)
        write(k, MS_MAP_NET_CONTROL, 1);
    }
    for (unsigned id = 0; id < cores_ * neurons_; id++) {
      const unsigned core = id / neurons_, source = id % neurons_;
      const unsigned to = load_.traffic == MS_MESH_HOT_SPOT ? 0 : (core + 1 + source) % cores_;
      const unsigned line = id % lines, code = id / lines;
      target_[id] = to;
      const uint32_t entry =
          ms_map_entry(line / (2 * chip_->size().rows), line / chip_->size().rows % 2,
                       line % chip_->size().rows, code);
      write(to, MS_MAP_ENTRY + id, entry);
      if (cores_ == 1) {
        write(to, MS_MAP_ROUTE + source, ms_map_route(id, 1));
        continue;
      }
      write(to, MS_MAP_ROUTE + neurons_ + chip_->size().inputs + id, ms_map_route(id, 1));
      write(core, MS_MAP_SEND_TAG + source, ms_map_send_tag(id, 0));
      write(core, MS_MAP_SEND_DEST + source, ms_map_send_dest(1u << to, 0));
    }
  }
  bool step() {
    for (unsigned id = 0; id < req_.size(); id++) {
      const bool level = req_[id] ? !ack_[id] : !ack_[id] && uniform_(random_) < chance_;
      if (level != req_[id])
        chip_->set_request(id, level);
      req_[id] = level;
    }
    EdgeIn in;
    in.now = static_cast<uint32_t>(++edge_);
    chip_->clock(in, out_.data());
    const unsigned lines = neurons_ * 2 * chip_->size().rows;
    for (unsigned k = 0; k < cores_; k++) {
      for (unsigned n = 0; n < neurons_; n++) {
        const bool ack = out_[k].ack[n / 64] >> (n % 64) & 1;
        if (ack && !ack_[k * neurons_ + n])
          sent_[k * neurons_ + n].push_back(edge_);
        ack_[k * neurons_ + n] = ack;
      }
      if (!out_[k].start)
        continue;
      const unsigned id = out_[k].start_code * lines + out_[k].start_line;
      if (id >= sent_.size() || target_[id] != k || sent_[id].empty())
        return fail("a pulse at core " + std::to_string(k) + " that no spike asked for");
      const uint64_t age = edge_ - sent_[id].front();
      sent_[id].pop_front();
      events_++;
      latency_ += age;
      if (age >= ages_.size())
        ages_.resize(age + 1, 0);
      ages_[age]++;
    }
    return true;
  }

  std::unique_ptr<Core> chip_;
  ms_mesh_load load_;
  unsigned cores_, neurons_;
  double chance_ = 0;
  std::mt19937_64 random_{7};
  std::uniform_real_distribution<double> uniform_{0.0, 1.0};
  std::vector<EdgeOut> out_;
  std::vector<uint8_t> req_, ack_;
  std::vector<std::deque<uint64_t>> sent_; ///< edges of the acknowledges on their way
  std::vector<unsigned> target_;
  uint64_t edge_ = 0, events_ = 0, latency_ = 0;
  std::vector<uint64_t> ages_;
  std::string why_;
};

int measure_chip(const ms_mesh_load &load, ms_mesh_point *point, ms_error *err) {
  const unsigned cores = load.side * load.side;
  std::unique_ptr<Core> chip = cores > 1 ? Core::create_mesh(load.side, load.side, cores * 16, 1, 1)
                                         : Core::create(16, 1, 1);
  ChipLoad run(std::move(chip), load);
  if (!run.run(load.cycles / 4))
    return ms_fail(err, MS_ESIM, "mesh bench: %s", run.why().c_str());
  run.forget();
  const double start = now_s();
  if (!run.run(load.cycles))
    return ms_fail(err, MS_ESIM, "mesh bench: %s", run.why().c_str());
  run.result(point, load.cycles);
  point->cycles = load.cycles;
  point->wall_s = now_s() - start;
  return MS_OK;
}

int measure(const ms_mesh_load &load, ms_mesh_point *point, ms_error *err) {
  if (load.level == MS_MESH_CHIP)
    return measure_chip(load, point, err);
  switch (load.side) {
  case 1:
    return measure_network<Vmesh1x1>(load, point, err);
  case 2:
    return measure_network<Vmesh2x2>(load, point, err);
  default:
    return measure_network<Vmesh4x4>(load, point, err);
  }
}

} // namespace

extern "C" int ms_mesh_measure(const ms_mesh_load *load, ms_mesh_point *point, ms_error *err) {
  *point = ms_mesh_point();
  if (load->side != 1 && load->side != 2 && load->side != 4)
    return ms_fail(err, MS_ERANGE, "mesh bench: %ux%u cores; there are 1x1, 2x2 and 4x4",
                   load->side, load->side);
  if (!(load->offered > 0) || load->offered > 1 || load->cycles < 4)
    return ms_fail(err, MS_ERANGE, "mesh bench: a load of %g over %llu cycles", load->offered,
                   static_cast<unsigned long long>(load->cycles));
  try {
    return measure(*load, point, err);
  } catch (const std::exception &e) {
    return ms_fail(err, MS_ESIM, "mesh bench: %s", e.what());
  }
}
