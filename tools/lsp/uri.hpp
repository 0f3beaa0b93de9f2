#pragma once
// file: URIs and the paths they stand for (RFC 8089).

#include <optional>
#include <string>
#include <string_view>

namespace omc::lsp {

// Nothing for other schemes, other hosts and what is no URI. The path is absolute and without `.` and `..`.
std::optional<std::string> path_of(std::string_view uri);
std::string uri_of(std::string_view path);  // an absolute one

}  // namespace omc::lsp
