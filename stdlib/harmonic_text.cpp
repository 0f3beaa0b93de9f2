// Text under the harmonic mathematics: a character counts by its code point (language reference, chapter 04, sections 9
// and 12).

#include "lang/source.hpp"  // valid_utf8_prefix
#include "stdlib/array_arguments.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "substrate/text.hpp"

namespace omc::stdlib {

using namespace vm;

static Value harmonic_checksum(Vm&, Args args) {
  return Value::real(substrate::harmonic_checksum(args.text(0)));
}

static Value harmonic_hash(Vm&, Args args) {
  return Value::real(substrate::harmonic_hash(args.text(0)));
}

static Value harmonic_diff(Vm&, Args args) {
  return Value::real(substrate::harmonic_diff(args.text(0), args.text(1)));
}

static Value harmonic_split(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  const std::vector<std::string_view> pieces = substrate::harmonic_split(text);
  Array* out = vm.heap().array(pieces.empty() ? ElementKind::Ints : ElementKind::Values, pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) out->values[i] = vm.text(pieces[i]);
  return out;
}

static Value substrate_embed(Vm& vm, Args args) {
  const int64_t dims = args.has(1) && args[1].is_int() ? args[1].as_int() : 16;
  if (dims < 0) throw args.error("dims must be >= 0");
  return vm.heap().floats(substrate::substrate_embed(args.text(0), checked_count(args, dims)));
}

// "NAME(PATH): WHY"
static Error file_error(const Args& args, const std::string& path, const std::string& why) {
  return Error(std::string(args.name()) + "(" + path + "): " + why);
}

static Value harmonic_write_file(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  const Args::Text content = args.text(1);
  const double score = substrate::harmonic_mean(content);
  if (score < 0.5) return Value::real(-score);
  require(vm, args, Permission::Write, path);
  std::error_code why;
  const Replacement done = replace_file_stepwise(path, content, why);
  if (done == Replacement::NotWritten) throw file_error(args, path, "tmp write failed: " + os_reason(why.value()));
  if (done == Replacement::NotRenamed) throw file_error(args, path, "rename failed: " + os_reason(why.value()));
  return Value::real(score);
}

static Value harmonic_read_file(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  require(vm, args, Permission::Read, path);
  std::error_code why;
  const std::optional<std::string> content = read_whole_file(path, why);
  if (!content) throw file_error(args, path, os_reason(why.value()));
  if (lang::valid_utf8_prefix(*content) != content->size())
    throw file_error(args, path, "stream did not contain valid UTF-8");
  const Value both[] = {vm.text(*content), Value::real(substrate::harmonic_mean(*content))};
  return vm.heap().array_of(both);
}

constexpr Builtin kBuiltins[] = {
    {"harmonic_checksum", "(s) -> float", "The sum of the resonances of the characters.",
     "harmonic_checksum(\"aa\")  # 1.836734693877551", harmonic_checksum, "harmonic_checksum requires 1 argument"},
    {"harmonic_hash", "(string) -> float", "The sum of the resonances of the characters, weighted by their place.",
     "harmonic_hash(\"\")  # 0.0", harmonic_hash},
    {"harmonic_diff", "(a, b) -> float", "How far apart the harmonic hashes of two texts are, from 0.0 to 1.0.",
     "harmonic_diff(\"same\", \"same\")  # 0.0", harmonic_diff},
    {"harmonic_split", "(string) -> array", "Pieces of attractor length, prolonged to a blank where one is near.",
     "harmonic_split(\"one two three go on\")  # [one two three, go on]", harmonic_split},
    {"substrate_embed", "(text, dims?) -> array", "A unit vector for a text, of 16 dimensions if not given.",
     "len(substrate_embed(\"text\", 8))  # 8", substrate_embed},
    {"harmonic_write_file", "(path, content) -> float",
     "Makes a text the content of a file, unless its mean resonance is below 0.5; the mean, negative when refused.",
     "harmonic_write_file(\"note.tmp\", \"\")  # -0.0", harmonic_write_file, {}, Effect::Outside},
    {"harmonic_read_file", "(path) -> array", "The content of a file and the mean resonance of its characters.",
     "harmonic_write_file(\"note.tmp\", \"hi\"); println(harmonic_read_file(\"note.tmp\")[0]);", harmonic_read_file, {}, Effect::Outside},
};

constinit const std::span<const Builtin> harmonic_text_builtins = kBuiltins;

}  // namespace omc::stdlib
