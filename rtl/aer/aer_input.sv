// SPDX-License-Identifier: Apache-2.0
// Neuron side of the router: requests in, acknowledges out, captured events to the event queue
// and, if enabled, to the output queue. A grant is given only when both have room.

module aer_input #(
  parameter  int unsigned NumNeurons = 16,
  parameter  int unsigned SyncStages = 2,
  parameter  int unsigned EventDepth = 16,
  parameter  int unsigned OutputDepth = 16,
  localparam int unsigned IdxWidth   = mixspike_pkg::index_width(NumNeurons),
  localparam int unsigned LvlWidth   = mixspike_pkg::index_width(EventDepth + 1)
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              enable_i,
  input  logic                              output_enable_i,
  input  logic [mixspike_pkg::TimeWidth-1:0]  now_i,
  input  logic [mixspike_pkg::PulseWidth-1:0] timeout_i,  // of an acknowledge; 0: none

  input  logic [NumNeurons-1:0]             req_i,
  output logic [NumNeurons-1:0]             ack_o,
  output logic [NumNeurons-1:0]             req_sync_o,
  output logic [NumNeurons-1:0]             sampled_o,   // requests as the next edge takes them
  output logic [NumNeurons-1:0]             stuck_o,     // requests that did not fall in time

  // To the fan-out.
  output logic                              event_valid_o,
  output logic [IdxWidth-1:0]               event_neuron_o,
  input  logic                              event_pop_i,
  output logic [LvlWidth-1:0]               event_level_o,

  // To the outside.
  output logic                              out_valid_o,
  output logic [IdxWidth-1:0]               out_neuron_o,
  output logic [mixspike_pkg::TimeWidth-1:0] out_time_o,  // edge of the grant
  input  logic                              out_ready_i,

  // Observation.
  output logic                              grant_valid_o,
  output logic [IdxWidth-1:0]               grant_neuron_o,
  output logic                              active_o,
  output logic                              arriving_o,  // synchronised requests change next edge
  output logic                              soon_o,      // an acknowledge can change next edge
  output logic                              blocked_o,   // a request waits for room in a queue
  output logic [mixspike_pkg::IncWidth-1:0] waiting_o,   // requests not granted this cycle
  output logic [mixspike_pkg::IncWidth-1:0] vanished_o,
  output logic [mixspike_pkg::IncWidth-1:0] expired_o,      // requests found stuck this cycle
  output logic                              watch_valid_o,  // time-outs are looked for at
  output logic [mixspike_pkg::TimeWidth-1:0] watch_time_o   // watch_time_o, active or not
);

  logic [NumNeurons-1:0] pending, grant, vanished, expired;
  logic                  tick;
  logic                  settled, release_soon, any_pending;
  logic                  event_full, out_full, room;

  req_sync #(
    .Width (NumNeurons),
    .Stages(SyncStages)
  ) u_sync (
    .clk_i,
    .rst_ni,
    .async_i   (req_i),
    .sync_o    (req_sync_o),
    .sampled_o (sampled_o),
    .settled_o (settled),
    .arriving_o(arriving_o)
  );

  req_capture #(
    .Width(NumNeurons)
  ) u_capture (
    .clk_i,
    .rst_ni,
    .enable_i,
    .tick_i    (tick),
    .req_i     (req_sync_o),
    .grant_i   (grant),
    .pending_o (pending),
    .ack_o     (ack_o),
    .vanished_o(vanished),
    .expired_o (expired),
    .stuck_o   (stuck_o),
    .release_o (release_soon)
  );

  ack_watchdog u_watchdog (
    .clk_i,
    .rst_ni,
    .now_i,
    .timeout_i,
    .ack_i        (|ack_o),
    .tick_o       (tick),
    .watch_valid_o(watch_valid_o),
    .watch_time_o (watch_time_o)
  );

  assign room = !event_full && !(output_enable_i && out_full);

  rr_arbiter #(
    .Width(NumNeurons)
  ) u_arbiter (
    .clk_i,
    .rst_ni,
    .ready_i(room),
    .extra_i(1'b0),
    .req_i  (pending),
    .grant_o(grant),
    .index_o(grant_neuron_o),
    .valid_o(grant_valid_o)
  );

  event_fifo #(
    .Width(IdxWidth),
    .Depth(EventDepth)
  ) u_event_fifo (
    .clk_i,
    .rst_ni,
    .push_i (grant_valid_o),
    .data_i (grant_neuron_o),
    .full_o (event_full),
    .pop_i  (event_pop_i),
    .data_o (event_neuron_o),
    .valid_o(event_valid_o),
    .level_o(event_level_o)
  );

  logic [mixspike_pkg::index_width(OutputDepth+1)-1:0] unused_out_level;

  event_fifo #(
    .Width(mixspike_pkg::TimeWidth + IdxWidth),
    .Depth(OutputDepth)
  ) u_output_fifo (
    .clk_i,
    .rst_ni,
    .push_i (grant_valid_o && output_enable_i),
    .data_i ({now_i, grant_neuron_o}),
    .full_o (out_full),
    .pop_i  (out_valid_o && out_ready_i),
    .data_o ({out_time_o, out_neuron_o}),
    .valid_o(out_valid_o),
    .level_o(unused_out_level)
  );

  assign any_pending = |pending;
  assign soon_o = any_pending || release_soon;
  assign active_o = !settled || any_pending || release_soon || event_valid_o || out_valid_o;
  assign blocked_o = any_pending && !room;

  always_comb begin
    waiting_o = '0;
    vanished_o = '0;
    expired_o = '0;
    if (any_pending) begin
      waiting_o = mixspike_pkg::IncWidth'($countones(pending & ~grant));
    end
    if (|vanished) begin
      vanished_o = mixspike_pkg::IncWidth'($countones(vanished));
    end
    if (|expired) begin
      expired_o = mixspike_pkg::IncWidth'($countones(expired));
    end
  end

endmodule
