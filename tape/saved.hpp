#pragma once
// What an operation keeps for its backward beside operands and value.

#include <cstdint>  // uint32_t
#include <utility>  // exchange, swap

namespace omc::tape {

// The count of references lies inside, so that a node pays 8 bytes.
class Saved {
 public:
  Saved() = default;
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  virtual ~Saved() = default;

 private:
  friend class SavedRef;
  uint32_t references_ = 0;
};

class SavedRef {
 public:
  SavedRef() = default;
  explicit SavedRef(Saved* saved) : saved_(saved) { retain(); }
  SavedRef(const SavedRef& other) : saved_(other.saved_) { retain(); }
  SavedRef(SavedRef&& other) noexcept : saved_(std::exchange(other.saved_, nullptr)) {}
  SavedRef& operator=(SavedRef other) noexcept {
    std::swap(saved_, other.saved_);
    return *this;
  }
  ~SavedRef() {
    if (saved_ && --saved_->references_ == 0) delete saved_;
  }

  Saved* get() const { return saved_; }

 private:
  void retain() {
    if (saved_) ++saved_->references_;
  }

  Saved* saved_ = nullptr;
};

}  // namespace omc::tape
