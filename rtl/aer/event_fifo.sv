// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue; a word written by one edge can be read before the next.

module event_fifo #(
  parameter  int unsigned Width    = 8,
  parameter  int unsigned Depth    = 16,
  localparam int unsigned PtrWidth = mixspike_pkg::index_width(Depth),
  localparam int unsigned LvlWidth = mixspike_pkg::index_width(Depth + 1)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                push_i,
  input  logic [Width-1:0]    data_i,
  output logic                full_o,
  input  logic                pop_i,
  output logic [Width-1:0]    data_o,
  output logic                valid_o,
  output logic [LvlWidth-1:0] level_o
);

  localparam logic [PtrWidth-1:0] Last = PtrWidth'(Depth - 1);

  logic [Width-1:0]    mem [Depth];
  logic [PtrWidth-1:0] wptr_q, rptr_q;
  logic [LvlWidth-1:0] level_q;

  assign full_o = level_q == LvlWidth'(Depth);
  assign valid_o = level_q != '0;
  assign level_o = level_q;
`ifdef FORMAL_MESH
  // The proof of the mesh lets a queue give any word that is legal there (mesh_router).
  logic [Width-1:0] any_word;
  assign data_o = any_word;
`else
  assign data_o = mem[rptr_q];

  always_ff @(posedge clk_i) begin
    if (push_i) mem[wptr_q] <= data_i;
  end
`endif

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      rptr_q <= '0;
      level_q <= '0;
    end else begin
      if (push_i) wptr_q <= (wptr_q == Last) ? '0 : wptr_q + 1'b1;
      if (pop_i) rptr_q <= (rptr_q == Last) ? '0 : rptr_q + 1'b1;
      if (push_i && !pop_i) level_q <= level_q + 1'b1;
      if (!push_i && pop_i) level_q <= level_q - 1'b1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
`ifndef FORMAL
      assert (!(push_i && full_o));
      assert (!(pop_i && !valid_o));
`endif
      assert (level_q <= LvlWidth'(Depth));
    end
  end
`endif

`ifdef FORMAL
`ifndef FORMAL_MESH
  // Any one word comes out unchanged after exactly the words that were before it.
  (* anyseq *) logic   choose;
  logic                tracked_q, started_q = 1'b0;
  logic [Width-1:0]    word_q;
  logic [LvlWidth-1:0] ahead_q;
  logic [LvlWidth:0]   place, span;

  assign place = {1'b0, ahead_q} + rptr_q;
  assign span = (wptr_q > rptr_q) ? wptr_q - rptr_q : wptr_q + Depth - rptr_q;

  always_comb begin
    assume (rst_ni == started_q);
    assume (!(push_i && full_o) && !(pop_i && !valid_o));
  end

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni) begin
      tracked_q <= 1'b0;
    end else if (!tracked_q && push_i && choose) begin
      tracked_q <= 1'b1;
      word_q <= data_i;
      ahead_q <= level_q - pop_i;
    end else if (tracked_q && pop_i) begin
      if (ahead_q == '0) tracked_q <= 1'b0;
      else ahead_q <= ahead_q - 1'b1;
    end
    if (rst_ni) begin
      assert (wptr_q < Depth && rptr_q < Depth);
      assert (level_q == span || (level_q == '0 && wptr_q == rptr_q));
      assert (!tracked_q || ahead_q < level_q);
      assert (!tracked_q || mem[(place >= Depth) ? place - Depth : place] == word_q);
      assert (!(tracked_q && ahead_q == '0) || (valid_o && data_o == word_q));
    end
  end
`endif
`endif

endmodule
