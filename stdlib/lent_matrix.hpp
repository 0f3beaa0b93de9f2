#pragma once
// A matrix of the tape on its way from one builtin to another (vm::Lending): cells that become arrays only if somebody
// wants arrays. A training step with AdamW would else copy each parameter three times.

#include <memory>
#include <vector>

#include "tape/tape.hpp"
#include "vm/object.hpp"

namespace omc::stdlib {

// Objects of lent values that came back, for the next: a training loop makes no garbage with them.
struct SpareLoans {
  std::vector<vm::OtherObject*> objects;
  bool marked = false;
};

class LentMatrix : public vm::Lent {
 public:
  explicit LentMatrix(SpareLoans& home) : home_(home) {}

  // The tape lives as long as its cells are lent.
  void fill(std::shared_ptr<tape::Tape> tape, tape::Reading cells, bool ints_where_whole);
  void come_back(vm::OtherObject* self) noexcept;

  const tape::Reading& cells() const { return cells_; }
  vm::Value settle(vm::Vm& vm) override;

 private:
  SpareLoans& home_;
  std::shared_ptr<tape::Tape> tape_;
  tape::Reading cells_ = {{}, tape::Precision::Exact};
  bool ints_where_whole_ = false;
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
