# SPDX-License-Identifier: Apache-2.0
# Fits, studies and data sets from the command line: files appear, Ctrl-C and --resume end in the same
# table, mistakes are named, and the page opens in a browser (where there is one) without a network.
. "$SOURCE/tests/cli/lib.sh" || exit 1

study_base base.yaml 6 20 100-103
cat >small.yaml <<'YAML'
name: small
base: base.yaml
methods:
  - {name: plain}
  - {name: drawn, training: {mismatch: 0.1}}
  - {name: chains, start: plain, dies: each,
     training: {loop: {method: metropolis, batches: 4, batch: 5, chains: 2}}}
mismatch: [0.5, 1]
conditions: [{name: nominal}, {name: "<hot>", pvt: {temperature: "60 C"},
  distortion: {drift: 0.1, temperature_step: 10 C, temperature_after: 10}}]
yield_at: 0.5
YAML

run 0 netlist dpi16 --area # of the soma, by hand from its cell
grep -qE '^soma +14 +62\.5 +1200\.0$' out || fail "the soma's area"

run 0 fit base.yaml --engine model --dies 2 --out fit --json
says out '"ok":	true' '"exc0.weight"' '"fitted"'
[ -s fit/fit.h5 ] && [ "$(wc -l <fit/fit.csv)" = 19 ] || fail "fit's files"
run 3 fit base.yaml --engine model --dies 2 --out nowhere --resume
says err "nowhere"

run 0 study small.yaml --out whole
says out "plain" "drawn" "chains" "<hot>" "scale reduction"
grep -qE "^yinyang,1,1,<hot>,10[0-3],chains,.*,[01][.0-9]*,[^,]+,[^,]+,{9}$" whole/results.csv ||
  fail "results.csv without the chains' figures"
[ "$(wc -l <whole/results.csv)" = 49 ] || fail "results.csv has not a line for every method and die"
interrupted_study small.yaml cut
run 0 study small.yaml --out cut --report # what is done so far, and the state is left as it is
[ "$(wc -l <cut/results.csv)" -lt 49 ] || fail "a report of more than was done"
run 0 study small.yaml --out cut --resume
cmp whole/results.csv cut/results.csv || fail "the resumed study gave other results"
sed -i 's/0.5, 1/0.5, 2/' small.yaml
run 3 study small.yaml --out cut --resume
says err "another study"

sed 's/drawn, training/drawn, trainig/' small.yaml >wrong.yaml
run 3 study wrong.yaml
one_sentence
says err "wrong.yaml:5" "trainig"
run 2 data nothing
says err "mnist"

grep -qE '(src|href)="(https?:|//|[a-z]+\.)' whole/index.html && fail "the page refers to other files"
if command -v chromium >/dev/null; then
  timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
    --enable-logging=stderr --virtual-time-budget=2000 --dump-dom "file://$work/whole/index.html" \
    >dom 2>log || fail "chromium did not open the page"
  grep -i "CONSOLE" log && fail "the browser's console has messages"
  says dom "Yield, with its" "Energy of a sample" "Share of dies" "Levers" "least area" "&lt;hot&gt;" "</svg>" "signed-rank"
fi
exit 0
