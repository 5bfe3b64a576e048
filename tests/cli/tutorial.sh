# SPDX-License-Identifier: Apache-2.0
# The commands of docs/tutorial.md run as they stand there, in an empty folder.
. "$SOURCE/tests/cli/lib.sh" || exit 1

PATH=$(dirname "$MIXSPIKE"):$PATH
awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside' \
  "$SOURCE/docs/tutorial.md" >commands.sh
[ "$(wc -l <commands.sh)" -gt 10 ] || fail "the tutorial has no commands"
mkdir empty
(cd empty && bash -euo pipefail ../commands.sh) >out 2>err </dev/null || fail "a command of the tutorial"
says err "wrong.yaml" "hiden"
says out "exit code 3" "exit code 1" "mixspike_config"
[ -s empty/out/first/index.html ] && [ -s empty/out/sample/sample.fst ] || fail "files are missing"
grep -q 'same spikes *2 of 2 samples' out || fail "replay did not prove the package"
