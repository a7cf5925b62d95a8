#include "slicing/output_rule.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "ofmsg/text.hpp"

namespace sluice::slicing {

namespace {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about actions and fields only

// Boxes that one coverage question may cut a packet's headers into before we give up and call it not covered.
constexpr std::size_t coverage_budget = 4096;

// How a set of headers lies to what the slice owns at a port.
struct Coverage {
  enum class Kind : std::uint8_t { none, partial, full } kind = Kind::none;
  std::optional<Match> outside;         // some headers that are not owned there
  const policy::Box* inside = nullptr;  // a box that owns some of them
};

Coverage coverage(std::span<const policy::Box> boxes, const Match& header) {
  Coverage answer;
  std::vector<Match> rest{header};
  for (const policy::Box& box : boxes) {
    std::vector<Match> next;
    for (const Match& part : rest) {
      if (disjoint(part, box.header)) {
        next.push_back(part);
        continue;
      }
      if (answer.inside == nullptr) answer.inside = &box;
      for (Match& left : subtract(part, box.header)) next.push_back(std::move(left));
    }
    rest = std::move(next);
    if (rest.empty() || rest.size() > coverage_budget) break;
  }
  if (rest.empty()) {
    answer.kind = Coverage::Kind::full;
  } else {
    answer.kind = answer.inside == nullptr ? Coverage::Kind::none : Coverage::Kind::partial;
    answer.outside = std::move(rest.front());
  }
  return answer;
}

// --- what actions do to a symbolic packet ---------------------------------------------------------------------------

void forget(SymbolicPacket& p, Field field) {
  p.header.erase(field);
  p.changed.set(static_cast<std::size_t>(field));
}

void forget_from(SymbolicPacket& p, Field first) {
  for (std::size_t f = static_cast<std::size_t>(first); f < field_count; ++f) forget(p, static_cast<Field>(f));
}

// Everything that depends on the EtherType.
void forget_payload(SymbolicPacket& p) {
  forget(p, Field::ip_dscp);
  forget(p, Field::ip_ecn);
  forget_from(p, Field::ip_proto);
}

// Does every packet of these headers have the field? The prerequisites tell what a packet claims to be only: a later
// fragment has no ports, a header that is cut short no addresses. But a packet that has one field of a header has the
// others.
bool surely_has(const Match& header, Field field) {
  using enum Field;
  static constexpr std::array ip{ip_dscp,     ip_ecn,      ip_proto,    ipv4_src,    ipv4_dst, ipv6_src, ipv6_dst,
                                 ipv6_flabel, tcp_src,     tcp_dst,     udp_src,     udp_dst,  sctp_src, sctp_dst,
                                 icmpv4_type, icmpv4_code, icmpv6_type, icmpv6_code, tcp_flags};
  static constexpr std::array tcp{tcp_src, tcp_dst, tcp_flags};
  static constexpr std::array udp{udp_src, udp_dst};
  static constexpr std::array sctp{sctp_src, sctp_dst};
  static constexpr std::array icmp{icmpv4_type, icmpv4_code};
  static constexpr std::array icmp6{icmpv6_type, icmpv6_code};
  static constexpr std::array arp{arp_spa, arp_tpa, arp_sha, arp_tha};
  const auto any_of = [&](const auto& group) {
    return std::any_of(group.begin(), group.end(), [&](Field f) { return header.find(f) != nullptr; });
  };
  const auto in = [&](const auto& group) { return std::find(group.begin(), group.end(), field) != group.end(); };
  if (field == eth_dst || field == eth_src || field == eth_type || header.find(field) != nullptr) return true;
  if (field == vlan_pcp) {
    const Term* vid = header.find(vlan_vid);
    return vid != nullptr && (vid->value.lo & vlan_present) != 0;
  }
  if (in(tcp)) return any_of(tcp);
  if (in(udp)) return any_of(udp);
  if (in(sctp)) return any_of(sctp);
  if (in(icmp)) return any_of(icmp);
  if (in(icmp6)) return any_of(icmp6);
  if (in(arp)) return any_of(arp);
  if (field == ip_proto) return false;
  if (in(ip)) return any_of(ip);
  return false;
}

// The field gets this value in every packet that has the field: exact if all of them surely have it.
void assign(SymbolicPacket& p, Field field, U128 value, U128 mask) {
  if (!surely_has(p.header, field)) {
    p.changed.set(static_cast<std::size_t>(field));
    return;
  }
  const Term* before = p.header.find(field);
  const Term old = before != nullptr ? *before : Term{field, {}, {}};
  p.changed.set(static_cast<std::size_t>(field));
  p.header.set(field, (old.value & ~mask) | value, old.mask | mask);
  if (first_open_field(p.header)) p.header.erase(field);
}

void assign(SymbolicPacket& p, Field field, std::uint64_t value) {
  assign(p, field, u128(value), ones(facts(field).bits));
}

enum class Tagged : std::uint8_t { yes, no, unknown };

Tagged tagged(const SymbolicPacket& p) {
  const Term* vid = p.header.find(Field::vlan_vid);
  if (vid == nullptr || (vid->mask.lo & vlan_present) == 0) return Tagged::unknown;
  return (vid->value.lo & vlan_present) != 0 ? Tagged::yes : Tagged::no;
}

void set_vid_term(SymbolicPacket& p, std::uint64_t value, std::uint64_t mask) {
  p.changed.set(static_cast<std::size_t>(Field::vlan_vid));
  p.header.set(Field::vlan_vid, u128(value), u128(mask));
}

// 1.0 and 1.1: adds a tag if there is none [OF 1.0 §5.2.4].
void set_vlan_vid(SymbolicPacket& p, std::uint16_t vid) {
  const Tagged before = tagged(p);
  set_vid_term(p, vlan_present | (vid & 0xfffU), 0x1fff);
  if (before == Tagged::yes) return;
  forget(p, Field::vlan_pcp);
  if (before == Tagged::no) assign(p, Field::vlan_pcp, 0);
}

void set_vlan_pcp(SymbolicPacket& p, std::uint8_t pcp) {
  const Tagged before = tagged(p);
  if (before == Tagged::no) set_vid_term(p, vlan_present, 0x1fff);
  if (before == Tagged::unknown) set_vid_term(p, vlan_present, vlan_present);
  assign(p, Field::vlan_pcp, pcp);
}

void pop_vlan(SymbolicPacket& p) {
  if (tagged(p) == Tagged::no) return;
  if (p.inner) {
    const SymbolicPacket::Inner inner = *std::exchange(p.inner, std::nullopt);
    set_vid_term(p, inner.vid ? vlan_present | (*inner.vid & 0xfffU) : 0U, 0x1fff);
    forget(p, Field::vlan_pcp);
    if (inner.pcp) assign(p, Field::vlan_pcp, *inner.pcp);
    return;
  }
  // A second tag may come to light; nobody can tell which. A switch that looks at one tag only takes the type of the
  // second for the EtherType.
  forget(p, Field::vlan_vid);
  forget(p, Field::vlan_pcp);
  const std::optional<U128> type = p.header.exact(Field::eth_type);
  if (type && (type->lo == eth_type::vlan || type->lo == eth_type::qinq)) {
    forget_payload(p);
    forget(p, Field::eth_type);
  }
}

void push_vlan(SymbolicPacket& p) {
  // The new tag takes the fields of the one that is there, zeros if there is none [OF 1.3.5 §5.12.2].
  const Tagged before = tagged(p);
  p.inner.reset();
  if (before == Tagged::no) {
    set_vid_term(p, vlan_present, 0x1fff);
    assign(p, Field::vlan_pcp, 0);
    return;
  }
  if (before == Tagged::unknown) {
    set_vid_term(p, vlan_present, vlan_present);
    forget(p, Field::vlan_pcp);
  }
  forget_payload(p);  // a switch that looks at one tag only now sees the second one's type
  forget(p, Field::eth_type);
}

void set_eth_type(SymbolicPacket& p, std::uint16_t type) {
  forget_payload(p);
  forget(p, Field::eth_type);
  assign(p, Field::eth_type, type);
}

// One 1.0 action for the ports of TCP and UDP. What switches make of it in other packets differs: some write the type
// and code of ICMP, some do nothing.
void set_transport(SymbolicPacket& p, std::span<const Field> ports, std::span<const Field> others,
                   std::uint16_t value) {
  for (const Field field : ports) assign(p, field, value);
  for (const Field field : others) forget(p, field);
}

constexpr std::array port_src{Field::tcp_src, Field::udp_src}, port_dst{Field::tcp_dst, Field::udp_dst};
constexpr std::array other_src{Field::sctp_src, Field::icmpv4_type, Field::icmpv6_type},
    other_dst{Field::sctp_dst, Field::icmpv4_code, Field::icmpv6_code};

// --- the walk -------------------------------------------------------------------------------------------------------

constexpr bool is_tag(std::uint64_t type) { return type == eth_type::vlan || type == eth_type::qinq; }

constexpr bool is_pipeline_field(Field field) {
  return field == Field::in_port || field == Field::in_phy_port || field == Field::metadata ||
         field == Field::tunnel_id || field == Field::actset_output || field == Field::packet_type;
}

class Walk {
 public:
  Walk(const OutputContext& context, SymbolicPacket packet) : context_{context}, packet_{std::move(packet)} {}

  OutputVerdict run(const Actions& actions) {
    if (actions.size() > actions_limit) {
      too_many();
      return *std::move(refusal_);
    }
    for (const Action& action : actions) {
      std::visit([this](const auto& a) { step(a); }, action);
      if (out_.size() > actions_limit) too_many();
      if (split_) return *std::move(split_);
      if (refusal_) return *std::move(refusal_);
    }
    return std::move(out_);
  }

 private:
  // Outputs.

  void step(const Output& a) {
    if (a.port == port::controller) return to_controller(a);
    if (a.port == port::flood || a.port == port::all) return to_all(a);
    if (a.port == port::table) return to_table(a);
    if (a.port == port::in_port) {
      if (!context_.in_port) return illegal_port(a.port, "the packet has no ingress port");
      if (legal(*context_.in_port)) out_.emplace_back(a);
      return;
    }
    if (!is_physical(a.port) && a.port != port::local) {
      return illegal_port(
          a.port, a.port == port::normal ? "the switch's own forwarding knows no slices" : "it is no port to send to");
    }
    // The switch skips an output to the ingress port; it must be legal all the same.
    if (legal(a.port)) out_.emplace_back(a);
  }

  void step(const Enqueue& a) {
    if (!legal(a.port)) return;
    fail(Reason::bad_queue, RefusalCode::queue_not_granted,
         "enqueue to port " + text(a.port) + ": the slice has no queue " + std::to_string(a.queue));
  }

  void to_controller(const Output& a) {
    // A packet_in of 1.3 carries the flow's cookie, so that it finds its slice whatever the header has become;
    // elsewhere the header decides, and has to lead to the same slice.
    if (context_.packet_out || !context_.cookie_in_packet_in) {
      if (!context_.in_port)
        return illegal_port(a.port, "without an ingress port nobody could tell whose packet_in it is");
      if (!legal(*context_.in_port)) return;
    }
    out_.emplace_back(Output{a.port, Output::no_buffer});
  }

  void to_table(const Output& a) {
    if (!context_.packet_out) return illegal_port(a.port, "TABLE is for packet_out only");
    if (!context_.in_port)
      return illegal_port(a.port, "without an ingress port of the slice the flow table cannot be entered");
    if (legal(*context_.in_port)) out_.emplace_back(a);
  }

  void to_all(const Output& a) {
    for (const PortNo number : context_.view.ports(context_.slice)) {
      if (!is_physical(number) || number == context_.in_port) continue;
      const ofmsg::Port* port = context_.ports.find(number);
      if (port == nullptr) continue;
      if (a.port == port::flood && (port->config & ofmsg::Port::config_no_flood) != 0) continue;
      const Coverage c = coverage(context_.view.at(context_.slice, number), packet_.header);
      if (c.kind == Coverage::Kind::full) out_.emplace_back(Output{number, 0});
      if (c.kind == Coverage::Kind::partial && cut(*c.inside)) return;
    }
  }

  // Cuts the flow at the edge of the box, as far as the fields still are what they were on arrival; false if the edge
  // runs along changed fields only, so that no part of the flow is known to be legal.
  bool cut(const policy::Box& box) {
    Match along;
    for (const Term& term : box.header.terms()) {
      if (packet_.changed[static_cast<std::size_t>(term.field)]) continue;
      along.set(term.field, term.value, term.mask);
    }
    along = without_open_fields(std::move(along));
    const bool real = !covers(along, packet_.header) && !disjoint(along, packet_.header);
    if (real) split_ = Split{std::move(along)};
    return real;
  }

  // Is every header of the packet the slice's at this port? If not, notes the refusal.
  bool legal(PortNo number) {
    const Coverage c = coverage(context_.view.at(context_.slice, number), packet_.header);
    if (c.kind == Coverage::Kind::full) return true;
    if (context_.illegal == OutputContext::Illegal::omit) return false;
    if (context_.view.at(context_.slice, number).empty()) {
      illegal_port(number, context_.ports.find(number) == nullptr ? "the switch has no such port in this slice"
                                                                  : "it is not in the slice");
    } else {
      fail(
          Reason::action_outside, RefusalCode::header_leaves_slice,
          "a packet could leave port " + text(number) + " outside the slice, for example " + text(witness(*c.outside)));
      if (c.inside != nullptr) refusal_->rule = c.inside->rule;
    }
    return false;
  }

  void illegal_port(PortNo number, std::string_view why) {
    if (context_.illegal == OutputContext::Illegal::omit) return;
    fail(Reason::bad_out_port, RefusalCode::output_to_foreign_port,
         "output to " + text(number) + ": " + std::string{why});
  }

  // Changes of the header.

  // Arguments that the specification does not know are refused here: what a switch makes of them cannot be foreseen.

  void step(const SetVlanVid& a) {
    if (a.vid > 0xfff) return bad_argument("set_vlan_vid", a.vid);
    keep(a), set_vlan_vid(packet_, a.vid);
  }

  void step(const SetVlanPcp& a) {
    if (a.pcp > 7) return bad_argument("set_vlan_pcp", a.pcp);
    keep(a), set_vlan_pcp(packet_, a.pcp);
  }

  void step(const PopVlan& a) { keep(a), pop_vlan(packet_); }

  void step(const PushVlan& a) {
    if (!is_tag(a.ethertype)) return bad_argument("push_vlan", a.ethertype);
    keep(a), push_vlan(packet_);
  }

  void step(const SetDlSrc& a) { keep(a), assign(packet_, Field::eth_src, mac_value(a.mac)); }

  void step(const SetDlDst& a) { keep(a), assign(packet_, Field::eth_dst, mac_value(a.mac)); }

  void step(const SetNwSrc& a) { keep(a), assign(packet_, Field::ipv4_src, a.ip); }

  void step(const SetNwDst& a) { keep(a), assign(packet_, Field::ipv4_dst, a.ip); }

  void step(const SetNwTos& a) { keep(a), assign(packet_, Field::ip_dscp, a.tos >> 2U); }

  void step(const SetNwEcn& a) { keep(a), assign(packet_, Field::ip_ecn, a.ecn & 3U); }

  void step(const SetTpSrc& a) { keep(a), set_transport(packet_, port_src, other_src, a.port); }

  void step(const SetTpDst& a) { keep(a), set_transport(packet_, port_dst, other_dst, a.port); }

  void step(const SetField& a) {
    if (is_pipeline_field(a.field) || !facts(a.field).settable) {
      return fail(Reason::bad_set_type, RefusalCode::not_supported,
                  "set_field of " + std::string{text(a.field)} + " is not allowed");
    }
    keep(a);
    if (a.field == Field::vlan_vid) {
      if ((a.value.lo & vlan_present) == 0) {
        return fail(Reason::bad_set_value, RefusalCode::malformed, "set_field of vlan_vid lacks OFPVID_PRESENT");
      }
      return set_field_vlan(a);
    }
    // With the type of a tag, the payload would be read as one.
    if (a.field == Field::eth_type && is_tag(a.value.lo)) return bad_argument("set_field of eth_type", a.value.lo);
    if (a.field == Field::eth_type) return set_eth_type(packet_, static_cast<std::uint16_t>(a.value.lo));
    if (a.field == Field::ip_proto) forget_from(packet_, Field::ipv4_src);
    assign(packet_, a.field, a.value, a.mask);
  }

  // Unlike 1.0's action this one adds no tag; what a switch does without one is its own affair.
  void set_field_vlan(const SetField& a) {
    if (tagged(packet_) == Tagged::yes) return assign(packet_, a.field, a.value, a.mask);
    forget(packet_, Field::vlan_vid);
    forget(packet_, Field::vlan_pcp);
  }

  void step(const PushMpls& a) {
    if (a.ethertype != eth_type::mpls && a.ethertype != eth_type::mpls_multicast) {
      return bad_argument("push_mpls", a.ethertype);
    }
    keep(a), set_eth_type(packet_, a.ethertype);
  }

  // What comes to light must not be read as a tag, which nobody has judged.
  void step(const PopMpls& a) {
    if (is_tag(a.ethertype)) return bad_argument("pop_mpls", a.ethertype);
    keep(a), set_eth_type(packet_, a.ethertype);
  }

  void step(const PushPbb& a) {
    if (a.ethertype != eth_type::pbb) return bad_argument("push_pbb", a.ethertype);
    keep(a);
    forget(packet_, Field::vlan_vid);
    forget(packet_, Field::vlan_pcp);
    set_eth_type(packet_, a.ethertype);
  }

  void step(const PopPbb& a) {
    keep(a);
    forget_from(packet_, Field::eth_dst);
  }

  // Time to live is no match field.
  void step(const SetNwTtl& a) { keep(a); }

  void step(const DecNwTtl& a) { keep(a); }

  void step(const SetMplsTtl& a) { keep(a); }

  void step(const DecMplsTtl& a) { keep(a); }

  void step(const CopyTtlOut& a) { keep(a); }

  void step(const CopyTtlIn& a) { keep(a); }

  // What a slice does not have.

  void step(const SetQueue& a) {
    fail(Reason::bad_queue, RefusalCode::queue_not_granted, "the slice has no queue " + std::to_string(a.queue));
  }

  void step(const Group& a) {
    fail(Reason::bad_out_group, RefusalCode::no_groups, "the slice has no group " + std::to_string(a.id.value));
  }

  void step(const SetMplsLabel&) { unsupported_in_slices("set_mpls_label"); }

  void step(const SetMplsTc&) { unsupported_in_slices("set_mpls_tc"); }

  void step(const CopyField&) { unsupported_in_slices("copy_field"); }

  void step(const MeterAction& a) {
    fail(Reason::bad_meter, RefusalCode::no_meters, "the slice has no meter " + std::to_string(a.id));
  }

  void unsupported_in_slices(std::string_view action) {
    fail(Reason::bad_action_type, RefusalCode::not_supported, std::string{action} + " is not supported");
  }

  void step(const UnknownAction& a) {
    const std::uint16_t type = a.type();
    if (a.is_set_field()) {
      return fail(Reason::bad_set_type, RefusalCode::not_supported, "set_field of a field that is no OpenFlow field");
    }
    fail(type == 0xffff ? Reason::bad_action_experimenter : Reason::bad_action_type, RefusalCode::not_supported,
         type == 0xffff ? std::string{"experimenter actions are not supported"}
                        : "action type " + std::to_string(type) + " is unknown");
  }

  template <class A>
  void keep(const A& action) {
    out_.emplace_back(action);
  }

  void bad_argument(std::string_view action, std::uint64_t value) {
    fail(Reason::bad_action_value, RefusalCode::malformed,
         std::string{action} + ": " + std::to_string(value) + " is no possible argument");
  }

  void too_many() {
    fail(Reason::too_many_actions, RefusalCode::too_many_actions,
         "the actions become more than " + std::to_string(actions_limit) + " when FLOOD and ALL are written out");
  }

  void fail(Reason reason, RefusalCode code, std::string why) {
    if (!refusal_) refusal_ = Refuse{reason, code, std::move(why)};
  }

  const OutputContext& context_;
  SymbolicPacket packet_;
  Actions out_;
  std::optional<Split> split_;
  std::optional<Refuse> refusal_;
};

}  // namespace

SymbolicPacket SymbolicPacket::of(const Match& match) {
  SymbolicPacket packet;
  packet.header = match;
  packet.header.erase(Field::in_port);
  return packet;
}

SymbolicPacket SymbolicPacket::of(const PacketKey& key) {
  SymbolicPacket packet = of(exact_match(key));
  packet.inner = Inner{key.inner_vlan, key.inner_pcp};
  return packet;
}

OutputVerdict judge_actions(const OutputContext& context, SymbolicPacket packet, const Actions& actions) {
  return Walk{context, std::move(packet)}.run(actions);
}

}  // namespace sluice::slicing
