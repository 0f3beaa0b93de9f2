// The section .text of each object file, with its place in memory filled in.
//
// gdb's interface: Debugging with GDB, chapter "JIT Compilation Interface". It sets a breakpoint into
// __jit_debug_register_code and reads __jit_debug_descriptor, both found by name.

#include "jit/native/listing.hpp"

#include <elf.h>
#include <unistd.h>  // getpid

#include <cstdio>
#include <cstring>
#include <mutex>

extern "C" {
struct jit_code_entry {
  jit_code_entry* next;
  jit_code_entry* previous;
  const char* image;
  uint64_t size;
};
struct jit_descriptor {
  uint32_t version, action;
  jit_code_entry* relevant;
  jit_code_entry* first;
};
__attribute__((visibility("default"), noinline, used)) void __jit_debug_register_code() { __asm__ volatile(""); }
__attribute__((visibility("default"), used)) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
}

namespace omc::jit {

namespace {

enum Action : uint32_t { kRegister = 1, kUnregister = 2 };
std::mutex gdb_list;  // one a process

void tell_gdb(Action action, jit_code_entry& entry) {
  __jit_debug_descriptor.action = action;
  __jit_debug_descriptor.relevant = &entry;
  __jit_debug_register_code();
}

struct Function {
  std::string name;
  uint64_t offset, size;
};

// The functions of an object file; `text` is where the header of their section stands in it.
std::vector<Function> functions(const std::string& image, size_t& text) {
  std::vector<Function> found;
  Elf64_Ehdr header;
  if (image.size() < sizeof(header)) return found;
  std::memcpy(&header, image.data(), sizeof(header));
  const auto section = [&](size_t i) {
    Elf64_Shdr s;
    std::memcpy(&s, image.data() + header.e_shoff + i * header.e_shentsize, sizeof(s));
    return s;
  };
  for (size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr symbols = section(i);
    if (symbols.sh_type != SHT_SYMTAB) continue;
    const Elf64_Shdr names = section(symbols.sh_link);
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, image.data() + symbols.sh_offset + at, sizeof(symbol));
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      text = header.e_shoff + symbol.st_shndx * header.e_shentsize;
      found.push_back({image.data() + names.sh_offset + symbol.st_name, symbol.st_value, symbol.st_size});
    }
  }
  return found;
}

}  // namespace

struct Listing::Known {
  std::string image;
  jit_code_entry entry;
};

Listing::Listing() = default;

Listing::~Listing() {
  const std::lock_guard lock(gdb_list);
  for (const auto& k : known_) {
    jit_code_entry& e = k->entry;
    (e.previous ? e.previous->next : __jit_debug_descriptor.first) = e.next;
    if (e.next) e.next->previous = e.previous;
    tell_gdb(kUnregister, e);
  }
}

void Listing::add(std::string image, const std::string& name, uint64_t address, const CompilerOptions& options) {
  size_t text = 0;
  const std::vector<Function> all = functions(image, text);
  uint64_t base = 0;
  for (const Function& f : all)
    if (f.name == name) base = address - f.offset;
  if (base == 0) return;
  if (options.perf_map) {
    if (std::FILE* map = std::fopen(("/tmp/perf-" + std::to_string(getpid()) + ".map").c_str(), "a")) {
      for (const Function& f : all)
        std::fprintf(map, "%llx %llx %s\n", static_cast<unsigned long long>(base + f.offset),
                     static_cast<unsigned long long>(f.size), f.name.c_str());
      std::fclose(map);
    }
  }
  if (!options.gdb) return;
  std::memcpy(image.data() + text + offsetof(Elf64_Shdr, sh_addr), &base, sizeof(base));
  known_.push_back(std::make_unique<Known>(Known{std::move(image), {}}));
  Known& k = *known_.back();
  const std::lock_guard lock(gdb_list);
  k.entry = {__jit_debug_descriptor.first, nullptr, k.image.data(), k.image.size()};
  if (k.entry.next) k.entry.next->previous = &k.entry;
  __jit_debug_descriptor.first = &k.entry;
  tell_gdb(kRegister, k.entry);
}

}  // namespace omc::jit
