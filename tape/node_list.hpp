#pragma once
// The nodes of a tape by id, in chunks. A chunk half of whose nodes are retired keeps only the others: a training loop
// that never removes a node does not pay for each node of each step. What is no longer there reads as a retired node.
//
// Most of what is left are losses. A number that was computed from a retired node can be read and computed with, but no
// gradient passes through it any more; so it is kept as 16 bytes, and becomes a node again when somebody asks for it.

#include <cstddef>  // size_t
#include <cstdint>  // uint16_t, uint32_t, uint64_t
#include <map>
#include <memory>   // unique_ptr
#include <optional>
#include <vector>

namespace omc::tape {

struct Node;
class Pool;

class NodeList {
 public:
  // Buffers of nodes come from this pool, which must outlive the list.
  explicit NodeList(Pool& pool);
  ~NodeList();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Stays where it is until truncate or node_retired.
  Node& operator[](size_t id);
  Node& back() { return (*this)[size_ - 1]; }
  void push_back(Node node);
  void truncate(size_t size);

  // To be told of each node that retires.
  void node_retired(size_t id);

 private:
  static constexpr size_t kChunk = 256;

  // What is left of a node whose value is one cell and one of whose operands is retired.
  struct Number {
    uint64_t cell;     // its bits
    uint32_t retired;  // the operand that a backward would stop at
    uint16_t place;
  };

  struct Chunk {
    std::vector<Node> nodes;       // all of the chunk's, or those that are left
    std::vector<uint16_t> places;  // theirs in the chunk, ascending; empty: all are there
    std::vector<Number> numbers;   // by place, ascending
    size_t retired = 0;            // of `nodes`
  };

  static bool is_thinned(const Chunk& chunk);
  static std::vector<Number>::iterator find_number(Chunk& chunk, size_t place);
  Node& wake(Chunk& chunk, size_t id);
  std::optional<uint32_t> retired_below(const Node& node);
  void thin(Chunk& chunk);
  void fill_up(Chunk& chunk, size_t count);

  Pool& pool_;
  std::vector<Chunk> chunks_;
  size_t size_ = 0;
  std::map<size_t, Node> woken_;  // that were numbers, by id
  std::unique_ptr<Node> gone_;
};

}  // namespace omc::tape
