#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proofs with yosys and z3, one a line: the top module, the number of cycles searched from reset, and
# by how many steps it is proven for all time (0: not, the search is the result). The properties stand
# in the modules (ifdef FORMAL) and in the harnesses of formal/.
# usage: formal.sh HARNESS_DIR SOURCE...     (MS_PROOF=name: only that one; MS_MESHES='4x4': those meshes)
set -eu
harnesses=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prove() {
  name=$1 depth=$2 steps=$3 parameters=$4
  shift 4
  [ "${MS_PROOF:-$name}" = "$name" ] || return 0
  yosys -q -p "read_verilog -sv -formal -DFORMAL $*; $parameters prep -flatten -top $name;
    async2sync; dffunmap; write_smt2 -wires $work/$name.smt2" >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
  solve="yosys-smtbmc --noprogress --unroll -s z3"
  $solve -t "$depth" "$work/$name.smt2" >"$work/log" 2>&1 ||
    { tail -40 "$work/log"; echo "$name: not true within $depth cycles of reset"; exit 1; }
  how="for $depth cycles from reset"
  if [ "$steps" -gt 0 ]; then
    $solve -i -t "$steps" "$work/$name.smt2" >"$work/log" 2>&1 ||
      { tail -40 "$work/log"; echo "$name: not proven by induction over $steps steps"; exit 1; }
    how="for all time (induction over $steps steps; $depth cycles from reset)"
  fi
  echo "$name $parameters holds $how"
}
prove rr_arbiter 10 2 "chparam -set Width 2 rr_arbiter;" "$@"
prove rr_arbiter 10 2 "chparam -set Width 5 rr_arbiter;" "$@"
prove rr_arbiter 10 2 "chparam -set Width 16 rr_arbiter;" "$@"
prove event_fifo 10 2 "chparam -set Width 3 -set Depth 3 event_fifo;" "$@"
prove event_fifo 10 2 "chparam -set Width 4 -set Depth 16 event_fifo;" "$@"
prove handshake 20 0 "" "$@" "$harnesses/handshake.sv"
prove delay_line 10 2 "chparam -set Width 2 -set Depth 4 -set TimeWidth 6 delay_line;" "$@"
prove axi_lite 12 7 "chparam -set WordWidth 4 axi_lite;" "$@"
prove mesh_ways 2 1 "" "$@" "$harnesses/mesh_ways.sv"
prove tag_match 16 0 "" "$@" "$harnesses/tag_match.sv"
# The mesh moves as long as there is a flit, for all time: induction over two steps by yosys's own solver,
# over every state of the queues; what a queue gives is any word that may come in there (FORMAL_MESH).
prove_mesh() {
  [ "${MS_PROOF:-mesh}" = mesh ] || return 0
  yosys -q -p "read_verilog -sv -formal -DFORMAL_MESH $sources;
    chparam -set Cols $1 -set Rows $2 -set TagWidth 1 -set Depth 2 mesh;
    hierarchy -check -top mesh; proc; flatten; async2sync; opt_clean;
    sat -tempinduct -tempinduct-inductonly -prove-asserts -set-assumes -seq 1 -maxsteps 3 -verify;
    sat -tempinduct -tempinduct-baseonly -set-init-zero -prove-asserts -set-assumes -maxsteps 4 -verify" \
    >"$work/log" 2>&1 || { tail -40 "$work/log"; echo "mesh of $1x$2: not proven"; exit 1; }
  echo "mesh of $1x$2: no deadlock, for all time (induction over 2 steps)"
}
sources=$*
for size in ${MS_MESHES:-2x2 3x3}; do
  prove_mesh "${size%x*}" "${size#*x}"
done
