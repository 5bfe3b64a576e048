# SPDX-License-Identifier: Apache-2.0
# A training ends in a package that replays; a package that was changed is refused.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cat >small.yaml <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network: {hidden: 4}
task: {name: yinyang, train: 200, validation: 50, test: 6}
training: {epochs: 2, fine_epochs: 0, loop: {batches: 2, batch: 4}}
dies: {training: [0], held_out: [100, 101]}
golden: 2
output: run
YAML
run 0 train small.yaml --json
says out '"ok":	true' '"held_out":	true'
for file in index.html results.h5 sample.fst raster.svg dies.svg offline.svg loop.svg; do
  [ -s "run/$file" ] || fail "run/$file is missing"
done
grep -q 'data:image/svg+xml' run/index.html || fail "index.html shows no picture"
h5dump -d /dies/accuracy run/results.h5 >accuracy || fail "results.h5 has no /dies/accuracy"
fst2vcd run/sample.fst >sample.vcd || fail "sample.fst cannot be read"
says sample.vcd "module router" "module neuron0" "vmem"

run 0 replay run/package --json
says out '"ok":	true'
run 0 simulate small.yaml --package run/package --die 100 --sample 2
run 0 export run/package --format c --out config.h
printf '#include "config.h"\nint main(void) { return mixspike_config[0][0] == 0 && 0; }\n' >config.c
cc -Wall -Werror config.c -o config || fail "the exported array does not compile"
run 0 export run/package
[ "$(head -1 out)" = "address,data" ] || fail "export csv"

# Every file of the package, changed, removed, or added.
find run/package -type f | sed 's|^run/package/||' >files
[ "$(wc -l <files)" -ge 5 ] || fail "the package has too few files"
while read -r file; do
  rm -rf broken && cp -r run/package broken
  printf 'x' >>"broken/$file"
  code=0
  "$MIXSPIKE" replay broken >out 2>err </dev/null || code=$?
  [ "$code" = 1 ] || [ "$code" = 3 ] || fail "a changed $file: exit code $code"
  one_sentence
  rm "broken/$file"
  code=0
  "$MIXSPIKE" replay broken >out 2>err </dev/null || code=$?
  [ "$code" = 1 ] || [ "$code" = 3 ] || fail "without $file: exit code $code"
done <files
rm -rf broken && cp -r run/package broken
: >broken/extra
run 1 replay broken
says err "extra"

# What its samples cost, by integration and with pulse maps.
run 0 bench engine --package run/package --json
says out '"case":"integration","samples":2' '"case":"pulse maps","samples":2'
run 3 bench engine --package nowhere
one_sentence

# A core whose rows make their own pulses: the package carries the trigger and replays.
sed -e 's/core: dpi16/core: dpi16p/; s/name: small/name: own_pulses/; s/output: run/output: own/' small.yaml >own.yaml
run 0 train own.yaml --json
grep -qi '^0*b 0*2$' own/package/config.hex || fail "the package does not set the trigger's width"
run 0 replay own/package --json
says out '"ok":	true'
