// SPDX-License-Identifier: Apache-2.0
// A core with its port to the mesh: events leave through the axon, tags arrive and take their turn at the
// core's fan-out like any other source.

module node #(
  parameter  int unsigned NumNeurons  = 16,
  parameter  int unsigned NumInputs   = 64,
  parameter  int unsigned NumRows     = 4,
  parameter  int unsigned NumEntries  = 2048,
  parameter  int unsigned NumBiases   = 32,
  parameter  int unsigned NumTags     = 256,
  parameter  int unsigned NumSends    = 128,
  parameter  int unsigned Cols        = 2,
  parameter  int unsigned Rows        = 2,
  parameter  int unsigned SyncStages  = 2,
  parameter  int unsigned QueueDepth  = 4,
  parameter  int unsigned DelayDepth  = 16,
  localparam int unsigned NumCores    = Cols * Rows,
  localparam int unsigned NeuronWidth = mixspike_pkg::index_width(NumNeurons),
  localparam int unsigned InputWidth  = mixspike_pkg::index_width(NumInputs),
  localparam int unsigned NumLines    = NumNeurons * 2 * NumRows,
  localparam int unsigned LineWidth   = mixspike_pkg::index_width(NumLines),
  localparam int unsigned TagWidth    = mixspike_pkg::index_width(NumTags),
  localparam int unsigned TimeWidth   = mixspike_pkg::TimeWidth
) (
  input  logic                                        clk_i,
  input  logic                                        rst_ni,
  input  logic                                        clear_i,
  input  logic                                        clear_counters_i,
  input  logic [TimeWidth-1:0]                        now_i,

  input  logic                                        cfg_valid_i,
  input  logic                                        cfg_write_i,
  input  logic [mixspike_pkg::AddrWidth-1:0]          cfg_addr_i,
  input  logic [31:0]                                 cfg_wdata_i,
  output logic [31:0]                                 cfg_rdata_o,
  output logic                                        cfg_error_o,
  output logic                                        cfg_missing_o,

  input  logic [NumNeurons-1:0]                       req_i,
  output logic [NumNeurons-1:0]                       ack_o,
  output logic [NumLines-1:0]                         pulse_o,
  output logic [NumLines*mixspike_pkg::CodeWidth-1:0] code_o,
  output logic [NumBiases*mixspike_pkg::BiasWidth-1:0] bias_o,

  input  logic                                        ext_valid_i,
  input  logic [InputWidth-1:0]                       ext_input_i,
  output logic                                        ext_ready_o,
  output logic                                        out_valid_o,
  output logic [NeuronWidth-1:0]                      out_neuron_o,
  output logic [TimeWidth-1:0]                        out_time_o,
  input  logic                                        out_ready_i,

  output logic                                        flit_valid_o,
  output logic [TagWidth+NumCores-1:0]                flit_o,
  input  logic                                        flit_ready_i,
  input  logic                                        tag_valid_i,
  input  logic [TagWidth-1:0]                         tag_i,
  output logic                                        tag_ready_o,

  output logic                                        start_o,
  output logic [LineWidth-1:0]                        start_line_o,
  output logic [mixspike_pkg::CodeWidth-1:0]          start_code_o,
  output logic                                        end_o,
  output logic [LineWidth-1:0]                        end_line_o,

  output logic                                        active_o,
  output logic [1:0]                                  next_edges_o,
  output logic                                        end_valid_o,
  output logic [TimeWidth-1:0]                        end_time_o,
  output logic                                        busy_o,
  output logic [TimeWidth-1:0]                        free_time_o,
  output logic                                        watch_valid_o,
  output logic [TimeWidth-1:0]                        watch_time_o,
  output logic                                        wait_valid_o,  // a delay ends at wait_time_o
  output logic [TimeWidth-1:0]                        wait_time_o,

  output logic                                        grant_valid_o,
  output logic [NeuronWidth-1:0]                      grant_neuron_o,
  output logic [4:0]                                  event_level_o,
  output logic [4:0]                                  input_level_o,
  output logic                                        fanout_o,
  output logic                                        row_wait_o
);

  // One compiled node serves all cores of a simulated chip.
  // verilator no_inline_module

  localparam int unsigned NumSources = NumNeurons + NumInputs;
  localparam int unsigned SourceWidth = mixspike_pkg::index_width(NumSources);
  localparam int unsigned SendAw = mixspike_pkg::index_width(NumSends);
  localparam int unsigned NumCounters = mixspike_pkg::NumNetCounters;
  localparam int unsigned CounterAw = mixspike_pkg::index_width(NumCounters);
  localparam int unsigned IncWidth = mixspike_pkg::NetIncWidth;

  logic                                  clear, clear_counters, rst_dyn_n, core_active;
  logic                                  enable, axon_full, axon_active;
  logic [mixspike_pkg::ShiftWidth-1:0]   shift;
  logic [mixspike_pkg::PulseWidth-1:0]   timeout;
  logic                                  send_valid, send_wait;
  logic [SourceWidth-1:0]                send_source;
  logic                                  sent, delay_wait, mesh_wait, expired, bad_send;

  logic                                  tag_wait, tag_bad;

  logic                                  net_mine, net_known, net_mine_q, net_known_q;
  logic                                  tag_req, dest_req;
  logic [SendAw-1:0]                     send_addr;
  logic [31:0]                           tag_rdata, dest_rdata, net_rdata, core_rdata;
  logic                                  core_error, core_missing;
  logic                                  unused_ready, unused_rvalid;
  logic [CounterAw-1:0]                  counter_index;
  logic [mixspike_pkg::CounterWidth-1:0] counter;
  logic [NumCounters*IncWidth-1:0]       inc;

  assign rst_dyn_n = rst_ni & ~clear;

  core_top #(
    .NumNeurons(NumNeurons),
    .NumInputs (NumInputs),
    .NumRows   (NumRows),
    .NumEntries(NumEntries),
    .NumBiases (NumBiases),
    .NumTags   (NumTags),
    .SyncStages(SyncStages),
    .TagDepth  (QueueDepth)
  ) u_core (
    .clk_i,
    .rst_ni,
    .clear_i,
    .clear_counters_i,
    .now_i,
    .cfg_valid_i     (cfg_valid_i && !net_mine),
    .cfg_write_i,
    .cfg_addr_i,
    .cfg_wdata_i,
    .cfg_ready_o     (unused_ready),
    .cfg_rvalid_o    (unused_rvalid),
    .cfg_rdata_o     (core_rdata),
    .cfg_error_o     (core_error),
    .cfg_missing_o   (core_missing),
    .req_i,
    .ack_o,
    .pulse_o,
    .code_o,
    .bias_o,
    .ext_valid_i,
    .ext_input_i,
    .ext_ready_o,
    .out_valid_o,
    .out_neuron_o,
    .out_time_o,
    .out_ready_i,
    .tag_valid_i,
    .tag_i,
    .tag_ready_o,
    .tag_wait_o      (tag_wait),
    .tag_bad_o       (tag_bad),
    .send_valid_o    (send_valid),
    .send_source_o   (send_source),
    .send_wait_o     (send_wait),
    .send_full_i     (enable && axon_full),
    .clear_o         (clear),
    .clear_counters_o(clear_counters),
    .start_o,
    .start_line_o,
    .start_code_o,
    .end_o,
    .end_line_o,
    .active_o        (core_active),
    .next_edges_o,
    .end_valid_o,
    .end_time_o,
    .busy_o,
    .free_time_o,
    .watch_valid_o,
    .watch_time_o,
    .grant_valid_o,
    .grant_neuron_o,
    .event_level_o,
    .input_level_o,
    .fanout_o,
    .row_wait_o
  );

  axon #(
    .NumSources(NumSources),
    .NumSends  (NumSends),
    .NumCores  (NumCores),
    .TagWidth  (TagWidth),
    .QueueDepth(QueueDepth),
    .DelayDepth(DelayDepth)
  ) u_axon (
    .clk_i,
    .rst_ni          (rst_dyn_n),
    .now_i,
    .shift_i         (shift),
    .timeout_i       (timeout),
    .event_valid_i   (enable && send_valid),
    .event_source_i  (send_source),
    .full_o          (axon_full),
    .flit_valid_o,
    .flit_tag_o      (flit_o[NumCores+:TagWidth]),
    .flit_cores_o    (flit_o[NumCores-1:0]),
    .flit_ready_i,
    .cfg_tag_req_i   (tag_req),
    .cfg_dest_req_i  (dest_req),
    .cfg_write_i,
    .cfg_addr_i      (send_addr),
    .cfg_wdata_i,
    .cfg_tag_rdata_o (tag_rdata),
    .cfg_dest_rdata_o(dest_rdata),
    .active_o        (axon_active),
    .wait_valid_o,
    .wait_time_o,
    .sent_o          (sent),
    .delay_wait_o    (delay_wait),
    .mesh_wait_o     (mesh_wait),
    .expired_o       (expired),
    .bad_send_o      (bad_send)
  );

  network_regs #(
    .Cols    (Cols),
    .Rows    (Rows),
    .NumTags (NumTags),
    .NumSends(NumSends)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .cfg_valid_i,
    .cfg_write_i,
    .cfg_addr_i,
    .cfg_wdata_i,
    .mine_o         (net_mine),
    .known_o        (net_known),
    .cfg_rdata_o    (net_rdata),
    .enable_o       (enable),
    .shift_o        (shift),
    .timeout_o      (timeout),
    .tag_req_o      (tag_req),
    .dest_req_o     (dest_req),
    .send_addr_o    (send_addr),
    .tag_rdata_i    (tag_rdata),
    .dest_rdata_i   (dest_rdata),
    .counter_index_o(counter_index),
    .counter_i      (counter),
    .status_i       ({tag_wait, wait_valid_o, axon_active})
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      net_mine_q <= 1'b0;
      net_known_q <= 1'b0;
    end else if (cfg_valid_i) begin
      net_mine_q <= net_mine;
      net_known_q <= net_known;
    end
  end

  assign cfg_rdata_o = net_mine_q ? net_rdata : core_rdata;
  assign cfg_error_o = !net_mine_q && core_error;
  assign cfg_missing_o = cfg_error_o && core_missing && !net_known_q;

  always_comb begin
    inc = '0;
    inc[mixspike_pkg::NetSent*IncWidth+:IncWidth] = IncWidth'(sent);
    inc[mixspike_pkg::NetReceived*IncWidth+:IncWidth] = IncWidth'(tag_valid_i && tag_ready_o);
    inc[mixspike_pkg::NetSendWait*IncWidth+:IncWidth] = IncWidth'(send_wait);
    inc[mixspike_pkg::NetDelayWait*IncWidth+:IncWidth] = IncWidth'(delay_wait);
    inc[mixspike_pkg::NetMeshWait*IncWidth+:IncWidth] = IncWidth'(mesh_wait);
    inc[mixspike_pkg::NetReceiveWait*IncWidth+:IncWidth] = IncWidth'(tag_valid_i && !tag_ready_o);
    inc[mixspike_pkg::NetExpired*IncWidth+:IncWidth] = IncWidth'(expired);
    inc[mixspike_pkg::NetBadSend*IncWidth+:IncWidth] = IncWidth'(bad_send);
    inc[mixspike_pkg::NetBadTag*IncWidth+:IncWidth] = IncWidth'(tag_bad);
  end

  event_counters #(
    .NumCounters(NumCounters),
    .IncWidth   (IncWidth)
  ) u_counters (
    .clk_i,
    .rst_ni,
    .clear_i(clear_counters),
    .inc_i  (inc),
    .index_i(counter_index),
    .count_o(counter)
  );

  assign active_o = core_active || axon_active;

endmodule
