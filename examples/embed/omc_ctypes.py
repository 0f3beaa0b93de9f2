"""OMC from Python, over its C interface: python3 omc_ctypes.py path/to/libomc.so"""
import ctypes
import sys

omc = ctypes.CDLL(sys.argv[1])


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("permissions", ctypes.c_char_p), ("max_memory", ctypes.c_size_t),
                ("max_output", ctypes.c_size_t), ("max_depth", ctypes.c_size_t), ("timeout_seconds", ctypes.c_double),
                ("library", ctypes.c_char_p)]


for name, result, arguments in [
        ("omc_new", ctypes.c_void_p, [ctypes.POINTER(Options)]),
        ("omc_free", None, [ctypes.c_void_p]),
        ("omc_error", ctypes.c_char_p, [ctypes.c_void_p]),
        ("omc_evaluate", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]),
        ("omc_text", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_void_p]),
        ("omc_release", None, [ctypes.c_void_p]),
]:
    function = getattr(omc, name)
    function.restype, function.argtypes = result, arguments


class Machine:
    def __init__(self, **options):
        self.handle = omc.omc_new(ctypes.byref(Options(size=ctypes.sizeof(Options), **options)))

    def __call__(self, source):
        text = source.encode()
        value = omc.omc_evaluate(self.handle, text, len(text))
        if not value:
            raise RuntimeError(omc.omc_error(self.handle).decode())
        try:
            return omc.omc_text(value, None).decode()
        finally:
            omc.omc_release(value)

    def __del__(self):
        omc.omc_free(self.handle)


machine = Machine(permissions=b"", timeout_seconds=1.0)
print(machine("arr_map([1, 2, 3], fn(x) x + 2)"))
try:
    machine('read_file("/etc/passwd")')
except RuntimeError as error:
    print(error)
