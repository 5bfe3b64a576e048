// SPDX-License-Identifier: Apache-2.0
// Drives the synapse rows: a pulse of programmable width a delivery. All pulses are equally wide,
// so one queue holds every end: `hold` cycles later the row is free, `high` cycles later (earlier
// in trigger mode, else the same) its line falls.

module pulse_driver #(
  parameter  int unsigned NumLines  = 128,
  localparam int unsigned LineWidth = mixspike_pkg::index_width(NumLines),
  localparam int unsigned CodeWidth = mixspike_pkg::CodeWidth
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  // Number of the coming clock edge, from an always-on counter: the clock may stop in between.
  input  logic [mixspike_pkg::TimeWidth-1:0]  now_i,
  input  logic [mixspike_pkg::PulseWidth-1:0] high_i,  // both at least 1,
  input  logic [mixspike_pkg::PulseWidth-1:0] hold_i,  // hold_i >= high_i

  input  logic                                valid_i,
  input  logic [LineWidth-1:0]                line_i,
  input  logic [CodeWidth-1:0]                code_i,
  output logic                                ready_o,

  // Pins of the analog half.
  output logic [NumLines-1:0]                 pulse_o,
  output logic [NumLines*CodeWidth-1:0]       code_o,

  // The change that the last edge made.
  output logic                                start_o,
  output logic [LineWidth-1:0]                start_line_o,
  output logic [CodeWidth-1:0]                start_code_o,
  output logic                                end_o,
  output logic [LineWidth-1:0]                end_line_o,

  output logic                                busy_o,        // some row is not free
  output logic                                end_valid_o,   // a line will fall at edge end_time_o
  output logic [mixspike_pkg::TimeWidth-1:0]  end_time_o,
  output logic [mixspike_pkg::TimeWidth-1:0]  free_time_o    // busy_o: a row is free from here on
);

  localparam int unsigned TimeWidth = mixspike_pkg::TimeWidth;
  localparam logic [LineWidth-1:0] Last = LineWidth'(NumLines - 1);

  logic [NumLines-1:0]           pulse_q, held_q;
  logic [NumLines*CodeWidth-1:0] code_q;

  // A row is in the queue once at most, so the queue cannot overflow.
  logic [LineWidth-1:0] line_mem  [NumLines];
  logic [TimeWidth-1:0] start_mem [NumLines];
  logic [LineWidth-1:0] wptr_q, end_ptr_q, free_ptr_q;
  logic [LineWidth:0]   high_cnt_q, held_cnt_q;  // lines that are high, rows that are held

  logic                 start, fall, free;
  logic [LineWidth-1:0] fall_line, free_line;
  logic [TimeWidth-1:0] fall_start, free_start;

  assign ready_o = !held_q[line_i];
  assign start = valid_i && ready_o;

  assign fall_line = line_mem[end_ptr_q];
  assign free_line = line_mem[free_ptr_q];
  assign fall_start = start_mem[end_ptr_q];
  assign free_start = start_mem[free_ptr_q];
  assign fall = (high_cnt_q != '0) && (now_i - fall_start >= TimeWidth'(high_i));
  // Since hold_i >= high_i, a row's line falls by the time that the row is free.
  assign free = (held_cnt_q != '0) && (now_i - free_start >= TimeWidth'(hold_i));

  assign pulse_o = pulse_q;
  assign code_o = code_q;
  assign busy_o = held_cnt_q != '0;
  assign end_valid_o = high_cnt_q != '0;
  assign end_time_o = fall_start + TimeWidth'(high_i);
  assign free_time_o = free_start + TimeWidth'(hold_i);

  always_ff @(posedge clk_i) begin
    if (start) begin
      line_mem[wptr_q] <= line_i;
      start_mem[wptr_q] <= now_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pulse_q <= '0;
      held_q <= '0;
      code_q <= '0;
    end else begin
      if (start) begin
        pulse_q[line_i] <= 1'b1;
        held_q[line_i] <= 1'b1;
        code_q[line_i*CodeWidth+:CodeWidth] <= code_i;  // stays until the row's next pulse
      end
      if (fall) pulse_q[fall_line] <= 1'b0;
      if (free) held_q[free_line] <= 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wptr_q <= '0;
      end_ptr_q <= '0;
      free_ptr_q <= '0;
      high_cnt_q <= '0;
      held_cnt_q <= '0;
      start_o <= 1'b0;
      start_line_o <= '0;
      start_code_o <= '0;
      end_o <= 1'b0;
      end_line_o <= '0;
    end else begin
      if (start) wptr_q <= (wptr_q == Last) ? '0 : wptr_q + 1'b1;
      if (fall) end_ptr_q <= (end_ptr_q == Last) ? '0 : end_ptr_q + 1'b1;
      if (free) free_ptr_q <= (free_ptr_q == Last) ? '0 : free_ptr_q + 1'b1;
      if (start && !fall) high_cnt_q <= high_cnt_q + 1'b1;
      if (!start && fall) high_cnt_q <= high_cnt_q - 1'b1;
      if (start && !free) held_cnt_q <= held_cnt_q + 1'b1;
      if (!start && free) held_cnt_q <= held_cnt_q - 1'b1;

      start_o <= start;
      if (start) begin
        start_line_o <= line_i;
        start_code_o <= code_i;
      end
      end_o <= fall;
      if (fall) end_line_o <= fall_line;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!(start && pulse_q[line_i]));
      assert (!fall || pulse_q[fall_line]);
      assert (!free || held_q[free_line]);
      assert (held_cnt_q >= high_cnt_q);
      assert (!free || fall || held_cnt_q > high_cnt_q);
      assert (32'(held_cnt_q) <= NumLines);
    end
  end
`endif

endmodule
