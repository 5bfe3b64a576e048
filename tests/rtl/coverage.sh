#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Line, branch and toggle coverage of the small core under its tests, as Verilator counts them. Fails
# below the floors. A toggle point is one bit, seen changing; left out are bits that cannot change:
# the upper half of the counters and their increments (a counter would have to run for days), and
# what the sizes of this core fix: it has no tags (the chip's coverage holds those).
# usage: coverage.sh TEST_PROGRAM...     prints one line a module
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in "$@"; do
  MS_COVERAGE=$work "$program" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done
verilator_coverage --write "$work/merged" "$work"/*.dat >/dev/null
awk -F"'" '
  /^C / {
    n = split($2, field, "\001")
    page = name = ""
    for (i = 1; i <= n; i++) {
      split(field[i], kv, "\002")
      if (kv[1] == "page") page = kv[2]
      if (kv[1] == "o") name = kv[2]
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
    if (percent(seen["line"], all["line"]) < 98 || percent(seen["branch"], all["branch"]) < 95 ||
        percent(seen["toggle"], all["toggle"]) < 90) { print "below the floor: line 98, branch 95, toggle 90"; exit 1 }
  }' "$work/merged"
