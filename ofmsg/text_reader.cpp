// Reads matches as ovs-ofctl writes them.
//
// Names like tp_dst mean different fields by protocol, and the protocol may be named later in the text; so all words
// are gathered first, then EtherType and protocol are found, then the rest is read. A field whose prerequisite is
// missing is an error here: ovs-ofctl drops it with a warning that nobody reads.
#include <algorithm>
#include <array>

#include "ofmsg/text_match_reader.hpp"
#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

struct Shorthand {
  std::string_view name;
  std::uint16_t type;
  std::uint16_t protocol;  // 0: none
};

constexpr std::uint16_t rarp = 0x8035;

constexpr std::array<Shorthand, 15> shorthands{{
    {"ip", eth_type::ipv4, 0},
    {"ipv4", eth_type::ipv4, 0},
    {"icmp", eth_type::ipv4, ip_proto::icmp},
    {"tcp", eth_type::ipv4, ip_proto::tcp},
    {"udp", eth_type::ipv4, ip_proto::udp},
    {"sctp", eth_type::ipv4, ip_proto::sctp},
    {"ipv6", eth_type::ipv6, 0},
    {"icmp6", eth_type::ipv6, ip_proto::icmpv6},
    {"tcp6", eth_type::ipv6, ip_proto::tcp},
    {"udp6", eth_type::ipv6, ip_proto::udp},
    {"sctp6", eth_type::ipv6, ip_proto::sctp},
    {"arp", eth_type::arp, 0},
    {"rarp", rarp, 0},
    {"mpls", eth_type::mpls, 0},
    {"mplsm", eth_type::mpls_multicast, 0},
}};

struct Name {
  std::string_view name;
  Field field;
};

// Besides the OXM names themselves.
constexpr std::array<Name, 13> aliases{{
    {"dl_src", Field::eth_src},
    {"dl_dst", Field::eth_dst},
    {"dl_type", Field::eth_type},
    {"dl_vlan_pcp", Field::vlan_pcp},
    {"ip_src", Field::ipv4_src},
    {"ip_dst", Field::ipv4_dst},
    {"nw_ecn", Field::ip_ecn},
    {"nw_dscp", Field::ip_dscp},
    {"nd_target", Field::ipv6_nd_target},
    {"nd_sll", Field::ipv6_nd_sll},
    {"nd_tll", Field::ipv6_nd_tll},
    {"ipv6_label", Field::ipv6_flabel},
    {"tun_id", Field::tunnel_id},
}};

// Names whose field depends on EtherType and protocol, or that take values of their own.
constexpr std::array<std::string_view, 11> special_names{"nw_src",  "nw_dst",   "nw_proto",  "nw_tos",
                                                         "tp_src",  "tp_dst",   "icmp_type", "icmp_code",
                                                         "dl_vlan", "vlan_tci", "eth"};

// What Open vSwitch matches on beyond OpenFlow; a trailing '*' stands for anything.
constexpr std::array<std::string_view, 16> extensions{
    "nw_ttl",   "nw_frag", "ip_frag", "reg*",      "xreg*", "xxreg*", "ct_*",     "nsh_*",
    "pkt_mark", "conj_id", "dp_hash", "recirc_id", "tun_*", "gtpu_*", "mpls_ttl", "skb_priority"};

const Shorthand* shorthand_named(std::string_view name) {
  const auto* found =
      std::find_if(shorthands.begin(), shorthands.end(), [&](const Shorthand& s) { return s.name == name; });
  return found == shorthands.end() ? nullptr : found;
}

bool is_extension(std::string_view name) {
  return std::any_of(extensions.begin(), extensions.end(), [&](std::string_view e) {
    return e.ends_with('*') ? name.starts_with(e.substr(0, e.size() - 1)) : name == e;
  });
}

// How a person says that a field has one of the values that another needs.
std::string prerequisite_hint(const Match& match, Field field) {
  const std::optional<Prerequisite>& needs = facts(field).needs;
  if (!needs) return {};
  const bool v6 = match.exact(Field::eth_type) == u128(eth_type::ipv6);
  std::string out;
  for (const std::uint16_t value : needs->one_of) {
    std::string way;
    for (const Shorthand& s : shorthands) {
      if (needs->field == Field::eth_type && s.type == value && s.protocol == 0 && s.name != "ipv4") way = s.name;
      if (needs->field == Field::ip_proto && s.protocol == value &&
          (value == ip_proto::icmp || value == ip_proto::icmpv6 || (s.type == eth_type::ipv6) == v6)) {
        way = s.name;
      }
    }
    if (needs->field == Field::vlan_vid) way = "dl_vlan=…";
    if (way.empty()) {
      way = std::string{facts(needs->field).name} + '=' +
            (facts(needs->field).format == Format::decimal ? std::to_string(value) : hex(value));
    }
    if (out.find(quoted(way)) != std::string::npos) continue;
    out += (out.empty() ? "" : " or ") + quoted(way);
  }
  return "add " + out;
}

Read<Word> value_of(const Pair& pair) {
  if (pair.value && !pair.value->text.empty()) return *pair.value;
  const std::string name{pair.key.text};
  return unreadable(pair.whole, quoted(name) + " has no value", "write " + quoted(name + "=…"));
}

}  // namespace

std::optional<Field> field_named(std::string_view name) {
  for (const Name& alias : aliases) {
    if (alias.name == name) return alias.field;
  }
  return parse_field(name);
}

Read<Match> MatchReader::finish(std::span<const std::string_view> others) {
  for (const Pair& pair : pairs_) {
    if (const Read<bool> done = take_type(pair); !done) return Unreadable{done.error()};
  }
  for (const Pair& pair : pairs_) {
    if (const Read<bool> done = take_protocol(pair); !done) return Unreadable{done.error()};
  }
  for (const Pair& pair : pairs_) {
    if (const Read<bool> done = take_field(pair, others); !done) return Unreadable{done.error()};
  }
  // A priority without a number means any tag, as it does in OpenFlow 1.0.
  if (match_.find(Field::vlan_pcp) && !match_.find(Field::vlan_vid)) {
    match_.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present));
  }
  if (const Read<bool> done = check_prerequisites(); !done) return Unreadable{done.error()};
  return std::move(match_);
}

Read<bool> MatchReader::take_type(const Pair& pair) {
  if (const Shorthand* s = shorthand_named(pair.key.text)) {
    if (pair.value) return unreadable(pair.whole, quoted(s->name) + " takes no value", "write just " + quoted(s->name));
    return put({Field::eth_type, u128(s->type), ones(16)}, pair);
  }
  if (field_named(pair.key.text) == Field::eth_type) return take_value(Field::eth_type, pair);
  return false;
}

Read<bool> MatchReader::take_protocol(const Pair& pair) {
  if (const Shorthand* s = shorthand_named(pair.key.text)) {
    if (s->protocol == 0) return false;
    return put({Field::ip_proto, u128(s->protocol), ones(8)}, pair);
  }
  if (pair.key.text != "nw_proto" && pair.key.text != "ip_proto") return false;
  const std::optional<U128> type = match_.exact(Field::eth_type);
  const bool arp = type == u128(eth_type::arp) || type == u128(rarp);
  return take_value(arp && pair.key.text == "nw_proto" ? Field::arp_op : Field::ip_proto, pair);
}

Read<bool> MatchReader::take_field(const Pair& pair, std::span<const std::string_view> others) {
  const std::string_view name = pair.key.text;
  if (name == "eth") return no_argument(pair);
  if (shorthand_named(name) || name == "nw_proto" || name == "ip_proto") return true;
  if (name == "dl_vlan") return take_vlan(pair);
  if (name == "vlan_tci") return take_tci(pair);
  if (name == "nw_tos") return take_tos(pair);
  if (std::find(special_names.begin(), special_names.end(), name) != special_names.end()) {
    const Read<Field> field = by_protocol(pair);
    return field ? take_value(*field, pair) : Read<bool>{Unreadable{field.error()}};
  }
  const std::optional<Field> field = field_named(name);
  if (!field && vocabulary_ == Vocabulary::open_vswitch) {
    if (const std::optional<OxmField> other = oxm_field_named(name); other && !other->alias) {
      return take_other(*other, pair);
    }
  }
  if (!field) return unknown(pair, others);
  return *field == Field::eth_type ? Read<bool>{true} : take_value(*field, pair);
}

// nw_src, tp_dst, icmp_type and their kin.
Read<Field> MatchReader::by_protocol(const Pair& pair) const {
  const std::string name{pair.key.text};
  const std::uint64_t type = match_.exact(Field::eth_type).value_or(U128{}).lo;
  const std::uint64_t protocol = match_.exact(Field::ip_proto).value_or(U128{}).lo;
  const bool source = name.ends_with("src");
  if (name.starts_with("nw_")) {
    if (type == eth_type::ipv4) return source ? Field::ipv4_src : Field::ipv4_dst;
    if (type == eth_type::arp || type == rarp) return source ? Field::arp_spa : Field::arp_tpa;
    if (type == eth_type::ipv6) {
      return unreadable(pair.key, name + " is an IPv4 address, but the match is IPv6",
                        "write " + quoted(source ? "ipv6_src" : "ipv6_dst"));
    }
    return unreadable(pair.key, name + " needs an EtherType",
                      "add " + quoted("ip") + " or " + quoted("arp") + ", as in " + quoted("ip," + name + "=…"));
  }
  if (name.starts_with("icmp_")) {
    const bool kind = name == "icmp_type";
    if (protocol == ip_proto::icmp) return kind ? Field::icmpv4_type : Field::icmpv4_code;
    if (protocol == ip_proto::icmpv6) return kind ? Field::icmpv6_type : Field::icmpv6_code;
    return unreadable(pair.key, name + " needs a protocol", "add " + quoted("icmp") + " or " + quoted("icmp6"));
  }
  // OpenFlow 1.0 keeps type and code of ICMP in tp_src and tp_dst.
  if (protocol == ip_proto::tcp) return source ? Field::tcp_src : Field::tcp_dst;
  if (protocol == ip_proto::udp) return source ? Field::udp_src : Field::udp_dst;
  if (protocol == ip_proto::sctp) return source ? Field::sctp_src : Field::sctp_dst;
  if (protocol == ip_proto::icmp) return source ? Field::icmpv4_type : Field::icmpv4_code;
  if (protocol == ip_proto::icmpv6) return source ? Field::icmpv6_type : Field::icmpv6_code;
  return unreadable(pair.key, name + " needs a protocol",
                    "add " + quoted("tcp") + ", " + quoted("udp") + " or " + quoted("sctp"));
}

Read<bool> MatchReader::take_vlan(const Pair& pair) {
  const Read<Word> word = value_of(pair);
  if (!word) return Unreadable{word.error()};
  if (word->text.find('/') != std::string_view::npos) {
    return unreadable(*word, "dl_vlan takes no mask", "write vlan_tci, as in \"vlan_tci=0x1064/0x1ffc\"");
  }
  const Read<std::uint64_t> number = read_number(pair, 0xffff);
  if (!number) return Unreadable{number.error()};
  if (*number == 0xffff) return put({Field::vlan_vid, {}, ones(13)}, pair);
  if (*number > 0xfff) {
    return unreadable(*word, std::string{word->text} + " is not a VLAN",
                      "0 to 4095, or 0xffff for packets without a tag");
  }
  return put({Field::vlan_vid, u128(*number | vlan_present), ones(13)}, pair);
}

// The 16 bits of the tag with "present" in the place of the CFI: vlan_pcp above vlan_vid.
Read<bool> MatchReader::take_tci(const Pair& pair) {
  const Read<Word> word = value_of(pair);
  if (!word) return Unreadable{word.error()};
  const std::size_t slash = std::min(word->text.find('/'), word->text.size());
  const Read<std::uint64_t> value = read_number({pair.key, word->part(0, slash), pair.whole}, 0xffff);
  if (!value) return Unreadable{value.error()};
  std::uint64_t mask = 0xffff;
  if (slash < word->text.size()) {
    const Read<std::uint64_t> given = read_number({pair.key, word->part(slash + 1), pair.whole}, 0xffff);
    if (!given) return Unreadable{given.error()};
    mask = *given;
  }
  const std::uint64_t bits = *value & mask;
  const bool untagged = (mask & vlan_present) != 0 && (bits & vlan_present) == 0;
  if (untagged && bits != 0) {
    return unreadable(
        *word, "vlan_tci " + std::string{word->text} + " lacks the bit 0x1000 of a tag that is there",
        "write " + quoted("vlan_tci=" + hex(*value | vlan_present, 4) + (mask == 0xffff ? "" : '/' + hex(mask, 4))));
  }
  if ((mask & 0x1fffU) != 0) {
    Read<bool> done = put({Field::vlan_vid, u128(bits & 0x1fffU), u128(mask & 0x1fffU)}, pair);
    if (!done) return done;
  }
  if (mask >> 13U == 0 || untagged) return true;
  return put({Field::vlan_pcp, u128(bits >> 13U), u128(mask >> 13U)}, pair);
}

// DSCP in the upper six bits.
Read<bool> MatchReader::take_tos(const Pair& pair) {
  const Read<Word> word = value_of(pair);
  if (!word) return Unreadable{word.error()};
  const std::size_t slash = std::min(word->text.find('/'), word->text.size());
  std::array<std::uint64_t, 2> numbers{0, 0xfc};
  for (std::size_t i = 0; i < (slash == word->text.size() ? 1U : 2U); ++i) {
    const Word half = i == 0 ? word->part(0, slash) : word->part(slash + 1);
    const Read<std::uint64_t> number = read_number({pair.key, half, pair.whole}, 0xff);
    if (!number) return Unreadable{number.error()};
    numbers[i] = *number;
    if ((*number & 3U) != 0) {
      return unreadable(half, "nw_tos " + std::string{half.text} + " sets the two lowest bits, which are not DSCP",
                        "write ip_dscp for DSCP itself, nw_ecn for the two lowest bits");
    }
  }
  return put({Field::ip_dscp, u128(numbers[0] >> 2U), u128(numbers[1] >> 2U)}, pair);
}

Read<bool> MatchReader::take_value(Field field, const Pair& pair) {
  const Read<Word> word = value_of(pair);
  if (!word) return Unreadable{word.error()};
  const Result<Term, TextError> term = parse_term(field, word->text);
  if (!term) return moved(term.error(), word->at);
  return put(*term, pair);
}

Read<bool> MatchReader::take_other(const OxmField& field, const Pair& pair) {
  const Read<Word> word = value_of(pair);
  if (!word) return Unreadable{word.error()};
  if (!others_.insert(field.name).second)
    return unreadable(pair.whole, quoted(field.name) + " is given twice", "keep one");
  const Read<OxmEntry> entry = read_oxm_value(field, *word);
  if (!entry) return Unreadable{entry.error()};
  match_.add_unknown(oxm_bytes(*entry));
  return true;
}

Read<bool> MatchReader::put(const Term& term, const Pair& pair) {
  const auto [before, fresh] = said_.try_emplace(term.field, pair.whole);
  if (!fresh) {
    const Term* old = match_.find(term.field);
    const bool same = old ? old->value == (term.value & term.mask) && old->mask == term.mask : term.mask.zero();
    if (same) return true;
    return unreadable(pair.whole, quoted(pair.whole.text) + " contradicts " + quoted(before->second.text),
                      "both give " + std::string{facts(term.field).name} + "; keep one");
  }
  match_.set(term.field, term.value, term.mask);
  return true;
}

Unreadable MatchReader::unknown(const Pair& pair, std::span<const std::string_view> others) const {
  const std::string name{pair.key.text};
  if (vocabulary_ == Vocabulary::openflow && is_extension(name)) {
    return unreadable(pair.key, quoted(name) + " is an extension of Open vSwitch",
                      "OpenFlow has no such field; match on other fields");
  }
  std::vector<std::string> more;
  if (vocabulary_ == Vocabulary::open_vswitch) more = oxm_names();
  std::vector<std::string_view> names{others.begin(), others.end()};
  names.insert(names.end(), more.begin(), more.end());
  for (const Shorthand& s : shorthands) names.push_back(s.name);
  for (const Name& alias : aliases) names.push_back(alias.name);
  names.insert(names.end(), special_names.begin(), special_names.end());
  for (const FieldFacts& f : all_fields()) names.push_back(f.name);
  if (name.empty()) return unreadable(pair.whole, "a field's name is missing", "write \"name=value\"");
  return unreadable(pair.key, "unknown field " + quoted(name), did_you_mean(name, names));
}

Read<bool> MatchReader::check_prerequisites() const {
  const std::optional<Field> open = first_open_field(match_);
  if (!open) return true;
  const auto where = said_.find(*open);
  const Word word = where == said_.end() ? Word{} : where->second;
  const std::optional<Prerequisite>& needs = facts(*open).needs;
  const std::string needed = needs ? std::string{facts(needs->field).name} : "another field";
  return unreadable(word, std::string{facts(*open).name} + " means nothing without its " + needed,
                    prerequisite_hint(match_, *open));
}

Result<Match, TextError> parse_match(std::string_view text, Vocabulary vocabulary) {
  constexpr std::array<std::string_view, 8> of_flows{"priority",     "table",   "cookie",   "idle_timeout",
                                                     "hard_timeout", "actions", "out_port", "send_flow_rem"};
  const Word all = trimmed(Word{text});
  if (all.text == "any") return Match{};
  MatchReader reader{vocabulary};
  Scanner scanner{all};
  while (true) {
    const Read<std::optional<Pair>> pair = scanner.next();
    if (!pair) return Unreadable{pair.error()};
    if (!*pair) break;
    const std::string_view name = (*pair)->key.text;
    if (std::find(of_flows.begin(), of_flows.end(), name) != of_flows.end()) {
      return unreadable((*pair)->whole, quoted(name) + " belongs to a flow, not to a match", "leave it out");
    }
    if (name == "any") {
      return unreadable((*pair)->whole, "\"any\" stands alone",
                        "leave it out: fields that are not given match anything");
    }
    reader.add(**pair);
  }
  return reader.finish();
}

}  // namespace sluice::ofmsg
