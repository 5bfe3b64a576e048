#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the tests of the core with every mutant in turn; each must fail, and without one they must pass.
# Prints the survivors and the share killed; fails below 95 %.
# usage: mutants.sh MUTANTS COUNT TEST_PROGRAM...    (MS_STRIDE=n: only every n-th)
set -eu
list=$1 count=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in "$@"; do
  MS_MUTANT=0 "$program" >"$work/log" 2>&1 || { cat "$work/log"; echo "fails without a mutant"; exit 1; }
done
killed=0 tried=0 k=1
while [ "$k" -le "$count" ]; do
  tried=$((tried + 1))
  alive=1
  for program in "$@"; do
    if ! MS_MUTANT=$k timeout 60 "$program" >/dev/null 2>&1; then
      alive=0
      break
    fi
  done
  if [ "$alive" = 1 ]; then
    echo "survives: $(grep -v '^#' "$list" | sed -n "${k}p")"
  else
    killed=$((killed + 1))
  fi
  k=$((k + ${MS_STRIDE:-1}))
done
echo "$killed of $tried mutants killed"
[ $((killed * 100)) -ge $((tried * 95)) ]
