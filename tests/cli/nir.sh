# SPDX-License-Identifier: Apache-2.0
# A network goes out as a NIR graph and comes in again: the same codes, measured and fine-tuned in the
# loop, in a folder that replays; an interrupted import ends in the same package.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cat >small.yaml <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network: {hidden: 16}
task: {name: yinyang, train: 1000, validation: 50, test: 60}
training: {epochs: 8, fine_epochs: 0, rate: 0.01}
dies: {training: [0], held_out: [100]}
golden: 1
jobs: 2
output: run
YAML
run 0 train small.yaml --json
run 0 export run/package --nir net.nir --json
says out '"nir":	"net.nir"'
run 0 export run/package --nir stepped.nir --dt 1e-7
h5dump -d /node/type net.nir | grep -q '"NIRGraph"' || fail "no NIR graph"

# Both ways to write a spike give the same codes, and so does the chip's own fit.
codes() { sed -n '/"network"/,$p' "$1/package/manifest.json" | sed '/"neuron"/,$d'; }
run 0 import net.nir small.yaml --out same --json
run 0 import stepped.nir small.yaml --dt 1e-7 --out stepped
for folder in same stepped; do
  run 0 replay $folder/package
  diff <(codes run) <(codes $folder) >/dev/null || fail "$folder: other codes than were exported"
done
grep -q '"clipped":	0,' same/import.json || fail "codes of the chip itself were clipped"
run 0 simulate same/experiment.yaml --package same/package --die 100
run 0 export same/package --nir again.nir

# Fine-tuning: the training die gets better.
sed -e 's/^training:.*/training: {loop: {batches: 60, batch: 40, rate: 0.008}}/' \
  -e 's/digital: rtl/digital: ideal/' small.yaml >tune.yaml
run 0 import net.nir tune.yaml --out tuned --json
before=$(sed -n 's/.*"before":	\([0-9.]*\),/\1/p' out | head -1)
after=$(sed -n 's/.*"accuracy":	\([0-9.]*\),/\1/p' out | head -1)
awk "BEGIN { exit !($after > $before) }" || fail "fine-tuned from $before to $after"
says out '"import":' '"speedup":' '"rms_error":'

# Ctrl-C and --resume.
set -m
"$MIXSPIKE" import net.nir tune.yaml --out cut >out 2>err </dev/null &
job=$!
for _ in $(seq 200); do
  [ ! -e cut/import.json ] || break
  sleep 0.02
done
kill -INT $job 2>/dev/null || true
code=0
wait $job || code=$?
[ $code = 130 ] || fail "interrupted: exit code $code"
says err "mixspike import net.nir tune.yaml --out cut --resume"
run 0 import net.nir tune.yaml --out cut --resume
says out "speed-up" "before the loop"
diff -r tuned/package cut/package || fail "the resumed import gave another package"

# What does not fit, and a check that writes nothing.
run 0 import net.nir small.yaml --check
says out "speed-up" "hidden_weights" "clipped"
sed 's/hidden: 16/hidden: 17/' small.yaml >other.yaml
run 3 import net.nir other.yaml --out none
one_sentence
says err "net.nir" "node 'hidden'" "network.hidden"
[ ! -e none ] || fail "a refused import left a folder"
run 3 import small.yaml small.yaml
says err "small.yaml" "HDF5"
run 3 import net.nir small.yaml --speedup 5000 --check
one_sentence
says err "tau_mem" "dpi_soma.ileak"
run 2 import net.nir
run 2 import net.nir small.yaml --dt 0
