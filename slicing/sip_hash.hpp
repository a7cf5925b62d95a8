// SipHash-2-4: a hash that nobody can foresee who does not know its key [Aumasson, Bernstein: SipHash, 2012].
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "ofmsg/bytes.hpp"

namespace sluice::slicing {

using SipKey = std::array<std::uint64_t, 2>;

namespace detail {

class SipState {
 public:
  explicit constexpr SipState(const SipKey& key)
      : a_{key[0] ^ 0x736f6d6570736575},
        b_{key[1] ^ 0x646f72616e646f6d},
        c_{key[0] ^ 0x6c7967656e657261},
        d_{key[1] ^ 0x7465646279746573} {}

  constexpr void take(std::uint64_t word) {
    d_ ^= word;
    rounds(2);
    a_ ^= word;
  }

  [[nodiscard]] constexpr std::uint64_t finish() {
    c_ ^= 0xff;
    rounds(4);
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  constexpr void rounds(int count) {
    for (; count > 0; --count) {
      a_ += b_, b_ = std::rotl(b_, 13) ^ a_, a_ = std::rotl(a_, 32);
      c_ += d_, d_ = std::rotl(d_, 16) ^ c_;
      a_ += d_, d_ = std::rotl(d_, 21) ^ a_;
      c_ += b_, b_ = std::rotl(b_, 17) ^ c_, c_ = std::rotl(c_, 32);
    }
  }

  std::uint64_t a_, b_, c_, d_;
};

}  // namespace detail

// Of whole words, each as the eight bytes that it has with the lowest first.
[[nodiscard]] constexpr std::uint64_t sip_hash(const SipKey& key, std::span<const std::uint64_t> words) {
  detail::SipState state{key};
  for (const std::uint64_t word : words) state.take(word);
  state.take(std::uint64_t{words.size() * sizeof(std::uint64_t)} << 56U);
  return state.finish();
}

[[nodiscard]] constexpr std::uint64_t sip_hash(const SipKey& key, ofmsg::ByteView bytes) {
  detail::SipState state{key};
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::to_integer<std::uint64_t>(bytes[i]) << i % 8 * 8;
    if (i % 8 == 7) state.take(std::exchange(word, 0));
  }
  state.take(word | std::uint64_t{bytes.size() & 0xffU} << 56U);
  return state.finish();
}

}  // namespace sluice::slicing
