# SPDX-License-Identifier: Apache-2.0
# Ctrl-C leaves a state from which --resume reaches the same result as an uninterrupted training.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cat >small.yaml <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network: {hidden: 6}
task: {name: yinyang, train: 500, validation: 50, test: 6}
training: {epochs: 20, fine_epochs: 1, loop: {batches: 6, batch: 4}}
dies: {training: [0], held_out: [100]}
golden: 1
YAML
run 0 train small.yaml --out whole

run 3 train small.yaml --out none --resume
says err "none"
cut_training small.yaml cut
diff -r whole/package cut/package || fail "the resumed training gave another package"
