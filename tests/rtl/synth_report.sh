#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cells and longest path of each module after generic synthesis with yosys: gates of two inputs,
# multiplexers and flops, memories kept. The path is counted in cells from flop or port to flop or port.
# usage: synth_report.sh MODULES SOURCE...     prints a table; MODULES: names with spaces between
set -eu
modules=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| module | cells | flops | memories | longest path |"
echo "|---|---|---|---|---|"
for module in $modules; do
  yosys -l "$work/log" -p "read_verilog -sv $*; synth -flatten -run begin:fine -top $module;
    memory -nomap; opt -full; techmap; abc -g AND,OR,XOR,MUX,NAND,NOR; opt_clean; ltp -noff; stat" \
    >/dev/null 2>&1 || { tail -5 "$work/log"; exit 1; }
  awk -v module="$module" '
    /Longest topological path/ { match($0, /length=[0-9]+/); path = substr($0, RSTART + 7, RLENGTH - 7) }
    /Number of cells:/ { cells = $4 }
    /^ +\$mem_v2 / { memories = $2 }
    /^ +\$_?[A-Z_]*DFF[A-Z0-9_]* / { flops += $2 }
    /^ +\$(a|s)?dff/ { flops += $2 }
    END { printf "| %s | %d | %d | %d | %d |\n", module, cells, flops, memories, path }' "$work/log"
done
