// SPDX-License-Identifier: Apache-2.0
// A chip of Cols x Rows cores on a mesh. Vectors hold one field a core; neuron n of core k is bit
// k * NumNeurons + n of the requests. With one core and no send entries it behaves as core_top.

module chip_top #(
  parameter  int unsigned Cols        = 2,
  parameter  int unsigned Rows        = 2,
  parameter  int unsigned NumNeurons  = 16,   // of each core, as all sizes below
  parameter  int unsigned NumInputs   = 64,
  parameter  int unsigned NumRows     = 4,
  parameter  int unsigned NumEntries  = 2048,
  parameter  int unsigned NumBiases   = 32,
  parameter  int unsigned NumTags     = 256,
  parameter  int unsigned NumSends    = 128,
  parameter  int unsigned SyncStages  = 2,
  parameter  int unsigned LinkDepth   = 4,    // flits that each side of a mesh node queues
  localparam int unsigned NumCores    = Cols * Rows,
  localparam int unsigned CoreWidth   = mixspike_pkg::index_width(NumCores),
  localparam int unsigned NeuronWidth = mixspike_pkg::index_width(NumNeurons),
  localparam int unsigned InputWidth  = mixspike_pkg::index_width(NumInputs),
  localparam int unsigned NumLines    = NumNeurons * 2 * NumRows,
  localparam int unsigned LineWidth   = mixspike_pkg::index_width(NumLines),
  localparam int unsigned CodeWidth   = mixspike_pkg::CodeWidth,
  localparam int unsigned BiasWidth   = mixspike_pkg::BiasWidth,
  localparam int unsigned TimeWidth   = mixspike_pkg::TimeWidth
) (
  input  logic                                     clk_i,
  input  logic                                     rst_ni,
  input  logic [TimeWidth-1:0]                     now_i,

  // Configuration port: one access a cycle, the response in the next.
  input  logic                                     cfg_valid_i,
  input  logic                                     cfg_write_i,
  input  logic [mixspike_pkg::ChipAddrWidth-1:0]   cfg_addr_i,
  input  logic [31:0]                              cfg_wdata_i,
  output logic                                     cfg_ready_o,
  output logic                                     cfg_rvalid_o,
  output logic [31:0]                              cfg_rdata_o,
  output logic                                     cfg_error_o,
  output logic                                     cfg_missing_o,

  // Analog half.
  input  logic [NumCores*NumNeurons-1:0]           req_i,
  output logic [NumCores*NumNeurons-1:0]           ack_o,
  output logic [NumCores*NumLines-1:0]             pulse_o,
  output logic [NumCores*NumLines*CodeWidth-1:0]   code_o,
  output logic [NumCores*NumBiases*BiasWidth-1:0]  bias_o,

  // External events in, neuron spikes out with the edge of their acknowledge.
  input  logic                                     ext_valid_i,
  input  logic [CoreWidth-1:0]                     ext_core_i,
  input  logic [InputWidth-1:0]                    ext_input_i,
  output logic                                     ext_ready_o,
  input  logic                                     ext_late_i,  // counted
  output logic                                     out_valid_o,
  output logic [CoreWidth-1:0]                     out_core_o,
  output logic [NeuronWidth-1:0]                   out_neuron_o,
  output logic [TimeWidth-1:0]                     out_time_o,
  input  logic                                     out_ready_i,

  // As core_top has them, one field a core.
  output logic [NumCores-1:0]                      start_o,
  output logic [NumCores*LineWidth-1:0]            start_line_o,
  output logic [NumCores*CodeWidth-1:0]            start_code_o,
  output logic [NumCores-1:0]                      end_o,
  output logic [NumCores*LineWidth-1:0]            end_line_o,
  output logic                                     active_o,
  output logic [1:0]                               next_edges_o,
  output logic [NumCores-1:0]                      end_valid_o,
  output logic [NumCores*TimeWidth-1:0]            end_time_o,
  output logic [NumCores-1:0]                      busy_o,
  output logic [NumCores*TimeWidth-1:0]            free_time_o,
  output logic [NumCores-1:0]                      watch_valid_o,
  output logic [NumCores*TimeWidth-1:0]            watch_time_o,
  output logic [NumCores-1:0]                      wait_valid_o,
  output logic [NumCores*TimeWidth-1:0]            wait_time_o,
  output logic [NumCores-1:0]                      grant_valid_o,
  output logic [NumCores*NeuronWidth-1:0]          grant_neuron_o,
  output logic [NumCores*5-1:0]                    event_level_o,
  output logic [NumCores*5-1:0]                    input_level_o,
  output logic [NumCores-1:0]                      fanout_o,
  output logic [NumCores-1:0]                      row_wait_o
);

  localparam int unsigned AddrWidth = mixspike_pkg::AddrWidth;
  localparam int unsigned TagWidth = mixspike_pkg::index_width(NumTags);
  localparam int unsigned FlitWidth = TagWidth + NumCores;
  localparam int unsigned SelWidth = mixspike_pkg::index_width(NumCores + 1);

  logic                                  clear, clear_counters, rst_dyn_n, mesh_active;
  logic [NumCores-1:0]                   cfg_core, core_active;
  logic [4:0]                            cfg_select;
  logic [SelWidth-1:0]                   select_q;
  logic                                  cfg_chip, cfg_none, rvalid_q, none_q;
  logic [(NumCores+1)*32-1:0]            rdata;
  logic [NumCores:0]                     error, missing;
  logic [NumCores*2-1:0]                 next_edges;

  logic                                  ext_known;
  logic [NumCores-1:0]                   ext_valid, ext_ready;
  logic [NumCores-1:0]                   out_valid, out_grant;
  logic                                  unused_taken;
  logic [NumCores*NeuronWidth-1:0]       out_neuron;
  logic [NumCores*TimeWidth-1:0]         out_time;

  logic [NumCores-1:0]                   flit_valid, flit_ready, tag_valid, tag_ready;
  logic [NumCores*FlitWidth-1:0]         flit;
  logic [NumCores*TagWidth-1:0]          tag;

  assign rst_dyn_n = rst_ni & ~clear;

  for (genvar k = 0; k < NumCores; k++) begin : gen_core
    assign cfg_core[k] = cfg_valid_i && (cfg_select == 5'(k));
    assign ext_valid[k] = ext_valid_i && (32'(ext_core_i) == k);

    node #(
      .NumNeurons(NumNeurons),
      .NumInputs (NumInputs),
      .NumRows   (NumRows),
      .NumEntries(NumEntries),
      .NumBiases (NumBiases),
      .NumTags   (NumTags),
      .NumSends  (NumSends),
      .Cols      (Cols),
      .Rows      (Rows),
      .SyncStages(SyncStages)
    ) u_node (
      .clk_i,
      .rst_ni,
      .clear_i         (clear),
      .clear_counters_i(clear_counters),
      .now_i,
      .cfg_valid_i     (cfg_core[k]),
      .cfg_write_i,
      .cfg_addr_i      (cfg_addr_i[AddrWidth-1:0]),
      .cfg_wdata_i,
      .cfg_rdata_o     (rdata[k*32+:32]),
      .cfg_error_o     (error[k]),
      .cfg_missing_o   (missing[k]),
      .req_i           (req_i[k*NumNeurons+:NumNeurons]),
      .ack_o           (ack_o[k*NumNeurons+:NumNeurons]),
      .pulse_o         (pulse_o[k*NumLines+:NumLines]),
      .code_o          (code_o[k*NumLines*CodeWidth+:NumLines*CodeWidth]),
      .bias_o          (bias_o[k*NumBiases*BiasWidth+:NumBiases*BiasWidth]),
      .ext_valid_i     (ext_valid[k]),
      .ext_input_i,
      .ext_ready_o     (ext_ready[k]),
      .out_valid_o     (out_valid[k]),
      .out_neuron_o    (out_neuron[k*NeuronWidth+:NeuronWidth]),
      .out_time_o      (out_time[k*TimeWidth+:TimeWidth]),
      .out_ready_i     (out_grant[k]),
      .flit_valid_o    (flit_valid[k]),
      .flit_o          (flit[k*FlitWidth+:FlitWidth]),
      .flit_ready_i    (flit_ready[k]),
      .tag_valid_i     (tag_valid[k]),
      .tag_i           (tag[k*TagWidth+:TagWidth]),
      .tag_ready_o     (tag_ready[k]),
      .start_o         (start_o[k]),
      .start_line_o    (start_line_o[k*LineWidth+:LineWidth]),
      .start_code_o    (start_code_o[k*CodeWidth+:CodeWidth]),
      .end_o           (end_o[k]),
      .end_line_o      (end_line_o[k*LineWidth+:LineWidth]),
      .active_o        (core_active[k]),
      .next_edges_o    (next_edges[k*2+:2]),
      .end_valid_o     (end_valid_o[k]),
      .end_time_o      (end_time_o[k*TimeWidth+:TimeWidth]),
      .busy_o          (busy_o[k]),
      .free_time_o     (free_time_o[k*TimeWidth+:TimeWidth]),
      .watch_valid_o   (watch_valid_o[k]),
      .watch_time_o    (watch_time_o[k*TimeWidth+:TimeWidth]),
      .wait_valid_o    (wait_valid_o[k]),
      .wait_time_o     (wait_time_o[k*TimeWidth+:TimeWidth]),
      .grant_valid_o   (grant_valid_o[k]),
      .grant_neuron_o  (grant_neuron_o[k*NeuronWidth+:NeuronWidth]),
      .event_level_o   (event_level_o[k*5+:5]),
      .input_level_o   (input_level_o[k*5+:5]),
      .fanout_o        (fanout_o[k]),
      .row_wait_o      (row_wait_o[k])
    );
  end

  mesh #(
    .Cols    (Cols),
    .Rows    (Rows),
    .TagWidth(TagWidth),
    .Depth   (LinkDepth)
  ) u_mesh (
    .clk_i,
    .rst_ni     (rst_dyn_n),
    .in_valid_i (flit_valid),
    .in_flit_i  (flit),
    .in_ready_o (flit_ready),
    .out_valid_o(tag_valid),
    .out_tag_o  (tag),
    .out_ready_i(tag_ready),
    .active_o   (mesh_active)
  );

  // Configuration: the core that the upper address bits name, or the chip itself.
  assign cfg_select = cfg_addr_i[AddrWidth+:5];
  assign cfg_chip = cfg_valid_i && (cfg_select == mixspike_pkg::ChipSelect);
  assign cfg_none = cfg_valid_i && (32'(cfg_select) >= NumCores) && !cfg_chip;
  assign cfg_ready_o = 1'b1;

  chip_regs #(
    .Cols(Cols),
    .Rows(Rows)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .now_i,
    .cfg_valid_i     (cfg_chip),
    .cfg_write_i,
    .cfg_addr_i      (cfg_addr_i[AddrWidth-1:0]),
    .cfg_wdata_i,
    .cfg_rdata_o     (rdata[NumCores*32+:32]),
    .cfg_error_o     (error[NumCores]),
    .cfg_missing_o   (missing[NumCores]),
    .bad_i           (cfg_none || (ext_valid_i && !ext_known)),
    .late_i          (ext_late_i),
    .active_i        (active_o),
    .clear_o         (clear),
    .clear_counters_o(clear_counters)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rvalid_q <= 1'b0;
      none_q <= 1'b0;
      select_q <= '0;
    end else begin
      rvalid_q <= cfg_valid_i;
      if (cfg_valid_i) begin
        none_q <= cfg_none;
        select_q <= cfg_chip ? SelWidth'(NumCores) : cfg_select[SelWidth-1:0];
      end
    end
  end

  assign cfg_rvalid_o = rvalid_q;
  assign cfg_rdata_o = none_q ? '0 : rdata[select_q*32+:32];
  assign cfg_error_o = none_q || error[select_q];
  assign cfg_missing_o = none_q || missing[select_q];

  // Events for a core that does not exist are taken and counted.
  assign ext_known = 32'(ext_core_i) < NumCores;
  assign ext_ready_o = !ext_known || ext_ready[ext_core_i];

  // Cores take turns at the output.
  rr_arbiter #(
    .Width(NumCores)
  ) u_out (
    .clk_i,
    .rst_ni (rst_dyn_n),
    .ready_i(out_ready_i),
    .extra_i(1'b0),
    .req_i  (out_valid),
    .grant_o(out_grant),
    .index_o(out_core_o),
    .valid_o(unused_taken)
  );

  assign out_valid_o = |out_valid;
  assign out_neuron_o = out_neuron[out_core_o*NeuronWidth+:NeuronWidth];
  assign out_time_o = out_time[out_core_o*TimeWidth+:TimeWidth];

  assign active_o = (|core_active) || mesh_active;

  // What is on its way to a core needs three edges at least to reach a row.
  always_comb begin
    next_edges_o = active_o ? 2'd3 : 2'd0;
    for (int unsigned k = 0; k < NumCores; k++) begin
      if (next_edges[k*2+:2] != 2'd0 && next_edges[k*2+:2] < next_edges_o) begin
        next_edges_o = next_edges[k*2+:2];
      end
    end
  end

endmodule
