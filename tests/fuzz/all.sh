#!/usr/bin/env bash
# Runs the fuzz targets one after the other, each from its seeds and from what earlier runs found (BUILD/corpus/TARGET).
# Exit status 1 when one found something: the input lies in BUILD/findings/. Nightly: all.sh build/fuzz 60
#
# usage: all.sh BUILD SECONDS [TARGET...]
set -u
build=$(readlink -f "$1")
seconds=$2
shift 2
tests=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/..
targets=("$@")
if ((${#targets[@]} == 0)); then
  for program in "$build"/tests/fuzz_*; do targets+=("${program##*/fuzz_}"); done
fi

# Folders whose files are good beginnings.
seeds() {
  case $1 in
    parse | format | run) echo "$tests"/conformance/{language,core,arrays} "$tests/fuzz/seeds/programs" ;;
    *) echo "$tests/fuzz/seeds/$1" ;;
  esac
}

status=0
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target" "$build/findings"
  # What a program may print goes nowhere; libFuzzer reports on standard error.
  read -ra folders <<<"$(seeds "$target")"
  log=$build/findings/$target.log
  if "$build/tests/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 \
      -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "${folders[@]}" >/dev/null 2>"$log"; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
  else
    echo "$target: found something"
    tail -n 40 "$log"
    status=1
  fi
done
exit "$status"
