// SPDX-License-Identifier: Apache-2.0
// Configuration port: registers, and the way to the memories. One access a cycle; the response
// (read data, or that the address does not exist) follows in the next cycle.

module config_regs #(
  parameter  int unsigned NumNeurons  = 16,
  parameter  int unsigned NumInputs   = 64,
  parameter  int unsigned NumRows     = 4,
  parameter  int unsigned NumEntries  = 2048,
  parameter  int unsigned NumBiases   = 16,
  parameter  int unsigned NumTags     = 0,
  parameter  int unsigned SyncStages  = 2,
  localparam int unsigned NumSources  = NumNeurons + NumInputs + NumTags,
  localparam int unsigned SourceWidth = mixspike_pkg::index_width(NumSources),
  localparam int unsigned EntryAw     = mixspike_pkg::index_width(NumEntries),
  localparam int unsigned CounterAw   = mixspike_pkg::index_width(mixspike_pkg::NumCounters),
  localparam int unsigned BiasBits    = NumBiases * mixspike_pkg::BiasWidth
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,

  input  logic                                  cfg_valid_i,
  input  logic                                  cfg_write_i,
  input  logic [mixspike_pkg::AddrWidth-1:0]    cfg_addr_i,
  input  logic [31:0]                           cfg_wdata_i,
  output logic                                  cfg_ready_o,
  output logic                                  cfg_rvalid_o,
  output logic [31:0]                           cfg_rdata_o,
  output logic                                  cfg_error_o,
  output logic                                  cfg_missing_o,  // the address does not exist

  output logic                                  enable_o,
  output logic                                  output_enable_o,
  output logic [mixspike_pkg::PulseWidth-1:0]   high_o,
  output logic [mixspike_pkg::PulseWidth-1:0]   hold_o,
  output logic [mixspike_pkg::PulseWidth-1:0]   timeout_o,
  output logic                                  clear_o,
  output logic                                  clear_counters_o,
  output logic [BiasBits-1:0]                   bias_o,
  output logic                                  bad_address_o,

  output logic                                  route_req_o,
  output logic [SourceWidth-1:0]                route_addr_o,
  input  logic [2*mixspike_pkg::PtrWidth-1:0]   route_rdata_i,
  output logic                                  entry_req_o,
  output logic [EntryAw-1:0]                    entry_addr_o,
  input  logic [mixspike_pkg::EntryWidth-1:0]   entry_rdata_i,
  output logic                                  mem_write_o,

  output logic [CounterAw-1:0]                  counter_index_o,
  input  logic [mixspike_pkg::CounterWidth-1:0] counter_i,
  input  logic [NumNeurons-1:0]                 req_i,
  input  logic [NumNeurons-1:0]                 ack_i,
  input  logic [NumNeurons-1:0]                 stuck_i,
  input  logic                                  active_i,
  input  logic                                  pulses_i
);

  localparam int unsigned PulseWidth = mixspike_pkg::PulseWidth;
  localparam int unsigned AddrWidth = mixspike_pkg::AddrWidth;
  localparam int unsigned NumWords = (NumNeurons + 31) / 32;
  localparam int unsigned WordIdx = mixspike_pkg::index_width(NumWords);
  localparam int unsigned BiasIdx = mixspike_pkg::index_width(NumBiases);

  localparam logic [31:0] Latency = {
    8'(mixspike_pkg::ExtPulseEdges), 8'(mixspike_pkg::req_pulse_edges(SyncStages)),
    8'(mixspike_pkg::ack_edges(SyncStages)), 8'(mixspike_pkg::lookahead_cycles(SyncStages))
  };

  logic [2:0]            control_q;
  logic [PulseWidth-1:0] pulse_width_q, trigger_width_q, timeout_q;
  logic [BiasBits-1:0]   bias_q;
  logic                  clear_q, clear_counters_q;

  logic                  reg_write, known, writable;
  logic [AddrWidth-1:0]  counter_off, request_off, ack_off, stuck_off;
  logic [AddrWidth-1:0]  bias_off, route_off, entry_off;
  logic                  is_counter, is_request, is_ack, is_stuck, is_bias, is_route, is_entry;
  logic [NumWords*32-1:0] req_words, ack_words, stuck_words;
  logic [31:0]           reg_rdata, rdata_q;
  logic                  rvalid_q, error_q, missing_q, from_route_q, from_entry_q;

  // Blocks of words. Below a block's start the offset wraps to a large number.
  assign counter_off = cfg_addr_i - mixspike_pkg::AddrCounter;
  assign request_off = cfg_addr_i - mixspike_pkg::AddrRequest;
  assign ack_off = cfg_addr_i - mixspike_pkg::AddrAck;
  assign stuck_off = cfg_addr_i - mixspike_pkg::AddrStuck;
  assign bias_off = cfg_addr_i - mixspike_pkg::AddrBias;
  assign route_off = cfg_addr_i - mixspike_pkg::AddrRoute;
  assign entry_off = cfg_addr_i - mixspike_pkg::AddrEntry;
  assign is_counter = 32'(counter_off) < mixspike_pkg::NumCounters;
  assign is_request = 32'(request_off) < NumWords;
  assign is_ack = 32'(ack_off) < NumWords;
  assign is_stuck = 32'(stuck_off) < NumWords;
  assign is_bias = 32'(bias_off) < NumBiases;
  assign is_route = 32'(route_off) < NumSources;
  assign is_entry = 32'(entry_off) < NumEntries;

  // The widest register is narrower than the port.
  logic unused_wdata;
  assign unused_wdata = ^cfg_wdata_i[31:PulseWidth];

  assign counter_index_o = counter_off[CounterAw-1:0];
  assign req_words = (NumWords * 32)'(req_i);
  assign ack_words = (NumWords * 32)'(ack_i);
  assign stuck_words = (NumWords * 32)'(stuck_i);

  assign cfg_ready_o = 1'b1;
  assign reg_write = cfg_valid_i && cfg_write_i;
  assign route_req_o = cfg_valid_i && is_route;
  assign route_addr_o = route_off[SourceWidth-1:0];
  assign entry_req_o = cfg_valid_i && is_entry;
  assign entry_addr_o = entry_off[EntryAw-1:0];
  assign mem_write_o = cfg_write_i;
  assign bad_address_o = cfg_valid_i && (!known || (cfg_write_i && !writable));

  always_comb begin
    known = 1'b1;
    writable = 1'b0;
    reg_rdata = '0;
    case (cfg_addr_i)
      mixspike_pkg::AddrId: reg_rdata = mixspike_pkg::IdValue;
      mixspike_pkg::AddrNeurons: reg_rdata = NumNeurons;
      mixspike_pkg::AddrInputs: reg_rdata = NumInputs;
      mixspike_pkg::AddrRows: reg_rdata = NumRows;
      mixspike_pkg::AddrEntries: reg_rdata = NumEntries;
      mixspike_pkg::AddrBiases: reg_rdata = NumBiases;
      mixspike_pkg::AddrLatency: reg_rdata = Latency;
      mixspike_pkg::AddrCounters: reg_rdata = mixspike_pkg::NumCounters;
      mixspike_pkg::AddrControl: begin
        writable = 1'b1;
        reg_rdata = 32'(control_q);
      end
      mixspike_pkg::AddrCommand: writable = 1'b1;
      mixspike_pkg::AddrPulseWidth: begin
        writable = 1'b1;
        reg_rdata = 32'(pulse_width_q);
      end
      mixspike_pkg::AddrTriggerWidth: begin
        writable = 1'b1;
        reg_rdata = 32'(trigger_width_q);
      end
      mixspike_pkg::AddrTimeout: begin
        writable = 1'b1;
        reg_rdata = 32'(timeout_q);
      end
      mixspike_pkg::AddrStatus: reg_rdata = {30'd0, pulses_i, active_i};
      default: begin
        known = is_counter || is_request || is_ack || is_stuck || is_bias || is_route || is_entry;
        writable = is_bias || is_route || is_entry;
        if (is_counter) reg_rdata = counter_i;
        if (is_request) reg_rdata = req_words[request_off[WordIdx-1:0]*32+:32];
        if (is_ack) reg_rdata = ack_words[ack_off[WordIdx-1:0]*32+:32];
        if (is_stuck) reg_rdata = stuck_words[stuck_off[WordIdx-1:0]*32+:32];
        if (is_bias) begin
          reg_rdata = 32'(bias_q[bias_off[BiasIdx-1:0]*mixspike_pkg::BiasWidth+:
                                 mixspike_pkg::BiasWidth]);
        end
      end
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      control_q <= '0;
      pulse_width_q <= PulseWidth'(100);
      trigger_width_q <= PulseWidth'(1);
      timeout_q <= '0;
      bias_q <= '0;
      clear_q <= 1'b0;
      clear_counters_q <= 1'b0;
    end else begin
      clear_q <= reg_write && (cfg_addr_i == mixspike_pkg::AddrCommand) && cfg_wdata_i[0];
      clear_counters_q <= reg_write && (cfg_addr_i == mixspike_pkg::AddrCommand) && cfg_wdata_i[1];
      if (reg_write) begin
        if (cfg_addr_i == mixspike_pkg::AddrControl) control_q <= cfg_wdata_i[2:0];
        if (cfg_addr_i == mixspike_pkg::AddrPulseWidth) begin
          pulse_width_q <= cfg_wdata_i[PulseWidth-1:0];
        end
        if (cfg_addr_i == mixspike_pkg::AddrTriggerWidth) begin
          trigger_width_q <= cfg_wdata_i[PulseWidth-1:0];
        end
        if (cfg_addr_i == mixspike_pkg::AddrTimeout) timeout_q <= cfg_wdata_i[PulseWidth-1:0];
        if (is_bias) begin
          bias_q[bias_off[BiasIdx-1:0]*mixspike_pkg::BiasWidth+:mixspike_pkg::BiasWidth] <=
              cfg_wdata_i[mixspike_pkg::BiasWidth-1:0];
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rvalid_q <= 1'b0;
      error_q <= 1'b0;
      missing_q <= 1'b0;
      from_route_q <= 1'b0;
      from_entry_q <= 1'b0;
      rdata_q <= '0;
    end else begin
      rvalid_q <= cfg_valid_i;
      if (cfg_valid_i) begin
        error_q <= bad_address_o;
        missing_q <= !known;
        from_route_q <= is_route && !cfg_write_i;
        from_entry_q <= is_entry && !cfg_write_i;
        rdata_q <= cfg_write_i ? '0 : reg_rdata;
      end
    end
  end

  assign cfg_rvalid_o = rvalid_q;
  assign cfg_error_o = error_q;
  assign cfg_missing_o = missing_q;
  assign cfg_rdata_o = from_route_q ? route_rdata_i :
                       from_entry_q ? 32'(entry_rdata_i) : rdata_q;

  assign enable_o = control_q[0];
  assign output_enable_o = control_q[2];
  assign clear_o = clear_q;
  assign clear_counters_o = clear_counters_q;
  assign bias_o = bias_q;
  assign timeout_o = timeout_q;

  // Full pulse: the line is high for as long as the row is busy. Trigger: it is high for a short
  // while, and the row stays busy while the analog extender makes the pulse from it.
  assign hold_o = (pulse_width_q == '0) ? PulseWidth'(1) : pulse_width_q;

  always_comb begin
    high_o = hold_o;
    if (control_q[1] && (trigger_width_q < hold_o)) begin
      high_o = (trigger_width_q == '0) ? PulseWidth'(1) : trigger_width_q;
    end
  end

endmodule
