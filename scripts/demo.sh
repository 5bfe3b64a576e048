#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job at a small size: trains a network in the loop with transistor circuits, exports it,
# loads the export back through the chip's configuration port and compares every spike.
#   scripts/demo.sh [OUT]      OUT: folder for the results (default: out/demo)
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1-}" in -h | --help) sed -n '3,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
out=${1-out/demo}

say() { printf '\n== %s\n' "$*"; }
say "packages"
scripts/setup.sh
say "build"
start=$SECONDS
mkdir -p build
{
  cmake --preset release &&
    cmake --build --preset release -j "$(nproc)" --target mixspike_command mixspike-ngspice
} >build/demo.log 2>&1 ||
  { tail -n 40 build/demo.log; echo "the build failed; all output: build/demo.log" >&2; exit 1; }
echo "built in $((SECONDS - start)) s"
mixspike=build/release/cli/mixspike

say "mixspike doctor"
"$mixspike" doctor
say "mixspike train experiments/demo.yaml"
start=$SECONDS
"$mixspike" train experiments/demo.yaml --out "$out"
say "mixspike replay $out/package"
"$mixspike" replay "$out/package"
say "done"
echo "training and replay took $((SECONDS - start)) s; all together $SECONDS s"
echo "look at $out/index.html"
