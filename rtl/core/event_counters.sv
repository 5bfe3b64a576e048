// SPDX-License-Identifier: Apache-2.0
// Counters of every event taken, sent, delayed or lost, one a cause.

module event_counters #(
  parameter  int unsigned NumCounters  = mixspike_pkg::NumCounters,
  parameter  int unsigned IncWidth     = mixspike_pkg::IncWidth,
  localparam int unsigned CounterWidth = mixspike_pkg::CounterWidth,
  localparam int unsigned IdxWidth     = mixspike_pkg::index_width(NumCounters)
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  input  logic                            clear_i,
  input  logic [NumCounters*IncWidth-1:0] inc_i,
  input  logic [IdxWidth-1:0]             index_i,
  output logic [CounterWidth-1:0]         count_o
);

  logic [CounterWidth-1:0] count_q [NumCounters]  /* verilator public_flat_rd */;

  assign count_o = (32'(index_i) < NumCounters) ? count_q[index_i] : '0;

  for (genvar k = 0; k < NumCounters; k++) begin : gen_counter
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        count_q[k] <= '0;
      end else if (clear_i) begin
        count_q[k] <= '0;
      end else begin
        count_q[k] <= count_q[k] + CounterWidth'(inc_i[k*IncWidth+:IncWidth]);
      end
    end
  end

endmodule
