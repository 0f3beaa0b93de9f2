#pragma once
// Matrices of the tape and the pool their buffers come from.
//
// A Tensor is a handle: copying it shares the buffer. The rule: write only through a tensor that nobody shares
// (Tensor::unique), or into a fresh one. So operations that change nothing hand their operand's buffer on, and whoever
// keeps a copy keeps the values of that moment.
//
// Freed buffers stay in the pool. glibc gives large blocks back to the kernel, and faulting them in again at each
// training step costs more than the arithmetic of the step (docs/internals/tape.md has the figures).
//
// Neither class is thread-safe; worker threads see only the spans.

#include <array>
#include <cstddef>  // size_t
#include <cstdint>  // uint32_t, int64_t
#include <span>
#include <utility>  // exchange, swap
#include <vector>

namespace omc::tape {

class Pool;

// In front of the cells of each buffer.
struct BufferHeader {
  Pool* pool;
  uint32_t references;
  uint32_t size_class;
};

class Pool {
 public:
  explicit Pool(size_t limit) : limit_(limit) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  // Cells of undefined content, one reference; throws std::bad_alloc beyond the limit.
  BufferHeader* take(size_t bytes);
  void give_back(BufferHeader* buffer);

  // Returns free memory beyond what the live buffers were at their peak since the last call. For quiet moments.
  void trim();

  size_t live_bytes() const { return live_; }
  size_t free_bytes() const { return free_bytes_; }

 private:
  // Four classes to each power of two: at most a quarter of a buffer is unused.
  static constexpr size_t kClasses = 4 * 60;
  static size_t class_of(size_t bytes);
  static size_t class_bytes(size_t size_class);

  BufferHeader* take_small(size_t size_class);

  std::array<std::vector<BufferHeader*>, kClasses> free_;
  std::vector<void*> slabs_;  // small buffers are cut from these and live as long as the pool
  std::byte* slab_next_ = nullptr;
  size_t slab_left_ = 0;
  size_t limit_;
  size_t live_ = 0, free_bytes_ = 0, peak_ = 0;
};

// A rows x cols matrix of double or float cells, row by row. Which of the two, the mode of its tape says.
class Tensor {
 public:
  Tensor() = default;
  // Undefined content.
  Tensor(Pool& pool, int64_t rows, int64_t cols, size_t cell_bytes);
  // A shape without a buffer.
  Tensor(int64_t rows, int64_t cols);
  Tensor(const Tensor& other) : buffer_(other.buffer_), rows_(other.rows_), cols_(other.cols_) {
    if (buffer_) ++buffer_->references;
  }
  Tensor(Tensor&& other) noexcept
      : buffer_(std::exchange(other.buffer_, nullptr)), rows_(other.rows_), cols_(other.cols_) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(buffer_, other.buffer_);
    std::swap(rows_, other.rows_);
    std::swap(cols_, other.cols_);
    return *this;
  }
  ~Tensor() { release(); }

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  size_t size() const { return size_t{rows_} * cols_; }
  bool has_shape_of(const Tensor& other) const { return rows_ == other.rows_ && cols_ == other.cols_; }

  // False for a tensor that was never given memory, or that gave it back (release keeps the shape).
  bool has_buffer() const { return buffer_ != nullptr; }
  bool is_from(const Pool& pool) const { return buffer_ && buffer_->pool == &pool; }
  bool unique() const { return buffer_ && buffer_->references == 1; }
  bool shares_buffer_with(const Tensor& other) const { return buffer_ == other.buffer_; }
  void release();

  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(buffer_ + 1);
  }
  template <class T>
  T* data() {
    return reinterpret_cast<T*>(buffer_ + 1);
  }
  template <class T>
  std::span<const T> cells() const {
    return {data<T>(), size()};
  }
  template <class T>
  std::span<T> cells() {
    return {data<T>(), size()};
  }

 private:
  BufferHeader* buffer_ = nullptr;
  uint32_t rows_ = 0, cols_ = 0;
};
static_assert(sizeof(Tensor) == 16 && sizeof(BufferHeader) == 16);

// Zeros without reading what was there, for a matrix that no cache holds anyway.
template <class T>
void clear(std::span<T> cells);

}  // namespace omc::tape
