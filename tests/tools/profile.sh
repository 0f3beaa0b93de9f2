#!/usr/bin/env bash
# --profile and --stats: what they say of programs whose work is known. Shares and counts, never times.
#
# usage: profile.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

cat >work.omc <<'END'
fn heavy(n) {
    h s = 0;
    h i = 0;
    while i < n { s = (s * 31 + i) % 1000003; i += 1; }
    return s;
}
fn light(n) { return heavy(n / 50); }
fn mapped() {
    return arr_map(range(0, 40), fn(k) {
        return heavy(20000 + k);
    });
}
println(heavy(3000000) > 0);
println(light(3000000) > 0);
println(arr_len(mapped()));
println(omc_args());
END
expected='true
true
40
[a, --b]'

# --- tables
"$omc" --profile work.omc a -- --b >out 2>err
expect "--profile: exit status" $? 0
expect "--profile: the program's output is its own" "$(cat out)" "$expected"
expect_like "--profile: first line" "$(head -1 err)" "profile of work.omc: * samples, * s, without native code"
expect_like "the most of the time is in heavy" "$(sed -n 4p err)" "* heavy (work.omc:1)"
expect_like "... and in its loop" "$(grep -A1 'line$' err | tail -1)" "* work.omc:4: while i < n {*"
expect_like "everything is below the top level" "$(grep -F '<top-level>' err)" "*[19][0-9]*.[0-9]%  <top-level> (work.omc:1)"
expect "functions that only call take part" "$(grep -cE '(mapped|<lambda>) \(work.omc:[89]\)' err)" 2
# The share of a function: of its own, and in total.
share() { sed -nE "s/^ *[0-9.]+ +([0-9.]+)% +[0-9.]+ +([0-9.]+)%  $1.*/\\1 \\2/p" err | head -1; }
sum=$(sed -n '/function$/,/^$/p' err | awk '$2 ~ /%$/ { s += $2 } END { print (s > 99 && s < 101) }')
expect "shares of their own add up to all" "$sum" 1
read -r own total <<<"$(share 'mapped')"
expect "a caller has the time of what it calls" "$(awk "BEGIN { print (${own:-9} < 5 && ${total:-0} > 8) }")" 1

# --- stacks
"$omc" --profile --profile-output work.folded work.omc a >out 2>err
expect "--profile-output: exit status and standard error" "$? $(cat err)" "0 "
expect "folded: every line is a stack and a count" "$(grep -cvE '^[^;]+(;[^;]+)* [0-9]+$' work.folded)" 0
expect_like "folded: the builtin stands between" "$(grep 'arr_map;<lambda>' work.folded | tail -1)" \
  "<top-level> (work.omc:1);mapped (work.omc:8);arr_map;<lambda> (work.omc:9);heavy (work.omc:1) *"
"$omc" --profile --profile-format=folded work.omc 2>err >/dev/null
expect_like "--profile-format without an output" "$(tail -1 err)" "<top-level> (work.omc:1)* [0-9]*"

# --- a flame graph
mkdir "a&b"
cp work.omc "a&b/w.omc"
"$omc" --profile --profile-output graph.svg "a&b/w.omc" >/dev/null
expect_like "svg: begins" "$(head -c 100 graph.svg | tr '\n' ' ')" '<?xml version="1.0" encoding="UTF-8"?> <svg xmlns="http://www.w3.org/2000/svg"*'
expect "svg: text is escaped" "$(grep -c '<title>&lt;top-level&gt; (a&amp;b/w.omc:1): ' graph.svg)" 1
expect "svg: no script, nothing from outside" "$(grep -cE '<script|href|url\(' graph.svg)" 0
expect "svg: a title for every box" "$(grep -o '<title>' graph.svg | wc -l)" "$(grep -o '<g>' graph.svg | wc -l)"
if command -v xmllint >/dev/null; then
  expect "svg: well-formed" "$(xmllint --noout graph.svg 2>&1)" ""
fi

# --- where time goes that is no instruction's
cat >waits.omc <<'END'
fn waiting() { sleep(120); return 1; }
println(waiting());
END
"$omc" --profile waits.omc >/dev/null 2>err
read -r own _ <<<"$(share 'sleep')"
expect "a builtin that waits is seen waiting" "$(awk "BEGIN { print (${own:-0} > 50) }")" 1
cat >garbage.omc <<'END'
h kept = [];
h i = 0;
while i < 400000 { arr_push(kept, [i, "x"]); i += 1; }
while i < 3000000 { h t = [i, "y"]; i += 1; }
println(arr_len(kept));
END
"$omc" --profile garbage.omc 2>&1 >/dev/null | grep -c '  \[collector\]' >found
expect "the collector has a row" "$(cat found)" 1
cat >deep.omc <<'END'
fn down(n) { if n == 0 { return 0; } return 1 + down(n - 1); }
h k = 0;
while k < 60 { down(9000); k += 1; }
println(down(9000));
END
"$omc" --profile --profile-output deep.folded deep.omc >out
expect_like "a deep recursion is cut in the middle" "$(cat out; grep -m1 -F '[...]' deep.folded)" "9000*;down (deep.omc:1);[[]...];down (deep.omc:1);*"

# --- native code, if there is any
"$omc" --profile --jit=force work.omc a >out 2>err
expect_like "with native code" "$? $(head -4 out) $(head -1 err)" "0 true*native code counted to the function it was entered by"

# --- errors
printf 'fn f() { h i = 0; while i < 2000000 { i += 1; } return no_such_name; }\nprintln("before");\nf();\n' >fails.omc
"$omc" --profile fails.omc >out 2>err
expect_like "a program that fails is reported all the same" "$? $(cat out) $(cat err)" "1 before Error: Undefined variable: no_such_name*profile of fails.omc: * f (fails.omc:1)*"
"$omc" --profile missing.omc >out 2>err
expect "--profile of no file" "$? $(cat out err)" "1 Error: reading missing.omc: No such file or directory (os error 2)"
"$omc" --profile >out 2>err
expect "--profile without a file" "$? $(cat out err)" "2 --profile requires a file argument."
"$omc" --profile --profile-format=png work.omc >out 2>err
expect "--profile-format=png" "$? $(cat out err)" "2 --profile-format: bad value 'png'"
"$omc" --profile --profile-rate=0 work.omc >out 2>err
expect "--profile-rate=0" "$? $(cat out err)" "2 --profile-rate: bad value '0'"
"$omc" --profile --profile-output no/such/folder work.omc >out 2>err
expect_like "--profile-output that cannot be written" "$? $(tail -1 err)" "1 profile: write no/such/folder: No such file or directory (os error 2)"

# --- counts
cat >counts.omc <<'END'
class Leaf { left; right; fn sum(self) { return self["left"] + self["right"]; } }
fn fib(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); }
h leaf = Leaf(1, 2);
h i = 0;
h s = 0;
while i < 1000 { s = s + leaf.sum(); i += 1; }
println(fib(15) + s);
h mixed = 0;
for x in [1, 2, 0.5, 3] { mixed = mixed + x; }
h made = [];
while i < 3000 { made = [i]; i += 1; }
END
"$omc" --stats --json counts.omc >out 2>err
expect "--stats: exit status and output" "$? $(cat out)" "0 3610"
count() { grep -oE "\"$1\":[0-9]+" err | cut -d: -f2; }
expect "--stats: the file" "$(grep -c '^{"file":"counts.omc",' err)" 1
expect "calls of functions" "$(count calls)" $((1973 + 1000))
expect "additions that met another kind" "$(count generalised)" 1
expect "methods" "$(count method_hits) $(count method_misses)" "999 1"
expect "fields" "$(($(count key_hits) + $(count key_misses))) $(($(count key_misses) <= 2))" "2000 1"
expect "arrays" "$(($(count made.array) >= 2002 && $(count made.array) < 2100))" 1
expect "instructions add up" "$(($(grep -oE '"op\.[A-Za-z]+":[0-9]+' err | cut -d: -f2 | paste -sd+)))" "$(count instructions)"
first=$(count instructions)
"$omc" --stats --json counts.omc 2>err >/dev/null
expect "the same again" "$(count instructions)" "$first"
"$omc" --stats --json --no-specialise counts.omc 2>err >/dev/null
expect "--no-specialise" "$(count one_kind) $(count specialised) $(count generalised)" "0 0 0"
"$omc" --stats --json --gc-stress counts.omc 2>err >/dev/null
expect "--gc-stress" "$(($(count collections) > 3000 && $(count pause_total_ns) > 0))" 1
"$omc" --stats --stats-output counts.txt counts.omc >out 2>err
expect "--stats-output" "$? $(cat err) $(head -1 counts.txt)" "0  statistics of counts.omc"
expect "the words of the table" "$(sed 's/^    /  /' counts.txt | grep -cE \
  '^  (instructions|calls of functions|places specialised|builtins in short form|constant keys remembered|methods remembered|objects made|collections) +[0-9]')" 8

finish "$report"
