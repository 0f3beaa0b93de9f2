#!/usr/bin/env bash
# Runs programs with --leak-check: nothing of a whole run may be lost. Under valgrind too, where there is one. In a build with
# sanitizers valgrind is left out; the address sanitizer looks for lost memory itself.
#
# usage: leaks.sh ROOT REPORT OMC [PROGRAM...]      without programs: those of tests/conformance/, one of each folder under
#                                                   valgrind; in a build with sanitizers only that one
set -u
root=$1
report=$2
omc=$3
shift 3
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
export NO_COLOR=1 OMC_NO_PYTHON=1 OMC_THREADS=2

# Without what it says of memory that is not initialised: the sparse sets of RE2 read it on purpose.
checker=()
sanitized=false
if grep -qa -e __asan_init -e __tsan_init "$omc"; then sanitized=true
elif command -v valgrind >/dev/null; then
  checker=(valgrind -q --undef-value-errors=no --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible
           --error-exitcode=97 --log-file=/dev/stderr)
fi
programs=("$@")  # under the checker
others=()
if ((${#programs[@]} == 0)); then
  cases=$root/tests/conformance
  for folder in $(sed -n 's/^\([a-z]*\).*/\1/p' "$cases/expected.txt" | sort -u); do
    first=true
    for program in "$cases/$folder"/*.omc; do
      case=${program%.omc}
      [[ -e $case.out && ! -e $case.args && ! -e $case.exit ]] || continue
      grep -qE "^!$folder/${case##*/}( |$)" "$cases/expected.txt" && continue
      if $first; then programs+=("$program"); else others+=("$program"); fi
      first=false
    done
  done
  ! $sanitized || others=()
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=
check() {
  local program=$1 errors status
  shift
  # A copy of its folder, for what it writes.
  if [[ $folder != "$(dirname "$program")" ]]; then
    folder=$(dirname "$program")
    rm -rf "$work/run" && cp -r "$folder" "$work/run" && cd "$work/run" || exit 1
  fi
  errors=$("$@" "$omc" --leak-check "${program##*/}" 2>&1 >/dev/null </dev/null)
  status=$?
  expect "${program#"$root"/} ${errors:0:3000}" "$status" 0
}
for program in "${programs[@]}"; do check "$program" "${checker[@]}"; done
for program in "${others[@]}"; do check "$program"; done
finish "$report"
