/* SPDX-License-Identifier: Apache-2.0 */
/* One Verilated core, or a mesh of them, behind an interface that is the same for every size. */
#ifndef MS_ROUTER_RTL_CORE_H
#define MS_ROUTER_RTL_CORE_H

#include <cstdint>
#include <memory>
#include <vector>

namespace mixspike {

/** Sizes a core was built with, and how many cores there are in a row and in a column. */
struct CoreSize {
  unsigned neurons, inputs, entries, biases, rows;
  unsigned mesh_cols = 1, mesh_rows = 1;
};

/** Inputs that the next clock edge samples (request lines are set by set_request). */
struct EdgeIn {
  uint32_t now = 0; ///< number of the edge
  bool ext_valid = false;
  uint32_t ext_core = 0, ext_input = 0;
  bool out_ready = true;
  bool cfg_valid = false, cfg_write = false;
  uint32_t cfg_addr = 0, cfg_wdata = 0;
};

/** Outputs of one core as they are after the edge. On a mesh, what the chip has once (its output
 * event, the answer of the configuration port, whether the clock is needed) stands with core 0. */
struct EdgeOut {
  bool start, end;
  uint32_t start_line, start_code, end_line;
  bool out_valid, ext_ready;
  bool port_ready;     ///< the event port's own ready pin, for the core that ext_core names
  uint32_t out_neuron; ///< counted over all cores
  bool cfg_error;
  uint32_t cfg_rdata;
  bool active, end_valid, busy, watch_valid, wait_valid;
  unsigned next_edges;
  uint32_t end_time, free_time, watch_time, wait_time;
  uint64_t ack[4]; ///< one bit a neuron
};

/** Signals that are only looked at while a trace is on. */
struct EdgeWatch {
  bool grant_valid, fanout, row_wait;
  uint32_t grant_neuron, event_level, input_level;
};

class Core {
public:
  virtual ~Core() = default;
  virtual const CoreSize &size() const = 0;
  unsigned cores() const {
    return size().mesh_cols * size().mesh_rows;
  }
  virtual void set_request(unsigned neuron, bool level) = 0;
  virtual void clear_requests() = 0;
  /** One clock cycle. out: [cores()] */
  virtual void clock(const EdgeIn &in, EdgeOut *out) = 0;
  void edge(const EdgeIn &in, EdgeOut &out) {
    clock(in, &out);
  }
  virtual EdgeWatch watch(unsigned core = 0) const = 0;
  /** Counter `index` of rtl/mixspike_pkg.sv, and of those towards the mesh; summed over cores. */
  virtual uint64_t counter(unsigned index) const = 0;
  virtual uint64_t net_counter(unsigned index) const = 0;
  /** Level of a pulse line and its weight bits, as the pins have them; counted over all cores. */
  virtual bool pulse(unsigned line) const = 0;
  virtual unsigned code(unsigned line) const = 0;
  virtual unsigned bias(unsigned index) const = 0;
  /** True once an assertion of the RTL has failed; its text went to standard output. */
  virtual bool failed() const = 0;
  /** Must be called by a thread before it uses the core, if another thread used one. */
  virtual void enter() = 0;

  /** The smallest core that holds these, in reset; null if there is none. */
  static std::unique_ptr<Core> create(unsigned neurons, unsigned inputs, unsigned biases);
  /** The smallest mesh of this shape whose cores each hold their share of these; null if there is
   * none. */
  static std::unique_ptr<Core> create_mesh(unsigned cols, unsigned rows, unsigned neurons,
                                           unsigned inputs, unsigned biases);
  /** The meshes that were built. */
  static std::vector<CoreSize> meshes();
  /** The largest core there is. */
  static CoreSize largest();
};

} // namespace mixspike

#endif
