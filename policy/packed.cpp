#include "policy/packed.hpp"

#include <algorithm>
#include <bitset>
#include <cassert>

namespace sluice::policy {
namespace {

constexpr unsigned word_bits = 32;

}  // namespace

PackedLayout::PackedLayout(std::span<const ofmsg::Match* const> matches) {
  std::bitset<ofmsg::field_count> used;
  for (const ofmsg::Match* match : matches) {
    for (const ofmsg::Term& term : match->terms()) used.set(static_cast<std::size_t>(term.field));
  }
  used.reset(static_cast<std::size_t>(ofmsg::Field::in_port));

  std::uint16_t fields = 0;
  for (const ofmsg::FieldFacts& f : ofmsg::all_fields()) {
    if (!used.test(static_cast<std::size_t>(f.field))) continue;
    for (unsigned from = 0; from < f.bits; from += word_bits) {
      const auto bits = static_cast<std::uint8_t>(std::min(word_bits, f.bits - from));
      chunks_.push_back({f.field, static_cast<std::uint8_t>(from), bits, 0, 0, fields});
    }
    ++fields;
  }
  presence_words_ = (fields + word_bits - 1) / word_bits;

  // First fit, the widest first: 13 bits of a VLAN lie beside 16 bits of an EtherType.
  std::stable_sort(chunks_.begin(), chunks_.end(), [](const Chunk& a, const Chunk& b) { return a.bits > b.bits; });
  std::vector<unsigned> taken;
  for (Chunk& chunk : chunks_) {
    const auto room = std::find_if(taken.begin(), taken.end(), [&](unsigned t) { return t + chunk.bits <= word_bits; });
    const auto at = static_cast<std::size_t>(room - taken.begin());
    if (room == taken.end()) taken.push_back(0);
    chunk.word = static_cast<std::uint16_t>(presence_words_ + at);
    chunk.shift = static_cast<std::uint8_t>(taken[at]);
    taken[at] += chunk.bits;
  }
  words_ = presence_words_ + taken.size();
}

std::vector<bool> PackedLayout::whole_words() const {
  std::vector<bool> whole(words_);
  for (const Chunk& chunk : chunks_) whole[chunk.word] = chunk.bits == word_bits;
  return whole;
}

Word PackedLayout::cut(ofmsg::U128 value, const Chunk& chunk) {
  const std::uint64_t half = chunk.from >= 64 ? value.hi : value.lo;
  const std::uint64_t ones = (std::uint64_t{1} << chunk.bits) - 1;
  return static_cast<Word>((half >> (chunk.from % 64U) & ones) << chunk.shift);
}

void PackedLayout::pack(const ofmsg::PacketKey& key, std::span<Word> value) const {
  assert(value.size() >= words_);
  std::fill_n(value.begin(), words_, Word{0});
  for (const Chunk& chunk : chunks_) {
    if (!key.has(chunk.field)) continue;
    value[chunk.number / word_bits] |= Word{1} << (chunk.number % word_bits);
    value[chunk.word] |= cut(key.get(chunk.field), chunk);
  }
}

void PackedLayout::pack(const ofmsg::Match& match, std::span<Word> value, std::span<Word> mask) const {
  assert(value.size() >= words_ && mask.size() >= words_);
  std::fill_n(value.begin(), words_, Word{0});
  std::fill_n(mask.begin(), words_, Word{0});
  for (const Chunk& chunk : chunks_) {
    const ofmsg::Term* term = match.find(chunk.field);
    if (term == nullptr) continue;
    const Word there = Word{1} << (chunk.number % word_bits);
    value[chunk.number / word_bits] |= there;
    mask[chunk.number / word_bits] |= there;
    value[chunk.word] |= cut(term->value, chunk);
    mask[chunk.word] |= cut(term->mask, chunk);
  }
}

}  // namespace sluice::policy
