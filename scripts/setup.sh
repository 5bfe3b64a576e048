#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that mixspike is built with, those that are missing only.
#   scripts/setup.sh            install what is missing (root or sudo is needed only then)
#   scripts/setup.sh --check    only say what is missing; exit code 1 if anything is
#   scripts/setup.sh --optional install also what a single test needs, which says that it is skipped without
set -euo pipefail

# package: what it is for
packages=(
  "gcc: C compiler"
  "g++: C++ compiler, for the Verilated router"
  "make: used by Verilator"
  "cmake: build"
  "ninja-build: build"
  "pkg-config: finds the libraries"
  "verilator: compiles the router's SystemVerilog"
  "ngspice: runs the designers' decks"
  "libngspice0-dev: circuit simulator"
  "libyaml-dev: manifests and experiments"
  "libcjson-dev: machine-readable output"
  "libhdf5-dev: results"
  "zlib1g-dev: waveforms"
  "librandom123-dev: counter-based random numbers"
  "libssl-dev: SHA-256 of packages"
  "libsystemc-dev: modules for virtual platforms"
  "libopenmpi-dev: studies over several machines"
  "openmpi-bin: mpirun"
  "libcmocka-dev: tests"
  "gnuplot-nox: pictures"
  "hdf5-tools: tests read results back with h5dump"
  "gtkwave: shows waveforms; tests use its fst2vcd"
  "yosys: synthesis check and proofs of the router"
  "z3: solver for the proofs"
)

optional=(
  "chromium: a test opens the validation report in it"
)

check_only=0
case "${1-}" in
  "") ;;
  --check) check_only=1 ;;
  --optional) packages+=("${optional[@]}") ;;
  -h | --help) sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "setup.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: this is not a Debian system; install the equivalents of these by hand:" >&2
  printf '  %s\n' "${packages[@]}" >&2
  exit 1
fi

missing=()
for entry in "${packages[@]}"; do
  name=${entry%%:*}
  if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" != installed ]; then
    missing+=("$name")
    printf 'missing: %-18s %s\n' "$name" "${entry#*: }"
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "setup: all ${#packages[@]} packages are installed"
  exit 0
fi
[ $check_only = 0 ] || exit 1

root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: as root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
echo "setup: installing ${#missing[@]} packages with ${root[*]:+${root[*]} }apt-get"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q)
"${root[@]}" "${apt[@]}" update
"${root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
echo "setup: done"
