// The terms of a match: a short list, sorted by field, that the copies of a match share until one of them is changed.
//
// Matches are copied far more often than they are changed: into flow tables and what indexes them, undo lists,
// messages. Copies in different threads may be used at the same time, as copies of a std::vector may.
#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "ofmsg/fields.hpp"

namespace sluice::ofmsg {

struct Term {
  Field field;
  U128 value;
  U128 mask;

  friend constexpr auto operator<=>(const Term&, const Term&) = default;
};

class Terms {
 public:
  using value_type = Term;
  using const_iterator = const Term*;

  Terms() = default;

  Terms(const Terms& other) noexcept : block_{other.block_} {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }

  Terms(Terms&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}

  Terms& operator=(Terms other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~Terms() { release(block_); }

  [[nodiscard]] const Term* begin() const { return block_ == nullptr ? nullptr : block_->terms(); }

  [[nodiscard]] const Term* end() const { return begin() + size(); }

  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }

  [[nodiscard]] bool empty() const { return size() == 0; }

  [[nodiscard]] const Term& operator[](std::size_t i) const { return begin()[i]; }

  [[nodiscard]] const Term& front() const { return begin()[0]; }

  [[nodiscard]] const Term& back() const { return begin()[size() - 1]; }

  void push_back(const Term& term) {
    const bool fits = block_ != nullptr && block_->size < block_->room && is_alone();
    if (!fits) return insert(size(), term);
    new (block_->terms() + block_->size++) Term{term};
  }

  // At a place of the list, which is this one's alone then. `at` is at most size(); less than that for the others.
  void insert(std::size_t at, Term term);
  void replace(std::size_t at, Term term);
  void erase(std::size_t at);
  // The same in a block of their own, without room for more: for what is kept long and read often.
  [[nodiscard]] Terms compact() const;

  friend bool operator==(const Terms& a, const Terms& b) {
    return a.block_ == b.block_ || std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  friend auto operator<=>(const Terms& a, const Terms& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  // Its terms are behind it.
  struct alignas(Term) Block {
    std::atomic<std::uint32_t> owners{1};
    std::uint16_t size = 0, room = 0;

    [[nodiscard]] Term* terms() { return std::launder(reinterpret_cast<Term*>(this + 1)); }
  };

  // Nobody else reads it, now that this can be seen.
  [[nodiscard]] bool is_alone() const { return block_->owners.load(std::memory_order_acquire) == 1; }

  [[nodiscard]] static Block* make(std::size_t room);
  static void release(Block* block);
  // Makes the list this one's alone, with room for so many terms.
  void own(std::size_t room);

  Block* block_ = nullptr;
};

}  // namespace sluice::ofmsg
