# SPDX-License-Identifier: Apache-2.0
# A wrong experiment is refused with one sentence that names file, line and key.
. "$SOURCE/tests/cli/lib.sh" || exit 1

# write NAME [SED-EXPRESSION]: a right experiment, then changed.
write() {
  cat >"$1" <<'YAML'
name: small
core: dpi16
analog: model
digital: rtl
network:
  hidden: 4
task:
  name: yinyang
  train: 50
  validation: 20
  test: 3
training:
  epochs: 1
  fine_epochs: 0
pvt:
  supply: "1.8 V"
dies:
  training: [0]
  held_out: [100]
YAML
  [ $# = 1 ] || sed -i "$2" "$1"
}
# refused NAME SED-EXPRESSION WORDS...
refused() {
  local name=$1 change=$2
  shift 2
  write "$name" "$change"
  for verb in simulate; do
    run 3 "$verb" "$name"
    one_sentence
    says err "$name" "$@"
  done
}

write right.yaml
run 0 simulate right.yaml
refused key.yaml '6s/hidden/hiden/' "key.yaml:5" "hiden" "line 6" "hidden"
refused extra.yaml '6a\  colour: red' "extra.yaml:7" "colour" "hidden"
refused section.yaml '5s/network/netwrk/' "section.yaml" "netwrk" "line 5"
refused unit.yaml 's/1.8 V/1.8 A/' "unit.yaml:16" "pvt.supply" "V"
refused bare.yaml 's/"1.8 V"/1.8/' "bare.yaml:16" "pvt.supply" "V"
refused range.yaml '6s/4/0/' "range.yaml:6" "network.hidden"
refused word.yaml '3s/model/spice/' "word.yaml:3" "analog" "ngspice"
refused core.yaml '2s/dpi16/dpi17/' "core.yaml" "dpi17" "dpi16"
refused both.yaml 's/held_out: .100./held_out: [0]/' "both.yaml" "held_out" "training"
refused broken.yaml '7s/task:/task: [/' "broken.yaml"
run 3 simulate none.yaml
says err "none.yaml"
run 5 simulate .
one_sentence

run 3 simulate right.yaml --sample 99
says err "99" "3 samples"
printf 't_us,input\n1,2\n3,77\n' >events.csv
run 3 simulate right.yaml --events events.csv
says err "events.csv:3" "77"
run 3 simulate right.yaml --package nowhere
says err "nowhere"
run 3 replay nowhere
says err "nowhere"
run 3 simulate right.yaml --json --sample 99
says out '"ok":	false' '"error":'
