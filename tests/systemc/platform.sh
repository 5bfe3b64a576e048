# SPDX-License-Identifier: Apache-2.0
# A package boots the chip in its SystemC platform and spikes there as recorded, and differently on
# circuits that it was not recorded on.
. "$SOURCE/tests/cli/lib.sh" || exit 1
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

small_experiment small.yaml
run 0 train small.yaml --json
"$PLATFORM" run/package >out 2>err || fail "the platform"
says out "4 of 4 runs as recorded" "worst crossing 0.000 ns"
# A router that is as exact, one that is not, and time in quanta.
"$PLATFORM" run/package --router tlm >out 2>err || fail "on tlm"
says out "worst crossing 0.000 ns"
"$PLATFORM" run/package --router tlm_lt >out 2>err || fail "on tlm_lt"
"$PLATFORM" run/package --quantum 2 >out 2>err || fail "in quanta"
says out "worst crossing 0.000 ns"
# Transistors from tables, spikes of the behavioural model: not the same.
code=0
"$PLATFORM" run/package --engine table >out 2>err || code=$?
[ "$code" = 1 ] || fail "the table engine gave the model's spikes: exit code $code"
says out "NOT as recorded"
# A package of the table engine itself.
sed -e 's/analog: model/analog: table/; s/output: run/output: tab/; s/name: small/name: tab/; s/epochs: 2/epochs: 1/; s/golden: 2/golden: 1/' small.yaml >tab.yaml
run 0 train tab.yaml --json
"$PLATFORM" tab/package >out 2>err || fail "the platform on the table engine"
says out "2 of 2 runs as recorded"
# Four cores: the same host boots them through the same socket.
sed -e 's/hidden: 4/hidden: 9, cores: 2x2/; s/output: run/output: mesh/; s/name: small/name: mesh/' small.yaml >mesh.yaml
run 0 train mesh.yaml --json
"$PLATFORM" mesh/package >out 2>err || fail "the platform on 2x2 cores"
says out "4 of 4 runs as recorded" "worst crossing 0.000 ns"
"$PLATFORM" mesh/package --router tlm >out 2>err || fail "2x2 cores on tlm"
says out "worst crossing 0.000 ns"
# What is no package is refused in a sentence.
code=0
"$PLATFORM" nowhere >out 2>err || code=$?
[ "$code" = 3 ] || fail "a missing package: exit code $code"
one_sentence
