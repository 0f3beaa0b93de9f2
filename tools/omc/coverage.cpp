#include "omc/coverage.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "lang/parser.hpp"
#include "lang/source.hpp"
#include "omc/html.hpp"
#include "omc/session.hpp"  // read, reason_text
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace {

using lang::Block;
using lang::Expr;
using lang::Stmt;
using Point = CoveragePoint;

// No program can write this name.
constexpr std::string_view kCount = "%count";

struct Counters {
  std::vector<uint64_t>* hits = nullptr;
};

vm::Value count(vm::Vm& machine, vm::Args args) {
  ++(*machine.state<Counters>().hits)[static_cast<size_t>(args[0].as_int())];
  return vm::Value::null();
}

constexpr vm::Builtin kBuiltins[] = {
    {kCount, "(point) -> null", "Counts that a place of the program was reached.", "", count, {}, vm::Effect::Machine},
};

// Walks a tree in text order and gives every place its point. The order is the same each time a text is parsed.
class Instrumenter {
 public:
  Instrumenter(lang::Module& module, size_t first) : module_(module), first_(first) {
    list(module.top_level->body.statements);
  }
  std::vector<Point> points;

 private:
  uint32_t line(lang::Span span) const { return module_.source().line(span.begin); }

  Stmt* call(Point point, lang::Span span) {
    points.push_back(std::move(point));
    const lang::Name name = module_.intern(kCount);
    auto* callee = module_.make(lang::NameExpr{{lang::ExprKind::Name, span}, name, name, {}});
    Expr* number = module_.make(lang::IntExpr{{lang::ExprKind::Int, span}, static_cast<int64_t>(first_ + points.size() - 1)});
    const auto arguments = module_.copy(std::vector<Expr*>{number});
    Expr* made = module_.make(lang::NamedCallExpr{{lang::ExprKind::NamedCall, span}, callee, {arguments.data(), arguments.size()}});
    return module_.make(lang::ExpressionStmt{{lang::StmtKind::Expression, span}, made});
  }

  void replace(lang::StmtList& statements, const std::vector<Stmt*>& by) {
    const auto kept = module_.copy(by);
    statements = {kept.data(), kept.size()};
  }

  void list(lang::StmtList& statements, Stmt* at_start = nullptr) {
    std::vector<Stmt*> out;
    if (at_start) out.push_back(at_start);
    for (Stmt* s : statements) {
      const bool runs = s->kind != lang::StmtKind::Function && s->kind != lang::StmtKind::Class && s->kind != lang::StmtKind::Empty;
      if (runs) out.push_back(call({Point::Kind::Statement, line(s->span)}, s->span));
      out.push_back(s);
      statement(*s);
    }
    replace(statements, out);
  }

  // The nodes lie in the arena of the module and are ours to change; that lists of them are const guards the walks of others.
  void branch(const Block& b, uint32_t at, uint32_t group) {
    auto& block = const_cast<Block&>(b);
    list(block.statements, call({Point::Kind::Branch, at, group}, block.span));
  }

  void function(lang::Function& f) {
    if (f.expression) return expression(f.expression);
    std::string name = f.is_lambda ? "<lambda>" : std::string(f.name.name);
    list(f.body.statements, call({Point::Kind::Function, line(f.span), 0, std::move(name)}, f.span));
  }

  void statement(Stmt& s) {
    visit(s, lang::Overloaded{
                 [&](lang::LetStmt& x) { expression(x.value); },
                 [&](lang::SizedArrayStmt& x) { expression(x.size); },
                 [&](lang::AssignStmt& x) { expression(x.value); },
                 [&](lang::IndexAssignStmt& x) { expression(x.target); expression(x.value); },
                 [&](lang::IfStmt& x) {
                   const uint32_t group = ++groups_, at = line(x.span);
                   for (const lang::IfArm& arm : x.arms) {
                     expression(arm.condition);
                     branch(arm.body, at, group);
                   }
                   if (!x.otherwise) x.otherwise = module_.make(Block{{}, {x.span.end, x.span.end}});
                   branch(*x.otherwise, at, group);
                 },
                 [&](lang::WhileStmt& x) {
                   expression(x.condition);
                   branch(x.body, line(x.span), ++groups_);
                 },
                 [&](lang::ForRangeStmt& x) {
                   for (Expr* e : x.bounds) expression(e);
                   branch(x.body, line(x.span), ++groups_);
                 },
                 [&](lang::ForInStmt& x) {
                   expression(x.iterable);
                   branch(x.body, line(x.span), ++groups_);
                 },
                 [&](lang::FunctionStmt& x) { function(*x.function); },
                 [&](lang::ClassStmt& x) {
                   for (lang::Function* m : x.methods) function(*m);
                 },
                 [&](lang::MatchStmt& x) {
                   expression(x.subject);
                   const uint32_t group = ++groups_;
                   for (lang::MatchArm& arm : x.arms) {
                     if (Expr* e = std::exchange(arm.expression, nullptr)) {
                       Stmt* alone = module_.make(lang::ExpressionStmt{{lang::StmtKind::Expression, e->span}, e});
                       arm.body = Block{{}, e->span};
                       replace(arm.body.statements, {alone});
                     }
                     branch(arm.body, line(arm.span), group);
                   }
                 },
                 [&](lang::TryStmt& x) {
                   list(x.body.statements);
                   if (x.handler) branch(*x.handler, line(x.handler->span), ++groups_);
                   if (x.finalizer) list(x.finalizer->statements);
                 },
                 [&](lang::ThrowStmt& x) { expression(x.value); },
                 [&](lang::YieldStmt& x) { expression(x.value); },
                 [&](lang::AssertStmt& x) {
                   expression(x.condition);
                   if (x.message) expression(x.message);
                 },
                 [](lang::ImportStmt&) {},
                 [](lang::FromImportStmt&) {},
                 [&](lang::ReturnStmt& x) { if (x.value) expression(x.value); },
                 [](lang::BreakStmt&) {},
                 [](lang::ContinueStmt&) {},
                 [&](lang::PrintStmt& x) { expression(x.value); },
                 [&](lang::ExpressionStmt& x) { expression(x.value); },
                 [](lang::EmptyStmt&) {},
                 [](lang::ErrorStmt&) {},
             });
  }

  // For the blocks in it. Chains lean to the left and may be long.
  void expression(Expr* e) {
    std::vector<Expr*> rights;
    for (;;) {
      if (e->kind == lang::ExprKind::Paren) {
        e = static_cast<lang::ParenExpr*>(e)->inner;
      } else if (e->kind == lang::ExprKind::Binary) {
        rights.push_back(static_cast<lang::BinaryExpr*>(e)->right);
        e = static_cast<lang::BinaryExpr*>(e)->left;
      } else if (e->kind == lang::ExprKind::Logical) {
        rights.push_back(static_cast<lang::LogicalExpr*>(e)->right);
        e = static_cast<lang::LogicalExpr*>(e)->left;
      } else {
        break;
      }
    }
    leaf(*e);
    for (; !rights.empty(); rights.pop_back()) expression(rights.back());
  }
  void expressions(lang::ExprList all) {
    for (Expr* e : all) expression(e);
  }
  void leaf(Expr& e) {
    visit(e, lang::Overloaded{
                 [](lang::IntExpr&) {},
                 [](lang::FloatExpr&) {},
                 [](lang::StringExpr&) {},
                 [&](lang::FStringExpr& x) { for (const lang::FStringPart& p : x.parts) if (p.expr) expression(p.expr); },
                 [&](lang::ArrayExpr& x) { expressions(x.elements); },
                 [&](lang::DictExpr& x) { for (const lang::DictPair& p : x.pairs) { expression(p.key); expression(p.value); } },
                 [](lang::NameExpr&) {},
                 [&](lang::UnaryExpr& x) { expression(x.operand); },
                 [](lang::BinaryExpr&) {},
                 [](lang::LogicalExpr&) {},
                 [&](lang::NamedCallExpr& x) { expressions(x.arguments); },
                 [&](lang::ValueCallExpr& x) { expression(x.callee); expressions(x.arguments); },
                 [&](lang::MethodCallExpr& x) { expression(x.object); expressions(x.arguments); },
                 [&](lang::IndexExpr& x) { expression(x.object); expression(x.index); },
                 [&](lang::IfExpr& x) {
                   const uint32_t group = ++groups_, at = line(x.span);
                   for (lang::IfExpr* i = &x; i; i = i->otherwise_if) {
                     expression(i->condition);
                     branch(i->then, at, group);
                     if (i->otherwise_block) branch(*i->otherwise_block, at, group);
                   }
                 },
                 [&](lang::LambdaExpr& x) { function(*x.function); },
                 [&](lang::SafeExpr& x) { expression(x.operand); },
                 [](lang::ParenExpr&) {},
                 [](lang::ErrorExpr&) {},
             });
  }

  lang::Module& module_;
  size_t first_;
  uint32_t groups_ = 0;
};

struct Ratio {
  size_t hit = 0, all = 0;
  void operator+=(const Ratio& other) { hit += other.hit, all += other.all; }
  std::string text() const {
    return fmt::format("{:>5}/{:<5} {:>6}", hit, all, all ? fmt::format("{:.1f}%", 100.0 * static_cast<double>(hit) / static_cast<double>(all)) : "-");
  }
};

// What the points of one file come to.
struct Summary {
  std::map<uint32_t, uint64_t> lines;  // line -> how often; the most of its statements
  Ratio line_ratio, branch_ratio;
  std::string missing;  // "4-6, 9"

  Summary(const FileCoverage& file, const std::vector<uint64_t>& hits) {
    for (size_t i = 0; i < file.points.size(); ++i) {
      const Point& p = file.points[i];
      const uint64_t n = hits[file.first + i];
      if (p.kind == Point::Kind::Statement) lines[p.line] = std::max(lines[p.line], n);
      if (p.kind == Point::Kind::Branch) branch_ratio += Ratio{n > 0, 1};
    }
    for (auto l = lines.begin(); l != lines.end();) {
      line_ratio += Ratio{l->second > 0, 1};
      if (l->second > 0) {
        ++l;
        continue;
      }
      const uint32_t begin = l->first;
      uint32_t end = begin;
      while (++l != lines.end() && l->second == 0) {
        end = l->first;
        line_ratio += Ratio{0, 1};
      }
      missing += (missing.empty() ? "" : ", ") + (begin == end ? fmt::format("{}", begin) : fmt::format("{}-{}", begin, end));
    }
  }
};

}  // namespace

void Coverage::instrument(lang::Module& module) {
  const std::string& path = module.source().path();
  if (!library_.empty() && path.starts_with(library_)) return;
  const auto known = files_.find(path);
  const bool same = known != files_.end() && known->second.text == module.source().text();
  // A test may rewrite a module between two imports: the old text counts no more.
  const size_t first = same ? known->second.first : hits_.size();
  Instrumenter done(module, first);
  if (same) return;
  hits_.resize(first + done.points.size());
  files_[path] = {std::string(module.source().text()), std::move(done.points), first};
}

void Coverage::attach(vm::Vm& machine) {
  machine.add_builtins(kBuiltins, "coverage");
  machine.state<Counters>().hits = &hits_;
}

std::map<std::string, std::vector<uint64_t>> Coverage::counts() const {
  std::map<std::string, std::vector<uint64_t>> all;
  for (const auto& [path, file] : files_) {
    const auto begin = hits_.begin() + static_cast<std::ptrdiff_t>(file.first);
    all[path].assign(begin, begin + static_cast<std::ptrdiff_t>(file.points.size()));
  }
  return all;
}

void Coverage::clear_counts() { std::fill(hits_.begin(), hits_.end(), 0); }

void Coverage::add(const std::map<std::string, std::vector<uint64_t>>& counts) {
  for (const auto& [path, added] : counts) {
    if (!files_.contains(path)) {
      std::string reason;
      const auto source = read(path, reason);
      if (!source) continue;
      const lang::ParseResult parsed = lang::parse(*source);
      if (parsed.ok()) instrument(*parsed.module);
    }
    const auto file = files_.find(path);
    if (file == files_.end() || file->second.points.size() != added.size()) continue;
    for (size_t i = 0; i < added.size(); ++i) hits_[file->second.first + i] += added[i];
  }
}

std::string Coverage::table() const {
  size_t width = 5;
  for (const auto& [path, file] : files_) width = std::max(width, path.size());
  std::string text = fmt::format("\n{:<{}}  {:>18}  {:>18}  missing lines\n", "coverage", width, "lines", "branches");
  Ratio lines, branches;
  for (const auto& [path, file] : files_) {
    const Summary s(file, hits_);
    lines += s.line_ratio;
    branches += s.branch_ratio;
    std::string row = fmt::format("{:<{}}  {}  {}  {}", path, width, s.line_ratio.text(), s.branch_ratio.text(), s.missing);
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  return text + fmt::format("{:<{}}  {}  {}\n", "total", width, lines.text(), branches.text());
}

// The tracefile format of lcov (geninfo(1), section FILES).
std::string Coverage::lcov() const {
  std::string text;
  for (const auto& [path, file] : files_) {
    const Summary s(file, hits_);
    text += fmt::format("TN:\nSF:{}\n", path);
    Ratio functions;
    std::string found;
    std::map<uint32_t, uint32_t> taken;  // group -> next number
    for (size_t i = 0; i < file.points.size(); ++i) {
      const Point& p = file.points[i];
      const uint64_t n = hits_[file.first + i];
      if (p.kind == Point::Kind::Function) {
        text += fmt::format("FN:{},{}\n", p.line, p.name);
        found += fmt::format("FNDA:{},{}\n", n, p.name);
        functions += Ratio{n > 0, 1};
      }
    }
    text += found + fmt::format("FNF:{}\nFNH:{}\n", functions.all, functions.hit);
    for (size_t i = 0; i < file.points.size(); ++i) {
      const Point& p = file.points[i];
      if (p.kind == Point::Kind::Branch)
        text += fmt::format("BRDA:{},{},{},{}\n", p.line, p.group, taken[p.group]++, hits_[file.first + i]);
    }
    text += fmt::format("BRF:{}\nBRH:{}\n", s.branch_ratio.all, s.branch_ratio.hit);
    for (const auto& [line, n] : s.lines) text += fmt::format("DA:{},{}\n", line, n);
    text += fmt::format("LF:{}\nLH:{}\nend_of_record\n", s.line_ratio.all, s.line_ratio.hit);
  }
  return text;
}

bool Coverage::write_html(const std::string& folder, std::string& reason) const {
  std::error_code why;
  const auto write = [&](const std::string& name, const std::string& text) {
    if (stdlib::replace_file(folder + "/" + name, text, why)) return true;
    reason = fmt::format("cannot write {}/{}: {}", folder, name, reason_text(why));
    return false;
  };
  if (!stdlib::make_folder(folder, why)) {
    reason = fmt::format("cannot create {}: {}", folder, reason_text(why));
    return false;
  }
  constexpr std::string_view kStyle =
      "body{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:72em}table{border-collapse:collapse}td,th{padding:.2em "
      "1em .2em 0;text-align:left}pre{line-height:1.4}.hit{background:#e6f6e6}.miss{background:#fbe3e3}.part{background:#fff3cd}"
      ".n{color:#888;display:inline-block;width:9em;user-select:none}";
  const auto page = [&](const std::string& title, const std::string& body) {
    return fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title><style>{}</style></head>\n"
                       "<body>\n<h1>{}</h1>\n{}</body></html>\n",
                       html_escaped(title), kStyle, html_escaped(title), body);
  };
  std::string rows;
  size_t number = 0;
  for (const auto& [path, file] : files_) {
    const Summary s(file, hits_);
    const std::string name = fmt::format("file{}.html", ++number);
    rows += fmt::format("<tr><td><a href=\"{}\">{}</a></td><td>{}</td><td>{}</td></tr>\n", name, html_escaped(path),
                        s.line_ratio.text(), s.branch_ratio.text());
    std::set<uint32_t> partial;  // lines with a branch that was never taken
    for (size_t i = 0; i < file.points.size(); ++i)
      if (file.points[i].kind == Point::Kind::Branch && hits_[file.first + i] == 0) partial.insert(file.points[i].line);
    const lang::Source source(path, file.text);
    std::string body = "<p><a href=\"index.html\">all files</a></p>\n<pre>";
    for (uint32_t line = 1; line <= source.line_count(); ++line) {
      const auto found = s.lines.find(line);
      const char* kind = found == s.lines.end() ? "" : found->second == 0 ? "miss" : partial.contains(line) ? "part" : "hit";
      body += fmt::format("<span class=\"{}\"><span class=\"n\">{:>5} {:>8}</span> {}</span>\n", kind, line,
                          found == s.lines.end() ? "" : fmt::format("{}×", found->second), html_escaped(source.line_text(line)));
    }
    if (!write(name, page(path, body + "</pre>\n"))) return false;
  }
  return write("index.html", page("Coverage", "<table><tr><th>file</th><th>lines</th><th>branches</th></tr>\n" + rows + "</table>\n"));
}

}  // namespace omc::tools
