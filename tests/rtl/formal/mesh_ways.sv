// SPDX-License-Identifier: Apache-2.0
// Proof: in a mesh of any size, the ways that a flit may take close no circle. Every queue (a node and the
// port that it belongs to) has a rank; from whichever queue a flit leaves for any of its destinations, it
// goes to one of higher rank. Also: one port leads to a destination, it exists, and the flit never turns back.

module mesh_ways (
  input logic clk_i  // the solver counts steps by it
);

  // A mesh, a node, the queue there that holds the flit, and one of its destinations: any.
  (* anyconst *) logic [7:0] cols, rows, x, y, to_x, to_y;
  (* anyconst *) logic [2:0] from;

  logic [4:0] leads, reaches, legal, rises;

  function automatic logic exists(input integer port, input integer at_x, input integer at_y);
    case (port)
      0: exists = 1'b1;
      1: exists = at_x + 1 < cols;
      2: exists = at_x > 0;
      3: exists = at_y + 1 < rows;
      default: exists = at_y > 0;
    endcase
  endfunction

  // What the queue of a port may hold a flit for, after row and column as far as they were gone.
  function automatic logic holds(input integer port, input integer at_x, input integer at_y);
    case (port)
      0: holds = 1'b1;
      1: holds = to_x <= at_x;
      2: holds = to_x >= at_x;
      3: holds = (to_x == at_x) && (to_y <= at_y);
      default: holds = (to_x == at_x) && (to_y >= at_y);
    endcase
  endfunction

  function automatic integer rank(input integer port, input integer at_x, input integer at_y);
    case (port)
      0: rank = 0;
      1: rank = 1 + cols - at_x;
      2: rank = 1 + at_x;
      3: rank = 2 + cols + rows - at_y;
      default: rank = 2 + cols + at_y;
    endcase
  endfunction

  for (genvar o = 0; o < 5; o++) begin : gen_out
    // The neighbour on that side, and its port towards this node; the core itself takes what it gets.
    localparam integer Back = (o == 1) ? 2 : (o == 2) ? 1 : (o == 3) ? 4 : 3;
    integer next_x, next_y;
    assign next_x = x + ((o == 1) ? 1 : (o == 2) ? -1 : 0);
    assign next_y = y + ((o == 3) ? 1 : (o == 4) ? -1 : 0);
    assign leads[o] = mixspike_pkg::leads_to(o, x, y, to_x, to_y);
    assign reaches[o] = exists(o, x, y);
    assign legal[o] = (o == 0) || holds(Back, next_x, next_y);
    assign rises[o] = (o == 0) || (rank(Back, next_x, next_y) > rank(from, x, y));
  end

  logic unused_clk;
  assign unused_clk = clk_i;

  always_comb begin
    assume (x < cols && to_x < cols && y < rows && to_y < rows && from < 5);
    assume (exists(from, x, y) && holds(from, x, y));
    assert (leads != '0 && (leads & (leads - 1'b1)) == '0);
    assert ((leads & ~reaches) == '0);
    assert ((leads & ~legal) == '0);
    assert ((leads & ~rises) == '0);
    assert (from == 0 || !leads[from]);
  end

endmodule
