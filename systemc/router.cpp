/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike_router: any router of the ladder with sockets and SystemC's time. */
#include "transfer.hpp"

#include "mixspike/router_map.h"

namespace mixspike {

mixspike_router::mixspike_router(const sc_core::sc_module_name &name,
                                 const ms_router_options &options)
    : sc_module(name), config("config"), event_in("event_in"), request_in("request_in"), out("out"),
      n_neuron_(options.n_neuron), n_input_(options.n_input), clock_ps_(options.clock_ps),
      names_causes_(options.kind != MS_ROUTER_RTL && options.cols <= 1 && options.rows <= 1),
      wake_("wake") {
  ms_error err{};
  check_resolution(this->name());
  if (ms_router_create(&options, &router_, &err) ||
      ms_router_read(router_, MS_MAP_NEURONS, &built_neurons_, &err))
    SC_REPORT_FATAL(this->name(), err.text);
  config.register_b_transport(this, &mixspike_router::config_transport);
  config.register_transport_dbg(this, &mixspike_router::config_debug);
  event_in.register_b_transport(this, &mixspike_router::event_transport);
  event_in.register_nb_transport_fw(this, &mixspike_router::event_forward);
  request_in.register_b_transport(this, &mixspike_router::request_transport);
  SC_THREAD(run);
}

mixspike_router::~mixspike_router() {
  ms_router_destroy(router_);
}

int mixspike_router::access(bool writes, uint32_t address, uint32_t *data, ms_error *err) {
  advance();
  if (!writes)
    return ms_router_read(router_, address, data, err);
  const int rc = ms_router_write(router_, address, *data, err);
  if (!rc)
    written_[address] = *data;
  return rc;
}

void mixspike_router::config_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay) {
  config_debug(p);
  delay += from_ps(2 * clock_ps_) * (p.get_data_length() / kWord);
}

unsigned mixspike_router::config_debug(tlm::tlm_generic_payload &p) {
  return kWord * transfer_words(p, error_, [this](bool w, uint32_t a, uint32_t *d, ms_error *e) {
           return access(w, a, d, e);
         });
}

/* Loosely timed: the event is on its way when the port has taken it, at the next clock edge. */
void mixspike_router::event_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay) {
  uint32_t number;
  if (!event_word(p, error_, &number))
    return;
  if (number >= n_input_) {
    error_ = "an event for an input that does not exist";
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const ms_time t = to_ps(sc_core::sc_time_stamp() + delay);
  inputs_.emplace(t, input{true, true, number, nullptr});
  delay += from_ps((t / clock_ps_ + 1) * clock_ps_ - t);
  p.set_response_status(tlm::TLM_OK_RESPONSE);
  schedule();
}

/* Approximately timed: the response comes when the last pulse has started. */
tlm::tlm_sync_enum mixspike_router::event_forward(tlm::tlm_generic_payload &p,
                                                  tlm::tlm_phase &phase, sc_core::sc_time &delay) {
  if (phase == tlm::END_RESP) {
    if (p.has_mm())
      p.release();
    return tlm::TLM_COMPLETED;
  }
  uint32_t number;
  if (phase != tlm::BEGIN_REQ || !event_word(p, error_, &number))
    return tlm::TLM_COMPLETED;
  if (number >= n_input_ || !names_causes_ || pulses_of(number) == 0) {
    event_transport(p, delay);
    return tlm::TLM_COMPLETED;
  }
  if (p.has_mm())
    p.acquire();
  inputs_.emplace(to_ps(sc_core::sc_time_stamp() + delay), input{true, true, number, &p});
  schedule();
  return tlm::TLM_ACCEPTED;
}

void mixspike_router::request_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay) {
  uint32_t level;
  if (!event_word(p, error_, &level))
    return;
  const uint64_t neuron = p.get_address() / kWord;
  if (neuron >= n_neuron_) {
    error_ = "a request of a neuron that does not exist";
    p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  inputs_.emplace(to_ps(sc_core::sc_time_stamp() + delay),
                  input{false, level != 0, static_cast<unsigned>(neuron), nullptr});
  p.set_response_status(tlm::TLM_OK_RESPONSE);
  schedule();
}

/* Pulses that an event of an external input makes: its entries that name a row that exists. */
unsigned mixspike_router::pulses_of(unsigned number) const {
  const auto word = [this](uint32_t address) {
    const auto found = written_.find(address);
    return found == written_.end() ? 0 : found->second;
  };
  const uint32_t route = word(MS_MAP_ROUTE + built_neurons_ + number);
  unsigned pulses = 0;
  for (uint32_t k = 0; k < ms_map_route_count(route); k++) {
    const uint32_t entry = word(MS_MAP_ENTRY + ms_map_route_base(route) + k);
    pulses += ms_map_entry_target(entry) < built_neurons_ && ms_map_entry_row(entry) < 4;
  }
  return pulses;
}

void mixspike_router::give(const input &in, ms_time t) {
  ms_error err{};
  const int rc = in.external ? ms_router_event(router_, t, in.address, &err)
                             : ms_router_request(router_, t, in.address, in.level, &err);
  if (rc)
    SC_REPORT_ERROR(name(), err.text);
  n_cause_ += in.external || in.level;
  if (in.pending)
    waiting_[n_cause_] = {in.pending, pulses_of(in.address)};
}

/* Brings the router to the present and passes on what came out. */
void mixspike_router::advance() {
  ms_error err{};
  const ms_router_out *o;
  size_t n;
  const ms_time t = to_ps(sc_core::sc_time_stamp());
  while (!inputs_.empty() && inputs_.begin()->first <= t) {
    give(inputs_.begin()->second, inputs_.begin()->first);
    inputs_.erase(inputs_.begin());
  }
  if (ms_router_advance(router_, t, &o, &n, &err)) {
    SC_REPORT_ERROR(name(), err.text);
    return;
  }
  const std::vector<ms_router_out> leaving(o, o + n); /* what they cause may advance the router */
  for (const ms_router_out &each : leaving)
    send(each);
}

void mixspike_router::schedule() {
  const ms_time now = to_ps(sc_core::sc_time_stamp());
  ms_time next = ms_router_next_output(router_);
  if (!inputs_.empty() && inputs_.begin()->first < next)
    next = inputs_.begin()->first;
  wake_.cancel();
  if (next != MS_TIME_NEVER)
    wake_.notify(from_ps(next > now ? next - now : 0));
}

void mixspike_router::run() {
  for (;;) {
    wait(wake_);
    advance();
    schedule();
  }
}

void mixspike_router::send(const ms_router_out &o) {
  ms_router_out copy = o;
  tlm::tlm_generic_payload p;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  p.set_write();
  p.set_address(0);
  p.set_data_ptr(reinterpret_cast<unsigned char *>(&copy));
  p.set_data_length(sizeof copy);
  p.set_streaming_width(sizeof copy);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  out->b_transport(p, delay);
  if (o.kind == MS_OUT_PULSE && o.level && o.cause)
    respond(o.cause);
}

/* One pulse less to wait for. */
void mixspike_router::respond(uint32_t cause) {
  const auto found = waiting_.find(cause);
  if (found == waiting_.end() || --found->second.pulses)
    return;
  tlm::tlm_generic_payload &p = *found->second.payload;
  waiting_.erase(found);
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  p.set_response_status(tlm::TLM_OK_RESPONSE);
  const tlm::tlm_sync_enum answer = event_in->nb_transport_bw(p, phase, delay);
  if (answer != tlm::TLM_ACCEPTED && p.has_mm())
    p.release(); /* completed with the answer; else END_RESP follows */
}

} // namespace mixspike
