// The buffer pool: size classes with free lists. Small buffers are cut from slabs; large ones come from the system one
// by one, their cells on a cache line of their own so that no vector load crosses two.
#include "tape/tensor.hpp"

#include <algorithm>
#include <bit>      // bit_width
#include <cstdlib>  // aligned_alloc, free
#include <limits>
#include <new>  // bad_alloc

#if defined(__x86_64__)
#include <emmintrin.h>  // stores past the caches
#endif

namespace omc::tape {

static constexpr size_t kSmallest = 32;        // bytes, header included: one cell fits
static constexpr size_t kLargestSmall = 1024;  // larger buffers are not cut from slabs
static constexpr size_t kSlabBytes = 64 * 1024;
static constexpr size_t kCacheLine = 64;
static constexpr size_t kAlwaysKept = 64u << 20;  // free bytes that trim() leaves alone

// Sizes 2^p * (4 + q) / 4 with q = 0..3, in ascending order.
size_t Pool::class_of(size_t bytes) {
  bytes = std::max(bytes, kSmallest);
  const size_t power = static_cast<size_t>(std::bit_width(bytes - 1)) - 1;  // 2^power < bytes <= 2^(power + 1)
  const size_t quarter = (size_t{1} << power) / 4;
  const size_t steps = (bytes - (size_t{1} << power) + quarter - 1) / quarter;  // 1..4
  return 4 * power + steps;
}

size_t Pool::class_bytes(size_t size_class) {
  const size_t power = (size_class - 1) / 4, steps = size_class - 4 * power;
  return (size_t{1} << power) / 4 * (4 + steps);
}

Pool::~Pool() {
  for (size_t c = 1; c < kClasses; ++c)
    if (class_bytes(c) > kLargestSmall)
      for (BufferHeader* b : free_[c]) std::free(reinterpret_cast<std::byte*>(b + 1) - kCacheLine);
  for (void* slab : slabs_) std::free(slab);
}

BufferHeader* Pool::take_small(size_t size_class) {
  const size_t bytes = class_bytes(size_class);
  if (slab_left_ < bytes) {
    slabs_.reserve(slabs_.size() + 1);
    void* slab = std::aligned_alloc(kCacheLine, kSlabBytes);
    if (!slab) throw std::bad_alloc();
    slabs_.push_back(slab);
    slab_next_ = static_cast<std::byte*>(slab);
    slab_left_ = kSlabBytes;
  }
  auto* header = reinterpret_cast<BufferHeader*>(slab_next_);
  slab_next_ += bytes;
  slab_left_ -= bytes;
  return header;
}

BufferHeader* Pool::take(size_t bytes) {
  if (bytes > std::numeric_limits<int64_t>::max() / 2) throw std::bad_alloc();
  const size_t size_class = class_of(bytes + sizeof(BufferHeader));
  const size_t taken = class_bytes(size_class);
  if (taken > limit_ || live_ > limit_ - taken) throw std::bad_alloc();

  BufferHeader* buffer;
  if (!free_[size_class].empty()) {
    buffer = free_[size_class].back();
    free_[size_class].pop_back();
    free_bytes_ -= taken;
  } else if (taken <= kLargestSmall) {
    buffer = take_small(size_class);
  } else {
    const size_t block = (taken + 2 * kCacheLine - 1) / kCacheLine * kCacheLine;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kCacheLine, block));
    if (!memory) throw std::bad_alloc();
    buffer = reinterpret_cast<BufferHeader*>(memory + kCacheLine) - 1;
  }
  *buffer = {this, 1, static_cast<uint32_t>(size_class)};
  live_ += taken;
  peak_ = std::max(peak_, live_);
  return buffer;
}

void Pool::give_back(BufferHeader* buffer) {
  const size_t size_class = buffer->size_class, bytes = class_bytes(size_class);
  live_ -= bytes;
  try {
    free_[size_class].push_back(buffer);
    free_bytes_ += bytes;
  } catch (const std::bad_alloc&) {  // the list cannot grow; a small buffer stays in its slab, unused
    if (bytes > kLargestSmall) std::free(reinterpret_cast<std::byte*>(buffer + 1) - kCacheLine);
  }
}

void Pool::trim() {
  // A quarter more than was needed: free buffers of other sizes count too, and giving back one that the next step wants
  // costs more than the step's arithmetic.
  const size_t needed = peak_ - std::min(peak_, live_), kept = std::max(kAlwaysKept, needed + needed / 4);
  for (size_t c = kClasses; c-- > 1 && class_bytes(c) > kLargestSmall;) {
    while (!free_[c].empty() && free_bytes_ >= kept + class_bytes(c)) {
      std::free(reinterpret_cast<std::byte*>(free_[c].back() + 1) - kCacheLine);
      free_[c].pop_back();
      free_bytes_ -= class_bytes(c);
    }
  }
  peak_ = live_;
}

Tensor::Tensor(int64_t rows, int64_t cols) {
  if (rows > UINT32_MAX || cols > UINT32_MAX) throw std::bad_alloc();
  rows_ = static_cast<uint32_t>(rows);
  cols_ = static_cast<uint32_t>(cols);
  if (cols_ && rows_ > std::numeric_limits<int64_t>::max() / 16 / cols_) throw std::bad_alloc();
}

Tensor::Tensor(Pool& pool, int64_t rows, int64_t cols, size_t cell_bytes) : Tensor(rows, cols) {
  buffer_ = pool.take(size() * cell_bytes);
}

template <class T>
void clear(std::span<T> cells) {
  T* at = cells.data();
  T* const end = at + cells.size();
#if defined(__x86_64__)
  constexpr size_t kWorthIt = 4u << 20;  // bytes; less fits the caches, and who wants zeros will read or add soon
  if (cells.size_bytes() >= kWorthIt) {
    while (reinterpret_cast<uintptr_t>(at) % kCacheLine != 0) *at++ = 0;
    for (constexpr size_t kLine = kCacheLine / sizeof(T); at + kLine <= end; at += kLine)
      for (size_t i = 0; i < 4; ++i) _mm_stream_si128(reinterpret_cast<__m128i*>(at) + i, __m128i{});
    _mm_sfence();
  }
#endif
  std::fill(at, end, T{0});
}
template void clear(std::span<double>);
template void clear(std::span<float>);

void Tensor::release() {
  if (buffer_ && --buffer_->references == 0) buffer_->pool->give_back(buffer_);
  buffer_ = nullptr;
}

}  // namespace omc::tape
