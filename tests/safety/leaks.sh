#!/usr/bin/env bash
# Runs programs with --leak-check, under valgrind where there is one: nothing of a whole run may be lost. In a build with
# sanitizers valgrind is left out; the address sanitizer looks for lost memory itself.
#
# usage: leaks.sh ROOT REPORT OMC [PROGRAM...]      without programs: some of tests/conformance/ of every kind
set -u
root=$1
report=$2
omc=$3
shift 3
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
export NO_COLOR=1 OMC_NO_PYTHON=1 OMC_THREADS=2

programs=("$@")
if ((${#programs[@]} == 0)); then
  cases=$root/tests/conformance
  for folder in $(sed -n 's/^\([a-z]*\).*/\1/p' "$cases/expected.txt" | sort -u); do
    for program in "$cases/$folder"/*.omc; do
      case=${program%.omc}
      [[ -e $case.args || -e $case.exit ]] || grep -qE "^!$folder/${case##*/}( |$)" "$cases/expected.txt" || { programs+=("$program"); break; }
    done
  done
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without what it says of memory that is not initialised: the sparse sets of RE2 read it on purpose.
checker=()
if command -v valgrind >/dev/null && ! grep -qa __asan_init "$omc" && ! grep -qa __tsan_init "$omc"; then
  checker=(valgrind -q --undef-value-errors=no --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
           --error-exitcode=97 --log-file=/dev/stderr)
fi
for program in "${programs[@]}"; do
  # A copy, for what it writes.
  rm -rf "$work/run" && cp -r "$(dirname "$program")" "$work/run" && cd "$work/run" || exit 1
  errors=$("${checker[@]}" "$omc" --leak-check "${program##*/}" 2>&1 >/dev/null </dev/null)
  status=$?
  expect "${program#"$root"/} ${errors:0:3000}" "$status" 0
done
finish "$report"
