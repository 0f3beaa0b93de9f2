// Allocation, and the makers of each kind of object. Marking and sweeping are in collector.cpp.

#include "vm/heap.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "vm/error.hpp"
#include "vm/globals.hpp"
#include "vm/proto.hpp"
#include "vm/size_text.hpp"

namespace omc::vm {

namespace {

// Strings shorter than this are copied by `+`; longer results get a StringBuffer to grow in.
constexpr size_t kBufferFrom = 64;
// Up to so many bytes of elements stand behind their array from the start.
constexpr size_t kInsideBytes = 64;

}  // namespace

uint32_t hash_text(std::string_view text) {
  // Eight bytes at a time, multiplied to 128 bits and folded, as wyhash (Wang Yi, 2019) mixes.
  uint64_t h = 0x9E3779B97F4A7C15u ^ text.size();
  const char* p = text.data();
  size_t n = text.size();
  const auto mix = [&h](uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(h ^ word) * 0xD1B54A32D192ED03u;
    h = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    mix(word);
  }
  uint64_t tail = n;
  std::memcpy(&tail, p, n);
  mix(tail ^ (static_cast<uint64_t>(n) << 56));
  const uint32_t folded = static_cast<uint32_t>(h ^ (h >> 32));
  return folded ? folded : 1;
}

void Heap::refuse() { throw Error("Memory limit exceeded (" + size_text(limits_.hard) + ")"); }

void* Heap::allocate_slowly(size_t bytes) {
  if (phase_ == Phase::Sweeping)
    if (void* slot = objects_.allocate_sweeping(bytes, [this](Object* o, size_t n) { return keep_or_free(o, n); })) return slot;
  return objects_.allocate(bytes);
}

void* Heap::allocate_large(size_t bytes) {
  charge(bytes);
  large_.push_back({nullptr, bytes});
  void* memory = std::malloc(bytes);
  if (!memory) {
    large_.pop_back();
    discharge(bytes);
    throw std::bad_alloc();
  }
  large_.back().object = static_cast<Object*>(memory);
  return memory;
}

void* Heap::allocate_raw(size_t bytes) {
  charge(bytes);
  void* p = PoolSet::fits(bytes) ? raw_.allocate(bytes) : std::malloc(bytes);
  if (!p) {
    discharge(bytes);
    throw std::bad_alloc();
  }
  return p;
}

void* Heap::reallocate_raw(void* old, size_t old_bytes, size_t now_bytes) {
  if (!old) return allocate_raw(now_bytes);
  if (PoolSet::fits(old_bytes) || PoolSet::fits(now_bytes)) {
    void* p = allocate_raw(now_bytes);
    std::memcpy(p, old, std::min(old_bytes, now_bytes));
    free_raw(old, old_bytes);
    return p;
  }
  if (now_bytes > old_bytes) charge(now_bytes - old_bytes);
  void* p = std::realloc(old, now_bytes);
  if (!p) {
    if (now_bytes > old_bytes) discharge(now_bytes - old_bytes);
    throw std::bad_alloc();
  }
  if (now_bytes < old_bytes) discharge(old_bytes - now_bytes);
  return p;
}

void Heap::free_raw(void* old, size_t bytes) {
  if (!old) return;
  if (PoolSet::fits(bytes)) raw_.free(old, bytes);
  else std::free(old);
  discharge(bytes);
}

void Heap::set_limits(HeapLimits limits) {
  limits_ = limits;
  cycle_at_ = std::min(std::max(cycle_at_, limits.soft), limits.hard);
  if (limits.hard != SIZE_MAX) cycle_at_ = std::min(cycle_at_, limits.hard / 2);
  if (phase_ == Phase::Idle) threshold_ = cycle_at_;
}

String* Heap::string(std::string_view text) {
  if (text.size() >= UINT32_MAX) throw Error("string too long (" + std::to_string(text.size()) + " bytes)");
  String* s = allocate<String>(Tag::String, text.size());
  char* data = reinterpret_cast<char*>(s + 1);
  if (!text.empty()) std::memcpy(data, text.data(), text.size());
  s->data = data;
  s->size_bytes = static_cast<uint32_t>(text.size());
  return s;
}

String* Heap::intern(std::string_view text) {
  if (const auto found = interned_.find(text); found != interned_.end()) {
    String* s = found->second;
    if (!marking_) s->color = new_color_;  // the sweep may not have come to it
    return s;
  }
  String* s = string(text);
  s->flags |= String::kInterned;
  interned_.emplace(s->view(), s);
  return s;
}

String* Heap::concatenate(const String* a, std::string_view b) {
  const size_t size = a->size_bytes + b.size();
  if (size >= UINT32_MAX) throw Error("string too long (" + std::to_string(size) + " bytes)");
  if (size < kBufferFrom) {
    String* s = allocate<String>(Tag::String, size);
    char* data = reinterpret_cast<char*>(s + 1);
    std::memcpy(data, a->data, a->size_bytes);
    if (!b.empty()) std::memcpy(data + a->size_bytes, b.data(), b.size());
    s->data = data;
    s->size_bytes = static_cast<uint32_t>(size);
    return s;
  }
  StringBuffer* buffer = a->buffer;
  const bool extends = buffer && a->data == buffer->data && buffer->used == a->size_bytes && buffer->capacity >= size;
  if (!extends) {
    const size_t capacity = std::max<size_t>(size * 2, 128);
    buffer = allocate<StringBuffer>(Tag::StringBuffer);  // first: what either refuses is then the collector's
    buffer->data = static_cast<char*>(allocate_raw(capacity));
    buffer->capacity = capacity;
    std::memcpy(buffer->data, a->data, a->size_bytes);
  }
  String* s = allocate<String>(Tag::String);
  if (!b.empty()) std::memmove(buffer->data + a->size_bytes, b.data(), b.size());
  buffer->used = size;
  s->buffer = buffer;
  s->data = buffer->data;
  s->size_bytes = static_cast<uint32_t>(size);
  return s;
}

Array* Heap::array(ElementKind kind, size_t size) {
  const size_t bytes = size * Array::element_bytes(kind);
  if (bytes <= kInsideBytes) {
    Array* a = allocate<Array>(Tag::Array, bytes);
    a->kind = kind;
    if (size == 0) return a;
    a->data = a + 1;
    std::memset(a->data, 0, bytes);
    a->size = a->capacity = size;
    return a;
  }
  Array* a = allocate<Array>(Tag::Array);
  a->kind = kind;
  if (PoolSet::fits(bytes)) {
    a->data = allocate_raw(bytes);
    std::memset(a->data, 0, bytes);
  } else {
    charge(bytes);
    a->data = std::calloc(size, Array::element_bytes(kind));
    if (!a->data) {
      discharge(bytes);
      throw std::bad_alloc();
    }
  }
  a->size = a->capacity = size;
  return a;
}

Array* Heap::array_of(std::span<const Value> values) {
  bool all_ints = true, all_floats = true;
  for (const Value& v : values) {
    all_ints &= v.is_int();
    all_floats &= v.is_float();
  }
  if (values.empty()) return array(ElementKind::Ints, 0);
  const ElementKind kind = all_ints ? ElementKind::Ints : all_floats ? ElementKind::Floats : ElementKind::Values;
  const size_t bytes = values.size() * Array::element_bytes(kind);
  Array* a;
  if (bytes <= kInsideBytes) {
    a = allocate<Array>(Tag::Array, bytes);
    a->kind = kind;
    a->data = a + 1;
    a->size = a->capacity = values.size();
  } else {
    a = array(kind, values.size());
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (all_ints) a->ints[i] = values[i].as_int();
    else if (all_floats) a->floats[i] = values[i].as_float();
    else a->values[i] = values[i].read();
  }
  return a;
}

Array* Heap::ints(std::span<const int64_t> values) {
  Array* a = array(ElementKind::Ints, values.size());
  if (!values.empty()) std::memcpy(a->ints, values.data(), values.size_bytes());
  return a;
}

Array* Heap::floats(std::span<const double> values) {
  Array* a = array(ElementKind::Floats, values.size());
  if (!values.empty()) std::memcpy(a->floats, values.data(), values.size_bytes());
  return a;
}

Dict* Heap::dict() { return allocate<Dict>(Tag::Dict); }

Singularity* Heap::singularity(int64_t numerator, int64_t denominator, std::string_view context) {
  Singularity* s = allocate<Singularity>(Tag::Singularity);
  s->numerator = numerator;
  s->denominator = denominator;
  s->context = intern(context);
  return s;
}


}  // namespace omc::vm
