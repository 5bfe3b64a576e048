# SPDX-License-Identifier: Apache-2.0
# Runs the commands of docs/own-models.md as they stand, then looks at what they made.
. "$SOURCE/tests/cli/lib.sh" || exit 1

export MIXSPIKE_MODELS=$SOURCE/analog-models
mkdir bin
ln -s "$MIXSPIKE" bin/mixspike
PATH=$work/bin:$PATH
sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$SOURCE/docs/own-models.md" >commands.sh
[ "$(wc -l <commands.sh)" -gt 50 ] || fail "the page has no commands"
bash -eu commands.sh >out 2>err || fail "a command of the page failed"
says out "xmine p1 w1_0 w1_1 w1_2 w1_3 nin" ".subckt my_syn pulse b0 b1 b2 b3 out vw vtau vdd vss" \
  ".ic v(xmine.vsyn)=1.8" "xdac nw b0 b1 b2 b3 vw vss wdac_n"
says bias.cir "xbias" "ms_bias_my_syn"
says flat.cir "xn7 vdd b0"
says neuron.cir "process/pdk/devices.lib" "x_mpre vsyn pulse nw vss nch w=0.5u"

# Mistakes on the way are one sentence with file and line.
sed -i 's/role: pulse/role: puls/' mychip/cells/my_syn/cell.yaml
run 3 netlist mychip/cores/mine.yaml
one_sentence
says err "mychip/cells/my_syn/cell.yaml:9: key 'pins[0].role': 'puls' is unknown" "did you mean 'pulse'"
