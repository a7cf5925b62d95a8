#include "ofmsg/terms.hpp"

#include <memory>
#include <type_traits>

namespace sluice::ofmsg {

static_assert(std::is_trivially_copyable_v<Term> && std::is_trivially_destructible_v<Term>);

Terms::Block* Terms::make(std::size_t room) {
  void* memory = ::operator new(sizeof(Block) + room * sizeof(Term));
  auto* block = new (memory) Block;
  block->room = static_cast<std::uint16_t>(room);
  return block;
}

void Terms::release(Block* block) {
  // What the others have read of it comes before it goes.
  if (block == nullptr || block->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->~Block();
  ::operator delete(block);
}

void Terms::own(std::size_t room) {
  constexpr std::size_t first_room = 6;
  const bool alone = block_ != nullptr && is_alone();
  if (alone && room <= block_->room) return;
  // A match that grows does so a term at a time; a copy that is changed seldom grows.
  const std::size_t now = size();
  Block* mine = make(std::max(alone ? std::size_t{block_->room} * 2 : first_room, room));
  std::uninitialized_copy(begin(), end(), mine->terms());
  mine->size = static_cast<std::uint16_t>(now);
  release(std::exchange(block_, mine));
}

Terms Terms::compact() const {
  Terms copy;
  if (empty()) return copy;
  copy.block_ = make(size());
  std::uninitialized_copy(begin(), end(), copy.block_->terms());
  copy.block_->size = static_cast<std::uint16_t>(size());
  return copy;
}

void Terms::insert(std::size_t at, Term term) {
  own(size() + 1);
  Term* const terms = block_->terms();
  std::memmove(terms + at + 1, terms + at, (size() - at) * sizeof(Term));
  new (terms + at) Term{term};
  ++block_->size;
}

void Terms::replace(std::size_t at, Term term) {
  own(size());
  block_->terms()[at] = term;
}

void Terms::erase(std::size_t at) {
  own(size());
  Term* const terms = block_->terms();
  std::memmove(terms + at, terms + at + 1, (size() - at - 1) * sizeof(Term));
  --block_->size;
}

}  // namespace sluice::ofmsg
