/* SPDX-License-Identifier: Apache-2.0 */
/* SystemC modules for virtual platforms: a whole mixed-signal chip, and its router alone
 * (docs/systemc.md). Link mixspike::systemc. TLM-2.0, base protocol. */
#ifndef MIXSPIKE_SYSTEMC_HPP
#define MIXSPIKE_SYSTEMC_HPP

#include "mixspike/live.h"

#include <map>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace mixspike {

/** Time in the chip's unit. */
inline ms_time to_ps(const sc_core::sc_time &t) {
  return static_cast<ms_time>(t / sc_core::sc_time(1, sc_core::SC_PS) + 0.5);
}
inline sc_core::sc_time from_ps(ms_time t) {
  return sc_core::sc_time(static_cast<double>(t), sc_core::SC_PS);
}

/** Goes with an event that leaves a module: its exact time since the run began, in ps. The transfer
 * itself comes no earlier and, with a quantum, up to the quantum later. */
struct event_time : tlm::tlm_extension<event_time> {
  ms_time t_ps = 0;
  tlm_extension_base *clone() const override {
    return new event_time(*this);
  }
  void copy_from(const tlm_extension_base &other) override {
    t_ps = static_cast<const event_time &>(other).t_ps;
  }
};

/**
 * The whole chip: Verilated router and analog engine. A run begins, from reset, with the write that
 * sets ENABLE in CONTROL and ends with the one that clears it, or after `length`; 0 ps of the run
 * is the SystemC time of that write. On a chip of several cores (`cols`, `rows` of its options) that
 * is core 0's CONTROL; the others are enabled before it.
 *
 * - `config`: the register map of router_map.h, word address times 4, 4 bytes a transfer.
 * Everything can be read back. While events are under way the port answers
 * TLM_GENERIC_ERROR_RESPONSE. transport_dbg is the same without time.
 * - `event_in`: a write of 4 bytes is an event for the external input with that number, at the
 *   present time plus the annotated delay. Any address. Non-blocking calls work as well.
 * - `event_out`: every spike that leaves the chip is a write of 4 bytes, the neuron's number, to
 *   address 0, with the extension event_time. May stay unbound.
 */
class mixspike_chip : public sc_core::sc_module {
public:
  struct options {
    ms_chip_options
        chip{}; ///< core, engine, router, sizes; what it points to must outlive the chip
    ms_die die{};
    ms_pvt pvt{};
    ms_run_options run{};                       ///< what to record; t_stop is set from length
    sc_core::sc_time length{1, sc_core::SC_MS}; ///< latest end of a run
    /** Zero: every spike leaves at its time, to the picosecond. Else the chip is looked at once in
     * a quantum only, which is faster, and spikes leave at the end of theirs. */
    sc_core::sc_time quantum{sc_core::SC_ZERO_TIME};
  };

  tlm_utils::simple_target_socket<mixspike_chip> config, event_in;
  tlm_utils::simple_initiator_socket_optional<mixspike_chip> event_out;

  /** Reports what is wrong with the options by SC_REPORT_FATAL. */
  mixspike_chip(const sc_core::sc_module_name &name, const options &options);
  ~mixspike_chip() override;
  mixspike_chip(const mixspike_chip &) = delete;
  mixspike_chip &operator=(const mixspike_chip &) = delete;

  /** What the last run recorded, valid once it has ended and until the next begins. */
  const ms_run_result &result() const {
    return result_;
  }
  bool running() const {
    return live_ != nullptr;
  }
  /** Choose the die and the point of operation of the next run. */
  void set_die(const ms_die &die);
  void set_pvt(const ms_pvt &pvt);
  /** Why the last transfer was answered with an error. */
  const std::string &error() const {
    return error_;
  }
  ms_chip *handle() {
    return chip_;
  }
  void end_of_simulation() override;

  SC_HAS_PROCESS(mixspike_chip);

private:
  void config_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  unsigned config_debug(tlm::tlm_generic_payload &p);
  void event_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  int access(bool write, uint32_t address, uint32_t *data, ms_error *err);
  int write(uint32_t address, uint32_t data, ms_error *err);
  int begin(ms_error *err);
  void end();
  void run();
  void advance();
  void schedule();
  ms_time now() const; ///< of the run
  void send(const ms_event &event);

  options options_;
  ms_chip *chip_ = nullptr;
  ms_live *live_ = nullptr;
  ms_run_result result_{};
  std::map<uint32_t, uint32_t> written_; ///< what every register and memory word was given last
  sc_core::sc_time began_{sc_core::SC_ZERO_TIME};
  sc_core::sc_event wake_;
  std::string error_;
};

/**
 * The router alone, at any level of the ladder: `tlm_lt` for loosely timed, `tlm` for approximately
 * timed platforms, `rtl` to compare with.
 *
 * - `config`: as of mixspike_chip.
 * - `event_in`: as of mixspike_chip. Loosely timed: b_transport adds the time until the port has
 *   taken the event. Approximately timed: nb_transport_fw with BEGIN_REQ is answered on the
 * backward path by BEGIN_RESP when the last of its pulses has started (or, for an event without
 *   connections, by TLM_COMPLETED at once); END_RESP closes it. `rtl` cannot tell which
 * event made a pulse, and on a mesh an event may end in many cores: these complete non-blocking
 * calls at once.
 * - `request_in`: a write of 4 bytes at address 4 n is the level of neuron n's request line.
 * - `out`: every output is a write of one ms_router_out, with its time in ps since 0 s.
 */
class mixspike_router : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<mixspike_router> config, event_in, request_in;
  tlm_utils::simple_initiator_socket<mixspike_router> out;

  /** Reports what is wrong with the options by SC_REPORT_FATAL. */
  mixspike_router(const sc_core::sc_module_name &name, const ms_router_options &options);
  ~mixspike_router() override;
  mixspike_router(const mixspike_router &) = delete;
  mixspike_router &operator=(const mixspike_router &) = delete;

  ms_router *handle() {
    return router_;
  }
  const std::string &error() const {
    return error_;
  }

  SC_HAS_PROCESS(mixspike_router);

private:
  /** An input whose time has not come. */
  struct input {
    bool external, level;
    unsigned address;
    tlm::tlm_generic_payload *pending; ///< answered when delivered; null: nobody waits
  };

  void config_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  unsigned config_debug(tlm::tlm_generic_payload &p);
  int access(bool write, uint32_t address, uint32_t *data, ms_error *err);
  void event_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  tlm::tlm_sync_enum event_forward(tlm::tlm_generic_payload &p, tlm::tlm_phase &phase,
                                   sc_core::sc_time &delay);
  void request_transport(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);
  void respond(uint32_t cause);
  void run();
  void advance();
  void give(const input &in, ms_time t);
  void schedule();
  void send(const ms_router_out &o);
  unsigned pulses_of(unsigned input) const;

  ms_router *router_ = nullptr;
  unsigned n_neuron_, n_input_;
  ms_time clock_ps_;
  bool names_causes_;
  std::multimap<ms_time, input> inputs_;
  std::map<uint32_t, uint32_t> written_; ///< routing table and entries, to count an event's pulses
  uint32_t n_cause_ = 0, built_neurons_ = 0;
  struct waiting {
    tlm::tlm_generic_payload *payload;
    unsigned pulses;
  };
  std::map<uint32_t, waiting> waiting_; ///< by cause
  sc_core::sc_event wake_;
  std::string error_;
};

} // namespace mixspike

#endif
