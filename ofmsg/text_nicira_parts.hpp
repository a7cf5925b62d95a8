// What the readers of Open vSwitch's actions share; internal to them.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "ofmsg/extensions/nicira_action_list.hpp"
#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

template <class A>
[[nodiscard]] Read<bool> put(const A& action, Version version, Word where, Actions& into) {
  const Extension& e = A::extension;
  if (!e.range.has(version)) {
    return unreadable(where, quoted(where.text) + " does not exist in OpenFlow " + std::string{text(version)});
  }
  Result<Bytes> body = write_extension_body(action, version);
  if (!body) return unreadable(where, "this cannot be said: " + text(body.error()));
  into.emplace_back(experimenter_action(e, std::move(*body)));
  return true;
}

// The pairs of a text, cut outside of parentheses.
[[nodiscard]] Read<std::vector<Pair>> pairs_of(Word text);
// The words between commas, blanks cut off; an empty word counts.
[[nodiscard]] std::vector<Word> cut(Word text, char at = ',');

template <class T>
[[nodiscard]] Read<bool> number(const Pair& pair, T& into) {
  const Read<std::uint64_t> value = read_number(pair, std::numeric_limits<T>::max());
  if (!value) return Unreadable{value.error()};
  into = static_cast<T>(*value);
  return true;
}

template <class T>
[[nodiscard]] Read<bool> number(Word word, T& into) {
  return number(Pair{word, word, word}, into);
}

template <class E>
[[nodiscard]] Read<bool> enumerator(Word word, E& into) {
  const auto& names = enum_names<E>;
  const auto found = std::find(names.begin(), names.end(), word.text);
  if (found == names.end()) return unreadable(word, "there is no " + quoted(word.text), did_you_mean(word.text, names));
  into = static_cast<E>(found - names.begin());
  return true;
}

[[nodiscard]] Read<PortNo16> short_port(Word word);

struct ShortPart {
  ShortHeader header;
  BitRange bits;
};

// A part of a field whose header fits 32 bits, of at most 64 bits.
[[nodiscard]] Read<ShortPart> short_part(Word word);

struct Arrow {
  Word from, to;
};

[[nodiscard]] Read<Arrow> arrow_of(Word text);
[[nodiscard]] Unreadable stray(const Pair& pair, std::string_view action);

// The actions that hold no others and no fields of any width. False: it is another.
[[nodiscard]] Read<bool> read_plain(const Pair& pair, Version version, Actions& into);
// What 1.0 has of Nicira and later versions have themselves.
[[nodiscard]] Read<bool> read_old(const Pair& pair, Actions& into);
// "11.22.33"
[[nodiscard]] Read<Bytes> dotted_bytes(Word text);
[[nodiscard]] Read<bool> read_nat(const Pair& pair, Version version, Actions& into);
// text_learn_reader.cpp
[[nodiscard]] Read<bool> read_learn(Word text, Version version, Actions& into);

}  // namespace sluice::ofmsg
