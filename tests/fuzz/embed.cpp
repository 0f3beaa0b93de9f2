// Any bytes as what a host does with include/omc.h: each makes, reads, changes, calls and releases values of two machines,
// in any order. A function that fails says why; what was put into a container is found in it.
#include <omc.h>

#include <string>
#include <vector>

#include "check.hpp"

namespace {

// The bytes of the input, one decision after the other; zeros when they are used up.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool more() const { return at_ != end_; }
  uint8_t byte() { return more() ? *at_++ : 0; }
  size_t below(size_t n) { return byte() % n; }
  int64_t number() {
    uint64_t n = 0;
    for (size_t i = below(9); i > 0; --i) n = n << 8 | byte();
    return static_cast<int64_t>(n);
  }
  std::string text() {
    std::string s;
    for (size_t i = below(20); i > 0; --i) s += static_cast<char>(byte());
    return s;
  }

 private:
  const uint8_t *at_, *end_;
};

// All end by themselves, whatever values they get.
const char* const kFunctions[] = {"len", "to_string", "arr_sort", "host", "same", "fails", "keeps", "kept", "again", "none", "type_of"};
const char kProgram[] =
    "h all = []; fn same(x) { return x; } fn fails(x) { throw x; } fn keeps(x) { arr_push(all, x); return len(all); }"
    "fn kept() { return all; } fn again(f) { return f(f); }";
const char* const kSnippets[] = {"1 + 1", "all", "same", "fn(x) [x, x]", "host([1])", "throw {\"k\": all}", "h ;", "{\"a\": [0.5]}",
                                 "arr_map(all, host)", "arr_map([1, 2], fn(x) str_repeat(\"x\", 300000))"};

class Host {
 public:
  Host(Choices& choices, const omc_options& options) : choices_(choices), machine_(omc_new(&options)) {
    OMC_CHECK(machine_);
    omc_set_output(machine_, [](void* context, const char*, size_t n) { static_cast<Host*>(context)->written_ += n; }, this);
    omc_register(machine_, "host", "(a, b?)", function, this);
    omc_run(machine_, "program", kProgram, sizeof kProgram - 1);
  }
  ~Host() {
    // Some handles are left to omc_free.
    for (size_t i = 0; i < values_.size(); i += 2) omc_release(values_[i]);
    omc_free(machine_);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // One of the handles, at times none.
  omc_value* some() {
    const size_t i = choices_.below(values_.size() + 1);
    return i < values_.size() ? values_[i] : nullptr;
  }

  void step(Host& other) {
    omc_machine* m = machine_;
    switch (choices_.below(16)) {
      case 0: keep(choices_.below(2) ? omc_null(m) : omc_bool(m, static_cast<int>(choices_.below(3)))); break;
      case 1: keep(omc_int(m, choices_.number())); break;
      case 2: keep(omc_float(m, static_cast<double>(choices_.number()) / 8)); break;
      case 3: {
        const std::string text = choices_.text();
        if (omc_value* v = keep(omc_string(m, text.data(), text.size()))) {
          size_t length = 0;
          const char* back = omc_text(v, &length);
          OMC_CHECK(std::string(back, length) == text);
        }
        break;
      }
      case 4: keep(choices_.below(2) ? omc_array(m) : omc_dict(m)); break;
      case 5: {
        omc_value *array = some(), *element = choices_.below(8) ? some() : other.some();
        const size_t before = omc_size(array);
        if (omc_append(array, element) == 0) OMC_CHECK(omc_size(array) == before + 1);
        break;
      }
      case 6: {
        omc_value *dict = some(), *value = choices_.below(8) ? some() : other.some();
        const std::string key = choices_.text();
        if (omc_put(dict, key.data(), key.size(), value) != 0) break;
        omc_value* found = omc_get(dict, key.data(), key.size());
        OMC_CHECK(found && omc_kind_of(found) == omc_kind_of(value) && omc_as_int(found) == omc_as_int(value));
        omc_release(found);
        break;
      }
      case 7: {
        const std::string key = choices_.text();
        if (omc_value* v = omc_get(some(), key.data(), key.size())) values_.push_back(v);
        break;
      }
      case 8: {
        omc_value* array = some();
        const size_t i = choices_.byte();
        omc_value* v = omc_at(array, i);
        OMC_CHECK((v != nullptr) == (omc_kind_of(array) == OMC_ARRAY && i < omc_size(array)));
        if (v) values_.push_back(v);
        break;
      }
      case 9: {
        omc_value* dict = some();
        omc_value* keys = omc_keys(dict);
        OMC_CHECK(!keys || omc_size(keys) == omc_size(dict));
        if (keys) values_.push_back(keys);
        break;
      }
      case 10: {
        omc_value* v = some();
        OMC_CHECK(omc_text(v, nullptr));
        omc_as_float(v), omc_is_true(v);
        break;
      }
      case 11: {
        omc_value* arguments[3] = {some(), some(), choices_.below(8) ? nullptr : other.some()};
        keep(omc_call(m, kFunctions[choices_.below(std::size(kFunctions))], arguments, choices_.below(4)));
        break;
      }
      case 12: {
        omc_value* arguments[2] = {some(), some()};
        if (omc_value* f = some()) keep(omc_call_value(f, arguments, choices_.below(3)));
        break;
      }
      case 13: {
        const std::string snippet = kSnippets[choices_.below(std::size(kSnippets))];
        keep(omc_evaluate(m, snippet.data(), snippet.size()));
        break;
      }
      case 14: {
        const std::string text = "print(\"" + choices_.text() + "\"); keeps(1);";
        if (omc_run(m, choices_.text().c_str(), text.data(), text.size()) != 0) OMC_CHECK(*omc_error(m));
        break;
      }
      default:
        if (!values_.empty()) {
          const size_t i = choices_.below(values_.size());
          omc_release(values_[i]);
          values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
  }

 private:
  omc_value* keep(omc_value* v) {
    if (v) values_.push_back(v);
    else OMC_CHECK(*omc_error(machine_));
    return v;
  }

  // Fails, calls back, gives what it got or something new, as the input has it.
  static omc_value* function(omc_machine* m, void* context, omc_value* const* arguments, size_t count) {
    Host& host = *static_cast<Host*>(context);
    const bool deeper = ++host.depth_ < 4;
    omc_value* result = nullptr;
    switch (host.choices_.below(6)) {
      case 0: omc_fail(m, "refused"); break;
      case 1: result = deeper ? omc_call(m, "same", arguments, count) : nullptr; break;
      case 2: result = omc_array(m); break;
      case 3: if (deeper) host.step(host); break;
      case 4: result = deeper ? omc_evaluate(m, "keeps(host(all))", 16) : nullptr; break;
      default: break;
    }
    --host.depth_;
    return result;
  }

  Choices& choices_;
  omc_machine* machine_;
  std::vector<omc_value*> values_;
  size_t written_ = 0;
  int depth_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices choices(data, size);
  omc_options options = {};
  options.size = sizeof options;
  options.permissions = "";
  options.max_memory = choices.below(2) ? 1 << 22 : 0;
  options.max_depth = 50;
  options.max_output = choices.below(2) ? 20 : 0;
  Host first(choices, options), second(choices, options);
  for (int steps = 0; choices.more() && steps < 200; ++steps) choices.below(4) ? first.step(second) : second.step(first);
  return 0;
}
