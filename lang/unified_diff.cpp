// E. W. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1, 1986, section 3: the greedy algorithm, with
// its furthest points kept for the way back. Its memory grows with the square of the number of changed lines; beyond
// kMostChanges the middle is shown as replaced, which is still a correct difference.

#include "lang/unified_diff.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace omc::lang {

namespace {

using Lines = std::vector<std::string_view>;  // with their newlines

constexpr int kMostChanges = 2000;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Old lines [old_begin, old_end) give way to new lines [new_begin, new_end).
struct Change {
  size_t old_begin, old_end, new_begin, new_end;
};

class Comparison {
 public:
  Comparison(const Lines& a, const Lines& b, int most_changes = kMostChanges) : a_(a), b_(b), most_changes_(most_changes) {
    while (begin_ < std::min(a.size(), b.size()) && a[begin_] == b[begin_]) ++begin_;
    a_end_ = a.size();
    b_end_ = b.size();
    while (a_end_ > begin_ && b_end_ > begin_ && a[a_end_ - 1] == b[b_end_ - 1]) --a_end_, --b_end_;
  }

  std::vector<Change> changes() {
    if (begin_ == a_end_ && begin_ == b_end_) return {};
    if (!search()) return {{begin_, a_end_, begin_, b_end_}};
    walk_back();
    std::reverse(changes_.begin(), changes_.end());
    return changes_;
  }

 private:
  // furthest_[d][k + d]: how far x gets on diagonal k with d changes.
  bool search() {
    const int n = static_cast<int>(a_end_ - begin_), m = static_cast<int>(b_end_ - begin_);
    for (int d = 0; d <= std::min(n + m, most_changes_); ++d) {
      std::vector<int> row(static_cast<size_t>(2 * d + 1), 0);
      for (int k = -d; k <= d; k += 2) {
        int x = d == 0 ? 0 : from_below(d, k) ? at(d - 1, k + 1) : at(d - 1, k - 1) + 1;
        while (x < n && x - k < m && line(a_, x) == line(b_, x - k)) ++x;
        row[static_cast<size_t>(k + d)] = x;
        if (x >= n && x - k >= m) {
          furthest_.push_back(std::move(row));
          return true;
        }
      }
      furthest_.push_back(std::move(row));
    }
    return false;
  }

  void walk_back() {
    int x = static_cast<int>(a_end_ - begin_), y = static_cast<int>(b_end_ - begin_);
    for (int d = static_cast<int>(furthest_.size()) - 1; d > 0; --d) {
      const int k = x - y;
      const bool inserted = from_below(d, k);
      const int from = inserted ? k + 1 : k - 1;
      const int old_x = at(d - 1, from), old_y = old_x - from;
      add(old_x, inserted ? old_x : old_x + 1, old_y, inserted ? old_y + 1 : old_y);
      x = old_x;
      y = old_y;
    }
  }

  // Joins a change with the one behind it when nothing stands between.
  void add(int old_begin, int old_end, int new_begin, int new_end) {
    const Change c{begin_ + static_cast<size_t>(old_begin), begin_ + static_cast<size_t>(old_end),
                   begin_ + static_cast<size_t>(new_begin), begin_ + static_cast<size_t>(new_end)};
    if (!changes_.empty() && changes_.back().old_begin == c.old_end && changes_.back().new_begin == c.new_end) {
      changes_.back().old_begin = c.old_begin;
      changes_.back().new_begin = c.new_begin;
    } else {
      changes_.push_back(c);
    }
  }

  int at(int d, int k) const { return furthest_[static_cast<size_t>(d)][static_cast<size_t>(k + d)]; }
  bool from_below(int d, int k) const { return k == -d || (k != d && at(d - 1, k - 1) < at(d - 1, k + 1)); }
  std::string_view line(const Lines& lines, int i) const { return lines[begin_ + static_cast<size_t>(i)]; }

  const Lines &a_, &b_;
  int most_changes_;
  size_t begin_ = 0, a_end_, b_end_;  // what lies between the common start and the common end
  std::vector<std::vector<int>> furthest_;
  std::vector<Change> changes_;
};

void put(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

std::string range(size_t begin, size_t count) {
  if (count == 1) return fmt::format("{}", begin + 1);
  return fmt::format("{},{}", count == 0 ? begin : begin + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view old_text, std::string_view new_text, std::string_view old_name,
                         std::string_view new_name, size_t context) {
  const Lines a = split(old_text), b = split(new_text);
  const std::vector<Change> changes = Comparison(a, b).changes();
  if (changes.empty()) return {};
  std::string out = fmt::format("--- {}\n+++ {}\n", old_name, new_name);
  for (size_t first = 0, last; first < changes.size(); first = last + 1) {
    last = first;
    while (last + 1 < changes.size() && changes[last + 1].old_begin - changes[last].old_end <= 2 * context) ++last;
    const size_t before = std::min(context, changes[first].old_begin);
    const size_t after = std::min(context, a.size() - changes[last].old_end);
    const size_t old_begin = changes[first].old_begin - before, new_begin = changes[first].new_begin - before;
    const size_t old_end = changes[last].old_end + after, new_end = changes[last].new_end + after;
    out += fmt::format("@@ -{} +{} @@\n", range(old_begin, old_end - old_begin), range(new_begin, new_end - new_begin));
    size_t i = old_begin;
    for (size_t c = first; c <= last; ++c) {
      while (i < changes[c].old_begin) put(out, ' ', a[i++]);
      while (i < changes[c].old_end) put(out, '-', a[i++]);
      for (size_t j = changes[c].new_begin; j < changes[c].new_end; ++j) put(out, '+', b[j]);
    }
    while (i < old_end) put(out, ' ', a[i++]);
  }
  return out;
}

std::vector<Edit> line_edits(std::string_view old_text, std::string_view new_text, int most_changes) {
  const Lines a = split(old_text), b = split(new_text);
  // Where line i begins, and where the text ends.
  const auto offset = [&](size_t i) {
    return static_cast<uint32_t>(i < a.size() ? a[i].data() - old_text.data() : static_cast<std::ptrdiff_t>(old_text.size()));
  };
  std::vector<Edit> edits;
  for (const Change& c : Comparison(a, b, most_changes).changes()) {
    const size_t count = c.old_end - c.old_begin;
    if (count == c.new_end - c.new_begin) {
      for (size_t i = 0; i < count; ++i)
        edits.push_back({{offset(c.old_begin + i), offset(c.old_begin + i + 1)}, std::string(b[c.new_begin + i])});
      continue;
    }
    Edit edit{{offset(c.old_begin), offset(c.old_end)}, {}};
    for (size_t i = c.new_begin; i < c.new_end; ++i) edit.text += b[i];
    edits.push_back(std::move(edit));
  }
  return edits;
}

}  // namespace omc::lang
