// SPDX-License-Identifier: Apache-2.0
// Holds the core to the latencies that mixspike_pkg computes and the simulation kernel relies on:
// no answer is earlier, and an uncontended acknowledge is exactly that late. Simulation only.

module latency_check #(
  parameter int unsigned NumNeurons = 16,
  parameter int unsigned SyncStages = 2
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic [NumNeurons-1:0] req_i,     // as the next edge takes them into the synchroniser
  input logic [NumNeurons-1:0] ack_i,
  input logic [NumNeurons-1:0] stuck_i,   // requests that timed out and have not fallen
  input logic                  enable_i,
  input logic                  grant_i,
  input logic                  blocked_i,
  input logic                  external_i,  // an external event or a tag enters its queue
  input logic                  work_i,      // an event is queued or on its way to a row
  input logic                  start_i      // a pulse started at the last edge
);

`ifndef SYNTHESIS
  // How many edges before its own answer the latest request sample lies that could have caused it.
  localparam int unsigned AckDepth = mixspike_pkg::ack_edges(SyncStages) - 1;
  localparam int unsigned PulseDepth = mixspike_pkg::ExtPulseEdges - 1;
  localparam int unsigned Grown = NumNeurons;

  // Request samples; the newest in the low bits. Sample d was taken d + 1 edges before the next.
  logic [AckDepth*NumNeurons-1:0] req_hist_q;
  logic [NumNeurons-1:0]          cause, cause_q, ack_q, stuck_q, offered;
  logic                           others_q, blocked_q, enable_q, grant_q;
  logic [PulseDepth:0]            work_hist_q;

  assign cause = req_hist_q[(AckDepth-1)*Grown+:Grown];
  assign offered = cause & ~ack_i & ~stuck_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      req_hist_q <= '0;
      cause_q <= '0;
      ack_q <= '0;
      stuck_q <= '0;
      others_q <= 1'b0;
      blocked_q <= 1'b0;
      enable_q <= 1'b0;
      grant_q <= 1'b0;
      work_hist_q <= '0;
    end else begin
      req_hist_q <= (AckDepth * NumNeurons)'({req_hist_q, req_i});
      cause_q <= cause;
      ack_q <= ack_i;
      stuck_q <= stuck_i;
      others_q <= (offered & (offered - 1'b1)) != '0;
      blocked_q <= blocked_i;
      enable_q <= enable_i;
      grant_q <= grant_i;
      work_hist_q <= (PulseDepth + 1)'({work_hist_q, work_i || grant_i || external_i});
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // The acknowledge follows a request sample that is ack_edges() old, never a newer one; but it
      // is withdrawn from a request that is found stuck.
      assert (((ack_i ^ ack_q) & (ack_i ^ cause_q) & ~stuck_i) == '0);
      // It is released exactly then, and rises exactly then where nothing contends.
      assert ((ack_i & ~cause_q) == '0);
      assert (!enable_q || others_q || blocked_q || grant_q || (cause_q & ~ack_q & ~stuck_q) == '0);
      // A pulse comes at least that many edges after the event entered a queue.
      assert (!start_i || (&work_hist_q[PulseDepth:1]));
    end
  end
`endif

endmodule
