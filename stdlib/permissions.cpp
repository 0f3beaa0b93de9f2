// The one gate. What is asked for is brought to a form that cannot be spelled in two ways before it is compared.

#include "stdlib/permissions.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace omc::stdlib {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNames[kPermissionCount] = {"read", "write", "run", "net", "env", "clock"};

bool is_path(Permission p) { return p == Permission::Read || p == Permission::Write; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool covers(Permission p, const std::string& rule, const std::string& target) {
  if (rule.empty()) return true;
  if (is_path(p)) return is_below(target, rule);
  if (p == Permission::Network) {  // a rule without a port is for all of them
    const bool with_port = rule.find(':', rule.find(']') == std::string::npos ? 0 : rule.find(']')) != std::string::npos;
    return with_port ? target == rule : target.substr(0, target.rfind(':')) == rule;
  }
  return target == rule;
}

std::string comparable(Permission p, std::string_view target) {
  if (is_path(p)) return real_path(std::string(target));
  if (p == Permission::Network) return host_and_port(target);
  return std::string(target);
}

}  // namespace

std::string_view name_of(Permission p) { return kNames[static_cast<size_t>(p)]; }

void Permissions::close() {
  for (const Permission p : {Permission::Read, Permission::Write, Permission::Run, Permission::Network, Permission::Environment})
    kinds_[index(p)].open = false;
}

void Permissions::allow_path(Permission p, const std::string& path) { kinds_[index(p)].allowed.push_back(real_path(path)); }

bool Permissions::add(std::string_view words, std::vector<std::string> Kind::*list) {
  const size_t colon = words.find(':');
  const auto found = std::find(std::begin(kNames), std::end(kNames), words.substr(0, colon));
  if (found == std::end(kNames)) return false;
  const auto p = static_cast<Permission>(found - std::begin(kNames));
  std::string target;
  if (colon != std::string_view::npos) {
    target = words.substr(colon + 1);
    if (target.empty() || p == Permission::Clock) return false;
    if (is_path(p)) target = real_path(target);
    if (p == Permission::Network) target = lower(target);
  }
  (kinds_[index(p)].*list).push_back(std::move(target));
  return true;
}

bool Permissions::permits(Permission p, std::string_view target) const {
  const Kind& k = kind(p);
  if (k.open && k.denied.empty()) return true;
  if (!k.open && k.allowed.empty()) return false;
  const std::string wanted = comparable(p, target);
  const auto named = [&](const std::vector<std::string>& rules) {
    return std::any_of(rules.begin(), rules.end(), [&](const std::string& rule) { return covers(p, rule, wanted); });
  };
  return !named(k.denied) && (k.open || named(k.allowed));
}

void require(vm::Vm& vm, const vm::Args& args, Permission permission, std::string_view target) {
  if (vm.state<Permissions>().permits(permission, target)) return;
  std::string message = "not permitted";
  if (!target.empty()) message.append(": ").append(target);
  throw args.error(message.append(" (missing permission: ").append(name_of(permission)).append(")"));
}

bool is_below(std::string_view path, std::string_view rule) {
  return path == rule || rule == "/" || (path.starts_with(rule) && path[rule.size()] == '/');
}

std::string real_path(const std::string& path) {
  std::error_code why;
  fs::path at = fs::absolute(path, why);
  // Where a link leads nowhere, what is made there would still be made behind it.
  for (int links = 0; links < 40; ++links) {
    at = fs::weakly_canonical(at, why);
    if (why) return path;
    const fs::path target = fs::read_symlink(at, why);
    if (why) break;
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  std::string text = at.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string host_and_port(std::string_view url) {
  // RFC 3986, section 3.2: the authority ends at the first '/', '?' or '#'; the user at its last '@'. A backslash and
  // whatever else two readers might read differently makes it no address.
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string name = lower(url.substr(0, scheme));
  if (name != "http" && name != "https") return {};
  std::string_view authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  for (const char c : authority)
    if (c <= ' ' || c >= 127 || c == '\\' || c == '%') return {};
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host = lower(authority.substr(0, colon)), port = name == "http" ? "80" : "443";
  while (host.ends_with('.')) host.pop_back();
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number > 65535) return {};
    port = std::to_string(number);
  }
  return host.empty() ? std::string() : host + ":" + port;
}

}  // namespace omc::stdlib
