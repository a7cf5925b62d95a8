// Headers packed into words, so that one comparison is a few instructions. Private to this folder.
//
// A layout has room for those fields that some matches ask about, and for nothing else: a policy of VLANs and IPv4
// prefixes takes four words, whatever OpenFlow can match. Its first words have a bit for each field, which is set where
// a packet has the field: no packet without TCP ports is in a match on port 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"

namespace sluice::policy {

using Word = std::uint32_t;

class PackedLayout {
 public:
  PackedLayout() = default;
  // Room for every field of the matches; in_port is left out, as boxes have none.
  explicit PackedLayout(std::span<const ofmsg::Match* const> matches);

  [[nodiscard]] std::size_t words() const { return words_; }

  // How many of the words say which fields there are.
  [[nodiscard]] std::size_t presence_words() const { return presence_words_; }

  // For each word, whether it is 32 bits of one field.
  [[nodiscard]] std::vector<bool> whole_words() const;

  // Each fills `words()` words. A match that may have fields beyond the layout is packed as far as that goes.
  void pack(const ofmsg::PacketKey& key, std::span<Word> value) const;
  void pack(const ofmsg::Match& match, std::span<Word> value, std::span<Word> mask) const;

 private:
  // Up to 32 bits of a field.
  struct Chunk {
    ofmsg::Field field;
    std::uint8_t from;  // lowest bit in the field, a multiple of 32
    std::uint8_t bits;
    std::uint8_t shift;  // in the word
    std::uint16_t word;
    std::uint16_t number;  // of the field, in the order of presence bits
  };

  [[nodiscard]] static Word cut(ofmsg::U128 value, const Chunk& chunk);

  std::size_t words_ = 0;
  std::size_t presence_words_ = 0;
  std::vector<Chunk> chunks_;
};

}  // namespace sluice::policy
