// SPDX-License-Identifier: Apache-2.0
// Four-phase handshake with every neuron: a rising request is offered to the arbiter once, its
// grant raises the acknowledge, the fall of the request releases it. A request that has not fallen
// by the second tick after its grant is stuck: its acknowledge is withdrawn, and the line is left
// alone until it falls.

module req_capture #(
  parameter int unsigned Width = 16
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             enable_i,
  input  logic             tick_i,
  input  logic [Width-1:0] req_i,       // synchronised
  input  logic [Width-1:0] grant_i,     // at most one, of pending_o
  output logic [Width-1:0] pending_o,
  output logic [Width-1:0] ack_o,
  output logic [Width-1:0] vanished_o,  // fell while it waited for its grant: the event is lost
  output logic [Width-1:0] expired_o,   // found stuck in this cycle
  output logic [Width-1:0] stuck_o,     // left alone until they fall
  output logic             release_o    // an acknowledge will be released at the next edge
);

  logic [Width-1:0] ack_q, ack_d;
  logic [Width-1:0] old_q;  // acknowledged before the last tick
  logic [Width-1:0] stuck_q;
  logic [Width-1:0] waiting_q;

  assign pending_o = enable_i ? (req_i & ~ack_q & ~stuck_q) : '0;
  assign expired_o = tick_i ? (ack_q & old_q & req_i) : '0;
  assign ack_d = (ack_q | grant_i) & req_i & ~expired_o;
  assign ack_o = ack_q;
  assign stuck_o = stuck_q;
  assign vanished_o = waiting_q & ~req_i;
  assign release_o = |(ack_q & ~req_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ack_q <= '0;
      old_q <= '0;
      stuck_q <= '0;
      waiting_q <= '0;
    end else begin
      ack_q <= ack_d;
      old_q <= (tick_i ? ack_q : old_q) & ack_d;
      stuck_q <= (stuck_q | expired_o) & req_i;
      waiting_q <= pending_o & ~grant_i;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // An acknowledge rises only on a request, and stays until that request has fallen or is stuck.
      assert ((grant_i & ~pending_o) == '0);
      assert ((ack_q & req_i & ~expired_o & ~ack_d) == '0);
      assert ((~ack_q & ack_d & ~grant_i) == '0);
      assert ((ack_q & stuck_q) == '0);
      assert ((old_q & ~ack_q) == '0);
    end
  end
`endif

endmodule
