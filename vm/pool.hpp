#pragma once
// Memory of one slot size, cut from blocks: what the heap makes its small objects and small element stores of.
//
// Segregated fits, as in Jones, Hosking, Moss, The Garbage Collection Handbook, 2nd ed. 2023, section 7.4: an allocation is
// the pop of a free list or the bump of a pointer, and a sweep walks memory in the order of its addresses.

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

  void* allocate() {
    if (FreeSlot* slot = free_) {
      free_ = slot->next;
      return slot;
    }
    if (bump_ == end_) [[unlikely]] add_block();
    char* slot = bump_;
    bump_ += slot_bytes_;
    return slot;
  }
  void free(void* memory) { free_ = new (memory) FreeSlot(free_); }

  // For pools of objects: `keep` says of each whether it stays (and may end it). Blocks without any are given back.
  template <class Keep>
  void sweep(Keep&& keep) {
    free_ = nullptr;
    FreeSlot** tail = &free_;
    size_t kept_blocks = 0;
    for (char* block : blocks_) {
      char* const end = block == current_ ? bump_ : block + kBlockBytes / slot_bytes_ * slot_bytes_;
      FreeSlot** const tail_before = tail;
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
        blocks_[kept_blocks++] = block;
      } else {
        tail = tail_before;
        ::operator delete(block);
      }
      *tail = nullptr;
    }
    blocks_.resize(kept_blocks);
  }

 private:
  // Looks like an object to the sweep.
  struct FreeSlot : Object {
    explicit FreeSlot(FreeSlot* n) : next(n) { tag = Tag::Free; }
    FreeSlot* next;
  };

  void add_block() {
    blocks_.push_back(nullptr);
    current_ = blocks_.back() = static_cast<char*>(::operator new(kBlockBytes));
    bump_ = current_;
    end_ = current_ + kBlockBytes / slot_bytes_ * slot_bytes_;
  }

  size_t slot_bytes_ = 0;
  FreeSlot* free_ = nullptr;
  char* bump_ = nullptr;
  char* end_ = nullptr;
  char* current_ = nullptr;  // the block that is bumped through
  std::vector<char*> blocks_;
};

// Pools of all slot sizes.
class PoolSet {
 public:
  PoolSet() {
    for (size_t i = 0; i < kCount; ++i) pools_[i].set_slot_bytes(std::max<size_t>(i, 2) * Pool::kGrain);
  }
  static constexpr bool fits(size_t bytes) { return bytes <= Pool::kMaxSlot; }
  static constexpr size_t slot_bytes(size_t bytes) { return (bytes + Pool::kGrain - 1) / Pool::kGrain * Pool::kGrain; }
  void* allocate(size_t bytes) { return pools_[index(bytes)].allocate(); }
  void free(void* memory, size_t bytes) { pools_[index(bytes)].free(memory); }
  template <class Keep>
  void sweep(Keep&& keep) {
    for (size_t i = 2; i < kCount; ++i) pools_[i].sweep([&](Object* o) { return keep(o, i * Pool::kGrain); });
  }

 private:
  static constexpr size_t kCount = Pool::kMaxSlot / Pool::kGrain + 1;
  static size_t index(size_t bytes) { return (bytes + Pool::kGrain - 1) / Pool::kGrain; }
  Pool pools_[kCount];
};

}  // namespace omc::vm
