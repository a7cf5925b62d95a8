// Which of many headers has a packet, and which of them meet a match: without walking over all of them.
//
//   a packet    up to `linear_limit` headers are compared one after the other. More lie in hash tables, one for each
//               relaxed mask (as in TupleMerge): a header is in a table whose mask asks for no bit that its own mask
//               leaves open, so a packet looks into each table once and compares the few headers that it finds there.
//   a match     headers with a value for the most telling word are found by that value, the rest by a scan over one
//               word of each.
//
// Headers are called by their number in the list, and of several that have a packet the lowest is meant. Private to
// this folder; tests compare it with a walk over the list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"
#include "policy/packed.hpp"

namespace sluice::policy {

class BoxIndex {
 public:
  static constexpr std::size_t linear_limit = 64;

  // What will be asked. Every question is answered in any case; tables for packets take a while to make.
  enum class Use : std::uint8_t { packets_and_matches, matches };

  BoxIndex() = default;
  // The matches are needed no longer than this takes.
  explicit BoxIndex(std::span<const ofmsg::Match* const> headers, Use use = Use::packets_and_matches);

  [[nodiscard]] std::size_t size() const { return size_; }

  // The first header that has the packet.
  [[nodiscard]] std::optional<std::uint32_t> first(const ofmsg::PacketKey& key) const;
  // Every header that has the packet, in no order.
  void all(const ofmsg::PacketKey& key, std::vector<std::uint32_t>& into) const;
  // At least every header that the match meets, in order: a VLAN without the "present" bit can make it a few more.
  void meeting(const ofmsg::Match& match, std::vector<std::uint32_t>& into) const;

 private:
  struct MaskedWord {
    std::uint16_t word;
    Word mask;

    friend bool operator==(const MaskedWord&, const MaskedWord&) = default;
  };

  // Headers whose masks have at least these bits, in chains of equal hash.
  struct Table {
    std::vector<MaskedWord> mask;
    std::uint32_t best;                  // the lowest number in it
    std::uint64_t slot_mask;             // number of chains - 1
    std::vector<std::uint32_t> begin;    // of each chain in `numbers`, and the end of the last
    std::vector<std::uint32_t> numbers;  // each chain in order
  };

  class Builder;

  void choose_telling_word();
  [[nodiscard]] std::vector<Word> common_masks(std::size_t word) const;

  [[nodiscard]] std::span<const Word> value_of(std::size_t number) const {
    return std::span{rows_}.subspan(2 * number * layout_.words(), layout_.words());
  }

  [[nodiscard]] std::span<const Word> mask_of(std::size_t number) const {
    return std::span{rows_}.subspan((2 * number + 1) * layout_.words(), layout_.words());
  }

  [[nodiscard]] bool has(std::size_t number, std::span<const Word> key) const;
  [[nodiscard]] bool meets(std::size_t number, std::span<const Word> value, std::span<const Word> mask) const;
  [[nodiscard]] static std::uint64_t hash(std::span<const MaskedWord> mask, std::span<const Word> key);
  void scan(std::size_t word, std::span<const Word> value, std::span<const Word> mask,
            std::vector<std::uint32_t>& into) const;

  std::size_t size_ = 0;
  PackedLayout layout_;
  std::vector<Word> rows_;     // value and mask of each header
  std::vector<Table> tables_;  // by `best`; none up to the linear limit, or for matches only

  // Bits of one word that most headers have a value for; those that have, by that value and number.
  std::size_t telling_ = 0;
  Word telling_mask_ = 0;
  std::vector<std::pair<Word, std::uint32_t>> by_value_;
  std::vector<std::uint32_t> open_;  // the others
  std::vector<Word> columns_;        // values of all headers in word 0, their masks; the same of word 1; …
};

}  // namespace sluice::policy
