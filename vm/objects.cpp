// Strings, arrays and dicts: what needs more than a line.

#include <algorithm>
#include <cstring>

#include "vm/heap.hpp"
#include "vm/object.hpp"

namespace omc::vm {

uint32_t String::count_characters() const {
  if (characters == kUnknownCount) {
    uint32_t n = 0;
    for (const char c : view()) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
    characters = n;
  }
  return characters;
}

// --- Array -------------------------------------------------------------------------------------------------------------

void Array::replace_elements(Heap& heap, void* memory, size_t memory_capacity, ElementKind memory_kind) {
  if (!inside()) heap.free_raw(data, capacity * element_bytes(kind));
  data = memory;
  capacity = memory_capacity;
  kind = memory_kind;
}

void Array::reserve(Heap& heap, size_t n) {
  if (n <= capacity) return;
  const size_t bytes = element_bytes(kind);
  if (inside()) {
    void* memory = heap.allocate_raw(n * bytes);
    std::memcpy(memory, data, size * bytes);
    data = memory;
  } else {
    data = heap.reallocate_raw(data, capacity * bytes, n * bytes);
  }
  capacity = n;
}

void Array::widen(Heap& heap) {
  if (kind == ElementKind::Values) return;
  const size_t n = std::max<size_t>(capacity, 1);
  Value* now = static_cast<Value*>(heap.allocate_raw(n * sizeof(Value)));
  for (size_t i = 0; i < size; ++i) now[i] = at(i);
  replace_elements(heap, now, n, ElementKind::Values);
}

void Array::set(Heap& heap, size_t i, Value v) {
  OMC_ASSERT(i < size);
  if (kind == ElementKind::Ints && v.is_int()) ints[i] = v.as_int();
  else if (kind == ElementKind::Floats && v.is_float()) floats[i] = v.as_float();
  else {
    widen(heap);
    heap.write_barrier(v);
    values[i] = v;
  }
}

void Array::push(Heap& heap, Value v) {
  if (size == 0) {
    const ElementKind wanted = v.is_int() ? ElementKind::Ints : v.is_float() ? ElementKind::Floats : ElementKind::Values;
    if (wanted != kind) {
      if (element_bytes(wanted) != element_bytes(kind)) replace_elements(heap, nullptr, 0, wanted);
      kind = wanted;
    }
  } else if (!((kind == ElementKind::Ints && v.is_int()) || (kind == ElementKind::Floats && v.is_float()))) {
    widen(heap);
  }
  if (size == capacity) reserve(heap, std::max<size_t>(4, capacity + capacity / 2 + 1));
  switch (kind) {
    case ElementKind::Ints: ints[size++] = v.as_int(); break;
    case ElementKind::Floats: floats[size++] = v.as_float(); break;
    case ElementKind::Values:
      heap.write_barrier(v);
      values[size++] = v;
      break;
  }
}

// --- Dict --------------------------------------------------------------------------------------------------------------

namespace {

bool same_text(const String* a, const String* b) {
  if (a == b) return true;
  if (a->interned() && b->interned()) return false;
  return a->size_bytes == b->size_bytes && std::memcmp(a->data, b->data, a->size_bytes) == 0;
}

uint32_t table_size_for(uint32_t capacity) {
  uint32_t n = 16;
  while (n < capacity + capacity / 2) n *= 2;
  return n;
}

void drop_order(Heap& heap, const Dict& d) {
  if (!d.order) return;
  heap.free_raw(d.order, d.size * sizeof(uint32_t));
  d.order = nullptr;
}

void drop_table(Heap& heap, Dict& d) {
  if (!d.table) return;
  heap.free_raw(d.table, (size_t{d.table_mask} + 1) * sizeof(uint32_t));
  d.table = nullptr;
  d.table_mask = 0;
}

// Squeezes removed entries out, makes room for `capacity` entries, and builds the table anew.
void rebuild(Heap& heap, Dict& d, uint32_t capacity) {
  uint32_t used = 0;
  for (uint32_t i = 0; i < d.used; ++i)
    if (d.entries[i].key) d.entries[used++] = d.entries[i];
  // What a refusal of memory leaves is right: at worst a dict without a table, which is searched from end to end.
  if (used != d.used) {
    drop_table(heap, d);
    heap.elements_moved(&d);
  }
  d.used = used;
  d.entries = static_cast<Dict::Entry*>(
      heap.reallocate_raw(d.entries, d.capacity * sizeof(Dict::Entry), capacity * sizeof(Dict::Entry)));
  drop_table(heap, d);
  Dict::Entry* const entries = d.entries;
  d.capacity = capacity;
  if (capacity <= Dict::kLinear) return;
  const uint32_t n = table_size_for(capacity);
  d.table = static_cast<uint32_t*>(heap.allocate_raw(n * sizeof(uint32_t)));
  std::memset(d.table, 0, n * sizeof(uint32_t));
  d.table_mask = n - 1;
  for (uint32_t i = 0; i < used; ++i) {
    uint32_t slot = hash_of(entries[i].key) & d.table_mask;
    while (d.table[slot]) slot = (slot + 1) & d.table_mask;
    d.table[slot] = i + 1;
  }
}

}  // namespace

uint32_t Dict::find(const String* key) const {
  if (!table) {
    for (uint32_t i = 0; i < used; ++i)
      if (entries[i].key == key) return i;
    if (size == 0) return kMissing;
    for (uint32_t i = 0; i < used; ++i)
      if (entries[i].key && same_text(entries[i].key, key)) return i;
    return kMissing;
  }
  const uint32_t wanted = hash_of(const_cast<String*>(key));  // caches its hash
  for (uint32_t slot = wanted & table_mask; table[slot]; slot = (slot + 1) & table_mask) {
    const uint32_t i = table[slot] - 1;
    const String* k = entries[i].key;
    if (k == key || (k && k->hash == wanted && same_text(k, key))) return i;
  }
  return kMissing;
}

const Value* Dict::get(std::string_view key) const {
  if (!table) {
    for (uint32_t i = 0; i < used; ++i)
      if (entries[i].key && entries[i].key->view() == key) return &entries[i].value;
    return nullptr;
  }
  const uint32_t wanted = hash_text(key);
  for (uint32_t slot = wanted & table_mask; table[slot]; slot = (slot + 1) & table_mask) {
    const Entry& e = entries[table[slot] - 1];
    if (e.key && e.key->hash == wanted && e.key->view() == key) return &e.value;
  }
  return nullptr;
}

void Dict::set(Heap& heap, String* key, Value v) {
  heap.write_barrier(v);
  const uint32_t found = find(key);
  if (found != kMissing) {
    entries[found].value = v;
    return;
  }
  heap.write_barrier(key);
  drop_order(heap, *this);
  if (used == capacity) rebuild(heap, *this, std::max<uint32_t>(4, size + size / 2 + 1));
  entries[used] = {key, v};
  if (table) {
    uint32_t slot = hash_of(key) & table_mask;
    while (table[slot]) slot = (slot + 1) & table_mask;
    table[slot] = used + 1;
  }
  ++used;
  ++size;
}

bool Dict::remove(Heap& heap, const String* key) {
  const uint32_t found = find(key);
  if (found == kMissing) return false;
  drop_order(heap, *this);
  entries[found] = {nullptr, Value()};
  --size;
  if (size == 0) {
    clear(heap);
  } else if (used >= 32 && size < used / 4) {
    rebuild(heap, *this, size + size / 2 + 1);
  }
  return true;
}

void Dict::clear(Heap& heap) {
  drop_order(heap, *this);
  heap.free_raw(entries, capacity * sizeof(Entry));
  if (table) heap.free_raw(table, (size_t{table_mask} + 1) * sizeof(uint32_t));
  entries = nullptr;
  table = nullptr;
  used = size = capacity = table_mask = 0;
}

std::span<const uint32_t> Dict::sorted(Heap& heap) const {
  if (!order && size > 0) {
    order = static_cast<uint32_t*>(heap.allocate_raw(size * sizeof(uint32_t)));
    uint32_t n = 0;
    for (uint32_t i = 0; i < used; ++i)
      if (entries[i].key) order[n++] = i;
    std::sort(order, order + n, [this](uint32_t a, uint32_t b) { return entries[a].key->view() < entries[b].key->view(); });
  }
  return {order, size};
}

}  // namespace omc::vm
