#!/usr/bin/env bash
# Whatever is wrong with a file, a program or a flag: omc says so once, on standard error, and ends with the documented
# status (command-line reference, section 1). Output that came before stays.
#
# usage: wrong_input.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

# refuses STATUS OUTPUT MESSAGE WORD...: `omc WORD...` gives just that; a crash or a hang gives another status
refuses() {
  local status=$1 output=$2 message=$3
  shift 3
  timeout 120 "$omc" "$@" </dev/null >out 2>err
  expect "omc $*: exit status" $? "$status"
  expect "omc $*: output" "$(cat out)" "$output"
  expect "omc $*: message" "$(cat err)" "$message"
}

# program TEXT: the program that the next calls run
program() { printf '%s\n' "$1" >program.omc; }

# --- files that cannot be read, or not parsed
mkdir folder.omc
printf 'print("a\xff");\n' >latin.omc
printf 'print("never");\nh x = ;\n' >broken.omc
declare -A reasons=(
  [missing.omc]='No such file or directory (os error 2)'
  [folder.omc]='Is a directory (os error 21)'
  [latin.omc]='stream did not contain valid UTF-8'
)
if ((EUID != 0)); then  # root may read everything
  echo 'print(1);' >secret.omc
  chmod 0 secret.omc
  reasons[secret.omc]='Permission denied (os error 13)'
fi
for file in "${!reasons[@]}"; do
  refuses 1 "" "Error: reading $file: ${reasons[$file]}" "$file"
  refuses 1 "" "reading $file: ${reasons[$file]}" --fmt "$file"
  refuses 1 "" "doc: read $file: ${reasons[$file]}" --doc "$file"
  refuses 2 "" "test: read $file: ${reasons[$file]}" --test "$file"
done
for file in missing.omc latin.omc; do  # a folder may be checked
  refuses 1 "" "reading $file: ${reasons[$file]}" --check "$file"
done
# shellcheck disable=SC2016
wrong='at 2:7: Unexpected token in expression: `;`'
refuses 1 "" "Error: $wrong" broken.omc
refuses 1 "" "parse error: $wrong" --fmt broken.omc
refuses 2 "" "test: parse broken.omc: $wrong" --test broken.omc
timeout 60 "$omc" --check broken.omc >out 2>err
expect "--check of a broken file: exit status" $? 1
expect "--check of a broken file: message" "$(sed 1q err)" "parse error: $wrong"
refuses 2 "" "--doc-all: not a directory: nowhere" --doc-all nowhere

# --- programs that go wrong: what they printed before stays
program 'print(1); print(nosuch);'
refuses 1 1 "Error: Undefined variable: nosuch" program.omc
program 'print(1); nosuch(2);'
refuses 1 1 "Error: Undefined function: nosuch" program.omc
program 'print(1); import "nosuch";'
# shellcheck disable=SC2016
refuses 1 1 'Error: Could not resolve module `nosuch` (set OMC_STDLIB_PATH or place nosuch.omc on the search path)' program.omc
program 'print([1] - 2);'
refuses 1 "" "Error: cannot apply '-' to array and int" program.omc
program 'fn twice(fs) { return fs[0](fs); } twice([3]);'
timeout 60 "$omc" program.omc >out 2>err
expect "call of an int: exit status" $? 1
expect_like "call of an int: message" "$(cat err)" "Error: Cannot call this value as a function*it's a int*at twice (1:36)"
program 'print(arr_len(1));'
refuses 1 "" "Error: arr_len requires an array" program.omc
program 'print(arr_concat([1]));'
refuses 1 "" "Error: arr_concat requires (array_a, array_b)" program.omc
program 'print(arr_len());'
refuses 1 "" "Error: arr_len requires 1 argument" program.omc
program 'tape_reset(); tape_matmul(tape_var([[1.0, 2.0]]), tape_var([[1.0, 2.0, 3.0]]));'
refuses 1 "" "Error: tape_matmul: shape mismatch 1x2 @ 1x3" program.omc
program 'throw {"code": 7};'
refuses 1 "" 'Error: {"code": 7}' program.omc

# --- limits: an error that a program may catch, except the time limit
program 'fn down(n) { return 1 + down(n + 1); } down(0);'
timeout 60 "$omc" program.omc >out 2>err
expect "deep recursion: exit status" $? 1
expect "deep recursion: message" "$(sed 1q err)" "Error: Recursion limit exceeded (10000 nested calls)"
expect "deep recursion: the trace ends" "$(($(wc -l <err) < 200))" 1
refuses 1 "" $'Error: Recursion limit exceeded (3 nested calls)\n  at down (1:25)\n  at down (1:25)\n  at down (1:40)' \
  --max-depth 3 program.omc
program 'try { fn down() { return 1 + down(); } down(); } catch e { print(str_slice(e, 0, 24)); } print("on");'
refuses 0 $'Recursion limit exceeded\non' "" program.omc
program 'fn nest(n) { h a = []; h i = 0; while i < n { a = [a]; i = i + 1; } return a; } print(str_len(to_string(nest(100000))));'
refuses 0 200002 "" program.omc
program 'h a = []; while true { arr_push(a, 1); }'
refuses 1 "" "Error: Memory limit exceeded (4M)" --max-memory 4M program.omc
program 'h s = "x"; try { while true { s = s + s; } } catch e { print(e); } print(str_len(s) > 1000);'
refuses 0 $'Memory limit exceeded (8M)\ntrue' "" --max-memory=8M program.omc
program 'print("x"); try { while true {} } catch e { print("caught"); } finally { print("finally"); }'
refuses 124 x "Error: Time limit exceeded (0.2 s)" --timeout 0.2 program.omc

# --- the command line: nothing runs
program 'print("never");'
for flag in --nope - -x --json=1 --helpme; do
  refuses 2 "" "Unknown flag: $flag"$'\nTry --help for usage.' program.omc "$flag"
done
while read -r flag value; do
  refuses 2 "" "$flag: bad value '$value'" "$flag=$value" program.omc
  [[ -z $value ]] || refuses 2 "" "$flag: bad value '$value'" program.omc "$flag" "$value"
done <<'END'
--max-depth
--max-depth 0
--max-depth -1
--max-depth ten
--max-depth 99999999999999999999
--max-memory
--max-memory 0
--max-memory 5X
--max-memory 5m
--max-memory M
--max-memory -5
--max-memory 99999999999999999G
--timeout
--timeout 0
--timeout -1
--timeout nan
--timeout inf
--timeout 1s
--tape float
--jit sometimes
END
refuses 2 "" "--timeout: bad value ''" program.omc --timeout
for mode in --check --fmt --test --doc; do
  refuses 2 "" "$mode requires a file argument." "$mode"
done
refuses 2 "" "--fmt requires a file argument." -f

finish "$report"
