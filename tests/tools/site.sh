#!/usr/bin/env bash
# The static site of --doc --html, and the examples of doc comments. What needs a browser runs where Chromium is installed.
#
# usage: site.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

cat >geometry.omc <<'END'
# The area of a square; see `volume`. Less than & more: <b>.
#
# - takes a side
#
# ```omc
# println(area(3));
# if area(2) > 3 {
#     println("large");
# }
# ```
# ```output
# 9
# large
# ```
fn area(side: int) -> int { return side * side; }

# Of a box, by `area(side)`.
# ```omc
# println(volume(2, 3));
# ```
# ```output
# 13
# ```
# ```omc
# nosuch(1);
# ```
# ```omc
# volume(1, 1);
# ```
fn volume(side, height) {
    h text = """two
lines""";
    return area(side) * height;
}
END
mkdir more
echo 'fn other(x) { return x; }' >more/geometry.omc
echo 'h nothing = 1;' >empty.omc

# --- examples
"$omc" --doc --test geometry.omc >out 2>err
expect "--doc --test: exit status" $? 1
expect "--doc --test" "$(cat out)" "running 4 example(s) from geometry.omc
  ok    area (1)
  FAIL  volume (1)
  FAIL  volume (2)
  ok    volume (3)

result: 2 passed, 2 failed"
expect "--doc --test: what differs" "$(cat err)" "--- volume (1): prints something else
--- documented
+++ printed
@@ -1 +1 @@
-13
+12
--- volume (2): Undefined function: nosuch"

# --- the files, and every link in them
"$omc" --doc --html site geometry.omc more/geometry.omc empty.omc >out 2>err
expect "--html: exit status" $? 0
expect "--html: output" "$(cat out err)" ""
expect "--html: files" "$(cd site && echo *)" \
  "empty.html geometry-2.html geometry.html index.html index.js search.js source.empty.html source.geometry-2.html source.geometry.html style.css"
check_links() {
  local broken="" page link target
  for page in "$1"/*.html; do
    while IFS= read -r link; do
      target=${link%%#*}
      [[ -z $target ]] && target=${page##*/}
      if [[ ! -f $1/$target ]]; then
        broken+="${page##*/}: $link;"
      elif [[ $link == *#* ]] && ! grep -qF "id=\"${link#*#}\"" "$1/$target"; then
        broken+="${page##*/}: $link;"
      fi
    done < <(grep -oE '(href|src)="[^"]*"' "$page" | sed -E 's/^[a-z]+="(.*)"$/\1/' | sort -u)
  done
  expect "$1: broken links" "$broken" ""
}
check_links site
expect "text is escaped" "$(grep -c 'Less than &amp; more: &lt;b&gt;' site/geometry.html)" 1
expect "names in text are links" "$(grep -o '<code><a href="geometry.html#volume">volume</a></code>' site/geometry.html | sort -u)" \
  '<code><a href="geometry.html#volume">volume</a></code>'
expect "source lines" "$(grep -c '<span id="L[0-9]*">' site/source.geometry.html)" "$(($(wc -l <geometry.omc) + 1))"
"$omc" --gen-docs --html builtins
check_links builtins
expect "every builtin has its place" "$(cat builtins/*.html | grep -c '<section id=')" "$("$omc" --gen-docs | grep -c '^### ')"
"$omc" --doc-all --html library "$root/stdlib/lib"
check_links library

# --- in a browser: the search finds, without it everything is there
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [[ -n $browser ]]; then
  browse() {
    timeout 100 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" --virtual-time-budget=3000 "$@" 2>/dev/null
  }
  page=$(browse --dump-dom "file://$folder/site/index.html?q=volu")
  expect_like "search finds a function" "$page" '*<ul id="results"><li><a href="geometry.html#volume">volume</a>*'
  expect "the list of results is plain text" "$(grep -c 'see volume. Less than &amp; more: &lt;b&gt;' <<<"$(browse --dump-dom "file://$folder/site/index.html?q=area")")" 1
  expect_like "search hides the rest" "$page" '*<div id="all" hidden="">*'
  expect_like "search says when nothing is found" "$(browse --dump-dom "file://$folder/site/index.html?q=zzzz")" '*Nothing found.*'
  expect_like "without a search all is shown" "$(browse --dump-dom "file://$folder/site/index.html")" '*<div id="all">*'
  browse --window-size=1100,800 --screenshot="$folder/shot.png" "file://$folder/site/geometry.html" >/dev/null
  # A page that failed to load or to lay out gives an almost empty picture.
  expect "a screenshot has content" "$(($(stat -c %s shot.png) > 15000))" 1
else
  echo "no Chromium: the search of the site is not tested"
fi
finish "$report"
