# SPDX-License-Identifier: Apache-2.0
# Builds every mutant of mutants.txt into one copy of the RTL: an expression E with the broken form B
# becomes ((mutant == k) ? (B) : (E)), so that one Verilated build serves them all.
# usage: awk -v out=FOLDER -f mutate.awk mutants.txt SOURCE...   prints the number of mutants
FNR == NR {
  if ($0 ~ /^#/ || $0 == "") next
  split($0, part, "@")
  n++
  file[n] = part[1]; before[n] = part[2]; good[n] = part[3]; bad[n] = part[4]
  next
}
FNR == 1 { paths[++n_path] = FILENAME }
{ text[FILENAME] = text[FILENAME] $0 "\n" }
END {
  for (p = 1; p <= n_path; p++) {
    path = paths[p]; t = text[path]
    # All mutants of one expression make one chain.
    for (k = 1; k <= n; k++) {
      if (substr(path, length(path) - length(file[k]) + 1) != file[k]) continue
      key = file[k] before[k] good[k]
      chain[key] = chain[key] "(`MS_MUTANT == " k ") ? (" bad[k] ") : "
      used[key] = k
      done[k] = 1
    }
    for (k = 1; k <= n; k++) {
      key = file[k] before[k] good[k]
      if (used[key] != k || !done[k] || placed[key]) continue
      if (substr(path, length(path) - length(file[k]) + 1) != file[k]) continue
      find = before[k] good[k]
      at = index(t, find)
      if (!at) {
        print "mutants.txt: not in " path ": " find > "/dev/stderr"
        exit_code = 1
        continue
      }
      if (index(substr(t, at + 1), find)) {
        print "mutants.txt: not unique in " path ": " find > "/dev/stderr"
        exit_code = 1
      }
      t = substr(t, 1, at - 1) before[k] "(" chain[key] "(" good[k] "))" substr(t, at + length(find))
      placed[key] = 1
    }
    name = path; sub(/.*\//, "", name)
    printf "%s", t > (out "/" name)
    close(out "/" name)
  }
  for (k = 1; k <= n; k++)
    if (!done[k]) {
      print "mutants.txt: no source " file[k] > "/dev/stderr"
      exit_code = 1
    }
  print n
  exit exit_code
}
