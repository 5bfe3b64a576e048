# SPDX-License-Identifier: Apache-2.0
# Writes out the directives of cell netlists (analog-models/README.md) for decks run by hand:
#   awk -v bits=4 -f expand.awk ../../analog-models/cells/*/cell.cir > cells.inc
# Bias branches always have 8 bits.
function expanded(line, k,   name, list, i) {
  gsub(/@k@/, k, line)
  while (match(line, /@bits:[a-z]+@/)) {
    name = substr(line, RSTART + 6, RLENGTH - 7)
    list = name "0"
    for (i = 1; i < n; i++) list = list " " name i
    line = substr(line, 1, RSTART - 1) list substr(line, RSTART + RLENGTH)
  }
  return line
}
BEGIN {
  print "* SPDX-License-Identifier: Apache-2.0"
  print "* All cells written out with " bits " weight bits. Made by expand.awk: edit the cells, not this."
}
FNR == 1 { n = FILENAME ~ /\/bias_/ ? 8 : bits; rows = 0; copying = 0 }
/^\*@repeat/ { copying = 1; rows = 0; next }
/^\*@end/ {
  for (k = 0; k < n; k++) for (r = 0; r < rows; r++) print expanded(row[r], k)
  copying = 0
  next
}
/^\*/ { next }
copying { row[rows++] = $0; next }
{ print expanded($0, "") }
