// SPDX-License-Identifier: Apache-2.0
// One node of the mesh: takes flits (tag, destination cores) from its core and its four neighbours and
// sends each on to every side that leads to one of its destinations, first along the row, then along
// the column. A flit stays at the head of its queue until the last of its copies has left, so nothing
// is lost; copies leave as soon as their own side is free. Every way goes row, column, core: no
// circle of waiting nodes can close.

module mesh_router #(
  parameter  int unsigned Cols = 4,
  parameter  int unsigned Rows = 4,
  parameter  int unsigned X = 0,  // place of this node
  parameter  int unsigned Y = 0,
  parameter  int unsigned TagWidth = 12,
  parameter  int unsigned Depth = 4,
  localparam int unsigned NumPorts = 5,  // core, east, west, north, south
  localparam int unsigned NumCores = Cols * Rows,
  localparam int unsigned FlitWidth = TagWidth + NumCores
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic [NumPorts-1:0]           in_valid_i,
  input  logic [NumPorts*FlitWidth-1:0] in_flit_i,   // each: tag, then one bit a destination core
  output logic [NumPorts-1:0]           in_ready_o,
  output logic [NumPorts-1:0]           out_valid_o,
  output logic [NumPorts*FlitWidth-1:0] out_flit_o,
  input  logic [NumPorts-1:0]           out_ready_i,
  output logic                          active_o      // a flit is here
);

  localparam int unsigned LvlWidth = mixspike_pkg::index_width(Depth + 1);
  localparam int unsigned IdxWidth = mixspike_pkg::index_width(NumPorts);

  // Signed, so that comparisons with 0 are no special case.
  localparam integer Width = Cols;
  localparam integer MyX = X;
  localparam integer MyY = Y;

  // Destinations that lie behind a port; core k is in column k % Cols of row k / Cols.
  // verilator coverage_off
  function automatic logic [NumCores-1:0] behind(input integer port);
    integer k;
    behind = '0;
    for (k = 0; k < NumCores; k = k + 1) begin
      behind[k] = mixspike_pkg::leads_to(port, MyX, MyY, k % Width, k / Width);
    end
  endfunction
  // verilator coverage_on

  logic [NumPorts-1:0]           valid, full, pop;
  logic [NumPorts*FlitWidth-1:0] head;
  logic [NumPorts*NumPorts-1:0]  ask;      // of each input, the outputs that it still needs
  logic [NumPorts*NumPorts-1:0]  request;  // of each output, the inputs that ask for it
  logic [NumPorts*NumPorts-1:0]  grant;    // of each output, the input that it takes

  assign in_ready_o = ~full;
  assign active_o = |valid;

  for (genvar i = 0; i < NumPorts; i++) begin : gen_in
    logic [NumPorts-1:0] need, served, sent_q;
    logic [NumCores-1:0] to;
    logic [LvlWidth-1:0] unused_level;

    event_fifo #(
      .Width(FlitWidth),
      .Depth(Depth)
    ) u_fifo (
      .clk_i,
      .rst_ni,
      .push_i (in_valid_i[i] && !full[i]),
      .data_i (in_flit_i[i*FlitWidth+:FlitWidth]),
      .full_o (full[i]),
      .pop_i  (pop[i]),
      .data_o (head[i*FlitWidth+:FlitWidth]),
      .valid_o(valid[i]),
      .level_o(unused_level)
    );

    assign to = head[i*FlitWidth+:NumCores];

    for (genvar o = 0; o < NumPorts; o++) begin : gen_side
      localparam logic [NumCores-1:0] Behind = behind(o);
      assign need[o] = valid[i] && |(to & Behind);
      assign served[o] = grant[o*NumPorts+i];
      assign request[o*NumPorts+i] = ask[i*NumPorts+o];
    end

    assign ask[i*NumPorts+:NumPorts] = need & ~sent_q;
    assign pop[i] = valid[i] && (ask[i*NumPorts+:NumPorts] & ~served) == '0;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        sent_q <= '0;
      end else if (pop[i]) begin
        sent_q <= '0;
      end else begin
        sent_q <= sent_q | served;
      end
    end
  end

  for (genvar o = 0; o < NumPorts; o++) begin : gen_out
    localparam logic [NumCores-1:0] Behind = behind(o);
    logic [IdxWidth-1:0]  from;
    logic                 unused_valid;
    logic [FlitWidth-1:0] flit;

    rr_arbiter #(
      .Width(NumPorts)
    ) u_arbiter (
      .clk_i,
      .rst_ni,
      .ready_i(out_ready_i[o]),
      .extra_i(1'b0),
      .req_i  (request[o*NumPorts+:NumPorts]),
      .grant_o(grant[o*NumPorts+:NumPorts]),
      .index_o(from),
      .valid_o(unused_valid)
    );

    assign flit = head[from*FlitWidth+:FlitWidth];
    assign out_valid_o[o] = |request[o*NumPorts+:NumPorts];
    assign out_flit_o[o*FlitWidth+:FlitWidth] = {flit[FlitWidth-1:NumCores],
                                                 flit[NumCores-1:0] & Behind};
  end

`ifdef FORMAL_MESH
  // What may come in at a port: destinations that the way row, column, core has left for it. What is
  // given to a neighbour may come in there; a queue gives what it was given (event_fifo), so that heads
  // are such flits. A head always asks for a port that leads somewhere.
  function automatic logic [NumCores-1:0] allowed(input integer port, input integer x, input integer y);
    integer k;
    allowed = '0;
    for (k = 0; k < NumCores; k = k + 1) begin
      case (port)
        0: allowed[k] = 1'b1;
        1: allowed[k] = k % Width <= x;                        // from the east
        2: allowed[k] = k % Width >= x;
        3: allowed[k] = (k % Width == x) && (k / Width <= y);  // from the north
        default: allowed[k] = (k % Width == x) && (k / Width >= y);
      endcase
    end
  endfunction

  for (genvar i = 0; i < NumPorts; i++) begin : gen_legal
    localparam logic [NumCores-1:0] In = allowed(i, X, Y);
    // Where what leaves at port i comes in: the core itself, or the neighbour's opposite side.
    localparam integer NextX = X + ((i == 1) ? 1 : (i == 2) ? -1 : 0);
    localparam integer NextY = Y + ((i == 3) ? 1 : (i == 4) ? -1 : 0);
    localparam integer Back = (i == 1) ? 2 : (i == 2) ? 1 : (i == 3) ? 4 : (i == 4) ? 3 : 0;
    localparam logic [NumCores-1:0] Next = allowed(Back, NextX, NextY);
    logic [NumCores-1:0] to, out;
    assign to = head[i*FlitWidth+:NumCores];
    assign out = out_flit_o[i*FlitWidth+:NumCores];
    logic [NumCores-1:0] to_q;
    logic                stays_q = 1'b0;
    always_comb assume (!valid[i] || (to != '0 && (to & ~In) == '0));
    always_comb assume (!stays_q || to == to_q);
    always_ff @(posedge clk_i) begin
      to_q <= to;
      stays_q <= rst_ni && valid[i] && !pop[i];
      if (rst_ni) begin
        assert (!valid[i] || ask[i*NumPorts+:NumPorts] != '0);
        assert (!out_valid_o[i] || (out != '0 && (out & ~Next) == '0));
        assert ((gen_in[i].sent_q & ~gen_in[i].need) == '0);
      end
    end
  end
`endif

endmodule
