#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A core boots from $readmemh images (testbenches/rtl/boot_tb.sv).
# usage: boot.sh RTL_DIR TESTBENCH SOURCE...
set -eu
rtl=$1 bench=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Every source has 3 entries except input 5 (source 21): one, entry 7: neuron 3, inhibitory row 2.
awk 'BEGIN { for (s = 0; s < 80; s++) print s == 21 ? "00010007" : sprintf("0003%04x", 3 * s) }' \
  >"$work/route.hex"
awk 'BEGIN { for (i = 0; i < 2048; i++) print i == 7 ? "00352a" : sprintf("%06x", i * 8191) }' \
  >"$work/entry.hex"
cd "$work"
verilator --binary -Wno-fatal -Wno-PINCONNECTEMPTY --assert -O1 -CFLAGS -O0 --top-module boot_tb \
  "$rtl/lint.vlt" "$@" "$bench" >build.log 2>&1 || { tail -30 build.log; exit 1; }
./obj_dir/Vboot_tb | tee run.log
grep -q PASS run.log
