// Messages as `ovs-ofctl ofp-print` writes them: headlines, and the kinds that are no statistics.
#include "ofmsg/text.hpp"

#include <algorithm>
#include <array>

#include "ofmsg/codec.hpp"
#include "ofmsg/extensions/nicira_message.hpp"
#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_printer.hpp"

namespace sluice::ofmsg {

namespace {

using BitName = std::pair<std::uint32_t, std::string_view>;

template <std::size_t N>
std::string name_or_number(const std::array<std::string_view, N>& names, std::size_t number) {
  return number < N ? std::string{names[number]} : std::to_string(number);
}

// "OFPST_FLOW reply" of flow_stats_reply, "OFPT_FLOW_MOD" of flow_mod.
std::string kind_text(Kind kind) {
  std::string name{facts(kind).name};
  std::string direction;
  if (facts(kind).is_multipart()) {
    const std::size_t last = name.rfind('_');
    direction = ' ' + name.substr(last + 1);
    name.resize(last);
    for (const std::string_view known : {"flow", "table", "port", "queue", "group", "meter", "experimenter"}) {
      if (name == std::string{known} + "_stats") name = known;
    }
  }
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return (facts(kind).is_multipart() ? "OFPST_" : "OFPT_") + name + direction;
}

std::string without_last_newline(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

std::string bit_names(std::uint32_t bits, std::span<const BitName> names, std::string_view between) {
  std::string out;
  const auto put = [&](std::string_view name) {
    if (!out.empty()) out += between;
    out += name;
  };
  for (const auto& [bit, name] : names) {
    if ((bits & bit) != bit) continue;
    put(name);
    bits &= ~bit;
  }
  if (bits != 0) put(hex(bits));
  return out.empty() ? "0" : out;
}

std::string flow_flags_text(std::uint16_t flags, Version version) {
  if (flags == 0) return {};
  std::vector<BitName> names{{FlowMod::send_flow_rem, "send_flow_rem"}, {FlowMod::check_overlap, "check_overlap"}};
  if (version == v1_0) names.emplace_back(FlowMod::emerg_1_0, "emerg");
  if (version >= v1_2) names.emplace_back(FlowMod::reset_counts, "reset_counts");
  if (version >= v1_3) {
    names.emplace_back(FlowMod::no_pkt_counts, "no_packet_counts");
    names.emplace_back(FlowMod::no_byt_counts, "no_byte_counts");
  }
  return bit_names(flags, names) + ' ';
}

std::string duration_text(std::uint32_t seconds, std::uint32_t nanoseconds) {
  std::string out = std::to_string(seconds);
  if (nanoseconds > 0) {
    std::string fraction = std::to_string(nanoseconds);
    fraction.insert(0, 9 - std::min<std::size_t>(9, fraction.size()), '0');
    while (fraction.ends_with("000")) fraction.resize(fraction.size() - 3);
    out += '.' + fraction;
  }
  return out + 's';
}

std::string MessagePrinter::by_name(const Message& message) const {
  constexpr std::ptrdiff_t head = 3;  // type, version and xid stand in the headline
  const Tree tree = to_tree(message, version_, Xid{});
  const Tree::Object& all = *tree.as<Tree::Object>();
  const std::string fields = text(Tree{Tree::Value{Tree::Object{all.begin() + head, all.end()}}});
  return fields.empty() ? fields : ' ' + fields;
}

std::string MessagePrinter::payload(const Bytes& data) {
  return ' ' + std::to_string(data.size()) + " bytes of payload\n" + hex_dump(data);
}

std::string MessagePrinter::config(std::uint16_t flags, std::uint16_t miss_send_len) {
  constexpr std::array<std::string_view, 4> fragments{"normal", "drop", "reassemble", "nx-match"};
  std::string out = " frags=" + std::string{fragments[flags & SetConfig::frag_mask]};
  if ((flags & 4U) != 0) out += " invalid_ttl_to_controller";
  return out + " miss_send_len=" + std::to_string(miss_send_len);
}

std::string MessagePrinter::packet(ByteView data, PortNo in_port) {
  if (data.empty()) return {};
  const std::optional<PacketKey> key = packet_key(data, in_port);
  if (!key) return '\n' + hex_dump(data);
  return '\n' + text(*key);
}

std::string MessagePrinter::match_with_priority(const Match& match, std::uint16_t priority) const {
  std::string out = text(match, version_);
  if (priority == 0x8000) return out;
  return "priority=" + std::to_string(priority) + (out.empty() ? "" : ",") + out;
}

std::string MessagePrinter::operator()(const Hello& m) const {
  VersionSet offered;
  if (const std::optional<VersionSet> said = m.versions()) {
    offered = *said;
  } else {
    for (const Version v : all_versions) {
      if (v <= version_) offered.add(v);
    }
  }
  std::string list;
  for (unsigned n = 0; n < 32; ++n) {
    if ((offered.bits() >> n & 1U) != 0) list += (list.empty() ? "" : ", ") + hex(n, 2);
  }
  std::string out = "\n version bitmap: " + list;
  for (const HelloElement& element : m.elements) {
    if (element.type == HelloElement::versionbitmap) continue;
    out += "\n unknown element of type " + std::to_string(element.type) + ":\n" + hex_dump(element.body);
  }
  if (!m.rest.empty()) out += "\n unknown data in hello:\n" + hex_dump(m.rest);
  return out;
}

// What an error is about: the message if it came whole, else as much as there is.
std::string MessagePrinter::nested(const Bytes& offender) const {
  if (offender.empty()) return "OpenFlow message is empty";
  if (offender.size() < header_size) {
    return "OpenFlow packet too short (only " + std::to_string(offender.size()) + " bytes):\n" + hex_dump(offender);
  }
  const ByteView view{offender};
  if (const std::optional<FrameView> frame = FrameView::of(view)) {
    const std::optional<Version> version = version_of(frame->wire_version());
    // Errors about errors are not unrolled: a peer could nest thousands.
    if (const Result<Message> message = decode(*frame); message && version && kind_of(*message) != Kind::error) {
      return text(*message, *version, frame->xid());
    }
    const Result<Kind> kind = kind_of(*frame);
    return (kind && version ? headline(*kind, *version, frame->xid()) + '\n' : "") + hex_dump(offender);
  }
  const std::size_t size = load<std::uint16_t>(view, 2);
  const std::string cut =
      offender.size() < size
          ? "(***truncated to " + std::to_string(offender.size()) + " bytes from " + std::to_string(size) + "***)\n"
          : "(***only uses " + std::to_string(size) + " bytes out of " + std::to_string(offender.size()) + "***)\n";
  return cut + hex_dump(offender);
}

std::string MessagePrinter::operator()(const Error& m) const {
  constexpr std::uint16_t hello_failed = 0;
  std::string out = ' ' + error_code_name(m.error, version_) + '\n';
  if (out.starts_with(" code ")) {
    // Vendors' errors say more in data that only they understand.
    return ' ' + error_type_name(m.error.type, version_) + ',' + out + hex_dump(m.data);
  }
  if (m.error.type != hello_failed) return out + nested(m.data);
  return out + printable({reinterpret_cast<const char*>(m.data.data()), m.data.size()});
}

std::string MessagePrinter::operator()(const FeaturesReply& m) const {
  const std::array<BitName, 8> capabilities{{
      {FeaturesReply::flow_stats, "FLOW_STATS"},
      {FeaturesReply::table_stats, "TABLE_STATS"},
      {FeaturesReply::port_stats, "PORT_STATS"},
      {1U << 3U, version_ == v1_0 ? "STP" : "GROUP_STATS"},
      {FeaturesReply::ip_reasm, "IP_REASM"},
      {FeaturesReply::queue_stats, "QUEUE_STATS"},
      {1U << 7U, version_ == v1_0 ? "ARP_MATCH_IP" : "0x80"},
      {FeaturesReply::port_blocked, "PORT_BLOCKED"},
  }};
  constexpr std::array<BitName, 12> actions{{
      {1U << 0U, "output"},
      {1U << 11U, "enqueue"},
      {1U << 1U, "set_vlan_vid"},
      {1U << 2U, "set_vlan_pcp"},
      {1U << 3U, "strip_vlan"},
      {1U << 4U, "mod_dl_src"},
      {1U << 5U, "mod_dl_dst"},
      {1U << 6U, "mod_nw_src"},
      {1U << 7U, "mod_nw_dst"},
      {1U << 8U, "mod_nw_tos"},
      {1U << 9U, "mod_tp_src"},
      {1U << 10U, "mod_tp_dst"},
  }};
  std::string out = " dpid:" + text(m.datapath_id) + "\nn_tables:" + std::to_string(m.n_tables) +
                    ", n_buffers:" + std::to_string(m.n_buffers);
  if (m.auxiliary_id != 0) out += ", auxiliary_id:" + std::to_string(m.auxiliary_id);
  out += "\ncapabilities: " + bit_names(m.capabilities, capabilities);
  if (version_ == v1_0) out += "\nactions: " + bit_names(m.actions, actions);
  for (const Port& p : m.ports) out += "\n " + port(p);
  return out;
}

std::string MessagePrinter::operator()(const PacketIn& m) const {
  constexpr std::array<std::string_view, 6> reasons{"no_match",   "action", "invalid_ttl",
                                                    "action_set", "group",  "packet_out"};
  Match where = m.match;
  if (version_ < v1_2) where.set(Field::in_port, m.in_port.value);
  std::string out;
  if (m.table_id != 0) out += " table_id=" + std::to_string(m.table_id);
  if (version_ >= v1_3) out += " cookie=" + hex(m.cookie);
  out += " total_len=" + std::to_string(m.total_len) + ' ' + text(where, version_);
  out += " (via " + name_or_number(reasons, static_cast<std::size_t>(m.reason)) + ')';
  out += " data_len=" + std::to_string(m.data.size());
  out += m.buffer_id.value == BufferId::none ? " (unbuffered)" : " buffer=" + hex(m.buffer_id.value, 8);
  if (m.total_len < m.data.size()) out += " (***total_len < data_len***)";
  return out + packet(m.data, m.ingress());
}

std::string MessagePrinter::operator()(const PacketOut& m) const {
  std::string out = ' ' + (version_ >= v1_5 ? text(m.match, version_) : "in_port=" + text(m.in_port));
  out += " actions=" + text(m.actions, version_);
  if (m.buffer_id.value != BufferId::none) return out + " buffer=" + hex(m.buffer_id.value, 8);
  return out + " data_len=" + std::to_string(m.data.size()) + packet(m.data, m.in_port);
}

std::string MessagePrinter::operator()(const FlowMod& m) const {
  constexpr std::array<std::string_view, 5> commands{"ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT"};
  // Open vSwitch's upper byte of 1.0.
  const auto number = static_cast<std::size_t>(m.command);
  const std::size_t command = version_ == v1_0 ? number & 0xffU : number;
  const std::size_t table = version_ == v1_0 ? number >> 8U : m.table_id;
  std::string out =
      ' ' + (command < commands.size() ? std::string{commands[command]} : "cmd:" + std::to_string(command));
  if (table != 0) out += " table:" + std::to_string(table);
  out += ' ' + match_with_priority(m.match, m.priority);
  if (out.back() != ' ') out += ' ';
  // The mask of an addition means nothing.
  const std::uint64_t mask = m.command == FlowModCommand::add ? 0 : m.cookie_mask;
  if (m.cookie != 0 || mask != 0) {
    out += "cookie:" + hex(m.cookie) + (mask != 0 ? '/' + hex(mask) : "") + ' ';
  }
  if (m.idle_timeout != 0) out += "idle:" + std::to_string(m.idle_timeout) + ' ';
  if (m.hard_timeout != 0) out += "hard:" + std::to_string(m.hard_timeout) + ' ';
  if (m.importance != 0) out += "importance:" + std::to_string(m.importance) + ' ';
  if (m.buffer_id.value != BufferId::none) out += "buf:" + hex(m.buffer_id.value) + ' ';
  if (m.out_port != port::any) out += "out_port:" + text(m.out_port) + ' ';
  if (m.out_group.value != GroupId::any && m.out_group.value != 0) {
    out += "out_group:" + std::to_string(m.out_group.value) + ' ';
  }
  return out + flow_flags_text(m.flags, version_) + text(m.instructions, version_);
}

std::string MessagePrinter::operator()(const FlowRemoved& m) const {
  constexpr std::array<std::string_view, 6> reasons{"idle",         "hard",         "delete",
                                                    "group_delete", "meter_delete", "eviction"};
  std::string out = ' ' + match_with_priority(m.match, m.priority);
  if (out.back() != ' ') out += ' ';
  out += "reason=" + name_or_number(reasons, static_cast<std::size_t>(m.reason));
  if (version_ != v1_0) out += " table_id=" + std::to_string(m.table_id);
  if (m.cookie != 0) out += " cookie:" + hex(m.cookie);
  out += " duration" + duration_text(m.duration_sec, m.duration_nsec);
  out += " idle" + std::to_string(m.idle_timeout);
  if (m.hard_timeout != 0) out += " hard" + std::to_string(m.hard_timeout);
  return out + " pkts" + std::to_string(m.packet_count) + " bytes" + std::to_string(m.byte_count);
}

std::string MessagePrinter::operator()(const PortStatus& m) const {
  constexpr std::array<std::string_view, 3> reasons{"ADD", "DEL", "MOD"};
  return ' ' + name_or_number(reasons, static_cast<std::size_t>(m.reason)) + ": " + port(m.port);
}

std::string headline(Kind kind, Version version, Xid xid) {
  std::string out = kind_text(kind);
  if (version != v1_0) out += " (OF" + std::string{text(version)} + ')';
  return out + " (xid=" + hex(xid.value) + "):";
}

namespace {

// Open vSwitch's own flow_mod says what the standard's says, in 1.0 with more fields.
std::optional<std::string> nicira_flow_mod(const Message& message, Version version, Xid xid) {
  const auto* experimenter = std::get_if<Experimenter>(&message);
  if (experimenter == nullptr) return std::nullopt;
  Result<NxFlowMod> nx = read_extension<NxFlowMod>(*experimenter, version);
  if (!nx) return std::nullopt;
  FlowMod mod;
  mod.cookie = nx->cookie;
  for (const Term& term : nx->match.match.terms()) mod.match.set(term.field, term.value, term.mask);
  for (const Bytes& oxm : nx->match.match.unknown()) {
    // Which flows to change may be said by their cookies, as if those were fields.
    const std::optional<OxmEntry> entry = oxm_entry(oxm);
    if (entry && entry->field.name == "cookie") {
      mod.cookie = number_of(entry->value).lo;
      mod.cookie_mask = entry->mask.empty() ? ~std::uint64_t{0} : number_of(entry->mask).lo;
    } else {
      mod.match.add_unknown(oxm);
    }
  }
  mod.table_id = nx->table_id;
  mod.command = nx->command;
  mod.idle_timeout = nx->idle_timeout;
  mod.hard_timeout = nx->hard_timeout;
  mod.priority = nx->priority;
  mod.buffer_id = nx->buffer_id;
  mod.out_port = nx->out_port.port;
  mod.flags = nx->flags;
  mod.instructions = std::move(nx->instructions);
  const std::string of = version == v1_0 ? "" : " (OF" + std::string{text(version)} + ')';
  return "NXT_FLOW_MOD" + of + " (xid=" + hex(xid.value) + "):" + MessagePrinter{version}(mod);
}

}  // namespace

std::string text(const Message& message, Version version, Xid xid) {
  if (std::optional<std::string> words = nicira_flow_mod(message, version, xid)) return std::move(*words);
  const std::string body = std::visit(MessagePrinter{version}, message);
  return without_last_newline(headline(kind_of(message), version, xid) + body);
}

}  // namespace sluice::ofmsg
