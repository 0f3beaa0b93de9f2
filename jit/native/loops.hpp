#pragma once
// Checks of arrays and of functions' names that a loop makes redundant: what is looked at once before the loop, and which accesses and
// calls need no look of their own then. The same idea as the loop predication of HotSpot's and LLVM's optimisers: a check that fails
// leaves to the interpreter before the loop, where nothing has happened.

#include <cstdint>
#include <optional>
#include <vector>

#include "vm/globals.hpp"
#include "vm/object.hpp"

namespace omc::jit {

struct Version;

inline constexpr int64_t kGreatestStep = int64_t{1} << 32;  // of a counter: far from where one below a limit could wrap

// An index at which an array must have an element.
struct IndexCheck {
  enum class Of : uint8_t { Constant, Register, Counter } of;
  int64_t index;  // the constant, or the register
  // Of a counter, the register that the loop increases and compares with a limit before each further round: it stays below that.
  enum class Limit : uint8_t { Number, Register, Size } limit_of = Limit::Number;
  int64_t limit = 0;                   // the number, the register, or the register of the array whose size it is
  bool limit_included = false;
  std::optional<uint32_t> step = {};   // the register that is added; not said: a small positive constant

  friend bool operator==(const IndexCheck&, const IndexCheck&) = default;
};

// What is asked of the array in a register that the loop does not write.
struct ArrayCheck {
  uint32_t array;
  std::optional<vm::ElementKind> kind;
  std::vector<IndexCheck> indices;
};

struct CheckedLoop {
  uint32_t header, last;  // its first and last instruction
  std::vector<ArrayCheck> arrays;
  std::vector<const vm::GlobalCell*> names;  // that still mean what they mean now
};

// What is known of an access or a call when it is reached.
struct Assured {
  bool name = false;                    // of the function: it means what it meant when the code was made
  std::optional<vm::ElementKind> kind;  // of the elements
  bool inside = false;                  // the index is not negative, and there is such an element
  // Of a constant index: the greatest one that will be used of the same array on the way that follows. Checking that at once makes
  // the later checks the same.
  int64_t furthest = 0;
};

struct LoopChecks {
  std::vector<CheckedLoop> loops;
  std::vector<Assured> assured;  // by instruction
};

// Of a version whose types are known.
LoopChecks find_loop_checks(const Version& v);

}  // namespace omc::jit
