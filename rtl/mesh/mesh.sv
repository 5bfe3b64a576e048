// SPDX-License-Identifier: Apache-2.0
// A mesh of Cols x Rows nodes; each has one port for its core. A flit carries a tag and one bit for
// each core that is to get it.

module mesh #(
  parameter  int unsigned Cols = 4,
  parameter  int unsigned Rows = 4,
  parameter  int unsigned TagWidth = 24,
  parameter  int unsigned Depth = 4,
  localparam int unsigned NumCores = Cols * Rows,
  localparam int unsigned FlitWidth = TagWidth + NumCores
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic [NumCores-1:0]           in_valid_i,
  input  logic [NumCores*FlitWidth-1:0] in_flit_i,
  output logic [NumCores-1:0]           in_ready_o,
  output logic [NumCores-1:0]           out_valid_o,
  output logic [NumCores*TagWidth-1:0]  out_tag_o,
  input  logic [NumCores-1:0]           out_ready_i,
  output logic                          active_o      // a flit is on its way
);

  localparam int unsigned NumPorts = 5;
  localparam int unsigned East = 1, West = 2, North = 3, South = 4;

  // Of each node, all its ports: what it gives, and whether its inputs are ready.
  logic [NumCores*NumPorts-1:0]           valid, ready;
  logic [NumCores*NumPorts*FlitWidth-1:0] flit;
  logic [NumCores-1:0]                    active;

  assign active_o = |active;

  for (genvar k = 0; k < NumCores; k++) begin : gen_node
    localparam int unsigned X = k % Cols;
    localparam int unsigned Y = k / Cols;
    logic [NumPorts-1:0]           from_valid, to_ready;
    logic [NumPorts*FlitWidth-1:0] from_flit;

    assign from_valid[0] = in_valid_i[k];
    assign from_flit[0+:FlitWidth] = in_flit_i[k*FlitWidth+:FlitWidth];
    assign in_ready_o[k] = ready[k*NumPorts];
    assign out_valid_o[k] = valid[k*NumPorts];
    assign out_tag_o[k*TagWidth+:TagWidth] = flit[k*NumPorts*FlitWidth+NumCores+:TagWidth];
    assign to_ready[0] = out_ready_i[k];

    // What a neighbour gives on the side towards this node comes in here on the side towards it.
    for (genvar p = 1; p < NumPorts; p++) begin : gen_side
      localparam bit Exists = (p == East) ? X + 1 < Cols : (p == West) ? X > 0 :
                              (p == North) ? Y + 1 < Rows : Y > 0;
      localparam int unsigned Other = (p == East) ? k + 1 : (p == West) ? k - 1 :
                                      (p == North) ? k + Cols : k - Cols;
      localparam int unsigned Back = (p == East) ? West : (p == West) ? East :
                                     (p == North) ? South : North;
      if (Exists) begin : gen_link
        assign from_valid[p] = valid[Other*NumPorts+Back];
        assign from_flit[p*FlitWidth+:FlitWidth] =
            flit[(Other*NumPorts+Back)*FlitWidth+:FlitWidth];
        assign to_ready[p] = ready[Other*NumPorts+Back];
      end else begin : gen_end
        assign from_valid[p] = 1'b0;
        assign from_flit[p*FlitWidth+:FlitWidth] = '0;
        assign to_ready[p] = 1'b0;
      end
    end

    mesh_router #(
      .Cols    (Cols),
      .Rows    (Rows),
      .X       (X),
      .Y       (Y),
      .TagWidth(TagWidth),
      .Depth   (Depth)
    ) u_router (
      .clk_i,
      .rst_ni,
      .in_valid_i (from_valid),
      .in_flit_i  (from_flit),
      .in_ready_o (ready[k*NumPorts+:NumPorts]),
      .out_valid_o(valid[k*NumPorts+:NumPorts]),
      .out_flit_o (flit[k*NumPorts*FlitWidth+:NumPorts*FlitWidth]),
      .out_ready_i(to_ready),
      .active_o   (active[k])
    );

`ifdef FORMAL_MESH
    assign moves[k] = |(valid[k*NumPorts+:NumPorts] & to_ready);
`endif
  end

`ifdef FORMAL_MESH
  // While receivers take what they get, something moves as long as there is a flit: no deadlock.
  logic [NumCores-1:0] moves;
  logic                started_q = 1'b0;
  always_comb assume (rst_ni == started_q);
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (rst_ni) assert (!active_o || !(&out_ready_i) || (|moves));
  end
`endif

endmodule
