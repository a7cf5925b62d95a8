// Reads action lists and instructions; internal to the readers of this folder.
#pragma once

#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

class ActionReader {
 public:
  // `match` is that of the flow, if there is one: it says which protocol mod_tp_src is about, and whether mod_vlan_vid
  // must push a tag first.
  // `depth` counts the actions that these stand inside of.
  ActionReader(Version version, const Match* match, unsigned depth = 0);

  [[nodiscard]] Read<Actions> read(Word text);

  // One action, appended to `into`. "drop" is not among them.
  [[nodiscard]] Read<bool> take(const Pair& pair, Actions& into);

 private:
  [[nodiscard]] Read<bool> output(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> controller(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> enqueue(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> set_field(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> set_old(const Pair& pair, Field field, Term term, Actions& into);
  [[nodiscard]] Read<bool> modify(const Pair& pair, Field field, Actions& into);
  [[nodiscard]] Read<bool> modify_port(const Pair& pair, bool source, Actions& into);
  [[nodiscard]] Read<bool> modify_vlan(const Pair& pair, bool priority, Actions& into);
  [[nodiscard]] Read<bool> push(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> numbered(const Pair& pair, Actions& into);
  [[nodiscard]] Read<bool> plain(const Pair& pair, Actions& into);
  [[nodiscard]] Unreadable too_old(const Pair& pair, Version since) const;

  Version version_;
  const Match* match_;
  unsigned depth_;
  bool tagged_;
};

}  // namespace sluice::ofmsg
