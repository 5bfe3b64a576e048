# SPDX-License-Identifier: Apache-2.0
# A full disk or a folder that cannot be written is reported in one sentence, and no half file is
# left under a final name.
. "$SOURCE/tests/cli/lib.sh" || exit 1

"$MIXSPIKE" netlist dpi16 >/dev/full 2>err && fail "a full standard output went unnoticed"
says err "standard output" "No space left"
run 5 netlist dpi16 --out /dev/full
says err "/dev/full"
run 5 netlist dpi16 --out no/such/folder/deck
says err "no/such/folder/deck"

cat >small.yaml <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network: {hidden: 4}
task: {name: yinyang, train: 50, validation: 20, test: 3}
training: {epochs: 1, fine_epochs: 0}
dies: {training: [0], held_out: [100]}
YAML
: >taken
run 5 simulate small.yaml --out taken
says err "taken"
run 5 simulate small.yaml --out /proc/none
says err "/proc/none"

# A limit on file sizes meets the same code as a full disk, and needs no rights.
(ulimit -f 64 && run 5 simulate small.yaml --out limited)
one_sentence
[ ! -e limited/results.h5 ] || fail "half a results.h5 was left"
[ -z "$(find limited -name '*.part*')" ] || fail "a temporary file was left"
run 0 simulate small.yaml --out limited
[ -s limited/results.h5 ] && [ -s limited/sample.fst ] && [ -s limited/index.html ] ||
  fail "the folder is incomplete"
