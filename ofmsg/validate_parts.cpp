#include "ofmsg/validate_parts.hpp"

#include <algorithm>
#include <type_traits>

#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_parts.hpp"
#include "ofmsg/tree.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::uint32_t max_meter = 0xffff0000;

// A port that packets can be sent to [OF 1.0 §5.2.1, 1.3.5 §7.2.1]. 1.0 leaves a hole between OFPP_MAX and the reserved
// numbers.
bool can_output(PortNo p, Version version, PartsValidator::Where place) {
  if (p == port::table) return place == PartsValidator::Where::packet_out;
  if (p == port::any || p == port::unset) return false;
  if (version == v1_0 && p.value > 0xff00 && p < port::in_port) return false;
  return p <= port::max || p >= port::in_port;
}

bool is_pipeline(Field field) {
  switch (field) {
    case Field::in_port:
    case Field::in_phy_port:
    case Field::metadata:
    case Field::tunnel_id:
    case Field::packet_type: return true;
    default: return false;
  }
}

std::optional<Reason> reason_of(OxmFault fault) {
  switch (fault) {
    case OxmFault::none: break;
    case OxmFault::length: return Reason::bad_match_length;
    case OxmFault::mask: return Reason::bad_match_mask;
    case OxmFault::wildcards: return Reason::bad_match_wildcards;
    case OxmFault::value: return Reason::bad_match_value;
  }
  return std::nullopt;
}

// The classes of what Open vSwitch and others have beside the standard's own class.
constexpr std::uint16_t nxm_0 = 0x0000, nxm_1 = 0x0001, packet_registers = 0x8001;

}  // namespace

void PartsValidator::fault(Reason reason, std::string where, std::string what) {
  faults_.push_back({reason, std::move(where), std::move(what)});
}

bool PartsValidator::knows(std::uint32_t experimenter) const {
  const auto& rows = known_.rows();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const ExtensionRow& row) { return row.extension->experimenter == experimenter; });
}

void PartsValidator::extension(const std::optional<ExtensionBody>& body, std::uint32_t experimenter) {
  // Whether the receiver knows an experimenter is not the message's fault.
  if (!knows(experimenter)) return;
  if (!body) return fault(Reason::bad_experimenter_type, "body", "too short to say which message it is");
  const ExtensionRow* row = known_.find(*body, version_);
  if (row == nullptr) return;
  const Result<Tree, CodecError> fields = row->to_tree(body->body, version_, known_);
  if (!fields) fault(fields.error().reason, "body", std::string{row->extension->name} + ": " + text(fields.error()));
}

// --- matches
// -----------------------------------------------------------------------------------------------------------

void PartsValidator::match(const std::string& where, const Match& match) {
  for (const Bytes& oxm : match.unknown()) {
    const OxmHeader header{load<std::uint32_t>(oxm), 0};
    if (const std::optional<Reason> reason = reason_of(oxm_fault(oxm))) {
      fault(*reason, where, "field " + hex(header.value, 8) + " has a length, a value or a mask that it cannot have");
      continue;
    }
    const bool extension = header.oxm_class() == nxm_0 || header.oxm_class() == nxm_1 ||
                           header.oxm_class() == packet_registers ||
                           header.oxm_class() == OxmHeader::experimenter_class;
    // Fields of later versions are taken by switches that know them; bad values are faults of decoding.
    if (extension || header.field()) continue;
    fault(Reason::bad_match_field, where, "unknown field " + hex(header.value, 8));
  }
  // What the structs of 1.0 and 1.1 cannot say, they leave out.
  if (version_ < v1_2) return;
  // A prerequisite comes before the field that needs it [OF 1.3.5 §7.2.3.6]; fields in another order are found by what
  // the decoder kept.
  if (const std::optional<Field> open = first_open_field(match); open && !names_packet_type(match)) {
    fault(Reason::bad_match_prereq, where + '.' + std::string{facts(*open).name},
          "a field without the fields that it needs");
  }
}

void PartsValidator::pipeline_only(const std::string& where, const Match& match) {
  for (const Term& term : match.terms()) {
    if (is_pipeline(term.field)) continue;
    fault(Reason::bad_pipeline_fields, where + '.' + std::string{facts(term.field).name}, "no pipeline field");
  }
}

// --- actions
// -----------------------------------------------------------------------------------------------------------

class ActionValidator {
 public:
  ActionValidator(PartsValidator& parts, std::string where, PartsValidator::Where place)
      : parts_{parts}, where_{std::move(where)}, place_{place} {}

  void operator()(const Output& a) const {
    if (!can_output(a.port, parts_.version_, place_)) {
      fault(Reason::bad_out_port, "packets cannot be sent to port " + text(a.port));
    }
  }

  void operator()(const Enqueue& a) const {
    if (!is_physical(a.port) && a.port != port::in_port) fault(Reason::bad_out_port, "a port without queues");
  }

  void operator()(const SetVlanVid& a) const { limit("a VLAN", a.vid, 0xfff); }

  void operator()(const SetVlanPcp& a) const { limit("a VLAN priority", a.pcp, 7); }

  void operator()(const SetNwEcn& a) const { limit("ECN", a.ecn, 3); }

  void operator()(const SetNwTos& a) const {
    if ((a.tos & 3U) != 0) fault(Reason::bad_action_value, "the two lowest bits of the TOS are not DSCP");
  }

  void operator()(const SetMplsLabel& a) const { limit("an MPLS label", a.label, 0xfffff); }

  void operator()(const SetMplsTc& a) const { limit("an MPLS traffic class", a.tc, 7); }

  void operator()(const PushVlan& a) const { ethertype(a.ethertype, {eth_type::vlan, eth_type::qinq}); }

  void operator()(const PushMpls& a) const { ethertype(a.ethertype, {eth_type::mpls, eth_type::mpls_multicast}); }

  void operator()(const PushPbb& a) const { ethertype(a.ethertype, {eth_type::pbb, eth_type::pbb}); }

  void operator()(const Group& a) const {
    if (a.id.value > GroupId::max) fault(Reason::bad_out_group, "no group has this number");
  }

  void operator()(const SetField& a) const {
    if (!facts(a.field).settable) fault(Reason::bad_set_type, std::string{facts(a.field).name} + " cannot be set");
    const bool tag = (a.value.lo & vlan_present) != 0 || (a.mask.lo & vlan_present) == 0;
    if (a.field == Field::vlan_vid && !tag) fault(Reason::bad_set_value, "a tag is taken away by pop_vlan");
  }

  void operator()(const MeterAction& a) const {
    if (a.id == 0 || a.id > max_meter) fault(Reason::bad_meter, "no meter has this number");
  }

  void operator()(const UnknownAction& a) const {
    if (a.type() != UnknownAction::experimenter_type) {
      // A set_field of other classes' fields is known to others; a bad one is a fault of decoding.
      if (!a.is_set_field()) fault(Reason::bad_action_type, "unknown action " + std::to_string(a.type()));
      return;
    }
    const std::optional<ExtensionBody> body = extension_body(a, parts_.version_);
    const ExtensionRow* row = body ? parts_.known_.find(*body, parts_.version_) : nullptr;
    if (row == nullptr) return;
    const Result<Tree, CodecError> fields = row->to_tree(body->body, parts_.version_, parts_.known_);
    if (fields) return;
    const Reason reason = fields.error().reason;
    const bool sizes = reason == Reason::truncated || reason == Reason::bad_length;
    fault(sizes ? Reason::bad_action_len : reason, std::string{row->extension->name} + ": " + text(fields.error()));
  }

  template <class A>
  void operator()(const A&) const {}

 private:
  void fault(Reason reason, std::string what) const { parts_.fault(reason, where_, std::move(what)); }

  void limit(std::string_view what, std::uint64_t value, std::uint64_t max) const {
    if (value > max) {
      fault(Reason::bad_action_value,
            std::string{what} + " is at most " + std::to_string(max) + ", not " + std::to_string(value));
    }
  }

  void ethertype(std::uint16_t value, std::array<std::uint16_t, 2> allowed) const {
    if (value != allowed[0] && value != allowed[1])
      fault(Reason::bad_action_value, "not an EtherType of this tag: " + hex(value, 4));
  }

  PartsValidator& parts_;
  std::string where_;
  PartsValidator::Where place_;
};

void PartsValidator::actions(const std::string& where, const Actions& actions, Where place) {
  for (std::size_t i = 0; i < actions.size(); ++i) {
    std::visit(ActionValidator{*this, where + '[' + std::to_string(i) + ']', place}, actions[i]);
  }
}

// --- instructions
// ------------------------------------------------------------------------------------------------------

namespace {

// Does the match, or an action before, make sure that the packet has the field?
class Presence {
 public:
  explicit Presence(const Match& match) : match_{match} {}

  // Headers that come and go change what can be known; then nothing is said any more.
  [[nodiscard]] bool sure(Field field) const {
    if (!certain_) return true;
    Match with = match_;
    const FieldFacts& f = facts(field);
    with.set(field, U128{}, ones(f.bits));
    const std::optional<Field> open = first_open_field(with);
    return !open || *open != field;
  }

  template <class A>
  void after(const A& action) {
    if constexpr (std::is_same_v<A, PushVlan> || std::is_same_v<A, PopVlan> || std::is_same_v<A, PushMpls> ||
                  std::is_same_v<A, PopMpls> || std::is_same_v<A, PushPbb> || std::is_same_v<A, PopPbb> ||
                  std::is_same_v<A, UnknownAction>) {
      certain_ = false;
    } else if constexpr (std::is_same_v<A, SetField>) {
      if (action.field == Field::eth_type || action.field == Field::ip_proto) certain_ = false;
    }
  }

 private:
  const Match& match_;
  bool certain_ = true;
};

}  // namespace

void PartsValidator::instructions(const std::string& where, const Instructions& instructions, const Match* flow,
                                  std::uint8_t table_id) {
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    const std::string path = where + '[' + std::to_string(i) + ']';
    const Instruction& instruction = instructions[i];
    const bool unknown = std::holds_alternative<UnknownInstruction>(instruction);
    if (!unknown && !seen.insert(instruction.index()).second) fault(Reason::dup_instruction, path, "given twice");
    if (const auto* go = std::get_if<GotoTable>(&instruction)) {
      // Only forward, and never to OFPTT_ALL [OF 1.3.5 §5.1].
      if (table_id != all_tables && (go->table_id <= table_id || go->table_id == all_tables)) {
        fault(Reason::bad_goto_table, path, "goto_table goes to a later table");
      }
    } else if (const auto* apply = std::get_if<ApplyActions>(&instruction)) {
      actions(version_ == v1_0 ? where : path + ".actions", apply->actions, Where::flow);
      if (flow == nullptr || version_ < v1_2) continue;
      Presence presence{*flow};
      for (std::size_t j = 0; j < apply->actions.size(); ++j) {
        const auto* set = std::get_if<SetField>(&apply->actions[j]);
        if (set != nullptr && facts(set->field).settable && !presence.sure(set->field)) {
          fault(Reason::action_inconsistent, path + ".actions[" + std::to_string(j) + ']',
                "the match does not make sure that packets have " + std::string{facts(set->field).name});
        }
        std::visit([&](const auto& a) { presence.after(a); }, apply->actions[j]);
      }
    } else if (const auto* write = std::get_if<WriteActions>(&instruction)) {
      actions(path + ".actions", write->actions, Where::action_set);
    } else if (const auto* meter = std::get_if<Meter>(&instruction)) {
      if (meter->id == 0 || meter->id > max_meter) fault(Reason::bad_meter, path, "no meter has this number");
    } else if (const auto* other = std::get_if<UnknownInstruction>(&instruction)) {
      if (other->type() != UnknownInstruction::experimenter_type) {
        fault(Reason::bad_instruction_type, path, "unknown instruction " + std::to_string(other->type()));
      }
    }
  }
}

}  // namespace sluice::ofmsg
