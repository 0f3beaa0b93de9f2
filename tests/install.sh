#!/usr/bin/env bash
# Installs into a folder and uses what lies there, and nothing of the source tree.
#
# usage: install.sh ROOT REPORT BUILD
set -u
root=$1
report=$2
build=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1
unset OMC_HOME OMC_STDLIB_PATH OMC_JIT_LIB DESTDIR

cmake --install "$build" --prefix "$folder/usr" >log 2>&1
expect "cmake --install" "$? $(grep -i error log)" "0 "
omc=$folder/usr/bin/omc

# --- a program with a library; the installed one, which is marked here
echo 'fn where_from() { return "the installed library"; }' >>usr/share/omc/lib/prometheus.omc
cat >train.omc <<'END2'
import "prometheus" as prom;
h layer = prom.prom_linear_new(3, 2, 42);
println(type_of(layer));
println(prom.where_from());
END2
expect "a program that imports prometheus" "$("$omc" train.omc 2>&1)" "dict
the installed library"
if [[ -e $build/libomc_jit.so ]]; then
  echo 'fn f(n) { h i = 0; while i < n { i += 1; } return i; } println(f(100000));' >hot.omc
  expect_like "native code" "$("$omc" --jit=force --jit-report hot.omc 2>&1)" "*f*(int)*"
fi

# --- the names of commands, the manual, completions
expect "omc-kernel" "$(OMC_KERNEL_ROOT=$folder/kernel usr/bin/omc-kernel ls)" "(store is empty: $folder/kernel/store)"
expect_like "omc-grep" "$(usr/bin/omc-grep "$root/examples" | head -1)" "omc-grep: scanning *"
expect_like "omnimcode-lsp" "$(printf 'Content-Length: 2\r\n\r\n[]' | usr/bin/omnimcode-lsp)" "*-32600*"
expect "the manual" "$(head -1 usr/share/man/man1/omc.1)" "$("$omc" --man | head -1)"
expect "completion for bash" "$(bash -c 'source usr/share/bash-completion/completions/omc && complete -p omc')" "complete -o filenames -F _omc omc"
expect "completion for zsh" "$(head -1 usr/share/zsh/site-functions/_omc)" "#compdef omc"
expect "completion for fish" "$(cmp usr/share/fish/vendor_completions.d/omc.fish <("$omc" --completion fish) && echo same)" same
expect "documentation" "$(find usr/share/doc -name '*.md' | grep -cE '/(builtins|command-line|language|lint).md$')" 4

# --- the library for C, by what pkg-config says
cat >host.c <<'END2'
#include <omc.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  omc_machine* m = omc_new(NULL);
  const char* source = "fn twice(x) { return x * 2; }";
  if (omc_run(m, "host.omc", source, strlen(source)) != 0) return 1;
  omc_value* x = omc_int(m, 21);
  omc_value* y = omc_call(m, "twice", &x, 1);
  printf("%d\n", (int)omc_as_int(y));
  omc_release(x), omc_release(y), omc_free(m);
  return 0;
}
END2
if command -v pkg-config >/dev/null && command -v cc >/dev/null && ! grep -q '^OMC_SANITIZE:STRING=.' "$build/CMakeCache.txt"; then
  config=$(dirname "$(find usr -name omc.pc)")
  library=$(cd "$config/.." && pwd)
  # shellcheck disable=SC2046  # flags are words
  cc host.c -o host $(PKG_CONFIG_PATH=$config pkg-config --cflags --libs omc)
  expect "a host in C" "$(LD_LIBRARY_PATH=$library ./host)" 42
fi

finish "$report"
