# SPDX-License-Identifier: Apache-2.0
# What the tests of the command share; sourced by each. MIXSPIKE, SOURCE and BUILD come from CTest.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/mixspike-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  echo "FAILED: $*" >&2
  for f in out err; do [ -f "$f" ] && sed "s/^/  $f: /" "$f" >&2; done
  exit 1
}
# run CODE ARGS...: the command must end with that exit code; leaves its output in out and err.
run() {
  local want=$1 code=0
  shift
  "$MIXSPIKE" "$@" >out 2>err </dev/null || code=$?
  [ "$code" = "$want" ] || fail "mixspike $*: exit code $code instead of $want"
}
# says FILE WORDS...: each of the words must be in the file.
says() {
  local file=$1 word
  shift
  for word in "$@"; do grep -qF -- "$word" "$file" || fail "'$word' is not in $file"; done
}
# one_sentence: an error is one line on stderr (usage errors may add where to look), no stdout.
one_sentence() {
  [ "$(wc -l <err)" -le "${1-1}" ] || fail "more than ${1-1} lines on stderr"
  [ -s err ] || fail "nothing on stderr"
}
# small_experiment FILE: a training of seconds on the behavioural model; its output folder is `run`.
small_experiment() {
  cat >"$1" <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network: {hidden: 4}
task: {name: yinyang, train: 200, validation: 50, test: 6}
training: {epochs: 2, fine_epochs: 0}
dies: {training: [0], held_out: [100, 101]}
golden: 2
output: run
YAML
}
# cut_training FILE FOLDER: trains into a folder, interrupted with Ctrl-C up to three times and resumed.
cut_training() {
  set -m # without job control, a shell starts background jobs with SIGINT ignored
  local attempt code job cut=0
  for attempt in 1 2 3; do
    code=0
    : >err
    "$MIXSPIKE" train "$1" --out "$2" $([ $attempt = 1 ] || echo --resume) \
      >out 2>err </dev/null &
    job=$!
    for _ in $(seq 200); do
      [ ! -e "$2/checkpoint.h5" ] || [ ! -s err ] || break
      sleep 0.02
    done
    kill -INT $job 2>/dev/null || true
    wait $job || code=$?
    [ $code != 0 ] || break
    [ $code = 130 ] || fail "interrupted: exit code $code"
    says err "--resume"
    [ -e "$2/checkpoint.h5" ] || fail "no checkpoint after Ctrl-C"
    cut=$((cut + 1))
  done
  set +m
  [ $cut -ge 1 ] || fail "the training ended before it could be interrupted"
  [ -e "$2/package" ] || run 0 train "$1" --out "$2" --resume
}
# study_base FILE HIDDEN SAMPLES DIES: an experiment of the behavioural model for studies.
study_base() {
  cat >"$1" <<YAML
name: base
core: dpi16
analog: model
digital: ideal
network: {hidden: $2}
task: {name: yinyang, train: 200, validation: 40, test: $3}
training: {epochs: 2, fine_epochs: 1, coarse_step: 0.1, fine_step: 0.1}
fit: {neuron_runs: 24, stimuli: 6}
dies: {training: [0], held_out: [$4]}
YAML
}
# until_lines FILE N: waits until it has more.
until_lines() {
  for _ in $(seq 1000); do
    [ "$(wc -l 2>/dev/null <"$1" || echo 0)" -le "$2" ] || return 0
    sleep 0.01
  done
  fail "$1 never had more than $2 lines"
}
# interrupted_study FILE FOLDER ARGS...: Ctrl-C when the study has done something.
interrupted_study() {
  local code=0
  set -m # without job control, a shell starts background jobs with SIGINT ignored
  "$MIXSPIKE" study "$1" --out "$2" "${@:3}" >out 2>err </dev/null &
  local job=$!
  until_lines "$2/state.txt" 5
  kill -INT $job 2>/dev/null || true
  wait $job || code=$?
  set +m
  [ $code = 130 ] || fail "interrupted: exit code $code"
  says err "--resume"
}
