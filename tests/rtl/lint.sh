#!/bin/sh
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
# Each file is one module (or the package) of the same name.
for file in "$@"; do
  name=$(basename "$file" .sv)
  grep -Eq "^(module|package) $name\b" "$file" || { echo "$file: no module $name"; exit 1; }
done
