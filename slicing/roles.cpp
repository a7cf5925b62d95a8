// Who of a slice's controllers may write, and who is told: roles as OpenFlow 1.2 has them, and Nicira's for 1.0
// [OF 1.3.5 §6.3.6]. They are the slice's own affair: nothing of them reaches the switch.
//
// A controller that has asked for no role has none of its own: of these the first in the order of the file writes, as
// long as nobody is master. So controllers that know nothing of roles can stand by for each other.
#include <algorithm>
#include <utility>

#include "ofmsg/extensions/nicira_message.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/session.hpp"

namespace sluice::slicing {

namespace {

using ofmsg::Message;
using ofmsg::Reason;
using ofmsg::Role;

bool has_asked_to_write(const Leg& leg) { return leg.role == Role::master || leg.role == Role::equal; }

// In the order of the file, those that only stand by behind all others.
auto order(const Leg& leg) { return std::pair{leg.controller.standby, leg.rank}; }

}  // namespace

bool Session::may_write(std::size_t index) const {
  const Leg& leg = legs[index];
  if (!leg.up() || leg.controller.read_only || leg.role == Role::slave) return false;
  if (has_asked_to_write(leg)) return true;
  const std::vector<std::size_t>& all = legs_of.at(leg.slice);
  return std::none_of(all.begin(), all.end(), [&](std::size_t i) {
    const Leg& other = legs[i];
    if (i == index || !other.up() || other.controller.read_only) return false;
    if (has_asked_to_write(other)) return other.role == Role::master || leg.controller.standby;
    return other.role == Role::nochange && order(other) < order(leg);
  });
}

std::optional<std::size_t> Session::writer(policy::SliceId wanted) const {
  std::optional<std::size_t> best;
  const auto all = legs_of.find(wanted);
  if (all == legs_of.end()) return best;
  for (const std::size_t i : all->second) {
    if (may_write(i) && (!best || order(legs[i]) < order(legs[*best]))) best = i;
  }
  return best;
}

std::vector<std::size_t> Session::listeners(policy::SliceId wanted) const {
  std::vector<std::size_t> told;
  const auto all = legs_of.find(wanted);
  if (all == legs_of.end()) return told;
  for (const std::size_t i : all->second) {
    if (may_write(i) || (legs[i].up() && legs[i].controller.read_only)) told.push_back(i);
  }
  return told;
}

namespace {

// The role of which the controller is told: whoever has asked for none has that of what it may do.
Role shown(const Session& s, std::size_t index) {
  const Role own = s.legs[index].role;
  if (own != Role::nochange && !s.legs[index].controller.read_only) return own;
  return s.may_write(index) ? Role::equal : Role::slave;
}

// Nothing if it has the role now.
std::optional<Refuse> take_role(Session& s, Turn& t, std::size_t index, Role wanted) {
  Leg& leg = s.legs[index];
  if (leg.controller.read_only && (wanted == Role::master || wanted == Role::equal)) {
    return Refuse{Reason::role_unsupported, RefusalCode::not_the_writer,
                  "the slice file has this controller read-only"};
  }
  if (wanted > Role::slave) {
    return Refuse{Reason::bad_role, RefusalCode::malformed,
                  "there is no role " + std::to_string(static_cast<std::uint32_t>(wanted))};
  }
  if (wanted == Role::nochange || leg.role == wanted) return std::nullopt;
  leg.role = wanted;
  note(s, t, NoteId::role_taken,
       "controller=" + text(leg.controller.at) +
           " role=" + std::string{ofmsg::enum_names<Role>[static_cast<std::size_t>(wanted)]},
       leg.slice);
  if (wanted != Role::master) return std::nullopt;
  for (Leg& other : s.legs) {
    if (&other != &leg && other.slice == leg.slice && other.role == Role::master) other.role = Role::slave;
  }
  return std::nullopt;
}

// Is the generation older than one that is known? It counts round [OF 1.3.5 §6.3.6].
bool is_stale(std::uint64_t generation, std::uint64_t known) {
  return static_cast<std::int64_t>(generation - known) < 0;
}

}  // namespace

void role_asked(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, const ofmsg::RoleRequest& request) {
  Leg& leg = s.legs[index];
  std::optional<std::uint64_t>& known = s.generations[leg.slice];
  if (request.role == Role::master || request.role == Role::slave) {
    if (known && is_stale(request.generation_id, *known)) {
      return refuse(
          s, t, leg, original,
          {Reason::role_stale, RefusalCode::not_the_writer,
           "generation " + std::to_string(request.generation_id) + " is older than " + std::to_string(*known)});
    }
    known = request.generation_id;
  }
  if (const auto refusal = take_role(s, t, index, request.role)) return refuse(s, t, leg, original, *refusal);
  ofmsg::RoleReply reply;
  reply.role = shown(s, index);
  reply.generation_id = known.value_or(~std::uint64_t{0});
  send_to_leg(s, t, leg, Message{reply}, TheirXid{original.xid().value});
}

void vendor_asked(Session& s, Turn& t, std::size_t index, ofmsg::FrameView original, ofmsg::Experimenter message) {
  Leg& leg = s.legs[index];
  if (const auto request = ofmsg::read_extension<ofmsg::NxRoleRequest>(message, s.version())) {
    // Other, master, slave: those of OpenFlow without the first.
    const auto wanted = static_cast<Role>(static_cast<std::uint32_t>(request->role) + 1);
    if (const auto refusal = take_role(s, t, index, wanted)) return refuse(s, t, leg, original, *refusal);
    ofmsg::NxRoleReply reply;
    reply.role = request->role;
    auto body = ofmsg::write_extension_body(reply, s.version());
    if (!body) return;
    return send_to_leg(
        s, t, leg, Message{ofmsg::experimenter_message(ofmsg::NxRoleReply::extension, s.version(), *std::move(body))},
        TheirXid{original.xid().value});
  }
  const auto& vendors = s.slice(leg.slice).allowed.vendors;
  if (!std::binary_search(vendors.begin(), vendors.end(), message.experimenter)) {
    return refuse(s, t, leg, original,
                  {Reason::bad_experimenter, RefusalCode::not_supported,
                   "messages of vendor " + ofmsg::hex(std::uint64_t{message.experimenter}) +
                       " are for slices whose \"allow\" has that vendor"});
  }
  if (!s.may_write(index)) {
    return refuse(s, t, leg, original,
                  {Reason::role_is_slave, RefusalCode::not_the_writer, "this controller may not write"});
  }
  Op op;
  op.what = Op::What::vendor;
  op.from = s.ref(index);
  op.theirs = TheirXid{original.xid().value};
  op.original.emplace(original);
  const OpTracker::Number number = s.ops.open(std::move(op));
  send_to_switch(s, t, Message{std::move(message)}, s.ops.message(number));
  if (!s.barrier_due) s.barrier_due = t.now + Session::barrier_after;
}

// To whom has asked; nobody else has.
void vendor_answered(Session& s, Turn& t, OurXid xid, ofmsg::Experimenter message) {
  const auto found = s.ops.find(xid);
  if (!found) return;
  const Op& op = s.ops.op(found->number);
  if (op.what != Op::What::vendor) return;
  if (Leg* leg = s.find(*op.from)) send_to_leg(s, t, *leg, Message{std::move(message)}, op.theirs);
}

}  // namespace sluice::slicing
