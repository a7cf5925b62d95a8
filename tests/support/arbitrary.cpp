#include "tests/support/arbitrary.hpp"

namespace sluice::tests {

void layout(Arbitrary& a, SetField& action) {
  do {
    action.field = static_cast<Field>(a.below(field_count));
  } while (facts(action.field).since > a.version() || !facts(action.field).settable);
  const FieldFacts& f = facts(action.field);
  const U128 all = ones(f.bits);
  action.mask = all;
  if (a.version() >= v1_5 && a.one_in(3))
    action.mask = U128{a.number(~std::uint64_t{0}), a.number(~std::uint64_t{0})} & all;
  action.value = U128{a.number(~std::uint64_t{0}), a.number(~std::uint64_t{0})} & action.mask;
}

namespace {

template <class M>
Message make(Arbitrary& a) {
  M message;
  layout(a, message);
  return message;
}

template <class... M>
Message message_of(Arbitrary& a, Kind kind, std::variant<M...>*) {
  using Make = Message (*)(Arbitrary&);
  constexpr std::array<Make, kind_count> makers{&make<M>...};
  return makers[static_cast<std::size_t>(kind)](a);
}

}  // namespace

Message Arbitrary::message(Kind kind) {
  Message message = message_of(*this, kind, static_cast<Message*>(nullptr));
  // Bytes after the last element are none; four of them could be.
  if (auto* hello = std::get_if<Hello>(&message)) hello->rest.resize(std::min<std::size_t>(hello->rest.size(), 3));
  return message;
}

Match Arbitrary::match() {
  constexpr std::array<std::uint16_t, 5> types{eth_type::ipv4, eth_type::ipv6, eth_type::arp, eth_type::mpls,
                                               eth_type::pbb};
  constexpr std::array<std::uint8_t, 5> protocols{ip_proto::tcp, ip_proto::udp, ip_proto::icmp, ip_proto::icmpv6,
                                                  ip_proto::sctp};
  Match match;
  if (one_in(4)) return match;
  if (!one_in(4)) match.set(Field::eth_type, types[below(types.size())]);
  if (one_in(2)) match.set(Field::ip_proto, protocols[below(protocols.size())]);
  if (one_in(3)) match.set(Field::vlan_vid, vlan_present | below(0x1000));
  if (one_in(3)) {
    PortNo port;
    fill(port);
    match.set(Field::in_port, port.value);
  }
  for (std::uint64_t count = below(6); count > 0; --count) {
    const auto field = static_cast<Field>(below(field_count));
    const FieldFacts& f = facts(field);
    if (match.find(field) != nullptr || f.since > version_ || field == Field::in_port) continue;
    U128 mask = ones(f.bits);
    if (f.maskable && one_in(2)) mask = bits(f.bits);
    const U128 value = bits(f.bits) & mask;
    // Tag bits in a frame without a tag are no packet; 1.0 and 1.1 cannot say it.
    const bool tagged = (value.lo & vlan_present) != 0 || value.zero();
    if (field == Field::vlan_vid && (version_ < v1_2 || !tagged)) continue;
    match.set(field, value, mask);
  }
  if (version_ < v1_2) {
    while (true) {
      match = without_open_fields(match);
      const std::optional<Field> field = first_inexpressible(match, version_);
      if (!field) break;
      match.erase(*field);
    }
  } else if (one_in(6)) {
    Bytes oxm;
    const auto size = static_cast<std::uint32_t>(below(9));
    append(oxm, 0x00010000U | static_cast<std::uint32_t>(below(127)) << 9U | size);
    for (std::uint32_t i = 0; i < size; ++i) oxm.push_back(static_cast<std::byte>(below(256)));
    match.add_unknown(std::move(oxm));
  }
  return match;
}

// One part that the version has a number for.
template <class Parts, class... P>
void Arbitrary::add_numbered(Parts& parts, std::variant<P...>*) {
  const std::uint64_t chosen = below(sizeof...(P));
  std::uint64_t at = 0;
  const auto add = [&](auto part) {
    using Part = decltype(part);
    if constexpr (std::same_as<Part, UnknownAction> || std::same_as<Part, UnknownInstruction>) {
      part.bytes = raw_part(one_in(2) ? 0xffff : static_cast<std::uint16_t>(0x7000 + below(0x100)));
      parts.emplace_back(std::move(part));
    } else {
      if (part_facts<Part>.number(version_) == nullptr) return;
      layout(*this, part);
      parts.emplace_back(std::move(part));
    }
  };
  static_cast<void>((... || (at++ == chosen && (add(P{}), true))));
}

Actions Arbitrary::actions(std::size_t most) {
  Actions list;
  for (std::uint64_t count = below(most + 1); count > 0; --count) add_numbered(list, static_cast<Action*>(nullptr));
  return list;
}

// One apply_actions with something in it is all that 1.0 can say.
void Arbitrary::fill_one(Instructions& list) {
  list.clear();
  if (version_ == v1_0) {
    Actions apply = actions(4);
    if (!apply.empty()) list.emplace_back(ApplyActions{std::move(apply)});
    return;
  }
  for (std::uint64_t count = below(4); count > 0; --count) add_numbered(list, static_cast<Instruction*>(nullptr));
}

void Arbitrary::fill_one(Stats& stats) {
  stats.items.clear();
  for (std::uint64_t count = below(4); count > 0; --count) {
    const auto field = static_cast<StatField>(below(stat_names.size()));
    if (size_of(field) == 0) {
      UnknownStat unknown;
      append(unknown.bytes, std::uint32_t{0x12340004});
      append(unknown.bytes, static_cast<std::uint32_t>(below(1000)));
      stats.items.emplace_back(std::move(unknown));
    } else {
      stats.items.emplace_back(Stat{field, number(size_of(field) == 4 ? 0xffffffff : ~std::uint64_t{0})});
    }
  }
}

void Arbitrary::fill_one(NestedMessage& nested) {
  constexpr std::array kinds{Kind::flow_mod, Kind::group_mod, Kind::barrier_request, Kind::echo_request};
  Kind kind = kinds[below(kinds.size())];
  if (!facts(kind).in(version_)) kind = Kind::echo_request;
  nested.bytes.clear();
  const auto xid = Xid{static_cast<std::uint32_t>(number(0xffffffff))};
  static_cast<void>(encode(nested.bytes, message(kind), version_, xid));
}

}  // namespace sluice::tests
