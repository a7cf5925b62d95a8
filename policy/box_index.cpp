#include "policy/box_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <map>
#include <unordered_map>

namespace sluice::policy {
namespace {

// More words than any layout has: OpenFlow's fields together have fewer than 1,600 bits.
constexpr std::size_t most_words = 64;
constexpr std::size_t longest_chain = 12;
constexpr std::size_t scan_block = 64;

}  // namespace

// --- building --------------------------------------------------------------------------------------------------------

// Tables are made until every header has a place: of some relaxed forms of the mask that the most headers have, the one
// under which the most headers find room.
class BoxIndex::Builder {
 public:
  explicit Builder(BoxIndex& index) : index_{index}, whole_{index.layout_.whole_words()} {}

  void run() {
    for (std::uint32_t n = 0; n < index_.size_; ++n) {
      const auto mask = index_.mask_of(n);
      waiting_[{mask.begin(), mask.end()}].push_back(n);
    }
    while (!waiting_.empty()) {
      const auto largest = std::max_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
        return a.second.size() < b.second.size();
      });
      Draft best;
      for (const Draft& form : forms_of(largest->first)) {
        Draft filled = form;
        fill(filled);
        if (filled.numbers.size() > best.numbers.size()) best = std::move(filled);
      }
      for (auto group = waiting_.begin(); group != waiting_.end();) {
        if (fits(best.mask, group->first)) std::erase_if(group->second, [&](std::uint32_t n) { return best.has[n]; });
        group = group->second.empty() ? waiting_.erase(group) : std::next(group);
      }
      index_.tables_.push_back(finished(best));
    }
    std::sort(index_.tables_.begin(), index_.tables_.end(),
              [](const Table& a, const Table& b) { return a.best < b.best; });
  }

 private:
  struct Draft {
    std::vector<MaskedWord> mask;
    std::size_t limit = longest_chain;
    std::vector<std::uint32_t> numbers;
    std::vector<bool> has;  // by number
  };

  // Of addresses, and whatever else takes whole words, the highest bits; of the rest everything or nothing.
  [[nodiscard]] std::vector<Draft> forms_of(const std::vector<Word>& mask) const {
    std::vector<Draft> forms;
    for (const unsigned keep : {8U, 16U, 20U, 24U, 32U}) {
      const Word highest = ~(keep == 32 ? Word{0} : ~Word{0} >> keep);
      for (const bool rest : {false, true}) {
        Draft form;
        for (std::size_t w = index_.layout_.presence_words(); w < mask.size(); ++w) {
          const Word kept = whole_[w] ? mask[w] & highest : rest ? mask[w] : 0;
          if (kept != 0) form.mask.push_back({static_cast<std::uint16_t>(w), kept});
        }
        // The mask itself: whatever it cannot tell apart is in one chain.
        if (keep == 32 && rest) form.limit = index_.size_;
        forms.push_back(std::move(form));
      }
    }
    return forms;
  }

  // Does a table's mask ask only for bits that the header's mask has?
  static bool fits(std::span<const MaskedWord> table, const std::vector<Word>& mask) {
    return std::all_of(table.begin(), table.end(),
                       [&](const MaskedWord& part) { return (mask[part.word] & part.mask) == part.mask; });
  }

  // Takes all waiting headers that fit and find room.
  void fill(Draft& draft) const {
    std::size_t count = 0;
    for (const auto& [mask, numbers] : waiting_) {
      if (fits(draft.mask, mask)) count += numbers.size();
    }
    std::vector<std::uint32_t> lengths(std::bit_ceil(2 * count + 1));
    draft.numbers.reserve(count);
    draft.has.resize(index_.size_);
    for (const auto& [mask, numbers] : waiting_) {
      if (!fits(draft.mask, mask)) continue;
      for (const std::uint32_t n : numbers) {
        std::uint32_t& length = lengths[hash(draft.mask, index_.value_of(n)) & (lengths.size() - 1)];
        if (length >= draft.limit) continue;
        ++length;
        draft.numbers.push_back(n);
        draft.has[n] = true;
      }
    }
  }

  Table finished(Draft& draft) const {
    Table table;
    std::sort(draft.numbers.begin(), draft.numbers.end());
    table.mask = std::move(draft.mask);
    table.best = draft.numbers.front();
    const std::uint64_t slots = std::bit_ceil(draft.numbers.size() * 2);
    table.slot_mask = slots - 1;
    table.begin.assign(slots + 1, 0);
    const auto slot = [&](std::uint32_t n) { return hash(table.mask, index_.value_of(n)) & table.slot_mask; };
    for (const std::uint32_t n : draft.numbers) ++table.begin[slot(n) + 1];
    for (std::size_t i = 0; i < slots; ++i) table.begin[i + 1] += table.begin[i];
    table.numbers.resize(draft.numbers.size());
    std::vector<std::uint32_t> next(table.begin.begin(), table.begin.end() - 1);
    for (const std::uint32_t n : draft.numbers) table.numbers[next[slot(n)]++] = n;
    return table;
  }

  BoxIndex& index_;
  std::vector<bool> whole_;
  std::map<std::vector<Word>, std::vector<std::uint32_t>> waiting_;  // by mask
};

BoxIndex::BoxIndex(std::span<const ofmsg::Match* const> headers, Use use) : size_{headers.size()}, layout_{headers} {
  const std::size_t words = layout_.words();
  assert(words <= most_words);
  rows_.resize(2 * size_ * words);
  columns_.resize(2 * size_ * words);
  for (std::size_t n = 0; n < size_; ++n) {
    const std::span<Word> value = std::span{rows_}.subspan(2 * n * words, words);
    const std::span<Word> mask = std::span{rows_}.subspan((2 * n + 1) * words, words);
    layout_.pack(*headers[n], value, mask);
    for (std::size_t w = 0; w < words; ++w) {
      columns_[2 * w * size_ + n] = value[w];
      columns_[(2 * w + 1) * size_ + n] = mask[w];
    }
  }

  choose_telling_word();
  for (std::uint32_t n = 0; n < size_; ++n) {
    if (telling_mask_ != 0 && (mask_of(n)[telling_] & telling_mask_) == telling_mask_) {
      by_value_.emplace_back(value_of(n)[telling_] & telling_mask_, n);
    } else {
      open_.push_back(n);
    }
  }
  std::sort(by_value_.begin(), by_value_.end());
  if (size_ > linear_limit && use != Use::matches) Builder{*this}.run();
}

// The most telling bits leave the fewest headers to look at, on average: those of the value, and the open ones, which
// do not say all of the bits. Tried are the masks that most headers have, so that a few that say more spoil nothing.
void BoxIndex::choose_telling_word() {
  std::size_t least = size_ * size_;
  for (std::size_t w = layout_.presence_words(); w < layout_.words(); ++w) {
    for (const Word bits : common_masks(w)) {
      std::unordered_map<Word, std::size_t> values;
      for (std::size_t n = 0; n < size_; ++n) {
        if ((mask_of(n)[w] & bits) == bits) ++values[value_of(n)[w] & bits];
      }
      std::size_t told = 0, looks = 0;
      for (const auto& [value, count] : values) {
        told += count;
        looks += count * count;
      }
      looks += (size_ - told) * size_;
      if (looks >= least) continue;
      least = looks;
      telling_ = w;
      telling_mask_ = bits;
    }
  }
}

// The masks that most headers have in this word, the most frequent first.
std::vector<Word> BoxIndex::common_masks(std::size_t word) const {
  constexpr std::size_t few = 3;
  std::map<Word, std::size_t> counts;
  for (std::size_t n = 0; n < size_; ++n) ++counts[mask_of(n)[word]];
  counts.erase(0);
  std::vector<std::pair<std::size_t, Word>> by_count;
  by_count.reserve(counts.size());
  for (const auto& [bits, count] : counts) by_count.emplace_back(count, bits);
  std::sort(by_count.rbegin(), by_count.rend());
  std::vector<Word> masks;
  for (std::size_t i = 0; i < std::min(few, by_count.size()); ++i) masks.push_back(by_count[i].second);
  return masks;
}

// --- asking ----------------------------------------------------------------------------------------------------------

bool BoxIndex::has(std::size_t number, std::span<const Word> key) const {
  const Word* value = rows_.data() + 2 * number * layout_.words();
  const Word* mask = value + layout_.words();
  for (std::size_t w = 0; w < layout_.words(); ++w) {
    if ((key[w] & mask[w]) != value[w]) return false;
  }
  return true;
}

bool BoxIndex::meets(std::size_t number, std::span<const Word> value, std::span<const Word> mask) const {
  const Word* own_value = rows_.data() + 2 * number * layout_.words();
  const Word* own_mask = own_value + layout_.words();
  for (std::size_t w = layout_.presence_words(); w < layout_.words(); ++w) {
    if (((own_value[w] ^ value[w]) & own_mask[w] & mask[w]) != 0) return false;
  }
  return true;
}

std::uint64_t BoxIndex::hash(std::span<const MaskedWord> mask, std::span<const Word> key) {
  std::uint64_t h = 0;
  for (const MaskedWord& part : mask) {
    h = (std::rotl(h, 29) ^ (key[part.word] & part.mask)) * 0x9e3779b97f4a7c15;
  }
  return h ^ h >> 32U;
}

std::optional<std::uint32_t> BoxIndex::first(const ofmsg::PacketKey& key) const {
  std::array<Word, most_words> packed;
  layout_.pack(key, packed);
  if (tables_.empty()) {
    for (std::uint32_t n = 0; n < size_; ++n) {
      if (has(n, packed)) return n;
    }
    return std::nullopt;
  }
  std::uint32_t found = static_cast<std::uint32_t>(size_);
  for (const Table& table : tables_) {
    if (table.best >= found) break;
    const std::uint64_t slot = hash(table.mask, packed) & table.slot_mask;
    for (std::uint32_t i = table.begin[slot]; i < table.begin[slot + 1]; ++i) {
      const std::uint32_t n = table.numbers[i];
      if (n >= found) break;
      if (has(n, packed)) found = n;
    }
  }
  return found < size_ ? std::optional{found} : std::nullopt;
}

void BoxIndex::all(const ofmsg::PacketKey& key, std::vector<std::uint32_t>& into) const {
  std::array<Word, most_words> packed;
  layout_.pack(key, packed);
  if (tables_.empty()) {
    for (std::uint32_t n = 0; n < size_; ++n) {
      if (has(n, packed)) into.push_back(n);
    }
  }
  for (const Table& table : tables_) {
    const std::uint64_t slot = hash(table.mask, packed) & table.slot_mask;
    for (std::uint32_t i = table.begin[slot]; i < table.begin[slot + 1]; ++i) {
      if (has(table.numbers[i], packed)) into.push_back(table.numbers[i]);
    }
  }
}

// Blocks without a hit, which are most, are passed by comparisons without a branch.
void BoxIndex::scan(std::size_t word, std::span<const Word> value, std::span<const Word> mask,
                    std::vector<std::uint32_t>& into) const {
  const Word* values = columns_.data() + 2 * word * size_;
  const Word* masks = values + size_;
  for (std::size_t from = 0; from < size_; from += scan_block) {
    const std::size_t end = std::min(size_, from + scan_block);
    std::uint32_t hits = 0;
    for (std::size_t n = from; n < end; ++n) {
      hits += static_cast<std::uint32_t>(((values[n] ^ value[word]) & masks[n] & mask[word]) == 0);
    }
    for (std::size_t n = from; hits != 0 && n < end; ++n) {
      if (((values[n] ^ value[word]) & masks[n] & mask[word]) != 0) continue;
      --hits;
      if (meets(n, value, mask)) into.push_back(static_cast<std::uint32_t>(n));
    }
  }
}

void BoxIndex::meeting(const ofmsg::Match& match, std::vector<std::uint32_t>& into) const {
  if (size_ == 0) return;
  std::array<Word, most_words> value;
  std::array<Word, most_words> mask;
  layout_.pack(match, value, mask);
  if (telling_mask_ == 0 || (mask[telling_] & telling_mask_) != telling_mask_) {
    // The word that the match says the most about.
    std::size_t best = layout_.presence_words();
    for (std::size_t w = best; w < layout_.words(); ++w) {
      if (std::popcount(mask[w]) > std::popcount(mask[best])) best = w;
    }
    if (layout_.words() > layout_.presence_words()) return scan(best, value, mask, into);
    for (std::uint32_t n = 0; n < size_; ++n) into.push_back(n);  // headers without any field
    return;
  }
  const std::size_t start = into.size();
  const auto by_value = [](const auto& a, const auto& b) { return a.first < b.first; };
  const std::pair<Word, std::uint32_t> wanted{value[telling_] & telling_mask_, 0};
  const auto [begin, end] = std::equal_range(by_value_.begin(), by_value_.end(), wanted, by_value);
  for (auto it = begin; it != end; ++it) {
    if (meets(it->second, value, mask)) into.push_back(it->second);
  }
  const auto middle = static_cast<std::ptrdiff_t>(into.size());
  for (const std::uint32_t n : open_) {
    if (meets(n, value, mask)) into.push_back(n);
  }
  std::inplace_merge(into.begin() + static_cast<std::ptrdiff_t>(start), into.begin() + middle, into.end());
}

}  // namespace sluice::policy
