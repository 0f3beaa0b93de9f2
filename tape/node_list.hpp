#pragma once
// The nodes of a tape by id, in chunks. A chunk most of whose nodes are retired keeps only the others: a training loop
// that never removes a node leaves 64 bytes for each loss behind, not for each node of each step. What is no longer
// there reads as a retired node.

#include <cstddef>  // size_t
#include <cstdint>  // uint16_t
#include <memory>   // unique_ptr
#include <vector>

namespace omc::tape {

struct Node;

class NodeList {
 public:
  NodeList();
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

  struct Chunk {
    std::vector<Node> nodes;       // all of the chunk's, or those that are left
    std::vector<uint16_t> places;  // theirs in the chunk, ascending; empty: all are there
    size_t retired = 0;
  };

  static bool is_thinned(const Chunk& chunk);
  void fill_up(Chunk& chunk, size_t count);

  std::vector<Chunk> chunks_;
  size_t size_ = 0;
  std::unique_ptr<Node> gone_;
};

}  // namespace omc::tape
