// SPDX-License-Identifier: Apache-2.0
// Proof: whatever the tables hold, a source (a neuron, an input or a tag) gets exactly the entries that its
// routing word names, in their order, once for each of its events, before the next event's.

module tag_match (
  input logic       clk_i,
  input logic       valid_i,
  input logic [1:0] source_i,
  input logic       pulse_ready_i
);

  // Tables of 4 words each, written in the first cycles with any content: up to 3 entries a source.
  (* anyconst *) logic [7:0]  base;    // 2 bits a source
  (* anyconst *) logic [7:0]  count;
  (* anyconst *) logic [31:0] code;    // 8 bits an entry
  logic [3:0]  cycle_q = '0;
  logic        rst_n, boot, event_ready, pulse_valid, busy, unrouted, bad_entry, take;
  logic [3:0]  pulse_line;
  logic [7:0]  pulse_code;
  logic [31:0] route_rdata, word;
  logic [23:0] entry_rdata;
  logic [1:0]  at;

  assign rst_n = cycle_q != '0;
  assign boot = cycle_q < 4'd9;
  assign at = cycle_q[1:0] - 2'd1;
  assign word = (cycle_q < 4'd5) ? {14'd0, count[at*2+:2], 14'd0, base[at*2+:2]}
                                 : {24'd0, code[at*8+:8]};

  fanout #(
    .NumSources(4),
    .NumEntries(4),
    .NumNeurons(2),
    .NumRows   (4)
  ) u_dut (
    .clk_i,
    .rst_ni           (rst_n),
    .event_valid_i    (valid_i && !boot),
    .event_source_i   (source_i),
    .event_ready_o    (event_ready),
    .pulse_valid_o    (pulse_valid),
    .pulse_line_o     (pulse_line),
    .pulse_code_o     (pulse_code),
    .pulse_ready_i,
    .cfg_route_req_i  (rst_n && cycle_q < 4'd5),
    .cfg_route_addr_i (at),
    .cfg_route_rdata_o(route_rdata),
    .cfg_entry_req_i  (cycle_q >= 4'd5 && boot),
    .cfg_entry_addr_i (at),
    .cfg_entry_rdata_o(entry_rdata),
    .cfg_write_i      (1'b1),
    .cfg_wdata_i      (word),
    .busy_o           (busy),
    .unrouted_o       (unrouted),
    .bad_entry_o      (bad_entry)
  );

  assign take = valid_i && !boot && event_ready;

  // Two events may be under way: one whose entries are issued, one whose word was read.
  logic [1:0] first_q = '0, second_q = '0, done_q = '0;
  logic [1:0] events_q = '0;
  logic       ends;

  assign ends = (pulse_valid && pulse_ready_i && done_q + 2'd1 == count[first_q*2+:2]);

  always_ff @(posedge clk_i) begin
    if (cycle_q != 4'd9) cycle_q <= cycle_q + 1'b1;
    // An event without entries leaves no trace but `unrouted`.
    if (take && count[source_i*2+:2] != '0) begin
      if (events_q == '0 || (events_q == 2'd1 && ends)) first_q <= source_i;
      else second_q <= source_i;
    end
    if (ends && events_q == 2'd2) first_q <= second_q;
    if (ends) done_q <= '0;
    else if (pulse_valid && pulse_ready_i) done_q <= done_q + 1'b1;
    events_q <= events_q + (take && count[source_i*2+:2] != '0) - ends;
  end

  always_comb begin
    for (int s = 0; s < 4; s++) assume (base[s*2+:2] + {1'b0, count[s*2+:2]} <= 3'd4);
    if (!boot) begin
      assert (events_q <= 2'd2);
      assert (!bad_entry);
      assert (!pulse_valid || events_q != '0);
      assert (!pulse_valid || pulse_code == code[(base[first_q*2+:2]+done_q)*8+:8]);
      assert (events_q == '0 || busy);
    end
  end

endmodule
