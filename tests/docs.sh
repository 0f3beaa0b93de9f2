#!/usr/bin/env bash
# Runs the examples of the documents: a block marked omc, and what it prints in the block marked output behind it. The pages
# of the builtins and of the lint rules must be what omc prints of itself.
#
# usage: docs.sh ROOT REPORT OMC [--update]      --update writes the outputs anew
set -uo pipefail
root=$1
report=$2
omc=$3
update=${4-}
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
export NO_COLOR=1 OMC_NO_PYTHON=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run_example() { (cd "$work" && "$omc" "$1" 2>&1 </dev/null); }

check_page() {
  local page=$1 line number=0 state=text start=0 program output
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    case $state in
      text)
        if [[ $line == '```omc' ]]; then
          state=program start=$number program=
        fi ;;
      program)
        if [[ $line == '```' ]]; then state=between; else program+=$line$'\n'; fi ;;
      between)
        if [[ $line == '```output' ]]; then state=output output=
        elif [[ -n $line ]]; then state=text; fi ;;
      output)
        if [[ $line == '```' ]]; then
          state=text
          printf '%s' "$program" >"$work/example.omc"
          expect "${page#"$root"/}:$start" "$(run_example example.omc)" "${output%$'\n'}"
        else
          output+=$line$'\n'
        fi ;;
    esac
  done <"$page"
}

# Puts an output block behind every omc block, in place of one that stands there.
update_page() {
  local page=$1 line state=text program
  while IFS= read -r line || [[ -n $line ]]; do
    case $state in
      text)
        if [[ $line == '```omc' ]]; then state=program program=; fi
        printf '%s\n' "$line" ;;
      program)
        printf '%s\n' "$line"
        if [[ $line == '```' ]]; then
          printf '%s' "$program" >"$work/example.omc"
          printf '```output\n%s\n```\n' "$(run_example example.omc)"
          state=after
        else
          program+=$line$'\n'
        fi ;;
      after)
        if [[ $line == '```output' ]]; then state=skip; else state=text; printf '%s\n' "$line"; fi ;;
      skip)
        if [[ $line == '```' ]]; then state=text; fi ;;
    esac
  done <"$page" >"$work/page"
  mv "$work/page" "$page"
}

if [[ $update == --update ]]; then
  for page in language tape; do update_page "$root/docs/$page.md"; done
  "$omc" --gen-docs >"$root/docs/builtins.md"
  "$omc" --explain all >"$root/docs/lint.md"
fi
for page in "$root"/README.md "$root"/docs/language.md "$root"/docs/tape.md "$root"/docs/command-line.md; do check_page "$page"; done
expect "docs/builtins.md is current" "$("$omc" --gen-docs | cksum)" "$(cksum <"$root/docs/builtins.md")"
expect "docs/lint.md is current" "$("$omc" --explain all | cksum)" "$(cksum <"$root/docs/lint.md")"
missing=$("$omc" --gen-docs | sed -n 's/^### `\(tape_.*\)`$/\1/p' | while read -r name; do
  grep -q "\`$name(" "$root/docs/tape.md" || printf '%s ' "$name"
done)
expect "builtins that docs/tape.md leaves out" "$missing" ""
# Every builtin is used by some conformance case.
cat "$root"/tests/conformance/*/*.omc | grep -oE '[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_]+)?' | sort -u >"$work/words"
unused=$("$omc" --gen-docs | sed -n 's/^### `\(.*\)`$/\1/p' | sort -u | comm -23 - "$work/words" | tr '\n' ' ')
expect "builtins without a conformance case" "$unused" ""
finish "$report"
