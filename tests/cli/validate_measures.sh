# SPDX-License-Identifier: Apache-2.0
# Measures against what paper says: an RC and a diode without mismatch, noise, a noisy neuron.
. "$SOURCE/tests/cli/lib.sh" || exit 1

mkdir -p cells/rc
cat >cells/rc/cell.cir <<'END'
* rc: 1 MOhm into 1 pF; a diode from vdd
.subckt rc in out d vdd vss
r1 in out 1meg
c1 out vss 1p
rv vdd vss 1g
md d d vss vss nfet w=2u l=2u ad=1p as=1p pd=3u ps=3u
.ends
END
cat >cells/rc/cell.yaml <<'END'
name: rc
kind: other
netlist: cell.cir
subckt: rc
pins:
  - {name: in, role: other}
  - {name: out, role: other}
  - {name: d, role: other}
  - {name: vdd, role: supply}
  - {name: vss, role: ground}
measures:
  - {name: tau, kind: transient, read: v(out), window: 12 us, result: tau_fall,
     drive: [{pin: in, voltage: 0 V, high: 1 V, width: 4 us, edge: 1 ns}]}
  - {name: ktc, kind: noise, read: v(out), input: in, from: 1 Hz, to: 10 GHz, drive: [{pin: in, voltage: 0 V}]}
  - {name: filtered, kind: transient, read: v(out), window: 200 us, start: 5 us, result: rms,
     drive: [{pin: in, voltage: 0.5 V, noise: 10 mV}]}
  - {name: gm, kind: dc, read: gm(md), sweep: {pin: d, from: 0.1 nA, to: 1 nA, points: 3}, result: final}
  - {name: slope, kind: dc, read: v(d), sweep: {pin: d, from: 0.99 nA, to: 1.01 nA, points: 3}, result: gain}
  - {name: id, kind: dc, read: id(md), sweep: {pin: d, from: 0.1 nA, to: 1 nA, points: 3}, result: final}
  - {name: pulled, kind: transient, read: id(md), window: 1 us, result: mean, drive: [{pin: d, current: 1 nA}]}
END
# column NAME: the values of a measure, one a line.
column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if (index($i, name " [") == 1) c = i } NR > 1 { print $c }' "$2"; }
# near NAME WANTED TOLERANCE FILE: the mean over the dies.
near() {
  column "$1" "$4" | awk -v want="$2" -v part="$3" '{ s += $1; n++ } END { m = s / n; d = m / want - 1
    if (!n || d > part || d < -part) { print m " instead of " want; exit 1 } }' >out || fail "$1"
}
run 0 validate cells/rc --strength 0 --dies 12 --out rc --quiet
near tau 1e-6 0.01 rc/values.csv     # the 1 us of the RC; 0.5 % of it are the fit's
near ktc 64.37e-6 0.01 rc/values.csv # sqrt(k 300.15 K / 1 pF)
near id 1e-9 0.001 rc/values.csv
near pulled 1e-9 0.01 rc/values.csv
# The diode's slope is 1/(gm + gds); a long transistor's gds is far below a hundredth of gm.
near gm "$(column slope rc/values.csv | awk '{ print 1 / $1; exit }')" 0.01 rc/values.csv
# White noise in steps of window/2000 = 0.1 us through 1 us: 10 mV sqrt(0.1/2). A run holds 100
# time constants, so twelve know it to 3 %.
near filtered 2.236e-3 0.1 rc/values.csv
[ "$(column filtered rc/values.csv | sort -u | wc -l)" = 12 ] || fail "dies share their noise"
run 0 validate cells/rc --strength 0 --dies 12 --jobs 3 --out rc3 --quiet
cmp rc/values.csv rc3/values.csv || fail "the noise depends on the number of jobs"

# A neuron with noise at its input jitters, one without does not.
cp -r "$SOURCE/analog-models/cells/dpi_soma_free" cells/
sed -i '/^measures:/,$d' cells/dpi_soma_free/cell.yaml
cat >>cells/dpi_soma_free/cell.yaml <<'END'
measures:
  - {name: quiet, kind: transient, read: v(spk), window: 150 us, result: jitter, drive: [{pin: nin, current: 200 nA}]}
  - {name: noisy, kind: transient, read: v(spk), window: 150 us, result: jitter, drive: [{pin: nin, current: 200 nA, noise: 100 nA}]}
END
run 0 validate cells/dpi_soma_free --strength 0 --dies 2 --out jitter --quiet
column quiet jitter/values.csv | awk '!($1 < 0.003) { exit 1 }' || fail "jitter without noise"
column noisy jitter/values.csv | awk '!($1 > 0.005 && $1 < 0.1) { exit 1 }' || fail "jitter with noise"

# What cannot be read is named when the manifest is.
sed -i 's/id(md), sweep/id(mx), sweep/' cells/rc/cell.yaml
run 3 validate cells/rc
says err "cell.yaml:19" "transistor 'mx' does not exist in .subckt rc"
