/* SPDX-License-Identifier: Apache-2.0 */
/* The router's SystemC module against the C API: the same outputs at the same times, whichever
 * router is inside; loosely and approximately timed calls; refusals. */
#include <mixspike/router_map.h>
#include <mixspike/systemc.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

using mixspike::mixspike_router;
using sc_core::sc_time;

namespace {

constexpr ms_time kClock = 10000;
constexpr unsigned kNeurons = 6, kInputs = 4;
int failures = 0;

void expect(bool good, const char *what, const char *who) {
  if (!good) {
    std::fprintf(stderr, "FAILED: %s: %s\n", who, what);
    failures++;
  }
}

/* Routing that both sides get: every source to two rows, input 3 to none. */
std::vector<std::pair<uint32_t, uint32_t>> configuration(unsigned built) {
  std::vector<std::pair<uint32_t, uint32_t>> w = {{MS_MAP_PULSE_WIDTH, 7}};
  for (unsigned s = 0; s < kNeurons + kInputs - 1; s++) {
    const uint32_t address = s < kNeurons ? s : built + s - kNeurons;
    w.push_back({MS_MAP_ROUTE + address, ms_map_route(2 * s, 2)});
    for (unsigned k = 0; k < 2; k++)
      w.push_back({MS_MAP_ENTRY + 2 * s + k,
                   ms_map_entry((s * 3 + k) % kNeurons, s & 1, (s + k) & 3, 10 + s)});
  }
  w.push_back({MS_MAP_CONTROL, MS_MAP_CONTROL_ENABLE | MS_MAP_CONTROL_OUTPUT});
  return w;
}

/* Requests and events, some at the same time, some close together. */
struct stimulus {
  ms_time t;
  bool external;
  unsigned address;
  unsigned level;
};
std::vector<stimulus> stimuli() {
  std::vector<stimulus> s;
  for (unsigned k = 0; k < 60; k++) {
    const ms_time t = 2000000 + k * 173000;
    if (k % 3 == 0) {
      s.push_back({t, true, k % (kInputs - 1), 0});
      s.push_back({t, true, (k + 1) % (kInputs - 1), 0});
    } else {
      s.push_back({t, false, k % kNeurons, 1});
      s.push_back({t + 90000, false, k % kNeurons, 0});
    }
  }
  return s;
}

bool same(const ms_router_out &a, const ms_router_out &b) {
  return a.t == b.t && a.kind == b.kind && a.level == b.level && a.sign == b.sign &&
         a.row == b.row && a.neuron == b.neuron && a.code == b.code;
}

/* What the C API gives. */
std::vector<ms_router_out> reference(ms_router_kind kind) {
  const ms_router_options o = {kind, kNeurons, kInputs, 1, kClock, 1, 1};
  ms_router *r = nullptr;
  uint32_t built = 0;
  std::vector<ms_router_out> all;
  ms_error err{};
  int rc = ms_router_create(&o, &r, &err);
  rc = rc ? rc : ms_router_read(r, MS_MAP_NEURONS, &built, &err);
  for (const auto &w : configuration(built))
    rc = rc ? rc : ms_router_write(r, w.first, w.second, &err);
  for (const stimulus &s : stimuli())
    rc = rc           ? rc
         : s.external ? ms_router_event(r, s.t, s.address, &err)
                      : ms_router_request(r, s.t, s.address, static_cast<int>(s.level), &err);
  const ms_router_out *out;
  size_t n = 0;
  rc = rc ? rc : ms_router_advance(r, 100000000, &out, &n, &err);
  expect(rc == 0, err.text, "reference");
  if (!rc)
    all.assign(out, out + n);
  ms_router_destroy(r);
  return all;
}

SC_MODULE(driver) {
  tlm_utils::simple_initiator_socket<driver> config, events, requests;
  tlm_utils::simple_target_socket<driver> outputs;
  std::vector<ms_router_out> seen;
  sc_time responded{sc_core::SC_ZERO_TIME};
  unsigned responses = 0;
  ms_router_kind kind;

  driver(const sc_core::sc_module_name &name, ms_router_kind k)
      : sc_module(name), config("config"), events("events"), requests("requests"),
        outputs("outputs"), kind(k) {
    events.register_nb_transport_bw(this, &driver::backward);
    outputs.register_b_transport(this, &driver::receive);
    SC_THREAD(main);
  }
  SC_HAS_PROCESS(driver);

  void receive(tlm::tlm_generic_payload & p, sc_time &) {
    ms_router_out o;
    std::memcpy(&o, p.get_data_ptr(), sizeof o);
    expect(mixspike::from_ps(o.t) == sc_core::sc_time_stamp(), "an output at another time", name());
    seen.push_back(o);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload &, tlm::tlm_phase & phase, sc_time &) {
    expect(phase == tlm::BEGIN_RESP, "an unexpected phase", name());
    responded = sc_core::sc_time_stamp();
    responses++;
    return tlm::TLM_COMPLETED;
  }
  tlm::tlm_response_status send(tlm_utils::simple_initiator_socket<driver> & to, uint64_t address,
                                uint32_t * data, bool write, sc_time &delay) {
    tlm::tlm_generic_payload p;
    if (write)
      p.set_write();
    else
      p.set_read();
    p.set_address(address);
    p.set_data_ptr(reinterpret_cast<unsigned char *>(data));
    p.set_data_length(4);
    p.set_streaming_width(4);
    to->b_transport(p, delay);
    return p.get_response_status();
  }

  void refusals() {
    sc_time delay = sc_core::SC_ZERO_TIME;
    uint32_t word = 0;
    expect(send(config, 4 * 0x30, &word, false, delay) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
           "a register that does not exist was read", name());
    expect(send(config, 4 * MS_MAP_ID, &word, true, delay) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
           "a read-only register was written", name());
    expect(send(config, 2, &word, false, delay) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
           "an address between words was taken", name());
    word = kInputs;
    expect(send(events, 0, &word, true, delay) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
           "an event for an input that does not exist was taken", name());
    word = 1;
    expect(send(requests, 4 * kNeurons, &word, true, delay) == tlm::TLM_ADDRESS_ERROR_RESPONSE,
           "a request of a neuron that does not exist was taken", name());
    tlm::tlm_generic_payload p;
    unsigned char enable = 0xff;
    p.set_read();
    p.set_data_ptr(reinterpret_cast<unsigned char *>(&word));
    p.set_data_length(4);
    p.set_streaming_width(4);
    p.set_byte_enable_ptr(&enable);
    config->b_transport(p, delay);
    expect(p.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE,
           "byte enables were taken", name());
  }

  /* One event by a non-blocking call: the response comes with its last pulse. */
  void approximately_timed() {
    seen.clear();
    tlm::tlm_generic_payload p;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = sc_core::SC_ZERO_TIME;
    uint32_t input = 1;
    p.set_write();
    p.set_data_ptr(reinterpret_cast<unsigned char *>(&input));
    p.set_data_length(4);
    p.set_streaming_width(4);
    const tlm::tlm_sync_enum answer = events->nb_transport_fw(p, phase, delay);
    wait(2, sc_core::SC_US);
    sc_time last = sc_core::SC_ZERO_TIME;
    for (const ms_router_out &o : seen)
      if (o.kind == MS_OUT_PULSE && o.level)
        last = mixspike::from_ps(o.t);
    expect(seen.size() == 4, "an event did not make its two pulses", name());
    if (kind == MS_ROUTER_RTL) {
      expect(answer == tlm::TLM_COMPLETED && responses == 0, "rtl answered later", name());
      return;
    }
    expect(answer == tlm::TLM_ACCEPTED && responses == 1 && responded == last,
           "the response did not come with the last pulse", name());
    input = kInputs - 1; // without connections
    phase = tlm::BEGIN_REQ;
    expect(events->nb_transport_fw(p, phase, delay) == tlm::TLM_COMPLETED,
           "an event without connections was not complete at once", name());
  }

  void main() {
    sc_time delay = sc_core::SC_ZERO_TIME;
    uint32_t built = 0, word = 0;
    send(config, 4 * MS_MAP_NEURONS, &built, false, delay);
    refusals();
    for (const auto &w : configuration(built)) {
      word = w.second;
      expect(send(config, 4 * w.first, &word, true, delay) == tlm::TLM_OK_RESPONSE,
             "a write was refused", name());
      send(config, 4 * w.first, &word, false, delay);
      expect(word == w.second, "a word reads back wrong", name());
    }
    for (const stimulus &s : stimuli()) {
      /* Temporally decoupled: calls come early, with the rest of the time as their delay. */
      const sc_time at = mixspike::from_ps(s.t);
      if (at > sc_core::sc_time_stamp() + sc_time(300, sc_core::SC_NS))
        wait(at - sc_core::sc_time_stamp() - sc_time(200, sc_core::SC_NS));
      delay = at - sc_core::sc_time_stamp();
      word = s.external ? s.address : s.level;
      const auto status = s.external ? send(events, 0, &word, true, delay)
                                     : send(requests, 4 * s.address, &word, true, delay);
      expect(status == tlm::TLM_OK_RESPONSE, "an input was refused", name());
      if (s.external)
        expect(sc_core::sc_time_stamp() + delay == mixspike::from_ps((s.t / kClock + 1) * kClock),
               "an event is not taken at the next clock edge", name());
    }
    wait(10, sc_core::SC_US);
    const std::vector<ms_router_out> want = reference(kind);
    bool equal = want.size() == seen.size() && want.size() > 200;
    for (size_t i = 0; equal && i < want.size(); i++)
      equal = same(want[i], seen[i]);
    expect(equal, "the outputs differ from those of the C API", name());
    approximately_timed();
  }
};

} // namespace

int sc_main(int, char **) {
  static const ms_router_kind kinds[] = {MS_ROUTER_RTL, MS_ROUTER_TLM, MS_ROUTER_TLM_LT,
                                         MS_ROUTER_IDEAL};
  std::vector<std::unique_ptr<mixspike_router>> router;
  std::vector<std::unique_ptr<driver>> drivers;
  for (const ms_router_kind kind : kinds) {
    const ms_router_options o = {kind, kNeurons, kInputs, 1, kClock, 1, 1};
    const std::string name = ms_router_name(kind);
    router.push_back(std::make_unique<mixspike_router>(name.c_str(), o));
    drivers.push_back(std::make_unique<driver>((name + "_driver").c_str(), kind));
    drivers.back()->config.bind(router.back()->config);
    drivers.back()->events.bind(router.back()->event_in);
    drivers.back()->requests.bind(router.back()->request_in);
    router.back()->out.bind(drivers.back()->outputs);
  }
  sc_core::sc_start();
  std::printf("%d failures\n", failures);
  return failures ? 1 : 0;
}
