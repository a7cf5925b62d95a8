// Actions and instructions as text, in the spelling of ovs-ofctl.
#include <type_traits>

#include "ofmsg/text_nicira.hpp"
#include "ofmsg/text_oxm.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::ofmsg {

namespace {

class ActionPrinter {
 public:
  ActionPrinter(Version version, unsigned depth) : version_{version}, depth_{depth} {}

  std::string operator()(const Output& a) const {
    if (a.port == port::controller) return "CONTROLLER:" + std::to_string(a.max_len);
    if (a.port <= port::max) return "output:" + text(a.port);
    return text(a.port);
  }

  std::string operator()(const SetVlanVid& a) const {
    return named(version_ == v1_0 ? "mod_vlan_vid" : "set_vlan_vid", a.vid);
  }

  std::string operator()(const SetVlanPcp& a) const {
    return named(version_ == v1_0 ? "mod_vlan_pcp" : "set_vlan_pcp", a.pcp);
  }

  std::string operator()(const SetDlSrc& a) const { return "mod_dl_src:" + text(a.mac); }

  std::string operator()(const SetDlDst& a) const { return "mod_dl_dst:" + text(a.mac); }

  std::string operator()(const SetNwSrc& a) const { return "mod_nw_src:" + ipv4_text(a.ip); }

  std::string operator()(const SetNwDst& a) const { return "mod_nw_dst:" + ipv4_text(a.ip); }

  std::string operator()(const SetNwTos& a) const { return named("mod_nw_tos", a.tos); }

  std::string operator()(const SetNwEcn& a) const { return named("mod_nw_ecn", a.ecn); }

  std::string operator()(const SetTpSrc& a) const { return named("mod_tp_src", a.port); }

  std::string operator()(const SetTpDst& a) const { return named("mod_tp_dst", a.port); }

  std::string operator()(const Enqueue& a) const { return "enqueue:" + text(a.port) + ':' + std::to_string(a.queue); }

  std::string operator()(const PopVlan&) const { return version_ == v1_0 ? "strip_vlan" : "pop_vlan"; }

  std::string operator()(const PushVlan& a) const { return "push_vlan:" + hex(a.ethertype, 4); }

  std::string operator()(const PushMpls& a) const { return "push_mpls:" + hex(a.ethertype, 4); }

  std::string operator()(const PopMpls& a) const { return "pop_mpls:" + hex(a.ethertype, 4); }

  std::string operator()(const SetQueue& a) const { return named("set_queue", a.queue); }

  std::string operator()(const Group& a) const { return named("group", a.id.value); }

  std::string operator()(const SetMplsLabel& a) const { return "set_mpls_label(" + std::to_string(a.label) + ')'; }

  std::string operator()(const SetMplsTc& a) const { return "set_mpls_tc(" + std::to_string(a.tc) + ')'; }

  std::string operator()(const SetMplsTtl& a) const { return "set_mpls_ttl(" + std::to_string(a.ttl) + ')'; }

  std::string operator()(const DecMplsTtl&) const { return "dec_mpls_ttl"; }

  std::string operator()(const SetNwTtl& a) const { return named("mod_nw_ttl", a.ttl); }

  std::string operator()(const DecNwTtl&) const { return "dec_ttl"; }

  std::string operator()(const CopyTtlOut&) const { return "copy_ttl_out"; }

  std::string operator()(const CopyTtlIn&) const { return "copy_ttl_in"; }

  std::string operator()(const PushPbb& a) const { return "push_pbb:" + hex(a.ethertype, 4); }

  std::string operator()(const PopPbb&) const { return "pop_pbb"; }

  std::string operator()(const SetField& a) const {
    std::string out = "set_field:" + value_text(a.field, a.value);
    if (a.mask != ones(facts(a.field).bits)) out += '/' + mask_text(a);
    return out + "->" + std::string{set_field_name(a.field)};
  }

  // ovs-ofctl spells 1.5's copy_field as it does its own move.
  std::string operator()(const CopyField& a) const {
    return "move:" + bits_text(a.src, a.src_offset, a.n_bits) + "->" + bits_text(a.dst, a.dst_offset, a.n_bits);
  }

  std::string operator()(const MeterAction& a) const { return named("meter", a.id); }

  std::string operator()(const UnknownAction& a) const {
    if (std::optional<std::string> words = nicira_text(a, version_, depth_)) return std::move(*words);
    return "unknown(0x" + hex_digits(a.bytes) + ')';
  }

 private:
  [[nodiscard]] static std::string mask_text(const SetField& a) {
    switch (facts(a.field).format) {
      case Format::ipv4:
      case Format::ipv6:
        if (const auto length = prefix_length(a.mask, facts(a.field).bits)) return std::to_string(*length);
        return value_text(a.field, a.mask);
      case Format::mac: return value_text(a.field, a.mask);
      default: return hex(a.mask);
    }
  }

  [[nodiscard]] static std::string named(std::string_view name, std::uint64_t value) {
    return std::string{name} + ':' + std::to_string(value);
  }

  Version version_;
  unsigned depth_;
};

std::string stats_text(const Stats& stats) {
  std::string out;
  for (const auto& item : stats.items) {
    if (!out.empty()) out += ',';
    if (const auto* stat = std::get_if<Stat>(&item)) {
      out += std::string{stat_names[static_cast<std::size_t>(stat->field)]} + '=' + std::to_string(stat->value);
    } else {
      out += "oxs(0x" + hex_digits(std::get<UnknownStat>(item).bytes) + ')';
    }
  }
  return out;
}

std::string one(const Instruction& instruction, Version version) {
  return std::visit(
      [&](const auto& i) -> std::string {
        using T = std::decay_t<decltype(i)>;
        if constexpr (std::is_same_v<T, GotoTable>) {
          return "goto_table:" + std::to_string(i.table_id);
        } else if constexpr (std::is_same_v<T, WriteMetadata>) {
          const std::string mask = i.mask == ~std::uint64_t{0} ? "" : '/' + hex(i.mask);
          return "write_metadata:" + hex(i.metadata) + mask;
        } else if constexpr (std::is_same_v<T, WriteActions>) {
          return "write_actions(" + text(i.actions, version) + ')';
        } else if constexpr (std::is_same_v<T, ApplyActions>) {
          return actions_text(i.actions, version, 0);
        } else if constexpr (std::is_same_v<T, ClearActions>) {
          return "clear_actions";
        } else if constexpr (std::is_same_v<T, Meter>) {
          return "meter:" + std::to_string(i.id);
        } else if constexpr (std::is_same_v<T, StatTrigger>) {
          return "stat_trigger(flags=" + hex(i.flags) + ',' + stats_text(i.thresholds) + ')';
        } else {
          return "unknown_instruction(0x" + hex_digits(i.bytes) + ')';
        }
      },
      instruction);
}

}  // namespace

std::string actions_text(const Actions& actions, Version version, unsigned depth) {
  std::string out;
  for (const Action& action : actions) {
    if (!out.empty()) out += ',';
    out += std::visit(ActionPrinter{version, depth}, action);
  }
  return out;
}

std::string text(const Actions& actions, Version version) {
  return actions.empty() ? "drop" : actions_text(actions, version, 0);
}

std::string text(const Actions& actions) { return text(actions, v1_3); }

std::string text(const Instructions& instructions, Version version) {
  std::string out;
  for (const Instruction& instruction : instructions) {
    const std::string part = one(instruction, version);
    if (!out.empty() && !part.empty()) out += ',';
    out += part;
  }
  return "actions=" + (out.empty() ? "drop" : out);
}

std::string text(const Instructions& instructions) { return text(instructions, v1_3); }

}  // namespace sluice::ofmsg
