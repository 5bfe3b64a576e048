# SPDX-License-Identifier: Apache-2.0
# Either half of a chip runs again from a recorded boundary, on every engine; a changed weight, bias,
# die or router is told by time and line.
. "$SOURCE/tests/cli/lib.sh" || exit 1

small_experiment small.yaml
run 0 train small.yaml --json
run 0 simulate small.yaml --package run/package --die 100 --record boundary.log
[ "$(head -1 boundary.log)" = "mixspike boundary log 1" ] || fail "no log"
for half in analog digital; do
  run 0 replay --half $half boundary.log
  says out "all of them"
  run 0 replay --half $half boundary.log --json
  says out '"ok":	true' "\"half\":	\"$half\""
done
run 0 replay --half digital boundary.log --router tlm

# The weights in the log's own configuration, all zero: the first pulse carries another code.
sed 's/^\(write 2.... ......\)..$/\100/' boundary.log >weight.log
cmp -s boundary.log weight.log && fail "the weight did not change"
run 1 replay --half digital weight.log
one_sentence
line=$(sed -n 's/.*line \([0-9]*\) of the log.*/\1/p' err)
sed -n "${line}p" weight.log | grep -q '^pulse' || fail "line $line of the log is no pulse"
says err "first difference at" "pulse to neuron" "code 0 "
run 1 replay --half digital weight.log --json
says out '"differs":	true' "\"line\":	$line"

# A bias of the log, then another die: the first crossing moves.
sed '0,/^write 00101 /s/^write 00101 .*/write 00101 00000233/' boundary.log >bias.log
cmp -s boundary.log bias.log && fail "the bias did not change"
run 1 replay --half analog bias.log
line=$(sed -n 's/.*line \([0-9]*\) of the log.*/\1/p' err)
sed -n "${line}p" bias.log | grep -q '^req' || fail "line $line of the log is no request"
run 0 replay --half digital bias.log
run 1 replay --half analog boundary.log --die 101
says err "request of neuron"

# Another training, another configuration.
sed 's/output: run/output: other/; s/hidden: 4}/hidden: 4}\nseed: 2/' small.yaml >other.yaml
run 0 train other.yaml --json
run 1 replay --half digital boundary.log --package other/package
says err "first difference at"
run 0 replay --half digital boundary.log --package run/package

# Circuits: tables, and the simulator itself.
run 0 simulate small.yaml --package run/package --engine table --record table.log
run 0 replay --half analog table.log
run 1 replay --half analog table.log --engine model
run 0 simulate small.yaml --package run/package --engine ngspice --record spice.log
grep -q '^req' spice.log || fail "no spike"
run 0 replay --half analog spice.log

# Layer by layer: each half alone, circuits acknowledge themselves.
run 0 simulate small.yaml --package run/package --driver feedforward --engine table --router ideal --record layers.log
grep -q '^driver feedforward' layers.log || fail "the log does not name its driver"
grep -q '^grant' layers.log && fail "there are no grants in a feed-forward run"
run 0 replay --half analog layers.log
run 0 replay --half digital layers.log
run 1 replay --half analog layers.log --die 101
run 0 simulate small.yaml --package run/package --driver feedforward --engine ngspice --router ideal --record layers_spice.log
run 0 replay --half analog layers_spice.log

# What is no log, or half of one.
run 3 replay --half analog small.yaml
one_sentence
says err "small.yaml"
head -30 boundary.log >cut.log
run 3 replay --half digital cut.log
says err "cut.log" "end"
run 2 replay --half both boundary.log
run 2 replay boundary.log --die 3
