#pragma once
// The program-wide table: what a global name means (language reference, section 7).
//
// Every global name has one cell, made when it is first mentioned and never removed, so compiled code keeps the address.
// A cell joins the three namespaces a name is looked up in: top-level variables, user functions, builtins.

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "vm/native.hpp"  // Effect
#include "vm/object.hpp"

namespace omc::vm {

struct GlobalCell {
  String* name = nullptr;  // interned
  // Assign with set_variable and Globals::set_function: `target` depends on both.
  Value variable = Value::unassigned();
  Function* function = nullptr;        // user function: Closure or Constructor
  const Builtin* builtin = nullptr;
  uint32_t required = 0;               // arguments the builtin needs at least
  Effect effect = Effect::Machine;     // of the builtin
  Function* target = nullptr;          // what a call of the name runs; nullptr: the builtin, else `fallback`, else nothing
  bool bodiless = false;                   // as a value a function all the same, though nothing can be called by that name
  GlobalCell* fallback = nullptr;      // of a module's own name: the plain name, used until the own one is defined
  FunctionReference* reference = nullptr;  // the name as a value, made when first asked for

  void set_variable(Value v) {
    const bool matters = v.is_function() || variable.is_function();
    variable = v;
    if (matters) [[unlikely]] update();
  }
  void update() { target = variable.is_function() ? variable.as_function() : function; }
};

class Globals {
 public:
  GlobalCell* cell(String* name);                 // name is interned; makes the cell
  GlobalCell* find(std::string_view name) const;  // or nullptr
  // A user function (nullptr: none any more). Every change makes a new epoch: remembered methods are looked up anew.
  void set_function(GlobalCell& cell, Function* f) {
    cell.function = f;
    cell.update();
    ++epoch_;
  }
  const uint64_t& epoch() const { return epoch_; }
  // In the order of creation.
  void each(const std::function<void(GlobalCell&)>& f) {
    for (GlobalCell& c : cells_) f(c);
  }

 private:
  uint64_t epoch_ = 1;
  std::deque<GlobalCell> cells_;  // stable addresses
  std::unordered_map<std::string_view, GlobalCell*> by_name_;
};

}  // namespace omc::vm
