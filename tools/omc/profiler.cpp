#include "omc/profiler.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lang/source.hpp"
#include "vm/native.hpp"
#include "vm/proto.hpp"
#include "vm/vm.hpp"

namespace omc::tools {

using vm::Activity;
using vm::SampledPlace;

std::string Profiler::Function::label() const {
  return path.empty() ? name : fmt::format("{} ({}:{})", name, path, line);
}

void Profiler::attached(vm::Vm& machine) {
  stop();
  of_proto_.clear();
  machine.add_root_marker([this](vm::Marker& marker) {
    for (const auto& [proto, function] : of_proto_) marker.mark(const_cast<vm::Proto*>(proto));
  });
  stopping_ = false;
  ticks.store(0);
  clock_ = std::thread([this] {
    const auto start = std::chrono::steady_clock::now();
    int64_t told = 0;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_until(lock, start + (told + 1) * period_, [this] { return stopping_; })) {
      const int64_t passed = (std::chrono::steady_clock::now() - start) / period_;
      ticks.fetch_add(static_cast<uint32_t>(passed - told), std::memory_order_relaxed);
      told = passed;
    }
  });
}

void Profiler::stop() {
  if (!clock_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  clock_.join();
}

Profiler::Function& Profiler::function_named(const std::string& name, const std::string& path, uint32_t line) {
  Function& f = functions_[{path, name, line}];
  if (f.name.empty()) {
    f.name = name;
    f.path = path;
    f.line = line;
  }
  return f;
}

Profiler::Function& Profiler::function_at(const SampledPlace& place) {
  switch (place.activity) {
    case Activity::Builtin: return function_named(std::string(place.builtin->name), "", 0);
    case Activity::Import: return function_named("[import]", "", 0);
    case Activity::Collector: return function_named("[collector]", "", 0);
    case Activity::Startup: return function_named("[start]", "", 0);
    case Activity::Omitted: return function_named("[...]", "", 0);
    case Activity::Code:
    case Activity::NativeCode: break;
  }
  Function*& known = of_proto_[place.proto];
  if (!known) {
    const vm::Proto& proto = *place.proto;
    const std::string_view name = proto.name ? proto.name->view() : std::string_view();
    known = &function_named(proto.is_top_level ? "<top-level>" : proto.is_lambda || name.empty() ? "<lambda>" : std::string(name),
                            proto.source->path(), proto.source->line(proto.span.begin));
  }
  return *known;
}

Profiler::Line* Profiler::line_at(const SampledPlace& place) {
  if (place.activity != Activity::Code) return nullptr;
  const lang::Source& source = *place.proto->source;
  const uint32_t number = source.line(place.proto->position(place.pc).begin);
  Line& line = lines_[{source.path(), number}];
  if (line.line == 0) {
    line.path = source.path();
    line.line = number;
    const std::string_view text = source.line_text(number);
    const size_t from = std::min(text.find_first_not_of(" \t"), text.size());
    line.text = text.substr(from);
  }
  return &line;
}

void Profiler::sampled(std::span<const SampledPlace> stack, uint32_t count) {
  ++sample_;
  size_t at = 0;
  calls_[0].weight.total += count;
  Line* innermost = nullptr;
  for (const SampledPlace& place : stack) {
    Function& f = function_at(place);
    const auto [entry, is_new] = calls_[at].callees.try_emplace(&f, calls_.size());
    at = entry->second;
    if (is_new) calls_.push_back({&f, {}, {}});
    calls_[at].weight.total += count;
    if (f.last != sample_) f.weight.total += count;
    f.last = sample_;
    if (Line* line = line_at(place)) {
      if (line->last != sample_) line->weight.total += count;
      line->last = sample_;
      innermost = line;
    } else if (place.activity == Activity::NativeCode) {
      innermost = nullptr;
    }
    if (&place == &stack.back()) f.weight.self += count;
  }
  calls_[at].weight.self += count;
  if (innermost) innermost->weight.self += count;
}

namespace {

template <class T>
bool heavier(const T* a, const T* b) {
  if (a->weight.self != b->weight.self) return a->weight.self > b->weight.self;
  return a->weight.total > b->weight.total;
}

}  // namespace

std::vector<const Profiler::Function*> Profiler::functions() const {
  std::vector<const Function*> all;
  for (const auto& [key, f] : functions_) all.push_back(&f);
  std::stable_sort(all.begin(), all.end(), heavier<Function>);
  return all;
}

std::vector<const Profiler::Line*> Profiler::lines() const {
  std::vector<const Line*> all;
  for (const auto& [key, line] : lines_) all.push_back(&line);
  std::stable_sort(all.begin(), all.end(), heavier<Line>);
  return all;
}

}  // namespace omc::tools
