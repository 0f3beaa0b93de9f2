#pragma once
// The garbage-collected heap of one Vm.
//
// A precise mark-sweep collector that never moves an object, so C++ may keep plain pointers between two safepoints.
// The rule: allocating never collects, it only makes the next safepoint due. So a native needs no rooting until it calls
// back into OMC; from then on see root.hpp.
//
// A collection is spread over many safepoints: marking in steps, then sweeping block by block. The other rule: who stores a
// reference into an object that the program may already reach calls write_barrier; who moves references about inside one
// calls elements_moved. Objects just made are safe until the next safepoint.
//
// Terms as in Jones, Hosking, Moss, The Garbage Collection Handbook, 2nd ed. 2023, chapters 2 and 15: tricolour marking
// with an insertion barrier (Dijkstra), white allocation, roots scanned again at the end, lazy sweeping.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
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
  size_t soft = 4u << 20;   // bytes; the first collection is due beyond it
  size_t hard = SIZE_MAX;   // bytes; allocating beyond it is an OMC error, never an abort
};

struct HeapStatistics {
  uint64_t collections = 0;  // finished markings
  std::array<uint64_t, kTagCount> made{};  // objects, by tag: as cheap as one counter, tags being constants where objects are made
  uint64_t objects_freed = 0;
  uint64_t bytes_freed = 0;  // by collections
  size_t peak_bytes = 0;     // in use, as far as the steps of collections saw
  uint64_t objects_made() const { return std::accumulate(made.begin(), made.end(), uint64_t{0}); }
};

// How long the program stood still for the collector, each time, in buckets that grow by a quarter of an octave.
class Pauses {
 public:
  void add(std::chrono::nanoseconds pause);
  uint64_t count() const { return count_; }
  std::chrono::nanoseconds longest() const { return longest_; }
  std::chrono::nanoseconds total() const { return total_; }
  // What this share of the pauses (0.99, say) stayed within.
  std::chrono::nanoseconds percentile(double share) const;

 private:
  static constexpr size_t kBuckets = 160;
  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  std::chrono::nanoseconds longest_{0}, total_{0};
};

// Finds live objects: the owner of the roots hands each root to it.
class Marker {
 public:
  void mark(Value v) {
    if (v.is_heap()) mark(v.as_object());
  }
  void mark(Object* o) {
    if (!o || o->color == live_) return;
    if (expected_ && o->color != expected_) [[unlikely]] missed(o);
    o->color = live_;
    if (!is_leaf(o)) grey_.push_back({o, 0});
  }

 private:
  friend class Heap;
  // An object to be scanned, containers from this element on.
  struct Grey {
    Object* object;
    size_t from;
  };
  // Refers to no other object, so that marking is all there is to do.
  static bool is_leaf(const Object* o) {
    return (o->tag == Tag::String && !static_cast<const String*>(o)->buffer) ||
           (o->tag == Tag::Array && o->kind != ElementKind::Values);
  }
  // Scans what is grey; false: the budget, about one for each reference followed, was used up before.
  bool drain(size_t budget);
  size_t scan(Grey grey);  // the work it was
  size_t scan_function(Function* f);
  size_t scan_proto(Proto* p);

  [[noreturn]] static void missed(const Object* o);

  uint8_t live_ = 1;      // the colour of objects that this marking found: 1, 2, 3, 1, ...
  uint8_t expected_ = 0;  // verifying: the colour of objects that the marking before found
  std::vector<Grey> grey_;
};

class Heap {
 public:
  explicit Heap(HeapLimits limits = {})
      : limits_(limits), threshold_(std::min(limits.soft, limits.hard / 2)), cycle_at_(threshold_) {}
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
      memory = objects_.try_allocate(bytes);
      if (!memory) [[unlikely]] memory = allocate_slowly(bytes);
    } else {
      memory = allocate_large(bytes);
    }
    T* object = new (memory) T();
    object->tag = tag;
    object->color = new_color_;
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
  // The next step comes as much sooner as if these bytes had been made: for garbage that is worth more than its own size.
  void hasten(size_t bytes) {
    threshold_ -= std::min(threshold_, bytes);
    if (used_ > threshold_ && due_) due_->store(true, std::memory_order_relaxed);
  }

  String* string(std::string_view text);
  String* intern(std::string_view text);  // the one string of this text; kept while somebody refers to it
  String* concatenate(const String* a, std::string_view b);
  Array* array(ElementKind kind, size_t size);  // zeros or nulls
  Array* array_of(std::span<const Value> values);  // of the narrowest kind
  Array* ints(std::span<const int64_t> values);
  Array* floats(std::span<const double> values);
  Dict* dict();
  Singularity* singularity(int64_t numerator, int64_t denominator, std::string_view context);

  // An object that the program may reach refers to v from now on.
  void write_barrier(Value v) {
    if (marking_) [[unlikely]] marker_.mark(v);
  }
  void write_barrier(Object* o) {
    if (marking_) [[unlikely]] marker_.mark(o);
  }
  // References changed places inside a container.
  void elements_moved(Object* container) {
    if (marking_) [[unlikely]] marker_.grey_.push_back({container, 0});
  }
  const bool* marking_flag() const { return &marking_; }  // for native code, which stores references too

  size_t used() const { return used_; }
  bool collection_due() const { return used_ > threshold_; }
  using MarkRoots = std::function<void(Marker&)>;
  // Marks from what `mark_roots` hands over, then frees the rest. Only from a safepoint.
  void collect(const MarkRoots& mark_roots);
  // A part of a collection. Only from a safepoint. True: marking has just ended, what is not marked is no more.
  // With a budget, a tiny one for tests, that much marking is done even if nothing is due, and the outcome is verified.
  bool step(const MarkRoots& mark_roots, size_t test_budget = 0);
  const HeapStatistics& statistics() const { return statistics_; }
  const Pauses& pauses() const { return pauses_; }
  // Set when a collection becomes due.
  void set_due_flag(std::atomic<bool>* due) { due_ = due; }
  // Where the destructor adds the bytes that are still charged when every object is gone: what somebody lost.
  void set_leak_account(std::atomic<size_t>* lost) { lost_ = lost; }
  void set_limits(HeapLimits limits);
  const HeapLimits& limits() const { return limits_; }

 private:
  [[noreturn]] void refuse();
  void* allocate_large(size_t bytes);
  void* allocate_slowly(size_t bytes);
  void finish(Object* o);  // gives back what it owns
  bool keep_or_free(Object* o, size_t bytes);
  void begin_marking(const MarkRoots& mark_roots);
  bool mark_some(const MarkRoots& mark_roots, size_t budget);
  void end_marking();
  bool sweep_some(size_t blocks, size_t large);
  void sweep_all();
  void end_sweep();
  void verify(const MarkRoots& mark_roots);

  enum class Phase : uint8_t { Idle, Marking, Sweeping };

  HeapLimits limits_;
  size_t threshold_;   // bytes in use at which the next step is due
  size_t cycle_at_;    // bytes in use at which the next collection begins
  size_t used_ = 0;
  size_t used_at_step_ = 0;
  size_t live_bytes_ = 0;  // in use when marking ended, less what the sweep freed of it
  Phase phase_ = Phase::Idle;
  bool marking_ = false;
  uint8_t new_color_ = 1;  // of objects when they are made: white while marking, else live
  int root_scans_ = 0;     // of this marking
  Marker marker_;
  Pauses pauses_;
  std::atomic<bool>* due_ = nullptr;
  std::atomic<size_t>* lost_ = nullptr;
  PoolSet objects_;
  PoolSet raw_;  // small memory behind objects
  struct Large {
    Object* object;
    size_t bytes;
  };
  std::vector<Large> large_;  // objects beyond the slots of the pools, each from malloc
  size_t large_swept_ = 0;
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
