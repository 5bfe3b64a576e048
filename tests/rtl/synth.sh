#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The RTL goes through yosys: no latch, no net without or with two drivers, and the tables (a core's
# routing table and synapse entries, a node's two tables of sends besides) stay memories with a clocked
# read port, as an SRAM macro has. Prints the cell counts.
# usage: synth.sh SOURCE...
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# check_top MODULE TABLES
check_top() {
  yosys -l "$log" -p "
    read_verilog -sv $sources
    hierarchy -check -top $1
    proc
    check -assert
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr
    flatten
    opt
    memory -nomap
    opt_clean
    dump t:\$mem_v2
    stat
  " >/dev/null || { tail -20 "$log"; exit 1; }
  clocked=$(grep -c "parameter .RD_CLK_ENABLE 1'1" "$log" || true)
  [ "$clocked" -eq "$2" ] || { echo "$1: $clocked memories with a clocked read port, not $2"; exit 1; }
  sed -n "/=== $1 ===/,\$p" "$log" | grep -E 'Number of cells|\$'
}
sources=$*
check_top core_top 2
check_top chip_axi 16
