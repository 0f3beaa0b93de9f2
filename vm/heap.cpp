// Allocation, marking and sweeping; and the makers of each kind of object.

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

void* Heap::allocate_raw(size_t bytes) {
  charge(bytes);
  void* p = std::malloc(std::max<size_t>(bytes, 1));
  if (!p) {
    discharge(bytes);
    throw std::bad_alloc();
  }
  return p;
}

void* Heap::reallocate_raw(void* old, size_t old_bytes, size_t now_bytes) {
  if (now_bytes > old_bytes) charge(now_bytes - old_bytes);
  void* p = std::realloc(old, std::max<size_t>(now_bytes, 1));
  if (!p) {
    if (now_bytes > old_bytes) discharge(now_bytes - old_bytes);
    throw std::bad_alloc();
  }
  if (now_bytes < old_bytes) discharge(old_bytes - now_bytes);
  return p;
}

void Heap::free_raw(void* old, size_t bytes) {
  if (!old) return;
  std::free(old);
  discharge(bytes);
}

void Heap::set_limits(HeapLimits limits) {
  limits_ = limits;
  threshold_ = std::min(std::max(threshold_, limits.soft), limits.hard);
  if (limits.hard != SIZE_MAX) threshold_ = std::min(threshold_, limits.hard / 2);
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
  if (const auto found = interned_.find(text); found != interned_.end()) return found->second;
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
  Array* a = allocate<Array>(Tag::Array);
  a->kind = kind;
  if (size == 0) return a;
  const size_t bytes = size * Array::element_bytes(kind);
  charge(bytes);
  a->data = std::calloc(size, Array::element_bytes(kind));
  if (!a->data) {
    discharge(bytes);
    throw std::bad_alloc();
  }
  a->size = a->capacity = size;
  return a;
}

Array* Heap::array_of(std::span<const Value> values) {
  bool all_ints = true, all_floats = true;
  for (const Value v : values) {
    all_ints &= v.is_int();
    all_floats &= v.is_float();
  }
  if (values.empty()) return array(ElementKind::Ints, 0);
  Array* a = array(all_ints ? ElementKind::Ints : all_floats ? ElementKind::Floats : ElementKind::Values, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (all_ints) a->ints[i] = values[i].as_int();
    else if (all_floats) a->floats[i] = values[i].as_float();
    else a->values[i] = values[i];
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

// --- marking and sweeping ----------------------------------------------------------------------------------------------

void Marker::drain() {
  while (!grey_.empty()) {
    Object* o = grey_.back();
    grey_.pop_back();
    scan(o);
  }
}

void Marker::scan(Object* o) {
  switch (o->tag) {
    case Tag::String: mark(static_cast<String*>(o)->buffer); break;
    case Tag::Array: {
      const auto* a = static_cast<Array*>(o);
      if (a->kind == ElementKind::Values)
        for (size_t i = 0; i < a->size; ++i) mark(a->values[i]);
      break;
    }
    case Tag::Dict: {
      const auto* d = static_cast<Dict*>(o);
      for (uint32_t i = 0; i < d->used; ++i) {
        if (!d->entries[i].key) continue;
        mark(d->entries[i].key);
        mark(d->entries[i].value);
      }
      break;
    }
    case Tag::Function: {
      auto* f = static_cast<Function*>(o);
      if (f->kind == FunctionKind::Closure) {
        auto* c = static_cast<Closure*>(f);
        mark(c->proto);
        for (uint32_t i = 0; i < c->capture_count; ++i) mark(c->captures()[i]);
      } else if (f->kind == FunctionKind::Constructor) {
        auto* c = static_cast<Constructor*>(f);
        mark(c->class_name);
        for (uint32_t i = 0; i < c->field_count; ++i) mark(c->fields()[i]);
      }
      break;  // cells, and what a reference names, are roots
    }
    case Tag::Singularity: mark(static_cast<Singularity*>(o)->context); break;
    case Tag::Box: mark(static_cast<Box*>(o)->value); break;
    case Tag::LateScope: {
      auto* scope = static_cast<LateScope*>(o);
      mark(scope->parent);
      for (const LateScope::Entry& e : scope->entries) {
        mark(e.name);
        mark(e.box);
      }
      break;
    }
    case Tag::Proto: {
      auto* proto = static_cast<Proto*>(o);
      for (const Value v : proto->constants) mark(v);
      for (Proto* inner : proto->protos) mark(inner);
      for (String* s : proto->kept) mark(s);
      mark(proto->name);
      break;
    }
    default: break;
  }
}

void Heap::collect(const std::function<void(Marker&)>& mark_roots) {
  Marker marker;
  mark_roots(marker);
  marker.drain();
  std::erase_if(interned_, [](const auto& entry) { return !entry.second->marked; });
  Object** link = &objects_;
  while (Object* o = *link) {
    if (o->marked) {
      o->marked = false;
      link = &o->next;
    } else {
      *link = o->next;
      free_object(o);
      ++statistics_.objects_freed;
    }
  }
  ++statistics_.collections;
  threshold_ = std::max(limits_.soft, used_ * 2);
  if (limits_.hard != SIZE_MAX) threshold_ = std::min(threshold_, used_ + (limits_.hard - std::min(used_, limits_.hard)) / 2);
}

void Heap::free_object(Object* o) {
  const auto release = [this, o](auto* object, size_t extra = 0) {
    using T = std::remove_pointer_t<decltype(object)>;
    discharge(sizeof(T) + extra);
    object->~T();
    ::operator delete(static_cast<void*>(o));
  };
  switch (o->tag) {
    case Tag::String: {
      auto* s = static_cast<String*>(o);
      release(s, s->buffer ? 0 : s->size_bytes);
      break;
    }
    case Tag::StringBuffer: {
      auto* b = static_cast<StringBuffer*>(o);
      free_raw(b->data, b->capacity);
      release(b);
      break;
    }
    case Tag::Array: {
      auto* a = static_cast<Array*>(o);
      free_raw(a->data, a->capacity * Array::element_bytes(a->kind));
      release(a);
      break;
    }
    case Tag::Dict: {
      auto* d = static_cast<Dict*>(o);
      d->clear(*this);
      release(d);
      break;
    }
    case Tag::Function: {
      auto* f = static_cast<Function*>(o);
      if (f->kind == FunctionKind::Closure) {
        auto* c = static_cast<Closure*>(f);
        release(c, c->capture_count * sizeof(Value));
      } else if (f->kind == FunctionKind::Constructor) {
        auto* c = static_cast<Constructor*>(f);
        release(c, c->field_count * sizeof(String*));
      } else {
        release(static_cast<FunctionReference*>(f));
      }
      break;
    }
    case Tag::Singularity: release(static_cast<Singularity*>(o)); break;
    case Tag::Box: release(static_cast<Box*>(o)); break;
    case Tag::LateScope: release(static_cast<LateScope*>(o)); break;
    case Tag::Proto: release(static_cast<Proto*>(o)); break;
    case Tag::Other: release(static_cast<OtherObject*>(o)); break;
    default: OMC_ASSERT(false);
  }
}

Heap::~Heap() {
  while (Object* o = objects_) {
    objects_ = o->next;
    free_object(o);
  }
}

}  // namespace omc::vm
