# SPDX-License-Identifier: Apache-2.0
# validate: a user's cells, early stop, resume, reports, waveforms, and a cell that misses its spec.
. "$SOURCE/tests/cli/lib.sh" || exit 1

# Skeletons are valid cells. The table engine takes the neuron, ngspice the rest.
run 0 new cell my_soma --kind soma
run 0 new cell my_syn --kind synapse
run 0 new cell my_dac --kind dac
run 0 new cell my_mirror
run 5 new cell my_mirror
says err "is there already"
run 3 new cell "My-Cell"
run 0 validate cells/my_syn --engine table --dies 3 --quiet
run 0 validate cells/my_dac/cell.yaml --dies 3 --quiet
says out "inl" "monotonic" "all specs"

# A spec that most dies miss: exit code 1, and every report says so.
sed -i 's/min: -1.3, typ: -1, max: -0.7/min: -1.05, typ: -1, max: -0.95/' \
  cells/my_mirror/cell.yaml
run 1 validate cells/my_mirror --dies 40 --out bad --quiet
says out "FAIL" "gain" "cell.m1"
says bad/junit.xml 'failures="1"' "<failure message" "</testsuites>"
says bad/results.json '"ok":	false' '"worst_die"'
says bad/report.html "<svg" "</html>" 'class="fail">fail'
[ "$(wc -l <bad/values.csv)" = 41 ] || fail "values.csv has not one line a die"
run 1 validate cells/my_mirror --dies 40 --json --quiet
says out '"sensitivity"'

# The same dies in parallel, and in two halves of which the second resumes: the same values.
run 1 validate cells/my_mirror --dies 40 --jobs 3 --out jobs --quiet
cmp bad/values.csv jobs/values.csv || fail "the number of jobs changes values"
run 1 validate cells/my_mirror --dies 15 --out half --quiet
printf '17 0x1.8p' >>half/state.txt # a line that was cut off
run 1 validate cells/my_mirror --dies 40 --out half --resume --quiet
cmp bad/values.csv half/values.csv || fail "a resumed run gives other values"
run 1 validate cells/my_mirror --dies 40 --seed 2 --out half --resume --quiet
says err "another cell, process, engine or seed"

# Enough dies for the precision: fewer than asked for, and the same number on any jobs.
run 1 validate cells/my_mirror --dies 2000 --precision 15 --out early --quiet
run 1 validate cells/my_mirror --dies 2000 --precision 15 --jobs 3 --out early3 --quiet
cmp early/values.csv early3/values.csv || fail "early stop depends on the number of jobs"
[ "$(wc -l <early/values.csv)" -lt 100 ] || fail "the run did not stop early"

# Corners, temperatures; one die's waveforms.
run 0 validate cells/my_soma --engine table --dies 2 --corners tt,ss --temperatures 0,27 \
  --out pvt --quiet
[ "$(wc -l <pvt/values.csv)" = 9 ] || fail "values.csv has not one line a die and point"
run 0 validate cells/my_soma --engine table --die 1 --waves waves
[ -s waves/waves.raw ] || fail "no waveforms"
fst2vcd waves/waves.fst >waves.vcd || fail "waves.fst cannot be read"
says waves.vcd "1ps" "module iin_100nA_for_200us" " vmem " " req " " nack "
[ "$(grep -c '^r' waves.vcd)" -gt 1000 ] || fail "waves.fst has few points"
[ "$(sed -n 's/^#//p' waves.vcd | tail -1)" = 200000000 ] || fail "waves.fst does not end with the run"
says waves/wave-0.svg "vmem" "req" "</svg>"
run 0 validate cells/my_syn --engine table --die 1 --waves syn
fst2vcd syn/waves.fst >syn.vcd || fail "waves.fst cannot be read"
says syn.vcd " iout " " vsyn "
run 0 validate pex --die 1 --waves pex
fst2vcd pex/waves.fst >pex.vcd || fail "waves.fst cannot be read"
says pex.vcd "module width" " pulse " " px "

# Both engines measure the same: what neither the clock's phase nor the end of the window spoils.
# Tolerances: what 1800 dies and points differ at the most and some more (docs/results/validation.md).
only=rate,refractory,request,release,energy
for engine in ngspice table; do
  run 0 validate dpi_soma --dies 4 --only $only --engine $engine --out on-$engine --quiet
done
paste -d, on-ngspice/values.csv on-table/values.csv | awk -F, '
  NR > 1 { for (i = 5; i <= 9; i++) { d = $(i + 9) / $i - 1; if (d < 0) d = -d
           if (!(d < (i == 5 ? 0.005 : i == 8 ? 0.15 : 0.04))) bad = bad " die " $1 " column " i } }
  END { if (NR != 5 || bad) { print NR " lines" bad; exit 1 } }' >out || fail "the engines differ"

# A ramp as straight as a current into a capacitor does not carry the table engine over a threshold.
for engine in ngspice table; do
  run 0 validate cells/my_soma --first-die 14 --dies 5 --temperatures 0 --only refractory \
    --engine $engine --out ramp-$engine --quiet
done
paste -d, ramp-ngspice/values.csv ramp-table/values.csv | awk -F, '
  NR > 1 { d = $10 / $5 - 1; if (!(d < 0.02 && d > -0.02)) bad = bad " die " $1 }
  END { if (NR != 6 || bad) { print NR " lines" bad; exit 1 } }' >out || fail "the engines differ on a ramp"

# A folder of that name without a manifest does not hide the library's cell.
mkdir pex_low
run 0 validate pex_low --dies 1 --quiet

# Sizing writes a cell that can be validated, leaves alone what it must, and says what it gained.
cat >>cells/my_soma/cell.yaml <<'END'
fixed: [mb1]
END
sed -i 's/  - {measure: latch_up/  - {measure: refractory, min: 2 us, max: 4.5 us, yield: 90 %}\n&/' \
  cells/my_soma/cell.yaml
run 0 size cells/my_soma --engine table --dies 60 --only rate,refractory --rounds 1 --fixed ma2 \
  --out sized --quiet
says out "gate area" "listed as fixed" "were not used to size"
grep -q "^mb1 .* w=0.5u l=0.5u" sized/my_soma/cell.cir || fail "a fixed transistor was changed"
grep -q "^ma2 .* w=0.5u l=4u" sized/my_soma/cell.cir || fail "a fixed transistor was changed"
cmp -s cells/my_soma/cell.cir sized/my_soma/cell.cir && fail "no size was changed"
run 0 validate sized/my_soma --engine table --dies 5 --only rate --quiet
run 2 size cells/my_soma

# A process of one's own, named by a relative path.
mkdir own
cp "$SOURCE"/analog-models/process/gen180/* own/
sed -i 's/name: gen180/name: own/' own/process.yaml
run 0 validate cells/my_dac --process own/process.yaml --dies 2 --quiet
says out "process own"
run 3 validate cells/my_dac --process nowhere/process.yaml
says err "nowhere/process.yaml was not found"

# Wrong input names what is wrong.
run 3 validate cells/my_soma --corners tt,xx
says err "has no corner 'xx'; there: tt, ss"
run 3 validate nothing
says err "was not found" "dpi_soma"
run 2 validate cells/my_soma --engine model
run 2 validate cells/my_soma --resume
sed -i 's/max: 120 kHz/max: 120 mV/' cells/my_soma/cell.yaml
run 3 validate cells/my_soma
says err "cell.yaml:5" "is not a frequency"
