// SPDX-License-Identifier: Apache-2.0
// A core's registers towards the mesh, in the same address space as its own. What is not known here, or
// may not be written, is left to the core, which refuses and counts it.

module network_regs #(
  parameter  int unsigned Cols     = 2,
  parameter  int unsigned Rows     = 2,
  parameter  int unsigned NumTags  = 256,
  parameter  int unsigned NumSends = 128,
  localparam int unsigned SendAw   = mixspike_pkg::index_width(NumSends),
  localparam int unsigned NumCounters = mixspike_pkg::NumNetCounters,
  localparam int unsigned CounterAw   = mixspike_pkg::index_width(NumCounters),
  localparam int unsigned PulseWidth  = mixspike_pkg::PulseWidth,
  localparam int unsigned ShiftWidth  = mixspike_pkg::ShiftWidth
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,

  input  logic                                  cfg_valid_i,
  input  logic                                  cfg_write_i,
  input  logic [mixspike_pkg::AddrWidth-1:0]    cfg_addr_i,
  input  logic [31:0]                           cfg_wdata_i,
  output logic                                  mine_o,       // the access is answered here
  output logic                                  known_o,      // the address exists here
  output logic [31:0]                           cfg_rdata_o,  // in the cycle after the access

  output logic                                  enable_o,
  output logic [ShiftWidth-1:0]                 shift_o,
  output logic [PulseWidth-1:0]                 timeout_o,

  output logic                                  tag_req_o,
  output logic                                  dest_req_o,
  output logic [SendAw-1:0]                     send_addr_o,
  input  logic [31:0]                           tag_rdata_i,
  input  logic [31:0]                           dest_rdata_i,
  output logic [CounterAw-1:0]                  counter_index_o,
  input  logic [mixspike_pkg::CounterWidth-1:0] counter_i,
  input  logic [2:0]                            status_i
);

  localparam int unsigned AddrWidth = mixspike_pkg::AddrWidth;

  logic                  enable_q, from_tag_q, from_dest_q, writable;
  logic [ShiftWidth-1:0] shift_q;
  logic [PulseWidth-1:0] timeout_q;
  logic [31:0]           reg_rdata, rdata_q;
  logic [AddrWidth-1:0]  counter_off, tag_off, dest_off;
  logic                  is_counter, is_tag, is_dest;

  // Blocks of words. Below a block's start the offset wraps to a large number.
  assign counter_off = cfg_addr_i - mixspike_pkg::AddrNetCounter;
  assign tag_off = cfg_addr_i - mixspike_pkg::AddrSendTag;
  assign dest_off = cfg_addr_i - mixspike_pkg::AddrSendDest;
  assign is_counter = 32'(counter_off) < NumCounters;
  assign is_tag = 32'(tag_off) < NumSends;
  assign is_dest = 32'(dest_off) < NumSends;
  assign counter_index_o = counter_off[CounterAw-1:0];
  assign send_addr_o = is_dest ? dest_off[SendAw-1:0] : tag_off[SendAw-1:0];

  assign mine_o = cfg_valid_i && known_o && (!cfg_write_i || writable);
  assign tag_req_o = cfg_valid_i && is_tag;
  assign dest_req_o = cfg_valid_i && is_dest;

  // The widest register is narrower than the port.
  logic unused_wdata;
  assign unused_wdata = ^cfg_wdata_i[31:PulseWidth];

  always_comb begin
    known_o = 1'b1;
    writable = 1'b0;
    reg_rdata = '0;
    case (cfg_addr_i)
      mixspike_pkg::AddrCores: reg_rdata = {16'd0, 8'(Rows), 8'(Cols)};
      mixspike_pkg::AddrTags: reg_rdata = NumTags;
      mixspike_pkg::AddrSends: reg_rdata = NumSends;
      mixspike_pkg::AddrNetCounters: reg_rdata = NumCounters;
      mixspike_pkg::AddrNetControl: begin
        writable = 1'b1;
        reg_rdata = 32'(enable_q);
      end
      mixspike_pkg::AddrDelayShift: begin
        writable = 1'b1;
        reg_rdata = 32'(shift_q);
      end
      mixspike_pkg::AddrSendTimeout: begin
        writable = 1'b1;
        reg_rdata = 32'(timeout_q);
      end
      mixspike_pkg::AddrNetStatus: reg_rdata = 32'(status_i);
      default: begin
        known_o = is_counter || is_tag || is_dest;
        writable = is_tag || is_dest;
        if (is_counter) reg_rdata = counter_i;
      end
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      enable_q <= 1'b0;
      shift_q <= '0;
      timeout_q <= '0;
      from_tag_q <= 1'b0;
      from_dest_q <= 1'b0;
      rdata_q <= '0;
    end else if (cfg_valid_i) begin
      if (cfg_write_i && cfg_addr_i == mixspike_pkg::AddrNetControl) enable_q <= cfg_wdata_i[0];
      if (cfg_write_i && cfg_addr_i == mixspike_pkg::AddrDelayShift) begin
        shift_q <= cfg_wdata_i[ShiftWidth-1:0];
      end
      if (cfg_write_i && cfg_addr_i == mixspike_pkg::AddrSendTimeout) begin
        timeout_q <= cfg_wdata_i[PulseWidth-1:0];
      end
      from_tag_q <= is_tag && !cfg_write_i;
      from_dest_q <= is_dest && !cfg_write_i;
      rdata_q <= cfg_write_i ? '0 : reg_rdata;
    end
  end

  assign cfg_rdata_o = from_tag_q ? tag_rdata_i : from_dest_q ? dest_rdata_i : rdata_q;
  assign enable_o = enable_q;
  assign shift_o = shift_q;
  assign timeout_o = timeout_q;

endmodule
