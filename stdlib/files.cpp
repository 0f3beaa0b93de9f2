// Files (language reference, chapter 02, section 12).

#include <fmt/format.h>

#include "lang/source.hpp"  // valid_utf8_prefix
#include "stdlib/file_io.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Builtin;
using vm::Value;
using vm::Vm;

static Value read_file(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Read, path);
  std::error_code why;
  const auto text = read_whole_file(path, why);
  if (!text) throw vm::Error(fmt::format("{}({}): {}", args.name(), path, os_reason(why.value())));
  if (lang::valid_utf8_prefix(*text) != text->size())
    throw vm::Error(fmt::format("{}({}): stream did not contain valid UTF-8", args.name(), path));
  return vm.text(*text);
}

static Value write_file(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Write, path);
  std::error_code why;
  if (!replace_file(path, args.text(1), why))
    throw vm::Error(fmt::format("{}({}): {}", args.name(), path, os_reason(why.value())));
  return Value::integer(1);
}

static Value file_append(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Write, path);
  std::error_code why;
  if (!append_to_file(path, args.text(1), why))
    throw args.error(fmt::format("cannot open '{}': {}", path, os_reason(why.value())));
  return Value::null();
}

static Value file_exists(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Read, path);
  return Value::integer(entry_exists(path));
}

static Value file_ls(Vm& vm, Args args) {
  const std::string path(args.has(0) ? args.text(0).view() : ".");
  require(vm, args, Permission::Read, path);
  std::error_code why;
  const auto names = list_folder(path, why);
  if (!names) throw args.error(os_reason(why.value()));
  vm::Array* out = vm.heap().array(vm::ElementKind::Values, 0);
  for (const std::string& name : *names) out->push(vm.heap(), vm.text(replace_ill_formed(name)));
  return out;
}

static Value file_make_folder(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Write, path);
  std::error_code why;
  if (!make_folder(path, why)) throw vm::Error(fmt::format("{}({}): {}", args.name(), path, os_reason(why.value())));
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"read_file", "(p) -> string", "The content of a file.",
     "write_file(\"note.tmp\", \"hi\"); println(read_file(\"note.tmp\"))", read_file},
    {"file_read", "(p) -> string", "The same as read_file.",
     "write_file(\"note.tmp\", \"hi\"); println(file_read(\"note.tmp\"))", read_file},
    {"write_file", "(p, v) -> int", "Makes the text of v the content of a file, all at once.",
     "write_file(\"note.tmp\", 42)  # 1", write_file},
    {"file_write", "(p, v) -> int", "The same as write_file.", "file_write(\"note.tmp\", [1, 2])  # 1", write_file},
    {"file_append", "(p, v) -> null", "Adds the text of v at the end of a file.",
     "file_append(\"note.tmp\", \"more\")  # null", file_append},
    {"file_exists", "(p) -> int", "1 when there is a file or folder of that name.", "file_exists(\".\")  # 1",
     file_exists},
    {"file_make_folder", "(dir) -> null", "Makes a folder, and those above it, unless it is there.",
     "file_make_folder(\".\")  # null", file_make_folder},
    {"file_ls", "(dir?) -> array", "Names of a folder's entries, sorted.", "type_of(file_ls(\".\"))  # array", file_ls},
};

constinit const std::span<const Builtin> files_builtins = kBuiltins;

}  // namespace omc::stdlib
