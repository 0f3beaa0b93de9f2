"""Reads and writes safetensors without any package, by the format's description. Used by interchange.sh.

usage: interchange.py read FILE | write FILE
"""
import json
import struct
import sys

CODES = {"F64": "d", "F32": "f", "I64": "q", "BOOL": "?"}

if sys.argv[1] == "read":
    with open(sys.argv[2], "rb") as f:
        data = f.read()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    for name in sorted(header):
        row = header[name]
        begin, end = row["data_offsets"]
        cells = struct.unpack("<%d%s" % ((end - begin) // struct.calcsize(CODES[row["dtype"]]), CODES[row["dtype"]]),
                              data[8 + length + begin:8 + length + end])
        print(name, row["dtype"], row["shape"], list(cells))
else:
    cells = struct.pack("<4d", 0.1, -2.5, 1e300, 4.0) + struct.pack("<2e", 1.5, -0.25)
    header = json.dumps({"half": {"dtype": "F16", "shape": [1, 2], "data_offsets": [32, 36]},
                         "w": {"dtype": "F64", "shape": [2, 2], "data_offsets": [0, 32]}}).encode()
    with open(sys.argv[2], "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header + cells)
