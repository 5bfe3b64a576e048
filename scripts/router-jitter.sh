#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the router's waits do to the spike times of a trained network: test samples of its experiment on
# the RTL and on the ideal router, same die, spike by spike. Shifts of the k-th spike of each neuron
# that fires equally often on both.
# usage: scripts/router-jitter.sh EXPERIMENT PACKAGE [SAMPLES [REFERENCE]]   MIXSPIKE: the command to run
set -eu
experiment=$1 package=$2 samples=${3:-30} reference=${4:-ideal}
command=${MIXSPIKE:-mixspike}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# spikes ROUTER SAMPLE: prints lines "S sample neuron t_ps" and "D sample decision label"
spikes() {
  "$command" simulate "$experiment" --package "$package" --sample "$2" --router "$1" -o "$work/run" --json \
    >"$work/json"
  awk -v s="$2" -F'[:,]' '/"decision"/ { d = $2 } /"label"/ { l = $2 } END { print "D", s, d + 0, l + 0 }' \
    "$work/json"
  for what in neuron t; do
    h5dump -y -w 1 -o "$work/$what" -d "/run/sample/spikes/$what" "$work/run/results.h5" >"$work/dump"
    tr -d ', ' <"$work/$what" | grep . >"$work/$what.txt" || true
  done
  paste "$work/neuron.txt" "$work/t.txt" | awk -v s="$2" '{ print "S", s, $1, $2 }'
}

k=0
while [ "$k" -lt "$samples" ]; do
  spikes rtl "$k" >>"$work/rtl"
  spikes "$reference" "$k" >>"$work/reference"
  k=$((k + 1))
done
awk '
  FNR == 1 { run++ }
  $1 == "D" { decision[run, $2] = $3; label[$2] = $4; sample[$2] = 1 }
  $1 == "S" { n[run, $2, $3]++; t[run, $2, $3, n[run, $2, $3]] = $4; who[$2, $3] = 1; all[run]++ }
  END {
    for (key in who) {
      split(key, part, SUBSEP)
      a = n[1, part[1], part[2]]; b = n[2, part[1], part[2]]
      runs++
      if (a != b) continue
      equal++
      for (i = 1; i <= a; i++) {
        d = (t[1, part[1], part[2], i] - t[2, part[1], part[2], i]) / 1000
        sum += d; square += d * d; pairs++
        size = d < 0 ? -d : d
        if (size > worst) {
          worst = size
          place = sprintf("spike %d of %d of neuron %d in sample %d, at %.3f us instead of %.3f us",
            i, a, part[2], part[1], t[1, part[1], part[2], i] / 1e6, t[2, part[1], part[2], i] / 1e6)
        }
        moved += size > 0.5
      }
    }
    for (s in sample) { same += decision[1, s] == decision[2, s]; samples++; right[1] += decision[1, s] == label[s]; right[2] += decision[2, s] == label[s] }
    printf "samples %d: spikes %d and %d, equal counts in %d of %d neuron runs\n", samples, all[1], all[2], equal, runs
    printf "shift of %d spikes: mean %.1f ns, RMS %.1f ns, worst %.1f ns; %.1f %% move by more than 0.5 ns\n",
      pairs, sum / pairs, sqrt(square / pairs), worst, 100 * moved / pairs
    if (worst) printf "worst: %s\n", place
    printf "decisions equal in %d of %d; right %d and %d\n", same, samples, right[1], right[2]
  }' "$work/rtl" "$work/reference"
