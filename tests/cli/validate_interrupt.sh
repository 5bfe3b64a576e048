# SPDX-License-Identifier: Apache-2.0
# Ctrl-C and a kill leave a validation from which --resume reaches the values of an undisturbed run.
. "$SOURCE/tests/cli/lib.sh" || exit 1

args=(validate cells/my_mirror --dies 300 --corners tt,ss --jobs 2 --quiet)
run 0 new cell my_mirror
"$MIXSPIKE" "${args[@]}" --out whole >out 2>err || [ $? = 1 ] || fail "the validation does not run"

# stop SIGNAL: starts or resumes the run, waits for a few dies more and sends the signal.
stop() {
  local before=0 code=0
  [ ! -e cut/state.txt ] || before=$(wc -l <cut/state.txt)
  "$MIXSPIKE" "${args[@]}" --out cut $([ "$before" = 0 ] || echo --resume) >out 2>err </dev/null &
  job=$!
  for _ in $(seq 500); do
    [ ! -e cut/state.txt ] || [ "$(wc -l <cut/state.txt)" -lt $((before + 40)) ] || break
    sleep 0.01
  done
  kill -"$1" $job 2>/dev/null || fail "the run ended before it could be interrupted"
  wait $job || code=$?
  stopped=$code
}
set -m # without job control, a shell starts background jobs with SIGINT ignored
stop INT
[ $stopped = 130 ] || fail "interrupted: exit code $stopped"
says err "interrupted after" "--resume"
for file in results.json junit.xml values.csv report.html; do
  [ ! -e cut/$file ] || fail "an interrupted run leaves $file"
done
stop KILL
[ $stopped = 137 ] || fail "killed: exit code $stopped"
[ ! -e cut/report.html ] || fail "a killed run leaves a report"
code=0
"$MIXSPIKE" "${args[@]}" --out cut --resume >out 2>err || code=$?
[ $code -le 1 ] || fail "the resumed run fails"
cmp whole/values.csv cut/values.csv || fail "the resumed run gives other values"
for run in whole cut; do sed 's/ time="[^"]*"//' $run/junit.xml >$run.xml; done
cmp whole.xml cut.xml || fail "the resumed run judges otherwise"

# Ctrl-C without a place to go on from says so.
"$MIXSPIKE" "${args[@]}" >out 2>err </dev/null &
job=$! code=0
sleep 0.5
kill -INT $job
wait $job || code=$?
[ $code = 130 ] || fail "interrupted without --out: exit code $code"
! grep -q -- --resume err || fail "there is nothing to resume"
