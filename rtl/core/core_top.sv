// SPDX-License-Identifier: Apache-2.0
// One core of the spike router: requests and external events in, synapse pulses, acknowledges and
// output events out, configured through a port.

module core_top #(
  parameter  int unsigned NumNeurons  = 16,
  parameter  int unsigned NumInputs   = 64,
  parameter  int unsigned NumRows     = 4,     // per sign
  parameter  int unsigned NumEntries  = 2048,
  parameter  int unsigned NumBiases   = 16,
  parameter  int unsigned NumTags     = 0,     // sources in other cores
  parameter  int unsigned SyncStages  = 2,
  parameter  int unsigned EventDepth  = 16,
  parameter  int unsigned InputDepth  = 16,
  parameter  int unsigned OutputDepth = 16,
  parameter  int unsigned TagDepth    = 4,
  parameter               RouteFile   = "",    // $readmemh images; empty: boot through the port
  parameter               EntryFile   = "",
  localparam int unsigned NeuronWidth = mixspike_pkg::index_width(NumNeurons),
  localparam int unsigned InputWidth  = mixspike_pkg::index_width(NumInputs),
  localparam int unsigned NumLines    = NumNeurons * 2 * NumRows,
  localparam int unsigned LineWidth   = mixspike_pkg::index_width(NumLines),
  localparam int unsigned TagWidth    = mixspike_pkg::index_width(NumTags),
  localparam int unsigned HomeWidth   = mixspike_pkg::index_width(NumNeurons + NumInputs)
) (
  input  logic                                        clk_i,
  input  logic                                        rst_ni,
  // From the chip: as the commands of the same name (CLEAR).
  input  logic                                        clear_i,
  input  logic                                        clear_counters_i,
  input  logic [mixspike_pkg::TimeWidth-1:0]          now_i,  // number of the coming edge

  // Configuration port.
  input  logic                                        cfg_valid_i,
  input  logic                                        cfg_write_i,
  input  logic [mixspike_pkg::AddrWidth-1:0]          cfg_addr_i,
  input  logic [31:0]                                 cfg_wdata_i,
  output logic                                        cfg_ready_o,
  output logic                                        cfg_rvalid_o,
  output logic [31:0]                                 cfg_rdata_o,
  output logic                                        cfg_error_o,
  output logic                                        cfg_missing_o,  // the address does not exist

  // Analog half.
  input  logic [NumNeurons-1:0]                       req_i,
  output logic [NumNeurons-1:0]                       ack_o,
  output logic [NumLines-1:0]                         pulse_o,
  output logic [NumLines*mixspike_pkg::CodeWidth-1:0] code_o,
  output logic [NumBiases*mixspike_pkg::BiasWidth-1:0] bias_o,

  // External events in, neuron spikes out.
  input  logic                                        ext_valid_i,
  input  logic [InputWidth-1:0]                       ext_input_i,
  output logic                                        ext_ready_o,
  output logic                                        out_valid_o,
  output logic [NeuronWidth-1:0]                      out_neuron_o,
  output logic [mixspike_pkg::TimeWidth-1:0]          out_time_o,  // edge of the acknowledge
  input  logic                                        out_ready_i,

  // Other cores: tags that arrive for the table to match, and each event of this core as it leaves its queue. While
  // send_full_i, none does.
  input  logic                                        tag_valid_i,
  input  logic [TagWidth-1:0]                         tag_i,
  output logic                                        tag_ready_o,
  output logic                                        tag_wait_o,  // a tag waits for the fan-out
  output logic                                        tag_bad_o,   // one was taken that has no place
  output logic                                        send_valid_o,
  output logic [HomeWidth-1:0]                        send_source_o,
  output logic                                        send_wait_o,  // an event waits for send_full_i
  input  logic                                        send_full_i,
  output logic                                        clear_o,  // a CLEAR command is at work
  output logic                                        clear_counters_o,

  // The pulse changes that the last edge made.
  output logic                                        start_o,
  output logic [LineWidth-1:0]                        start_line_o,
  output logic [mixspike_pkg::CodeWidth-1:0]          start_code_o,
  output logic                                        end_o,
  output logic [LineWidth-1:0]                        end_line_o,

  // When the clock is needed. active_o: at the next edge. Otherwise only for a row's pulse end and
  // to look for stuck requests.
  output logic                                        active_o,
  output logic [1:0]                                  next_edges_o,  // no output changes sooner;
                                                                     // 0: none will
  output logic                                        end_valid_o,
  output logic [mixspike_pkg::TimeWidth-1:0]          end_time_o,
  output logic                                        busy_o,
  output logic [mixspike_pkg::TimeWidth-1:0]          free_time_o,
  output logic                                        watch_valid_o,
  output logic [mixspike_pkg::TimeWidth-1:0]          watch_time_o,

  // Observation.
  output logic                                        grant_valid_o,
  output logic [NeuronWidth-1:0]                      grant_neuron_o,
  output logic [mixspike_pkg::index_width(EventDepth+1)-1:0] event_level_o,
  output logic [mixspike_pkg::index_width(InputDepth+1)-1:0] input_level_o,
  output logic                                        fanout_o,
  output logic                                        row_wait_o
);

  localparam int unsigned NumSources = NumNeurons + NumInputs + NumTags;
  localparam int unsigned SourceWidth = mixspike_pkg::index_width(NumSources);
  localparam int unsigned EntryAw = mixspike_pkg::index_width(NumEntries);
  localparam int unsigned CounterAw = mixspike_pkg::index_width(mixspike_pkg::NumCounters);
  localparam int unsigned IncWidth = mixspike_pkg::IncWidth;

  logic                                      enable, output_enable, clear, clear_counters;
  logic                                      rst_dyn_n;
  logic [mixspike_pkg::PulseWidth-1:0]       high, hold, timeout;
  logic                                      route_req, entry_req, mem_write, bad_config;
  logic [SourceWidth-1:0]                    route_addr;
  logic [EntryAw-1:0]                        entry_addr;
  logic [2*mixspike_pkg::PtrWidth-1:0]       route_rdata;
  logic [mixspike_pkg::EntryWidth-1:0]       entry_rdata;
  logic [CounterAw-1:0]                      counter_index;
  logic [mixspike_pkg::CounterWidth-1:0]     counter;
  logic [NumNeurons-1:0]                     req_sync, sampled, stuck;

  logic                                      neuron_valid, neuron_pop, aer_active, arriving, soon;
  logic                                      blocked;
  logic [NeuronWidth-1:0]                    neuron;
  logic [IncWidth-1:0]                       waiting, vanished, expired;

  logic                                      ext_known, ext_take, ext_full, ext_valid, ext_pop;
  logic [InputWidth-1:0]                     ext_input;

  logic                                      tag_take;
  logic [TagWidth-1:0]                       tag;

  logic                                      event_valid, event_ready;
  logic [1:0]                                event_index;
  logic [2:0]                                event_grant;
  logic [SourceWidth-1:0]                    event_source;
  logic                                      pulse_valid, pulse_ready, unrouted, bad_entry;
  logic [LineWidth-1:0]                      pulse_line;
  logic [mixspike_pkg::CodeWidth-1:0]        pulse_code;

  // A clear command resets everything but configuration and counters.
  assign rst_dyn_n = rst_ni & ~clear_o;
  assign clear_o = clear | clear_i;
  assign clear_counters_o = clear_counters | clear_counters_i;

  aer_input #(
    .NumNeurons (NumNeurons),
    .SyncStages (SyncStages),
    .EventDepth (EventDepth),
    .OutputDepth(OutputDepth)
  ) u_aer_input (
    .clk_i,
    .rst_ni         (rst_dyn_n),
    .enable_i       (enable),
    .output_enable_i(output_enable),
    .now_i,
    .timeout_i      (timeout),
    .req_i,
    .ack_o,
    .req_sync_o     (req_sync),
    .sampled_o      (sampled),
    .stuck_o        (stuck),
    .event_valid_o  (neuron_valid),
    .event_neuron_o (neuron),
    .event_pop_i    (neuron_pop),
    .event_level_o,
    .out_valid_o,
    .out_neuron_o,
    .out_time_o,
    .out_ready_i,
    .grant_valid_o,
    .grant_neuron_o,
    .active_o       (aer_active),
    .arriving_o     (arriving),
    .soon_o         (soon),
    .blocked_o      (blocked),
    .waiting_o      (waiting),
    .vanished_o     (vanished),
    .expired_o      (expired),
    .watch_valid_o,
    .watch_time_o
  );

  assign ext_known = 32'(ext_input_i) < NumInputs;
  assign ext_ready_o = !ext_full;
  assign ext_take = ext_valid_i && ext_ready_o && ext_known;

  event_fifo #(
    .Width(InputWidth),
    .Depth(InputDepth)
  ) u_input_fifo (
    .clk_i,
    .rst_ni (rst_dyn_n),
    .push_i (ext_take),
    .data_i (ext_input_i),
    .full_o (ext_full),
    .pop_i  (ext_pop),
    .data_o (ext_input),
    .valid_o(ext_valid),
    .level_o(input_level_o)
  );

  // Tags that the table does not hold end here.
  if (NumTags > 0) begin : gen_tags
    logic                                             tag_full, tag_known;
    logic [mixspike_pkg::index_width(TagDepth+1)-1:0] unused_tag_level;

    event_fifo #(
      .Width(TagWidth),
      .Depth(TagDepth)
    ) u_tag_fifo (
      .clk_i,
      .rst_ni (rst_dyn_n),
      .push_i (tag_take),
      .data_i (tag_i),
      .full_o (tag_full),
      .pop_i  (event_grant[2]),
      .data_o (tag),
      .valid_o(tag_wait_o),
      .level_o(unused_tag_level)
    );
    assign tag_ready_o = !tag_full;
    assign tag_known = 32'(tag_i) < NumTags;
    assign tag_take = tag_valid_i && tag_ready_o && tag_known;
    assign tag_bad_o = tag_valid_i && tag_ready_o && !tag_known;
  end else begin : gen_no_tags
    logic unused_grant;
    assign unused_grant = event_grant[2];
    assign tag_ready_o = 1'b1;
    assign tag_take = 1'b0;
    assign tag_bad_o = tag_valid_i;
    assign tag = tag_i;
    assign tag_wait_o = 1'b0;
  end

  // Neurons, external inputs and tags take turns at the fan-out. A tag never waits for room towards the
  // mesh: what arrives can always leave it, so that cores cannot wait for one another in a circle. While
  // the others are held back for want of that room, tags use up no turn of theirs.
  rr_arbiter #(
    .Width(3)
  ) u_merge (
    .clk_i,
    .rst_ni (rst_dyn_n),
    .ready_i(event_ready),
    .extra_i(send_full_i),
    .req_i  ({tag_wait_o, ext_valid && !send_full_i, neuron_valid && !send_full_i}),
    .grant_o(event_grant),
    .index_o(event_index),
    .valid_o(event_valid)
  );

  assign neuron_pop = event_grant[0];
  assign ext_pop = event_grant[1];
  assign event_source =
      event_index[1] ? SourceWidth'(NumNeurons + NumInputs) + SourceWidth'(tag) :
      event_index[0] ? SourceWidth'(NumNeurons) + SourceWidth'(ext_input) : SourceWidth'(neuron);
  assign send_valid_o = neuron_pop || ext_pop;
  assign send_source_o = event_source[HomeWidth-1:0];
  assign send_wait_o = send_full_i && (neuron_valid || ext_valid);

  fanout #(
    .NumSources(NumSources),
    .NumEntries(NumEntries),
    .NumNeurons(NumNeurons),
    .NumRows   (NumRows),
    .RouteFile (RouteFile),
    .EntryFile (EntryFile)
  ) u_fanout (
    .clk_i,
    .rst_ni           (rst_dyn_n),
    .event_valid_i    (event_valid),
    .event_source_i   (event_source),
    .event_ready_o    (event_ready),
    .pulse_valid_o    (pulse_valid),
    .pulse_line_o     (pulse_line),
    .pulse_code_o     (pulse_code),
    .pulse_ready_i    (pulse_ready),
    .cfg_route_req_i  (route_req),
    .cfg_route_addr_i (route_addr),
    .cfg_route_rdata_o(route_rdata),
    .cfg_entry_req_i  (entry_req),
    .cfg_entry_addr_i (entry_addr),
    .cfg_entry_rdata_o(entry_rdata),
    .cfg_write_i      (mem_write),
    .cfg_wdata_i      (cfg_wdata_i),
    .busy_o           (fanout_o),
    .unrouted_o       (unrouted),
    .bad_entry_o      (bad_entry)
  );

  pulse_driver #(
    .NumLines(NumLines)
  ) u_pulse_driver (
    .clk_i,
    .rst_ni      (rst_dyn_n),
    .now_i,
    .high_i      (high),
    .hold_i      (hold),
    .valid_i     (pulse_valid),
    .line_i      (pulse_line),
    .code_i      (pulse_code),
    .ready_o     (pulse_ready),
    .pulse_o,
    .code_o,
    .start_o,
    .start_line_o,
    .start_code_o,
    .end_o,
    .end_line_o,
    .busy_o,
    .end_valid_o,
    .end_time_o,
    .free_time_o
  );

  assign row_wait_o = pulse_valid && !pulse_ready;

  config_regs #(
    .NumNeurons(NumNeurons),
    .NumInputs (NumInputs),
    .NumRows   (NumRows),
    .NumEntries(NumEntries),
    .NumBiases (NumBiases),
    .NumTags   (NumTags),
    .SyncStages(SyncStages)
  ) u_config_regs (
    .clk_i,
    .rst_ni,
    .cfg_valid_i,
    .cfg_write_i,
    .cfg_addr_i,
    .cfg_wdata_i,
    .cfg_ready_o,
    .cfg_rvalid_o,
    .cfg_rdata_o,
    .cfg_error_o,
    .cfg_missing_o,
    .enable_o        (enable),
    .output_enable_o (output_enable),
    .high_o          (high),
    .hold_o          (hold),
    .timeout_o       (timeout),
    .clear_o         (clear),
    .clear_counters_o(clear_counters),
    .bias_o,
    .bad_address_o   (bad_config),
    .route_req_o     (route_req),
    .route_addr_o    (route_addr),
    .route_rdata_i   (route_rdata),
    .entry_req_o     (entry_req),
    .entry_addr_o    (entry_addr),
    .entry_rdata_i   (entry_rdata),
    .mem_write_o     (mem_write),
    .counter_index_o (counter_index),
    .counter_i       (counter),
    .req_i           (req_sync),
    .ack_i           (ack_o),
    .stuck_i         (stuck),
    .active_i        (active_o),
    .pulses_i        (busy_o)
  );

  // Counter increments, in the order of the package.
  logic [mixspike_pkg::NumCounters*IncWidth-1:0] inc;

  always_comb begin
    inc = '0;
    inc[mixspike_pkg::CntCaptured*IncWidth+:IncWidth] = IncWidth'(grant_valid_o);
    inc[mixspike_pkg::CntExternal*IncWidth+:IncWidth] = IncWidth'(ext_take);
    inc[mixspike_pkg::CntDelivered*IncWidth+:IncWidth] = IncWidth'(pulse_valid && pulse_ready);
    inc[mixspike_pkg::CntSent*IncWidth+:IncWidth] = IncWidth'(out_valid_o && out_ready_i);
    if (blocked) begin
      inc[mixspike_pkg::CntFifoWait*IncWidth+:IncWidth] = waiting;
    end else begin
      inc[mixspike_pkg::CntArbiterWait*IncWidth+:IncWidth] = waiting;
    end
    inc[mixspike_pkg::CntQueueWait*IncWidth+:IncWidth] =
        IncWidth'(event_level_o) + IncWidth'(input_level_o) - IncWidth'(send_valid_o);
    inc[mixspike_pkg::CntRowWait*IncWidth+:IncWidth] = IncWidth'(row_wait_o);
    inc[mixspike_pkg::CntExternalWait*IncWidth+:IncWidth] = IncWidth'(ext_valid_i && !ext_ready_o);
    inc[mixspike_pkg::CntOutputWait*IncWidth+:IncWidth] = IncWidth'(out_valid_o && !out_ready_i);
    inc[mixspike_pkg::CntVanished*IncWidth+:IncWidth] = vanished;
    inc[mixspike_pkg::CntUnrouted*IncWidth+:IncWidth] = IncWidth'(unrouted);
    inc[mixspike_pkg::CntBadEntry*IncWidth+:IncWidth] = IncWidth'(bad_entry);
    inc[mixspike_pkg::CntBadAddress*IncWidth+:IncWidth] =
        IncWidth'(bad_config) + IncWidth'(ext_valid_i && ext_ready_o && !ext_known);
    inc[mixspike_pkg::CntStuck*IncWidth+:IncWidth] = expired;
  end

  event_counters u_counters (
    .clk_i,
    .rst_ni,
    .clear_i(clear_counters_o),
    .inc_i  (inc),
    .index_i(counter_index),
    .count_o(counter)
  );

  assign active_o = aer_active || ext_valid || fanout_o || tag_wait_o;

  always_comb begin
    next_edges_o = 2'd0;
    if (soon || pulse_valid || bad_entry || out_valid_o) begin
      next_edges_o = 2'd1;
    end else if (arriving || fanout_o) begin
      next_edges_o = 2'd2;
    end else if (active_o) begin
      next_edges_o = 2'd3;
    end
  end

  latency_check #(
    .NumNeurons(NumNeurons),
    .SyncStages(SyncStages)
  ) u_latency_check (
    .clk_i,
    .rst_ni    (rst_dyn_n),
    .req_i     (sampled),
    .ack_i     (ack_o),
    .stuck_i   (stuck),
    .enable_i  (enable),
    .grant_i   (grant_valid_o),
    .blocked_i (blocked),
    .external_i(ext_take || tag_take),
    .work_i    (neuron_valid || ext_valid || fanout_o || tag_wait_o),
    .start_i   (start_o)
  );

endmodule
