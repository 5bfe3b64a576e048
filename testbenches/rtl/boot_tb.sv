// SPDX-License-Identifier: Apache-2.0
// Boots a core from $readmemh images, reads them back through the port, sends one external event
// and watches its pulse. Run it: tests/rtl/boot.sh (or by hand as that script does).

module boot_tb;

  localparam int unsigned NumNeurons = 16;
  localparam int unsigned NumInputs = 64;
  localparam int unsigned NumEntries = 2048;

  logic        clk = 1'b0;
  logic        rst_n = 1'b0;
  logic [31:0] now = '0;

  logic        cfg_valid = 1'b0;
  logic        cfg_write = 1'b0;
  logic [19:0] cfg_addr = '0;
  logic [31:0] cfg_wdata = '0;
  logic        cfg_ready, cfg_rvalid, cfg_error;
  logic [31:0] cfg_rdata;
  logic        ext_valid = 1'b0;
  logic [5:0]  ext_input = '0;
  logic        start;
  logic [6:0]  start_line;
  logic [7:0]  start_code;

  core_top #(
    .NumNeurons(NumNeurons),
    .NumInputs (NumInputs),
    .NumEntries(NumEntries),
    .RouteFile ("route.hex"),
    .EntryFile ("entry.hex")
  ) u_core (
    .clk_i         (clk),
    .rst_ni        (rst_n),
    .now_i         (now),
    .cfg_valid_i   (cfg_valid),
    .cfg_write_i   (cfg_write),
    .cfg_addr_i    (cfg_addr),
    .cfg_wdata_i   (cfg_wdata),
    .cfg_ready_o   (cfg_ready),
    .cfg_rvalid_o  (cfg_rvalid),
    .cfg_rdata_o   (cfg_rdata),
    .cfg_error_o   (cfg_error),
    .req_i         ('0),
    .ack_o         (),
    .pulse_o       (),
    .code_o        (),
    .bias_o        (),
    .ext_valid_i   (ext_valid),
    .ext_input_i   (ext_input),
    .ext_ready_o   (),
    .out_valid_o   (),
    .out_neuron_o  (),
    .out_ready_i   (1'b1),
    .start_o       (start),
    .start_line_o  (start_line),
    .start_code_o  (start_code),
    .end_o         (),
    .end_line_o    (),
    .active_o      (),
    .next_edges_o  (),
    .end_valid_o   (),
    .end_time_o    (),
    .busy_o        (),
    .free_time_o   (),
    .grant_valid_o (),
    .grant_neuron_o(),
    .event_level_o (),
    .input_level_o (),
    .fanout_o      (),
    .row_wait_o    ()
  );

  always #5 clk = ~clk;
  always @(posedge clk) now <= now + 1;

  task automatic access(input logic write, input logic [19:0] addr, input logic [31:0] wdata);
    @(negedge clk);
    cfg_valid = 1'b1;
    cfg_write = write;
    cfg_addr = addr;
    cfg_wdata = wdata;
    @(negedge clk);
    cfg_valid = 1'b0;
    if (!cfg_ready || !cfg_rvalid || cfg_error) begin
      $display("FAIL: no answer from address %h", addr);
      $fatal;
    end
  endtask

  logic [31:0] route_image[NumNeurons + NumInputs];
  logic [23:0] entry_image[NumEntries];

  initial begin
    $readmemh("route.hex", route_image);
    $readmemh("entry.hex", entry_image);
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int i = 0; i < NumNeurons + NumInputs; i++) begin
      access(1'b0, 20'h10000 + i[19:0], '0);
      if (cfg_rdata != route_image[i]) begin
        $display("FAIL: source %0d boots as %h", i, cfg_rdata);
        $fatal;
      end
    end
    for (int i = 0; i < NumEntries; i++) begin
      access(1'b0, 20'h20000 + i[19:0], '0);
      if (cfg_rdata[23:0] != entry_image[i]) begin
        $display("FAIL: entry %0d boots as %h", i, cfg_rdata);
        $fatal;
      end
    end
    access(1'b1, 20'h00008, 32'd1);
    ext_valid = 1'b1;
    ext_input = 6'd5;
    @(negedge clk);
    ext_valid = 1'b0;
    // The event entered at the edge just past: its pulse starts three edges later.
    repeat (3) @(negedge clk);
    if (!start || start_line != 7'(3 * 8 + 4 + 2) || start_code != 8'h2a) begin
      $display("FAIL: no pulse of neuron 3, inhibitory row 2, code 2a");
      $fatal;
    end
    $display("PASS");
    $finish;
  end

endmodule
