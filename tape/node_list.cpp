#include "tape/node_list.hpp"

#include <algorithm>

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

NodeList::NodeList() : gone_(std::make_unique<Node>(retired_node())) {}

NodeList::~NodeList() = default;

bool NodeList::is_thinned(const Chunk& chunk) {
  return !chunk.places.empty() || chunk.nodes.empty();
}

Node& NodeList::operator[](size_t id) {
  Chunk& chunk = chunks_[id / kChunk];
  const size_t place = id % kChunk;
  if (!is_thinned(chunk)) return chunk.nodes[place];
  const auto found = std::ranges::lower_bound(chunk.places, place);
  if (found == chunk.places.end() || *found != place) return *gone_;
  return chunk.nodes[static_cast<size_t>(found - chunk.places.begin())];
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
  chunk.places.clear();
  chunk.nodes = std::move(nodes);
}

void NodeList::node_retired(size_t id) {
  Chunk& chunk = chunks_[id / kChunk];
  if (++chunk.retired < kChunk / 2 || (id / kChunk + 1) * kChunk > size_) return;
  if (chunk.nodes.size() > 2 * (kChunk - chunk.retired)) {
    // Half of what is stored is of no use. The next time will be when half of the rest has gone too.
    std::vector<Node> left;
    std::vector<uint16_t> places;
    left.reserve(kChunk - chunk.retired);
    places.reserve(kChunk - chunk.retired);
    const bool thinned = is_thinned(chunk);
    for (size_t i = 0; i < chunk.nodes.size(); ++i) {
      if (chunk.nodes[i].flags & Node::kRetired) continue;
      places.push_back(thinned ? chunk.places[i] : static_cast<uint16_t>(i));
      left.push_back(std::move(chunk.nodes[i]));
    }
    chunk.nodes = std::move(left);
    chunk.places = std::move(places);
  }
}

}  // namespace omc::tape
