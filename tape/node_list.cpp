#include "tape/node_list.hpp"

#include <algorithm>
#include <cstring>  // memcpy

#include "tape/operation.hpp"

namespace omc::tape {

static Node retired_node() {
  return {.value = {},
          .operation = nullptr,
          .saved = {},
          .parameter = 0,
          .operands = {},
          .last_used = 0,
          .operand_count = 0,
          .flags = Node::kRetired};
}

// The operation of a woken number. Nothing calls it: a backward stops at the retired operand.
static constexpr Operation kNumber = {"tape_value", nullptr};

NodeList::NodeList(Pool& pool) : pool_(pool), gone_(std::make_unique<Node>(retired_node())) {}

NodeList::~NodeList() = default;

bool NodeList::is_thinned(const Chunk& chunk) {
  return !chunk.places.empty() || chunk.nodes.empty();
}

Node& NodeList::operator[](size_t id) {
  Chunk& chunk = chunks_[id / kChunk];
  const size_t place = id % kChunk;
  if (!is_thinned(chunk)) return chunk.nodes[place];
  const auto found = std::ranges::lower_bound(chunk.places, place);
  if (found == chunk.places.end() || *found != place) return wake(chunk, id);
  return chunk.nodes[static_cast<size_t>(found - chunk.places.begin())];
}

std::vector<NodeList::Number>::iterator NodeList::find_number(Chunk& chunk, size_t place) {
  const auto found = std::ranges::lower_bound(chunk.numbers, place, {}, &Number::place);
  return found != chunk.numbers.end() && found->place == place ? found : chunk.numbers.end();
}

// A node of a thinned chunk that is not in its list: woken before, a number, or gone.
Node& NodeList::wake(Chunk& chunk, size_t id) {
  if (const auto woken = woken_.find(id); woken != woken_.end()) return woken->second;
  const auto number = find_number(chunk, id % kChunk);
  if (number == chunk.numbers.end()) return *gone_;
  Tensor value(pool_, 1, 1, sizeof number->cell);
  std::memcpy(value.data<char>(), &number->cell, sizeof number->cell);
  Node node = retired_node();
  node.value = std::move(value);
  node.operation = &kNumber;
  node.operands[0] = number->retired;
  node.operand_count = 1;
  node.flags = Node::kNeverRetires;
  Node& woken = woken_.emplace(id, std::move(node)).first->second;
  chunk.numbers.erase(number);
  return woken;
}

void NodeList::push_back(Node node) {
  if (size_ % kChunk == 0) {
    chunks_.emplace_back();
    try {
      chunks_.back().nodes.reserve(kChunk);
    } catch (...) {
      chunks_.pop_back();
      throw;
    }
  }
  chunks_.back().nodes.push_back(std::move(node));
  ++size_;
}

void NodeList::truncate(size_t size) {
  size_ = size;
  chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>((size + kChunk - 1) / kChunk), chunks_.end());
  woken_.erase(woken_.lower_bound(size), woken_.end());
  if (size % kChunk == 0) return;
  Chunk& last = chunks_.back();
  if (is_thinned(last)) fill_up(last, size % kChunk);
  else last.nodes.erase(last.nodes.begin() + static_cast<std::ptrdiff_t>(size % kChunk), last.nodes.end());
  const auto is_retired = [](const Node& node) { return (node.flags & Node::kRetired) != 0; };
  last.retired = static_cast<size_t>(std::ranges::count_if(last.nodes, is_retired));
}

// The first `count` nodes of the chunk, each in its place, so that more can follow.
void NodeList::fill_up(Chunk& chunk, size_t count) {
  std::vector<Node> nodes;
  nodes.reserve(kChunk);
  const size_t first = static_cast<size_t>(&chunk - chunks_.data()) * kChunk;
  for (size_t place = 0; place < count; ++place) {
    Node& node = (*this)[first + place];
    nodes.push_back(&node == gone_.get() ? retired_node() : std::move(node));
  }
  woken_.erase(woken_.lower_bound(first), woken_.end());
  chunk.places.clear();
  chunk.numbers.clear();
  chunk.nodes = std::move(nodes);
}

// The retired node that a backward from this one comes to first, if that is plain to see.
std::optional<uint32_t> NodeList::retired_below(const Node& node) {
  for (size_t i = 0; i < node.operand_count; ++i) {
    const uint32_t id = node.operands[i];
    Chunk& chunk = chunks_[id / kChunk];
    if (const auto number = find_number(chunk, id % kChunk); number != chunk.numbers.end()) {
      if (i == 0) return number->retired;
    } else if ((*this)[id].flags & Node::kRetired) {
      return id;
    }
  }
  return {};
}

void NodeList::node_retired(size_t id) {
  Chunk& chunk = chunks_[id / kChunk];
  ++chunk.retired;
  if ((id / kChunk + 1) * kChunk <= size_ && 2 * chunk.retired >= chunk.nodes.size()) thin(chunk);
}

// Half of what is stored is of no use. The next time will be when half of the rest has gone too.
void NodeList::thin(Chunk& chunk) {
  const bool thinned = is_thinned(chunk);
  const auto place_of = [&](size_t i) { return thinned ? chunk.places[i] : static_cast<uint16_t>(i); };
  for (size_t i = 0; i < chunk.nodes.size(); ++i) {
    const Node& node = chunk.nodes[i];
    if (node.value.size() != 1 || !node.value.has_buffer() || node.gradient) continue;
    const std::optional<uint32_t> retired = retired_below(node);
    if (!retired) continue;
    Number number = {.cell = 0, .retired = *retired, .place = place_of(i)};
    std::memcpy(&number.cell, node.value.data<char>(), sizeof number.cell);
    const auto next = std::ranges::lower_bound(chunk.numbers, number.place, {}, &Number::place);
    if (next == chunk.numbers.end() || next->place != number.place) chunk.numbers.insert(next, number);
  }
  std::vector<Node> left;
  std::vector<uint16_t> places;
  left.reserve(chunk.nodes.size() - chunk.retired);
  places.reserve(chunk.nodes.size() - chunk.retired);
  chunk.numbers.shrink_to_fit();
  for (size_t i = 0; i < chunk.nodes.size(); ++i) {
    if ((chunk.nodes[i].flags & Node::kRetired) || find_number(chunk, place_of(i)) != chunk.numbers.end()) continue;
    places.push_back(place_of(i));
    left.push_back(std::move(chunk.nodes[i]));
  }
  left.shrink_to_fit();
  chunk.nodes = std::move(left);
  chunk.places = std::move(places);
  chunk.retired = 0;
}

}  // namespace omc::tape
