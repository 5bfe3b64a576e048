# SPDX-License-Identifier: Apache-2.0
# One FST file holds the router's signals and the circuits' voltages; GTKWave's own tools find every
# signal of the save file in it, and the crossings, grants and pulses of provenance.csv at their times.
. "$SOURCE/tests/cli/lib.sh" || exit 1

small_experiment small.yaml
run 0 train small.yaml --json
[ -s run/sample.gtkw ] && [ -s run/provenance.csv ] || fail "train leaves no save file or provenance"

# check FOLDER: of one simulation.
check() {
  fstminer -n "$1/sample.fst" | sort -u >names
  grep -E '^(router|neuron)' "$1/sample.gtkw" | sort -u >shown
  [ "$(wc -l <shown)" -ge 10 ] || fail "the save file of $1 shows too little"
  comm -13 names shown >lost
  [ ! -s lost ] || fail "the save file of $1 names what the FST file lacks: $(head -1 lost)"
  grep -q 'dumpfile. "sample.fst"' "$1/sample.gtkw" || fail "the save file names no FST file"
  fst2vcd "$1/sample.fst" >sample.vcd || fail "fst2vcd $1"
  grep -q '1ps' sample.vcd || fail "the time unit is not 1 ps"
}

# identifier SCOPE NAME: what the VCD calls a signal.
identifier() {
  awk -v scope="$1" -v name="$2" '
    $1 == "$scope" { path = path "." $3 }
    $1 == "$upscope" { sub(/\.[^.]*$/, "", path) }
    $1 == "$var" && path == "." scope && $5 == name { print $4; exit }' sample.vcd
}
# value SCOPE NAME TIME: of a signal at a time, changes at that time included.
value() {
  awk -v id="$(identifier "$1" "$2")" -v t="$3" '
    /^#/ { if (substr($0, 2) + 0 > t + 0) exit; next }
    /^[01]/ { if (substr($0, 2) == id) v = substr($0, 1, 1); next }
    /^[br]/ && $2 == id { v = substr($1, 2) }
    END { if (length(v) > 1) sub(/^0+/, "", v); print v == "" ? 0 : v }' sample.vcd
}
is() {
  [ "$1" = "$2" ] || fail "$3: '$1' instead of '$2'"
}

run 0 simulate small.yaml --package run/package --engine table --die 100 --out sim
check sim
# A spike of a neuron with a pulse after it: line by line of the table, then of the waveforms.
IFS=, read -r event source tag crossing sampled grant leaves target row code start end < <(
  awk -F, '$2 ~ /^neuron/ && $12 != ""' sim/provenance.csv)
[ -n "$event" ] || fail "no spike in provenance.csv"
k=${source#neuron} m=${target#neuron}
[ "$tag" = "$k" ] || fail "a neuron's tag is its number"
[ "$crossing" -lt "$sampled" ] && [ "$sampled" -lt "$grant" ] && [ "$grant" -le "$leaves" ] &&
  [ "$grant" -lt "$start" ] && [ "$start" -lt "$end" ] || fail "times out of order"
is "$(value router.n"$k" req $((crossing - 1)))" 0 "request before its crossing"
is "$(value router.n"$k" req "$crossing")" 1 "request at its crossing"
is "$(value router.n"$k" ack $((grant - 1)))" 0 "acknowledge before the grant"
is "$(value router.n"$k" ack "$grant")" 1 "acknowledge at the grant"
is "$(value router start_code "$start")" "$(awk -v c="$code" 'BEGIN {
  for (b = c ? "" : 0; c; c = int(c / 2)) b = c % 2 b; print b }')" "weight code of the pulse"
line=${row#???}
[ "${row%?}" = exc ] || line=$((line + 4))
bit() { awk -v b="$1" -v i="$2" 'BEGIN { print substr("00000000" b, 8 + length(b) - i, 1) }'; }
is "$(bit "$(value router.n"$m" pulse "$start")" "$line")" 1 "pulse line at its start"
is "$(bit "$(value router.n"$m" pulse "$end")" "$line")" 0 "pulse line at its end"
# The analog side of the same crossing: the request passes 0.6 of 1.8 V there.
low=$(value neuron"$k" req $((crossing - 30000)))
high=$(value neuron"$k" req $((crossing + 30000)))
awk -v l="$low" -v h="$high" 'BEGIN { exit !(l < 1.08 && h > 1.08) }' ||
  fail "the request's voltage goes from $low V to $high V around its crossing"
# As many spikes as the run counted.
run 0 simulate small.yaml --package run/package --engine table --die 100 --json
spikes=$(sed -n 's/.*"spikes":[^0-9]*\([0-9]*\).*/\1/p' out)
is "$(awk -F, '$2 ~ /^neuron/ { print $1 }' sim/provenance.csv | sort -u | wc -l)" "$spikes" "spikes"

for router in tlm ideal; do
  run 0 simulate small.yaml --package run/package --router $router --out "$router"
  check "$router"
done

# Several cores: each has its own signals, and the save file shows those of the neurons' cores.
sed 's/hidden: 4/hidden: 4, cores: 2x2/; s/output: run/output: mesh_run/' small.yaml >mesh.yaml
run 0 train mesh.yaml --json
run 0 simulate mesh.yaml --package mesh_run/package --die 100 --out mesh
check mesh
grep -q '^-neuron [0-9]* of core [0-3]' mesh/sample.gtkw || fail "the save file names no core"
grep -q '^router.core[0-3].grant_valid' mesh/sample.gtkw || fail "the save file shows no core's router"
IFS=, read -r source core grant < <(
  awk -F, '$2 ~ /^neuron/ && $7 != "" { print $2 "," $3 "," $7; exit }' mesh/provenance.csv)
k=${source#neuron}
is "$core" $((k % 4)) "core of the neuron"
is "$(value router.core"$core" grant_valid $((grant - 1)))" 1 "the grant in the neuron's own core"
is "$(value router.n"$k" ack "$grant")" 1 "acknowledge at the grant, on a mesh"
