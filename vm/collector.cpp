// Marking and sweeping, at once or a step at a time.

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include "vm/globals.hpp"
#include "vm/heap.hpp"
#include "vm/proto.hpp"

namespace omc::vm {

namespace {

// A step follows each allocation of so many bytes while a collection is under way.
constexpr size_t kStepBytes = 48 << 10;
// References marked in a step: one for so many bytes allocated, but between the bounds. A step takes a few milliseconds at
// most when every reference misses the cache.
constexpr size_t kBytesPerReference = 3;
constexpr size_t kSmallestBudget = 4 << 10;
constexpr size_t kLargestBudget = 20 << 10;
// A collection begins when so much has been made for each 32 bytes that live; by its end about half of what lives is garbage.
constexpr size_t kGarbagePer32 = 15;
// Blocks and large objects swept in a step.
constexpr size_t kSweptBlocks = 32;
constexpr size_t kSweptLarge = 512;
// Elements of a container scanned at a time.
constexpr size_t kSlice = 4096;
// Roots are scanned again until what they add fits into a step; a program that always adds more than that is held up.
constexpr int kRootScans = 16;

}  // namespace

// --- marking -----------------------------------------------------------------------------------------------------------

bool Marker::drain(size_t budget) {
  size_t work = 0;
  while (!grey_.empty()) {
    if (work >= budget) return false;
    const Grey grey = grey_.back();
    grey_.pop_back();
    work += 1 + scan(grey);
  }
  return true;
}

size_t Marker::scan(Grey grey) {
  Object* const o = grey.object;
  // The rest of a long container is scanned after what this slice leads to, which keeps the list of grey objects short.
  const auto slice_end = [&](size_t size) {
    if (size - grey.from <= kSlice) return size;
    grey_.push_back({o, grey.from + kSlice});
    return grey.from + kSlice;
  };
  switch (o->tag) {
    case Tag::String: mark(static_cast<String*>(o)->buffer); return 1;
    case Tag::Array: {
      const auto* a = static_cast<Array*>(o);
      if (a->kind != ElementKind::Values || grey.from >= a->size) return 0;
      const size_t end = slice_end(a->size);
      for (size_t i = grey.from; i < end; ++i) mark(a->values[i]);
      return end - grey.from;
    }
    case Tag::Dict: {
      const auto* d = static_cast<Dict*>(o);
      if (grey.from >= d->used) return 0;
      const size_t end = slice_end(d->used);
      for (size_t i = grey.from; i < end; ++i) {
        if (!d->entries[i].key) continue;
        mark(d->entries[i].key);
        mark(d->entries[i].value);
      }
      return 2 * (end - grey.from);
    }
    case Tag::Function: return scan_function(static_cast<Function*>(o));
    case Tag::Singularity: mark(static_cast<Singularity*>(o)->context); return 1;
    case Tag::Box: mark(static_cast<Box*>(o)->value); return 1;
    case Tag::LateScope: {
      auto* scope = static_cast<LateScope*>(o);
      mark(scope->parent);
      for (const LateScope::Entry& e : scope->entries) {
        mark(e.name);
        mark(e.box);
      }
      return 1 + 2 * scope->entries.size();
    }
    case Tag::Proto: return scan_proto(static_cast<Proto*>(o));
    default: return 0;
  }
}

size_t Marker::scan_function(Function* f) {
  if (f->kind == FunctionKind::Closure) {
    auto* c = static_cast<Closure*>(f);
    mark(c->proto);
    for (uint32_t i = 0; i < c->capture_count; ++i) mark(c->captures()[i]);
    return 1 + c->capture_count;
  }
  if (f->kind == FunctionKind::Constructor) {
    auto* c = static_cast<Constructor*>(f);
    mark(c->class_name);
    for (uint32_t i = 0; i < c->field_count; ++i) mark(c->fields()[i]);
    return 1 + c->field_count;
  }
  return 0;  // cells, and what a reference names, are roots
}

size_t Marker::scan_proto(Proto* proto) {
  for (const Value v : proto->constants) mark(v);
  for (Proto* inner : proto->protos) mark(inner);
  for (String* s : proto->kept) mark(s);
  mark(proto->name);
  // A call remembers methods by the addresses of class names, which must not become those of others.
  const auto mark_names = [this](const auto& sites) {
    for (const auto& site : sites)
      for (const String* name : site.cache.class_names) mark(const_cast<String*>(name));
    return MethodCache::kWays * sites.size();
  };
  return 1 + proto->constants.size() + proto->protos.size() + proto->kept.size() + mark_names(proto->method_sites) +
         mark_names(proto->dotted_sites);
}

void Heap::begin_marking(const MarkRoots& mark_roots) {
  new_color_ = marker_.live_;  // what is made from now on is as white as what is there
  marker_.live_ = marker_.live_ % 3 + 1;
  phase_ = Phase::Marking;
  marking_ = true;
  root_scans_ = 0;
  mark_roots(marker_);
}

// True: everything reachable is marked.
bool Heap::mark_some(const MarkRoots& mark_roots, size_t budget) {
  if (!marker_.drain(budget)) return false;
  // Between this scan of the roots and the end the program must not run: whatever it moved from the heap to the roots, or
  // made and holds there only, is found now.
  mark_roots(marker_);
  if (!marker_.drain(budget)) {
    if (++root_scans_ < kRootScans) return false;
    marker_.drain(SIZE_MAX);
  }
  return true;
}

void Heap::end_marking() {
  phase_ = Phase::Sweeping;
  marking_ = false;
  new_color_ = marker_.live_;
  ++statistics_.collections;
  live_bytes_ = used_;
  objects_.begin_sweep();
  large_swept_ = 0;
}

// Marks once more, at one go: a missing write barrier shows as an object that only this marking finds.
void Heap::verify(const MarkRoots& mark_roots) {
  marker_.expected_ = marker_.live_;
  marker_.live_ = marker_.live_ % 3 + 1;
  mark_roots(marker_);
  marker_.drain(SIZE_MAX);
  marker_.expected_ = 0;
}

void Marker::missed(const Object* o) {
  std::fprintf(stderr, "omc: internal error: a live object (tag %d) was not marked; a write barrier is missing\n",
               static_cast<int>(o->tag));
  std::abort();
}

// --- sweeping ----------------------------------------------------------------------------------------------------------

bool Heap::keep_or_free(Object* o, size_t bytes) {
  if (o->color == marker_.live_) return true;
  const size_t before = used_;
  finish(o);
  ++statistics_.objects_freed;
  discharge(bytes);
  const size_t freed = before - used_;
  statistics_.bytes_freed += freed;
  live_bytes_ -= freed;
  threshold_ -= std::min(threshold_, freed);  // the next step is due by what is made, whatever is freed
  return false;
}

// True: there is more.
bool Heap::sweep_some(size_t blocks, size_t large) {
  if (objects_.sweep_blocks(blocks, [this](Object* o, size_t bytes) { return keep_or_free(o, bytes); })) return true;
  for (; large_swept_ < large_.size(); --large) {
    if (large == 0) return true;
    const Large at = large_[large_swept_];
    if (keep_or_free(at.object, at.bytes)) {
      ++large_swept_;
    } else {
      std::free(at.object);
      large_[large_swept_] = large_.back();
      large_.pop_back();
    }
  }
  return false;
}

void Heap::end_sweep() {
  phase_ = Phase::Idle;
  cycle_at_ = std::max(limits_.soft, live_bytes_ + live_bytes_ / 32 * kGarbagePer32);
  if (limits_.hard != SIZE_MAX) cycle_at_ = std::min(cycle_at_, used_ + (limits_.hard - std::min(used_, limits_.hard)) / 2);
}

void Heap::sweep_all() {
  while (sweep_some(SIZE_MAX, SIZE_MAX)) {
  }
  end_sweep();
}

// --- collections -------------------------------------------------------------------------------------------------------

void Heap::collect(const MarkRoots& mark_roots) {
  const auto begin = std::chrono::steady_clock::now();
  if (phase_ == Phase::Marking) {  // what died since it began is found by another
    while (!mark_some(mark_roots, SIZE_MAX)) {
    }
    end_marking();
  }
  if (phase_ == Phase::Sweeping) sweep_all();
  begin_marking(mark_roots);
  marker_.drain(SIZE_MAX);
  end_marking();
  sweep_all();
  threshold_ = cycle_at_;
  pauses_.add(std::chrono::steady_clock::now() - begin);
}

bool Heap::step(const MarkRoots& mark_roots, size_t test_budget) {
  statistics_.peak_bytes = std::max(statistics_.peak_bytes, used_);
  // Under a limit memory is worth more than even pauses.
  if (limits_.hard != SIZE_MAX && !test_budget) {
    collect(mark_roots);
    return true;
  }
  const auto begin = std::chrono::steady_clock::now();
  bool marked = false;
  if (phase_ == Phase::Idle) {
    begin_marking(mark_roots);
  } else if (phase_ == Phase::Marking) {
    const size_t allocated = used_ - std::min(used_, used_at_step_);
    size_t budget = std::clamp(allocated / kBytesPerReference, kSmallestBudget, kLargestBudget);
    if (used_ / 2 > cycle_at_) budget = SIZE_MAX;  // the program makes more than steps can follow
    marked = mark_some(mark_roots, test_budget ? test_budget : budget);
    if (marked && test_budget) verify(mark_roots);
    if (marked) end_marking();
  } else if (!sweep_some(kSweptBlocks, kSweptLarge)) {
    end_sweep();
  }
  used_at_step_ = used_;
  threshold_ = phase_ == Phase::Idle ? cycle_at_ : used_ + kStepBytes;
  pauses_.add(std::chrono::steady_clock::now() - begin);
  return marked;
}

void Pauses::add(std::chrono::nanoseconds pause) {
  ++count_;
  total_ += pause;
  longest_ = std::max(longest_, pause);
  // Bucket: 4 log2 of the nanoseconds, the fraction by the two bits behind the first.
  const uint64_t ns = static_cast<uint64_t>(std::max<int64_t>(pause.count(), 4));
  const auto exponent = static_cast<size_t>(std::bit_width(ns) - 1);
  ++buckets_[std::min(kBuckets - 1, 4 * exponent + ((ns >> (exponent - 2)) & 3))];
}

std::chrono::nanoseconds Pauses::percentile(double share) const {
  const double wanted = share * static_cast<double>(count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      const int64_t upper = static_cast<int64_t>(uint64_t{i % 4 + 5} << (i / 4)) / 4;
      return std::min(longest_, std::chrono::nanoseconds(upper));
    }
  }
  return longest_;
}

void Heap::finish(Object* o) {
  switch (o->tag) {
    case Tag::String:
      if (static_cast<String*>(o)->interned()) interned_.erase(static_cast<String*>(o)->view());
      break;
    case Tag::StringBuffer: {
      auto* b = static_cast<StringBuffer*>(o);
      free_raw(b->data, b->capacity);
      break;
    }
    case Tag::Array: {
      const auto* a = static_cast<Array*>(o);
      if (!a->inside()) free_raw(a->data, a->capacity * Array::element_bytes(a->kind));
      break;
    }
    case Tag::Dict: static_cast<Dict*>(o)->clear(*this); break;
    case Tag::LateScope: static_cast<LateScope*>(o)->~LateScope(); break;
    case Tag::Proto: static_cast<Proto*>(o)->~Proto(); break;
    case Tag::Other: static_cast<OtherObject*>(o)->~OtherObject(); break;
    default: break;
  }
}

Heap::~Heap() {
  interned_.clear();
  if (phase_ == Phase::Sweeping) sweep_all();
  marker_.live_ = 0;  // no object's colour
  objects_.begin_sweep();
  large_swept_ = 0;
  sweep_all();
  if (lost_) *lost_ += used_;
}

}  // namespace omc::vm
