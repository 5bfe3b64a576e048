// SPDX-License-Identifier: Apache-2.0
// Turns an event into pulses: reads the routing table, then one synapse entry a cycle. A delivery
// that its row cannot take yet holds everything behind it.

module fanout #(
  parameter  int unsigned NumSources  = 80,
  parameter  int unsigned NumEntries  = 1024,
  parameter  int unsigned NumNeurons  = 16,
  parameter  int unsigned NumRows     = 4,
  parameter               RouteFile   = "",
  parameter               EntryFile   = "",
  localparam int unsigned SourceWidth = mixspike_pkg::index_width(NumSources),
  localparam int unsigned EntryAw     = mixspike_pkg::index_width(NumEntries),
  localparam int unsigned NumLines    = NumNeurons * 2 * NumRows,
  localparam int unsigned LineWidth   = mixspike_pkg::index_width(NumLines),
  localparam int unsigned RouteBits   = 2 * mixspike_pkg::PtrWidth
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  input  logic                                event_valid_i,
  input  logic [SourceWidth-1:0]              event_source_i,
  output logic                                event_ready_o,

  output logic                                pulse_valid_o,
  output logic [LineWidth-1:0]                pulse_line_o,
  output logic [mixspike_pkg::CodeWidth-1:0]  pulse_code_o,
  input  logic                                pulse_ready_i,

  input  logic                                cfg_route_req_i,
  input  logic [SourceWidth-1:0]              cfg_route_addr_i,
  output logic [RouteBits-1:0]                cfg_route_rdata_o,
  input  logic                                cfg_entry_req_i,
  input  logic [EntryAw-1:0]                  cfg_entry_addr_i,
  output logic [mixspike_pkg::EntryWidth-1:0] cfg_entry_rdata_o,
  input  logic                                cfg_write_i,
  input  logic [RouteBits-1:0]                cfg_wdata_i,

  output logic                                busy_o,      // the route or entry stage holds work
  output logic                                unrouted_o,  // an event without destinations ended
  output logic                                bad_entry_o  // a delivery to nowhere was dropped
);

  // Route stage: the word read from the routing table, and how far its entries are issued.
  logic                              route_valid_q;
  logic [RouteBits-1:0]              route_word;
  mixspike_pkg::route_t              route;
  logic [mixspike_pkg::PtrWidth-1:0] offset_q;
  logic [mixspike_pkg::PtrWidth:0]   entry_addr;
  logic                              route_mem_ready, entry_mem_ready;
  logic                              route_read, route_empty, route_last, route_done, issue;

  // Entry stage: the synapse entry to deliver.
  logic                                entry_valid_q, entry_missing_q;
  logic [mixspike_pkg::EntryWidth-1:0] entry_word;
  mixspike_pkg::entry_t                entry;
  logic                                entry_bad, entry_done;

  router_mem #(
    .Width   (RouteBits),
    .Depth   (NumSources),
    .InitFile(RouteFile)
  ) u_route_mem (
    .clk_i,
    .rst_ni,
    .cfg_req_i  (cfg_route_req_i),
    .cfg_write_i(cfg_write_i),
    .cfg_addr_i (cfg_route_addr_i),
    .cfg_wdata_i(cfg_wdata_i),
    .cfg_rdata_o(cfg_route_rdata_o),
    .read_i     (route_read),
    .addr_i     (event_source_i),
    .ready_o    (route_mem_ready),
    .rdata_o    (route_word)
  );

  router_mem #(
    .Width   (mixspike_pkg::EntryWidth),
    .Depth   (NumEntries),
    .InitFile(EntryFile)
  ) u_entry_mem (
    .clk_i,
    .rst_ni,
    .cfg_req_i  (cfg_entry_req_i),
    .cfg_write_i(cfg_write_i),
    .cfg_addr_i (cfg_entry_addr_i),
    .cfg_wdata_i(cfg_wdata_i[mixspike_pkg::EntryWidth-1:0]),
    .cfg_rdata_o(cfg_entry_rdata_o),
    .read_i     (issue),
    .addr_i     (entry_addr[EntryAw-1:0]),
    .ready_o    (entry_mem_ready),
    .rdata_o    (entry_word)
  );

  assign route = route_word;
  assign entry = entry_word;

  // Take an event as soon as the one before has issued its last entry.
  assign event_ready_o = route_mem_ready && (!route_valid_q || route_done);
  assign route_read = event_valid_i && event_ready_o;

  assign entry_addr = {1'b0, route.base} + {1'b0, offset_q};
  assign route_empty = route.count == '0;
  assign route_last = offset_q + 1'b1 == route.count;
  assign issue = route_valid_q && !route_empty && entry_mem_ready && (!entry_valid_q || entry_done);
  assign route_done = route_valid_q && (route_empty || (issue && route_last));

  assign entry_bad = entry_missing_q || (32'(entry.target) >= NumNeurons) ||
                     (32'(entry.row) >= NumRows);
  assign pulse_valid_o = entry_valid_q && !entry_bad;
  assign entry_done = entry_valid_q && (entry_bad || pulse_ready_i);
  // Lines of a neuron are numbered with its excitatory rows first.
  assign pulse_line_o = LineWidth'(32'(entry.target) * (2 * NumRows) +
                                   (entry.inhibitory ? NumRows : 0) + 32'(entry.row));
  assign pulse_code_o = entry.code;

  assign busy_o = route_valid_q || entry_valid_q;
  assign unrouted_o = route_valid_q && route_empty;
  assign bad_entry_o = entry_valid_q && entry_bad;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      route_valid_q <= 1'b0;
      offset_q <= '0;
      entry_valid_q <= 1'b0;
      entry_missing_q <= 1'b0;
    end else begin
      if (route_read) begin
        route_valid_q <= 1'b1;
        offset_q <= '0;
      end else if (route_done) begin
        route_valid_q <= 1'b0;
      end else if (issue) begin
        offset_q <= offset_q + 1'b1;
      end

      if (issue) begin
        entry_valid_q <= 1'b1;
        entry_missing_q <= 32'(entry_addr) >= NumEntries;
      end else if (entry_done) begin
        entry_valid_q <= 1'b0;
      end
    end
  end

`ifndef SYNTHESIS
  // A delivery that has to wait stays as it is.
  logic                 waited_q;
  logic [LineWidth-1:0] waited_line_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waited_q <= 1'b0;
      waited_line_q <= '0;
    end else begin
      waited_q <= pulse_valid_o && !pulse_ready_i;
      waited_line_q <= pulse_line_o;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!waited_q || (pulse_valid_o && pulse_line_o == waited_line_q));
      assert (!pulse_valid_o || 32'(pulse_line_o) < NumLines);
    end
  end
`endif

endmodule
