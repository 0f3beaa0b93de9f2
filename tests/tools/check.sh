#!/usr/bin/env bash
# --check beyond its report (that has conformance cases): which rules are on, fixes, output formats, explanations.
#
# usage: check.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

# check STATUS OUTPUT WORD...: `omc --check WORD...` gives just that
check() {
  local status=$1 output=$2
  shift 2
  timeout 120 "$omc" --check "$@" </dev/null >out 2>err
  expect "omc --check $*: exit status" $? "$status"
  expect "omc --check $*: output" "$(cat out)" "$output"
}

# --- which rules are on
printf 'h v = 1;\nh v = 2;\nprintln(not v);\n' >two.omc
shadow='  two.omc: [shadow-var] `h v` re-declares a variable already declared in `<top-level>` — use assignment `v = ...` instead'
keyword='  two.omc:3: [style] use `!` instead of `not` keyword (col 9)'
head='two.omc: 1 issue(s) (0 heal, 1 lint, 0 hint) — 0 iteration(s) (converged)'
check 1 "$head
$keyword" --select=OMC101 two.omc
check 1 "$head
$shadow" --ignore not-keyword two.omc
check 1 "$head
$shadow" --select=OMC1 --ignore=OMC101,OMC102 two.omc
check 0 'two.omc: clean (0 iterations)' --ignore=all two.omc
check 2 '' --select=OMC7 two.omc
expect "a rule that is none" "$(cat err)" "--select: bad value 'OMC7'"

mkdir -p project/deep project/made
cp two.omc project/deep/
cp two.omc project/made/
printf '[tool.check]\nignore = ["OMC104"]\nexclude = ["made"]\n' >project/omc.toml
check 1 "${head/two/project/deep/two}
${keyword/two/project/deep/two}" project
check 0 'project/deep/two.omc: clean (0 iterations)' --select=OMC105 project
printf '[tool.check]\nselect = "all"\n' >project/omc.toml
check 2 '' project
expect "a list that is none" "$(cat err)" "$folder/project/omc.toml: tool.check.select must be an array of strings"
printf '[tool.check]\nselect = ["OMC7"]\n' >project/omc.toml
check 2 '' project
expect "a rule that is none in omc.toml" "$(cat err)" "$folder/project/omc.toml: unknown rule \`OMC7\`"

# --- fixes
cp two.omc fix.omc
check 1 '--- fix.omc
+++ fix.omc (fixed)
@@ -1,3 +1,3 @@
 h v = 1;
-h v = 2;
-println(not v);
+v = 2;
+println(!v);' --fix --diff fix.omc
expect "--diff writes nothing" "$(cat fix.omc)" "$(cat two.omc)"
check 0 'fix.omc: clean (0 iterations)' --fix fix.omc
expect "--fix writes" "$(cat fix.omc)" $'h v = 1;\nv = 2;\nprintln(!v);'
check 0 '' --fix --diff fix.omc
printf 'h velocity = 1;\nprintln(velocty);\n' >typo.omc
check 1 'typo.omc: 1 issue(s) (1 heal, 0 lint, 0 hint) — 1 iteration(s) (converged)
  heal: var: '"'velocty' unknown → 'velocity'" --fix typo.omc
check 0 'typo.omc: clean (0 iterations)' --fix --unsafe-fixes typo.omc

# --- output formats
check 1 '::warning file=two.omc,line=2,endLine=2,col=3,endColumn=4,title=OMC104 shadow-var::`h v` re-declares a variable already declared in `<top-level>` — use assignment `v = ...` instead
::warning file=two.omc,line=3,endLine=3,col=9,endColumn=12,title=OMC101 not-keyword::use `!` instead of `not` keyword' --output-format=github two.omc
check 1 'warning[OMC101 not-keyword]: use `!` instead of `not` keyword
 --> two.omc:3:9
3 | println(not v);
  |         ^^^
  fix: write `!`

1 finding(s) in 1 file(s)' --select=OMC101 --output-format=full two.omc
check 1 '[
  {
    "file": "two.omc",
    "code": "OMC101",
    "name": "not-keyword",
    "severity": "warning",
    "message": "use `!` instead of `not` keyword",
    "line": 3,
    "column": 9,
    "end_line": 3,
    "end_column": 12,
    "fix": {
      "title": "write `!`",
      "safe": true,
      "edits": [
        {
          "line": 3,
          "column": 9,
          "end_line": 3,
          "end_column": 13,
          "text": "!"
        }
      ]
    }
  }
]' --select=OMC101 --output-format=json two.omc
printf 'fn f( {\n' >broken.omc
timeout 60 "$omc" --check --output-format=json broken.omc | grep -E '"(code|line)"' | tr -d ' \n' >out
expect "a syntax error as JSON" "$(cat out)" '"code":"syntax-error","line":1,'
timeout 60 "$omc" --check --output-format=sarif two.omc broken.omc >sarif.json
expect "SARIF: exit status" $? 1
sed -n '/"results"/,$p' sarif.json | grep -E '"(ruleId|ruleIndex|level|startLine|startColumn)"' | tr -d ' \n' >out
expect "SARIF: results" "$(cat out)" '"ruleId":"OMC104","ruleIndex":13,"level":"warning","startLine":2,"startColumn":3,"startLine":2,"startColumn":1,"ruleId":"OMC101","ruleIndex":10,"level":"warning","startLine":3,"startColumn":9,"startLine":3,"startColumn":9,"ruleId":"syntax-error","level":"error","startLine":1,"startColumn":7,'

# --- explanations
expect "--explain, by code and by name" "$("$omc" --explain OMC101)" "$("$omc" --explain not-keyword)"
expect_like "--explain" "$("$omc" --explain OMC101)" '## OMC101 not-keyword*`!`*'
"$omc" --explain OMC7 2>err
expect "--explain: exit status" $? 2
expect "--explain: message" "$(cat err)" '--explain: unknown rule `OMC7`'

# --- no false alarm on our own programs. The libraries that need builtins of language models and of code intelligence name
# them wherever those are not there.
quiet=(--select=OMC2,OMC3,OMC4,OMC9 --ignore=OMC309)
alarms() { timeout 120 "$omc" --check "$@" | grep -v ': clean ('; }
expect "our own programs" "$(cd "$root" && alarms "${quiet[@]}" --ignore=OMC201 examples stdlib/lib)" ""
expect "names of our own programs" "$(cd "$root" && alarms --select=OMC201 examples stdlib/lib |
  grep -v -E ' issue\(s\) |`(llm_|batch_llm_|omc_)')" ""
finish "$report"
