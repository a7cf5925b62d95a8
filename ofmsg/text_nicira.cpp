#include "ofmsg/text_nicira.hpp"

#include "ofmsg/extensions/nicira_action_list.hpp"
#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

std::string named(std::string_view name, std::uint64_t value) {
  return std::string{name} + ':' + std::to_string(value);
}

// As C's "%#x".
std::string alternate_hex(std::uint64_t value) { return value == 0 ? "0" : hex(value); }

std::string list_text(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

std::string bits_text(ShortHeader header, BitRange bits) { return bits_text(header.header(), bits.offset, bits.count); }

std::string dotted(ByteView bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) out += (i == 0 ? "" : ".") + hex_digits(bytes.subspan(i, 1));
  return out;
}

template <class E>
std::string name_of(E value) {
  const auto number = static_cast<std::size_t>(value);
  if (number < enum_names<E>.size()) return std::string{enum_names<E>[number]};
  return std::to_string(number);
}

template <class A>
std::string bundle_text(std::string_view name, const A& a, const std::string& target) {
  std::string out = std::string{name} + '(' + name_of(a.fields) + ',' + std::to_string(a.basis) + ',' +
                    name_of(a.algorithm) + ",ofport" + target + ",members:";
  for (std::size_t i = 0; i < a.members.size(); ++i) out += (i == 0 ? "" : ",") + text(a.members[i].port);
  return out + ')';
}

struct ControllerParts {
  std::uint16_t max_len = 0xffff, id = 0;
  std::uint8_t reason = 1;
  std::optional<std::uint32_t> meter;
  Bytes userdata;
  bool pause = false;
};

std::string controller_text(const ControllerParts& c) {
  constexpr std::uint8_t by_action = 1;
  constexpr std::array<std::string_view, 6> reasons{"no_match",   "action", "invalid_ttl",
                                                    "action_set", "group",  "packet_out"};
  if (c.reason == by_action && c.id == 0 && c.userdata.empty() && !c.pause && !c.meter) {
    return named("CONTROLLER", c.max_len);
  }
  std::vector<std::string> parts;
  if (c.reason != by_action) {
    parts.push_back("reason=" +
                    (c.reason < reasons.size() ? std::string{reasons[c.reason]} : std::to_string(c.reason)));
  }
  if (c.max_len != 0xffff) parts.push_back("max_len=" + std::to_string(c.max_len));
  if (c.id != 0) parts.push_back("id=" + std::to_string(c.id));
  if (!c.userdata.empty()) parts.push_back("userdata=" + dotted(c.userdata));
  if (c.pause) parts.emplace_back("pause");
  if (c.meter) parts.push_back("meter_id=" + std::to_string(*c.meter));
  return "controller(" + list_text(parts) + ')';
}

template <class A>
std::string sample_text(const A& a, const std::string& more) {
  return "sample(probability=" + std::to_string(a.probability) +
         ",collector_set_id=" + std::to_string(a.collector_set_id) +
         ",obs_domain_id=" + std::to_string(a.obs_domain_id) + ",obs_point_id=" + std::to_string(a.obs_point_id) +
         more + ')';
}

// A number into some bits.
std::string load_text(const NxRegLoad& a) { return "load:" + alternate_hex(a.value) + "->" + bits_text(a.dst, a.bits); }

std::string set_field_text(const FieldEntry& entry) {
  const std::optional<OxmField> field = oxm_field(entry.field);
  if (!field || (field->size() != 0 && field->size() != entry.value.size())) return {};
  return "set_field:" + oxm_value_text(*field, entry.value, entry.mask) + "->" + field->name;
}

// --- connection tracking ---------------------------------------------------------------------------------------------

U128 address_of(const NxNat::Ipv6& bytes) {
  U128 value;
  for (const std::uint8_t byte : bytes) {
    value.hi = value.hi << 8U | value.lo >> 56U;
    value.lo = value.lo << 8U | byte;
  }
  return value;
}

std::string nat_range(const NxNat& a) {
  const auto has = [&](std::uint16_t bit) { return (a.range_present & bit) != 0; };
  std::string out;
  if (has(NxNat::ipv4_min)) {
    out = ipv4_text(a.ipv4[0]);
    if (has(NxNat::ipv4_max) && a.ipv4[1] != a.ipv4[0]) out += '-' + ipv4_text(a.ipv4[1]);
  } else if (has(NxNat::ipv6_min)) {
    const bool brackets = has(NxNat::proto_min);
    const auto address = [&](const NxNat::Ipv6& bytes) {
      return (brackets ? "[" : "") + ipv6_text(address_of(bytes)) + (brackets ? "]" : "");
    };
    out = address(a.ipv6[0]);
    if (has(NxNat::ipv6_max) && a.ipv6[1] != a.ipv6[0]) out += '-' + address(a.ipv6[1]);
  }
  if (has(NxNat::proto_min)) {
    out += ':' + std::to_string(a.proto[0]);
    if (has(NxNat::proto_max) && a.proto[1] != a.proto[0]) out += '-' + std::to_string(a.proto[1]);
  }
  return out;
}

std::string nat_text(const NxNat& a) {
  if ((a.flags & (NxNat::src | NxNat::dst)) == 0) return "nat";
  const std::string range = nat_range(a);
  std::vector<std::string> parts{(a.flags & NxNat::src) != 0 ? "src" : "dst"};
  if (!range.empty()) parts.front() += '=' + range;
  if ((a.flags & NxNat::persistent) != 0) parts.emplace_back("persistent");
  if ((a.flags & NxNat::proto_hash) != 0) parts.emplace_back("hash");
  if ((a.flags & NxNat::proto_random) != 0) parts.emplace_back("random");
  return "nat(" + list_text(parts) + ')';
}

bool is_nat(const Action& action) {
  const auto* unknown = std::get_if<UnknownAction>(&action);
  if (unknown == nullptr) return false;
  const std::optional<ExtensionBody> body = extension_body(*unknown, v1_3);
  return body && body->experimenter == nicira && body->type == NxNat::extension.type;
}

std::string ct_text(const NxCt& a, Version version, unsigned depth) {
  constexpr std::uint16_t ftp = 21, tftp = 69;
  std::vector<std::string> parts;
  if ((a.flags & NxCt::commit) != 0) parts.emplace_back("commit");
  if ((a.flags & NxCt::force) != 0) parts.emplace_back("force");
  if (a.recirc_table != NxCt::no_recirculation) parts.push_back("table=" + std::to_string(a.recirc_table));
  if (a.zone_src.value != 0) {
    parts.push_back("zone=" + bits_text(a.zone_src, BitRange::of(a.zone)));
  } else if (a.zone != 0) {
    parts.push_back("zone=" + std::to_string(a.zone));
  }
  // A nat in front stands alone, the others in "exec".
  std::size_t first = 0;
  if (!a.actions.empty() && is_nat(a.actions.front())) {
    parts.push_back(actions_text({a.actions.front()}, version, depth + 1));
    first = 1;
  }
  if (first < a.actions.size()) {
    const Actions others{a.actions.begin() + static_cast<std::ptrdiff_t>(first), a.actions.end()};
    parts.push_back("exec(" + actions_text(others, version, depth + 1) + ')');
  }
  if (a.alg == ftp) parts.emplace_back("alg=ftp");
  if (a.alg == tftp) parts.emplace_back("alg=tftp");
  if (a.alg != 0 && a.alg != ftp && a.alg != tftp) parts.push_back("alg=" + std::to_string(a.alg));
  return "ct(" + list_text(parts) + ')';
}

// --- learn -----------------------------------------------------------------------------------------------------------

std::string learn_match(const NxLearnSpec& s) {
  std::string target = bits_text(s.dst.header(), s.dst_offset, s.n_bits);
  if (s.source == NxLearnSource::field) {
    if (s.src == s.dst && s.src_offset == s.dst_offset) return target;
    return target + '=' + bits_text(s.src.header(), s.src_offset, s.n_bits);
  }
  const std::optional<OxmField> field = oxm_field(s.dst.header());
  if (!field || s.dst_offset != 0 || s.n_bits != field->bits) return target + '=' + hex_number(s.value);
  const Bytes value = bytes_of(number_of(s.value), field->size());
  return field->name + '=' + oxm_value_text(*field, value, {});
}

std::string learn_spec(const NxLearnSpec& s) {
  const std::string source =
      s.source == NxLearnSource::field ? bits_text(s.src.header(), s.src_offset, s.n_bits) : hex_number(s.value);
  switch (s.target) {
    case NxLearnTarget::load: return "load:" + source + "->" + bits_text(s.dst.header(), s.dst_offset, s.n_bits);
    case NxLearnTarget::output: return "output:" + source;
    case NxLearnTarget::match: break;
  }
  return learn_match(s);
}

std::string learn_text(const NxLearnHead& h, const std::vector<NxLearnSpec>& specs, std::uint32_t limit,
                       const std::string& result) {
  constexpr std::uint16_t default_priority = 0x8000;
  std::string out = "learn(table=" + std::to_string(h.table_id);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    if (value != 0) out += ',' + std::string{name} + '=' + std::to_string(value);
  };
  number("idle_timeout", h.idle_timeout);
  number("hard_timeout", h.hard_timeout);
  number("fin_idle_timeout", h.fin_idle_timeout);
  number("fin_hard_timeout", h.fin_hard_timeout);
  if (h.priority != default_priority) out += ",priority=" + std::to_string(h.priority);
  if ((h.flags & NxLearnHead::send_flow_rem) != 0) out += ",send_flow_rem";
  if ((h.flags & NxLearnHead::delete_learned) != 0) out += ",delete_learned";
  if (h.cookie != 0) out += ",cookie=" + hex(h.cookie);
  number("limit", limit);
  if (!result.empty()) out += ",result_dst=" + result;
  for (const NxLearnSpec& spec : specs) out += ',' + learn_spec(spec);
  return out + ')';
}

// --- one word for each -----------------------------------------------------------------------------------------------

class NiciraPrinter {
 public:
  NiciraPrinter(Version version, unsigned depth) : version_{version}, depth_{depth} {}

  std::string operator()(const NxResubmit& a) const { return resubmit(a.in_port.port, 0xff, {}); }

  std::string operator()(const NxResubmitTable& a) const { return resubmit(a.in_port.port, a.table_id, {}); }

  std::string operator()(const NxResubmitTableCt& a) const { return resubmit(a.in_port.port, a.table_id, ",ct"); }

  std::string operator()(const NxOutputReg& a) const { return "output:" + bits_text(a.src, a.bits); }

  std::string operator()(const NxOutputReg2& a) const {
    return "output:" + ofmsg::bits_text(a.src, a.bits.offset, a.bits.count);
  }

  std::string operator()(const NxOutputTrunc& a) const {
    return "output(port=" + text(a.port.port) + ",max_len=" + std::to_string(a.max_len) + ')';
  }

  std::string operator()(const NxController& a) const {
    return controller_text({a.max_len, a.controller_id, a.reason, {}, {}, false});
  }

  std::string operator()(const NxController2& a) const {
    ControllerParts c;
    for (const auto& item : a.properties.items) {
      if (const auto* len = std::get_if<NxMaxLen>(&item)) c.max_len = len->max_len;
      if (const auto* id = std::get_if<NxControllerId>(&item)) c.id = id->controller_id;
      if (const auto* reason = std::get_if<NxReason>(&item)) c.reason = reason->reason;
      if (const auto* data = std::get_if<NxUserdata>(&item)) c.userdata = data->userdata;
      if (const auto* meter = std::get_if<NxMeterId>(&item)) c.meter = meter->meter_id;
      if (std::holds_alternative<NxPause>(item)) c.pause = true;
      if (std::holds_alternative<UnknownProperty>(item)) return {};
    }
    return controller_text(c);
  }

  std::string operator()(const NxBundle& a) const { return bundle_text("bundle", a, {}); }

  std::string operator()(const NxBundleLoad& a) const {
    return bundle_text("bundle_load", a, ',' + bits_text(a.dst, BitRange::of(a.bits)));
  }

  std::string operator()(const NxMultipath& a) const {
    return "multipath(" + name_of(a.fields) + ',' + std::to_string(a.basis) + ',' + name_of(a.algorithm) + ',' +
           std::to_string(a.max_link + 1U) + ',' + std::to_string(a.arg) + ',' + bits_text(a.dst, a.bits) + ')';
  }

  std::string operator()(const NxSetTunnel& a) const { return "set_tunnel:" + alternate_hex(a.tun_id); }

  std::string operator()(const NxSetTunnel64& a) const { return "set_tunnel64:" + alternate_hex(a.tun_id); }

  std::string operator()(const NxSetQueue& a) const { return named("set_queue", a.queue_id); }

  std::string operator()(const NxGroup& a) const { return named("group", a.group_id.value); }

  std::string operator()(const NxSetMplsLabel& a) const { return "set_mpls_label(" + std::to_string(a.label) + ')'; }

  std::string operator()(const NxSetMplsTc& a) const { return "set_mpls_tc(" + std::to_string(a.tc) + ')'; }

  std::string operator()(const NxSetMplsTtl& a) const { return "set_mpls_ttl(" + std::to_string(a.ttl) + ')'; }

  std::string operator()(const NxPushMpls& a) const { return "push_mpls:" + hex(a.ethertype, 4); }

  std::string operator()(const NxPopMpls& a) const { return "pop_mpls:" + hex(a.ethertype, 4); }

  std::string operator()(const NxFinTimeout& a) const {
    std::vector<std::string> parts;
    if (a.idle_timeout != 0) parts.push_back("idle_timeout=" + std::to_string(a.idle_timeout));
    if (a.hard_timeout != 0) parts.push_back("hard_timeout=" + std::to_string(a.hard_timeout));
    return "fin_timeout(" + list_text(parts) + ')';
  }

  std::string operator()(const NxWriteMetadata& a) const {
    const std::string mask = a.mask == ~std::uint64_t{0} ? "" : '/' + alternate_hex(a.mask);
    return "write_metadata:" + alternate_hex(a.metadata) + mask;
  }

  std::string operator()(const NxConjunction& a) const {
    return "conjunction(" + std::to_string(a.id) + ',' + std::to_string(a.clause + 1U) + '/' +
           std::to_string(a.n_clauses) + ')';
  }

  std::string operator()(const NxPopQueue&) const { return "pop_queue"; }

  std::string operator()(const NxExit&) const { return "exit"; }

  std::string operator()(const NxDecTtl&) const { return "dec_ttl"; }

  std::string operator()(const NxDecMplsTtl&) const { return "dec_mpls_ttl"; }

  std::string operator()(const NxCtClear&) const { return "ct_clear"; }

  std::string operator()(const NxDecTtlCntIds& a) const {
    std::string out;
    for (const std::uint16_t id : a.controllers) out += (out.empty() ? "" : ",") + std::to_string(id);
    return "dec_ttl(" + out + ')';
  }

  std::string operator()(const NxNote& a) const { return "note:" + dotted(a.note); }

  std::string operator()(const NxRegMove& a) const { return move(a); }

  std::string operator()(const OnfCopyField& a) const { return move(a); }

  std::string operator()(const NxRegLoad& a) const { return load_text(a); }

  std::string operator()(const NxRegLoad2& a) const { return set_field_text(a.entry); }

  std::string operator()(const NxStackPush& a) const { return "push:" + ofmsg::bits_text(a.field, a.offset, a.n_bits); }

  std::string operator()(const NxStackPop& a) const { return "pop:" + ofmsg::bits_text(a.field, a.offset, a.n_bits); }

  std::string operator()(const NxCheckPktLarger& a) const {
    return "check_pkt_larger(" + std::to_string(a.pkt_len) + ")->" + ofmsg::bits_text(a.dst, a.offset, 1);
  }

  std::string operator()(const NxDeleteField& a) const {
    const std::optional<OxmField> field = oxm_field(a.field);
    return field ? "delete_field:" + field->name : std::string{};
  }

  std::string operator()(const NxCt& a) const { return ct_text(a, version_, depth_); }

  std::string operator()(const NxNat& a) const { return nat_text(a); }

  std::string operator()(const NxClone& a) const {
    return "clone(" + actions_text(a.actions, version_, depth_ + 1) + ')';
  }

  std::string operator()(const NxLearn& a) const { return learn_text(a, a.specs, 0, {}); }

  std::string operator()(const NxLearn2& a) const {
    const bool result = (a.flags & NxLearnHead::write_result) != 0;
    return learn_text(a, a.specs, a.limit, result ? ofmsg::bits_text(a.result, a.result_offset, 1) : "");
  }

  std::string operator()(const NxSample& a) const { return sample_text(a, {}); }

  std::string operator()(const NxSample2& a) const { return sample_at(a); }

  std::string operator()(const NxSample3& a) const { return sample_at(a); }

 private:
  [[nodiscard]] static std::string resubmit(PortNo in_port, std::uint8_t table, std::string_view more) {
    constexpr std::uint8_t current = 0xff;
    const bool other_port = in_port != port::in_port;
    if (other_port && table == current && more.empty()) return "resubmit:" + text(in_port);
    return "resubmit(" + (other_port ? text(in_port) : std::string{}) + ',' +
           (table == current ? std::string{} : std::to_string(table)) + std::string{more} + ')';
  }

  template <class A>
  [[nodiscard]] static std::string move(const A& a) {
    return "move:" + ofmsg::bits_text(a.src, a.src_offset, a.n_bits) + "->" +
           ofmsg::bits_text(a.dst, a.dst_offset, a.n_bits);
  }

  template <class A>
  [[nodiscard]] static std::string sample_at(const A& a) {
    std::string more;
    if (a.sampling_port.port != port::any) more += ",sampling_port=" + text(a.sampling_port.port);
    if (a.direction != NxSampleDirection::none) more += ',' + name_of(a.direction);
    return sample_text(a, more);
  }

  Version version_;
  unsigned depth_;
};

template <class A>
bool print_if(const ExtensionBody& body, Version version, unsigned depth, std::optional<std::string>& out) {
  const Extension& e = A::extension;
  if (e.experimenter != body.experimenter || e.type != body.type || !e.range.has(version)) return false;
  const Result<A> value = read_extension_body<A>(body.body, version);
  if (!value) return true;
  std::string words = NiciraPrinter{version, depth}(*value);
  if (!words.empty()) out = std::move(words);
  return true;
}

template <class... A>
std::optional<std::string> print(const ExtensionBody& body, Version version, unsigned depth, std::tuple<A...>*) {
  std::optional<std::string> out;
  static_cast<void>((... || print_if<A>(body, version, depth, out)));
  return out;
}

// A set_field of a field that is not the standard's.
std::optional<std::string> other_set_field(const UnknownAction& action) {
  constexpr std::size_t head = 4;
  Reader reader{action.bytes, head, v1_3, Kind::flow_mod};
  FieldEntry entry;
  wire(reader, entry);
  if (reader.failed() || reader.left() >= 8) return std::nullopt;
  std::string words = set_field_text(entry);
  if (words.empty()) return std::nullopt;
  return words;
}

}  // namespace

std::optional<std::string> nicira_text(const UnknownAction& action, Version version, unsigned depth) {
  if (depth >= max_action_depth) return std::nullopt;
  if (action.is_set_field() && version >= v1_2) return other_set_field(action);
  const std::optional<ExtensionBody> body = extension_body(action, version);
  if (!body) return std::nullopt;
  return print(*body, version, depth, static_cast<NiciraActions*>(nullptr));
}

}  // namespace sluice::ofmsg
