#!/usr/bin/env bash
# --test and --test-all beyond the reports of the reference: processes, selection, reports, coverage, watching.
#
# usage: testing.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

cat >shapes.omc <<'END'
fn name_of(n) {
    if n > 10 {
        return "big";
    } else if n < 0 {
        return "negative";
    }
    match n {
        0 => "zero",
        1 => { return "one"; }
        _ => { return "some"; }
    }
    return "zero";
}
fn unused(xs) {
    for x in xs { println(x); }
    return if len(xs) > 2 { 1 } else { 2 };
}
END
cat >test_shapes.omc <<'END'
from "shapes" import name_of;
from "std/test" import assert_eq;
fn test_big() {
    println("printed by test_big");
    assert_eq(name_of(11), "big", "big");
}
fn test_wrong() { assert_eq(name_of(1), "two", "one"); }
fn test_long() {
    h a = arr_from_range(0, 40);
    h b = arr_from_range(0, 40);
    b[7] = -1;
    assert_eq(a, b, "long");
}
fn test_last() { assert_eq(name_of(5), "some", "some"); }
END

# --- the same report from one process and from several
"$omc" --test test_shapes.omc >one 2>one_err
expect "--test: exit status" $? 1
"$omc" --test --jobs 3 test_shapes.omc >three 2>three_err
expect "--jobs: exit status" $? 1
expect "--jobs: output" "$(cat three)" "$(cat one)"
expect "--jobs: errors" "$(cat three_err)" "$(cat one_err)"
expect "a failed assertion: both sides" "$(head -3 one_err)" $'--- test_wrong\nexpected: two\ngot:      one'
expect "a failed assertion: what differs" "$(sed -n '/^@@/,$p' one_err)" "@@ -6,7 +6,7 @@
   4
   5
   6
-  -1
+  7
   8
   9
   10"

# --- selection
expect "--filter" "$("$omc" --test --filter big test_shapes.omc)" "running 1 test(s) from test_shapes.omc
printed by test_big
  ok    test_big

result: 1 passed, 0 failed"
for jobs in 1 4; do
  expect "--fail-fast, $jobs at a time" "$("$omc" --test --fail-fast --jobs $jobs test_shapes.omc 2>/dev/null | sed -n '/^result/,$p')" \
    "result: 1 passed, 1 failed, 2 not run
  test_wrong: one: expected two got one"
done

# --- a test that ends its process is a failure of its own
mkdir crash
cat >crash/test_crash.omc <<'END'
fn test_before() {}
fn test_killed() { omc_spawn("sh", ["-c", "kill -KILL $PPID"]); }
fn test_after() {}
END
"$omc" --test --jobs 2 crash/test_crash.omc >out 2>err
expect "a killed test" "$(cat out)" "running 3 test(s) from crash/test_crash.omc
  ok    test_before
  FAIL  test_killed
  ok    test_after

result: 2 passed, 1 failed
  test_killed: the process of the test was ended by SIGKILL"
expect "--test-all in processes" "$("$omc" --test-all --jobs 3 . 2>/dev/null | sed -E 's/ +[0-9]+$//; s/[(][0-9]+ ms[)]//; s/ +$//')" \
  "test-all: 2 file(s) under .
file                                                           pass   fail       ms
./crash/test_crash.omc                                            2      1
    FAIL test_killed: the process of the test was ended by SIGKILL
printed by test_big
./test_shapes.omc                                                 2      2
    FAIL test_wrong: one: expected two got one
    FAIL test_long: long: expected $("$omc" <(echo 'h b = arr_from_range(0, 40); b[7] = -1; print_raw(b);')) got $("$omc" <(echo 'print_raw(arr_from_range(0, 40));'))

OVERALL: 2 file(s), 7 test(s)  →  4 passed, 3 failed

Failed files:
  ./crash/test_crash.omc
  ./test_shapes.omc"

# --- coverage: the same figures from one process and from several
table="coverage                   lines            branches  missing lines
shapes.omc       5/10     50.0%      4/9      44.4%  5, 8, 12-16
test_shapes.omc       10/10     100.0%      0/0           -
total          15/20     75.0%      4/9      44.4%"
for jobs in 1 3; do
  "$omc" --test --jobs $jobs --coverage --coverage-lcov trace.info --coverage-html pages test_shapes.omc >out 2>/dev/null
  expect "--coverage, $jobs at a time" "$(sed -n '/^coverage/,$p' out | tr -s ' ')" "$(tr -s ' ' <<<"$table")"
  expect "--coverage-lcov, $jobs at a time: lines" "$(sed -n '/^SF:shapes/,/^end/p' trace.info | grep -E '^(DA|LF|LH)' | tr '\n' ' ')" \
    "DA:2,3 DA:3,1 DA:5,0 DA:7,2 DA:8,0 DA:9,1 DA:10,1 DA:12,0 DA:15,0 DA:16,0 LF:10 LH:5 "
done
expect "--coverage-html: pages" "$(cd pages && echo *)" "file1.html file2.html index.html"
expect "--coverage-html: links" "$(grep -o 'href="[^"]*"' pages/index.html | tr '\n' ' ')" 'href="file1.html" href="file2.html" '
expect "--coverage-html: a line that ran" "$(grep -c 'class="hit".*return &quot;big&quot;' pages/file1.html)" 1
expect "--coverage-html: one that did not" "$(grep -c 'class="miss".*return &quot;negative&quot;' pages/file1.html)" 1

# --- reports
"$omc" --test --junit report.xml test_shapes.omc missing.omc >out 2>/dev/null
expect "--junit: the output stays" "$(sed -n 2p out)" "printed by test_big"
expect "--junit" "$(sed -E 's/time="[0-9.]+"/time="T"/; /<failure message="long/,/<.failure>/d' report.xml)" '<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="missing.omc" tests="1" failures="1" time="T">
    <testcase classname="missing.omc" name="(load)" time="T">
      <failure message="No such file or directory (os error 2)"></failure>
    </testcase>
  </testsuite>
  <testsuite name="test_shapes.omc" tests="4" failures="2" time="T">
    <testcase classname="test_shapes.omc" name="test_big" time="T">
      <system-out>printed by test_big
</system-out>
    </testcase>
    <testcase classname="test_shapes.omc" name="test_wrong" time="T">
      <failure message="one: expected two got one">expected: two
got:      one
</failure>
    </testcase>
    <testcase classname="test_shapes.omc" name="test_long" time="T">
    </testcase>
    <testcase classname="test_shapes.omc" name="test_last" time="T"/>
  </testsuite>
</testsuites>'
expect "--slowest" "$("$omc" --test --slowest 2 test_shapes.omc 2>/dev/null | sed -n '/^slowest/,$p' | wc -l)" 3

# --- watching: runs again when a file changes
"$omc" --test --watch --filter last test_shapes.omc >watched 2>/dev/null &
watcher=$!
for ((i = 0; i < 100; i++)); do grep -q '^result' watched && break; sleep 0.1; done
sleep 0.3
sed -i 's/"some"; }/"other"; }/' shapes.omc
for ((i = 0; i < 100; i++)); do [[ $(grep -c '^result' watched) -ge 2 ]] && break; sleep 0.1; done
kill "$watcher"
wait "$watcher" 2>/dev/null
expect "--watch" "$(grep '^result' watched | head -2)" $'result: 1 passed, 0 failed\nresult: 0 passed, 1 failed'

finish "$report"
