#include "examples/switch/check.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "examples/switch/packet.hpp"

namespace sluice::flow_switch {

using namespace ofmsg;

namespace {

// Fields that this switch does not read from packets.
bool is_read(Field field) {
  static constexpr std::array unread{Field::in_phy_port, Field::tunnel_id,     Field::ipv6_exthdr, Field::mpls_label,
                                     Field::mpls_tc,     Field::mpls_bos,      Field::pbb_isid,    Field::pbb_uca,
                                     Field::tcp_flags,   Field::actset_output, Field::packet_type};
  return std::find(unread.begin(), unread.end(), field) == unread.end();
}

bool promises(const Match& match, const std::optional<Prerequisite>& needed) {
  if (!needed) return true;
  const Term* term = match.find(needed->field);
  const std::uint64_t mask = needed->mask & ones(facts(needed->field).bits).lo;
  if (term == nullptr || (term->mask.lo & mask) != mask) return false;
  return std::find(needed->one_of.begin(), needed->one_of.end(), term->value.lo & mask) != needed->one_of.end();
}

// Does every packet of the match have the field? Its prerequisites have prerequisites of their own.
bool promises(const Match& match, Field field) {
  const FieldFacts& f = facts(field);
  const bool below = !f.needs || promises(match, f.needs->field);
  return below && promises(match, f.needs) && promises(match, f.also_needs);
}

bool promises_tag(const Match& match) {
  const Term* term = match.find(Field::vlan_vid);
  return term != nullptr && (term->value.lo & vlan_present) != 0;
}

bool promises_ip(const Match& match) {
  const auto type = match.exact(Field::eth_type);
  return type && (type->lo == eth_type::ipv4 || type->lo == eth_type::ipv6);
}

}  // namespace

bool Checker::has_port(PortNo number) const {
  return std::any_of(ports_.begin(), ports_.end(), [&](const Port& p) { return p.number == number; });
}

bool Checker::has_queue(std::uint32_t id, std::optional<PortNo> number) const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [&](const Queue& queue) { return queue.id == id && (!number || queue.port == *number); });
}

Refusal Checker::check(const Match& match) const {
  if (!match.unknown().empty()) return because(Reason::bad_match_field);
  for (const Term& term : match.terms()) {
    if (!is_read(term.field)) return because(Reason::bad_match_field);
  }
  // 1.0 ignores fields that mean nothing; the reader has dropped them already.
  if (first_open_field(match)) return because(Reason::bad_match_prereq);
  return std::nullopt;
}

// Walks an action list and keeps in mind what each action does to the packets of the match.
class Checker::ActionCheck {
 public:
  ActionCheck(const Checker& checker, Match match, Place place)
      : checker_{checker}, match_{std::move(match)}, place_{place} {}

  Refusal operator()(const Output& a) const {
    if (a.port == port::in_port || a.port == port::flood || a.port == port::all || a.port == port::controller) {
      return std::nullopt;
    }
    // TABLE is for packet_out only [OF 1.0 §5.2.1]; NORMAL would need a switch beside this one.
    if (a.port == port::table && place_ == Place::packet_out) return std::nullopt;
    return checker_.has_port(a.port) ? std::nullopt : checker_.because(Reason::bad_out_port);
  }

  // Which port IN_PORT is shows when a packet comes. A port without the queue sends the packet all the same.
  Refusal operator()(const Enqueue& a) const {
    const bool back = a.port == port::in_port;
    if (!back && !checker_.has_port(a.port)) return checker_.because(Reason::bad_out_port);
    return queue(checker_.has_queue(a.queue, back ? std::nullopt : std::optional{a.port}));
  }

  Refusal operator()(const SetQueue& a) const { return queue(checker_.has_queue(a.queue, std::nullopt)); }

  // There are no groups.
  Refusal operator()(const Group&) const { return checker_.because(Reason::bad_out_group); }

  Refusal operator()(const SetVlanVid& a) const { return argument(a.vid <= 0xfff); }

  Refusal operator()(const SetVlanPcp& a) const { return argument(a.pcp <= 7); }

  Refusal operator()(const SetNwTos& a) const { return argument((a.tos & 3U) == 0); }

  Refusal operator()(const SetDlSrc&) const { return std::nullopt; }

  Refusal operator()(const SetDlDst&) const { return std::nullopt; }

  Refusal operator()(const SetNwSrc&) const { return std::nullopt; }

  Refusal operator()(const SetNwDst&) const { return std::nullopt; }

  Refusal operator()(const SetTpSrc&) const { return std::nullopt; }

  Refusal operator()(const SetTpDst&) const { return std::nullopt; }

  Refusal operator()(const PushVlan& a) {
    if (a.ethertype != eth_type::vlan && a.ethertype != eth_type::qinq) return argument(false);
    match_.set(Field::vlan_vid, u128(vlan_present), u128(vlan_present));
    return std::nullopt;
  }

  Refusal operator()(const PopVlan&) {
    const bool tagged = promises_tag(match_);
    match_.erase(Field::vlan_vid).erase(Field::vlan_pcp);
    return consistent(tagged);
  }

  Refusal operator()(const SetNwTtl&) const { return consistent(promises_ip(match_)); }

  Refusal operator()(const DecNwTtl&) const { return consistent(promises_ip(match_)); }

  Refusal operator()(const SetField& a) {
    const FieldFacts& f = facts(a.field);
    if (!f.settable || !can_set(a.field)) return checker_.because(Reason::bad_set_type);
    if (a.mask != ones(f.bits)) return checker_.because(Reason::bad_set_value);
    const bool vid_without_tag = a.field == Field::vlan_vid && (a.value.lo & vlan_present) == 0;
    if (vid_without_tag) return checker_.because(Reason::bad_set_value);
    // The table of fields names no prerequisite for vlan_vid, but there must be a tag to write
    // into.
    const bool sound = a.field == Field::vlan_vid ? promises_tag(match_) : promises(match_, a.field);
    match_.set(a.field, a.value);
    return consistent(sound);
  }

  // MPLS, PBB, TTL copies, 1.1's ECN, experimenters.
  template <class Other>
  Refusal operator()(const Other&) const {
    return checker_.because(Reason::bad_action_type);
  }

 private:
  [[nodiscard]] Refusal queue(bool there) const { return there ? std::nullopt : checker_.because(Reason::bad_queue); }

  [[nodiscard]] Refusal argument(bool good) const {
    return good ? std::nullopt : checker_.because(Reason::bad_action_value);
  }

  [[nodiscard]] Refusal consistent(bool good) const {
    if (good || !checker_.rules_.consistent_actions) return std::nullopt;
    return checker_.because(Reason::action_inconsistent);
  }

  const Checker& checker_;
  Match match_;
  Place place_;
};

Refusal Checker::check(const Actions& actions, Match match, Place place) const {
  ActionCheck one{*this, std::move(match), place};
  for (const Action& action : actions) {
    if (const Refusal refusal = std::visit(one, action)) return refusal;
  }
  return std::nullopt;
}

Refusal Checker::check(const Instructions& instructions, const Match& match, std::uint8_t table) const {
  std::bitset<std::variant_size_v<Instruction>> seen;
  for (const Instruction& instruction : instructions) {
    if (seen[instruction.index()]) return because(Reason::unsupported_instruction);  // each type at most once
    seen.set(instruction.index());
    if (std::holds_alternative<UnknownInstruction>(instruction)) return because(Reason::bad_instruction_type);
    if (std::holds_alternative<Meter>(instruction)) return because(Reason::unknown_meter);
    if (const auto* next = std::get_if<GotoTable>(&instruction)) {
      if (next->table_id <= table || next->table_id >= tables_) return because(Reason::bad_goto_table);
    }
    Refusal refusal;
    if (const auto* apply = std::get_if<ApplyActions>(&instruction)) {
      refusal = check(apply->actions, match, Place::flow);
    }
    if (const auto* write = std::get_if<WriteActions>(&instruction)) {
      refusal = check(write->actions, match, Place::flow);
    }
    if (refusal) return refusal;
  }
  return std::nullopt;
}

}  // namespace sluice::flow_switch
