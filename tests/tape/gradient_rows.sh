#!/usr/bin/env bash
# Every operation of the tape has a row in the table of gradient checks.
#
# usage: gradient_rows.sh ROOT REPORT
set -u
# shellcheck source=tests/expect.sh
source "$1/tests/expect.sh"
cd "$1" || exit 1

# The names stand where the operations are declared.
names=$(grep -ohE '"tape_[a-z_]+"' tape/ops/*.cpp | tr -d '"' | sort -u)
expect_like "names of operations" "$names" '*tape_add*tape_transpose*'
for name in $names; do
  row=$(grep -c "t\.${name#tape_}(" tests/tape/gradients.cpp)
  expect_like "$name has a row in tests/tape/gradients.cpp" "$row" '[1-9]*'
done

finish "$2"
