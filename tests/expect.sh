# shellcheck shell=bash
# For tests written in bash: counts what holds and what does not. Sourced.

passed=0
failed=0

# expect WHAT GOT WANTED
expect() {
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'error: %s\n  expected: %s\n  got:      %s\n' "$1" "$3" "$2"
  fi
}

# expect_like WHAT GOT PATTERN
# shellcheck disable=SC2053
expect_like() { if [[ $2 == $3 ]]; then expect "$1" yes yes; else expect "$1" "$2" "$3"; fi; }

# finish REPORT: writes the count in the form in which Boost.Test does, for ./run-tests; fails when something did.
finish() {
  printf '<TestSuite test_cases_passed="%d" test_cases_failed="%d">\n' "$passed" "$failed" >"$1"
  ((failed == 0))
}
