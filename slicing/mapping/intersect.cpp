#include "slicing/mapping/intersect.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ofmsg/text.hpp"
#include "policy/boxes.hpp"
#include "slicing/probe.hpp"

namespace sluice::slicing::mapping {

namespace {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about actions and fields only

// The order in which an action set is executed [OF 1.3.5 §5.10].
struct SetOrder {
  int operator()(const CopyTtlIn&) const { return 0; }

  int operator()(const PopVlan&) const { return 1; }

  int operator()(const PopMpls&) const { return 1; }

  int operator()(const PopPbb&) const { return 1; }

  int operator()(const PushMpls&) const { return 2; }

  int operator()(const PushPbb&) const { return 3; }

  int operator()(const PushVlan&) const { return 4; }

  int operator()(const CopyTtlOut&) const { return 5; }

  int operator()(const DecNwTtl&) const { return 6; }

  int operator()(const DecMplsTtl&) const { return 6; }

  int operator()(const SetQueue&) const { return 8; }

  int operator()(const Group&) const { return 9; }

  int operator()(const Output&) const { return 10; }

  int operator()(const UnknownAction&) const { return 11; }

  int operator()(const Enqueue&) const { return 11; }

  template <class Set>
  int operator()(const Set&) const {
    return 7;
  }
};

int set_order(const Action& action) { return std::visit(SetOrder{}, action); }

// With a single table, "apply these, then execute the set" is one list: the applied actions, then those of the set in
// the order in which a switch executes them. Only the last action of a type counts in a set; set_field has a type for
// each field.
Actions in_set_order(const Actions& written) {
  Actions set;
  for (const Action& action : written) {
    const auto same = [&](const Action& other) {
      if (other.index() != action.index()) return false;
      const auto* a = std::get_if<SetField>(&action);
      const auto* b = std::get_if<SetField>(&other);
      return a == nullptr || a->field == b->field;
    };
    const auto at = std::find_if(set.begin(), set.end(), same);
    if (at == set.end()) {
      set.push_back(action);
    } else {
      *at = action;
    }
  }
  std::stable_sort(set.begin(), set.end(),
                   [](const Action& a, const Action& b) { return set_order(a) < set_order(b); });
  // A group in the set beats an output in the set.
  if (std::any_of(set.begin(), set.end(), [](const Action& a) { return std::holds_alternative<Group>(a); })) {
    std::erase_if(set, [](const Action& a) { return std::holds_alternative<Output>(a); });
  }
  return set;
}

// May anything of the slice go there?
bool is_output(const Context& context, PortNo port) {
  if (is_physical(port) || port == port::local) return !context.view.at(context.slice, port).empty();
  if (port == port::normal) return context.settings.allowed.normal;
  return port == port::in_port || port == port::controller || port == port::flood || port == port::all;
}

struct Flattener {
  const Context& context;
  Actions& apply;
  Actions& set;
  std::optional<Refuse>& refusal;

  void operator()(const ApplyActions& i) const { apply = i.actions; }

  // The set keeps the last output only, which the output rule judges; a switch looks at all that are written.
  void operator()(const WriteActions& i) const {
    set = in_set_order(i.actions);
    if (context.illegal == OutputContext::Illegal::omit) return;
    const Output* output = nullptr;
    for (const Action& action : i.actions) {
      const auto* next = std::get_if<Output>(&action);
      if (next == nullptr) continue;
      if (const Output* replaced = std::exchange(output, next); replaced != nullptr) look_at(replaced->port);
    }
  }

  void operator()(const ClearActions&) const {}  // the set is empty at the first table

  void operator()(const GotoTable& i) const {
    fail(Reason::bad_goto_table, RefusalCode::no_such_table,
         "goto_table:" + std::to_string(i.table_id) + ": the slice has table 0 only");
  }

  void operator()(const WriteMetadata&) const {
    fail(Reason::unsupported_instruction, RefusalCode::not_supported, "write_metadata needs a second table");
  }

  void operator()(const Meter& i) const {
    fail(Reason::bad_meter, RefusalCode::no_meters, "the slice has no meter " + std::to_string(i.id));
  }

  void operator()(const StatTrigger&) const {
    fail(Reason::unsupported_instruction, RefusalCode::not_supported, "stat_trigger is not supported");
  }

  void operator()(const UnknownInstruction& i) const {
    const std::uint16_t type = i.type();
    fail(type == 0xffff ? Reason::bad_instruction_experimenter : Reason::bad_instruction_type,
         RefusalCode::not_supported, "instruction type " + std::to_string(type) + " is unknown");
  }

 private:
  void look_at(PortNo port) const {
    if (is_output(context, port)) return;
    fail(Reason::bad_out_port, RefusalCode::output_to_foreign_port,
         "output to " + text(port) + ": it is no port that the slice can send to, though the set keeps another output");
  }

  void fail(Reason reason, RefusalCode code, std::string why) const {
    if (!refusal) refusal = Refuse{reason, code, std::move(why)};
  }
};

Judged<Actions> one_list(const Context& context, const Instructions& instructions) {
  Actions apply;
  Actions set;
  std::optional<Refuse> refusal;
  for (const Instruction& instruction : instructions) std::visit(Flattener{context, apply, set, refusal}, instruction);
  if (refusal) return Failure<Refuse>{*std::move(refusal)};
  apply.insert(apply.end(), set.begin(), set.end());
  return apply;
}

Failure<Refuse> too_many(const Context& context) {
  return refuse(Reason::table_full, RefusalCode::too_many_pieces,
                "the flow would need more than " + std::to_string(context.settings.limits.expand) +
                    " physical flows (limits.expand)");
}

Failure<Refuse> outside(const Match& match, std::string_view what) {
  return refuse(Reason::flow_outside, RefusalCode::outside_flowspace,
                "match " + (match.matches_all() ? std::string{"any"} : text(match)) + ": " + std::string{what});
}

// Is every packet of the match one of the pieces? A match without ingress port never is: some port is always foreign.
bool wholly_inside(const Match& match, const std::vector<policy::Piece>& pieces) {
  std::vector<Match> rest{match};
  for (const policy::Piece& piece : pieces) {
    std::vector<Match> next;
    for (const Match& part : rest) {
      for (Match& left : subtract(part, piece.match)) next.push_back(std::move(left));
    }
    rest = std::move(next);
  }
  return rest.empty() && match.in_port();
}

// Where the slice may write, frames of discovery come to us before any flow of its own sees them. A port where the flow
// would meet them, if it is about nothing else.
std::optional<PortNo> discovery_port(const Context& context, const Match& match) {
  if (context.settings.lldp == policy::Lldp::none || !is_discovery(match)) return std::nullopt;
  for (const PortNo port : context.view.ports(context.slice)) {
    if (match.in_port().value_or(port) == port && !context.view.at(context.slice, port).empty()) return port;
  }
  return std::nullopt;
}

OutputContext output_context(const Context& context, PortNo in_port) {
  return {.view = context.view,
          .ports = context.ports,
          .virtual_ports = context.virtual_ports,
          .slice = context.slice,
          .allowed = context.settings.allowed,
          .in_port = in_port,
          .packet_out = false,
          .cookie_in_packet_in = since(v1_3).has(context.version),
          .queue_in_output = only(v1_0).has(context.version),
          .illegal = context.illegal};
}

// Where a part of the packets may not leave a port: see OutputContext::cuts.
enum class Parts : std::uint8_t { cut, left_out };

bool cannot_be_cut(RefusalCode code) {
  return code == RefusalCode::too_many_pieces || code == RefusalCode::not_expressible;
}

Judged<std::vector<PhysicalFlow>> intersect(const Context& context, const Match& match,
                                            const Instructions& instructions, Parts parts) {
  const Judged<Actions> actions = one_list(context, instructions);
  if (!actions) return Failure<Refuse>{actions.error()};
  if (const std::optional<PortNo> port = discovery_port(context, match)) {
    OutputContext output = output_context(context, *port);
    const Match anything;
    output.meets = &anything;
    OutputVerdict verdict = judge_actions(output, SymbolicPacket::of(match), *actions);
    if (auto* refusal = std::get_if<Refuse>(&verdict)) return Failure<Refuse>{std::move(*refusal)};
    return std::vector<PhysicalFlow>{};
  }
  const std::size_t limit = context.settings.limits.expand;
  // One that stands was judged by that when it came: it gets as many as the ports that have come since demand.
  constexpr std::size_t most = 65536;  // that limits.expand may be
  const bool stands = context.illegal == OutputContext::Illegal::omit;
  std::optional<std::vector<policy::Piece>> pieces = context.view.clip(context.slice, match, stands ? most : limit);
  if (!pieces) return too_many(context);
  if (pieces->empty()) return outside(match, "no packet of it belongs to the slice");
  if (context.settings.outside == policy::Outside::reject && !wholly_inside(match, *pieces)) {
    return outside(match, "not every packet of it belongs to the slice, and the slice file says to reject");
  }

  std::vector<PhysicalFlow> flows;
  while (!pieces->empty()) {
    policy::Piece piece = std::move(pieces->back());
    pieces->pop_back();
    const bool silent = !context.virtual_ports.receives(context.slice, piece.in_port);
    if (const std::optional<Field> field = first_inexpressible(piece.match, context.version)) {
      return refuse(Reason::bad_match_mask, RefusalCode::not_expressible,
                    "OpenFlow " + std::string{text(context.version)} + " cannot say the part of the match on " +
                        std::string{text(*field)} + " that belongs to the slice");
    }
    OutputContext output = output_context(context, piece.in_port);
    output.cuts = parts == Parts::cut;
    OutputVerdict verdict = judge_actions(output, SymbolicPacket::of(piece.match), *actions);
    if (auto* refusal = std::get_if<Refuse>(&verdict)) {
      if (!refusal->rule) refusal->rule = piece.rule;
      return Failure<Refuse>{std::move(*refusal)};
    }
    if (const auto* split = std::get_if<Split>(&verdict)) {
      if (std::optional<Match> in = ofmsg::intersect(piece.match, split->along)) {
        pieces->push_back({piece.in_port, *std::move(in), piece.rule});
      }
      for (const Match& out : subtract(piece.match, split->along)) {
        auto said = policy::said_as(out, context.version, limit);
        if (!said) return too_many(context);
        for (Match& part : *said) pieces->push_back({piece.in_port, std::move(part), piece.rule});
      }
      if (pieces->size() + flows.size() > limit) return too_many(context);
      continue;
    }
    if (silent) continue;  // judged all the same: it stands there once the port is turned on
    PhysicalFlow flow{std::move(piece.match), {}};
    flow.first = context.version == v1_0 && has_no_wildcards_1_0(flow.match);
    flow.narrowed = parts == Parts::left_out;
    auto& list = std::get<Actions>(verdict);
    if (!list.empty()) {
      Instructions apply;
      apply.emplace_back(ApplyActions{std::move(list)});
      flow.instructions = std::move(apply);
    }
    flows.push_back(std::move(flow));
  }
  // Where regions of the slice overlap, two cuts can end in the same match.
  const auto by_match = [](const PhysicalFlow& a, const PhysicalFlow& b) { return a.match < b.match; };
  const auto same_match = [](const PhysicalFlow& a, const PhysicalFlow& b) { return a.match == b.match; };
  std::sort(flows.begin(), flows.end(), by_match);
  flows.erase(std::unique(flows.begin(), flows.end(), same_match), flows.end());
  return flows;
}

}  // namespace

Judged<std::vector<PhysicalFlow>> intersect(const Context& context, const Match& match,
                                            const Instructions& instructions) {
  auto flows = intersect(context, match, instructions, Parts::cut);
  if (flows || !cannot_be_cut(flows.error().code)) return flows;
  return intersect(context, match, instructions, Parts::left_out);
}

}  // namespace sluice::slicing::mapping
