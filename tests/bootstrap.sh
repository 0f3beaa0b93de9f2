#!/usr/bin/env bash
# Tests ./omc, ./run-tests and what they share on a small tree of its own: a one-file program in place of the project, and
# stand-ins for apt and dpkg where packages are the matter.
#
# usage: bootstrap.sh ROOT REPORT
set -u
root=$1
report=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"

mkdir -p "$tree/cmake" "$tree/tools" "$tree/bin" "$tree/elsewhere"
cp "$root/omc" "$root/run-tests" "$tree"
cp "$root/cmake/bootstrap.sh" "$tree/cmake"
echo '# none needed' >"$tree/cmake/packages.txt"
cat >"$tree/CMakePresets.json" <<'END'
{"version": 6, "configurePresets": [{"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/release"}]}
END
cat >"$tree/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
add_executable(omc tools/main.cpp)
enable_testing()
set(report "<TestSuite name=\"x\" test_cases_passed=\"3\" test_cases_failed=\"1\" test_cases_aborted=\"1\">")
file(CONFIGURE OUTPUT cases.sh CONTENT "echo '${report}' >${CMAKE_BINARY_DIR}/reports/cases.xml; exit 1\n" @ONLY)
add_test(NAME cases COMMAND sh ${CMAKE_BINARY_DIR}/cases.sh)
add_test(NAME plain COMMAND true)
add_test(NAME crash COMMAND sh -c "kill -SEGV $$")
END
program() { printf '#include <cstdio>\nint main(int, char** v) { std::printf("%s %%s\\n", v[1]); return 3; }\n' "$1" >"$tree/tools/main.cpp"; }
program one
unset CMAKE_CXX_COMPILER_LAUNCHER CI  # what is tested here is too small to be worth a cache

# Concurrent first calls build once, and each becomes the program.
for i in 1 2 3; do
  (cd "$tree/elsewhere" && "$tree/omc" "a b" >"$tree/out.$i" 2>"$tree/err.$i"; echo $? >"$tree/status.$i") &
done
wait
expect "concurrent first calls: output" "$(cat "$tree"/out.*)" $'one a b\none a b\none a b'
expect "concurrent first calls: exit status" "$(cat "$tree"/status.*)" $'3\n3\n3'
expect "concurrent first calls: builds" "$(cat "$tree"/err.* | grep -c 'omc: building')" 1

# A later call does without cmake, from anywhere and through links.
printf '#!/bin/sh\necho "cmake called" >&2\nexit 1\n' >"$tree/bin/cmake"
chmod +x "$tree/bin/cmake"
ln -s ../omc "$tree/elsewhere/link"
ln -s link "$tree/elsewhere/omc2"
expect "nothing changed" "$(cd / && PATH=$tree/bin:$PATH "$tree/elsewhere/omc2" x 2>&1)" "one x"
rm "$tree/bin/cmake"

# A changed source is built, a broken one is no reason to run the old program.
program two
expect "changed source" "$("$tree/omc" x 2>/dev/null)" "two x"
echo 'int main( {' >"$tree/tools/main.cpp"
got=$("$tree/omc" x 2>&1)
expect "broken source: exit status" $? 1
expect_like "broken source: message" "$got" "*error:*omc: the build failed"
program three
expect "mended source" "$("$tree/omc" x 2>/dev/null)" "three x"

# The last line sums over cases; a program without a report is one case.
got=$("$tree/run-tests" 2>&1)
expect "failing suite: exit status" $? 1
expect "failing suite: last line" "${got##*$'\n'}" "4 passed, 2 failed"
got=$("$tree/run-tests" -R plain 2>&1)
expect "passing suite: exit status" $? 0
expect "passing suite: last line" "${got##*$'\n'}" "1 passed, 0 failed"

# Packages: dpkg knows what `installed` lists, apt needs `update` once.
echo -e '# comment\nalpha\nbeta' >"$tree/cmake/packages.txt"
echo alpha >"$tree/installed"
cat >"$tree/bin/dpkg-query" <<END
#!/bin/sh
for package; do :; done
grep -qx "\$package" $tree/installed && printf installed
END
cat >"$tree/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>$tree/apt.log
case "\$*" in
  update) touch $tree/lists ;;
  *) [ -e $tree/lists ] || exit 100
     echo 'pmstatus:beta:40.5:Unpacking beta' >&3
     echo beta >>$tree/installed ;;
esac
END
printf '#!/bin/sh\nexit 1\n' >"$tree/bin/sudo"
chmod +x "$tree"/bin/*
chmod -R a+rwX "$tree"
as_user=()
((EUID != 0)) || as_user=(setpriv --reuid 65534 --clear-groups)
program four
got=$(PATH=$tree/bin:$PATH "${as_user[@]}" "$tree/omc" x 2>&1)
expect "missing package, no root: exit status" $? 1
expect_like "missing package, no root: message" "$got" "*apt-get install beta"
if ((EUID == 0)); then
  expect "missing package: installed" "$(PATH=$tree/bin:$PATH "$tree/omc" x 2>/dev/null)" "four x"
  expect "missing package: apt calls" "$(sed 's/install .* /install /' "$tree/apt.log")" $'install beta\nupdate\ninstall beta'
fi

finish "$report"
