#pragma once
// Running a function of one Vm on several threads: each has an isolated Vm with copies of the function, of what it reads
// and of its arguments, so that nothing is shared but what nobody changes.
//
//   const auto plan = Isolation::plan(home, function);         // nullopt: the function might be seen to run elsewhere
//   IsolatedVm worker(*plan);                                  // on its thread, while `home` rests
//   worker.call(argument);                                     // an Error: run everything at home instead
//   worker.bring_home(i);                                      // on the thread of `home`, when the others are done
//
// The rule: an isolated Vm gives what home would have given, or an Error and no trace of having run. So whatever cannot be
// copied faithfully (names computed at run time, methods, caught errors, limits) may simply fail there.

#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "vm/object.hpp"
#include "vm/vm.hpp"

namespace omc::vm {

// What a function can reach, and that it only reads there: no global or captured variable is assigned, every builtin is
// pure, and containers that others can see are never changed.
class Isolation {
 public:
  static std::optional<Isolation> plan(Vm& home, Value function, const Array* arguments);

 private:
  friend class IsolatedVm;
  explicit Isolation(Vm& home) : home_(&home) {}
  bool reach(Value v);
  bool reach(const Closure* closure);
  bool reach(const Proto& proto);
  bool reach(GlobalCell* cell);

  Vm* home_;
  Value function_;
  std::unordered_set<const void*> seen_;
  std::vector<Value> pending_;
  std::vector<GlobalCell*> cells_;
  bool changes_ = false;  // the function changes containers; then it must see none but its own
  bool shares_ = false;   // it is handed or reads containers that others see too
};

// A Vm with the copies. Its results stay in it until they are brought home.
class IsolatedVm {
 public:
  explicit IsolatedVm(const Isolation& plan, size_t memory_share);
  IsolatedVm(const IsolatedVm&) = delete;
  IsolatedVm& operator=(const IsolatedVm&) = delete;

  // Calls the function with a value of home and keeps the result. Throws Error.
  void call(Value argument);
  // The result of the i-th call as a value of home: objects that came from there are themselves again.
  Value bring_home(size_t i);
  void request_stop() { vm_.request_stop(Vm::Stop::Interrupt); }

 private:
  Value copy(Value v, bool home);
  Proto* copy(const Proto* proto);
  GlobalCell* cell(GlobalCell* of_home);

  Vm& home_;
  Vm vm_;
  Value function_;
  std::vector<Value> results_;
  std::unordered_map<const void*, Object*> copies_;    // of objects of home
  std::unordered_map<const void*, Object*> originals_;  // of the copies, and of results brought home
  std::unordered_map<const GlobalCell*, GlobalCell*> cells_;
};

}  // namespace omc::vm
