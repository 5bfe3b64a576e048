#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random events through chips of 2x2 and 4x4 cores against the scoreboard, seed after seed, until so many
# were taken. FILE keeps what each seed gave: a second call goes on after the last one.
# usage: campaign.sh TEST_CHIP_RANDOM EVENTS FILE
set -eu
program=$1 wanted=$2 file=$3
touch "$file"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
while :; do
  total=$(awk '{ n += $2 } END { printf "%d", n }' "$file")
  [ "$total" -lt "$wanted" ] || break
  seed=$(awk 'END { print $1 + 1 }' "$file")
  MS_SEED=$seed MS_EVENTS=20000 "$program" >"$log" 2>&1 || { cat "$log"; echo "seed $seed fails"; exit 1; }
  awk -v seed="$seed" '/ events, / { e += $2; p += $6 } END { print seed, e, p }' "$log" >>"$file"
done
awk '{ e += $2; p += $3 } END { printf "%d seeds: %d events, %d pulses, none lost or doubled\n", NR, e, p }' "$file"
