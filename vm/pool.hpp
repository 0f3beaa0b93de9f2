#pragma once
// Memory of one slot size, cut from blocks: what the heap makes its small objects and small element stores of.
//
// Segregated fits, as in Jones, Hosking, Moss, The Garbage Collection Handbook, 2nd ed. 2023, section 7.4: an allocation is
// the pop of a free list or the bump of a pointer, and a sweep walks memory in the order of its addresses, block by block.

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "vm/object.hpp"

// GCC and Clang say it in different ways.
#if defined(__SANITIZE_ADDRESS__)
#define OMC_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#define OMC_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define OMC_ADDRESS_SANITIZER 0
#endif

namespace omc::vm {

class Pool {
 public:
  static constexpr size_t kGrain = 8;  // slot sizes are multiples of it
#if OMC_ADDRESS_SANITIZER
  static constexpr size_t kMaxSlot = 0;  // every object is malloc's, so that the sanitizer sees each of them
#else
  static constexpr size_t kMaxSlot = 512;
#endif
  static constexpr size_t kBlockBytes = 32 << 10;

  Pool() = default;
  Pool(const Pool&) = delete;
  ~Pool() {
    for (char* block : blocks_) ::operator delete(block);
  }

  void set_slot_bytes(size_t bytes) { slot_bytes_ = bytes; }

  // nullptr: neither a free slot nor room in the block; see add_block.
  void* try_allocate() {
    if (FreeSlot* slot = free_) [[likely]] {
      free_ = slot->next;
      return slot;
    }
    if (bump_ == end_) [[unlikely]] return nullptr;
    char* slot = bump_;
    bump_ += slot_bytes_;
    return slot;
  }
  void add_block() {
    blocks_.push_back(nullptr);
    current_ = blocks_.back() = static_cast<char*>(::operator new(kBlockBytes));
    bump_ = current_;
    end_ = current_ + kBlockBytes / slot_bytes_ * slot_bytes_;
  }
  void free(void* memory) { free_ = new (memory) FreeSlot(free_); }

  // For pools of objects. A sweep visits the blocks there are when it begins; slots are used again once their block was
  // visited.
  void begin_sweep() {
    std::erase(blocks_, nullptr);
    free_ = nullptr;
    unswept_ = 0;
    unswept_end_ = blocks_.size();
  }
  bool swept() const { return unswept_ == unswept_end_; }

  // The next block: `keep` says of each object whether it stays (and may end it). A block without any is given back.
  template <class Keep>
  void sweep_block(Keep&& keep) {
    char*& block = blocks_[unswept_++];
    char* const end = block == current_ ? bump_ : block + kBlockBytes / slot_bytes_ * slot_bytes_;
    FreeSlot* first = nullptr;
    FreeSlot** tail = &first;
    bool used = block == current_;
    for (char* at = block; at != end; at += slot_bytes_) {
      auto* object = reinterpret_cast<Object*>(at);
      if (object->tag != Tag::Free && keep(object)) {
        used = true;
        continue;
      }
      auto* slot = new (at) FreeSlot(nullptr);
      *tail = slot;
      tail = &slot->next;
    }
    if (used) {
      *tail = free_;
      free_ = first;
    } else {
      ::operator delete(block);
      block = nullptr;
    }
  }

 private:
  // Looks like an object to the sweep.
  struct FreeSlot : Object {
    explicit FreeSlot(FreeSlot* n) : next(n) { tag = Tag::Free; }
    FreeSlot* next;
  };

  size_t slot_bytes_ = 0;
  FreeSlot* free_ = nullptr;
  char* bump_ = nullptr;
  char* end_ = nullptr;
  char* current_ = nullptr;  // the block that is bumped through
  std::vector<char*> blocks_;  // nullptr: given back by the sweep that is going on
  size_t unswept_ = 0, unswept_end_ = 0;
};

// Pools of all slot sizes.
class PoolSet {
 public:
  PoolSet() {
    for (size_t i = 0; i < kCount; ++i) pools_[i].set_slot_bytes(std::max<size_t>(i, 2) * Pool::kGrain);
  }
  static constexpr bool fits(size_t bytes) { return bytes <= Pool::kMaxSlot; }
  static constexpr size_t slot_bytes(size_t bytes) { return (bytes + Pool::kGrain - 1) / Pool::kGrain * Pool::kGrain; }
  void* try_allocate(size_t bytes) { return pools_[index(bytes)].try_allocate(); }
  void* allocate(size_t bytes) {
    Pool& pool = pools_[index(bytes)];
    if (void* slot = pool.try_allocate()) [[likely]] return slot;
    pool.add_block();
    return pool.try_allocate();
  }
  void free(void* memory, size_t bytes) { pools_[index(bytes)].free(memory); }

  void begin_sweep() {
    for (size_t i = 2; i < kCount; ++i) pools_[i].begin_sweep();
    sweeping_ = 2;
  }
  // Sweeps up to so many blocks; false: nothing is left to sweep. `keep` gets the object and the bytes of its slot.
  template <class Keep>
  bool sweep_blocks(size_t limit, Keep&& keep) {
    for (; sweeping_ < kCount; ++sweeping_)
      while (!pools_[sweeping_].swept()) {
        if (limit-- == 0) return true;
        sweep_block(sweeping_, keep);
      }
    return false;
  }
  // A slot from a block that the sweep has not come to yet; nullptr when the next few blocks have none.
  template <class Keep>
  void* allocate_sweeping(size_t bytes, Keep&& keep) {
    constexpr int kTries = 8;  // bounds the time of one allocation
    const size_t i = index(bytes);
    for (int tried = 0; tried < kTries && !pools_[i].swept(); ++tried) {
      sweep_block(i, keep);
      if (void* slot = pools_[i].try_allocate()) return slot;
    }
    return nullptr;
  }

 private:
  static constexpr size_t kCount = Pool::kMaxSlot / Pool::kGrain + 1;
  static size_t index(size_t bytes) { return (bytes + Pool::kGrain - 1) / Pool::kGrain; }
  template <class Keep>
  void sweep_block(size_t i, Keep&& keep) {
    pools_[i].sweep_block([&](Object* o) { return keep(o, i * Pool::kGrain); });
  }

  Pool pools_[kCount];
  size_t sweeping_ = kCount;  // the pool that sweep_blocks is at
};

}  // namespace omc::vm
