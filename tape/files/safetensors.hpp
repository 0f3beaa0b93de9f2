#pragma once
// The safetensors format: https://github.com/huggingface/safetensors, section "Format". Eight bytes with the length of
// a JSON header; the header, a dict from each name to dtype, shape and data_offsets, and "__metadata__", a dict of
// texts; then the cells.
//
// Files of ours carry a hash over all cells and over what the header says of them, under "content_hash" in the
// metadata. A reader checks it where it is there, so that an altered bit is found; other programs read the file as any.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tape/files/stored_tensor.hpp"

namespace omc::tape {

struct TensorFile {
  std::vector<StoredTensor> tensors;            // in the order of their cells; views of what was read
  std::map<std::string, std::string> metadata;  // without the content hash
};

std::string write_safetensors(std::span<const StoredTensor> tensors,
                              const std::map<std::string, std::string>& metadata = {});

// Throws an Error for a file that is cut short, overlapping, with gaps or bytes left over, or that its hash does not
// fit.
TensorFile read_safetensors(std::string_view file);

}  // namespace omc::tape
