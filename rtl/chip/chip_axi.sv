// SPDX-License-Identifier: Apache-2.0
// The chip as a system sees it: AXI4-Lite for configuration, events in and out with time stamps in clock
// cycles since reset (register TIME), request, acknowledge and pulse lines towards the analog half.

module chip_axi #(
  parameter  int unsigned Cols        = 2,
  parameter  int unsigned Rows        = 2,
  parameter  int unsigned NumNeurons  = 16,   // of each core, as all sizes below
  parameter  int unsigned NumInputs   = 64,
  parameter  int unsigned NumRows     = 4,
  parameter  int unsigned NumEntries  = 2048,
  parameter  int unsigned NumBiases   = 32,
  parameter  int unsigned NumTags     = 256,
  parameter  int unsigned NumSends    = 128,
  parameter  int unsigned EventDepth  = 16,   // stamped events that wait, in and out
  localparam int unsigned NumCores    = Cols * Rows,
  localparam int unsigned CoreWidth   = mixspike_pkg::index_width(NumCores),
  localparam int unsigned NeuronWidth = mixspike_pkg::index_width(NumNeurons),
  localparam int unsigned InputWidth  = mixspike_pkg::index_width(NumInputs),
  localparam int unsigned NumLines    = NumNeurons * 2 * NumRows,
  localparam int unsigned TimeWidth   = mixspike_pkg::TimeWidth,
  localparam int unsigned AxiAddr     = mixspike_pkg::ChipAddrWidth + 2
) (
  input  logic                                       clk_i,
  input  logic                                       rst_ni,

  // AXI4-Lite.
  input  logic                                       awvalid_i,
  input  logic [AxiAddr-1:0]                         awaddr_i,
  output logic                                       awready_o,
  input  logic                                       wvalid_i,
  input  logic [31:0]                                wdata_i,
  input  logic [3:0]                                 wstrb_i,
  output logic                                       wready_o,
  output logic                                       bvalid_o,
  output logic [1:0]                                 bresp_o,
  input  logic                                       bready_i,
  input  logic                                       arvalid_i,
  input  logic [AxiAddr-1:0]                         araddr_i,
  output logic                                       arready_o,
  output logic                                       rvalid_o,
  output logic [31:0]                                rdata_o,
  output logic [1:0]                                 rresp_o,
  input  logic                                       rready_i,

  // Events in, in order of their times; events out, with the edge of their acknowledge.
  input  logic                                       ext_valid_i,
  input  logic [TimeWidth-1:0]                       ext_time_i,
  input  logic [CoreWidth-1:0]                       ext_core_i,
  input  logic [InputWidth-1:0]                      ext_input_i,
  output logic                                       ext_ready_o,
  output logic                                       out_valid_o,
  output logic [TimeWidth-1:0]                       out_time_o,
  output logic [CoreWidth-1:0]                       out_core_o,
  output logic [NeuronWidth-1:0]                     out_neuron_o,
  input  logic                                       out_ready_i,

  // Analog half.
  input  logic [NumCores*NumNeurons-1:0]             req_i,
  output logic [NumCores*NumNeurons-1:0]             ack_o,
  output logic [NumCores*NumLines-1:0]               pulse_o,
  output logic [NumCores*NumLines*mixspike_pkg::CodeWidth-1:0] code_o,
  output logic [NumCores*NumBiases*mixspike_pkg::BiasWidth-1:0] bias_o
);

  logic                                   cfg_valid, cfg_write, cfg_ready, cfg_rvalid, cfg_error;
  logic                                   cfg_missing;
  logic [mixspike_pkg::ChipAddrWidth-1:0] cfg_addr;
  logic [31:0]                            cfg_wdata, cfg_rdata;
  logic [TimeWidth-1:0]                   now_q;  // number of the coming edge
  logic                                   ext_valid, ext_ready, late;
  logic [CoreWidth-1:0]                   ext_core;
  logic [InputWidth-1:0]                  ext_input;
  logic                                   out_valid, out_full;
  logic [TimeWidth-1:0]                   out_time;
  logic [CoreWidth-1:0]                   out_core;
  logic [NeuronWidth-1:0]                 out_neuron;
  logic [mixspike_pkg::index_width(EventDepth+1)-1:0] unused_level;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      now_q <= TimeWidth'(1);
    end else begin
      now_q <= now_q + 1'b1;
    end
  end

  axi_lite u_axi (
    .clk_i,
    .rst_ni,
    .awvalid_i,
    .awaddr_i,
    .awready_o,
    .wvalid_i,
    .wdata_i,
    .wstrb_i,
    .wready_o,
    .bvalid_o,
    .bresp_o,
    .bready_i,
    .arvalid_i,
    .araddr_i,
    .arready_o,
    .rvalid_o,
    .rdata_o,
    .rresp_o,
    .rready_i,
    .cfg_valid_o  (cfg_valid),
    .cfg_write_o  (cfg_write),
    .cfg_addr_o   (cfg_addr),
    .cfg_wdata_o  (cfg_wdata),
    .cfg_ready_i  (cfg_ready),
    .cfg_rvalid_i (cfg_rvalid),
    .cfg_rdata_i  (cfg_rdata),
    .cfg_error_i  (cfg_error),
    .cfg_missing_i(cfg_missing)
  );

  stamped_input #(
    .Width(CoreWidth + InputWidth),
    .Depth(EventDepth)
  ) u_input (
    .clk_i,
    .rst_ni,
    .now_i  (now_q),
    .valid_i(ext_valid_i),
    .time_i (ext_time_i),
    .data_i ({ext_core_i, ext_input_i}),
    .ready_o(ext_ready_o),
    .valid_o(ext_valid),
    .data_o ({ext_core, ext_input}),
    .ready_i(ext_ready),
    .late_o (late)
  );

  // An event that waits at the output stays as it is.
  event_fifo #(
    .Width(TimeWidth + CoreWidth + NeuronWidth),
    .Depth(EventDepth)
  ) u_output (
    .clk_i,
    .rst_ni,
    .push_i (out_valid && !out_full),
    .data_i ({out_time, out_core, out_neuron}),
    .full_o (out_full),
    .pop_i  (out_valid_o && out_ready_i),
    .data_o ({out_time_o, out_core_o, out_neuron_o}),
    .valid_o(out_valid_o),
    .level_o(unused_level)
  );

  chip_top #(
    .Cols      (Cols),
    .Rows      (Rows),
    .NumNeurons(NumNeurons),
    .NumInputs (NumInputs),
    .NumRows   (NumRows),
    .NumEntries(NumEntries),
    .NumBiases (NumBiases),
    .NumTags   (NumTags),
    .NumSends  (NumSends)
  ) u_chip (
    .clk_i,
    .rst_ni,
    .now_i         (now_q),
    .cfg_valid_i   (cfg_valid),
    .cfg_write_i   (cfg_write),
    .cfg_addr_i    (cfg_addr),
    .cfg_wdata_i   (cfg_wdata),
    .cfg_ready_o   (cfg_ready),
    .cfg_rvalid_o  (cfg_rvalid),
    .cfg_rdata_o   (cfg_rdata),
    .cfg_error_o   (cfg_error),
    .cfg_missing_o (cfg_missing),
    .req_i,
    .ack_o,
    .pulse_o,
    .code_o,
    .bias_o,
    .ext_valid_i   (ext_valid),
    .ext_core_i    (ext_core),
    .ext_input_i   (ext_input),
    .ext_ready_o   (ext_ready),
    .ext_late_i    (late),
    .out_valid_o   (out_valid),
    .out_core_o    (out_core),
    .out_neuron_o  (out_neuron),
    .out_time_o    (out_time),
    .out_ready_i   (!out_full),
    // For simulation.
    .start_o       (),
    .start_line_o  (),
    .start_code_o  (),
    .end_o         (),
    .end_line_o    (),
    .active_o      (),
    .next_edges_o  (),
    .end_valid_o   (),
    .end_time_o    (),
    .busy_o        (),
    .free_time_o   (),
    .watch_valid_o (),
    .watch_time_o  (),
    .wait_valid_o  (),
    .wait_time_o   (),
    .grant_valid_o (),
    .grant_neuron_o(),
    .event_level_o (),
    .input_level_o (),
    .fanout_o      (),
    .row_wait_o    ()
  );

endmodule
