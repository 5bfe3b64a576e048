#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds mixspike and runs its tests: all but the long campaigns, then the unit tests once more
# under the address, leak and undefined-behaviour sanitizers.
#   scripts/test.sh            everything
#   scripts/test.sh ARGS...    without sanitizers; ARGS go to ctest (-L unit, -R router, ...)
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1-}" in -h | --help) sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

jobs=$(nproc)
step() { printf '\n== %s (%d s so far)\n' "$1" "$SECONDS"; }

# Runs a command with its output in a file, which is shown only if the command fails.
quietly() {
  local log=build/$1.log
  shift
  mkdir -p build
  "$@" >"$log" 2>&1 || { tail -n 60 "$log"; echo "failed: $* (all output: $log)" >&2; exit 1; }
}

step "packages"
scripts/setup.sh
step "release build"
quietly release-configure cmake --preset release
quietly release-build cmake --build --preset release -j "$jobs"
step "tests"
ctest --preset release -j "$jobs" "$@"
[ $# = 0 ] || exit 0

step "sanitizer build"
quietly sanitize-configure cmake --preset sanitize
quietly sanitize-build cmake --build --preset sanitize -j "$jobs" --target unit_tests
step "unit tests under the sanitizers"
ctest --preset sanitize -j "$jobs"
printf '\nall tests passed in %d s\n' "$SECONDS"
