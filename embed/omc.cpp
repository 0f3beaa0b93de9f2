// The C interface. Every function ends in a value or in the machine's error text: no exception leaves it.

#include "omc.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "lang/source.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/limited_output.hpp"
#include "vm/vm.hpp"

using namespace omc;
using vm::Args;
using vm::Value;
using vm::Vm;

// A node of the list of its machine's handles.
struct omc_value {
  omc_machine* machine;
  Value value;
  std::string text;  // what omc_text gave last
  omc_value* before = nullptr;
  omc_value* after = nullptr;
};

namespace {

class HostOutput : public vm::Output {
 public:
  void write(std::string_view text) override {
    if (write_) write_(context_, text.data(), text.size());
  }
  void set(omc_output write, void* context) { write_ = write, context_ = context; }

 private:
  omc_output write_ = nullptr;
  void* context_ = nullptr;
};

// Asks a machine to stop when its time is over. The thread sleeps; it is there only while something with a limit runs.
class Deadline {
 public:
  Deadline(Vm& machine, double seconds) {
    if (seconds > 0) thread_ = std::thread([this, &machine, seconds] {
        std::unique_lock lock(mutex_);
        if (!done_.wait_for(lock, std::chrono::duration<double>(std::min(seconds, 1e9)), [this] { return over_; }))
          machine.request_stop(Vm::Stop::Timeout);
      });
  }
  ~Deadline() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    done_.notify_one();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
};

struct HostFunction {
  std::string name, signature;
  vm::Builtin row;
  omc_function function;
  void* context;
};

// The functions of a machine's host, by their rows.
struct HostFunctions {
  omc_machine* machine = nullptr;
  std::deque<HostFunction> all;  // rows stay where they are
  std::unordered_map<const vm::Builtin*, HostFunction*> by_row;
};

}  // namespace

struct omc_machine {
  explicit omc_machine(vm::VmOptions options) : vm(std::move(options)) {
    vm.add_root_marker([this](vm::Marker& marker) {
      for (const omc_value* v = handles; v; v = v->after) marker.mark(v->value);
    });
  }
  ~omc_machine() {
    while (handles) omc_release(handles);
  }

  omc_value* handle(Value value) {
    auto* made = new omc_value{this, value, {}, nullptr, handles};
    if (handles) handles->before = made;
    return handles = made;
  }

  HostOutput output;
  std::unique_ptr<vm::LimitedOutput> limited;
  omc_value* handles = nullptr;
  std::string error;
  double timeout_seconds = 0;
  int running = 0;  // nested calls of the interface
  std::optional<std::string> failure;  // of the host function that runs: omc_fail was called
  Vm vm;
};

namespace {

// What a run of the outermost level has: a time limit, and output counted anew.
class Running {
 public:
  explicit Running(omc_machine& m) : machine_(m) {
    if (m.running++ > 0) return;
    m.vm.clear_stop();
    if (m.limited) m.limited->restart();
    deadline_ = std::make_unique<Deadline>(m.vm, m.timeout_seconds);
  }
  ~Running() { --machine_.running; }

 private:
  omc_machine& machine_;
  std::unique_ptr<Deadline> deadline_;
};

// The result of f, or `failure` and the reason in the machine's error.
template <class F, class R>
R guarded(omc_machine* m, R failure, F&& f) {
  try {
    m->error.clear();
    return f();
  } catch (const vm::Error& e) {
    m->error = (e.kind == vm::ErrorKind::Thrown ? vm::display(e.thrown) : e.message) + e.trace_text();
  } catch (const std::exception& e) {
    m->error = e.what();
  }
  return failure;
}

template <class F>
omc_value* guarded_value(omc_machine* m, F&& f) {
  return guarded(m, static_cast<omc_value*>(nullptr), [&] { return m->handle(f()); });
}

constexpr const char* kForeign = "a value of another machine";

// Texts of the machine are UTF-8 throughout.
std::string_view checked(const char* text, size_t length) {
  const std::string_view view(text, length);
  if (lang::valid_utf8_prefix(view) != length) throw vm::Error("the text is not UTF-8");
  return view;
}

// What every row of a host function runs.
Value call_host(Vm& vm, Args args) {
  auto& functions = vm.state<HostFunctions>();
  const HostFunction& f = *functions.by_row.at(&args.builtin());
  omc_machine* const m = functions.machine;
  struct Handles {
    std::vector<omc_value*> all;
    ~Handles() {
      for (omc_value* v : all) omc_release(v);
    }
  } arguments;
  for (const Value v : args.all()) arguments.all.push_back(m->handle(v));
  auto of_caller = std::exchange(m->failure, std::nullopt);
  omc_value* const result = f.function(m, f.context, arguments.all.data(), arguments.all.size());
  const auto failure = std::exchange(m->failure, std::move(of_caller));
  const bool foreign = result && result->machine != m;
  const Value value = result && !foreign ? result->value : Value::null();
  omc_release(result);
  if (failure) throw vm::Error(*failure);
  if (foreign) throw args.error(kForeign);
  return value;
}

omc_value* call(omc_machine* m, Value function, omc_value* const* arguments, size_t count) {
  return guarded_value(m, [&] {
    const Running running(*m);
    std::vector<Value> values;
    for (size_t i = 0; i < count; ++i) {
      if (arguments[i] && arguments[i]->machine != m) throw vm::Error(kForeign);
      values.push_back(arguments[i] ? arguments[i]->value : Value::null());
    }
    return m->vm.call(function, values);
  });
}

}  // namespace

omc_machine* omc_new(const omc_options* given) try {
  omc_options options = {};
  if (given) std::copy_n(reinterpret_cast<const char*>(given), std::min(given->size, sizeof options), reinterpret_cast<char*>(&options));
  vm::VmOptions vm;
  if (options.max_memory) vm.heap.hard = options.max_memory;
  if (options.max_depth) vm.max_depth = options.max_depth;
  if (options.library) vm.standard_library = options.library;
  auto m = std::make_unique<omc_machine>(std::move(vm));
  m->timeout_seconds = options.timeout_seconds;
  if (options.max_output) m->limited = std::make_unique<vm::LimitedOutput>(m->output, options.max_output);
  m->vm.set_output(m->limited ? static_cast<vm::Output&>(*m->limited) : m->output);
  stdlib::install(m->vm);
  if (options.permissions) {
    auto& permissions = m->vm.state<stdlib::Permissions>();
    permissions.close();
    std::string_view rest = options.permissions;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      const std::string_view words = rest.substr(0, comma);
      if (words != "clock" && !permissions.allow(words)) return nullptr;
      rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  m->vm.state<HostFunctions>().machine = m.get();
  return m.release();
} catch (const std::exception&) {
  return nullptr;
}

void omc_free(omc_machine* machine) { delete machine; }

const char* omc_error(const omc_machine* machine) { return machine->error.c_str(); }

int omc_run(omc_machine* m, const char* name, const char* source, size_t length) {
  return guarded(m, 1, [&] {
    const Running running(*m);
    const std::string path(checked(name, std::char_traits<char>::length(name)));
    const vm::RunResult result = m->vm.run(std::make_shared<const lang::Source>(path, std::string(checked(source, length))));
    if (result.status != 0) m->error = result.message + result.trace;
    return result.status;
  });
}

omc_value* omc_evaluate(omc_machine* m, const char* source, size_t length) {
  return guarded_value(m, [&] {
    const Running running(*m);
    return m->vm.evaluate(checked(source, length), "omc_evaluate");
  });
}

omc_value* omc_call(omc_machine* m, const char* function, omc_value* const* arguments, size_t count) {
  omc_value* const name = omc_string(m, function, std::char_traits<char>::length(function));
  if (!name) return nullptr;
  omc_value* const result = call(m, name->value, arguments, count);
  omc_release(name);
  return result;
}

omc_value* omc_call_value(omc_value* function, omc_value* const* arguments, size_t count) {
  return function ? call(function->machine, function->value, arguments, count) : nullptr;
}

void omc_interrupt(omc_machine* machine) { machine->vm.request_stop(Vm::Stop::Interrupt); }

void omc_set_output(omc_machine* machine, omc_output write, void* context) { machine->output.set(write, context); }

int omc_register(omc_machine* m, const char* name, const char* signature, omc_function function, void* context) {
  return guarded(m, 1, [&] {
    auto& functions = m->vm.state<HostFunctions>();
    HostFunction& f = functions.all.emplace_back(HostFunction{name, signature, {}, function, context});
    f.row = {f.name, f.signature, "A function of the host.", "", call_host};
    functions.by_row[&f.row] = &f;
    m->vm.add_builtins(std::span(&f.row, 1), "host");
    return 0;
  });
}

void omc_fail(omc_machine* machine, const char* message) {
  machine->error = message;
  machine->failure = message;
}

omc_value* omc_null(omc_machine* m) {
  return guarded_value(m, [] { return Value::null(); });
}
omc_value* omc_bool(omc_machine* m, int value) {
  return guarded_value(m, [&] { return Value::boolean(value != 0); });
}
omc_value* omc_int(omc_machine* m, int64_t value) {
  return guarded_value(m, [&] { return Value::integer(value); });
}
omc_value* omc_float(omc_machine* m, double value) {
  return guarded_value(m, [&] { return Value::real(value); });
}
omc_value* omc_string(omc_machine* m, const char* text, size_t length) {
  return guarded_value(m, [&] { return m->vm.text(checked(text, length)); });
}
omc_value* omc_array(omc_machine* m) {
  return guarded_value(m, [&] { return Value(m->vm.heap().array(vm::ElementKind::Ints, 0)); });
}
omc_value* omc_dict(omc_machine* m) {
  return guarded_value(m, [&] { return Value(m->vm.heap().dict()); });
}

void omc_release(omc_value* v) {
  if (!v) return;
  (v->before ? v->before->after : v->machine->handles) = v->after;
  if (v->after) v->after->before = v->before;
  delete v;
}

omc_kind omc_kind_of(const omc_value* v) {
  if (!v) return OMC_NULL;
  switch (v->value.tag()) {
    case vm::Tag::Null: return OMC_NULL;
    case vm::Tag::Bool: return OMC_BOOL;
    case vm::Tag::Int: return OMC_INT;
    case vm::Tag::Float: return OMC_FLOAT;
    case vm::Tag::String: return OMC_STRING;
    case vm::Tag::Array: return OMC_ARRAY;
    case vm::Tag::Dict: return OMC_DICT;
    case vm::Tag::Function: return OMC_FUNCTION;
    default: return OMC_OTHER;
  }
}

int64_t omc_as_int(const omc_value* v) { return v ? vm::to_int(v->value) : 0; }
double omc_as_float(const omc_value* v) { return v ? vm::to_float(v->value) : 0.0; }
int omc_is_true(const omc_value* v) { return v && vm::to_bool(v->value); }

const char* omc_text(omc_value* v, size_t* length) {
  if (length) *length = 0;
  if (!v) return "";
  return guarded(v->machine, "", [&] {
    v->text = vm::display(v->value);
    if (length) *length = v->text.size();
    return v->text.c_str();
  });
}

size_t omc_size(const omc_value* v) {
  if (!v) return 0;
  return v->value.is_array() ? v->value.as_array()->size : v->value.is_dict() ? v->value.as_dict()->size : 0;
}

omc_value* omc_at(const omc_value* v, size_t i) {
  if (!v || !v->value.is_array() || i >= v->value.as_array()->size) return nullptr;
  return guarded_value(v->machine, [&] { return v->value.as_array()->at(i); });
}

int omc_append(omc_value* array, const omc_value* element) {
  if (!array || !element) return 1;
  return guarded(array->machine, 1, [&] {
    if (array->machine != element->machine) throw vm::Error(kForeign);
    if (!array->value.is_array()) throw vm::Error("not an array");
    array->value.as_array()->push(array->machine->vm.heap(), element->value);
    return 0;
  });
}

omc_value* omc_get(const omc_value* dict, const char* key, size_t length) {
  if (!dict || !dict->value.is_dict()) return nullptr;
  const Value* found = dict->value.as_dict()->get(std::string_view(key, length));
  return found ? guarded_value(dict->machine, [&] { return *found; }) : nullptr;
}

int omc_put(omc_value* dict, const char* key, size_t length, const omc_value* v) {
  if (!dict || !v) return 1;
  return guarded(dict->machine, 1, [&] {
    if (dict->machine != v->machine) throw vm::Error(kForeign);
    if (!dict->value.is_dict()) throw vm::Error("not a dict");
    vm::Heap& heap = dict->machine->vm.heap();
    dict->value.as_dict()->set(heap, heap.intern(checked(key, length)), v->value);
    return 0;
  });
}

omc_value* omc_keys(const omc_value* dict) {
  if (!dict || !dict->value.is_dict()) return nullptr;
  return guarded_value(dict->machine, [&] {
    vm::Heap& heap = dict->machine->vm.heap();
    const vm::Dict* d = dict->value.as_dict();
    vm::Array* keys = heap.array(vm::ElementKind::Values, 0);
    for (const uint32_t i : d->sorted(heap)) keys->push(heap, Value(d->entries[i].key));
    return Value(keys);
  });
}
