#pragma once
// The garbage-collected heap of one Vm.
//
// A precise mark-sweep collector that never moves an object, so C++ may keep plain pointers between two safepoints.
// The rule: allocating never collects, it only makes the next safepoint due. So a native needs no rooting until it calls
// back into OMC; from then on see root.hpp.
//
// Terms as in Jones, Hosking, Moss, The Garbage Collection Handbook, 2nd ed. 2023, chapter 2.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vm/object.hpp"
#include "vm/pool.hpp"

namespace omc::vm {

struct HeapLimits {
  size_t soft = 64u << 20;  // bytes; the first collection is due beyond it
  size_t hard = SIZE_MAX;   // bytes; allocating beyond it is an OMC error, never an abort
};

struct HeapStatistics {
  uint64_t collections = 0;
  std::array<uint64_t, kTagCount> made{};  // objects, by tag: as cheap as one counter, tags being constants where objects are made
  uint64_t objects_freed = 0;
  uint64_t objects_made() const { return std::accumulate(made.begin(), made.end(), uint64_t{0}); }
};

// Finds live objects: the owner of the roots hands each root to it.
class Marker {
 public:
  void mark(Value v) {
    if (v.is_heap()) mark(v.as_object());
  }
  void mark(Object* o) {
    if (o && !o->marked) {
      o->marked = true;
      grey_.push_back(o);
    }
  }
  void drain();  // until nothing grey is left

 private:
  void scan(Object* o);
  std::vector<Object*> grey_;
};

class Heap {
 public:
  explicit Heap(HeapLimits limits = {}) : limits_(limits), threshold_(std::min(limits.soft, limits.hard / 2)) {}
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // An object with `extra` bytes behind it. Throws Error when the hard limit would be passed.
  template <class T>
  T* allocate(Tag tag, size_t extra = 0) {
    const size_t bytes = sizeof(T) + extra;
    void* memory;
    if (PoolSet::fits(bytes)) [[likely]] {
      charge(PoolSet::slot_bytes(bytes));
      memory = objects_.allocate(bytes);
    } else {
      memory = allocate_large(bytes);
    }
    T* object = new (memory) T();
    object->tag = tag;
    ++statistics_.made[static_cast<size_t>(tag)];
    return object;
  }

  // Memory behind an object (elements, entries, text), counted like objects. reallocate keeps min(old, now) bytes.
  void* allocate_raw(size_t bytes);
  void* reallocate_raw(void* old, size_t old_bytes, size_t now_bytes);
  void free_raw(void* old, size_t bytes);
  // Memory that a library below counts for itself (tensors): only bookkeeping.
  void charge(size_t bytes) {
    if (bytes > limits_.hard - std::min(used_, limits_.hard)) [[unlikely]] refuse();
    used_ += bytes;
    if (used_ > threshold_ && due_) [[unlikely]] due_->store(true, std::memory_order_relaxed);
  }
  void discharge(size_t bytes) { used_ -= bytes; }

  String* string(std::string_view text);
  String* intern(std::string_view text);  // the one string of this text; kept while somebody refers to it
  String* concatenate(const String* a, std::string_view b);
  Array* array(ElementKind kind, size_t size);  // zeros or nulls
  Array* array_of(std::span<const Value> values);  // of the narrowest kind
  Array* ints(std::span<const int64_t> values);
  Array* floats(std::span<const double> values);
  Dict* dict();
  Singularity* singularity(int64_t numerator, int64_t denominator, std::string_view context);

  size_t used() const { return used_; }
  bool collection_due() const { return used_ > threshold_; }
  // Marks from what `mark_roots` hands over, then frees the rest. Only from a safepoint.
  void collect(const std::function<void(Marker&)>& mark_roots);
  const HeapStatistics& statistics() const { return statistics_; }
  // Set when a collection becomes due.
  void set_due_flag(std::atomic<bool>* due) { due_ = due; }
  // Where the destructor adds the bytes that are still charged when every object is gone: what somebody lost.
  void set_leak_account(std::atomic<size_t>* lost) { lost_ = lost; }
  void set_limits(HeapLimits limits);
  const HeapLimits& limits() const { return limits_; }

 private:
  [[noreturn]] void refuse();
  void* allocate_large(size_t bytes);
  void finish(Object* o);  // gives back what it owns
  void sweep(bool everything);

  HeapLimits limits_;
  size_t threshold_;
  size_t used_ = 0;
  std::atomic<bool>* due_ = nullptr;
  std::atomic<size_t>* lost_ = nullptr;
  PoolSet objects_;
  PoolSet raw_;  // small memory behind objects
  struct Large {
    Object* object;
    size_t bytes;
  };
  std::vector<Large> large_;  // objects beyond the slots of the pools, each from malloc
  std::unordered_map<std::string_view, String*> interned_;
  HeapStatistics statistics_;
};

// Of the bytes, never 0.
uint32_t hash_text(std::string_view text);
inline uint32_t hash_of(String* s) {
  if (!(s->flags & String::kHashed)) {
    s->hash = hash_text(s->view());
    s->flags |= String::kHashed;
  }
  return s->hash;
}

}  // namespace omc::vm
