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
