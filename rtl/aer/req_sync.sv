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
  output logic             settled_o,  // no change is on its way through the chain
  output logic             arriving_o  // the output will change at the next edge
);

  logic [Stages*Width-1:0] sync_q;  // stage 0 in the low bits

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sync_q <= '0;
    end else begin
      sync_q <= {sync_q[(Stages-1)*Width-1:0], async_i};
    end
  end

  assign sync_o = sync_q[(Stages-1)*Width+:Width];
  assign settled_o = sync_q == {Stages{async_i}};
  assign arriving_o = sync_q[(Stages-1)*Width+:Width] != sync_q[(Stages-2)*Width+:Width];

endmodule
