#include "omc/packages.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "omc/session.hpp"  // reason_text
#include "stdlib/digest.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/http_client.hpp"

namespace omc::tools {

namespace {

constexpr size_t kMaxFetchBytes = size_t{16} << 20;
constexpr int64_t kFetchMilliseconds = 30'000;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string fetch(const std::string& place) {
  if (is_http(place)) {
    stdlib::HttpRequest request;
    request.url = place;
    request.timeout_ms = kFetchMilliseconds;
    request.max_answer_bytes = kMaxFetchBytes;
    auto outcome = stdlib::http_exchange(request, [] {});
    if (const auto* failed = std::get_if<stdlib::HttpFailure>(&outcome)) throw PackageError(failed->why);
    auto& answer = std::get<stdlib::HttpAnswer>(outcome);
    if (answer.status < 200 || answer.status >= 300) throw PackageError(fmt::format("HTTP {}", answer.status));
    return std::move(answer.body);
  }
  std::error_code why;
  const std::string path = place.starts_with("file://") ? file_path(place) : place;
  std::optional<std::string> bytes = stdlib::read_whole_file(path, why);
  if (!bytes) throw PackageError(reason_text(why));
  if (bytes->size() > kMaxFetchBytes) throw PackageError(fmt::format("larger than {} MiB", kMaxFetchBytes >> 20));
  return std::move(*bytes);
}

Registry fetch_registry(const std::string& place) {
  if (place.empty()) throw PackageError("no registry: OMC_REGISTRY is not set");
  try {
    return parse_registry(place, fetch(place));
  } catch (const PackageError& e) {
    throw PackageError(fmt::format("registry fetch {}: {}", place, e.what()));
  }
}

Package download(const std::string& name, const std::string& url, const std::optional<std::string>& sha256) {
  if (url.empty()) throw PackageError("its entry in the registry lacks url or sha256");
  if (!is_module_name(name)) throw PackageError("not a module name: a letter, digit or _, then also . and -");
  Package package{name, url, fetch(url), {}, sha256.has_value()};
  const auto hash = stdlib::digest_text(stdlib::Digest::Sha256, package.bytes);
  if (hash) package.sha256 = *hash;
  else if (sha256) throw PackageError("cannot verify: libcrypto is not installed");
  if (sha256 && lower(*sha256) != package.sha256)
    throw PackageError(fmt::format("hash mismatch — expected {}, got {}", lower(*sha256), package.sha256));
  return package;
}

void write_module(const Package& package) {
  std::error_code why;
  if (!stdlib::replace_file("omc_modules/" + package.name + ".omc", package.bytes, why))
    throw PackageError(fmt::format("cannot write omc_modules/{}.omc: {}", package.name, reason_text(why)));
}

std::map<std::string, Locked> read_lock(const std::string& path) {
  std::error_code why;
  const auto text = stdlib::read_whole_file(path, why);
  return text ? parse_lock(*text) : std::map<std::string, Locked>();
}

}  // namespace omc::tools
