#include "ctl/anonymous.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <deque>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ofmsg/codec.hpp"
#include "ofmsg/text_parts.hpp"
#include "policy/document.hpp"

namespace sluice::ctl {

namespace replay = slicing::replay;
using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::Field;
using ofmsg::FrameView;
using ofmsg::Tree;
using Json = nlohmann::ordered_json;

namespace {

// Where the lowest `size` bytes of a mask are set, the key is cleared: a rule looks there.
void spare(Anonymous::Key& key, const ofmsg::U128& mask, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t from_end = size - 1 - i;
    const std::uint64_t half = from_end < 8 ? mask.lo : mask.hi;
    key[i] = static_cast<std::uint8_t>(key[i] & ~(half >> (8 * (from_end % 8))));
  }
}

template <std::size_t Size>
using Address = std::array<std::uint8_t, Size>;

template <std::size_t Size>
void mix(Address<Size>& address, const Address<Size>& mask, const Anonymous::Key& key) {
  for (std::size_t i = 0; i < Size; ++i) address[i] = static_cast<std::uint8_t>(address[i] ^ (key[i] & mask[i]));
}

template <std::size_t Size>
Address<Size> all_ones() {
  Address<Size> ones{};
  ones.fill(0xff);
  return ones;
}

std::optional<Address<4>> ipv4_of(const std::string& text) {
  Address<4> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ? std::optional{address} : std::nullopt;
}

std::optional<Address<16>> ipv6_of(const std::string& text) {
  Address<16> address{};
  return text.find(':') != std::string::npos && inet_pton(AF_INET6, text.c_str(), address.data()) == 1
             ? std::optional{address}
             : std::nullopt;
}

std::optional<Address<6>> mac_of(const std::string& text) {
  const auto mac = ofmsg::parse_mac(text);
  if (!mac) return std::nullopt;
  Address<6> address{};
  const std::uint64_t value = ofmsg::mac_value(*mac);
  for (std::size_t i = 0; i < 6; ++i) address[i] = static_cast<std::uint8_t>(value >> (8 * (5 - i)));
  return address;
}

std::string text_of(const Address<4>& a) { return fmt::format("{}.{}.{}.{}", a[0], a[1], a[2], a[3]); }

std::string text_of(const Address<16>& a) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, a.data(), text, sizeof text);
}

std::string text_of(const Address<6>& a) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", a[0], a[1], a[2], a[3], a[4], a[5]);
}

// "address" or "address/mask", in this form of address; nothing if it is another.
template <std::size_t Size>
std::optional<std::string> changed(const std::string& text, const Anonymous::Key& key,
                                   std::optional<Address<Size>> (*parse)(const std::string&)) {
  const std::size_t slash = text.find('/');
  auto address = parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  Address<Size> mask = all_ones<Size>();
  if (slash != std::string::npos) {
    const auto written = parse(text.substr(slash + 1));
    if (!written) return std::nullopt;
    mask = *written;
  }
  constexpr std::uint8_t group = 1;  // of a MAC address: tools know these, and nobody owns them
  if (Size == 6 && ((*address)[0] & group) != 0) return text;
  mix<Size>(*address, mask, key);
  return text_of(*address) + (slash == std::string::npos ? std::string{} : text.substr(slash));
}

// A place in a packet, as an address.
template <std::size_t Size>
void change_at(Bytes& packet, std::size_t at, const Anonymous::Key& key) {
  if (at + Size > packet.size()) return;
  Address<Size> address{};
  for (std::size_t i = 0; i < Size; ++i) address[i] = std::to_integer<std::uint8_t>(packet[at + i]);
  if (Size == 6 && (address[0] & 1U) != 0) return;
  mix<Size>(address, all_ones<Size>(), key);
  for (std::size_t i = 0; i < Size; ++i) packet[at + i] = static_cast<std::byte>(address[i]);
}

void blank(Bytes& packet, std::size_t from) {
  if (from < packet.size()) std::fill(packet.begin() + static_cast<std::ptrdiff_t>(from), packet.end(), std::byte{0});
}

// Bytes of a transport header that say more than that there is something in it.
std::size_t transport_header(std::uint8_t protocol) {
  constexpr std::uint8_t tcp = 6;
  return protocol == tcp ? 20 : 8;
}

}  // namespace

Anonymous::Anonymous() {
  std::random_device device;
  for (std::uint8_t& byte : secret_) byte = static_cast<std::uint8_t>(device());
  secret_[0] = static_cast<std::uint8_t>(secret_[0] & 0xfeU);  // a MAC address stays one of a single host
}

void Anonymous::protect(const policy::Snapshot& policy) {
  ipv4_ = ipv6_ = mac_ = secret_;
  for (std::size_t i = 0; i < policy.switches().size(); ++i) {
    for (const policy::Region& region : policy.regions(policy::SwitchId{static_cast<std::uint16_t>(i)})) {
      for (const ofmsg::Term& term : region.header.terms()) {
        switch (term.field) {
          case Field::ipv4_src:
          case Field::ipv4_dst:
          case Field::arp_spa:
          case Field::arp_tpa: spare(ipv4_, term.mask, 4); break;
          case Field::ipv6_src:
          case Field::ipv6_dst:
          case Field::ipv6_nd_target: spare(ipv6_, term.mask, 16); break;
          case Field::eth_src:
          case Field::eth_dst:
          case Field::arp_sha:
          case Field::arp_tha:
          case Field::ipv6_nd_sll:
          case Field::ipv6_nd_tll: spare(mac_, term.mask, 6); break;
          default: break;
        }
      }
    }
  }
}

// --- names -----------------------------------------------------------------------------------------------------------

std::string Anonymous::host(const std::string& name) {
  const auto [found, fresh] = hosts_.try_emplace(name);
  // Documentation addresses [RFC 5737].
  if (fresh) found->second = fmt::format("198.51.{}.{}", 100 + hosts_.size() / 250, hosts_.size() % 250);
  return found->second;
}

std::string Anonymous::endpoint(const std::string& text) {
  auto parsed = policy::parse_endpoint(text);
  if (!parsed || parsed->host.empty()) return text;
  parsed->host = host(parsed->host);
  return policy::text(*parsed);
}

namespace {

// Calls `change` with each text that says where somebody is.
template <class Change>
void for_each_endpoint(Json& list, Change change) {
  if (list.is_string()) {
    list = change(list.get<std::string>());
  } else if (list.is_array()) {
    for (Json& item : list) for_each_endpoint(item, change);
  } else if (list.is_object() && list.contains("at")) {
    for_each_endpoint(list["at"], change);
  }
}

}  // namespace

ofmsg::Result<replay::PolicyText, std::string> Anonymous::change(const replay::PolicyText& text) {
  replay::PolicyText out{text.name, {}};
  for (const auto& [name, content] : text.files) {
    Json document = Json::parse(content, nullptr, false, true);
    if (!document.is_object()) return ofmsg::Failure<std::string>{name + " is no slice file"};
    const auto change_endpoint = [this](const std::string& at) { return endpoint(at); };
    for (auto& [key, slice] : document["slices"].items()) {
      slice.erase("owner");
      slice.erase("description");
      if (slice.contains("controllers")) for_each_endpoint(slice["controllers"], change_endpoint);
    }
    if (document["slices"].is_null()) document.erase("slices");
    if (document.contains("proxy") && document["proxy"].contains("listen")) {
      for_each_endpoint(document["proxy"]["listen"], change_endpoint);
    }
    for (auto at = document.begin(); at != document.end();) {
      at = at.key().starts_with("x-") ? document.erase(at) : std::next(at);
    }
    out.files[name] = document.dump(2);
  }
  auto policy = replay::compile(out, policy_.get());
  if (!policy) return ofmsg::Failure<std::string>{"its slice file has errors:\n" + policy.error()};
  policy_ = *std::move(policy);
  protect(*policy_);
  return out;
}

// --- messages --------------------------------------------------------------------------------------------------------

std::string Anonymous::change_text(const std::string& text) const {
  if (auto mac = changed<6>(text, mac_, mac_of)) return *std::move(mac);
  if (auto ipv4 = changed<4>(text, ipv4_, ipv4_of)) return *std::move(ipv4);
  if (auto ipv6 = changed<16>(text, ipv6_, ipv6_of)) return *std::move(ipv6);
  return text;
}

void Anonymous::change_packet(Bytes& packet) const {
  constexpr std::size_t ethernet = 14;
  if (packet.size() < ethernet) return blank(packet, 0);
  change_at<6>(packet, 0, mac_);
  change_at<6>(packet, 6, mac_);
  std::size_t at = 12;
  auto type = ofmsg::load<std::uint16_t>(packet, at);
  while ((type == 0x8100 || type == 0x88a8) && at + 6 <= packet.size()) {
    at += 4;
    type = ofmsg::load<std::uint16_t>(packet, at);
  }
  at += 2;
  switch (type) {
    case 0x0806:  // ARP
      change_at<6>(packet, at + 8, mac_);
      change_at<4>(packet, at + 14, ipv4_);
      change_at<6>(packet, at + 18, mac_);
      change_at<4>(packet, at + 24, ipv4_);
      return blank(packet, at + 28);
    case 0x0800: {
      if (at + 20 > packet.size()) return blank(packet, at);
      change_at<4>(packet, at + 12, ipv4_);
      change_at<4>(packet, at + 16, ipv4_);
      const std::size_t header = std::to_integer<std::size_t>(packet[at] & std::byte{0x0f}) * 4;
      return blank(packet, at + header + transport_header(std::to_integer<std::uint8_t>(packet[at + 9])));
    }
    case 0x86dd: {
      if (at + 40 > packet.size()) return blank(packet, at);
      change_at<16>(packet, at + 8, ipv6_);
      change_at<16>(packet, at + 24, ipv6_);
      constexpr std::uint8_t icmpv6 = 58;
      const auto next = std::to_integer<std::uint8_t>(packet[at + 6]);
      // Neighbour discovery: the target, and the address of the link that follows it as an option.
      if (next == icmpv6) {
        change_at<16>(packet, at + 40 + 8, ipv6_);
        change_at<6>(packet, at + 40 + 26, mac_);
        return blank(packet, at + 40 + 32);
      }
      return blank(packet, at + 40 + transport_header(next));
    }
    case 0x88cc: return;  // LLDP: datapath ids and ports, which stay
    default: return blank(packet, at);
  }
}

void Anonymous::change(Tree& tree, std::string_view name) {
  if (auto* list = tree.as<Tree::List>()) {
    for (Tree& item : *list) change(item, name);
  } else if (auto* object = tree.as<Tree::Object>()) {
    for (auto& [member, value] : *object) change(value, member);
  } else if (auto* text = tree.as<std::string>()) {
    if (name == "mfr_desc" || name == "hw_desc" || name == "sw_desc" || name == "serial_num" || name == "dp_desc") {
      *text = "-";
    } else if (name == "data") {
      if (auto packet = ofmsg::parse_bytes(*text)) {
        change_packet(*packet);
        *text = ofmsg::hex_digits(*packet);
      }
    } else {
      *text = change_text(*text);
    }
  }
}

Bytes Anonymous::change(FrameView frame) {
  Bytes same{frame.bytes().begin(), frame.bytes().end()};
  const auto version = ofmsg::version_of(frame.wire_version());
  const auto message = ofmsg::decode(frame);
  // Nobody can say what is in it.
  const auto hidden = [&same] {
    blank(same, ofmsg::header_size);
    return same;
  };
  if (!version || !message) return hidden();
  if (const auto* error = std::get_if<ofmsg::Error>(&*message)) {
    ofmsg::Error bare = *error;
    bare.data.resize(std::min(bare.data.size(), ofmsg::header_size));
    Bytes out;
    return ofmsg::encode(out, ofmsg::Message{bare}, *version, frame.xid()) ? out : hidden();
  }
  Tree tree = ofmsg::to_tree(*message, *version, frame.xid());
  change(tree, {});
  const auto changed = ofmsg::from_tree(tree, *version);
  Bytes out;
  if (!changed || !ofmsg::encode(out, changed->message, *version, frame.xid())) return hidden();
  return out;
}

ByteView Anonymous::change_all(ByteView frames) {
  Bytes out;
  ofmsg::for_each_frame(frames, [&](FrameView frame) { ofmsg::append(out, ByteView{change(frame)}); });
  return kept_.emplace_back(std::move(out));
}

// --- blocks ----------------------------------------------------------------------------------------------------------

ofmsg::Result<replay::RecordingReader::Block, std::string> Anonymous::change(
    const replay::RecordingReader::Block& block) {
  kept_.clear();
  if (const auto* head = std::get_if<replay::RecordingHead>(&block)) {
    replay::RecordingHead out = *head;
    auto policy = change(head->policy);
    if (!policy) return ofmsg::Failure<std::string>{std::move(policy.error())};
    out.policy = *std::move(policy);
    out.wall = 0;
    if (out.standing) {
      const auto through_bytes = [this]<class M>(M& message, ofmsg::Version version) {
        Bytes bytes;
        if (!ofmsg::encode(bytes, ofmsg::Message{message}, version, ofmsg::Xid{0})) return;
        auto changed = ofmsg::decode(*FrameView::of(change(*FrameView::of(bytes))));
        if (changed && std::holds_alternative<M>(*changed)) message = std::get<M>(*std::move(changed));
      };
      std::map<std::string, ofmsg::Version> versions;
      for (slicing::StandingSwitch& s : out.standing->switches) {
        s.peer = host(s.peer);
        versions.emplace(s.name, s.version);
        through_bytes(s.features, s.version);
        through_bytes(s.desc, s.version);
        ofmsg::PortDescReply ports{0, s.ports};
        through_bytes(ports, ofmsg::v1_3);
        s.ports = ports.ports;
      }
      for (slicing::StandingLeg& leg : out.standing->legs) leg.at.host = host(leg.at.host);
      for (slicing::StandingFlow& flow : out.standing->flows) {
        const auto version = versions.find(flow.switch_name);
        if (version != versions.end()) through_bytes(flow.asked, version->second);
      }
    }
    return replay::RecordingReader::Block{std::move(out)};
  }
  replay::Turn out = std::get<replay::Turn>(block);
  if (out.policy) {
    auto policy = change(*out.policy);
    if (!policy) return ofmsg::Failure<std::string>{std::move(policy.error())};
    out.policy = *std::move(policy);
  }
  if (auto* up = std::get_if<slicing::SwitchUp>(&out.input)) up->peer = host(up->peer);
  if (auto* in = std::get_if<slicing::Arrived>(&out.input)) {
    kept_.push_back(change(in->frame));
    in->frame = *FrameView::of(kept_.back());
  }
  for (auto& [link, bytes] : out.said) bytes = change_all(bytes);
  for (slicing::Record& record : out.records) {
    if (auto* dial = std::get_if<slicing::Dial>(&record)) dial->to.host = host(dial->to.host);
    if (auto* note = std::get_if<slicing::Note>(&record)) note->detail.clear();
  }
  return replay::RecordingReader::Block{std::move(out)};
}

}  // namespace sluice::ctl
