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
set -m # without job control, a shell starts background jobs with SIGINT ignored
cut=0
for attempt in 1 2 3; do
  code=0
  : >err
  "$MIXSPIKE" train small.yaml --out cut $([ $attempt = 1 ] || echo --resume) \
    >out 2>err </dev/null &
  job=$!
  for _ in $(seq 200); do
    [ ! -e cut/checkpoint.h5 ] || [ ! -s err ] || break
    sleep 0.02
  done
  kill -INT $job 2>/dev/null || true
  wait $job || code=$?
  [ $code != 0 ] || break
  [ $code = 130 ] || fail "interrupted: exit code $code"
  says err "--resume"
  [ -e cut/checkpoint.h5 ] || fail "no checkpoint after Ctrl-C"
  cut=$((cut + 1))
done
[ $cut -ge 1 ] || fail "the training ended before it could be interrupted"
[ -e cut/package ] || run 0 train small.yaml --out cut --resume
diff -r whole/package cut/package || fail "the resumed training gave another package"
