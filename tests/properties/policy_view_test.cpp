// A snapshot against its naive twin: random slice files, random switches, random packets.
//
// Files are drawn from a small world (few ports, VLANs, addresses), so that rules meet often.
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "tests/support/naive_policy.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Field;
using ofmsg::PacketKey;
using tests::NaivePolicy;

int upto(int most) { return *rc::gen::inRange(0, most + 1); }

template <class T>
T one_of(std::vector<T> choices) {
  return *rc::gen::elementOf(std::move(choices));
}

// --- the small world -------------------------------------------------------------------------------------------------

const std::vector<ofmsg::Port> world_ports{tests::port_named(1, "p1"), tests::port_named(2, "p2"),
                                           tests::port_named(3, "p3"),
                                           tests::port_named(ofmsg::port::local.value, "br0")};

// Text of a match; IPv6 only where the version has it.
std::string any_match(ofmsg::Version version) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!text.empty()) text += ',';
    text += part;
  };
  const std::vector<std::string> protocols = version == ofmsg::v1_0
                                                 ? std::vector<std::string>{"", "", "arp", "ip", "tcp", "udp"}
                                                 : std::vector<std::string>{"", "", "arp", "ip", "tcp", "udp", "ipv6"};
  const std::string protocol = one_of(protocols);
  if (!protocol.empty()) add(protocol);
  if (upto(1) == 0) {
    add(one_of<std::string>({"dl_vlan=0xffff", "dl_vlan=0", "dl_vlan=1", "dl_vlan=2", "dl_vlan=3",
                             "vlan_tci=0x1000/0x1ffe", "vlan_tci=0x1002/0x1ffe", "vlan_tci=0x1000/0x1000"}));
  }
  const bool v4 = protocol == "ip" || protocol == "tcp" || protocol == "udp" || protocol == "arp";
  if (v4 && upto(1) == 0) add("nw_src=10.0.0." + one_of<std::string>({"0/30", "0/31", "1", "2/31", "3"}));
  if (v4 && upto(2) == 0) add("nw_dst=10.0.0." + one_of<std::string>({"0/31", "0", "2/31"}));
  if (protocol == "ipv6" && upto(1) == 0) add("ipv6_dst=2001:db8::" + one_of<std::string>({"0/126", "1", "2/127"}));
  if (protocol == "tcp" || protocol == "udp") {
    if (upto(2) == 0) add("tp_src=" + std::to_string(80 + upto(1)));
    if (upto(2) == 0) add("tp_dst=" + std::to_string(80 + upto(1)));
  }
  return text.empty() ? "any" : text;
}

std::string any_ports() {
  return one_of<std::string>({R"("*")", "1", "2", "[1, 2]", "[2, 3]", R"("LOCAL")", R"(["*", "LOCAL"])", R"("third")",
                              R"(["third", 1])", R"("1-3")"});
}

std::string any_file(ofmsg::Version version) {
  const bool by_priority = upto(1) == 0;
  std::string slices;
  const int count = 1 + upto(2);
  for (int i = 0; i < count; ++i) {
    std::string rules;
    const int rule_count = 1 + upto(2);
    for (int r = 0; r < rule_count; ++r) {
      std::string match = "\"" + any_match(version) + "\"";
      if (upto(2) == 0) match.insert(0, "[").append(", \"").append(any_match(version)).append("\"]");
      if (by_priority && upto(2) > 0) match += R"(, "priority": )" + std::to_string(upto(5));
      rules += std::string{r == 0 ? "" : ", "} + R"({ "on": { "s": )" + any_ports() + R"( }, "match": )" + match +
               (upto(3) == 0 ? R"(, "access": "read" })" : " }");
    }
    slices += std::string{i == 0 ? "" : ", "} + "\"" + std::string(1, static_cast<char>('a' + i)) +
              R"(": { "controllers": ["tcp:192.0.2.1"], "flowspace": [)" + rules + "] }";
  }
  return R"({ "version": 1, "proxy": { "overlap": )" + std::string{by_priority ? R"("priority")" : R"("error")"} +
         R"( }, "switches": { "s": { "dpid": 1, "ports": { "third": "p3" } } }, "slices": { )" + slices + " } }";
}

// Packets need no shrinking, and there are many of them: they come from a small generator of their own.
class Packets {
 public:
  Packets() : state_{*rc::gen::inRange<std::uint64_t>(1, 1ULL << 62U)} {}

  PacketKey next();

 private:
  int upto(int most) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int>((state_ >> 33U) % static_cast<unsigned>(most + 1));
  }

  template <class T>
  T one_of(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(upto(static_cast<int>(choices.size()) - 1))];
  }

  std::uint64_t state_;
};

PacketKey Packets::next() {
  PacketKey key;
  key.put(Field::in_port, one_of<std::uint32_t>({1, 2, 3, ofmsg::port::local.value, 4}));
  key.put(Field::eth_src, 0x020000000001);
  key.put(Field::eth_dst, 0x020000000002);
  const int vlan = upto(5);
  key.put(Field::vlan_vid, vlan == 5 ? 0U : 0x1000U | static_cast<unsigned>(vlan));
  if (vlan != 5) key.put(Field::vlan_pcp, 0);
  const auto type = one_of<std::uint16_t>({0x0800, 0x0800, 0x0806, 0x86dd, 0x88cc});
  key.put(Field::eth_type, type);
  const auto address = [this] { return 0x0a000000U + static_cast<unsigned>(upto(4)); };
  if (type == 0x0806) {
    key.put(Field::arp_op, 1);
    key.put(Field::arp_spa, address());
    key.put(Field::arp_tpa, address());
  }
  if (type == 0x0800 || type == 0x86dd) {
    const auto protocol = one_of<std::uint8_t>({1, 6, 17});
    key.put(Field::ip_dscp, 0);
    key.put(Field::ip_ecn, 0);
    key.put(Field::ip_proto, protocol);
    if (type == 0x0800) {
      key.put(Field::ipv4_src, address());
      key.put(Field::ipv4_dst, address());
    } else {
      key.put(Field::ipv6_src, ofmsg::U128{0x20010db800000000, 9});
      key.put(Field::ipv6_dst, ofmsg::U128{0x20010db800000000, static_cast<unsigned>(upto(4))});
    }
    const auto port = [this] { return 80U + static_cast<unsigned>(upto(2)); };
    if (protocol == 6) {
      key.put(Field::tcp_src, port());
      key.put(Field::tcp_dst, port());
    } else if (protocol == 17) {
      key.put(Field::udp_src, port());
      key.put(Field::udp_dst, port());
    }
  }
  return key;
}

struct Drawn {
  ofmsg::Version version;
  std::string text;
  Document document;
  Compiled compiled;
};

Drawn draw() {
  Drawn drawn;
  drawn.version = one_of<ofmsg::Version>({ofmsg::v1_0, ofmsg::v1_3});
  drawn.text = any_file(drawn.version);
  drawn.document = parse(drawn.text, "x.json");
  RC_LOG() << drawn.text << '\n';
  RC_ASSERT_FALSE(drawn.document.has_errors());
  drawn.compiled = compile(drawn.document);
  return drawn;
}

// A file without conflicts, and the switch of it.
Drawn draw_good() {
  Drawn drawn = draw();
  RC_PRE(static_cast<bool>(drawn.compiled.snapshot));
  return drawn;
}

// A port can belong to nobody because two names meet; the naive twin does not know of that, so such draws are left out.
bool clashes(const SwitchView& view) {
  for (const std::string& warning : view.warnings()) {
    if (warning.find("belongs to nobody:") != std::string::npos) return true;
  }
  return false;
}

std::vector<SliceId> ids(const Snapshot& snapshot, const std::vector<std::string>& names) {
  std::vector<SliceId> all;
  all.reserve(names.size());
  for (const std::string& name : names) all.push_back(snapshot.find_slice(name).value());
  return all;
}

// --- the laws --------------------------------------------------------------------------------------------------------

TEST_CASE("owner and readers are what the file says, rule by rule") {
  CHECK(rc::check([] {
    const Drawn drawn = draw_good();
    const Snapshot& snapshot = *drawn.compiled.snapshot;
    const SwitchView view = snapshot.bind(SwitchId{0}, world_ports, drawn.version);
    RC_PRE(!clashes(view));
    const NaivePolicy naive{drawn.document, "s", world_ports};
    Packets packets;
    for (int i = 0; i < 300; ++i) {
      const PacketKey key = packets.next();
      const auto writers = ids(snapshot, naive.writers(key));
      RC_ASSERT(writers.size() <= 1U);
      const auto owner = view.owner(key);
      RC_ASSERT(owner.has_value() == !writers.empty());
      if (owner) {
        RC_ASSERT(owner->slice == writers.front());
        RC_ASSERT(snapshot.rule(owner->rule).slice == owner->slice);
        RC_ASSERT(snapshot.rule(owner->rule).access == Access::write);
      }
      RC_ASSERT(view.readers(key) == ids(snapshot, naive.readers(key)));
    }
  }));
}

TEST_CASE("the union of a clip is exactly the match and the flowspace") {
  CHECK(rc::check([] {
    const Drawn drawn = draw_good();
    const Snapshot& snapshot = *drawn.compiled.snapshot;
    const SwitchView view = snapshot.bind(SwitchId{0}, world_ports, drawn.version);
    RC_PRE(!clashes(view));
    const NaivePolicy naive{drawn.document, "s", world_ports};
    std::string match_text = any_match(drawn.version);
    if (upto(1) == 0)
      match_text = (match_text == "any" ? "" : match_text + ",") + "in_port=" + std::to_string(1 + upto(3));
    RC_LOG() << match_text << '\n';
    const ofmsg::Match match = ofmsg::parse_match(match_text).value();
    for (std::size_t s = 0; s < snapshot.slices().size(); ++s) {
      const SliceId slice{static_cast<std::uint16_t>(s)};
      const auto pieces = view.clip(slice, match, 200);
      if (!pieces) continue;  // "any tag" in 1.0: one by one, thousands
      for (const Piece& piece : *pieces) {
        RC_ASSERT(piece.match.in_port() == piece.in_port);
        RC_ASSERT(!ofmsg::first_inexpressible(piece.match, drawn.version));
        RC_ASSERT(!ofmsg::first_open_field(piece.match));
        for (const Piece& other : *pieces) RC_ASSERT(&piece == &other || !ofmsg::covers(other.match, piece.match));
      }
      if (!pieces->empty()) RC_ASSERT_FALSE(view.clip(slice, match, pieces->size() - 1));
      Packets packets;
      for (int i = 0; i < 200; ++i) {
        const PacketKey key = packets.next();
        bool in_a_piece = false;
        for (const Piece& piece : *pieces) in_a_piece = in_a_piece || NaivePolicy::in(piece.match, key);
        RC_ASSERT(in_a_piece == (NaivePolicy::in(match, key) && naive.may_write(snapshot.slice(slice).name, key)));
      }
    }
  }));
}

TEST_CASE("an overlap is told exactly when some packet would have two owners") {
  CHECK(rc::check([] {
    const Drawn drawn = draw();
    const NaivePolicy naive{drawn.document, "s", world_ports};
    if (drawn.compiled.snapshot != nullptr) {
      // A name and the number of the same port are settled when the switch is there.
      const SwitchView view = drawn.compiled.snapshot->bind(SwitchId{0}, world_ports, drawn.version);
      if (clashes(view)) return;
      Packets packets;
      for (int i = 0; i < 500; ++i) RC_ASSERT(naive.writers(packets.next()).size() <= 1U);
      return;
    }
    // The example of the message, as a packet. Where priorities decide, somebody else's rule may be above both.
    Document by_itself = drawn.document;
    by_itself.overlap = Overlap::error;
    const NaivePolicy both{by_itself, "s", world_ports};
    for (const Diagnostic& finding : drawn.compiled.findings) {
      if (finding.code != "E0310") continue;
      const std::string& note = finding.notes.at(0);
      const std::string prefix = "example: s in_port=";
      RC_ASSERT(note.starts_with(prefix));
      const std::size_t space = note.find(' ', prefix.size());
      std::string port = note.substr(prefix.size(), space - prefix.size());
      if (port == "\"p3\"") port = "3";
      const std::string packet = note.substr(space + 1);
      const ofmsg::Match match =
          ofmsg::witness(ofmsg::parse_match("in_port=" + port + (packet == "any packet" ? "" : "," + packet)).value());
      PacketKey key;
      for (const ofmsg::Term& term : match.terms()) key.put(term.field, term.value);
      RC_LOG() << note << '\n';
      RC_ASSERT(both.writers(key).size() >= 2U);
    }
  }));
}

TEST_CASE("no packet at a port that is not shared is anybody else's") {
  CHECK(rc::check([] {
    const Drawn drawn = draw_good();
    const Snapshot& snapshot = *drawn.compiled.snapshot;
    const SwitchView view = snapshot.bind(SwitchId{0}, world_ports, drawn.version);
    Packets packets;
    for (int i = 0; i < 300; ++i) {
      const PacketKey key = packets.next();
      const ofmsg::PortNo port{static_cast<std::uint32_t>(key.get(Field::in_port).lo)};
      const auto owner = view.owner(key);
      for (const SliceId slice : view.slices()) {
        if (view.shares(slice, port)) continue;
        RC_ASSERT(!owner || owner->slice == slice);
      }
    }
  }));
}

}  // namespace
}  // namespace sluice::policy
