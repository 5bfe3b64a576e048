/* SPDX-License-Identifier: Apache-2.0 */
/* The host of the platform: boots a chip from a package and plays its recorded runs. */
#ifndef PLATFORM_HOST_HPP
#define PLATFORM_HOST_HPP

#include <mixspike/package.h>
#include <mixspike/systemc.hpp>

#include <functional>
#include <vector>

class host : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<host> config, events;
  tlm_utils::simple_target_socket<host> spikes;

  /** Chooses the die that the chip is, for the next run. */
  std::function<void(uint64_t die)> insert;
  /** The crossings that the chip recorded in the run that has just ended. */
  std::function<const ms_run_result &()> recorded;

  /** @param window     length of a run
   *  @param tolerance  largest difference of a crossing, ps */
  host(const sc_core::sc_module_name &name, const ms_package &package, const ms_golden &golden,
       sc_core::sc_time window, ms_time tolerance, ms_time clock_ps);

  unsigned runs = 0, equal = 0;
  size_t n_event = 0, n_spike = 0;
  double worst_ps = 0;        ///< largest difference of a crossing
  ms_time longest_way_ps = 0; ///< from a crossing to its event at the output port

  SC_HAS_PROCESS(host);

private:
  void main();
  void boot();
  void play(const ms_golden_run &run);
  bool check(const ms_golden_run &run);
  bool check_port(std::vector<ms_event> golden);
  void write(tlm_utils::simple_initiator_socket<host> &socket, uint64_t address, uint32_t data,
             sc_core::sc_time &delay);
  uint32_t read(uint64_t address, sc_core::sc_time &delay);
  void receive(tlm::tlm_generic_payload &p, sc_core::sc_time &delay);

  const ms_package &package_;
  const ms_golden &golden_;
  const sc_core::sc_time window_;
  const ms_time tolerance_, clock_ps_;
  std::vector<ms_event> received_; ///< of the present run: since its begin
  sc_core::sc_time began_{sc_core::SC_ZERO_TIME};
};

#endif
