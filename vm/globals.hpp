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

#include "vm/object.hpp"

namespace omc::vm {

struct GlobalCell {
  String* name = nullptr;  // interned
  // Assign with set_variable and set_function: `target` depends on both.
  Value variable = Value::unassigned();
  Function* function = nullptr;        // user function: Closure or Constructor
  const Builtin* builtin = nullptr;
  Function* target = nullptr;          // what a call of the name runs; nullptr: the builtin, else `fallback`, else nothing
  GlobalCell* fallback = nullptr;      // of a module's own name: the plain name, used until the own one is defined
  FunctionReference* reference = nullptr;  // the name as a value, made when first asked for

  void set_variable(Value v) {
    const bool matters = v.is_function() || variable.is_function();
    variable = v;
    if (matters) [[unlikely]] update();
  }
  void set_function(Function* f) {
    function = f;
    update();
  }
  void update() { target = variable.is_function() ? variable.as_function() : function; }
};

class Globals {
 public:
  GlobalCell* cell(String* name);                 // name is interned; makes the cell
  GlobalCell* find(std::string_view name) const;  // or nullptr
  // In the order of creation.
  void each(const std::function<void(GlobalCell&)>& f) {
    for (GlobalCell& c : cells_) f(c);
  }

 private:
  std::deque<GlobalCell> cells_;  // stable addresses
  std::unordered_map<std::string_view, GlobalCell*> by_name_;
};

}  // namespace omc::vm
