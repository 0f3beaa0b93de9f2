#pragma once
// What goes wrong in a running program, as C++ sees it. Natives throw it; the interpreter turns it into a pending error and
// unwinds by table (language reference, section 9).

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lang/span.hpp"
#include "vm/value.hpp"

namespace omc::lang {
class Source;
}

namespace omc::vm {

enum class ErrorKind : uint8_t {
  Message,    // a failed operation: `catch` receives the message with its trace lines
  Thrown,     // `throw v`: `catch` receives v itself
  StreamEnd,  // the consumer of a stream wants no more: finalizers run, no `catch` sees it
  Fatal,      // a time limit or an interrupt: neither `catch` nor `finally` sees it
};

struct Error {
  ErrorKind kind = ErrorKind::Message;
  std::string message;
  Value thrown;  // kept alive by the Vm while the error is pending
  // Trace lines "NAME (L:C)" or "NAME", innermost first; `dropped` more were left out.
  std::vector<std::string> trace;
  size_t dropped = 0;
  int exit_status = 1;  // of an uncaught Fatal
  const void* stream = nullptr;  // of a StreamEnd: the stream that ends
  // Where it was raised; no source when it was not in OMC code.
  std::shared_ptr<const lang::Source> source;
  lang::Span span;

  Error() = default;
  explicit Error(std::string text) : message(std::move(text)) {}

  static constexpr size_t kMaxTrace = 100;
  std::string trace_text() const;  // each line as "\n  at LINE"
};

}  // namespace omc::vm
