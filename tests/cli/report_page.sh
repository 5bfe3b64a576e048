# SPDX-License-Identifier: Apache-2.0
# The report opens in a browser without a word on its console and without a request to a network.
. "$SOURCE/tests/cli/lib.sh" || exit 1
if ! command -v chromium >/dev/null; then
  echo "SKIPPED: chromium is not installed (scripts/setup.sh --optional)"
  exit 77
fi
run 0 new cell my_soma --kind soma
run 0 validate cells/my_soma --engine table --dies 6 --out report --quiet
grep -qE '(src|href)="(https?:|//|[a-z]+\.)' report/report.html && fail "the page refers to other files"
timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
  --enable-logging=stderr --virtual-time-budget=2000 --dump-dom "file://$work/report/report.html" \
  >dom 2>log || fail "chromium did not open the page"
grep -i "CONSOLE" log && fail "the browser's console has messages"
says dom "my_soma" "Which mismatch" "Waveforms of the worst die" "</svg>"
