// Reads Open vSwitch's actions as ovs-ofctl writes them; internal to the readers of this folder.
#pragma once

#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

// Tries a word that may be one of Open vSwitch's actions. False: it is none, and belongs to the standard's reader.
class NiciraReader {
 public:
  NiciraReader(Version version, const Match* match, unsigned depth) : version_{version}, match_{match}, depth_{depth} {}

  [[nodiscard]] Read<bool> take(const Pair& pair, Actions& into) const;
  // set_field, where the standard's reader knows no such field.
  [[nodiscard]] Read<bool> set_field(Word name, Word value, Actions& into) const;

  // The words that `take` knows.
  [[nodiscard]] static std::span<const std::string_view> names();

 private:
  [[nodiscard]] Read<bool> move(Word text, Actions& into) const;
  [[nodiscard]] Read<bool> load(Word text, Actions& into) const;
  [[nodiscard]] Read<bool> output(Word text, Actions& into) const;
  [[nodiscard]] Read<bool> controller(const Pair& pair, Actions& into) const;
  [[nodiscard]] Read<bool> ct(Word text, Actions& into) const;
  [[nodiscard]] Read<Actions> inner(Word text) const;

  Version version_;
  const Match* match_;
  unsigned depth_;
};

}  // namespace sluice::ofmsg
