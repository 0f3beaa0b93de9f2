// Any bytes as a safetensors file: refused with a reason, or tensors that lie inside the file, can be read as numbers and
// are the same after they were written anew.
#include "tape/files/safetensors.hpp"

#include <algorithm>

#include "check.hpp"

using namespace omc;

static void touch(const tape::StoredTensor& t) {
  const size_t cells = tape::is_real(t.type) ? tape::reals(t).size() : tape::integers(t).size();
  OMC_CHECK(cells == tape::cell_count(t.shape, t.name));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  tape::TensorFile first;
  try {
    first = tape::read_safetensors(file);
  } catch (const tape::Error& e) {
    OMC_CHECK(*e.what());
    return 0;
  }
  for (const tape::StoredTensor& t : first.tensors) {
    touch(t);
    OMC_CHECK(t.cells.empty() || (t.cells.data() >= file.data() && t.cells.data() + t.cells.size() <= file.data() + size));
  }
  const std::string again = tape::write_safetensors(first.tensors, first.metadata);
  const tape::TensorFile second = tape::read_safetensors(again);
  OMC_CHECK(second.metadata == first.metadata && second.tensors.size() == first.tensors.size());
  for (const tape::StoredTensor& t : first.tensors) {
    const auto same = std::ranges::find(second.tensors, t.name, &tape::StoredTensor::name);
    OMC_CHECK(same != second.tensors.end() && same->type == t.type && same->shape == t.shape && same->cells == t.cells);
  }
  OMC_CHECK(tape::write_safetensors(second.tensors, second.metadata) == again);
  return 0;
}
