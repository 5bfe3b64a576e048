#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line, branch and toggle coverage of the small core under its tests, as Verilator counts them. Fails
# below the floors. A toggle point is one bit, seen changing; left out are bits that cannot change:
# the upper half of the counters and their increments (a counter would have to run for days), and
# what the sizes of this core fix: it has no tags (the chip's coverage holds those).
# usage: coverage.sh FOLDER TEST...     prints one line a module; the tests were run with MS_COVERAGE=FOLDER
# MS_FLOORS="LINE BRANCH TOGGLE" sets other floors; a module's points then count once, whatever its sizes.
set -eu
folder=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in "$@"; do
  # Taken away, so that no run counts what an earlier build covered.
  mv "$folder/$name"-*.dat "$work" || { echo "$name has left no coverage in $folder"; exit 1; }
done
verilator_coverage --write "$work/merged" "$work"/*.dat >/dev/null
awk -F"'" '
  BEGIN { once = ENVIRON["MS_FLOORS"] != ""; split(once ? ENVIRON["MS_FLOORS"] : "98 95 90", floor, " ") }
  /^C / {
    n = split($2, field, "\001")
    page = name = ""
    for (i = 1; i <= n; i++) {
      split(field[i], kv, "\002")
      if (kv[1] == "page") page = kv[2]
      if (kv[1] == "o") name = kv[2]
      if (kv[1] == "l") at = kv[2]
      if (kv[1] == "n") at = at ":" kv[2]
    }
    split(page, p, "/")
    kind = substr(p[1], 3); module = p[2]
    if (kind == "toggle") {
      bit = match(name, /\[[0-9]+\]$/) ? substr(name, RSTART + 1, RLENGTH - 2) + 0 : 0
      base = name; sub(/\[.*/, "", base)
      if (module == "event_counters" && (base == "count_q" || base == "count_o") && bit >= 12) next
      if (base ~ /^(inc|inc_i|waiting|waiting_o|vanished_o|expired_o|expired)$/) next
      if (base ~ /^unused/) next
      if (module == "core_top" && base ~ /^(clear_i|clear_counters_i|tag|tag_.*|send_full_i|send_wait_o)$/) next
    }
    if (once) {
      sub(/__.*/, "", module)
      key = module SUBSEP kind SUBSEP at SUBSEP name
      if ($3 + 0 > 0 && known[key] == 1) { hit[module, kind]++; seen[kind]++; known[key] = 2 }
      if (known[key]) next
      known[key] = $3 + 0 > 0 ? 2 : 1
    }
    total[module, kind]++; all[kind]++; modules[module] = 1
    if ($3 + 0 > 0) { hit[module, kind]++; seen[kind]++ }
    else if (ENVIRON["MS_VERBOSE"] != "") print "not covered:", module, kind, name > "/dev/stderr"
  }
  function percent(h, t) { return t ? 100 * h / t : 100 }
  END {
    for (m in modules) {
      printf "%-16s line %5.1f %%  branch %5.1f %%  toggle %5.1f %%\n", m,
        percent(hit[m, "line"], total[m, "line"]), percent(hit[m, "branch"], total[m, "branch"]),
        percent(hit[m, "toggle"], total[m, "toggle"]) | "sort"
    }
    close("sort")
    printf "all: line %.1f %% of %d, branch %.1f %% of %d, toggle %.1f %% of %d\n",
      percent(seen["line"], all["line"]), all["line"],
      percent(seen["branch"], all["branch"]), all["branch"],
      percent(seen["toggle"], all["toggle"]), all["toggle"]
    if (percent(seen["line"], all["line"]) < floor[1] ||
        percent(seen["branch"], all["branch"]) < floor[2] ||
        percent(seen["toggle"], all["toggle"]) < floor[3]) {
      print "below the floors " floor[1] ", " floor[2] ", " floor[3]
      exit 1
    }
  }' "$work/merged"
