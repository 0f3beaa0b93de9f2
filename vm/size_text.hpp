#pragma once
// A number of bytes as the user wrote it or would: 67108864 is "64M" (command-line reference, section 1).

#include <cstddef>
#include <string>

namespace omc::vm {

inline std::string size_text(size_t bytes) {
  const char* suffix = "";
  for (const char* next : {"K", "M", "G"}) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    suffix = next;
  }
  return std::to_string(bytes) + suffix;
}

}  // namespace omc::vm
