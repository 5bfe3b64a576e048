# SPDX-License-Identifier: Apache-2.0
# Among trained configurations the one with the best quantile over validation dies is packed, and
# confirmed on dies that nobody has seen; dies that judge must be strangers to training.
. "$SOURCE/tests/cli/lib.sh" || exit 1

cat >base.yaml <<'YAML'
name: base
core: dpi16
analog: model
digital: rtl
network: {hidden: 8}
task: {name: yinyang, train: 500, validation: 40, test: 30}
training: {epochs: 4, fine_epochs: 0, rate: 0.02, loop: {batches: 4, batch: 10}}
dies: {training: [0], validation: [10-13], held_out: [100-104]}
confirm: {analog: table, samples: 2}
golden: 1
jobs: 2
output: first
YAML
sed -e 's/output: first/output: second/; s/^jobs/seed: 7\njobs/' -e '/^confirm/d' base.yaml >second.yaml
sed '/^confirm/d' base.yaml >first.yaml
run 0 train first.yaml
run 0 train second.yaml
run 0 export --choose base.yaml --out robust first second/package --json
cp out report
says report '"ok":	true' '"confirm_engine":	"table"' '"validation_dies":	["10", "11", "12", "13"]' \
  '"name":	"first before the loop"' '"name":	"second/package"'
for file in index.html report.json network.nir state.txt package/SHA256SUMS; do
  [ -s "robust/$file" ] || fail "robust/$file is missing"
done

# The best at the quantile among all is the one that was picked, and the package says so.
picked=$(sed -n 's/^	"picked":	"\(.*\)",/\1/p' report)
best=$(sed -n 's/^			"at_quantile":	\([0-9.e-]*\),/\1/p' report | sort -g | tail -1)
grep -A1 "\"name\":	\"$picked\"" report | grep -qF "\"at_quantile\":	$best," ||
  fail "$picked is not the best ($best)"
says robust/package/manifest.json "\"candidate\":	\"$picked\"" '"candidates":	3' '"quantile":	0.05' '"engine":	"model"'
says robust/index.html "5 unseen dies" "engine <b>model</b>" "engine <b>table</b>: 1 unseen die" "No candidate was trained"
grep -qi 'http://\|https://\|<script' robust/index.html && fail "the page fetches something"
run 0 replay robust/package --json
run 0 import robust/network.nir base.yaml --check

# The quantile decides: the best die of each candidate, told from the report.
run 0 export --choose base.yaml --out best first second/package --quantile 1 --confirm-dies 0 --json
says out '"quantile":	1'
grep -q confirm_engine out && fail "no die should have been confirmed"

# Interrupted, then resumed: the same report.
mkdir cut
head -4 robust/state.txt >cut/state.txt
run 0 export --choose base.yaml --out cut first second/package --resume --json
diff <(grep -v '"output"' report) <(grep -v '"output"' out) || fail "the resumed choice differs"
run 3 export --choose base.yaml --out cut first --resume
says err "state.txt" "other candidates"

# Dies that judge.
sed 's/training: .0., validation: .10-13./training: [5], validation: [0, 11]/' base.yaml >seen.yaml
run 3 export --choose seen.yaml --out none first
one_sentence
says err "first" "die 0" "dies.validation"
sed 's/held_out: .100-104./held_out: [0]/; s/training: .0./training: [5]/' base.yaml >held.yaml
run 3 export --choose held.yaml --out none second/package
says err "dies.held_out"
sed 's/validation: .10-13., //' base.yaml >without.yaml
run 3 export --choose without.yaml --out none first
says err "without.yaml" "dies.validation"
sed 's/dies: {/dies: {mismatch: 0, /' base.yaml >same.yaml
run 3 export --choose same.yaml --out none first
says err "dies.mismatch"
sed 's/hidden: 8/hidden: 9/' base.yaml >other.yaml
run 3 export --choose other.yaml --out none first
says err "shape"
sed 's/^jobs/biases: {dpi_exc.itau: 900}\njobs/' base.yaml >bias.yaml
run 3 export --choose bias.yaml --out none first
says err "bias codes"
run 3 export --choose base.yaml --out none .
says err "neither a package"
[ ! -e none ] || fail "a refused choice left a folder"
run 2 export --choose base.yaml first
