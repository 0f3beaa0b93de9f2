#include "tape/files/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>     // memcpy
#include <functional>  // greater
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "substrate/hash.hpp"

namespace omc::tape {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kTypeNames[] = {"F64", "F32", "F16", "BF16", "I64", "I32",
                                           "I16", "I8",  "U32", "U16",  "U8",  "BOOL"};
constexpr const char* kHashKey = "content_hash";
constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the format
constexpr int kDeepest = 8;                       // levels of it; a header needs three

std::optional<CellType> cell_type(const Json& name) {
  if (!name.is_string()) return std::nullopt;
  const auto found = std::ranges::find(kTypeNames, name.get_ref<const std::string&>());
  if (found == std::end(kTypeNames)) return std::nullopt;
  return static_cast<CellType>(found - kTypeNames);
}

[[noreturn]] void refuse(std::string_view what) {
  throw Error(fmt::format("not a safetensors file: {}", what));
}

using Metadata = std::map<std::string, std::string>;

std::string hash_of(const Metadata& metadata, const Json& described, std::string_view cells) {
  return fmt::format("{:016x}", substrate::fnv(Json(metadata).dump() + described.dump() + std::string(cells)));
}

Json describe(const StoredTensor& t, size_t begin) {
  return {{"dtype", kTypeNames[static_cast<size_t>(t.type)]},
          {"shape", t.shape},
          {"data_offsets", {begin, begin + t.cells.size()}}};
}

// A key that stands twice would silently lose one of the two.
Json parse_header(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    // What is written anew, for messages and the hash, is so by recursion.
    if (depth > kDeepest) refuse("the header is nested too deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      refuse(fmt::format("the name \"{}\" stands twice in the header", parsed.get<std::string>()));
    return true;
  };
  try {
    Json header = Json::parse(text, watch);
    if (header.is_object()) return header;
  } catch (const Json::exception&) {
  }
  refuse("the header is no JSON object");
}

}  // namespace

std::string write_safetensors(std::span<const StoredTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
  // Wide cells first: then each tensor begins at a multiple of its cells' size.
  std::vector<StoredTensor> ordered(tensors.begin(), tensors.end());
  std::ranges::stable_sort(ordered, std::greater(), [](const StoredTensor& t) { return cell_bytes(t.type); });
  Json described = Json::object();
  std::string cells;
  for (const StoredTensor& t : ordered) {
    if (t.name == "__metadata__" || described.contains(t.name))
      throw Error(fmt::format("a tensor cannot be named \"{}\"", t.name));
    described[t.name] = describe(t, cells.size());
    cells += t.cells;
  }
  Json header = {{"__metadata__", metadata}};
  header["__metadata__"][kHashKey] = hash_of(metadata, described, cells);
  header.update(described);
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // so that cells begin at a multiple of 8
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text + cells;
}

TensorFile read_safetensors(std::string_view file) {
  if (file.size() < 8) refuse("it is shorter than 8 bytes");
  uint64_t length;
  std::memcpy(&length, file.data(), 8);
  if (length > kLongestHeader || length > file.size() - 8)
    refuse(fmt::format("a header of {} bytes in a file of {}", length, file.size()));
  Json header = parse_header(file.substr(8, length));
  const std::string_view cells = file.substr(8 + length);

  TensorFile out;
  std::optional<std::string> hash;
  if (header.contains("__metadata__")) {
    if (!header["__metadata__"].is_object()) refuse("__metadata__ is no object");
    for (const auto& [key, value] : header["__metadata__"].items()) {
      if (!value.is_string()) refuse(fmt::format("the metadata \"{}\" is no text", key));
      if (key == kHashKey)
        hash = value.get<std::string>();
      else
        out.metadata[key] = value.get<std::string>();
    }
    header.erase("__metadata__");
  }

  struct Place {
    size_t begin, end, tensor;
  };
  std::vector<Place> places;
  for (const auto& [name, row] : header.items()) {
    const std::string what = fmt::format("tensor \"{}\"", name);
    if (!row.is_object() || !row.contains("dtype") || !row.contains("shape") || !row.contains("data_offsets"))
      refuse(what + " lacks dtype, shape or data_offsets");
    const std::optional<CellType> type = cell_type(row["dtype"]);
    if (!type) throw Error(fmt::format("{} has the dtype {}, which is not supported", what, row["dtype"].dump()));
    const auto whole = [](const Json& n) { return n.is_number_unsigned(); };
    const Json &shape = row["shape"], &offsets = row["data_offsets"];
    if (!shape.is_array() || !std::ranges::all_of(shape, whole)) refuse(what + ": a bad shape");
    if (!offsets.is_array() || offsets.size() != 2 || !std::ranges::all_of(offsets, whole))
      refuse(what + ": bad offsets");
    const uint64_t begin = offsets[0], end = offsets[1];
    if (begin > end || end > cells.size())
      refuse(fmt::format("{} is at {} to {} of {} bytes: cut short?", what, begin, end, cells.size()));
    StoredTensor t{name, *type, shape.get<std::vector<int64_t>>(), cells.substr(begin, end - begin)};
    if (cell_count(t.shape, what) * cell_bytes(t.type) != end - begin)
      refuse(what + ": its shape does not fit its bytes");
    places.push_back({begin, end, out.tensors.size()});
    out.tensors.push_back(std::move(t));
  }

  std::ranges::stable_sort(places, [](const Place& a, const Place& b) {
    return a.begin < b.begin || (a.begin == b.begin && a.end < b.end);
  });
  size_t at = 0;
  for (const Place& p : places) {
    if (p.begin != at)
      refuse(fmt::format("tensor \"{}\" {}", out.tensors[p.tensor].name,
                         p.begin < at ? "overlaps another" : "follows a gap"));
    at = p.end;
  }
  if (at != cells.size()) refuse(fmt::format("{} bytes left over", cells.size() - at));
  if (hash && *hash != hash_of(out.metadata, header, cells))
    throw Error("the content does not fit its hash: the file was altered");

  std::vector<StoredTensor> ordered;
  for (const Place& p : places) ordered.push_back(std::move(out.tensors[p.tensor]));
  out.tensors = std::move(ordered);
  return out;
}

}  // namespace omc::tape
