#pragma once
// One JSON object on one line, keys in the order given, no blanks (command-line reference, section 7.1).

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace omc::tools {

class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value) {
    name(key);
    quote(value);
    return *this;
  }
  JsonLine& number(std::string_view key, size_t value) {
    name(key);
    line_ += std::to_string(value);
    return *this;
  }
  JsonLine& truth(std::string_view key, bool value) {
    name(key);
    line_ += value ? "true" : "false";
    return *this;
  }
  std::string str() const { return line_ + "}\n"; }

 private:
  void name(std::string_view key) {
    line_ += line_.size() > 1 ? "," : "";
    quote(key);
    line_ += ':';
  }
  void quote(std::string_view value) {
    line_ += '"';
    for (const char c : value) {
      switch (c) {
        case '"': line_ += "\\\""; break;
        case '\\': line_ += "\\\\"; break;
        case '\n': line_ += "\\n"; break;
        case '\r': line_ += "\\r"; break;
        case '\t': line_ += "\\t"; break;
        default:
          if (static_cast<unsigned char>(c) < 0x20) line_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
          else line_ += c;
      }
    }
    line_ += '"';
  }

  std::string line_ = "{";
};

}  // namespace omc::tools
