#!/usr/bin/env bash
# A session with `omc lsp`, message by message, as an editor has it. What each request answers is tested in tests/tools/lsp/.
#
# usage: lsp_session.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
export LC_ALL=C  # lengths are bytes
mkdir "$folder/project" "$folder/project-not"
cd "$folder/project" || exit 1

say() { printf 'Content-Length: %d\r\n\r\n%s' "${#1}" "$1" >&"$to"; }
# One message of the server; the folder of the test is called /W in it.
hear() {
  local header empty body
  IFS= read -t 60 -r header <&"$from" || return
  IFS= read -t 60 -r empty <&"$from"
  [[ $empty == $'\r' && $header == 'Content-Length: '*$'\r' ]] || echo "no header: $header"
  header=${header#Content-Length: }
  IFS= read -t 60 -r -N "${header%$'\r'}" body <&"$from"
  printf '%s' "${body//$folder\/project//W}"
}
request() { say '{"jsonrpc":"2.0","id":'"$1"',"method":"'"$2"'","params":'"$3"'}'; }
notify() { say '{"jsonrpc":"2.0","method":"'"$1"'","params":'"$2"'}'; }
start() {
  coproc server { "$omc" lsp "$@"; echo "status $?" >"$folder/status"; }
  # shellcheck disable=SC2154  # coproc assigns server_PID
  from=${server[0]} to=${server[1]} pid=$server_PID
  exec {from}<&"${server[0]}" {to}>&"${server[1]}"
}
stop() {
  exec {to}>&- {from}<&-
  eval "exec ${server[1]}>&-" 2>/dev/null
  wait "$pid" 2>/dev/null
}

echo 'fn area(w, d) { return w * d; }' >shapes.omc
echo 'fn secret() { return 1; }' >../project-not/secret.omc
echo 'h x = 1;' >main.omc
main='{"textDocument":{"uri":"file://'$folder'/project/main.omc"}'

start --stdio
request 1 initialize '{"processId":null,"rootUri":"file://'"$folder"'/project","capabilities":{}}'
expect_like "initialize" "$(hear)" '*"serverInfo":{"name":"omnimcode-lsp","version":"'"$("$omc" --version | cut -d' ' -f2)"'"}*'
notify initialized '{}'
notify textDocument/didOpen '{"textDocument":{"uri":"file://'"$folder"'/project/main.omc","languageId":"omc","version":1,"text":"import \"shapes\";\nprint(area(2, 3) / 0);\n"}}'
expect "diagnostics" "$(hear)" '{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"diagnostics":[{"code":"OMC004","message":"divide-by-zero: rewriting to safe_divide(...)","range":{"end":{"character":20,"line":1},"start":{"character":6,"line":1}},"severity":3,"source":"omc-heal"}],"uri":"file:///W/main.omc","version":1}}'
request 2 textDocument/definition "$main"',"position":{"line":1,"character":7}}'
expect "definition" "$(hear)" '{"id":2,"jsonrpc":"2.0","result":[{"range":{"end":{"character":7,"line":0},"start":{"character":3,"line":0}},"uri":"file:///W/shapes.omc"}]}'
request 3 textDocument/hover '5'
expect_like "wrong params" "$(hear)" '{"error":{"code":-32600,*},"id":3,"jsonrpc":"2.0"}'
say '{"jsonrpc":'
expect_like "no JSON" "$(hear)" '{"error":{"code":-32700,*},"id":null,"jsonrpc":"2.0"}'
before=$(date +%s%N)
notify textDocument/didChange '{"textDocument":{"uri":"file://'"$folder"'/project/main.omc","version":2},"contentChanges":[{"range":{"start":{"line":1,"character":0},"end":{"line":2,"character":0}},"text":"import \"../project-not/secret\";\nimport \"'"$folder"'/project-not/secret\";h y=1"}]}'
expect_like "diagnostics of the change" "$(hear)" '*"diagnostics":\[\],*"version":2}}'
expect "they wait 150 ms" "$((($(date +%s%N) - before) / 1000000 >= 149))" 1
request 4 textDocument/definition "$main"',"position":{"line":1,"character":12}}'
expect "a module outside of the workspace is not read" "$(hear)" '{"id":4,"jsonrpc":"2.0","result":[]}'
request 5 textDocument/formatting "$main"',"options":{"tabSize":4,"insertSpaces":true}}'
expect "formatting" "$(hear)" '{"id":5,"jsonrpc":"2.0","result":[{"newText":"import \"/W-not/secret\";\nh y = 1;\n","range":{"end":{"character":'"$((34 + ${#folder}))"',"line":2},"start":{"character":0,"line":2}}}]}'
request 6 shutdown null
expect "shutdown" "$(hear)" '{"id":6,"jsonrpc":"2.0","result":null}'
notify exit null
stop
expect "status after shutdown" "$(cat "$folder/status")" "status 0"

start
request 1 initialize '{"capabilities":{}}'
hear >"$folder/ignored"
notify exit null
stop
expect "status without shutdown" "$(cat "$folder/status")" "status 1"
"$omc" lsp </dev/null >"$folder/out"
expect "status at the end of the input" "$? $(cat "$folder/out")" "1 "
"$omc" lsp --socket >"$folder/out" 2>"$folder/err" </dev/null
expect_like "an argument that is none" "$? $(cat "$folder/out" "$folder/err")" "2 omc lsp: unknown argument \`--socket\`*"
ln -s "$omc" "$folder/omnimcode-lsp"
printf 'Content-Length: 2\r\n\r\n[]' | "$folder/omnimcode-lsp" >"$folder/out"
expect_like "omnimcode-lsp" "$(cat "$folder/out")" "*-32600*"
finish "$report"
