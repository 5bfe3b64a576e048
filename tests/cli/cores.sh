# SPDX-License-Identifier: Apache-2.0
# A network spread over 2x2 cores: trained in the loop, interrupted and resumed, packaged, replayed,
# simulated, recorded; what does not fit is told before anything runs.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cat >mesh.yaml <<'YAML'
name: mesh
core: dpi16
analog: model
digital: rtl
network: {hidden: 9, outputs_per_class: 2, cores: 2x2}
task: {name: yinyang, train: 500, validation: 50, test: 6}
training: {epochs: 12, fine_epochs: 0, loop: {batches: 4, batch: 4}}
dies: {training: [0], held_out: [100, 101]}
golden: 2
seed: 2
output: run
YAML
run 0 train mesh.yaml --json
says out '"ok":	true'
for file in send_tag.hex send_dest.hex; do
  [ -s run/package/$file ] || fail "the package lacks $file"
done
grep -q '^3100[0-9a-f]* ' run/package/config.hex || fail "core 3 has no routing table"
[ "$(grep -c '^// core' run/package/route.hex)" = 4 ] || fail "route.hex does not hold four cores"
head -1 run/package/weights.csv | grep -q 'source_core,target_core$' || fail "weights.csv names no cores"
cut_training mesh.yaml cut
diff -r run/package cut/package || fail "the resumed training gave another package"

run 0 replay run/package
run 0 replay run/package --router tlm
# Routers of less timing agree to the spike only where no membrane stays at its threshold: the seed.
for router in tlm_lt ideal; do
  run 0 replay run/package --router $router
done
# The ways to other cores belong to the proof.
rm -rf broken && cp -r run/package broken
printf '0' >>broken/send_dest.hex
run 1 replay broken
rm broken/send_dest.hex
run 1 replay broken

run 0 simulate mesh.yaml --package run/package --die 100 --out sim --record mesh.log --json
says out '"network_counters"' '"expired":	0'
head -1 sim/provenance.csv | grep -q '^event,source,source_core,tag.*,target,target_core,' ||
  fail "the provenance names no cores"
awk -F, 'NR > 1 && $9 != "" { n += $3 != $10; bad += $10 != substr($9, 7) % 4 }
  END { exit !(n > 0 && !bad) }' sim/provenance.csv || fail "no event went to another core"
says mesh.log "cores 2x2"
run 0 replay --half digital mesh.log
run 0 replay --half digital mesh.log --router tlm
run 0 replay --half analog mesh.log

# One core is what there is without the key.
for cores in "" ", cores: 1x1"; do
  sed "s/, cores: 2x2/$cores/; s/epochs: 12/epochs: 1/; s/batches: 4/batches: 1/" mesh.yaml >one.yaml
  run 0 train one.yaml --out "one$cores" --json
done
cmp one/package/config.hex "one, cores: 1x1/package/config.hex" || fail "one core is not one core"
[ ! -e one/package/send_tag.hex ] || fail "a core alone sends nothing"
# A package for one core does not program four.
run 3 simulate mesh.yaml --package one/package
says err "one/package" "1x1" "2x2"

# Circuits on one core and on four: as many spikes, as long as none hangs on the 0.2 us between them.
for seed in 1 2; do
  for cores in one mesh; do
    run 0 simulate $cores.yaml --engine table --router ideal --seed $seed --json
    sed -n 's/.*"spikes":[^0-9]*\([0-9]*\).*/\1/p' out >$cores.spikes
  done
  [ "$(cat one.spikes)" -gt 10 ] || fail "the circuits are silent"
  cmp one.spikes mesh.spikes || fail "circuits on four cores spike otherwise"
done

# Larger cores of the same mesh, where they were built: 96 neurons on four of 64, trained on the fast
# router and confirmed on the compiled one.
run 0 doctor
if grep -q 2x2x64 out; then
  sed 's/hidden: 9/hidden: 90/; s/digital: rtl/digital: tlm/; s/epochs: 12/epochs: 1/; s/batches: 4/batches: 1/' \
    mesh.yaml >wide.yaml
  run 0 train wide.yaml --out wide --json
  run 0 replay wide/package
  run 0 replay wide/package --router rtl
fi

# What does not fit names the key and what to change.
sed 's/hidden: 9/hidden: 1100/' mesh.yaml >large.yaml
run 3 train large.yaml
one_sentence
says err "large.yaml" "network.cores" "2x2 cores hold" "1106"
sed 's/hidden: 9/hidden: 40/; s/name: yinyang, train: 500, validation: 50, test: 6/name: mnist/; s/cores: 2x2/cores: 3x1/' mesh.yaml >shape.yaml
run 3 train shape.yaml
says err "shape.yaml:5" "cores" "2x2"
