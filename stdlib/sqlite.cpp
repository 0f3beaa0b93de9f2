// Databases of SQLite (language reference, chapter 09, section 17.6). The library is loaded when a program first
// connects.

#include <dlfcn.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "stdlib/os_text.hpp"
#include "stdlib/permissions.hpp"
#include "stdlib/stdlib.hpp"
#include "vm/conversions.hpp"
#include "vm/vm.hpp"

namespace omc::stdlib {

using vm::Args;
using vm::Array;
using vm::Builtin;
using vm::Value;
using vm::Vm;

namespace {

// The functions of the loaded library, one row each.
// clang-format off
#define OMC_SQLITE_FUNCTIONS(F) \
  F(bind_double)                \
  F(bind_int64)                 \
  F(bind_null)                  \
  F(bind_parameter_count)       \
  F(bind_text64)                \
  F(close_v2)                   \
  F(column_blob)                \
  F(column_bytes)               \
  F(column_count)               \
  F(column_double)              \
  F(column_int64)               \
  F(column_text)                \
  F(column_type)                \
  F(errmsg)                     \
  F(errstr)                     \
  F(finalize)                   \
  F(get_autocommit)             \
  F(limit)                      \
  F(open_v2)                    \
  F(prepare_v2)                 \
  F(progress_handler)           \
  F(step)
// clang-format on

struct Library {
#define OMC_SQLITE_MEMBER(name) decltype(&::sqlite3_##name) name = nullptr;
  OMC_SQLITE_FUNCTIONS(OMC_SQLITE_MEMBER)
#undef OMC_SQLITE_MEMBER
  bool loaded = false;

  Library() {
    void* library = ::dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    loaded = true;
#define OMC_SQLITE_LOAD(name)                                                  \
  name = reinterpret_cast<decltype(name)>(::dlsym(library, "sqlite3_" #name)); \
  loaded = loaded && name != nullptr;
    OMC_SQLITE_FUNCTIONS(OMC_SQLITE_LOAD)
#undef OMC_SQLITE_LOAD
  }
};

// Immutable once made, hence shared by all Vms; never unloaded.
const Library& sqlite() {
  static const Library library;
  return library;
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite().close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite().finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// The open databases of a Vm by their handles. A handle is never used twice.
struct Connections {
  std::unordered_map<int64_t, Database> open;
  int64_t next = 1;
};

sqlite3* connection(Vm& vm, const Args& args) {
  auto& open = vm.state<Connections>().open;
  const auto found = open.find(args.integer(0));
  if (found == open.end()) throw args.error(fmt::format("no open connection {}", vm::display(args[0])));
  return found->second.get();
}

// The first statement of a text; the rest of it is in `rest`.
Statement prepared(const Args& args, sqlite3* database, std::string_view sql, std::string_view& rest) {
  if (sql.size() > static_cast<size_t>(std::numeric_limits<int>::max())) throw args.error("the statement is too long");
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (sqlite().prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, &tail) != SQLITE_OK)
    throw args.error(sqlite().errmsg(database));
  rest = sql.substr(static_cast<size_t>(tail - sql.data()));
  return Statement(statement);
}

// The only statement of a text; null for blanks and comments.
Statement only_statement(const Args& args, sqlite3* database, std::string_view sql) {
  std::string_view rest;
  Statement statement = prepared(args, database, sql, rest);
  while (!rest.empty())
    if (prepared(args, database, rest, rest)) throw args.error("one statement at a time");
  return statement;
}

void bind(const Args& args, sqlite3* database, sqlite3_stmt* statement, size_t argument) {
  const Array* values = args.has(argument) && !args[argument].is_null() ? args.array(argument) : nullptr;
  const size_t given = values ? values->size : 0;
  const auto wanted = static_cast<size_t>(sqlite().bind_parameter_count(statement));
  if (given != wanted) throw args.error(fmt::format("the statement takes {} value(s), got {}", wanted, given));
  for (size_t i = 0; i < given; ++i) {
    const Value v = values->at(i);
    const int place = static_cast<int>(i) + 1;
    int code;
    if (v.is_null())
      code = sqlite().bind_null(statement, place);
    else if (v.is_int())
      code = sqlite().bind_int64(statement, place, v.as_int());
    else if (v.is_bool())
      code = sqlite().bind_int64(statement, place, v.as_bool());
    else if (v.is_float())
      code = sqlite().bind_double(statement, place, v.as_float());
    else if (v.is_string()) {
      const std::string_view text = v.as_string()->view();
      code = sqlite().bind_text64(statement, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    } else {
      throw args.error(fmt::format("value {} cannot be stored ({})", i, vm::type_name(v)));
    }
    if (code != SQLITE_OK) throw args.error(sqlite().errmsg(database));
  }
}

Value cell(Vm& vm, sqlite3_stmt* statement, int column) {
  const auto size = [&] { return static_cast<size_t>(sqlite().column_bytes(statement, column)); };
  switch (sqlite().column_type(statement, column)) {
    case SQLITE_INTEGER:
      return Value::integer(sqlite().column_int64(statement, column));
    case SQLITE_FLOAT:
      return Value::real(sqlite().column_double(statement, column));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite().column_text(statement, column));
      return vm.text(replace_ill_formed(std::string(text ? text : "", text ? size() : 0)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const unsigned char*>(sqlite().column_blob(statement, column));
      Array* out = vm.heap().array(vm::ElementKind::Values, 0);
      for (size_t i = 0, n = size(); i < n; ++i) out->push(vm.heap(), Value::integer(bytes[i]));
      return out;
    }
    default:
      return Value::null();
  }
}

// Runs a statement, keeping its rows if asked. The Vm's limits end it: the library calls back every so often, but an
// exception must not pass through it.
Array* run(Vm& vm, const Args& args, sqlite3* database, sqlite3_stmt* statement, bool keep_rows) {
  struct Watch {
    Vm& vm;
    std::exception_ptr stopped = {};
  } watch{vm};
  const auto poll = [](void* data) {
    auto* w = static_cast<Watch*>(data);
    try {
      w->vm.poll();
      return 0;
    } catch (...) {
      w->stopped = std::current_exception();
      return 1;
    }
  };
  struct Handler {
    sqlite3* database;
    ~Handler() { sqlite().progress_handler(database, 0, nullptr, nullptr); }
  } handler{database};
  sqlite().progress_handler(database, 10'000, poll, &watch);

  Array* rows = keep_rows ? vm.heap().array(vm::ElementKind::Values, 0) : nullptr;
  int code = SQLITE_DONE;
  while (statement && (code = sqlite().step(statement)) == SQLITE_ROW) {
    if (!keep_rows) continue;
    Array* row = vm.heap().array(vm::ElementKind::Values, 0);
    for (int i = 0, n = sqlite().column_count(statement); i < n; ++i) row->push(vm.heap(), cell(vm, statement, i));
    rows->push(vm.heap(), row);
  }
  if (watch.stopped) std::rethrow_exception(watch.stopped);
  if (code != SQLITE_DONE) throw args.error(sqlite().errmsg(database));
  return rows;
}

void run_text(Vm& vm, const Args& args, sqlite3* database, std::string_view sql) {
  const Statement statement = only_statement(args, database, sql);
  run(vm, args, database, statement.get(), false);
}

// Does the text begin with a statement that changes rows? Comments may come before it.
bool changes_rows(std::string_view sql) {
  while (!sql.empty()) {
    if (sql.starts_with("--")) {
      const size_t end = sql.find('\n');
      sql = end == std::string_view::npos ? "" : sql.substr(end);
    } else if (sql.starts_with("/*")) {
      const size_t end = sql.find("*/", 2);
      sql = end == std::string_view::npos ? "" : sql.substr(end + 2);
    } else if (std::string_view(" \t\r\n\f").find(sql.front()) != std::string_view::npos) {
      sql.remove_prefix(1);
    } else {
      break;
    }
  }
  std::string word;
  for (const char c : sql.substr(0, 8)) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper < 'A' || upper > 'Z') break;
    word += upper;
  }
  return word == "INSERT" || word == "UPDATE" || word == "DELETE" || word == "REPLACE";
}

Array* execute(Vm& vm, const Args& args, bool keep_rows) {
  sqlite3* database = connection(vm, args);
  const Args::Text text = args.text(1);  // owns what it made of another kind
  const std::string_view sql = text;
  const Statement statement = only_statement(args, database, sql);
  if (statement) bind(args, database, statement.get(), 2);
  if (changes_rows(sql) && sqlite().get_autocommit(database)) run_text(vm, args, database, "BEGIN");
  return run(vm, args, database, statement.get(), keep_rows);
}

Value sqlite_connect(Vm& vm, Args args) {
  const std::string path(args.text(0).view());
  const bool in_memory = path == ":memory:";
  if (!in_memory) {
    require(vm, args, Permission::Read, path);
    require(vm, args, Permission::Write, path);
  }
  if (!sqlite().loaded) throw args.error("no SQLite library found");
  if (path.find('\0') != std::string::npos) throw args.error("the path contains a zero byte");
  sqlite3* opened = nullptr;
  // Never as "file:...", which some builds read as an address with options of its own.
  const std::string opened_path = path.starts_with("file:") ? "./" + path : path;
  const int code = sqlite().open_v2(opened_path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(opened);
  if (code != SQLITE_OK)
    throw args.error(fmt::format("{}: {}", path, opened ? sqlite().errmsg(opened) : sqlite().errstr(code)));
  // Statements could open further files (ATTACH, VACUUM INTO).
  const auto& permissions = vm.state<Permissions>();
  if (!permissions.permits_all(Permission::Write) || !permissions.permits_all(Permission::Read)) sqlite().limit(opened, SQLITE_LIMIT_ATTACHED, 0);
  auto& connections = vm.state<Connections>();
  connections.open.emplace(connections.next, std::move(database));
  return Value::integer(connections.next++);
}

Value sqlite_run(Vm& vm, Args args) {
  execute(vm, args, false);
  return Value::null();
}

Value sqlite_query(Vm& vm, Args args) {
  return execute(vm, args, true);
}

// Ends the transaction, if there is one.
Value end_transaction(Vm& vm, const Args& args, std::string_view how) {
  sqlite3* database = connection(vm, args);
  if (!sqlite().get_autocommit(database)) run_text(vm, args, database, how);
  return Value::null();
}

Value sqlite_commit(Vm& vm, Args args) {
  return end_transaction(vm, args, "COMMIT");
}
Value sqlite_rollback(Vm& vm, Args args) {
  return end_transaction(vm, args, "ROLLBACK");
}

Value sqlite_close(Vm& vm, Args args) {
  connection(vm, args);
  vm.state<Connections>().open.erase(args.integer(0));
  return Value::null();
}

constexpr Builtin kBuiltins[] = {
    {"sqlite_connect", "(path) -> int", "Opens a database, made if missing; \":memory:\" is one that no file holds.",
     "sqlite_close(sqlite_connect(\":memory:\"))  # null", sqlite_connect},
    {"sqlite_run", "(connection, sql, params?) -> null",
     "Runs a statement. A transaction opens before rows are changed.",
     "h c = sqlite_connect(\":memory:\"); sqlite_run(c, \"CREATE TABLE t (x)\"); sqlite_run(c, \"INSERT INTO t VALUES "
     "(?)\", [1]);",
     sqlite_run, {}, vm::Effect::Machine},
    {"sqlite_query", "(connection, sql, params?) -> array", "The rows that a statement gives, as arrays.",
     "sqlite_query(sqlite_connect(\":memory:\"), \"SELECT 1, ?\", [\"a\"])  # [[1, a]]", sqlite_query, {}, vm::Effect::Machine},
    {"sqlite_commit", "(connection) -> null", "Makes the changes since the transaction opened last.",
     "sqlite_commit(sqlite_connect(\":memory:\"))  # null", sqlite_commit, {}, vm::Effect::Machine},
    {"sqlite_rollback", "(connection) -> null", "Takes back the changes since the transaction opened.",
     "sqlite_rollback(sqlite_connect(\":memory:\"))  # null", sqlite_rollback, {}, vm::Effect::Machine},
    {"sqlite_close", "(connection) -> null", "Closes a database; what was not committed is lost.",
     "sqlite_close(sqlite_connect(\":memory:\"))  # null", sqlite_close, {}, vm::Effect::Machine},
};

}  // namespace

constinit const std::span<const Builtin> sqlite_builtins = kBuiltins;

}  // namespace omc::stdlib
