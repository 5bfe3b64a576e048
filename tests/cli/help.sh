# SPDX-License-Identifier: Apache-2.0
# Every verb explains itself, and wrong command lines are refused with exit code 2.
. "$SOURCE/tests/cli/lib.sh" || exit 1

run 0 --help
says out "exit codes" "doctor"
verbs=$(sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' out)
[ "$(wc -w <<<"$verbs")" -ge 2 ] || fail "no verbs in --help"
run 0 --version
says out "mixspike 0."
for verb in $verbs; do
  run 0 "$verb" --help
  says out "usage: mixspike $verb" "mixspike $verb: "
  run 0 "$verb" -h
  run 2 "$verb" --no-such-option
  one_sentence 2
  says err "mixspike $verb" "--no-such-option" "--help"
  run 2 "$verb" one two three four
  one_sentence
  says err "mixspike $verb: "
done
run 2
run 2 no-such-verb
says err "no-such-verb"

run 0 doctor --json
grep -q '"ok":	true' out || fail "doctor --json does not say ok"
run 2 bench nothing
says err "nothing"
