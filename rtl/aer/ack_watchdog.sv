// SPDX-License-Identifier: Apache-2.0
// Ticks every timeout_i cycles while any acknowledge is given, counted from the first one on. One
// counter for all neurons: a request is found stuck between one and two time-outs after its grant.

module ack_watchdog (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [mixspike_pkg::TimeWidth-1:0]  now_i,      // number of the coming clock edge
  input  logic [mixspike_pkg::PulseWidth-1:0] timeout_i,  // 0: never
  input  logic                                ack_i,      // some acknowledge is given
  output logic                                tick_o,
  output logic                                watch_valid_o,  // the next tick comes at watch_time_o
  output logic [mixspike_pkg::TimeWidth-1:0]  watch_time_o
);

  localparam int unsigned TimeWidth = mixspike_pkg::TimeWidth;

  logic [TimeWidth-1:0] last_q;  // edge of the last tick, or of the first acknowledge
  logic                 watch_q;

  assign watch_valid_o = watch_q && ack_i && (timeout_i != '0);
  assign watch_time_o = last_q + TimeWidth'(timeout_i);
  assign tick_o = watch_valid_o && (now_i - last_q >= TimeWidth'(timeout_i));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_q <= '0;
      watch_q <= 1'b0;
    end else begin
      watch_q <= ack_i;
      if ((ack_i && !watch_q) || tick_o) last_q <= now_i;
    end
  end

endmodule
