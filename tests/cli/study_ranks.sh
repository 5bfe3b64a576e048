# SPDX-License-Identifier: Apache-2.0
# A study on several processes and under MPI: the same results as on one, also where a process is
# killed at its work, where a whole rank is, after Ctrl-C and --resume, where cells stop early, and with
# samples repeated on another engine.
. "$SOURCE/tests/cli/lib.sh" || exit 1

study_base base.yaml 6 60 100-105
cat >ranks.yaml <<'YAML'
name: ranks
base: base.yaml
methods:
  - {name: plain}
  - {name: each, start: plain, dies: each, training: {loop: {batches: 2, batch: 10, rate: 0.1}}}
  - {name: calibrated, calibrate: 1}
  - {name: fine, chip: {area: 4, hidden: 5}}
stop: {half_width: 0.1, minimum: 3}
confirm: {analog: table, samples: 2, dies: 2}
yield_at: 0.5
YAML

# same FOLDER: its results are those of one process, apart from the time.
same() {
  cmp whole/results.csv "$1/results.csv" || fail "$1: other results"
  diff <(grep -v wall_s whole/results.json) <(grep -v wall_s "$1/results.json") ||
    fail "$1: other figures"
}
# children PID N: waits until a process has so many, and names them.
children() {
  for _ in $(seq 500); do
    [ "$(pgrep -cP "$1")" -lt "$2" ] || break
    sleep 0.01
  done
  pgrep -P "$1"
}
run 0 study ranks.yaml --out whole
[ "$(wc -l <whole/results.csv)" -lt 25 ] || fail "no cell has stopped early"
[ "$(awk -F, 'NR > 1 && $18 == 2' whole/results.csv | wc -l)" = 8 ] || fail "not four methods confirmed on two dies"
run 0 study ranks.yaml --out three --jobs 3
same three
[ "$(grep -c ^network three/state.txt)" = "$(cut -d' ' -f1,2 three/state.txt | grep ^network | sort -u | wc -l)" ] ||
  fail "a network was trained twice"

# A process is killed while it works: its job is done again.
"$MIXSPIKE" study ranks.yaml --out killed --jobs 2 >out 2>err </dev/null &
job=$!
until_lines killed/state.txt 8
for child in $(children $job 2); do
  kill -KILL "$child"
  break
done
wait $job || fail "the study did not outlive a process"
same killed

# Ctrl-C, then the rest.
interrupted_study ranks.yaml cut --jobs 2
run 0 study ranks.yaml --out cut --resume --jobs 2
same cut

if ! command -v mpirun >/dev/null || ! "$MIXSPIKE" doctor | grep -q "ok  MPI"; then
  echo "no MPI: the rest is skipped"
  exit 0
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
# Everything of Open MPI in our own folder; nothing but this machine.
export TMPDIR="$work" OMPI_MCA_btl=self,vader OMPI_MCA_plm=isolated

mpirun -n 3 "$MIXSPIKE" study ranks.yaml --out mpi >out 2>err </dev/null || fail "mpirun"
same mpi
[ "$(grep -c "report in" out)" = 1 ] || fail "not one rank has reported"

# The process that a rank has at work is killed, then the rank itself.
mpirun --enable-recovery -n 3 "$MIXSPIKE" study ranks.yaml --out lost >out 2>err </dev/null &
job=$!
until_lines lost/state.txt 3
ranks=($(children $job 3))
for child in $(children "${ranks[1]}" 1); do kill -KILL "$child"; done
until_lines lost/state.txt 8
kill -KILL "${ranks[2]}"
wait $job || fail "the study did not outlive a rank"
same lost
exit 0
