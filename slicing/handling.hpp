// How the proxy treats each kind of message: our decision, beside the facts of ofmsg/kind.
//
// What a controller sends must be understood completely or is refused with the error named here: a part that nobody
// read could reach outside the slice. What a switch sends is passed on only where it is known whose it is.
#pragma once

#include <array>

#include "ofmsg/error.hpp"
#include "ofmsg/kind.hpp"
#include "slicing/refusal.hpp"

namespace sluice::slicing {

// From a controller.
enum class South : std::uint8_t {
  local,    // answered here (echo and hello never come so far: the channel has them)
  rewrite,  // decoded, judged, composed anew
  refuse,
};

// From the switch.
enum class North : std::uint8_t {
  peek,     // patched in place and passed on
  rewrite,  // decoded; said in the slice's terms
  consume,  // answers to our own messages
  drop,     // nobody here has asked for it, and it could show another slice
};

struct Handling {
  ofmsg::Kind kind;
  South south;
  North north;
  // Of `refuse`.
  ofmsg::Reason reason = ofmsg::Reason::bad_type;
  RefusalCode code = RefusalCode::not_supported;
};

namespace detail {

consteval std::array<Handling, ofmsg::kind_count> make_handling_table() {
  using enum ofmsg::Kind;
  using ofmsg::Reason;
  std::array<Handling, ofmsg::kind_count> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto kind = static_cast<ofmsg::Kind>(i);
    // A multipart type that is not named below is refused as one; everything else as a message type.
    table[i] = {kind, South::refuse, North::drop, kind >= desc_request ? Reason::bad_multipart : Reason::bad_type};
  }
  const auto set = [&table](Handling row) { table[static_cast<std::size_t>(row.kind)] = row; };
  set({hello, South::local, North::consume});
  set({echo_request, South::local, North::consume});
  set({echo_reply, South::local, North::consume});
  set({error, South::local, North::rewrite});  // a controller's complaint is noted
  set({features_request, South::local, North::drop});
  set({get_config_request, South::local, North::drop});
  set({set_config, South::local, North::drop});
  set({desc_request, South::local, North::drop});
  set({port_desc_request, South::local, North::drop});
  set({barrier_request, South::rewrite, North::drop});
  set({packet_out, South::rewrite, North::drop});
  set({flow_mod, South::rewrite, North::drop});
  set({flow_stats_request, South::rewrite, North::drop});
  set({aggregate_request, South::rewrite, North::drop});
  set({table_stats_request, South::rewrite, North::drop});
  set({port_stats_request, South::rewrite, North::drop});
  set({packet_in, South::refuse, North::peek});
  set({flow_removed, South::refuse, North::rewrite});
  set({port_status, South::refuse, North::rewrite});
  set({barrier_reply, South::refuse, North::consume});
  set({desc_reply, South::refuse, North::consume});
  set({port_desc_reply, South::refuse, North::consume});
  set({flow_stats_reply, South::refuse, North::rewrite});
  set({port_stats_reply, South::refuse, North::rewrite});
  set({group_mod, South::rewrite, North::drop});
  set({meter_mod, South::rewrite, North::drop});
  set({port_mod, South::rewrite, North::drop});
  set({table_mod, South::refuse, North::drop, Reason::table_mod_refused});
  set({queue_get_config_request, South::rewrite, North::drop});
  set({queue_stats_request, South::rewrite, North::drop});
  set({queue_get_config_reply, South::refuse, North::rewrite});
  set({queue_stats_reply, South::refuse, North::rewrite});
  set({experimenter, South::rewrite, North::rewrite});
  set({role_request, South::rewrite, North::drop});
  set({experimenter_stats_request, South::refuse, North::drop, Reason::bad_experimenter});
  return table;
}

}  // namespace detail

inline constexpr std::array handling_table = detail::make_handling_table();

[[nodiscard]] constexpr const Handling& handling(ofmsg::Kind kind) {
  return handling_table[static_cast<std::size_t>(kind)];
}

}  // namespace sluice::slicing
