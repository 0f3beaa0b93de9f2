#!/usr/bin/env bash
# The quick experiments of examples/prometheus print what its README.md shows, with any number of threads; the README
# shows every experiment.
#
# usage: experiments.sh ROOT REPORT OMC
#        experiments.sh --update ROOT OMC      runs all and writes their output into the README
set -u

quick=(tinylm generate checkpoint cache harmonic_sgd geodesic_bias tinyshakespeare transformer q6_ab bench)

# What an experiment prints, less the times.
output() { "$omc" "examples/prometheus/prometheus_$1.omc" 2>&1 | grep -v '^time: '; }

# shown NAME: the block under its heading.
shown() {
  awk -v heading="### $1" '$0 == heading { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' \
    examples/prometheus/README.md
}

if [[ $1 == --update ]]; then
  cd "$2" || exit 1
  omc=$3
  readme=examples/prometheus/README.md
  while IFS= read -r line; do
    printf '%s\n' "$line"
    [[ $line == '### '* ]] || continue
    # shellcheck disable=SC2016
    printf '\n```\n%s\n```\n\n' "$(output "${line#\#\#\# }")"
  done < <(awk '/^### / { print; skip = 1; next } /^## / { skip = 0 } !skip' "$readme") >"$readme.new"
  mv "$readme.new" "$readme"
  exit
fi

root=$1
report=$2
omc=$3
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$root" || exit 1

for threads in 1 2; do
  export OMC_THREADS=$threads
  for name in "${quick[@]}"; do
    printed=$(output "$name")
    expect "prometheus_$name.omc, $threads thread(s)" "$printed" "$(shown "$name")"
    expect_like "prometheus_$name.omc, $threads thread(s): its figures" "$printed" '*all figures as recorded'
  done
done
for program in examples/prometheus/prometheus_*.omc; do
  name=${program##*/prometheus_}
  expect_like "README.md shows $program" "$(shown "${name%.omc}")" '*all figures as recorded'
done

finish "$report"
