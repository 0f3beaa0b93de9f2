#!/usr/bin/env bash
# Python reads what tape_save and tape_save_npy write, and they read what Python writes; checkpoints that were altered are
# refused. Where the packages safetensors and numpy are there, they are asked too.
#
# usage: interchange.sh ROOT REPORT OMC
set -u
root=$1
report=$2
omc=$3
python=/usr/bin/python3  # Debian's, which sees Debian's packages
here=$root/tests/tape
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/expect.sh
source "$root/tests/expect.sh"
cd "$folder" || exit 1

# program NAME: the text on standard input, run.
program() {
  cat >"$1.omc"
  "$omc" "${@:2}" "$1.omc" 2>&1
}

expect "tape_save" "$(program save <<'OMC'
tape_save("a.safetensors", {w: tape_var([[0.1, -2.5], [1e300, 4]]), ids: [1, 9007199254740993], on: [true, false]}, {by: "us"});
println("saved");
OMC
)" saved
expect "Python reads it" "$("$python" "$here/interchange.py" read a.safetensors)" \
  "ids I64 [2] [1, 9007199254740993]
on BOOL [2] [True, False]
w F64 [2, 2] [0.1, -2.5, 1e+300, 4.0]"
program narrow --tape=fast32 <<<'tape_save("b.safetensors", {w: tape_var([0.5, 2])});'
expect "32-bit cells in mode fast32" "$("$python" "$here/interchange.py" read b.safetensors)" "w F32 [1, 2] [0.5, 2.0]"
"$python" "$here/interchange.py" write c.safetensors
expect "tape_load reads Python's" "$(program load <<<'println(tape_load("c.safetensors"));')" \
  '{"half": [[1.5, -0.25]], "w": [[0.1, -2.5], [1'"$(printf '0%.0s' {1..300})"'.0, 4.0]]}'
if "$python" -c 'import safetensors, numpy' 2>/dev/null; then
  expect "the package safetensors reads it" "$("$python" -c '
from safetensors.numpy import load_file
print(load_file("a.safetensors")["w"].tolist())')" "[[0.1, -2.5], [1e+300, 4.0]]"
fi
if "$python" -c 'import numpy' 2>/dev/null; then
  program npy <<<'tape_save_npy("a.npy", [[1, 2, 3], [4, 5, 6]]); tape_save_npy("b.npy", tape_var([0.5, 1]));'
  expect "NumPy reads tape_save_npy's" \
    "$("$python" -c 'import numpy as n; a = n.load("a.npy"); b = n.load("b.npy"); print(a.dtype, a.tolist(), b.dtype, b.tolist())')" \
    "int64 [[1, 2, 3], [4, 5, 6]] float64 [[0.5, 1.0]]"
  "$python" -c 'import numpy as n; n.save("c.npy", n.asfortranarray(n.arange(6, dtype="f4").reshape(2, 3)))'
  expect "tape_load_npy reads NumPy's" "$(program load_npy <<<'println(tape_load_npy("c.npy"));')" "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]"
fi

program checkpoint <<'OMC'
import "prometheus";
h a = prom_linear_new(3, 4, 42);
prom_save_checkpoint("m.safetensors", {L1: a, L2: prom_linear_new(4, 2, a["rng_state"])}, ["L1", "L2"]);
OMC
cat >check.omc <<'OMC'
import "prometheus";
h m = prom_load_checkpoint(omc_args()[0]);
println(f"{m["L1"]["W"]} {m["L2"]["b"]} {prom_model_hash(prom_serialize_model(m, ["L1", "L2"])) == to_int(tape_metadata(omc_args()[0])["model_hash"])}");
OMC
expect "a checkpoint loads" "$("$omc" check.omc m.safetensors 2>&1)" "0 3 true"
"$python" -c '
data = bytearray(open("m.safetensors", "rb").read())
data[-1] ^= 1
open("altered.safetensors", "wb").write(data)
open("short.safetensors", "wb").write(data[:-1])'
expect_like "an altered checkpoint is refused" "$("$omc" check.omc altered.safetensors 2>&1)" \
  '*altered.safetensors): the content does not fit its hash: the file was altered*'
expect_like "a short checkpoint is refused" "$("$omc" check.omc short.safetensors 2>&1)" '*short.safetensors): not a safetensors file: *cut short?*'
expect "no temporary files stay" "$(find . -name '*.tmp*')" ""

finish "$report"
