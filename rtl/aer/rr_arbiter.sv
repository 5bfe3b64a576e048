// SPDX-License-Identifier: Apache-2.0
// Round-robin arbiter: one grant a cycle, and a request waits for at most Width - 1 others.

module rr_arbiter #(
  parameter  int unsigned Width    = 16,
  localparam int unsigned IdxWidth = mixspike_pkg::index_width(Width)
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                ready_i,  // a grant can be taken this cycle
  input  logic                extra_i,  // a grant now uses up no turn: some requests are held back
  input  logic [Width-1:0]    req_i,
  output logic [Width-1:0]    grant_o,  // one-hot, or zero if nothing can be granted
  output logic [IdxWidth-1:0] index_o,
  output logic                valid_o
);

  // Lines above the one granted last: they come first.
  logic [Width-1:0] first_q, first_d;
  logic [Width-1:0] preferred, pool, lowest;

  assign preferred = req_i & first_q;
  assign pool = (|preferred) ? preferred : req_i;
  assign lowest = pool & (~pool + 1'b1);
  assign valid_o = ready_i & (|req_i);
  assign grant_o = valid_o ? lowest : '0;
  assign first_d = ~(lowest | (lowest - 1'b1));

  // Evaluated once, when the design is built.
  // verilator coverage_off
  function automatic logic [Width-1:0] index_mask(input integer index_bit);
    integer i;
    index_mask = '0;
    for (i = 0; i < Width; i = i + 1) index_mask[i] = ((i >> index_bit) & 1) != 0;
  endfunction
  // verilator coverage_on

  for (genvar b = 0; b < IdxWidth; b++) begin : gen_index
    localparam logic [Width-1:0] Mask = index_mask(b);
    assign index_o[b] = |(lowest & Mask);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      first_q <= '1;
    end else if (valid_o && !extra_i) begin
      first_q <= first_d;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert ((grant_o & (grant_o - 1'b1)) == '0);
      assert ((grant_o & ~req_i) == '0);
      assert (!valid_o || grant_o[index_o]);
    end
  end
`endif

`ifdef FORMAL
`ifndef FORMAL_MESH
  // A request that stays, but for cycles in which it is held back, gets its grant before any other gets
  // a second one that uses up a turn. Any one line, and how many such grants others got while it waited;
  // `before` are those that still come before it.
  (* anyconst *) logic [IdxWidth-1:0] line;
  logic [IdxWidth:0] others_q, before;
  logic              started_q = 1'b0;
  integer            i;

  always_comb begin
    before = '0;
    for (i = 0; i < Width; i = i + 1) begin
      if (first_q[i] ? (!first_q[line] || i < line) : (!first_q[line] && i < line)) begin
        before = before + 1'b1;
      end
    end
    assume (line < Width);
    assume (rst_ni == started_q);
  end

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (!rst_ni || (!req_i[line] && !extra_i) || grant_o[line]) others_q <= '0;
    else if (valid_o && !extra_i) others_q <= others_q + 1'b1;
    if (rst_ni) begin
      assert (valid_o == (ready_i && (|req_i)));
      assert (valid_o == (|grant_o));
      // Lines that come first are the upper ones.
      assert (((first_q << 1) & ~first_q) == '0);
      assert (others_q + before < Width);
    end
  end
`endif
`endif

endmodule
