#!/usr/bin/env bash
# The examples run and give what is said of them; README.md shows what its program prints.
#
# usage: examples.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$root" || exit 1

# block N: the text of the N-th fenced block of README.md
block() { awk -v wanted="$1" '/^```/ { inside = !inside; n += inside; next } inside && n == wanted' README.md; }
block 1 >"$folder/readme.omc"
expect "README.md: output of its program" "$("$omc" "$folder/readme.omc" 2>&1)" "$(block 2)"

"$omc" examples/almanac.omc >"$folder/corpus.txt"
expect "corpus.txt is what almanac.omc writes" "$(cmp "$folder/corpus.txt" examples/corpus.txt 2>&1)" ""
expect "corpus.txt has 100 KB" "$(($(stat -c %s examples/corpus.txt) >= 100000))" 1

"$omc" examples/char_lm.omc examples/corpus.txt 40 >"$folder/out" 2>"$folder/err"
expect "char_lm.omc: exit status" $? 0
expect "char_lm.omc: no progress line without a terminal" "$(cat "$folder/err")" ""
expect "char_lm.omc: loss falls by a nat in 40 steps" \
  "$(awk '/^before/ { before = $3 } /^after/ { print $5 < before - 1 }' "$folder/out")" 1

# Everything but the times is the same in every mode, except what the second lane decides.
elision() { "$omc" "$@" examples/jit/branch_elision.omc quick 2>&1 | sed 's/ [-0-9.e]* ns,/ ns,/; s/inputs: .*/inputs: %/'; }
interpreted=$(elision --jit=off)
expect "branch_elision.omc: runs to its last line" "$(echo "$interpreted" | tail -n 1)" "cost removed on harmonious inputs: %"
expect "branch_elision.omc: the same when native code is worth it" "$(elision --jit=auto)" "$interpreted"
expect "branch_elision.omc: the same in native code" "$(elision --jit=force)" "$interpreted"
expect "branch_elision.omc: the gate without the second lane" \
  "$(echo "$interpreted" | grep '^harmony')" "harmony(phi_shadow(0)) = 1000, harmony(phi_shadow(42)) = 1000"
expect "branch_elision.omc: the gate with it" \
  "$(elision --dual-band | grep '^harmony')" "harmony(phi_shadow(0)) = 1000, harmony(phi_shadow(42)) = 14"
expect "branch_elision.omc: the second lane, and nothing else, sends 42 the expensive way" \
  "$(diff <(echo "$interpreted") <(elision --dual-band) | grep -c '^> ')" 2

finish "$report"
