// SPDX-License-Identifier: Apache-2.0
// A single-port memory shared by the configuration port, which comes first, and the router, whose
// read data stays put until its next read. Fits an SRAM macro; boots from a $readmemh image.

module router_mem #(
  parameter  int unsigned Width     = 32,
  parameter  int unsigned Depth     = 64,
  parameter               InitFile  = "",
  localparam int unsigned AddrWidth = mixspike_pkg::index_width(Depth)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 cfg_req_i,
  input  logic                 cfg_write_i,
  input  logic [AddrWidth-1:0] cfg_addr_i,
  input  logic [Width-1:0]     cfg_wdata_i,
  output logic [Width-1:0]     cfg_rdata_o,  // in the cycle after the request

  input  logic                 read_i,  // only if ready_o
  input  logic [AddrWidth-1:0] addr_i,
  output logic                 ready_o,
  output logic [Width-1:0]     rdata_o
);

  logic [Width-1:0]     mem [Depth];
  logic [Width-1:0]     rdata_q, held_q;
  logic                 fresh_q;  // rdata_q belongs to the router and is not held yet
  logic [AddrWidth-1:0] addr;

  assign ready_o = !cfg_req_i;
  assign addr = cfg_req_i ? cfg_addr_i : addr_i;
  assign cfg_rdata_o = rdata_q;
  assign rdata_o = fresh_q ? rdata_q : held_q;

  if (InitFile != "") begin : gen_init
    initial $readmemh(InitFile, mem);
  end

  always_ff @(posedge clk_i) begin
    if (cfg_req_i && cfg_write_i) begin
      mem[addr] <= cfg_wdata_i;
    end else if (cfg_req_i || read_i) begin
      rdata_q <= mem[addr];
    end
    if (fresh_q) held_q <= rdata_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fresh_q <= 1'b0;
    end else begin
      fresh_q <= read_i;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(read_i && cfg_req_i));
    end
  end
`endif

endmodule
