#include "ctl/flowvisor.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

constexpr std::string_view super_user = "fvadmin";
constexpr std::int64_t may_read = 2, may_write = 4;
constexpr std::int64_t may_delegate = 1 | 8;  // by the manual, and by the code of 1.4

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// --- values of a match -----------------------------------------------------------------------------------------------

// Java has no unsigned numbers: 0x88cc is written as -30516.
template <class T>
std::string set_number(std::optional<T>& into, const std::string& value) {
  constexpr std::int64_t most = std::numeric_limits<T>::max();
  const auto number = whole_number(value);
  if (!number || *number > most || *number < -(most + 1) / 2) return fmt::format("\"{}\" is no such number", value);
  into = static_cast<T>(*number & most);
  return {};
}

std::string set_vlan(FlowVisorMatch& match, const std::string& value) {
  Vlans vlans;
  const std::size_t dash = value.find('-', 1);
  const auto first = whole_number(std::string_view{value}.substr(0, dash));
  const auto last = dash == std::string::npos ? first : whole_number(std::string_view{value}.substr(dash + 1));
  if (!first || !last) return fmt::format("\"{}\" is not a VLAN", value);
  if (dash == std::string::npos && (*first == -1 || *first == 0xffff)) {
    vlans.set(untagged_bit);
  } else if (dash == std::string::npos && (*first == -2 || *first == 0xfffe)) {
    vlans = every_tag();
  } else if (*first < 0 || *last > 4095 || *first > *last) {
    return fmt::format("\"{}\" is not a VLAN", value);
  } else {
    for (std::int64_t vlan = *first; vlan <= *last; ++vlan) vlans.set(static_cast<std::size_t>(vlan));
  }
  match.vlans = vlans;
  return {};
}

std::string set_mac(std::optional<std::string>& into, const std::string& value) {
  if (lower(value) == "any" || lower(value) == "all") return {};
  std::string digits = value;
  const std::size_t octets =
      static_cast<std::size_t>(std::count_if(value.begin(), value.end(), [](char c) { return c == ':' || c == '-'; })) +
      1;
  std::erase_if(digits, [](char c) { return c == ':' || c == '-'; });
  auto address = hexadecimal(digits);
  if (octets == 1) address = ofmsg::parse_number(value);  // an API of old had them as numbers
  if (!address || *address >> 48U != 0 || (octets != 1 && octets != 6)) {
    return fmt::format("\"{}\" is not an Ethernet address", value);
  }
  into = ofmsg::text(ofmsg::mac_of(*address));
  return {};
}

std::string set_address(std::optional<std::string>& into, const std::string& value) {
  const std::size_t slash = std::min(value.find('/'), value.size());
  const std::string head = value.substr(0, slash);
  std::optional<std::uint32_t> address = ofmsg::parse_ipv4(head);
  if (const auto number = whole_number(head); !address && number) {
    if (*number >= std::numeric_limits<std::int32_t>::min() && *number <= std::numeric_limits<std::uint32_t>::max()) {
      address = static_cast<std::uint32_t>(*number);
    }
  }
  const auto length = slash == value.size() ? 32 : whole_number(std::string_view{value}.substr(slash + 1));
  if (!address || !length || *length < 0 || *length > 32) return fmt::format("\"{}\" is not an address", value);
  if (*length == 0) return {};
  const auto bits = static_cast<std::uint32_t>(*length);
  const std::uint32_t prefix = *address & ~std::uint32_t{0} << (32 - bits);
  into = ofmsg::ipv4_text(prefix) + (bits == 32 ? "" : fmt::format("/{}", bits));
  return {};
}

// --- matches ---------------------------------------------------------------------------------------------------------

constexpr std::uint16_t type_ip = 0x0800, type_arp = 0x0806;
constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, sctp = 132;

// Says in the terms of a slice file what one rule of FlowVisor matches.
class MatchTranslation {
 public:
  MatchTranslation(const FlowVisorMatch& match, const std::string& place, ImportNotes& notes)
      : match_{match}, place_{place}, notes_{notes} {}

  // Empty when no packet can meet it.
  std::vector<ImportedMatch> run() {
    complete_vlans();
    if (match_.dl_type) {
      take_type(*match_.dl_type);
    } else if (!asks_for_network() && !asks_for_ports()) {
      out_.push_back(link_layer());
    } else {
      guess_types();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool asks_for_network() const {
    return match_.nw_src || match_.nw_dst || match_.nw_proto || match_.nw_tos;
  }

  [[nodiscard]] bool asks_for_ports() const { return match_.tp_src || match_.tp_dst; }

  void complete_vlans() {
    if (match_.vlans) {
      const bool untagged = match_.vlans->test(untagged_bit);
      if (untagged) {
        notes_.unsure("dl_vlan=0xffff is \"untagged\", as in OpenFlow; FlowVisor 1.4 took it for any VLAN", place_);
      } else if (match_.vlans->test(0) && match_.vlans->count() == 1) {
        notes_.unsure("dl_vlan=0 is the tag 0, as in OpenFlow; FlowVisor 1.4 gave it the packets without a tag",
                      place_);
      }
      if (untagged && match_.dl_vpcp) {
        notes_.dropped("dl_vpcp of packets without a tag, which have none", place_);
        match_.dl_vpcp.reset();
      }
    } else if (match_.dl_vpcp) {
      match_.vlans = every_tag();
    }
  }

  ImportedMatch link_layer() const {
    ImportedMatch out;
    out.vlans = match_.vlans;
    if (match_.dl_vpcp) out.fields.emplace_back("dl_vlan_pcp", std::to_string(*match_.dl_vpcp));
    if (match_.dl_src) out.fields.emplace_back("dl_src", *match_.dl_src);
    if (match_.dl_dst) out.fields.emplace_back("dl_dst", *match_.dl_dst);
    return out;
  }

  // Without dl_type, nw_src is an address of IP or of ARP; ports and TOS are of IP alone, and so are protocols that no
  // ARP operation has the number of.
  void guess_types() {
    const bool only_ip =
        asks_for_ports() || match_.nw_tos || (match_.nw_proto && *match_.nw_proto != 1 && *match_.nw_proto != 2);
    if (!only_ip) {
      notes_.unsure("network fields without dl_type are taken for IP and ARP both, as FlowVisor matched packets",
                    place_);
    }
    take_type(type_ip);
    if (!only_ip) take_type(type_arp);
  }

  void take_type(std::uint16_t type) {
    if (type == type_ip) return take_ip();
    if (asks_for_ports() || match_.nw_tos || (type != type_arp && asks_for_network())) {
      notes_.dropped("fields of IP in a rule for another dl_type; OpenFlow 1.0 ignores them", place_);
    }
    ImportedMatch out = link_layer();
    if (type == type_arp) {
      out.protocol = "arp";
      if (match_.nw_src) out.fields.emplace_back("nw_src", *match_.nw_src);
      if (match_.nw_dst) out.fields.emplace_back("nw_dst", *match_.nw_dst);
      if (match_.nw_proto) out.fields.emplace_back("arp_op", std::to_string(*match_.nw_proto));
    } else {
      out.fields.emplace(out.fields.begin(), "dl_type", fmt::format("0x{:04x}", type));
    }
    out_.push_back(std::move(out));
  }

  void take_ip() {
    if (match_.nw_proto) return take_protocol(*match_.nw_proto);
    if (!asks_for_ports()) return take_protocol(std::nullopt);
    notes_.unsure("ports without nw_proto are taken for those of TCP and UDP", place_);
    take_protocol(tcp);
    take_protocol(udp);
  }

  void take_protocol(std::optional<std::uint8_t> number) {
    ImportedMatch out = link_layer();
    out.protocol = number == icmp   ? "icmp"
                   : number == tcp  ? "tcp"
                   : number == udp  ? "udp"
                   : number == sctp ? "sctp"
                                    : "ip";
    if (match_.nw_src) out.fields.emplace_back("nw_src", *match_.nw_src);
    if (match_.nw_dst) out.fields.emplace_back("nw_dst", *match_.nw_dst);
    if (number && out.protocol == "ip") out.fields.emplace_back("nw_proto", std::to_string(*number));
    if (match_.nw_tos) out.fields.emplace_back("nw_tos", std::to_string(tos()));
    if (!asks_for_ports()) {
      out_.push_back(std::move(out));
    } else if (out.protocol == "icmp") {
      take_icmp(std::move(out));
    } else {
      take_ports(std::move(out));
    }
  }

  void take_ports(ImportedMatch out) {
    if (out.protocol == "ip") {
      notes_.dropped("ports in a rule for a protocol without ports; OpenFlow 1.0 ignores them", place_);
    } else {
      if (match_.tp_src) out.fields.emplace_back("tp_src", std::to_string(*match_.tp_src));
      if (match_.tp_dst) out.fields.emplace_back("tp_dst", std::to_string(*match_.tp_dst));
    }
    out_.push_back(std::move(out));
  }

  // OpenFlow 1.0 has the type where other protocols have the source port [OF 1.0 §5.2.3].
  void take_icmp(ImportedMatch out) {
    constexpr int most = 255;
    if (match_.tp_src.value_or(0) > most || match_.tp_dst.value_or(0) > most) return;
    if (match_.tp_src) out.fields.emplace_back("icmp_type", std::to_string(*match_.tp_src));
    if (match_.tp_dst) out.fields.emplace_back("icmp_code", std::to_string(*match_.tp_dst));
    out_.push_back(std::move(out));
  }

  // FlowVisor compared the byte in flow_mods and its upper six bits in packets, so rules have either.
  [[nodiscard]] unsigned tos() const {
    const unsigned given = *match_.nw_tos;
    const bool dscp = given < 64 && given % 4 != 0;
    if (given < 64 && given != 0) {
      notes_.unsure(dscp ? "nw_tos is taken for a DSCP, because its lower bits are not 0"
                         : "nw_tos is taken for the whole byte; FlowVisor compared packets with it as a DSCP",
                    place_);
    } else if (given % 4 != 0) {
      notes_.dropped("the two lower bits of nw_tos, which are ECN", place_);
    }
    return dscp ? given << 2U : given & 0xfcU;
  }

  FlowVisorMatch match_;
  const std::string& place_;
  ImportNotes& notes_;
  std::vector<ImportedMatch> out_;
};

// --- the whole -------------------------------------------------------------------------------------------------------

// Rules that differ in the VLAN alone: fvctl made one for every VLAN of a range.
std::string key_without_vlan(const FlowVisorRule& rule) {
  const FlowVisorMatch& m = rule.match;
  const auto number = [](const auto& field) { return field ? std::to_string(*field) : std::string{}; };
  std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", rule.on.any, rule.on.value, rule.priority,
                  number(m.in_port), m.dl_src.value_or(""), m.dl_dst.value_or(""), number(m.dl_type), number(m.dl_vpcp),
                  m.nw_src.value_or(""), m.nw_dst.value_or(""), number(m.nw_proto), number(m.nw_tos), number(m.tp_src),
                  number(m.tp_dst), number(rule.forced_queue));
  for (const std::int64_t queue : rule.queues) key += fmt::format(" {}", queue);
  for (const auto& [slice, permissions] : rule.actions) key += fmt::format("|{}={}", slice, permissions);
  return key;
}

struct Joined {
  FlowVisorRule rule;
  std::size_t count = 1;
  std::string last;  // name of the last one
};

std::vector<Joined> join_vlans(std::vector<FlowVisorRule> rules) {
  std::vector<Joined> joined;
  std::map<std::string, std::size_t> by_key;
  for (FlowVisorRule& rule : rules) {
    const bool tags_only = rule.match.vlans && !rule.match.vlans->test(untagged_bit);
    if (tags_only) {
      const auto [at, fresh] = by_key.emplace(key_without_vlan(rule), joined.size());
      if (!fresh) {
        Joined& first = joined[at->second];
        *first.rule.match.vlans |= *rule.match.vlans;
        ++first.count;
        first.last = rule.name.empty() ? rule.place : rule.name;
        continue;
      }
    }
    const std::string name = rule.name.empty() ? rule.place : rule.name;
    joined.push_back({std::move(rule), 1, name});
  }
  return joined;
}

class Translation {
 public:
  explicit Translation(Imported& into) : into_{into} {}

  void run(FlowVisorConfig config) {
    add_slices(config.slices);
    add_switches(config);
    for (const Joined& joined : join_vlans(std::move(config.rules))) add_rule(joined);
    say_local();
  }

 private:
  static constexpr std::size_t most_places = 1000000;  // as in a slice file

  void add_slices(const std::vector<FlowVisorSlice>& slices) {
    ImportedNames names;
    for (const FlowVisorSlice& from : slices) {
      if (from.name == super_user) continue;
      if (slices_.contains(from.name)) {
        into_.notes.dropped(fmt::format("a second slice of the name {}", from.name), from.place);
        continue;
      }
      slices_.emplace(from.name, into_.slices.size());
      ImportedSlice& slice = into_.slices.emplace_back();
      slice.name = names.make(from.name, "slice");
      if (slice.name != from.name) {
        into_.notes.unsure(fmt::format("slice \"{}\" is called {} here", from.name, slice.name), from.place);
      }
      slice.owner = from.contact;
      slice.down = !from.up;
      slice.all_lldp = from.all_lldp;
      add_controller(from, slice);
      add_drop_policy(from, slice);
      add_limits(from, slice);
    }
  }

  void add_controller(const FlowVisorSlice& from, ImportedSlice& slice) {
    if (from.host.empty() || lower(from.host) == "none") {
      into_.notes.unsure("a slice without a controller; give it one", slice.name);
      return;
    }
    const bool ipv6 = from.host.find(':') != std::string::npos && from.host.front() != '[';
    slice.controllers.push_back(fmt::format("tcp:{}:{}", ipv6 ? "[" + from.host + "]" : from.host, from.port));
  }

  void add_drop_policy(const FlowVisorSlice& from, ImportedSlice& slice) {
    const std::string policy = lower(from.drop_policy);
    slice.drop_by_rule = policy == "rule";
    if (policy != "rule" && policy != "exact" && !policy.empty()) {
      into_.notes.dropped(fmt::format("the drop policy \"{}\", which FlowVisor does not have", from.drop_policy),
                          slice.name);
    }
  }

  void add_limits(const FlowVisorSlice& from, ImportedSlice& slice) {
    slice.flows = imported_limit(from.flow_limit, "the flow limit", into_.notes, slice.name);
    std::int64_t largest = -1;
    for (const auto& [dpid, limit] : from.switch_flow_limits) largest = std::max(largest, limit);
    slice.flows_per_switch = imported_limit(largest, "the flow limit of a switch", into_.notes, slice.name);
    for (const auto& [dpid, limit] : from.switch_flow_limits) {
      if (limit < 0) continue;
      into_.notes.unsure("flow limits were for single switches; here each slice has its largest one for every switch",
                         fmt::format("{} on {}: {}", slice.name, name_of(dpid), limit));
    }
    if (from.rate_limits.empty()) return;
    const std::int64_t rate = *from.rate_limits.rbegin();
    slice.flow_mods = slice.packet_outs = imported_limit(rate, "the rate limit", into_.notes, slice.name);
    if (slice.flow_mods) {
      into_.notes.unsure(
          "FlowVisor's rate limit was for all messages together, here flow_mods and packet_outs are "
          "counted apart",
          slice.name);
    }
    if (from.rate_limits.size() > 1 && rate >= 0) {
      into_.notes.unsure("switches had different rate limits; the highest is here", slice.name);
    }
  }

  // Mininet numbers its switches from 1, hardware has an address in there.
  static std::string name_of(std::uint64_t dpid) {
    return dpid <= 0xffff ? fmt::format("s{}", dpid) : fmt::format("sw-{:016x}", dpid);
  }

  void add_switches(const FlowVisorConfig& config) {
    std::set<std::uint64_t> dpids = config.switches;
    bool all = false;
    for (const FlowVisorRule& rule : config.rules) {
      if (!rule.on.any) dpids.insert(rule.on.value);
      all = all || rule.on.any;
    }
    for (const std::uint64_t dpid : dpids) into_.switches[name_of(dpid)].dpid = dpid;
    if (!all) return;
    into_.notes.unsure(
        dpids.empty() ? "no switch is named; give their datapath ids behind the file: sluicectl import … FILE DPID..."
                      : "rules for all switches are rules for those that are listed here; add others to \"switches\"");
  }

  void add_rule(const Joined& joined) {
    const FlowVisorRule& from = joined.rule;
    ImportedRule rule;
    rule.comment = from.name.empty() ? from.place : from.name;
    const std::string place = "rule " + rule.comment;
    if (joined.count > 1) {
      rule.comment += joined.last == rule.comment ? fmt::format(" ({} rules)", joined.count)
                                                  : fmt::format(" … {} ({} rules)", joined.last, joined.count);
    }
    rule.priority = from.priority;
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (rule.priority > most || rule.priority < -most) {
      into_.notes.dropped(fmt::format("a rule with the priority {}, which FlowVisor cannot have", from.priority),
                          place);
      return;
    }
    if (!add_places(from, rule, place)) return;
    rule.match = MatchTranslation{from.match, place, into_.notes}.run();
    if (rule.match.empty()) {
      into_.notes.dropped("a rule that no packet can meet", place);
      return;
    }
    add_queues(from, rule, place);
    give_to_slices(from, rule, place);
  }

  // False when the slice file cannot say where.
  bool add_places(const FlowVisorRule& from, ImportedRule& rule, const std::string& place) {
    std::string port = "*";
    if (from.match.in_port) {
      const ofmsg::PortNo number = ofmsg::from_1_0(*from.match.in_port);
      if (number == ofmsg::port::local) {
        port = "LOCAL";
      } else if (!ofmsg::is_physical(number)) {
        into_.notes.dropped("a rule for packets from a port that none come from", place);
        return false;
      } else {
        port = std::to_string(number.value);
      }
      if (number.value == 0) into_.notes.unsure("in_port=0 is port 0; FlowVisor 1.4 took it for any port", place);
    } else {
      any_port_ = true;
    }
    rule.on.everywhere = from.on.any && port == "*";
    if (rule.on.everywhere) return true;
    if (!from.on.any) rule.on.ports[name_of(from.on.value)] = {port};
    if (from.on.any) {
      places_ += into_.switches.size();
      if (places_ > most_places) {
        into_.notes.dropped("rules for a port of every switch, of which there are too many", place);
        return false;
      }
      for (const auto& [name, facts] : into_.switches) rule.on.ports[name] = {port};
    }
    return true;
  }

  void add_queues(const FlowVisorRule& from, ImportedRule& rule, const std::string& place) {
    const auto possible = [](std::int64_t queue) { return queue >= 0 && queue < 0xffffffff; };
    for (const std::int64_t queue : from.queues) {
      if (possible(queue)) rule.queues.push_back(queue);
      if (!possible(queue) && queue != -1) into_.notes.dropped(fmt::format("queue {}", queue), place);
    }
    if (from.forced_queue && possible(*from.forced_queue)) rule.forced_queue = from.forced_queue;
    if (from.forced_queue && !possible(*from.forced_queue) && *from.forced_queue != -1) {
      into_.notes.dropped(fmt::format("queue {}", *from.forced_queue), place);
    }
  }

  void give_to_slices(const FlowVisorRule& from, const ImportedRule& rule, const std::string& place) {
    if (from.actions.empty()) into_.notes.dropped("a rule for no slice", place);
    for (const auto& [name, permissions] : from.actions) {
      const auto slice = slices_.find(name);
      if (name == super_user) {
        into_.notes.dropped("what fvadmin had; rules of lower priority now have it", place);
      } else if (slice == slices_.end()) {
        into_.notes.dropped(fmt::format("what slice {} had, which is not there", name), place);
      } else if ((permissions & (may_read | may_write)) == 0) {
        into_.notes.dropped(fmt::format("permission {}, which is neither read (2) nor write (4)", permissions), place);
      } else {
        if ((permissions & may_delegate) != 0) into_.notes.dropped("the permission to delegate", place);
        ImportedRule own = rule;
        own.read_only = (permissions & may_write) == 0;
        if (own.read_only) {
          into_.notes.unsure("a slice that only reads sees its packets also where a rule of higher priority hid them",
                             place);
        }
        into_.slices[slice->second].rules.push_back(std::move(own));
      }
    }
  }

  void say_local() {
    if (!any_port_) return;
    into_.notes.unsure(
        "rules without in_port are for every physical port; write [\"*\", \"LOCAL\"] where a slice also "
        "needs the switch's own port");
  }

  Imported& into_;
  std::map<std::string, std::size_t> slices_;
  std::size_t places_ = 0;  // of rules for a port of every switch
  bool any_port_ = false;
};

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto number = ofmsg::parse_number(negative ? text.substr(1) : text);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!number || *number > most) return std::nullopt;
  const auto value = static_cast<std::int64_t>(*number);
  return negative ? -value : value;
}

std::string set_field(FlowVisorMatch& match, std::string_view field, const std::string& value) {
  const std::string name = lower(field);
  if (name == "in_port" || name == "input_port") return set_number(match.in_port, value);
  if (name == "dl_vlan") return set_vlan(match, value);
  if (name == "dl_src" || name == "eth_src") return set_mac(match.dl_src, value);
  if (name == "dl_dst" || name == "eth_dst") return set_mac(match.dl_dst, value);
  if (name == "dl_type" || name == "eth_type") return set_number(match.dl_type, value);
  if (name == "nw_src") return set_address(match.nw_src, value);
  if (name == "nw_dst") return set_address(match.nw_dst, value);
  if (name == "nw_proto") return set_number(match.nw_proto, value);
  if (name == "nw_tos") return set_number(match.nw_tos, value);
  if (name == "tp_src") return set_number(match.tp_src, value);
  if (name == "tp_dst") return set_number(match.tp_dst, value);
  if (name != "dl_vpcp" && name != "dl_vlan_pcp") return fmt::format("\"{}\" is no field of a rule", field);
  const std::string wrong = set_number(match.dl_vpcp, value);
  return wrong.empty() && *match.dl_vpcp > 7 ? fmt::format("\"{}\" is no such number", value) : wrong;
}

std::optional<FlowVisorDpid> flowvisor_dpid(std::string_view text) {
  const std::string word = lower(text);
  if (word == "any" || word == "all" || word == "*" || word == "all_dpids") return FlowVisorDpid{true, 0};
  const bool negative = word.starts_with('-');
  std::string digits = word.substr(negative ? 1 : 0);
  if (digits.starts_with("0x")) digits.erase(0, 2);
  std::erase(digits, ':');
  const auto value = hexadecimal(digits);
  if (!value) return std::nullopt;
  const std::uint64_t dpid = negative ? std::uint64_t{0} - *value : *value;
  // The smallest number of 64 bits with a sign stands for all switches.
  return FlowVisorDpid{dpid == std::uint64_t{1} << 63U, dpid};
}

bool set_controller(FlowVisorSlice& slice, const std::string& url) {
  constexpr std::int64_t flowvisor_port = 6633;
  std::string host = url;
  if (lower(host).starts_with("tcp:")) host.erase(0, 4);
  slice.port = flowvisor_port;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && !host.ends_with(']')) {
    const auto port = whole_number(std::string_view{host}.substr(colon + 1));
    if (!port || *port < 0 || *port > 65535) return false;
    slice.port = *port;
    host.resize(colon);
  }
  slice.host = host;
  return !host.empty();
}

void translate(FlowVisorConfig config, Imported& into) { Translation{into}.run(std::move(config)); }

}  // namespace sluice::ctl
