/* SPDX-License-Identifier: Apache-2.0 */
/* mixspike_chip: a live run of a chip, brought to SystemC's time whenever a spike may leave it. */
#include "transfer.hpp"

#include "mixspike/router_map.h"

#include <vector>

namespace mixspike {

mixspike_chip::mixspike_chip(const sc_core::sc_module_name &name, const options &options)
    : sc_module(name), config("config"), event_in("event_in"), event_out("event_out"),
      options_(options), wake_("wake") {
  ms_error err{};
  check_resolution(this->name());
  options_.run.t_stop = to_ps(options_.length);
  if (ms_chip_create(&options_.chip, &chip_, &err) || ms_chip_set_die(chip_, &options_.die, &err) ||
      ms_chip_set_pvt(chip_, &options_.pvt, &err))
    SC_REPORT_FATAL(this->name(), err.text);
  config.register_b_transport(this, &mixspike_chip::config_transport);
  config.register_transport_dbg(this, &mixspike_chip::config_debug);
  event_in.register_b_transport(this, &mixspike_chip::event_transport);
  SC_THREAD(run);
}

mixspike_chip::~mixspike_chip() {
  if (live_)
    ms_live_end(live_, nullptr, nullptr);
  ms_run_result_clear(&result_);
  ms_chip_destroy(chip_);
}

void mixspike_chip::set_die(const ms_die &die) {
  ms_error err{};
  if (ms_chip_set_die(chip_, &die, &err))
    SC_REPORT_ERROR(name(), err.text);
}

void mixspike_chip::set_pvt(const ms_pvt &pvt) {
  ms_error err{};
  if (ms_chip_set_pvt(chip_, &pvt, &err))
    SC_REPORT_ERROR(name(), err.text);
}

ms_time mixspike_chip::now() const {
  return to_ps(sc_core::sc_time_stamp() - began_);
}

/* Programs the chip with all that was written, and starts it. */
int mixspike_chip::begin(ms_error *err) {
  std::vector<uint32_t> words;
  for (const auto &w : written_)
    if (w.first != MS_MAP_CONTROL)
      words.insert(words.end(), {w.first, w.second});
  words.insert(words.end(), {MS_MAP_CONTROL, written_[MS_MAP_CONTROL]});
  const auto *write = reinterpret_cast<const uint32_t(*)[2]>(words.data());
  int rc = ms_chip_configure_writes(chip_, write, words.size() / 2, err);
  if (!rc)
    rc = ms_live_begin(chip_, &options_.run, &live_, err);
  if (rc)
    return rc;
  ms_run_result_clear(&result_);
  began_ = sc_core::sc_time_stamp();
  schedule();
  return rc;
}

void mixspike_chip::end() {
  ms_error err{};
  ms_live *live = live_;
  live_ = nullptr;
  wake_.cancel();
  if (live && ms_live_end(live, &result_, &err))
    SC_REPORT_ERROR(name(), err.text);
}

int mixspike_chip::write(uint32_t address, uint32_t data, ms_error *err) {
  const bool enable = address == MS_MAP_CONTROL && data & MS_MAP_CONTROL_ENABLE;
  if (live_ && (address != MS_MAP_CONTROL || enable))
    return ms_fail(err, MS_EINVAL,
                   "write to 0x%05x while the chip runs: clear ENABLE in CONTROL first", address);
  if (live_)
    end();
  ms_router *router = ms_chip_router(chip_);
  int rc = enable ? MS_OK : ms_router_write(router, address, data, err);
  if (rc == MS_EINVAL) { /* a run may end with events under way; the port wants an idle router */
    rc = ms_router_reset(router, err);
    if (!rc)
      rc = ms_router_write(router, address, data, err);
  }
  const uint32_t own = address & ((1u << MS_MAP_ADDRESS_BITS) - 1); /* of one of several cores */
  if (rc || own == MS_MAP_COMMAND || address == MS_MAP_CHIP_COMMAND)
    return rc;
  written_[address] = data;
  return enable ? begin(err) : MS_OK;
}

int mixspike_chip::access(bool writes, uint32_t address, uint32_t *data, ms_error *err) {
  if (writes)
    return write(address, *data, err);
  if (live_)
    advance();
  return ms_router_read(ms_chip_router(chip_), address, data, err);
}

void mixspike_chip::config_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay) {
  config_debug(p);
  /* The answer comes in the cycle after the request. */
  delay += from_ps(2 * options_.chip.core->clock_ps) * (p.get_data_length() / kWord);
}

unsigned mixspike_chip::config_debug(tlm::tlm_generic_payload &p) {
  return kWord * transfer_words(p, error_, [this](bool w, uint32_t a, uint32_t *d, ms_error *e) {
           return access(w, a, d, e);
         });
}

void mixspike_chip::event_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay) {
  uint32_t input;
  ms_error err{};
  if (!event_word(p, error_, &input))
    return;
  int rc = live_ ? ms_live_event(live_, now() + to_ps(delay), input, &err)
                 : ms_fail(&err, MS_EINVAL, "an event for a chip that does not run: set ENABLE");
  if (rc)
    error_ = err.text;
  else
    schedule();
  p.set_response_status(status_of(rc));
}

/* The next time at which the chip has to be looked at. */
void mixspike_chip::schedule() {
  if (!live_)
    return;
  if (options_.quantum != sc_core::SC_ZERO_TIME) {
    const sc_core::sc_time left = from_ps(options_.run.t_stop - now());
    wake_.notify(left < options_.quantum ? left : options_.quantum);
    return;
  }
  wake_.cancel(); /* an event given since may bring it forward */
  const ms_time next = ms_live_next(live_);
  wake_.notify(from_ps(next > now() ? next - now() : 0));
}

/* Spikes go to a thread's socket, since their receiver may wait. */
void mixspike_chip::run() {
  for (;;) {
    wait(wake_);
    if (live_)
      advance();
    schedule();
  }
}

void mixspike_chip::advance() {
  ms_error err{};
  const ms_event *host;
  size_t n;
  const ms_time t = now() < options_.run.t_stop ? now() : options_.run.t_stop;
  if (ms_live_advance(live_, t, &host, &n, &err)) {
    SC_REPORT_ERROR(name(), err.text);
    end();
    return;
  }
  const std::vector<ms_event> leaving(host, host + n); /* what they cause may advance the chip */
  if (t == options_.run.t_stop)
    end();
  for (const ms_event &event : leaving)
    send(event);
}

void mixspike_chip::send(const ms_event &event) {
  if (event_out.size() == 0)
    return;
  uint32_t neuron = event.address;
  event_time stamp;
  tlm::tlm_generic_payload p;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  stamp.t_ps = event.t;
  p.set_write();
  p.set_address(0);
  p.set_data_ptr(reinterpret_cast<unsigned char *>(&neuron));
  p.set_data_length(kWord);
  p.set_streaming_width(kWord);
  p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  p.set_extension(&stamp);
  event_out->b_transport(p, delay);
  p.clear_extension(&stamp);
  if (p.is_response_error())
    SC_REPORT_WARNING(name(), "the receiver refused a spike");
}

void mixspike_chip::end_of_simulation() {
  if (live_)
    end();
}

} // namespace mixspike
