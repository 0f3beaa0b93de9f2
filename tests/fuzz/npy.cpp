// Any bytes as a NumPy file: refused with a reason, or an array that is the same after it was written anew.
#include "tape/files/npy.hpp"

#include "check.hpp"

using namespace omc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string turned, unused;
  tape::StoredTensor first;
  try {
    first = tape::read_npy({reinterpret_cast<const char*>(data), size}, turned);
  } catch (const tape::Error& e) {
    OMC_CHECK(*e.what());
    return 0;
  }
  const size_t cells = tape::is_real(first.type) ? tape::reals(first).size() : tape::integers(first).size();
  OMC_CHECK(cells == tape::cell_count(first.shape, "array"));
  const std::string again = tape::write_npy(first);
  const tape::StoredTensor second = tape::read_npy(again, unused);
  OMC_CHECK(second.type == first.type && second.shape == first.shape && second.cells == first.cells);
  return 0;
}
