#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cells and longest path of each module of the sources after generic synthesis with yosys, with the sizes of
# the module's defaults: gates of two inputs, multiplexers and flops. A memory with a clocked read port stays
# one cell (an SRAM macro takes its place), any other becomes flops. Modules are mapped one by one and then
# put together; the path is counted in gates, across modules, between flops, memories and ports.
# usage: synth_report.sh SOURCE...     prints a table (MS_MODULE=name: only that one)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=$*
report() {
  yosys -l "$work/log" -p "read_verilog -sv $sources; synth -run begin:fine -top $1;
    select -set sram t:\$mem_v2 r:RD_CLK_ENABLE=1'1 %i; memory_map t:\$mem_v2 @sram %d;
    opt -full; techmap; opt; abc -g AND,OR,XOR,MUX,NAND,NOR; opt_clean;
    flatten; opt_clean; ltp -noff t:\$mem_v2 %n; stat" >/dev/null 2>&1 ||
    { tail -5 "$work/log"; exit 1; }
  awk -v module="$1" '
    /Longest topological path/ { match($0, /length=[0-9]+/); path = substr($0, RSTART + 7, RLENGTH - 7) }
    /Number of cells:/ { cells = $4 }
    /^ +\$mem_v2 / { memories = $2 }
    /^ +\$_?[A-Z_]*DFF[A-Z0-9_]* / { flops += $2 }
    END { printf "| %s | %d | %d | %d | %d |\n", module, cells, flops, memories, path }' "$work/log"
}
echo "| module | cells | of these flops | memories | longest path |"
echo "|---|---|---|---|---|"
for source in "$@"; do
  module=$(basename "$source" .sv)
  case $module in
    mixspike_pkg | latency_check) continue ;; # no hardware: types; assertions
  esac
  [ "${MS_MODULE:-$module}" != "$module" ] || report "$module"
done
