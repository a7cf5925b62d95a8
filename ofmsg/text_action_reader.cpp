// Reads actions and instructions as ovs-ofctl writes them.
//
// ovs-ofctl has one spelling, mod_dl_src, for what 1.0 and 1.1 do with an action of its own and later versions do with
// set_field; here the version decides, and set_field is understood the other way round too.
#include "ofmsg/text_action_reader.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_match_reader.hpp"
#include "ofmsg/text_nicira_reader.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::array<std::string_view, 38> action_names{
    "output",       "controller",   "enqueue",     "set_field",  "mod_vlan_vid", "set_vlan_vid", "mod_vlan_pcp",
    "set_vlan_pcp", "mod_dl_src",   "mod_dl_dst",  "mod_nw_src", "mod_nw_dst",   "mod_nw_tos",   "mod_nw_ecn",
    "mod_tp_src",   "mod_tp_dst",   "strip_vlan",  "pop_vlan",   "push_vlan",    "push_mpls",    "pop_mpls",
    "push_pbb",     "pop_pbb",      "set_queue",   "group",      "mod_nw_ttl",   "set_mpls_ttl", "dec_mpls_ttl",
    "dec_ttl",      "copy_ttl_out", "copy_ttl_in", "set_tunnel", "drop",         "in_port",      "flood",
    "all",          "normal",       "local"};

constexpr std::array<std::string_view, 6> instruction_names{"goto_table",    "write_metadata", "write_actions",
                                                            "apply_actions", "clear_actions",  "meter"};

bool is_instruction(std::string_view name) {
  return std::find(instruction_names.begin(), instruction_names.end(), name) != instruction_names.end();
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Read<Word> argument(const Pair& pair) {
  if (pair.value && !pair.value->text.empty()) return *pair.value;
  const std::string name{pair.key.text};
  return unreadable(pair.whole, quoted(name) + " needs an argument", "write " + quoted(name + ":…"));
}

Read<PortNo> port_of(Word word) {
  if (const std::optional<PortNo> port = parse_port(word.text)) return *port;
  return unreadable(word, quoted(word.text) + " is not a port",
                    "a port number, or a reserved name such as FLOOD or CONTROLLER");
}

Output output_to(PortNo port) { return {port, port == port::controller ? Output::no_buffer : std::uint16_t{0}}; }

bool has_tag(const Match* match) {
  if (!match) return true;  // nobody says, so nothing is pushed
  const Term* vid = match->find(Field::vlan_vid);
  return vid && (vid->mask.lo & vid->value.lo & vlan_present) != 0;
}

}  // namespace

ActionReader::ActionReader(Version version, const Match* match, unsigned depth)
    : version_{version}, match_{match}, depth_{depth}, tagged_{has_tag(match)} {}

Unreadable ActionReader::too_old(const Pair& pair, Version since) const {
  return unreadable(pair.whole, quoted(pair.key.text) + " does not exist in OpenFlow " + std::string{text(version_)},
                    "it needs OpenFlow " + std::string{text(since)} + " or later");
}

Read<Actions> ActionReader::read(Word text) {
  Actions actions;
  Scanner scanner{text};
  std::optional<Pair> drop;
  std::size_t count = 0;
  while (true) {
    const Read<std::optional<Pair>> pair = scanner.next();
    if (!pair) return Unreadable{pair.error()};
    if (!*pair) break;
    ++count;
    const std::string_view name = (*pair)->key.text;
    if (name == "drop") {
      if (Read<bool> alone = no_argument(**pair); !alone) return Unreadable{alone.error()};
      drop = **pair;
      continue;
    }
    if (is_instruction(name) && !(name == "write_metadata" && version_ == v1_0)) {
      return unreadable((*pair)->whole, quoted(name) + " is an instruction, not an action", "leave it out here");
    }
    if (const Read<bool> done = take(**pair, actions); !done) return Unreadable{done.error()};
  }
  if (drop && count > 1) {
    return unreadable(drop->whole, "\"drop\" cannot stand beside other actions", "leave out one or the other");
  }
  return actions;
}

Read<bool> ActionReader::take(const Pair& pair, Actions& into) {
  Read<bool> nicira = NiciraReader{version_, match_, depth_}.take(pair, into);
  if (!nicira || *nicira) return nicira;
  const std::string name = lower(pair.key.text);
  if (name == "output") return output(pair, into);
  if (name == "controller") return controller(pair, into);
  if (name == "enqueue") return enqueue(pair, into);
  if (name == "set_field") return set_field(pair, into);
  if (name == "mod_vlan_vid" || name == "set_vlan_vid") return modify_vlan(pair, false, into);
  if (name == "mod_vlan_pcp" || name == "set_vlan_pcp") return modify_vlan(pair, true, into);
  if (name == "mod_dl_src") return modify(pair, Field::eth_src, into);
  if (name == "mod_dl_dst") return modify(pair, Field::eth_dst, into);
  if (name == "mod_nw_src") return modify(pair, Field::ipv4_src, into);
  if (name == "mod_nw_dst") return modify(pair, Field::ipv4_dst, into);
  if (name == "mod_nw_tos") return modify(pair, Field::ip_dscp, into);
  if (name == "mod_nw_ecn") return modify(pair, Field::ip_ecn, into);
  if (name == "mod_tp_src") return modify_port(pair, true, into);
  if (name == "mod_tp_dst") return modify_port(pair, false, into);
  if (name == "push_vlan" || name == "push_mpls" || name == "pop_mpls" || name == "push_pbb") return push(pair, into);
  if (name == "set_queue" || name == "group" || name == "mod_nw_ttl" || name == "set_mpls_ttl" ||
      name == "set_tunnel") {
    return numbered(pair, into);
  }
  return plain(pair, into);
}

Read<bool> ActionReader::output(const Pair& pair, Actions& into) {
  const Read<Word> word = argument(pair);
  if (!word) return Unreadable{word.error()};
  const Read<PortNo> port = port_of(*word);
  if (!port) return Unreadable{port.error()};
  into.push_back(output_to(*port));
  return true;
}

Read<bool> ActionReader::controller(const Pair& pair, Actions& into) {
  Output out = output_to(port::controller);
  if (pair.value && !pair.value->text.empty()) {
    Pair length = pair;
    constexpr std::string_view key = "max_len=";
    if (pair.value->text.starts_with(key)) length.value = pair.value->part(key.size());
    const Read<std::uint64_t> bytes = read_number(length, 0xffff);
    if (!bytes) return Unreadable{bytes.error()};
    out.max_len = static_cast<std::uint16_t>(*bytes);
  }
  into.push_back(out);
  return true;
}

Read<bool> ActionReader::enqueue(const Pair& pair, Actions& into) {
  const Read<Word> word = argument(pair);
  if (!word) return Unreadable{word.error()};
  const std::size_t split = word->text.find_first_of(":,");
  if (split == std::string_view::npos) {
    return unreadable(*word, "\"enqueue\" needs a port and a queue", "write \"enqueue:1:2\" for queue 2 of port 1");
  }
  const Read<PortNo> port = port_of(trimmed(word->part(0, split)));
  if (!port) return Unreadable{port.error()};
  const Read<std::uint64_t> queue = read_number({pair.key, trimmed(word->part(split + 1)), pair.whole}, 0xffffffff);
  if (!queue) return Unreadable{queue.error()};
  if (version_ != v1_0) {
    return unreadable(pair.whole, "\"enqueue\" is an action of OpenFlow 1.0",
                      "write " + quoted("set_queue:" + std::to_string(*queue) + ",output:" + text(*port)));
  }
  into.push_back(Enqueue{*port, static_cast<std::uint32_t>(*queue)});
  return true;
}

Read<bool> ActionReader::set_field(const Pair& pair, Actions& into) {
  const Read<Word> word = argument(pair);
  if (!word) return Unreadable{word.error()};
  const std::size_t arrow = word->text.find("->");
  if (arrow == std::string_view::npos) {
    return unreadable(*word, "\"set_field\" needs a value and a field", "write \"set_field:10.0.0.1->ip_src\"");
  }
  const Word name = word->part(arrow + 2);
  Word value = word->part(0, arrow);
  std::optional<Field> field = field_named(name.text);
  if (name.text == "nw_src") field = Field::ipv4_src;
  if (name.text == "nw_dst") field = Field::ipv4_dst;
  if (name.text == "icmp_type") field = Field::icmpv4_type;
  if (name.text == "icmp_code") field = Field::icmpv4_code;
  const bool lacking = field && version_ >= v1_2 && facts(*field).since > version_;
  if (!field || lacking || field == Field::in_port) {
    Read<bool> other = NiciraReader{version_, match_, depth_}.set_field(name, value, into);
    if (!other || *other) return other;
  }
  if (!field) {
    std::vector<std::string> more = oxm_names();
    std::vector<std::string_view> names{more.begin(), more.end()};
    for (const FieldFacts& f : all_fields()) names.insert(names.end(), {f.name, set_field_name(f.field)});
    return unreadable(name, "unknown field " + quoted(name.text), did_you_mean(name.text, names));
  }
  if (!facts(*field).settable) {
    return unreadable(name, quoted(name.text) + " cannot be set", "only fields of the packet itself can");
  }
  const Result<Term, TextError> term = parse_term(*field, value.text);
  if (!term) return moved(term.error(), value.at);
  if (*field == Field::vlan_vid && term->value.zero()) {
    return unreadable(value, "set_field cannot take a tag away", "write \"pop_vlan\"");
  }
  const bool masked = term->mask != ones(facts(*field).bits);
  if (masked && version_ < v1_5) {
    return unreadable(value, "set_field takes no mask in OpenFlow " + std::string{text(version_)},
                      "masks need OpenFlow 1.5");
  }
  if (version_ < v1_2) return set_old(pair, *field, *term, into);
  into.push_back(SetField{*field, term->value, term->mask});
  return true;
}

// What set_field says, as an action of 1.0 and 1.1.
Read<bool> ActionReader::set_old(const Pair& pair, Field field, Term term, Actions& into) {
  const std::uint64_t v = term.value.lo;
  switch (field) {
    case Field::eth_src: into.push_back(SetDlSrc{mac_of(v)}); return true;
    case Field::eth_dst: into.push_back(SetDlDst{mac_of(v)}); return true;
    case Field::vlan_vid: into.push_back(SetVlanVid{static_cast<std::uint16_t>(v & 0xfffU)}); return true;
    case Field::vlan_pcp: into.push_back(SetVlanPcp{static_cast<std::uint8_t>(v)}); return true;
    case Field::ipv4_src: into.push_back(SetNwSrc{static_cast<std::uint32_t>(v)}); return true;
    case Field::ipv4_dst: into.push_back(SetNwDst{static_cast<std::uint32_t>(v)}); return true;
    case Field::ip_dscp: into.push_back(SetNwTos{static_cast<std::uint8_t>(v << 2U)}); return true;
    case Field::ip_ecn:
      if (version_ == v1_0) return too_old(pair, v1_1);
      into.push_back(SetNwEcn{static_cast<std::uint8_t>(v)});
      return true;
    case Field::tcp_src:
    case Field::udp_src:
    case Field::sctp_src: into.push_back(SetTpSrc{static_cast<std::uint16_t>(v)}); return true;
    case Field::tcp_dst:
    case Field::udp_dst:
    case Field::sctp_dst: into.push_back(SetTpDst{static_cast<std::uint16_t>(v)}); return true;
    default: return too_old(pair, v1_2);
  }
}

// mod_dl_src and those like it: one field, in whichever form the version has.
Read<bool> ActionReader::modify(const Pair& pair, Field field, Actions& into) {
  const Read<Word> word = argument(pair);
  if (!word) return Unreadable{word.error()};
  if (word->text.find('/') != std::string_view::npos) {
    return unreadable(*word, quoted(pair.key.text) + " takes no mask", "write one whole value");
  }
  Term term{field, {}, ones(facts(field).bits)};
  if (field == Field::ip_dscp) {  // the whole TOS byte, but only the six bits of DSCP may be set
    const Read<std::uint64_t> tos = read_number(pair, 0xff);
    if (!tos) return Unreadable{tos.error()};
    if ((*tos & 3U) != 0) {
      return unreadable(*word, std::string{word->text} + " is not a TOS with the two lowest bits clear",
                        "DSCP is the upper six bits: a multiple of 4");
    }
    term.value = u128(*tos >> 2U);
  } else {
    const Result<Term, TextError> read = parse_term(field, word->text);
    if (!read) return moved(read.error(), word->at);
    term = *read;
  }
  if (version_ < v1_2) return set_old(pair, field, term, into);
  into.push_back(SetField{field, term.value, term.mask});
  return true;
}

Read<bool> ActionReader::modify_port(const Pair& pair, bool source, Actions& into) {
  const Read<std::uint64_t> number = read_number(pair, 0xffff);
  if (!number) return Unreadable{number.error()};
  Field field = source ? Field::tcp_src : Field::tcp_dst;
  if (version_ >= v1_2) {
    const std::uint64_t protocol = match_ ? match_->exact(Field::ip_proto).value_or(U128{}).lo : 0;
    if (protocol == ip_proto::udp) {
      field = source ? Field::udp_src : Field::udp_dst;
    } else if (protocol == ip_proto::sctp) {
      field = source ? Field::sctp_src : Field::sctp_dst;
    } else if (protocol != ip_proto::tcp) {
      return unreadable(
          pair.whole, quoted(pair.key.text) + " needs a protocol in OpenFlow " + std::string{text(version_)},
          "write " + quoted("set_field:" + std::to_string(*number) + "->tcp_" + (source ? "src" : "dst")) +
              ", or udp_ or sctp_");
    }
  }
  const Term term{field, u128(*number), ones(16)};
  if (version_ < v1_2) return set_old(pair, field, term, into);
  into.push_back(SetField{field, term.value, term.mask});
  return true;
}

Read<bool> ActionReader::modify_vlan(const Pair& pair, bool priority, Actions& into) {
  const Read<std::uint64_t> number = read_number(pair, priority ? 7 : 0xfff);
  if (!number) return Unreadable{number.error()};
  // 1.0's action adds a tag where there is none; later versions want that said, and "set_" never says it.
  if (version_ != v1_0 && !tagged_ && pair.key.text.starts_with("mod_")) into.push_back(PushVlan{});
  tagged_ = true;
  const Field field = priority ? Field::vlan_pcp : Field::vlan_vid;
  const U128 value = u128(priority ? *number : *number | vlan_present);
  if (version_ < v1_2) return set_old(pair, field, {field, value, ones(facts(field).bits)}, into);
  into.push_back(SetField{field, value, ones(facts(field).bits)});
  return true;
}

Read<bool> ActionReader::push(const Pair& pair, Actions& into) {
  const std::string name = lower(pair.key.text);
  const Read<std::uint64_t> type = read_number(pair, 0xffff);
  if (!type) return Unreadable{type.error()};
  const auto ethertype = static_cast<std::uint16_t>(*type);
  const auto wrong = [&](std::string_view what, std::string hint) {
    return unreadable(*pair.value, std::string{pair.value->text} + " is not an EtherType of " + std::string{what},
                      std::move(hint));
  };
  if (version_ == v1_0) return too_old(pair, v1_1);
  if (name == "push_vlan") {
    if (ethertype != eth_type::vlan && ethertype != eth_type::qinq) return wrong("VLAN tags", "0x8100 or 0x88a8");
    tagged_ = true;
    into.push_back(PushVlan{ethertype});
  } else if (name == "push_mpls") {
    if (ethertype != eth_type::mpls && ethertype != eth_type::mpls_multicast) return wrong("MPLS", "0x8847 or 0x8848");
    into.push_back(PushMpls{ethertype});
  } else if (name == "pop_mpls") {
    into.push_back(PopMpls{ethertype});
  } else {
    if (version_ < v1_3) return too_old(pair, v1_3);
    if (ethertype != eth_type::pbb) return wrong("PBB", "0x88e7");
    into.push_back(PushPbb{ethertype});
  }
  return true;
}

Read<bool> ActionReader::numbered(const Pair& pair, Actions& into) {
  const std::string name = lower(pair.key.text);
  const bool byte = name == "mod_nw_ttl" || name == "set_mpls_ttl";
  const std::uint64_t most = byte                   ? 0xff
                             : name == "group"      ? GroupId::max
                             : name == "set_tunnel" ? ~std::uint64_t{0}
                                                    : 0xffffffff;
  const Read<std::uint64_t> number = read_number(pair, most);
  if (!number) return Unreadable{number.error()};
  if (version_ == v1_0) return too_old(pair, v1_1);
  if (name == "set_queue") into.push_back(SetQueue{static_cast<std::uint32_t>(*number)});
  if (name == "group") into.push_back(Group{{static_cast<std::uint32_t>(*number)}});
  if (name == "mod_nw_ttl") into.push_back(SetNwTtl{static_cast<std::uint8_t>(*number)});
  if (name == "set_mpls_ttl") into.push_back(SetMplsTtl{static_cast<std::uint8_t>(*number)});
  if (name == "set_tunnel") {
    if (version_ < v1_3) return too_old(pair, v1_3);
    into.push_back(SetField{Field::tunnel_id, u128(*number), ones(64)});
  }
  return true;
}

// Words without an argument: actions, and ports to send to.
Read<bool> ActionReader::plain(const Pair& pair, Actions& into) {
  const std::string name = lower(pair.key.text);
  const std::array<std::tuple<std::string_view, Version, Action>, 8> table{{
      {"strip_vlan", v1_0, PopVlan{}},
      {"pop_vlan", v1_0, PopVlan{}},
      {"dec_mpls_ttl", v1_1, DecMplsTtl{}},
      {"dec_ttl", v1_1, DecNwTtl{}},
      {"dec_nw_ttl", v1_1, DecNwTtl{}},
      {"copy_ttl_out", v1_1, CopyTtlOut{}},
      {"copy_ttl_in", v1_1, CopyTtlIn{}},
      {"pop_pbb", v1_3, PopPbb{}},
  }};
  for (const auto& [word, since, action] : table) {
    if (word != name) continue;
    if (Read<bool> none = no_argument(pair); !none) return none;
    if (version_ < since) return too_old(pair, since);
    if (std::holds_alternative<PopVlan>(action)) tagged_ = false;
    into.push_back(action);
    return true;
  }
  if (const std::optional<PortNo> port = parse_port(pair.key.text)) {
    if (Read<bool> none = no_argument(pair); !none) return none;
    into.push_back(output_to(*port));
    return true;
  }
  std::vector<std::string_view> names{action_names.begin(), action_names.end()};
  names.insert(names.end(), NiciraReader::names().begin(), NiciraReader::names().end());
  return unreadable(pair.key, "unknown action " + quoted(pair.key.text), did_you_mean(name, names));
}

Result<Actions, TextError> parse_actions(std::string_view text, Version version) {
  return ActionReader{version, nullptr}.read(trimmed(Word{text}));
}

}  // namespace sluice::ofmsg
