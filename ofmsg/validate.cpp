// One visitor over the messages; each check names its clause.
#include "ofmsg/validate.hpp"

#include <algorithm>
#include <set>
#include <type_traits>

#include "ofmsg/codec.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/validate_parts.hpp"

namespace sluice::ofmsg {

namespace {

// 1.0 has all seven; later versions keep the places of those that they dropped.
constexpr std::uint32_t port_config_bits = 0x7f;

// Bits of flow_mod flags [OF 1.0 §5.3.3, 1.2 §A.3.4.1, 1.3.5 §7.3.4.1].
constexpr std::uint16_t flow_flag_bits(Version v) {
  if (v == v1_0) return FlowMod::send_flow_rem | FlowMod::check_overlap | FlowMod::emerg_1_0;
  if (v == v1_1) return FlowMod::send_flow_rem | FlowMod::check_overlap;
  if (v == v1_2) return FlowMod::send_flow_rem | FlowMod::check_overlap | FlowMod::reset_counts;
  return FlowMod::send_flow_rem | FlowMod::check_overlap | FlowMod::reset_counts | FlowMod::no_pkt_counts |
         FlowMod::no_byt_counts;
}

constexpr std::uint8_t max_packet_in_reason(Version v) { return v == v1_0 || v == v1_1 ? 1 : v <= v1_3 ? 2 : 5; }

constexpr std::uint8_t max_flow_removed_reason(Version v) { return v == v1_0 ? 2 : v <= v1_3 ? 3 : 5; }

class Validator {
 public:
  Validator(Version version, const Extensions& known) : parts_{version, known}, version_{version} {}

  [[nodiscard]] std::vector<Fault> take() { return parts_.take(); }

  template <class M>
  void check(const M& m) {
    if constexpr (M::kind >= Kind::desc_request) multipart(m);
    body(m);
  }

 private:
  void fault(Reason reason, std::string where, std::string what) {
    parts_.fault(reason, std::move(where), std::move(what));
  }

  void bits(Reason reason, std::string_view where, std::uint64_t value, std::uint64_t allowed) {
    if ((value & ~allowed) != 0) fault(reason, std::string{where}, "unknown bits " + hex(value & ~allowed));
  }

  template <class E>
  void at_most(Reason reason, std::string_view where, E value, std::uint64_t max) {
    const auto number = static_cast<std::uint64_t>(value);
    if (number > max) fault(reason, std::string{where}, "unknown value " + std::to_string(number));
  }

  // Requests in several parts exist since 1.3 [OF 1.3.5 §7.3.5].
  template <class M>
  void multipart(const M& m) {
    const bool request = facts(M::kind).sender == Sender::controller;
    bits(Reason::bad_multipart_flags, "flags", m.flags, request && version_ < v1_3 ? 0 : 1);
  }

  // --- session ---

  template <class M>
  void body(const M&) {}

  void body(const Error& m) {
    if (m.error.type == Error::experimenter_type && version_ >= v1_2) return;
    if (error_type_name(m.error.type, version_).starts_with("type ")) {
      // Open vSwitch says codes of later versions as Nicira's.
      constexpr std::uint16_t nicira_error = 0xb0c2;
      if (m.error.type != nicira_error) fault(Reason::bad_value, "error_type", "unknown error type");
    } else if (error_code_name(m.error, version_).starts_with("code ")) {
      fault(Reason::bad_value, "error_code", "unknown error code " + std::to_string(m.error.code));
    }
  }

  void body(const Experimenter& m) { parts_.experimenter(m); }

  void body(const ExperimenterStatsRequest& m) { parts_.experimenter(m); }

  void body(const ExperimenterStatsReply& m) { parts_.experimenter(m); }

  void body(const FeaturesReply& m) { ports(m.ports); }

  void body(const SetConfig& m) { config(m.flags); }

  void body(const GetConfigReply& m) { config(m.flags); }

  void config(std::uint16_t flags) {
    const bool with_ttl = version_ == v1_1 || version_ == v1_2;
    bits(Reason::bad_config_flags, "flags", flags,
         SetConfig::frag_mask | (with_ttl ? SetConfig::invalid_ttl_to_controller : 0U));
  }

  template <Kind k>
  void body(const RoleMessage<k>& m) {
    at_most(Reason::bad_role, "role", m.role, 3);
  }

  void body(const RoleStatus& m) {
    at_most(Reason::bad_value, "role", m.role, 3);
    at_most(Reason::bad_value, "reason", m.reason, 2);
    parts_.properties("properties", m.properties);
  }

  void body(const ControllerStatus& m) { controller("status", m.status); }

  void body(const ControllerStatusReply& m) {
    for (std::size_t i = 0; i < m.controllers.size(); ++i) controller(item("controllers", i), m.controllers[i]);
  }

  void controller(const std::string& where, const ControllerState& m) {
    at_most(Reason::bad_value, where + ".role", m.role, 3);
    at_most(Reason::bad_value, where + ".reason", m.reason, 6);
    at_most(Reason::bad_value, where + ".channel_status", m.channel_status, 1);
    parts_.properties(where + ".properties", m.properties);
  }

  void body(const GetAsyncReply& m) { parts_.properties("properties", m.properties); }

  void body(const SetAsync& m) {
    parts_.properties("properties", m.properties);
    for (std::size_t i = 0; i < m.properties.items.size(); ++i) {
      if (const auto* mask = std::get_if<AsyncMask>(&m.properties.items[i])) async_mask(item("properties", i), *mask);
    }
  }

  // One bit for each reason that the message can have [OF 1.4 §7.3.10].
  void async_mask(const std::string& where, const AsyncMask& m) {
    constexpr std::array<std::uint32_t, 8> reasons{0x3f, 0x7, 0x3f, 0x7, 0x18, 0x3, 0x3, 0x7f};
    const bool reserved = m.type / 2U == 2 && version_ >= v1_4;
    bits(Reason::bad_async_value, where + ".mask", m.mask, reserved ? 0x3f : reasons[m.type / 2U]);
  }

  // --- ports ---

  void ports(const std::vector<Port>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) port(item("ports", i), list[i]);
  }

  void port(const std::string& where, const Port& p) { parts_.properties(where + ".properties", p.properties); }

  void body(const PortStatus& m) {
    at_most(Reason::bad_value, "reason", m.reason, 2);
    port("port", m.port);
  }

  void body(const PortDescReply& m) { ports(m.ports); }

  void body(const PortMod& m) {
    if (!is_physical(m.port_no) && m.port_no != port::local) {
      fault(Reason::bad_port_mod_port, "port_no", text(m.port_no) + " is no port that has a configuration");
    }
    bits(Reason::bad_port_config, "mask", m.mask, port_config_bits);
    bits(Reason::bad_port_config, "config", m.config, port_config_bits);
    bits(Reason::bad_port_advertise, "advertise", m.advertise, version_ == v1_0 ? 0xfff : 0xffff);
    parts_.properties("properties", m.properties);
  }

  // --- flows ---

  void body(const FlowMod& m) {
    parts_.match("match", m.match);
    flow_command(m.command);
    bits(Reason::bad_flags, "flags", m.flags, flow_flag_bits(version_));
    const bool deletes = m.command == FlowModCommand::delete_ || m.command == FlowModCommand::delete_strict;
    if (m.table_id == all_tables && !deletes && version_ != v1_0) {
      fault(Reason::bad_table_id, "table_id", "all tables at once can only be deleted from");
    }
    if (version_ == v1_0 && (m.flags & FlowMod::emerg_1_0) != 0 && (m.idle_timeout != 0 || m.hard_timeout != 0)) {
      fault(Reason::bad_timeout, "flags", "an emergency flow has no timeouts");
    }
    parts_.instructions("instructions", m.instructions, &m.match, m.table_id);
  }

  // In 1.0, where Open vSwitch has a table in the upper byte, the lower one tells.
  void flow_command(FlowModCommand command) {
    const auto number = static_cast<std::uint16_t>(command);
    at_most(Reason::bad_command, "command", version_ == v1_0 ? number & 0xffU : number, 4);
  }

  void body(const FlowRemoved& m) {
    parts_.match("match", m.match);
    at_most(Reason::bad_value, "reason", m.reason, max_flow_removed_reason(version_));
  }

  void filter(const FlowFilter& f) { parts_.match("filter.match", f.match); }

  void body(const FlowStatsRequest& m) { filter(m.filter); }

  void body(const AggregateRequest& m) { filter(m.filter); }

  void body(const FlowStatsLightRequest& m) { filter(m.filter); }

  void body(const FlowStatsReply& m) {
    for (std::size_t i = 0; i < m.flows.size(); ++i) {
      const std::string where = item("flows", i);
      parts_.match(where + ".match", m.flows[i].match);
      bits(Reason::bad_flags, where + ".flags", m.flows[i].flags, flow_flag_bits(version_));
      parts_.instructions(where + ".instructions", m.flows[i].instructions, nullptr, all_tables);
    }
  }

  void body(const FlowStatsLightReply& m) {
    for (std::size_t i = 0; i < m.flows.size(); ++i) {
      parts_.match(item("flows", i) + ".match", m.flows[i].match);
      at_most(Reason::bad_value, item("flows", i) + ".reason", m.flows[i].reason, 1);
    }
  }

  void body(const FlowMonitorRequest& m) {
    for (std::size_t i = 0; i < m.monitors.size(); ++i) {
      const std::string where = item("monitors", i);
      parts_.match(where + ".match", m.monitors[i].match);
      bits(Reason::bad_monitor_flags, where + ".flags", m.monitors[i].flags, 0x7f);
      at_most(Reason::bad_monitor_command, where + ".command", m.monitors[i].command, 2);
    }
  }

  void body(const FlowMonitorReply& m) {
    for (std::size_t i = 0; i < m.updates.size(); ++i) {
      at_most(Reason::bad_value, item("updates", i) + ".event", m.updates[i].event, 6);
      parts_.match(item("updates", i) + ".match", m.updates[i].match);
      parts_.instructions(item("updates", i) + ".instructions", m.updates[i].instructions, nullptr, all_tables);
    }
  }

  // --- packets ---

  void body(const PacketIn& m) {
    parts_.match("match", m.match);
    at_most(Reason::bad_value, "reason", m.reason, max_packet_in_reason(version_));
    // The packet may be longer than what was sent of it, not shorter [OF 1.3.5 §7.4.1].
    if (m.total_len < m.data.size() && m.total_len != 0) {
      fault(Reason::bad_value, "total_len", "the packet is shorter than the data");
    }
  }

  void body(const PacketOut& m) {
    if (version_ >= v1_5) {
      parts_.match("match", m.match);
      parts_.pipeline_only("match", m.match);
    }
    // Where the packet comes from has to be said [OF 1.5.1 §7.3.6].
    if (version_ >= v1_5 && !m.match.in_port()) fault(Reason::bad_port, "match", "in_port is missing");
    const PortNo from = version_ >= v1_5 ? m.match.in_port().value_or(port::controller) : m.in_port;
    const bool known = is_physical(from) || from == port::local || from == port::controller || from == port::any;
    if (!known) fault(Reason::bad_port, "in_port", text(from) + " is no port that a packet can come from");
    parts_.actions("actions", m.actions, PartsValidator::Where::packet_out);
  }

  // --- groups and meters ---

  void body(const GroupMod& m) {
    const bool valid_command =
        m.command <= GroupModCommand::delete_ || (version_ >= v1_5 && (m.command == GroupModCommand::insert_bucket ||
                                                                       m.command == GroupModCommand::remove_bucket));
    if (!valid_command) {
      fault(Reason::bad_group_command, "command",
            "unknown command " + std::to_string(static_cast<std::uint16_t>(m.command)));
    }
    at_most(Reason::bad_group_type, "group_type", m.type, 3);
    const bool all = m.group_id.value == GroupId::all && m.command == GroupModCommand::delete_;
    if (m.group_id.value > GroupId::max && !all) fault(Reason::invalid_group, "group_id", "no group has this number");
    const bool sets = m.command == GroupModCommand::add || m.command == GroupModCommand::modify;
    if (sets && m.type == GroupType::indirect && m.buckets.size() != 1) {
      fault(Reason::invalid_group, "buckets", "an indirect group has one bucket");
    }
    buckets("buckets", m.buckets);
    if (sets) {
      for (std::size_t i = 0; i < m.buckets.size(); ++i) bucket_of(item("buckets", i), m.buckets[i], m.type);
    }
    parts_.properties("properties", m.properties);
  }

  // A bucket of a fast failover group says what it lives by [OF 1.3.5 §7.3.4.2].
  void bucket_of(const std::string& where, const Bucket& b, GroupType type) {
    const auto* watch_port = b.properties.find<BucketWatchPort>();
    const auto* watch_group = b.properties.find<BucketWatchGroup>();
    const bool watches = b.watch_port != port::any || b.watch_group.value != GroupId::any ||
                         (watch_port != nullptr && watch_port->port != port::any) ||
                         (watch_group != nullptr && watch_group->group.value != GroupId::any);
    if (type == GroupType::fast_failover && !watches) {
      fault(Reason::bad_watch, where, "a bucket of a fast failover group watches a port or a group");
    }
  }

  void buckets(const std::string& where, const std::vector<Bucket>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      parts_.actions(item(where, i) + ".actions", list[i].actions, PartsValidator::Where::action_set);
      parts_.properties(item(where, i) + ".properties", list[i].properties);
    }
  }

  void body(const GroupDescReply& m) {
    for (std::size_t i = 0; i < m.groups.size(); ++i) {
      at_most(Reason::bad_group_type, item("groups", i) + ".group_type", m.groups[i].type, 3);
      buckets(item("groups", i) + ".buckets", m.groups[i].buckets);
      parts_.properties(item("groups", i) + ".properties", m.groups[i].properties);
    }
  }

  void body(const MeterMod& m) {
    at_most(Reason::bad_meter_command, "command", m.command, 2);
    const bool deletes = m.command == MeterModCommand::delete_;
    const bool special = m.meter_id.value == MeterId::slowpath || m.meter_id.value == MeterId::controller ||
                         (m.meter_id.value == MeterId::all && deletes);
    if ((m.meter_id.value == 0 || m.meter_id.value > MeterId::max) && !special) {
      fault(Reason::invalid_meter, "meter_id", "no meter has this number");
    }
    bits(Reason::bad_meter_flags, "flags", m.flags, 0xf);
    if ((m.flags & MeterMod::kbps) != 0 && (m.flags & MeterMod::pktps) != 0) {
      fault(Reason::bad_meter_flags, "flags", "a rate is in kb/s or in packets/s, not in both");
    }
    bands("bands", m.bands);
  }

  void bands(const std::string& where, const Bands& list) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (std::holds_alternative<UnknownProperty>(list.items[i]))
        fault(Reason::bad_band, item(where, i), "unknown band");
    }
  }

  void body(const MeterConfigReply& m) {
    for (std::size_t i = 0; i < m.meters.size(); ++i) {
      bits(Reason::bad_meter_flags, item("meters", i) + ".flags", m.meters[i].flags, 0xf);
      bands(item("meters", i) + ".bands", m.meters[i].bands);
    }
  }

  // --- tables and queues ---

  void body(const TableMod& m) {
    const std::uint32_t since_1_4 = TableMod::deprecated_mask | TableMod::eviction | TableMod::vacancy;
    bits(Reason::bad_table_config, "config", m.config, version_ >= v1_4 ? since_1_4 : TableMod::deprecated_mask);
    table_properties("properties", m.properties);
  }

  void table_properties(const std::string& where, const TableModProperties& properties) {
    parts_.properties(where, properties);
    const auto* vacancy = properties.find<TableModVacancy>();
    if (vacancy == nullptr) return;
    if (vacancy->vacancy_down > 100 || vacancy->vacancy_up > 100 || vacancy->vacancy_down > vacancy->vacancy_up) {
      fault(Reason::bad_property_value, where, "vacancy is in percent, and down is not above up");
    }
  }

  void body(const TableDescReply& m) {
    for (std::size_t i = 0; i < m.tables.size(); ++i) {
      parts_.properties(item("tables", i) + ".properties", m.tables[i].properties);
    }
  }

  void body(const TableStatus& m) {
    const auto reason = static_cast<std::uint8_t>(m.reason);
    if (reason != 3 && reason != 4) fault(Reason::bad_value, "reason", "unknown value " + std::to_string(reason));
    parts_.properties("table.properties", m.table.properties);
  }

  template <Kind k>
  void body(const TableFeaturesMessage<k>& m) {
    for (std::size_t i = 0; i < m.tables.size(); ++i) {
      const TableFeatures& t = m.tables[i];
      at_most(Reason::bad_table_features_command, item("tables", i) + ".command", t.command, 3);
      std::set<std::uint16_t> seen;
      for (std::size_t j = 0; j < t.properties.items.size(); ++j) {
        const std::string where = item(item("tables", i) + ".properties", j);
        std::visit([&](const auto& p) { table_feature(where, p, seen); }, t.properties.items[j]);
      }
    }
  }

  template <class Part>
  void table_feature(const std::string& where, const Part& part, std::set<std::uint16_t>& seen) {
    constexpr std::uint16_t first_experimenter = 0xfffe;
    if constexpr (std::is_same_v<Part, UnknownProperty>) {
      if (part.type < first_experimenter) {
        fault(Reason::bad_table_features_type, where, "unknown property " + std::to_string(part.type));
      }
    } else if (!std::is_same_v<Part, TableExperimenter> && !seen.insert(tlv_type(part)).second) {
      fault(Reason::bad_table_features_type, where, "given twice");
    }
  }

  void body(const QueueGetConfigReply& m) {
    for (std::size_t i = 0; i < m.queues.size(); ++i) {
      queue_properties(item("queues", i) + ".properties", m.queues[i].properties);
    }
  }

  void body(const QueueDescReply& m) {
    for (std::size_t i = 0; i < m.queues.size(); ++i) {
      parts_.properties(item("queues", i) + ".properties", m.queues[i].properties);
    }
  }

  void queue_properties(const std::string& where, const QueueProperties& list) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const auto* unknown = std::get_if<UnknownProperty>(&list.items[i]);
      if (unknown != nullptr) {
        fault(Reason::bad_property_type, item(where, i), "unknown property " + std::to_string(unknown->type));
      }
    }
  }

  void body(const PortStatsReply& m) {
    for (std::size_t i = 0; i < m.ports.size(); ++i)
      parts_.properties(item("ports", i) + ".properties", m.ports[i].properties);
  }

  void body(const QueueStatsReply& m) {
    for (std::size_t i = 0; i < m.queues.size(); ++i) {
      parts_.properties(item("queues", i) + ".properties", m.queues[i].properties);
    }
  }

  // --- bundles ---

  void body(const BundleControl& m) {
    at_most(Reason::bad_bundle_type, "control_type", m.type, 7);
    bits(Reason::bad_bundle_flags, "flags", m.flags, version_ >= v1_5 ? 7 : 3);
    parts_.properties("properties", m.properties);
  }

  void body(const BundleFeaturesRequest& m) { parts_.properties("properties", m.properties); }

  void body(const BundleFeaturesReply& m) { parts_.properties("properties", m.properties); }

  void body(const BundleAddMessage& m) {
    bits(Reason::bad_bundle_flags, "flags", m.flags, version_ >= v1_5 ? 7 : 3);
    parts_.properties("properties", m.properties);
    bundled(m.message);
  }

  void body(const Requestforward& m) {
    const std::optional<FrameView> frame = FrameView::of(m.request.bytes);
    const Result<Kind> kind = frame ? kind_of(*frame) : Failure<CodecError>{CodecError{}};
    if (!kind || (*kind != Kind::group_mod && *kind != Kind::meter_mod)) {
      fault(Reason::bad_value, "request", "only group_mod and meter_mod are told to others");
    }
  }

  // [OF 1.4 §7.3.9.2]: modifications only, in the version of the connection.
  void bundled(const NestedMessage& nested) {
    const std::optional<FrameView> frame = FrameView::of(nested.bytes);
    if (!frame) return fault(Reason::bad_bundle_length, "message", "the length in its header is not its own");
    const Result<Kind> kind = kind_of(*frame);
    if (!kind) return fault(kind.error().reason, "message", text(kind.error()));
    if (frame->wire_version() != static_cast<std::uint8_t>(version_)) {
      return fault(Reason::bad_version, "message", "another version than that of the bundle");
    }
    const bool can = *kind == Kind::flow_mod || *kind == Kind::group_mod || *kind == Kind::port_mod ||
                     *kind == Kind::meter_mod || *kind == Kind::table_mod || *kind == Kind::packet_out ||
                     *kind == Kind::set_config || *kind == Kind::experimenter;
    if (!can) return fault(Reason::bad_bundle_message, "message", std::string{text(*kind)} + " cannot be in a bundle");
    const Result<Lenient> inner = decode_lenient(*frame);
    if (!inner) return fault(inner.error().reason, "message", text(inner.error()));
    for (const CodecError& error : inner->faults) fault(error.reason, "message", text(error));
    for (const Fault& f : validate(inner->message, version_, parts_.known())) {
      fault(f.reason, f.where.empty() ? "message" : "message." + f.where, f.what);
    }
  }

  [[nodiscard]] static std::string item(const std::string& list, std::size_t i) {
    return list + '[' + std::to_string(i) + ']';
  }

  PartsValidator parts_;
  Version version_;
};

}  // namespace

std::vector<Fault> validate(const Message& message, Version version, const Extensions& known) {
  Validator validator{version, known};
  std::visit([&](const auto& m) { validator.check(m); }, message);
  return validator.take();
}

}  // namespace sluice::ofmsg
