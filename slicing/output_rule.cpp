#include "slicing/output_rule.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ofmsg/text.hpp"
#include "slicing/probe.hpp"

namespace sluice::slicing {

namespace {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about actions and fields only

// Boxes that one coverage question may cut a packet's headers into before we give up and call it not covered.
constexpr std::size_t coverage_budget = 4096;

// How a set of headers lies to what the slice owns at a port.
struct Coverage {
  enum class Kind : std::uint8_t { none, partial, full } kind = Kind::none;
  std::optional<Match> outside;         // some headers that are not owned there
  const policy::Box* inside = nullptr;  // a box that owns some of them
};

Coverage coverage(const OutputContext& context, PortNo port, const Match& header) {
  Coverage answer;
  if (context.meets != nullptr) {
    const auto boxes = context.view.at(context.slice, port);
    const bool any = std::any_of(boxes.begin(), boxes.end(),
                                 [&](const policy::Box& box) { return !disjoint(box.header, *context.meets); });
    if (any) answer.kind = Coverage::Kind::full;
    return answer;
  }
  std::vector<Match> rest{header};
  for (const policy::Box* box : context.view.meeting(context.slice, port, header)) {
    if (answer.inside == nullptr) answer.inside = box;
    if (covers(box->header, header)) {  // as usual
      rest.clear();
      break;
    }
    std::vector<Match> next;
    for (Match& part : rest) {
      if (disjoint(part, box->header)) {
        next.push_back(std::move(part));
        continue;
      }
      for (Match& left : subtract(part, box->header)) next.push_back(std::move(left));
    }
    rest = std::move(next);
    if (rest.empty() || rest.size() > coverage_budget) break;
  }
  if (rest.empty()) {
    answer.kind = Coverage::Kind::full;
  } else {
    answer.kind = answer.inside == nullptr ? Coverage::Kind::none : Coverage::Kind::partial;
    answer.outside = std::move(rest.front());
  }
  return answer;
}

// --- the walk -------------------------------------------------------------------------------------------------------

constexpr bool is_tag(std::uint64_t type) { return type == eth_type::vlan || type == eth_type::qinq; }

// What an action gives such a type must not have it: as a tag, what follows would be read by others, and nobody has
// judged it; as a frame of discovery it could bear another slice's mark.
constexpr bool is_judged_elsewhere(std::uint64_t type) { return is_tag(type) || is_discovery_type(type); }

constexpr bool is_pipeline_field(Field field) {
  return field == Field::in_port || field == Field::in_phy_port || field == Field::metadata ||
         field == Field::tunnel_id || field == Field::actset_output || field == Field::packet_type;
}

class Walk {
 public:
  Walk(const OutputContext& context, SymbolicPacket packet) : context_{context}, packet_{std::move(packet)} {}

  OutputVerdict run(const Actions& actions) {
    if (actions.size() > actions_limit) {
      too_many();
      return *std::move(refusal_);
    }
    for (const Action& action : actions) {
      std::visit([this](const auto& a) { step(a); }, action);
      if (out_.size() > actions_limit) too_many();
      if (split_) return *std::move(split_);
      if (refusal_) return *std::move(refusal_);
    }
    settle_choice();
    if (refusal_) return *std::move(refusal_);
    return std::move(out_);
  }

 private:
  // Outputs.

  void step(const Output& a) {
    if (a.port == port::controller) return to_controller(a);
    if (a.port == port::flood || a.port == port::all) return to_all(a);
    if (a.port == port::table) return to_table(a);
    if (a.port == port::in_port) {
      if (!context_.in_port) return illegal_port(a.port, "the packet has no ingress port");
      if (legal(*context_.in_port)) send(*context_.in_port, a);
      return;
    }
    if (a.port == port::normal && context_.allowed.normal) return to_normal(a);
    if (!is_physical(a.port) && a.port != port::local) {
      return illegal_port(
          a.port, a.port == port::normal ? "the switch's own forwarding knows no slices" : "it is no port to send to");
    }
    // The switch skips an output to the ingress port; it must be legal all the same.
    if (legal(a.port)) send(a.port, a);
  }

  // 1.0: an output, and the choice of a queue for it alone.
  void step(const Enqueue& a) {
    const bool back = a.port == port::in_port;
    if (back && !context_.in_port) return illegal_port(a.port, "the packet has no ingress port");
    const PortNo number = back ? *context_.in_port : a.port;
    if (!legal(number)) return;
    chosen_ = a.queue;
    send(number, Output{a.port, 0});
    chosen_.reset();
  }

  void to_controller(const Output& a) {
    // A packet_in of 1.3 carries the flow's cookie, so that it finds its slice whatever the header has become;
    // elsewhere the header decides, and has to lead to the same slice.
    if (context_.packet_out || !context_.cookie_in_packet_in) {
      if (!context_.in_port)
        return illegal_port(a.port, "without an ingress port nobody could tell whose packet_in it is");
      if (!legal(*context_.in_port)) return;
    }
    out_.emplace_back(Output{a.port, Output::no_buffer});
  }

  void to_table(const Output& a) {
    if (!context_.packet_out) return illegal_port(a.port, "TABLE is for packet_out only");
    if (!context_.in_port)
      return illegal_port(a.port, "without an ingress port of the slice the flow table cannot be entered");
    if (legal(*context_.in_port)) send_anywhere(a);
  }

  // The switch chooses the ports then, and knows nothing of a queue that is forced there.
  void to_normal(const Output& a) {
    for (const PortNo number : context_.view.ports(context_.slice)) {
      const std::optional<std::uint32_t> forced = queues(number).forced;
      if (chosen_ || !forced) continue;
      if (context_.illegal == OutputContext::Illegal::omit) return;
      return fail(Reason::bad_queue, RefusalCode::queue_not_granted,
                  "output to NORMAL: it could leave port " + text(number) + " past queue " + std::to_string(*forced) +
                      ", which is forced there");
    }
    send_anywhere(a);
  }

  // LOCAL is a port like the others to both, as Open vSwitch has it, if the slice has it.
  void to_all(const Output& a) {
    for (const PortNo number : context_.view.ports(context_.slice)) {
      if (number == context_.in_port || !sends(number)) continue;
      const ofmsg::Port* port = context_.ports.find(number);
      if (port == nullptr) continue;
      if (a.port == port::flood && !context_.virtual_ports.floods(context_.slice, *port)) continue;
      const Coverage c = coverage(context_, number, packet_.header);
      if (c.kind == Coverage::Kind::full) send(number, Output{number, 0});
      if (c.kind == Coverage::Kind::partial && context_.cuts && cut(*c.inside)) return;
    }
  }

  // Cuts the flow at the edge of the box, as far as the fields still are what they were on arrival; false if the edge
  // runs along changed fields only, so that no part of the flow is known to be legal.
  bool cut(const policy::Box& box) {
    Match along;
    for (const Term& term : box.header.terms()) {
      if (packet_.changed[static_cast<std::size_t>(term.field)]) continue;
      along.set(term.field, term.value, term.mask);
    }
    along = without_open_fields(std::move(along));
    const bool real = !covers(along, packet_.header) && !disjoint(along, packet_.header);
    if (real) split_ = Split{std::move(along)};
    return real;
  }

  // Or has the slice turned the port off?
  [[nodiscard]] bool sends(PortNo number) const { return context_.virtual_ports.sends(context_.slice, number); }

  // Is every header of the packet the slice's at this port? If not, notes the refusal.
  bool legal(PortNo number) {
    const Coverage c = coverage(context_, number, packet_.header);
    if (c.kind == Coverage::Kind::full) return true;
    if (context_.illegal == OutputContext::Illegal::omit) {
      // What may leave goes on leaving.
      if (c.kind == Coverage::Kind::partial && context_.cuts) static_cast<void>(cut(*c.inside));
      return false;
    }
    if (context_.view.at(context_.slice, number).empty()) {
      illegal_port(number, context_.ports.find(number) == nullptr ? "the switch has no such port in this slice"
                                                                  : "it is not in the slice");
    } else if (!c.outside) {
      fail(Reason::action_outside, RefusalCode::header_leaves_slice,
           "the slice has nothing at port " + text(number) + " that " + text(*context_.meets) + " meets");
    } else {
      fail(
          Reason::action_outside, RefusalCode::header_leaves_slice,
          "a packet could leave port " + text(number) + " outside the slice, for example " + text(witness(*c.outside)));
      if (c.inside != nullptr) refusal_->rule = c.inside->rule;
    }
    return false;
  }

  void illegal_port(PortNo number, std::string_view why) {
    if (context_.illegal == OutputContext::Illegal::omit) return;
    fail(Reason::bad_out_port, RefusalCode::output_to_foreign_port,
         "output to " + text(number) + ": " + std::string{why});
  }

  // Queues.

  void step(const SetQueue& a) {
    settle_choice();
    chosen_ = a.queue;
    chosen_matters_ = false;
  }

  // A queue that has been chosen for nothing must be one of the slice's all the same.
  void settle_choice() {
    if (!chosen_ || chosen_matters_ || context_.illegal == OutputContext::Illegal::omit) return;
    if (context_.view.has_queue(context_.slice, *chosen_)) return;
    fail(Reason::bad_queue, RefusalCode::queue_not_granted,
         "the slice has no queue " + std::to_string(*chosen_) + " at any port of this switch");
  }

  [[nodiscard]] const policy::Queues& queues(PortNo number) const {
    return context_.view.queues(context_.slice, number);
  }

  // May an output to this port have the queue that has been chosen, if there is one? If not, notes the refusal.
  bool choice_legal(PortNo number, const policy::Queues& here) {
    chosen_matters_ = true;
    if (!chosen_ || here.allows(*chosen_)) return true;
    if (context_.illegal == OutputContext::Illegal::omit) return false;
    std::string all;
    for (const std::uint32_t queue : here.allowed) all += (all.empty() ? "" : ", ") + std::to_string(queue);
    fail(Reason::bad_queue, RefusalCode::queue_not_granted,
         "queue " + std::to_string(*chosen_) + " at port " + text(number) + ": there the slice may use " +
             (all.empty() ? "no queue" : "only " + all));
    return false;
  }

  // To a port where the packet is legal. A choice that is not, but no reason to refuse, counts as none.
  void send(PortNo number, const Output& a) {
    const policy::Queues& here = queues(number);
    const std::optional<std::uint32_t> queue = choice_legal(number, here) && chosen_ ? chosen_ : here.forced;
    if (!sends(number)) return;
    if (!context_.queue_in_output) {
      put(a, queue, in_queue_ && here.allows(*in_queue_));
    } else if (queue) {
      out_.emplace_back(Enqueue{a.port, *queue});
    } else {
      out_.emplace_back(a);
    }
  }

  // To where others decide which ports of the slice the packet leaves, with the queue that it is in.
  void send_anywhere(const Output& a) {
    std::optional<std::uint32_t> queue = chosen_;
    bool may_stay = in_queue_.has_value();
    for (const PortNo number : context_.view.ports(context_.slice)) {
      if (context_.view.at(context_.slice, number).empty()) continue;
      const policy::Queues& here = queues(number);
      if (!choice_legal(number, here)) queue.reset();
      may_stay = may_stay && here.allows(*in_queue_);
    }
    put(a, queue, may_stay);
  }

  // SET_QUEUE holds until the next one, and nothing takes a packet out of its queue again. So an output without a queue
  // goes before the first that has one, if the packet has not been changed since; else with the queue that is in force,
  // if the slice may use that there, too.
  void put(const Output& a, std::optional<std::uint32_t> queue, bool may_stay) {
    if (queue && queue != in_queue_) {
      if (!in_queue_) before_queue_ = out_.size();
      in_queue_ = queue;
      out_.emplace_back(SetQueue{*queue});
    }
    if (queue == in_queue_ || (!before_queue_ && may_stay)) {
      out_.emplace_back(a);
    } else if (before_queue_) {
      out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(*before_queue_), a);
      ++*before_queue_;
    } else if (context_.illegal == OutputContext::Illegal::refuse) {
      fail(Reason::bad_queue, RefusalCode::queue_not_granted,
           "output to " + text(a.port) + " behind one to queue " + std::to_string(*in_queue_) +
               ", which the slice may not use there: OpenFlow cannot take the packet out of it again");
    }
  }

  // Changes of the header.

  // Arguments that the specification does not know are refused here: what a switch makes of them cannot be foreseen.

  void step(const SetVlanVid& a) {
    if (a.vid > 0xfff) return bad_argument("set_vlan_vid", a.vid);
    change(a);
  }

  void step(const SetVlanPcp& a) {
    if (a.pcp > 7) return bad_argument("set_vlan_pcp", a.pcp);
    change(a);
  }

  void step(const PopVlan& a) { change(a); }

  void step(const PushVlan& a) {
    if (!is_tag(a.ethertype)) return bad_argument("push_vlan", a.ethertype);
    change(a);
  }

  void step(const SetDlSrc& a) { change(a); }

  void step(const SetDlDst& a) { change(a); }

  void step(const SetNwSrc& a) { change(a); }

  void step(const SetNwDst& a) { change(a); }

  void step(const SetNwTos& a) { change(a); }

  void step(const SetNwEcn& a) { change(a); }

  void step(const SetTpSrc& a) { change(a); }

  void step(const SetTpDst& a) { change(a); }

  void step(const SetField& a) {
    if (is_pipeline_field(a.field) || !facts(a.field).settable) {
      return fail(Reason::bad_set_type, RefusalCode::not_supported,
                  "set_field of " + std::string{text(a.field)} + " is not allowed");
    }
    if (a.field == Field::vlan_vid && (a.value.lo & vlan_present) == 0) {
      return fail(Reason::bad_set_value, RefusalCode::malformed, "set_field of vlan_vid lacks OFPVID_PRESENT");
    }
    if (a.field == Field::eth_type && is_judged_elsewhere(a.value.lo))
      return bad_argument("set_field of eth_type", a.value.lo);
    change(a);
  }

  void step(const PushMpls& a) {
    if (a.ethertype != eth_type::mpls && a.ethertype != eth_type::mpls_multicast) {
      return bad_argument("push_mpls", a.ethertype);
    }
    change(a);
  }

  void step(const PopMpls& a) {
    if (is_judged_elsewhere(a.ethertype)) return bad_argument("pop_mpls", a.ethertype);
    change(a);
  }

  void step(const PushPbb& a) {
    if (a.ethertype != eth_type::pbb) return bad_argument("push_pbb", a.ethertype);
    change(a);
  }

  void step(const PopPbb& a) { change(a); }

  // Time to live is no match field.
  void step(const SetNwTtl& a) { keep(a); }

  void step(const DecNwTtl& a) { keep(a); }

  void step(const SetMplsTtl& a) { keep(a); }

  void step(const DecMplsTtl& a) { keep(a); }

  void step(const CopyTtlOut& a) { keep(a); }

  void step(const CopyTtlIn& a) { keep(a); }

  // What a slice does not have.

  void step(const Group& a) {
    fail(Reason::bad_out_group, RefusalCode::no_groups, "the slice has no group " + std::to_string(a.id.value));
  }

  void step(const SetMplsLabel&) { unsupported_in_slices("set_mpls_label"); }

  void step(const SetMplsTc&) { unsupported_in_slices("set_mpls_tc"); }

  void step(const CopyField&) { unsupported_in_slices("copy_field"); }

  void step(const MeterAction& a) {
    fail(Reason::bad_meter, RefusalCode::no_meters, "the slice has no meter " + std::to_string(a.id));
  }

  void unsupported_in_slices(std::string_view action) {
    fail(Reason::bad_action_type, RefusalCode::not_supported, std::string{action} + " is not supported");
  }

  void step(const UnknownAction& a) {
    const std::uint16_t type = a.type();
    if (a.is_set_field()) {
      return fail(Reason::bad_set_type, RefusalCode::not_supported, "set_field of a field that is no OpenFlow field");
    }
    fail(type == 0xffff ? Reason::bad_action_experimenter : Reason::bad_action_type, RefusalCode::not_supported,
         type == 0xffff ? std::string{"experimenter actions are not supported"}
                        : "action type " + std::to_string(type) + " is unknown");
  }

  template <class A>
  void keep(const A& action) {
    out_.emplace_back(action);
    before_queue_.reset();
  }

  template <class A>
  void change(const A& action) {
    keep(action);
    rewrite(packet_, out_.back());
  }

  void bad_argument(std::string_view action, std::uint64_t value) {
    fail(Reason::bad_action_value, RefusalCode::malformed,
         std::string{action} + ": " + std::to_string(value) + " is no possible argument");
  }

  void too_many() {
    fail(Reason::too_many_actions, RefusalCode::too_many_actions,
         "the actions become more than " + std::to_string(actions_limit) + " when FLOOD and ALL are written out");
  }

  void fail(Reason reason, RefusalCode code, std::string why) {
    if (!refusal_) refusal_ = Refuse{reason, code, std::move(why)};
  }

  const OutputContext& context_;
  SymbolicPacket packet_;
  Actions out_;
  std::optional<std::uint32_t> chosen_;      // by the list, for what follows
  bool chosen_matters_ = false;              // something has followed
  std::optional<std::uint32_t> in_queue_;    // where the last SET_QUEUE of out_ puts the packet
  std::optional<std::size_t> before_queue_;  // where the first one is, if the packet is still as it was there
  std::optional<Split> split_;
  std::optional<Refuse> refusal_;
};

}  // namespace

OutputVerdict judge_actions(const OutputContext& context, SymbolicPacket packet, const Actions& actions) {
  return Walk{context, std::move(packet)}.run(actions);
}

}  // namespace sluice::slicing
