#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every RTL module under verilator --lint-only -Wall, with and without assertions; no warning passes.
# usage: lint.sh RTL_DIR SOURCE...
set -eu
rtl=$1
shift
for size in "16 64 2048" "64 256 32768" "256 1024 65536" "5 3 100"; do
  # shellcheck disable=SC2086
  set -- $size "$@"
  neurons=$1 inputs=$2 entries=$3
  shift 3
  for assertions in --assert --no-assert; do
    verilator --lint-only -Wall "$assertions" --top-module core_top "-GNumNeurons=$neurons" \
      "-GNumInputs=$inputs" "-GNumEntries=$entries" "$rtl/lint.vlt" "$@"
  done
  verilator --lint-only -Wall --top-module core_top -GSyncStages=3 "$rtl/lint.vlt" "$@"
done
for chip in "1 1 16 64 2048 256 128" "2 2 16 64 2048 256 128" "4 4 256 1024 65536 1024 2048" \
  "3 2 5 3 100 37 9" "1 4 64 256 300 1 320"; do
  # shellcheck disable=SC2086
  set -- $chip "$@"
  verilator --lint-only -Wall --assert --top-module chip_axi "-GCols=$1" "-GRows=$2" \
    "-GNumNeurons=$3" "-GNumInputs=$4" "-GNumEntries=$5" "-GNumTags=$6" "-GNumSends=$7" \
    "$rtl/lint.vlt" "${@:8}"
  shift 7
done
# Each file is one module (or the package) of the same name.
for file in "$@"; do
  name=$(basename "$file" .sv)
  grep -Eq "^(module|package) $name\b" "$file" || { echo "$file: no module $name"; exit 1; }
done
