/* SPDX-License-Identifier: Apache-2.0 */
/* What firmware does with the chip: registers through one socket, events through the other. */
#include "host.hpp"

#include <mixspike/router_map.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>

using sc_core::sc_time;

host::host(const sc_core::sc_module_name &name, const ms_package &package, const ms_golden &golden,
           sc_time window, ms_time tolerance, ms_time clock_ps)
    : sc_module(name), config("config"), events("events"), spikes("spikes"), package_(package),
      golden_(golden), window_(window), tolerance_(tolerance), clock_ps_(clock_ps) {
  spikes.register_b_transport(this, &host::receive);
  SC_THREAD(main);
}

void host::write(tlm_utils::simple_initiator_socket<host> &socket, uint64_t address, uint32_t data,
                 sc_time &delay) {
  tlm::tlm_generic_payload p;
  p.set_write();
  p.set_address(address);
  p.set_data_ptr(reinterpret_cast<unsigned char *>(&data));
  p.set_data_length(4);
  p.set_streaming_width(4);
  socket->b_transport(p, delay);
  if (p.is_response_error())
    SC_REPORT_FATAL(name(), "the chip refused a write");
}

uint32_t host::read(uint64_t address, sc_time &delay) {
  uint32_t data = 0;
  tlm::tlm_generic_payload p;
  p.set_read();
  p.set_address(address);
  p.set_data_ptr(reinterpret_cast<unsigned char *>(&data));
  p.set_data_length(4);
  p.set_streaming_width(4);
  config->b_transport(p, delay);
  if (p.is_response_error())
    SC_REPORT_FATAL(name(), "the chip refused a read");
  return data;
}

void host::receive(tlm::tlm_generic_payload &p, sc_time &) {
  uint32_t neuron;
  std::memcpy(&neuron, p.get_data_ptr(), 4);
  const auto *stamp = p.get_extension<mixspike::event_time>();
  received_.push_back({stamp->t_ps, static_cast<uint16_t>(neuron)});
  p.set_response_status(tlm::TLM_OK_RESPONSE);
}

/* The package's writes in order, read back but for the last, which starts the chip. */
void host::boot() {
  sc_time delay = sc_core::SC_ZERO_TIME;
  if (read(4 * MS_MAP_ID, delay) != MS_MAP_ID_VALUE)
    SC_REPORT_FATAL(name(), "this is no mixspike router");
  for (size_t i = 0; i + 1 < package_.n_write; i++)
    write(config, 4 * uint64_t{package_.write[i][0]}, package_.write[i][1], delay);
  std::map<uint32_t, uint32_t> words; // as written last
  for (size_t i = 0; i + 1 < package_.n_write; i++)
    words[package_.write[i][0]] = package_.write[i][1];
  for (const auto &word : words)
    if (read(4 * uint64_t{word.first}, delay) != word.second)
      SC_REPORT_FATAL(name(), "a word reads back wrong");
  wait(delay); // the port's own time
  sc_time last = sc_core::SC_ZERO_TIME;
  received_.clear();
  began_ = sc_core::sc_time_stamp();
  write(config, 4 * package_.write[package_.n_write - 1][0],
        package_.write[package_.n_write - 1][1], last);
}

/* Each event when its time has come, as a sensor would send it. */
void host::play(const ms_golden_run &run) {
  for (size_t i = 0; i < run.n_in; i++) {
    const sc_time at = began_ + mixspike::from_ps(run.in[i].t);
    if (at > sc_core::sc_time_stamp())
      wait(at - sc_core::sc_time_stamp());
    sc_time delay = sc_core::SC_ZERO_TIME;
    write(events, 0, run.in[i].address, delay);
  }
  const sc_time end = began_ + window_ + sc_time(1, sc_core::SC_NS);
  wait(end - sc_core::sc_time_stamp());
}

static bool by_neuron(const ms_event &a, const ms_event &b) {
  return a.address != b.address ? a.address < b.address : a.t < b.t;
}

/* At the port every spike appears once, some cycles after its crossing: synchroniser, grant, and
 * what it had to wait. */
bool host::check_port(std::vector<ms_event> golden) {
  std::vector<ms_event> port = received_;
  std::sort(port.begin(), port.end(), by_neuron);
  const ms_time window = mixspike::to_ps(window_);
  const auto too_late = [&](const ms_event &e) { return e.t + 3 * clock_ps_ >= window; };
  golden.erase(std::remove_if(golden.begin(), golden.end(), too_late), golden.end());
  port.erase(
      std::remove_if(port.begin(), port.end(), [&](const ms_event &e) { return e.t >= window; }),
      port.end());
  if (golden.size() > port.size())
    return false;
  for (size_t i = 0, k = 0; i < golden.size(); i++, k++) {
    while (k < port.size() && port[k].address < golden[i].address)
      k++; // its crossing was too close to the end to count
    if (k == port.size() || port[k].address != golden[i].address ||
        port[k].t + tolerance_ < golden[i].t + 2 * clock_ps_)
      return false;
    longest_way_ps = std::max(longest_way_ps, port[k].t - golden[i].t);
  }
  return true;
}

bool host::check(const ms_golden_run &run) {
  const ms_run_result &r = recorded();
  std::vector<ms_event> golden(run.spike, run.spike + run.n_spike);
  std::vector<ms_event> now(r.spike, r.spike + r.n_spike);
  std::sort(golden.begin(), golden.end(), by_neuron);
  std::sort(now.begin(), now.end(), by_neuron);
  n_spike += now.size();
  bool same = golden.size() == now.size();
  for (size_t i = 0; same && i < now.size(); i++) {
    const double d = std::fabs(static_cast<double>(now[i].t) - static_cast<double>(golden[i].t));
    worst_ps = std::max(worst_ps, d);
    same = now[i].address == golden[i].address && d <= static_cast<double>(tolerance_);
  }
  return check_port(golden) && same;
}

void host::main() {
  for (size_t i = 0; i < golden_.n_run; i++) {
    const ms_golden_run &run = golden_.run[i];
    insert(run.die);
    boot();
    play(run);
    n_event += run.n_in;
    runs++;
    const bool same = check(run);
    equal += same;
    std::printf("die %llu, sample %llu: %zu events, %zu spikes at the port, %s\n",
                static_cast<unsigned long long>(run.die),
                static_cast<unsigned long long>(run.sample), run.n_in, received_.size(),
                same ? "as recorded" : "NOT as recorded");
  }
  sc_core::sc_stop();
}
