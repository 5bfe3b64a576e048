// SPDX-License-Identifier: Apache-2.0
// Holds words until their time: a sorted queue, the earliest first, equal times in the order of their
// arrival. A new word's place is found by comparing its time with all others at once.

module delay_line #(
  parameter int unsigned Width     = 32,
  parameter int unsigned Depth     = 16,  // at least 2
  parameter int unsigned TimeWidth = mixspike_pkg::TimeWidth
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [TimeWidth-1:0] now_i,      // number of the coming clock edge

  input  logic                 push_i,     // only if not full_o
  input  logic [TimeWidth-1:0] due_i,      // not before now_i, and less than half a turn ahead
  input  logic [Width-1:0]     data_i,
  output logic                 full_o,

  output logic                 valid_o,    // the earliest word's time has come
  output logic [Width-1:0]     data_o,
  input  logic                 pop_i,      // only if valid_o
  output logic                 held_o,     // there is a word; its time is due_o
  output logic [TimeWidth-1:0] due_o
);

  logic [Depth-1:0]           valid_q, keep;  // keep: stays before the new word
  logic [Depth*TimeWidth-1:0] due_q, age;
  logic [Depth*Width-1:0]     data_q;
  logic [TimeWidth-1:0]       overdue;

  assign full_o = valid_q[Depth-1];
  assign held_o = valid_q[0];
  assign due_o = due_q[TimeWidth-1:0];
  assign data_o = data_q[Width-1:0];
  // Times are compared by their difference, so that the time base may wrap.
  assign overdue = now_i - due_o;
  assign valid_o = valid_q[0] && !overdue[TimeWidth-1];

  // What stands where once the head has left.
  logic [Depth-1:0]           valid_d;
  logic [Depth*TimeWidth-1:0] due_d;
  logic [Depth*Width-1:0]     data_d;

  assign valid_d = pop_i ? valid_q >> 1 : valid_q;
  assign due_d = pop_i ? due_q >> TimeWidth : due_q;
  assign data_d = pop_i ? data_q >> Width : data_q;

  for (genvar i = 0; i < Depth; i++) begin : gen_place
    assign age[i*TimeWidth+:TimeWidth] = due_i - due_d[i*TimeWidth+:TimeWidth];
    assign keep[i] = valid_d[i] && !age[i*TimeWidth+TimeWidth-1];

    logic                 here;  // the place before this one stays: the new word may come here
    logic [TimeWidth-1:0] prior_due;
    logic [Width-1:0]     prior_data;
    logic                 prior_valid;
    if (i == 0) begin : gen_first
      assign here = 1'b1;
      assign prior_due = '0;
      assign prior_data = '0;
      assign prior_valid = 1'b0;
    end else begin : gen_other
      assign here = keep[i-1];
      assign prior_due = due_d[(i-1)*TimeWidth+:TimeWidth];
      assign prior_data = data_d[(i-1)*Width+:Width];
      assign prior_valid = valid_d[i-1];
    end

    always_ff @(posedge clk_i) begin
      if (!push_i && !pop_i) begin
        // nothing moves
      end else if (!push_i || keep[i]) begin
        due_q[i*TimeWidth+:TimeWidth] <= due_d[i*TimeWidth+:TimeWidth];
        data_q[i*Width+:Width] <= data_d[i*Width+:Width];
      end else if (here) begin
        due_q[i*TimeWidth+:TimeWidth] <= due_i;
        data_q[i*Width+:Width] <= data_i;
      end else begin
        due_q[i*TimeWidth+:TimeWidth] <= prior_due;
        data_q[i*Width+:Width] <= prior_data;
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        valid_q[i] <= 1'b0;
      end else if (push_i) begin
        valid_q[i] <= keep[i] || here || prior_valid;
      end else begin
        valid_q[i] <= valid_d[i];
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(push_i && full_o));
      assert (!(pop_i && !valid_o));
      // No place is empty before one that is taken.
      assert ((valid_q[Depth-1:1] & ~valid_q[Depth-2:0]) == '0);
    end
  end
`endif

`ifdef FORMAL
  // Any one word stays what it is until it leaves, nothing that is due later leaves before it, and of
  // what is due at its time only that which came before it. Times lie within a quarter turn of the present.
  localparam integer PlaceWidth = mixspike_pkg::index_width(Depth + 1);
  (* anyseq *) logic choose;
  logic                  tracked_q, started_q = 1'b0;
  logic [PlaceWidth-1:0] place_q, place_d, kept, level_q;
  logic [Width-1:0]      word_q;
  logic [TimeWidth-1:0]  time_q, now_before_q, ahead;
  integer                i;

  always_comb begin
    kept = '0;
    for (i = 0; i < Depth; i = i + 1) kept = kept + keep[i];
    place_d = place_q - pop_i;
    ahead = due_i - now_i;
    assume (rst_ni == started_q);
    assume (!(push_i && full_o) && !(pop_i && !valid_o));
    assume (!push_i || ahead[TimeWidth-1:TimeWidth-2] == '0);
    assume (!started_q || now_i == now_before_q || now_i == now_before_q + 1'b1);
  end

  // A word is not left waiting for a quarter turn, and stands behind those that are due before it.
  for (genvar p = 0; p < Depth; p++) begin : gen_window
    localparam logic [TimeWidth-1:0] Quarter = 1 << (TimeWidth - 2);
    logic [TimeWidth-1:0] window, behind;
    assign window = due_q[p*TimeWidth+:TimeWidth] - now_i + Quarter;
    assign behind = (p == 0) ? '0 : due_q[p*TimeWidth+:TimeWidth] - due_q[(p-1)*TimeWidth+:TimeWidth];
    always_comb assume (!valid_q[p] || !window[TimeWidth-1]);
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        assert (valid_q[p] == (p < level_q));
        assert (!valid_q[p] || !behind[TimeWidth-1]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    now_before_q <= now_i;
    if (!rst_ni) begin
      tracked_q <= 1'b0;
      level_q <= '0;
    end else begin
      level_q <= level_q + push_i - pop_i;
      if (!tracked_q && push_i && choose) begin
        tracked_q <= 1'b1;
        word_q <= data_i;
        time_q <= due_i;
        place_q <= kept;
      end else if (tracked_q) begin
        if (pop_i && place_q == '0) tracked_q <= 1'b0;
        else place_q <= place_d + (push_i && !keep[place_d]);
      end
    end
    if (rst_ni) begin
      assert (level_q <= Depth);
      assert (!tracked_q || (place_q < Depth && valid_q[place_q] &&
                             data_q[place_q*Width+:Width] == word_q &&
                             due_q[place_q*TimeWidth+:TimeWidth] == time_q));
    end
  end
`endif

endmodule
