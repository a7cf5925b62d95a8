// What has been learned lately: a map of bounded size that forgets what it was told first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace sluice::slicing::replay {

template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_{most} {}

  // A new one is a default value.
  Value& operator[](const Key& key) {
    const auto [at, fresh] = known_.try_emplace(key);
    if (fresh) {
      at->second.number = ++last_;
      order_.emplace_back(last_, key);
      // Those that were erased keep their place in the order until it is their turn.
      while (order_.size() > most_) forget_first();
    }
    return at->second.value;
  }

  // Null if it is not known, or not any more.
  [[nodiscard]] Value* find(const Key& key) {
    const auto at = known_.find(key);
    return at == known_.end() ? nullptr : &at->second.value;
  }

  void erase(const Key& key) { known_.erase(key); }

  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Entry {
    std::uint64_t number = 0;
    Value value{};
  };

  void forget_first() {
    const auto at = known_.find(order_.front().second);
    if (at != known_.end() && at->second.number == order_.front().first) known_.erase(at);
    order_.pop_front();
  }

  std::size_t most_;
  std::uint64_t last_ = 0;
  std::map<Key, Entry> known_;
  std::deque<std::pair<std::uint64_t, Key>> order_;
};

}  // namespace sluice::slicing::replay
