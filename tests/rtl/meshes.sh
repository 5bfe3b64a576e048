#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the library with other meshes (MIXSPIKE_MESHES) and holds each to the scoreboard of the random
# chip test, as a user who needs one would.
# usage: meshes.sh SOURCE_DIR COLUMNSxROWSxNEURONS...
set -eu
source=$1
shift
list=$(echo "$*" | tr ' ' ';')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
  cmake -S "$source" --preset release -B "$work" -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
    -DMIXSPIKE_RTL_BENCHES=OFF "-DMIXSPIKE_MESHES=$list" &&
    cmake --build "$work" --target test_chip_random
} >"$work/log" 2>&1 || { tail -40 "$work/log"; echo "$list: no build"; exit 1; }
"$work/tests/rtl/test_chip_random" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
grep ' events, ' "$work/log"
for mesh in "$@"; do
  grep -q "^$mesh: " "$work/log" || { echo "$mesh was not tested"; exit 1; }
done
