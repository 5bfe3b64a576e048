// SPDX-License-Identifier: Apache-2.0
// Brings asynchronous request lines into the clock domain, one chain of flops a line.

module req_sync #(
  parameter int unsigned Width = 16,
  parameter int unsigned Stages = 2  // at least 2
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] async_i,
  output logic [Width-1:0] sync_o,
  output logic [Width-1:0] sampled_o,  // what the next edge takes into the chain
  output logic             settled_o,  // no change is on its way through the chain
  output logic             arriving_o  // the output will change at the next edge
);

  logic [Stages*Width-1:0] sync_q;  // stage 0 in the low bits

`ifdef MS_METASTABLE
  // A line that changed in the last period may catch the first flop in its window, and the flop may
  // fall back to what it held. The test says which do.
  logic [Width-1:0] falls_back  /* verilator public_flat_rw */;
  logic [Width-1:0] last_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_q <= '0;
    end else begin
      last_q <= async_i;
    end
  end

  assign sampled_o = async_i ^ ((async_i ^ sync_q[Width-1:0]) & (async_i ^ last_q) & falls_back);
`else
  assign sampled_o = async_i;
`endif

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sync_q <= '0;
    end else begin
      sync_q <= {sync_q[(Stages-1)*Width-1:0], sampled_o};
    end
  end

  assign sync_o = sync_q[(Stages-1)*Width+:Width];
  assign settled_o = sync_q == {Stages{async_i}};
  assign arriving_o = sync_q[(Stages-1)*Width+:Width] != sync_q[(Stages-2)*Width+:Width];

endmodule
