#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of foreign text with libFuzzer, from the corpus, for a bounded time each.
# usage: run.sh SOURCE_DIR [SECONDS]   exit code 77: clang is not installed
set -euo pipefail
source=$1 seconds=${2:-8}
command -v clang >/dev/null || exit 77
work=$(mktemp -d "${TMPDIR:-/tmp}/mixspike-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$source"
declare -A parts=(
  [yaml]="cosim/yaml/*.c cosim/base/error.c"
  [cell]="cosim/netlist/cell_text.c cosim/netlist/cell_values.c cosim/netlist/expand.c cosim/netlist/words.c cosim/yaml/unit.c cosim/base/error.c"
  [listing]="cosim/netlist/circuit.c cosim/netlist/shift.c cosim/netlist/words.c cosim/yaml/unit.c cosim/base/error.c cosim/base/die.c"
)
parts[manifest]="cosim/models/*.c cosim/netlist/cell_text.c cosim/netlist/cell_values.c cosim/netlist/expand.c cosim/netlist/words.c ${parts[yaml]}"
# The manifest reader reads files: it gets a library of its own to spoil.
cp -r analog-models "$work/library"
export MIXSPIKE_FUZZ_LIBRARY=$work/library
for target in yaml cell listing manifest; do
  # shellcheck disable=SC2086 # the parts are patterns
  clang -std=gnu17 -g -O1 -D_GNU_SOURCE -Iinclude -Icosim -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all -DMS_SOURCE_MODELS_DIR='""' -DMS_INSTALL_MODELS_DIR='""' \
    tests/fuzz/fuzz_$target.c ${parts[$target]} -lyaml -lm \
    -o "$work/$target" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  mkdir "$work/found-$target"
  # Finds go to the scratch folder; a failing input is printed in base64 by libFuzzer.
  "$work/$target" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=1024 -seed=1 \
    -artifact_prefix="$work/" "$work/found-$target" "tests/fuzz/corpus/$target" \
    >"$work/log" 2>&1 || { tail -40 "$work/log" >&2; exit 1; }
  echo "$target: $(grep -o 'Done [0-9]* runs' "$work/log" || true)"
done
