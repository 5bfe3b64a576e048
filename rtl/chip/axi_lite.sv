// SPDX-License-Identifier: Apache-2.0
// AXI4-Lite in front of a valid/ready register port that answers in the next cycle. Byte addresses; the
// two lowest bits are ignored. One write and one read may be under way at once; they take turns. Only
// whole words can be written: another strobe is answered with SLVERR (none at all writes nothing).

module axi_lite #(
  parameter  int unsigned WordWidth = mixspike_pkg::ChipAddrWidth,
  localparam int unsigned AddrWidth = WordWidth + 2
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 awvalid_i,
  input  logic [AddrWidth-1:0] awaddr_i,
  output logic                 awready_o,
  input  logic                 wvalid_i,
  input  logic [31:0]          wdata_i,
  input  logic [3:0]           wstrb_i,
  output logic                 wready_o,
  output logic                 bvalid_o,
  output logic [1:0]           bresp_o,
  input  logic                 bready_i,
  input  logic                 arvalid_i,
  input  logic [AddrWidth-1:0] araddr_i,
  output logic                 arready_o,
  output logic                 rvalid_o,
  output logic [31:0]          rdata_o,
  output logic [1:0]           rresp_o,
  input  logic                 rready_i,

  output logic                 cfg_valid_o,
  output logic                 cfg_write_o,
  output logic [WordWidth-1:0] cfg_addr_o,
  output logic [31:0]          cfg_wdata_o,
  input  logic                 cfg_ready_i,
  input  logic                 cfg_rvalid_i,
  input  logic [31:0]          cfg_rdata_i,
  input  logic                 cfg_error_i,
  input  logic                 cfg_missing_i
);

  localparam logic [1:0] Okay = 2'b00, SlvErr = 2'b10, DecErr = 2'b11;

  // Held: an address or data word waits for its access. Asked: the access was made.
  logic                 aw_held_q, w_held_q, ar_held_q, w_asked_q, r_asked_q, bvalid_q, rvalid_q;
  logic [WordWidth-1:0] awaddr_q, araddr_q;
  logic [31:0]          wdata_q, rdata_q;
  logic [3:0]           wstrb_q;
  logic [1:0]           bresp_q, rresp_q;
  logic                 read_first_q;  // the last access was a write
  logic                 write_ready, whole, ask_write, ask_read, refuse, answer;
  logic [1:0]           response;

  assign awready_o = !aw_held_q;
  assign wready_o = !w_held_q;
  assign arready_o = !ar_held_q;
  assign bvalid_o = bvalid_q;
  assign bresp_o = bresp_q;
  assign rvalid_o = rvalid_q;
  assign rdata_o = rdata_q;
  assign rresp_o = rresp_q;

  // Word addresses; the bytes within a word have none of their own.
  logic unused_bytes;
  assign unused_bytes = ^{awaddr_i[1:0], araddr_i[1:0]};

  // A write is asked for once its answer has a place; so is a read.
  assign write_ready = aw_held_q && w_held_q && !w_asked_q && !bvalid_q;
  assign whole = wstrb_q == 4'hf;
  assign refuse = write_ready && !whole;
  assign ask_write = write_ready && whole && !(read_first_q && ar_held_q && !r_asked_q && !rvalid_q);
  assign ask_read = ar_held_q && !r_asked_q && !rvalid_q && !ask_write;
  assign cfg_valid_o = ask_write || ask_read;
  assign cfg_write_o = ask_write;
  assign cfg_addr_o = ask_write ? awaddr_q : araddr_q;
  assign cfg_wdata_o = wdata_q;
  assign answer = cfg_rvalid_i;
  assign response = cfg_missing_i ? DecErr : cfg_error_i ? SlvErr : Okay;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_held_q <= 1'b0;
      w_held_q <= 1'b0;
      ar_held_q <= 1'b0;
      w_asked_q <= 1'b0;
      r_asked_q <= 1'b0;
      bvalid_q <= 1'b0;
      rvalid_q <= 1'b0;
      read_first_q <= 1'b0;
      awaddr_q <= '0;
      araddr_q <= '0;
      wdata_q <= '0;
      wstrb_q <= '0;
      rdata_q <= '0;
      bresp_q <= Okay;
      rresp_q <= Okay;
    end else begin
      if (awvalid_i && awready_o) begin
        aw_held_q <= 1'b1;
        awaddr_q <= awaddr_i[AddrWidth-1:2];
      end
      if (wvalid_i && wready_o) begin
        w_held_q <= 1'b1;
        wdata_q <= wdata_i;
        wstrb_q <= wstrb_i;
      end
      if (arvalid_i && arready_o) begin
        ar_held_q <= 1'b1;
        araddr_q <= araddr_i[AddrWidth-1:2];
      end

      if (bvalid_q && bready_i) bvalid_q <= 1'b0;
      if (rvalid_q && rready_i) rvalid_q <= 1'b0;
      if (cfg_valid_o && cfg_ready_i) begin
        read_first_q <= ask_write;
        if (ask_write) w_asked_q <= 1'b1;
        else r_asked_q <= 1'b1;
      end
      if (refuse || (answer && w_asked_q)) begin
        aw_held_q <= 1'b0;
        w_held_q <= 1'b0;
        w_asked_q <= 1'b0;
        bvalid_q <= 1'b1;
        bresp_q <= refuse ? ((wstrb_q == '0) ? Okay : SlvErr) : response;
      end
      if (answer && r_asked_q) begin
        ar_held_q <= 1'b0;
        r_asked_q <= 1'b0;
        rvalid_q <= 1'b1;
        rdata_q <= cfg_rdata_i;
        rresp_q <= response;
      end
    end
  end

`ifdef FORMAL
  // A master that keeps what it offers, and a port that answers in the cycle after an access, get: one
  // answer for each write and read, which stays until it is taken; within 8 cycles if it is taken at once.
  logic       started_q = 1'b0;
  logic       aw_q, w_q, ar_q, b_q, r_q, asked_q, error_q, missing_q;
  logic [1:0] b_code_q, r_code_q;
  logic [31:0] r_data_q;
  logic [3:0] strobe_q, w_age_q, r_age_q;
  logic [1:0] aw_open_q, w_open_q, ar_open_q;  // taken and not answered

  always_comb begin
    assume (rst_ni == started_q);
    assume (cfg_ready_i);
    if (started_q) begin
      assume (!aw_q || awvalid_i);
      assume (!w_q || wvalid_i);
      assume (!ar_q || arvalid_i);
      assume (cfg_rvalid_i == asked_q);
    end
  end

  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    aw_q <= awvalid_i && !awready_o && rst_ni;
    w_q <= wvalid_i && !wready_o && rst_ni;
    ar_q <= arvalid_i && !arready_o && rst_ni;
    asked_q <= cfg_valid_o && rst_ni;
    b_q <= bvalid_o && !bready_i && rst_ni;
    r_q <= rvalid_o && !rready_i && rst_ni;
    b_code_q <= bresp_o;
    r_code_q <= rresp_o;
    r_data_q <= rdata_o;
    if (!rst_ni) begin
      aw_open_q <= '0;
      w_open_q <= '0;
      ar_open_q <= '0;
      w_age_q <= '0;
      r_age_q <= '0;
    end else begin
      aw_open_q <= aw_open_q + (awvalid_i && awready_o) - (bvalid_o && bready_i);
      w_open_q <= w_open_q + (wvalid_i && wready_o) - (bvalid_o && bready_i);
      ar_open_q <= ar_open_q + (arvalid_i && arready_o) - (rvalid_o && rready_i);
      w_age_q <= (aw_held_q && w_held_q && !(bvalid_o && !bready_i)) ? w_age_q + 1'b1 : '0;
      r_age_q <= (ar_held_q && !(rvalid_o && !rready_i)) ? r_age_q + 1'b1 : '0;
    end
    if (rst_ni && started_q) begin
      assert (!b_q || (bvalid_o && bresp_o == b_code_q));
      assert (!r_q || (rvalid_o && rresp_o == r_code_q && rdata_o == r_data_q));
      assert (aw_open_q == aw_held_q + bvalid_q);
      assert (w_open_q == w_held_q + bvalid_q);
      assert (ar_open_q == ar_held_q + rvalid_q);
      assert (!bvalid_o || (aw_open_q != '0 && w_open_q != '0));
      assert (!rvalid_o || ar_open_q != '0);
      assert (!(w_asked_q && r_asked_q) && asked_q == (w_asked_q || r_asked_q));
      assert (!w_asked_q || (aw_held_q && w_held_q && !bvalid_q && whole));
      assert (!r_asked_q || (ar_held_q && !rvalid_q));
      assert (w_age_q <= 8);
      assert (r_age_q <= 8);
    end
  end
`endif

endmodule
