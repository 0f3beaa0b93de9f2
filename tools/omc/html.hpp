#pragma once
// Text for pages of HTML.

#include <string>
#include <string_view>

namespace omc::tools {

// With & < > " ' written so that they stand for themselves, in text and in attributes.
std::string html_escaped(std::string_view text);

// A program with its tokens in spans: class k keyword, s string, n number, c comment.
std::string html_highlighted(std::string_view code);

}  // namespace omc::tools
