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

# --- shapes of layers
cat >model.omc <<'OMC'
import "prometheus";
h WIDTH = 8;
h embedding = prom_embedding_new(10, WIDTH, 1);
h first = prom_linear_new(WIDTH, 16, 2);
h second = prom_linear_new(8, 4, 3);
h norm = prom_layernorm_new(16, 4);

fn forward(ids) {
    h x = prom_embedding_batch(embedding, ids);
    h hidden = prom_layernorm_forward(norm, prom_relu(prom_linear_forward(first, x)));
    return prom_linear_forward(second, hidden);
}

h model = prom_sequential([prom_linear_new(3, 5, 1), prom_relu_layer(), prom_linear_new(5, 2, 1)]);
prom_sequential_forward(model, tape_const([[1.0, 2.0]]));
prom_mse_loss(prom_linear_forward(first, prom_embedding_batch(embedding, [1, 2, 10])), tape_const([[1.0, 2.0]]));
println(forward([1, 2]));
OMC
check 1 'model.omc: 4 issue(s) (0 heal, 4 lint, 0 hint) — 0 iteration(s) (converged)
  model.omc:11: [shape-product] `prom_linear_forward`: the input is ?x16, but the linear layer takes 8 columns (col 12)
  model.omc:15: [shape-product] `prom_sequential_forward`: the input is 1x2, but the linear layer takes 3 columns (col 1)
  model.omc:16: [shape-broadcast] `prom_mse_loss` cannot broadcast 3x16 and 1x2: 16 and 2 columns are neither equal nor 1 (col 1)
  model.omc:16: [embedding-range] `prom_embedding_batch`: token id 10 is outside 0 to 9 (col 81)' --select=OMC4 model.omc

# --- no false alarm on our own programs. The libraries that need builtins of language models and of code intelligence name
# them wherever those are not there.
count=$(find "$root/examples" "$root/stdlib/lib" -name '*.omc' | wc -l)
alarms() { (cd "$root" && timeout 120 "$omc" --check "$@" 2>&1); }
expect "our own programs: none with an alarm" "$(alarms --select=OMC2,OMC3,OMC4,OMC9 --ignore=OMC201,OMC309 examples stdlib/lib |
  grep -v ': clean (')" ""
expect "our own programs: the rules that are always on" "$(alarms examples stdlib/lib | grep -v -e ': clean (' -e '^  hint: ')" ""
expect "our own programs: files" "$(alarms --select=OMC4 examples stdlib/lib | grep -c ': clean (')" "$count"
expect "names in our own programs" "$(alarms --select=OMC201 examples stdlib/lib |
  grep -v -E ': clean \(| issue\(s\) |`(llm_|batch_llm_|omc_)')" ""
finish "$report"
