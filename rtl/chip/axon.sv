// SPDX-License-Identifier: Apache-2.0
// Sends the events of a core to others: reads the source's entries (tag, cores, delay), holds each for
// its delay and gives it to the mesh. What cannot go on waits and holds the events behind it; only a
// time-out drops, and it is counted.

module axon #(
  parameter  int unsigned NumSources  = 80,
  parameter  int unsigned NumSends    = 128,  // at least NumSources: entry s is the first of source s
  parameter  int unsigned NumCores    = 4,
  parameter  int unsigned TagWidth    = 8,
  parameter  int unsigned QueueDepth  = 4,
  parameter  int unsigned DelayDepth  = 16,
  localparam int unsigned SourceWidth = mixspike_pkg::index_width(NumSources),
  localparam int unsigned SendAw      = mixspike_pkg::index_width(NumSends),
  localparam int unsigned TimeWidth   = mixspike_pkg::TimeWidth
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [TimeWidth-1:0]                now_i,

  input  logic [mixspike_pkg::ShiftWidth-1:0] shift_i,    // the delay's unit: 2^shift_i cycles
  input  logic [mixspike_pkg::PulseWidth-1:0] timeout_i,  // cycles after its time a flit may wait; 0: any

  input  logic                                event_valid_i,
  input  logic [SourceWidth-1:0]              event_source_i,
  output logic                                full_o,

  output logic                                flit_valid_o,
  output logic [TagWidth-1:0]                 flit_tag_o,
  output logic [NumCores-1:0]                 flit_cores_o,
  input  logic                                flit_ready_i,

  input  logic                                cfg_tag_req_i,
  input  logic                                cfg_dest_req_i,
  input  logic                                cfg_write_i,
  input  logic [SendAw-1:0]                   cfg_addr_i,
  input  logic [31:0]                         cfg_wdata_i,
  output logic [31:0]                         cfg_tag_rdata_o,
  output logic [31:0]                         cfg_dest_rdata_o,

  output logic                                active_o,      // the next edge matters
  output logic                                wait_valid_o,  // else a delay ends at wait_time_o
  output logic [TimeWidth-1:0]                wait_time_o,

  // What happened in this cycle, for the counters.
  output logic                                sent_o,
  output logic                                delay_wait_o,  // an entry found the delay line full
  output logic                                mesh_wait_o,   // a flit whose time has come waits
  output logic                                expired_o,     // a flit was dropped: it waited too long
  output logic                                bad_send_o     // an entry names no core, or no later entry
);

  localparam int unsigned FlitWidth = TagWidth + NumCores;

  // Events of this core, waiting for their entries to be read.
  logic                   fifo_valid, take;
  logic [SourceWidth-1:0] source;
  logic [mixspike_pkg::index_width(QueueDepth+1)-1:0] unused_level;

  event_fifo #(
    .Width(SourceWidth),
    .Depth(QueueDepth)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .push_i (event_valid_i),
    .data_i (event_source_i),
    .full_o,
    .pop_i  (take),
    .data_o (source),
    .valid_o(fifo_valid),
    .level_o(unused_level)
  );

  // The entry that was read, and the next one of the same event.
  logic                     entry_valid_q, mem_ready, tag_ready, dest_ready, read;
  logic [SendAw-1:0]        index_q, addr;
  logic [31:0]              tag_word, dest_word;
  mixspike_pkg::send_tag_t  entry_tag;
  mixspike_pkg::send_dest_t entry_dest;
  logic                     has_cores, has_next, follow, advance, done, push;

  router_mem #(
    .Width(32),
    .Depth(NumSends)
  ) u_tag_mem (
    .clk_i,
    .rst_ni,
    .cfg_req_i  (cfg_tag_req_i),
    .cfg_write_i(cfg_write_i),
    .cfg_addr_i (cfg_addr_i),
    .cfg_wdata_i(cfg_wdata_i),
    .cfg_rdata_o(cfg_tag_rdata_o),
    .read_i     (read),
    .addr_i     (addr),
    .ready_o    (tag_ready),
    .rdata_o    (tag_word)
  );

  router_mem #(
    .Width(32),
    .Depth(NumSends)
  ) u_dest_mem (
    .clk_i,
    .rst_ni,
    .cfg_req_i  (cfg_dest_req_i),
    .cfg_write_i(cfg_write_i),
    .cfg_addr_i (cfg_addr_i),
    .cfg_wdata_i(cfg_wdata_i),
    .cfg_rdata_o(cfg_dest_rdata_o),
    .read_i     (read),
    .addr_i     (addr),
    .ready_o    (dest_ready),
    .rdata_o    (dest_word)
  );

  assign mem_ready = tag_ready && dest_ready;
  assign entry_tag = tag_word;
  assign entry_dest = dest_word;

  // The next entry must be a later one, so that no chain of entries is a circle.
  assign has_cores = |entry_dest.cores[NumCores-1:0];
  assign has_next = entry_tag.next != '0;
  assign follow = has_next && (32'(entry_tag.next) > 32'(index_q)) &&
                  (32'(entry_tag.next) < NumSends);

  logic line_full, line_valid, line_pop;
  logic [FlitWidth-1:0] line_data;
  logic [TimeWidth-1:0] overdue;

  assign advance = entry_valid_q && !(has_cores && line_full) && (!follow || mem_ready);
  assign done = advance && !follow;
  assign push = advance && has_cores;
  assign take = fifo_valid && mem_ready && (!entry_valid_q || done);
  assign read = take || (advance && follow);
  assign addr = take ? SendAw'(source) : entry_tag.next[SendAw-1:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      entry_valid_q <= 1'b0;
      index_q <= '0;
    end else begin
      if (read) begin
        entry_valid_q <= 1'b1;
        index_q <= addr;
      end else if (done) begin
        entry_valid_q <= 1'b0;
      end
    end
  end

  delay_line #(
    .Width(FlitWidth),
    .Depth(DelayDepth)
  ) u_delay (
    .clk_i,
    .rst_ni,
    .now_i,
    .push_i (push),
    .due_i  (now_i + 1'b1 + (TimeWidth'(entry_dest.delay) << shift_i)),
    .data_i ({entry_tag.tag[TagWidth-1:0], entry_dest.cores[NumCores-1:0]}),
    .full_o (line_full),
    .valid_o(line_valid),
    .data_o (line_data),
    .pop_i  (line_pop),
    .held_o (wait_valid_o),
    .due_o  (wait_time_o)
  );

  assign overdue = now_i - wait_time_o;
  assign expired_o = line_valid && (timeout_i != '0) && (overdue >= TimeWidth'(timeout_i));
  assign flit_valid_o = line_valid && !expired_o;
  assign {flit_tag_o, flit_cores_o} = line_data;
  assign sent_o = flit_valid_o && flit_ready_i;
  assign line_pop = sent_o || expired_o;

  assign active_o = fifo_valid || entry_valid_q || line_valid;
  assign delay_wait_o = entry_valid_q && has_cores && line_full;
  assign mesh_wait_o = flit_valid_o && !flit_ready_i;
  assign bad_send_o = advance && ((has_next && !follow) ||
                                  (entry_dest.cores != mixspike_pkg::MaxCores'(
                                   entry_dest.cores[NumCores-1:0])));

  // Tags have as many bits as the cores' tables need.
  logic unused_tag;
  assign unused_tag = ^entry_tag.tag;

endmodule
