#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes docs/cells: a page a cell from its netlist, its manifest, its deck's waveform, the deck tests'
# comparison with the equation, and `mixspike validate`.
# usage: scripts/cell-pages.sh BUILD_DIR [CELL...]      DIES=100: dies of each validation
set -euo pipefail
build=$(realpath "$1")
shift
source=$(realpath "$(dirname "$0")/..")
dies=${DIES:-100}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$source/docs/cells
mkdir -p "$out" "$work/testbenches"
cp -r "$source/testbenches/spice" "$work/testbenches/"
ln -s "$source/analog-models" "$work/analog-models"
for test in test_decks test_extender; do
  "$build/tests/integration/$test" >>"$work/checks" 2>&1 || true
done
if [ $# -eq 0 ]; then
  for path in "$source"/analog-models/cells/*/; do set -- "$@" "$(basename "$path")"; done
fi

value() { sed -n "s/^$1: *//p" "$2" | head -1 | sed 's/^"\(.*\)"$/\1/'; }

for cell in "$@"; do
  folder=$source/analog-models/cells/$cell page=$out/$cell.md
  # shellcheck disable=SC2016 # the backquotes are Markdown
  {
    echo "<!-- SPDX-License-Identifier: Apache-2.0 -->"
    echo "<!-- Made by scripts/cell-pages.sh: edit the cell, not this. -->"
    echo "# $cell"
    echo
    echo "$(value description "$folder/cell.yaml")."
    echo
    echo "    $(value equation "$folder/cell.yaml")"
    echo
    if [ -f "$work/testbenches/spice/$cell.cir" ]; then
      echo "[Deck](../../testbenches/spice/$cell.cir) to run by hand: \`ngspice -b $cell.cir\` in testbenches/spice."
      echo
      (cd "$work/testbenches/spice" && HOME=. LC_ALL=C nice ngspice -b "$cell.cir" >"$work/deck" 2>&1) || true
      if [ -f "$work/testbenches/spice/$cell.png" ]; then
        cp "$work/testbenches/spice/$cell.png" "$out/$cell.png"
        echo "![waveforms of the deck]($cell.png)"
        echo
      fi
    fi
    if grep -q "^$cell: .*equation" "$work/checks"; then
      echo "## Measured against the equation"
      echo
      echo "Nominal die, typical corner, 27 C (\`test_decks\` and \`test_extender\`, which state the tolerances and why)."
      echo
      echo '| | measured | equation | difference |'
      echo '|---|---|---|---|'
      sed -n "s/^$cell: \(.*\): \(.*\), equation \(.*\) (\(.*\))$/| \1 | \2 | \3 | \4 |/p" "$work/checks"
      echo
    fi
    if grep -q '^measures:' "$folder/cell.yaml"; then
      echo "## Spread over $dies dies"
      echo
      echo "\`mixspike validate $cell --dies $dies\`: cell transistors mismatched, bias lines nominal."
      echo
      echo '```'
      nice "$build/cli/mixspike" validate "$cell" --quiet --models "$source/analog-models" \
        --dies "$dies" 2>/dev/null | grep -v '^[0-9.]* s$' || true
      echo '```'
      echo
    fi
    echo "## Netlist"
    echo
    echo '```spice'
    tail -n +2 "$folder/cell.cir"
    echo '```'
  } >"$work/page"
  mv "$work/page" "$page"
  echo "$cell"
done

{
  echo "<!-- SPDX-License-Identifier: Apache-2.0 -->"
  echo "<!-- Made by scripts/cell-pages.sh. -->"
  echo "# The cell library"
  echo
  echo "A page a cell, made from its netlist, manifest, deck and a validation over $dies dies (\`DIES=$dies scripts/cell-pages.sh BUILD_DIR\`)."
  echo
  echo "| cell | what |"
  echo "|---|---|"
  for path in "$source"/analog-models/cells/*/; do
    cell=$(basename "$path")
    [ -f "$out/$cell.md" ] || continue
    echo "| [$cell]($cell.md) | $(value description "$path/cell.yaml") |"
  done
} >"$out/README.md"
