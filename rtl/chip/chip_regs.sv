// SPDX-License-Identifier: Apache-2.0
// The chip's own registers, above those of its cores: what was built, commands to all cores at once,
// the time, and what reached no core.

module chip_regs #(
  parameter int unsigned Cols = 2,
  parameter int unsigned Rows = 2
) (
  input  logic                               clk_i,
  input  logic                               rst_ni,
  input  logic [mixspike_pkg::TimeWidth-1:0] now_i,

  input  logic                               cfg_valid_i,
  input  logic                               cfg_write_i,
  input  logic [mixspike_pkg::AddrWidth-1:0] cfg_addr_i,
  input  logic [31:0]                        cfg_wdata_i,
  output logic [31:0]                        cfg_rdata_o,  // these three in the cycle after
  output logic                               cfg_error_o,
  output logic                               cfg_missing_o,

  input  logic                               bad_i,   // an access or event for no core
  input  logic                               late_i,  // an input event came after its time stamp
  input  logic                               active_i,
  output logic                               clear_o,
  output logic                               clear_counters_o
);

  logic        known, writable, command, clear_q, clear_counters_q, error_q, missing_q;
  logic [31:0] rdata, rdata_q, bad_q, late_q;

  // Only a command has data.
  logic unused_wdata;
  assign unused_wdata = ^cfg_wdata_i[31:2];

  always_comb begin
    known = 1'b1;
    writable = 1'b0;
    rdata = '0;
    case (cfg_addr_i)
      mixspike_pkg::ChipId: rdata = mixspike_pkg::ChipIdValue;
      mixspike_pkg::ChipCores: rdata = {16'd0, 8'(Rows), 8'(Cols)};
      mixspike_pkg::ChipCommand: writable = 1'b1;
      mixspike_pkg::ChipStatus: rdata = 32'(active_i);
      mixspike_pkg::ChipTime: rdata = now_i;
      mixspike_pkg::ChipBad: rdata = bad_q;
      mixspike_pkg::ChipLate: rdata = late_q;
      default: known = 1'b0;
    endcase
  end

  assign command = cfg_valid_i && cfg_write_i && (cfg_addr_i == mixspike_pkg::ChipCommand);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clear_q <= 1'b0;
      clear_counters_q <= 1'b0;
      error_q <= 1'b0;
      missing_q <= 1'b0;
      rdata_q <= '0;
      bad_q <= '0;
      late_q <= '0;
    end else begin
      clear_q <= command && cfg_wdata_i[0];
      clear_counters_q <= command && cfg_wdata_i[1];
      if (cfg_valid_i) begin
        error_q <= !known || (cfg_write_i && !writable);
        missing_q <= !known;
        rdata_q <= cfg_write_i ? '0 : rdata;
      end
      bad_q <= clear_counters_q ? '0 : bad_q + 32'(bad_i);
      late_q <= clear_counters_q ? '0 : late_q + 32'(late_i);
    end
  end

  assign cfg_rdata_o = rdata_q;
  assign cfg_error_o = error_q;
  assign cfg_missing_o = missing_q;
  assign clear_o = clear_q;
  assign clear_counters_o = clear_counters_q;

endmodule
