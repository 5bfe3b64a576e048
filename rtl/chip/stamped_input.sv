// SPDX-License-Identifier: Apache-2.0
// Events from the outside with the clock edge at which each is to enter the chip. They come in order of
// their times; one that comes after its time enters at once, and is counted as late.

module stamped_input #(
  parameter  int unsigned Width     = 16,
  parameter  int unsigned Depth     = 16,
  localparam int unsigned TimeWidth = mixspike_pkg::TimeWidth,
  localparam int unsigned LvlWidth  = mixspike_pkg::index_width(Depth + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [TimeWidth-1:0] now_i,    // number of the coming clock edge

  input  logic                 valid_i,
  input  logic [TimeWidth-1:0] time_i,   // the edge that samples the event; less than half a turn away
  input  logic [Width-1:0]     data_i,
  output logic                 ready_o,

  output logic                 valid_o,
  output logic [Width-1:0]     data_o,
  input  logic                 ready_i,
  output logic                 late_o    // an event was taken that cannot enter at its time any more
);

  logic                 full, held;
  logic [TimeWidth-1:0] due, behind, spare;
  logic [LvlWidth-1:0]  unused_level;

  event_fifo #(
    .Width(TimeWidth + Width),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .push_i (valid_i && ready_o),
    .data_i ({time_i, data_i}),
    .full_o (full),
    .pop_i  (valid_o && ready_i),
    .data_o ({due, data_o}),
    .valid_o(held),
    .level_o(unused_level)
  );

  assign ready_o = !full;
  assign behind = now_i - due;
  assign valid_o = held && !behind[TimeWidth-1];
  // What is taken at this edge is offered to the next at the earliest.
  assign spare = time_i - now_i - 1'b1;
  assign late_o = valid_i && ready_o && spare[TimeWidth-1];

endmodule
