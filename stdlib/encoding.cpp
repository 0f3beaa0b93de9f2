// Hashes, base64 and CSV (core builtins, section 11).

#include <array>
#include <optional>
#include <vector>

#include "lang/source.hpp"  // valid_utf8_prefix
#include "stdlib/digest.hpp"
#include "stdlib/stdlib.hpp"
#include "stdlib/text.hpp"
#include "substrate/interrupt.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using namespace vm;

namespace {

Value digest(Vm& vm, const Args& args, Digest algorithm) {
  const Args::Text text = args.text(0);
  const auto hexadecimal = digest_text(algorithm, text.view());
  if (!hexadecimal) throw args.error("libcrypto is not installed");
  return vm.text(*hexadecimal);
}

Value sha256(Vm& vm, Args args) { return digest(vm, args, Digest::Sha256); }
Value sha512(Vm& vm, Args args) { return digest(vm, args, Digest::Sha512); }

// G. Fowler, L. Noll, K.-P. Vo, The FNV Non-Cryptographic Hash Algorithm (draft-eastlake-fnv): FNV-1a, 64 bits.
int64_t fnv1a(std::string_view s) {
  uint64_t h = 0xcbf29ce484222325;
  constexpr size_t kTurn = 1 << 20;
  for (; !s.empty(); s.remove_prefix(std::min(s.size(), kTurn))) {
    substrate::interrupt_point();
    for (const char c : s.substr(0, kTurn)) {
      h ^= static_cast<unsigned char>(c);
      h *= 0x100000001b3;
    }
  }
  return static_cast<int64_t>(h);
}

Value fnv1a_hash(Vm&, Args args) { return Value::integer(fnv1a(args.text(0))); }

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Value base64_encode(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  const std::string_view s = text;
  require_room(vm, s.size() / 3 * 4 + 4);
  std::string out;
  out.reserve(s.size() / 3 * 4 + 4);
  for (size_t i = 0; i < s.size(); i += 3) {
    if (i % (3 << 16) == 0) substrate::interrupt_point();
    const size_t n = std::min<size_t>(s.size() - i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < n ? static_cast<unsigned char>(s[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kAlphabet[(bits >> (18 - 6 * k)) & 63] : '=';
  }
  return vm.text(out);
}

constexpr std::array<int8_t, 256> kSixBits = [] {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  int8_t bits = 0;
  for (const char c : kAlphabet) table[static_cast<unsigned char>(c)] = bits++;
  return table;
}();

// The bytes, or why there are none. Padding may be missing, but there must not be too much.
std::string decode_base64(std::string_view s, std::string& why) {
  std::string_view symbols = s.substr(0, s.find_last_not_of('=') + 1);
  const size_t padding = s.size() - symbols.size();
  std::string out;
  out.reserve(symbols.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  for (size_t i = 0; i < symbols.size(); ++i) {
    const int8_t six = kSixBits[static_cast<unsigned char>(symbols[i])];
    if (i % (1 << 16) == 0) substrate::interrupt_point();
    if (six < 0) return why = "invalid symbol at offset " + std::to_string(i), "";
    bits = bits << 6 | static_cast<uint32_t>(six);
    if (i % 4 > 0) out += static_cast<char>(bits >> (6 - 2 * (i % 4)));
  }
  const size_t last = symbols.size() % 4;  // symbols of an incomplete group of four
  if (last == 1) return why = "invalid length", "";
  if (padding > (4 - last) % 4) return why = "invalid padding", "";
  if ((last == 2 && bits & 15) || (last == 3 && bits & 3)) return why = "invalid last symbol", "";
  return out;
}

Value base64_decode(Vm& vm, Args args) {
  std::string why;
  const std::string bytes = decode_base64(args.text(0), why);
  if (!why.empty()) throw args.error("invalid base64: " + why);
  if (const size_t bad = lang::valid_utf8_prefix(bytes); bad != bytes.size())
    throw args.error("invalid UTF-8: byte " + std::to_string(bad));
  return vm.text(bytes);
}

// No quoting, no trimming: cells are what stands between separators.
Value csv_parse(Vm& vm, Args args) {
  const Args::Text text = args.text(0);
  const std::string given = args.has(1) ? std::string(args.text(1).view()) : "";
  const std::string_view separator = given.empty() ? "," : std::string_view(given);
  bool skip = args.integer_or(2, 0) != 0;
  std::vector<Value> rows, cells;
  for_each_line(text, [&](std::string_view line) {
    if (std::exchange(skip, false) || line.empty()) return;
    cells.clear();
    for (size_t at; (at = find_text(line, separator)) != std::string_view::npos;) {
      cells.push_back(vm.text(line.substr(0, at)));
      line.remove_prefix(at + separator.size());
    }
    cells.push_back(vm.text(line));
    rows.push_back(vm.heap().array_of(cells));
    if (rows.size() % 4096 == 0) vm.poll();
  });
  return vm.heap().array_of(rows);
}

constexpr Builtin kBuiltins[] = {
    {"sha256", "(v) -> string", "SHA-256 of the text, in lower-case hexadecimal.",
     "str_slice(sha256(\"abc\"), 0, 8)  # ba7816bf", sha256},
    {"sha512", "(v) -> string", "SHA-512 of the text, in lower-case hexadecimal.",
     "str_slice(sha512(\"abc\"), 0, 8)  # ddaf35a1", sha512},
    {"fnv1a_hash", "(v) -> int", "64-bit FNV-1a of the text.", "fnv1a_hash(\"hello\")  # -6615550055289275125",
     fnv1a_hash},
    {"base64_encode", "(v) -> string", "The text's bytes in base64, padded.", "base64_encode(\"hello\")  # aGVsbG8=",
     base64_encode},
    {"base64_decode", "(s) -> string", "The text that a base64 text encodes.", "base64_decode(\"aGVsbG8=\")  # hello",
     base64_decode},
    {"csv_parse", "(text, sep?, skip_header?) -> array",
     "Rows of cells, all strings; cells are split at sep, a comma by default, and not quoted.",
     "csv_parse(\"a,b\\n1,2\\n\")  # [[a, b], [1, 2]]", csv_parse},
};

}  // namespace

constinit const std::span<const Builtin> encoding_builtins = kBuiltins;

}  // namespace omc::stdlib
