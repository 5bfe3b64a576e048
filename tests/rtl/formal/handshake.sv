// SPDX-License-Identifier: Apache-2.0
// Proof: the neurons' side keeps the four phases of the handshake, whatever the requests do; and while
// the queue behind it is emptied, a request that stays is acknowledged within a bound.

module handshake #(
  parameter int unsigned NumNeurons = 3
) (
  input logic                  clk_i,
  input logic [NumNeurons-1:0] req_i,
  input logic                  pop_i,
  input logic                  out_ready_i
);

  localparam int unsigned IdxWidth = mixspike_pkg::index_width(NumNeurons);
  localparam int unsigned Depth = 2;
  // Synchroniser, the others, and each of them may wait for the queue to move.
  localparam int unsigned Bound = 2 + 2 * (NumNeurons + Depth) + 2;  // 14

  logic [NumNeurons-1:0]             ack, sync, sampled, stuck;
  logic                              event_valid, out_valid, watch, grant_valid;
  logic [IdxWidth-1:0]               neuron, out_neuron, grant_neuron;
  logic                              rst_n = 1'b0;
  logic [mixspike_pkg::TimeWidth-1:0] now_q = '0, watch_time, out_time;
  logic [1:0]                        level;
  logic                              active, arriving, soon, blocked;
  logic [mixspike_pkg::IncWidth-1:0] waiting, vanished, expired;

  always_ff @(posedge clk_i) begin
    rst_n <= 1'b1;
    now_q <= now_q + 1'b1;
  end

  aer_input #(
    .NumNeurons (NumNeurons),
    .EventDepth (Depth),
    .OutputDepth(Depth)
  ) u_dut (
    .clk_i,
    .rst_ni         (rst_n),
    .enable_i       (1'b1),
    .output_enable_i(1'b1),
    .now_i          (now_q),
    .timeout_i      ('0),
    .req_i,
    .ack_o          (ack),
    .req_sync_o     (sync),
    .sampled_o      (sampled),
    .stuck_o        (stuck),
    .event_valid_o  (event_valid),
    .event_neuron_o (neuron),
    .event_pop_i    (pop_i && event_valid),
    .event_level_o  (level),
    .out_valid_o    (out_valid),
    .out_neuron_o   (out_neuron),
    .out_time_o     (out_time),
    .out_ready_i,
    .grant_valid_o  (grant_valid),
    .grant_neuron_o (grant_neuron),
    .active_o       (active),
    .arriving_o     (arriving),
    .soon_o         (soon),
    .blocked_o      (blocked),
    .waiting_o      (waiting),
    .vanished_o     (vanished),
    .expired_o      (expired),
    .watch_valid_o  (watch),
    .watch_time_o   (watch_time)
  );

  (* anyconst *) logic [IdxWidth-1:0] line;
  logic [NumNeurons-1:0] ack_q = '0, sync_q = '0;
  logic [4:0]            waited_q = '0, lasted_q = '0;
  logic                  pop_q = 1'b1, ready_q = 1'b1;

  always_ff @(posedge clk_i) begin
    ack_q <= ack;
    sync_q <= sync;
    pop_q <= pop_i;
    ready_q <= out_ready_i;
    waited_q <= (rst_n && req_i[line] && !ack[line]) ? waited_q + 1'b1 : '0;
    lasted_q <= (rst_n && !req_i[line] && ack[line]) ? lasted_q + 1'b1 : '0;
  end

  always_comb begin
    assume (line < NumNeurons);
    assume (pop_i || pop_q);            // both queues move in every second cycle at least
    assume (out_ready_i || ready_q);
    if (rst_n) begin
      assert ((ack & ~ack_q & ~sync_q) == '0);  // it rises on a request,
      assert ((~ack & ack_q & sync_q) == '0);   // stays while the request does,
      assert ((ack & ack_q & ~sync_q) == '0);   // and falls with it;
      assert (((ack & ~ack_q) & ((ack & ~ack_q) - 1'b1)) == '0);  // one grant a cycle
      assert (lasted_q <= 3);
      assert (waited_q <= Bound);
      assert (stuck == '0);
    end
  end

endmodule
