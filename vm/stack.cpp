// Reserved address space for registers and frames: pages are only paid for when touched.

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "vm/frame.hpp"

namespace omc::vm {

namespace {

constexpr size_t kRegistersPerFrame = 4096;  // reserved for the average frame; deeper use ends in the recursion error
constexpr size_t kLeastBytes = size_t{64} << 20;
constexpr size_t kMostBytes = size_t{16} << 30;
constexpr size_t kStep = 4096;  // registers that the soft limit moves at a time

void* reserve(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

}  // namespace

Stack::Stack(size_t max_depth) : depth_limit(max_depth) {
  frame_capacity = max_depth + 64;  // room for the frames of modules, which no depth counts
  frame_bytes_ = frame_capacity * sizeof(Frame);
  frames = static_cast<Frame*>(reserve(frame_bytes_));
  value_bytes_ = std::clamp(max_depth * kRegistersPerFrame * sizeof(Value), kLeastBytes, kMostBytes);
  // Under a limit of address space less must do.
  while (!(values = static_cast<Value*>(reserve(value_bytes_))) && value_bytes_ > kLeastBytes / 8) value_bytes_ /= 2;
  if (!frames || !values) throw std::bad_alloc();
  end = values + value_bytes_ / sizeof(Value);
  soft_limit = values;
  native_top = values;
}

Stack::~Stack() {
  if (values) munmap(values, value_bytes_);
  if (frames) munmap(frames, frame_bytes_);
}

bool Stack::raise_limit(Value* top) {
  if (top > end) return false;
  soft_limit = std::min(end, top + kStep);
  return true;
}

void Stack::clear_above(Value* top) {
  if (top >= soft_limit) return;
  std::fill(top, soft_limit, Value());
  soft_limit = std::min(end, std::max(top, std::min(soft_limit, top + kStep)));
}

}  // namespace omc::vm
