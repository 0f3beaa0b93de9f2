#pragma once
// A matrix of the tape on its way from one builtin to another (vm::Lending): cells that become arrays only if somebody
// wants arrays. A training step with AdamW would else copy each parameter three times.

#include <memory>

#include "tape/tape.hpp"
#include "vm/object.hpp"

namespace omc::stdlib {

class LentMatrix : public vm::Lent {
 public:
  // The tape lives as long as its cells are lent.
  LentMatrix(std::shared_ptr<tape::Tape> tape, tape::Reading cells, bool ints_where_whole)
      : tape_(std::move(tape)), cells_(std::move(cells)), ints_where_whole_(ints_where_whole) {}

  const tape::Reading& cells() const { return cells_; }
  vm::Value settle(vm::Vm& vm) override;

 private:
  std::shared_ptr<tape::Tape> tape_;
  tape::Reading cells_;
  bool ints_where_whole_;
};

// The object of a lent value costs as much as copying so many cells.
constexpr bool is_worth_lending(size_t cells) { return cells >= 64; }

// As a lent value, or as what a program reads where that is as good.
vm::Value lend(vm::Vm& vm, tape::Reading cells, bool ints_where_whole);

// An argument that may be lent. The lender's buffer is given back at the end, not when the collector comes.
class TakenMatrix {
 public:
  explicit TakenMatrix(vm::Value argument);
  TakenMatrix(TakenMatrix&&) = delete;
  ~TakenMatrix();

  explicit operator bool() const { return lent_ != nullptr; }
  const tape::Reading& operator*() const { return lent_->cells(); }
  const tape::Reading* operator->() const { return &lent_->cells(); }

 private:
  vm::OtherObject* object_ = nullptr;
  LentMatrix* lent_ = nullptr;
};

}  // namespace omc::stdlib
