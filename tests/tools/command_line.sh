#!/usr/bin/env bash
# Help, completion, the manual page, and options of modes that the reference leaves to us.
#
# usage: command_line.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

# --- everything that a file registers is in the help, the completion and the manual
words=$("$omc" --help | grep -oE '^  (--?[a-z-]+|[A-Z_]+)' | tr -d ' ' | sort -u)
expect "words of the help" "$(($(wc -w <<<"$words") > 50))" 1
for variable in OMC_HEAL OMC_HEAL_RETRY OMC_HEAL_QUIET OMC_VM OMC_OPT OMC_OPT_STATS OMC_DISASM OMC_HBIT_JIT OMC_STDLIB_PATH \
  OMC_HOME OMC_REGISTRY OMC_NO_PYTHON OMC_MEMORY_ROOT OMC_MEMORY_MAX_ENTRIES OMC_KERNEL_ROOT OMC_GPU_BACKEND \
  OMC_GPU_MATMUL_MIN_FLOPS OMC_GPU_SOFTMAX_MIN_CELLS OMC_GPU_VERBOSE HOME NO_COLOR; do  # the reference's
  grep -qx $variable <<<"$words" || lost+=" $variable"
done
expect "variables the help does not tell of" "${lost-}" ""
manual=$("$omc" --man | sed 's/\\-/-/g')
for word in $words; do
  grep -qF -- "$word" <<<"$manual" || missing+=" $word"
done
expect "missing in the manual" "${missing-}" ""
if command -v groff >/dev/null; then
  expect "the manual is well-formed" "$("$omc" --man | groff -man -Tutf8 -ww 2>&1 >/dev/null)" ""
fi
for shell in bash zsh fish; do
  expect "--completion $shell" "$("$omc" --completion $shell | grep -c -- fail-fast | sed 's/^[1-9].*/some/')" some
  command -v $shell >/dev/null && expect "$shell takes it" "$("$omc" --completion $shell | $shell -n 2>&1)" ""
done
"$omc" --completion tcsh >out 2>err
expect "--completion tcsh" "$? $(cat out err)" "2 --completion: expected bash, zsh or fish, got 'tcsh'"
# completes LINE WORD...: what bash offers at the end of the line
completes() {
  local line=$1
  shift
  expect "completing '$line'" "$(bash -c 'source <("$1" --completion bash)
    read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _omc; printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' _ "$omc" "$line")" "$*"
}
touch program.omc notes.txt
mkdir parts
completes "omc --fail-f" "--fail-fast "
completes "omc --tape " "exact fast32 fast64 "
completes "omc --tape=x --tape fast" "fast32 fast64 "
completes "omc p" "parts pkg program.omc "
completes "omc --test p" "parts program.omc "
completes "omc --junit n" "notes.txt "

# --- topics
expect "omc help --tape" "$("$omc" help --tape)" "omc --tape exact|fast64|fast32
  numeric mode of the tape (default exact)"
expect "omc help bench names its options" "$("$omc" help bench | grep -oE '^  --[a-z]+' | tr -d '\n')" "  --compare  --filter  --runs  --save"
expect "omc help arr_len" "$("$omc" help arr_len)" "arr_len(array) -> int
  The number of elements.
  arr_len([7, 8])  # 2"
expect "omc help OMC101" "$("$omc" help OMC101)" "$("$omc" --explain not-keyword)"
"$omc" help nosuch >out 2>err
expect "omc help nosuch" "$? $(cat out err)" "1 help: nothing is called \`nosuch\`; \`omc help\` lists modes, options and variables"

# --- layout
printf 'h   x=1;\n' >messy.omc
printf 'h x = 1;\n' >tidy.omc
"$omc" --fmt --check-format tidy.omc messy.omc >out 2>err
expect "--check-format" "$? $(cat out err)" "1 omc fmt: messy.omc would be reformatted"
expect "--fmt --diff" "$("$omc" --fmt --diff tidy.omc messy.omc)" "--- messy.omc
+++ messy.omc (formatted)
@@ -1 +1 @@
-h   x=1;
+h x = 1;"
expect "--fmt --write" "$("$omc" --fmt --write tidy.omc messy.omc; cat messy.omc)" "h x = 1;"

# --- benches
cat >bench.omc <<'END'
fn bench_work() { h i = 0; while i < 2000 { i += 1; } println("once"); }
END
"$omc" --bench --runs 3 bench.omc >out
expect "--runs: what it prints is shown once" "$(grep -c once out)" 1
expect_like "--runs: median and spread" "$(grep bench_work out)" "  bench_work * ms  ± * ms  (3 runs)"
# Times that need no clock: the same again is no difference, a hundred times as slow is one, in both directions.
echo '{"bench.omc": {"bench_work": [9000, 9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009]}}' >slow.json
echo '{"bench.omc": {"bench_work": [0.0001, 0.0002, 0.0003, 0.0004, 0.0001, 0.0002, 0.0003, 0.0004, 0.0001, 0.0002]}}' >fast.json
expect_like "--compare with slow times" "$("$omc" --bench --compare slow.json bench.omc)" "*runs)  faster: *x"
expect_like "--compare with fast times" "$("$omc" --bench --compare fast.json bench.omc)" "*runs)  SLOWER: *x"
"$omc" --bench --save kept.json bench.omc >/dev/null
expect "--save" "$(grep -c bench_work kept.json)" 1
expect_like "--compare with another file" "$("$omc" --bench --runs 2 --compare kept.json ./bench.omc)" "*new"
"$omc" --bench --compare missing.json bench.omc >out 2>err
expect "--compare with no file" "$? $(cat out err)" "2 bench: read missing.json: No such file or directory (os error 2)"

# --- engines
expect "--audit --engines" "$("$omc" --audit --engines bench.omc)" "audit: tree-walk and VM produce identical output (0 bytes)"
printf 'println(getenv("OMC_VM"));\nprintln(1);\n' >differs.omc
"$omc" --audit --diff differs.omc >out 2>err
expect "--audit --diff" "$? $(cat out err)" "1 audit: ENGINE DIVERGENCE on differs.omc
--- tree-walk
+++ VM
@@ -1,2 +1,2 @@
-null
+1
 1"

# --- equal functions, and the store of functions
mkdir code
printf 'fn add(a, b) { return a + b; }\nclass K { x; fn m(self) { return 1; } }\n' >code/a.omc
printf '\nfn add(x, y) {\n  return x + y;  # the same\n}\nfn plus(p, q) { return p + q; }\n' >code/b.omc
expect "omc grep" "$("$omc" grep code)" "omc-grep: scanning code (.omc files: 2)  mode: full-canonical (same name + same body)

=== EXACT clusters (1 cluster, threshold ≥2) ===

  hash=2b59814996028c62  attr=63245986  dist=3123669969544248768  members=2  (copies of \`add\`)
    code/a.omc:1  fn add
    code/b.omc:2  fn add

=== Summary ===
  files scanned:    2
  fns extracted:    4
  unique canonical: 3
  duplicate fns:    1 (25.0% redundant)"
expect_like "omc grep --body-only" "$("$omc" grep --body-only code)" "*members=3  (alpha-equivalent across 2 names: add, plus)*"
"$omc" grep nowhere >out 2>err
expect "omc grep nowhere" "$? $(cat out err)" "1 not a directory: nowhere"
"$omc" grep --near x code >out 2>err
expect_like "omc grep --near x" "$? $(cat out err)" "2 Usage: *"

export OMC_KERNEL_ROOT=$folder/kernel
expect "omc kernel ls of nothing" "$("$omc" kernel ls; ls kernel 2>/dev/null)" "(store is empty: $folder/kernel/store)"
expect "omc kernel ingest" "$("$omc" kernel ingest code)" "ingested 4 fns: 3 new, 1 already present in store
store: $folder/kernel/store"
expect "omc kernel fetch" "$("$omc" kernel fetch 2b59814996028c62)" "fn add(a, b) { return a + b; }"
"$omc" kernel fetch 1234 >out 2>err
expect "omc kernel fetch of what is not there" "$? $(cat out err)" "1 fetch: not in store: 1234"
printf '{"b": 1, "a": [2]}' >x.json
printf '{ "a" : [ 2 ], "b" : 1 }' >y.json
expect "JSON is addressed by its content" "$("$omc" kernel put --kind json x.json 2>/dev/null)" "$("$omc" kernel put --kind json y.json 2>/dev/null)"
expect_like "omc kernel pack" "$("$omc" kernel pack all.json)" "packed 4 entries into all.json (* bytes); envelope_hash=*"
OMC_KERNEL_ROOT=$folder/second "$omc" kernel unpack all.json >out 2>err
expect "omc kernel unpack" "$? $(cat out err)" "0 unpacked 4 entries: 4 new, 0 already in store, 0 tampered (skipped)
unpack: envelope verified (4 entries)"
expect "what was unpacked has its names" "$(OMC_KERNEL_ROOT=$folder/second "$omc" kernel ls | grep -c "fn add$")" 1
sed -i 's/return a + b/return a - b/' all.json
OMC_KERNEL_ROOT=$folder/third "$omc" kernel unpack all.json >out 2>err
expect "omc kernel unpack of a changed bundle" "$? $(head -1 out)" "2 unpacked 4 entries: 3 new, 0 already in store, 1 tampered (skipped)"
echo '{"content_hash": "3123669969607494754"}' | "$omc" kernel verify >out 2>err
expect "omc kernel verify" "$? $(cat out)" "0 fn add(a, b) { return a + b; }"
echo 'fn add(a, b) { return a - b; }' >kernel/store/2b59814996028c62.omc
echo '{"content_hash": "3123669969607494754"}' | "$omc" kernel verify >out 2>err
expect_like "omc kernel verify of a changed store" "$? $(cat out err)" "1 *STORE TAMPERED*"

# --- a program may end while it is being compiled: while the compiler is opened, at work, or waits (with stress, only every
# second time does the program wait for it)
wanted='' got='' a=6765 b=10946
for n in {20..31}; do
  echo "fn fib(n) { if n < 2 { return n; } return fib(n - 1) + fib(n - 2); } println(fib($n));" >fib.omc
  got+="$("$omc" fib.omc 2>&1) $? $(OMC_JIT_STRESS=tiers "$omc" fib.omc 2>&1) $? "
  wanted+="$a 0 $a 0 "
  next=$((a + b)) a=$b b=$next
done
expect "programs that end while something is compiled" "$got" "$wanted"

finish "$report"
