#include "slicing/flow_ledger.hpp"

#include <algorithm>
#include <variant>

#include "slicing/probe.hpp"

namespace sluice::slicing {

namespace {

bool outputs_to(const ofmsg::Instructions& instructions, ofmsg::PortNo port) {
  const auto in_list = [port](const ofmsg::Actions& actions) {
    return std::any_of(actions.begin(), actions.end(), [port](const ofmsg::Action& action) {
      if (const auto* output = std::get_if<ofmsg::Output>(&action)) return output->port == port;
      if (const auto* enqueue = std::get_if<ofmsg::Enqueue>(&action)) return enqueue->port == port;
      return false;
    });
  };
  return std::any_of(instructions.begin(), instructions.end(), [&](const ofmsg::Instruction& instruction) {
    if (const auto* apply = std::get_if<ofmsg::ApplyActions>(&instruction)) return in_list(apply->actions);
    if (const auto* write = std::get_if<ofmsg::WriteActions>(&instruction)) return in_list(write->actions);
    return false;
  });
}

// The filters besides the match, on the values that the controller gave. No flow has a group.
bool passes(const Flow& flow, const ofmsg::FlowFilter& filter) {
  if (filter.table_id != 0 && filter.table_id != ofmsg::all_tables) return false;
  if ((flow.cookie & filter.cookie_mask) != (filter.cookie & filter.cookie_mask)) return false;
  if (filter.out_group.value != ofmsg::GroupId::any) return false;
  return filter.out_port == ofmsg::port::any || outputs_to(*flow.instructions, filter.out_port);
}

}  // namespace

namespace {

// With which a piece of a flow of this priority stands.
std::uint16_t standing_priority(std::uint16_t priority, const mapping::PhysicalFlow& piece) {
  constexpr std::uint16_t top = 0xffff;
  if (piece.first) return top;
  // At the top are the flows by which LLDP comes to us; see discovery.hpp.
  return priority == top && meets_discovery(piece.match) ? static_cast<std::uint16_t>(top - 1) : priority;
}

}  // namespace

FlowKey place_of(const Flow& flow, const mapping::PhysicalFlow& piece) {
  return {standing_priority(flow.key.priority, piece), piece.match};
}

// Multiplying folds every bit into every other, as wyhash does.
std::size_t PlaceHash::of(policy::SliceId slice, const FlowKey& key) const {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  std::uint64_t h = seed ^ odd;
  const auto mix = [this, &h](std::uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{h ^ word} * (seed | odd);
    h = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  mix(std::uint64_t{slice.value} << 16U | key.priority);
  for (const ofmsg::Term& term : key.match.terms()) {
    mix(term.value.lo ^ static_cast<std::uint64_t>(term.field) << 56U);
    mix(term.mask.lo);
    if ((term.mask.hi | term.value.hi) == 0) continue;
    mix(term.value.hi);
    mix(term.mask.hi);
  }
  return h;
}

void Counters::add(std::uint64_t more_packets, std::uint64_t more_bytes) {
  constexpr std::uint64_t unknown = ofmsg::PortStats::unknown;
  const auto sum = [](std::uint64_t& total, std::uint64_t more) {
    total = total == unknown || more == unknown ? unknown : total + more;
  };
  sum(packets, more_packets);
  sum(bytes, more_bytes);
}

const Flow* FlowLedger::find(FlowId id) const {
  const auto at = flows_.find(id);
  return at == flows_.end() ? nullptr : &at->second;
}

const Flow* FlowLedger::find(policy::SliceId slice, const FlowKey& key) const {
  const auto at = by_key_.find({slice, key});
  return at == by_key_.end() ? nullptr : find(at->second);
}

std::vector<FlowId> FlowLedger::select(policy::SliceId slice, const ofmsg::FlowFilter& filter) const {
  std::vector<FlowId> found;
  const auto flows = by_priority_.find(slice);
  if (flows == by_priority_.end()) return found;
  for (const auto& [priority, id] : flows->second) {
    const Flow& flow = flows_.at(id);
    if (passes(flow, filter) && covers(filter.match, flow.key.match)) found.push_back(id);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<FlowId> FlowLedger::select_strict(policy::SliceId slice, const FlowKey& key,
                                                const ofmsg::FlowFilter& filter) const {
  const Flow* flow = find(slice, key);
  if (flow == nullptr || !passes(*flow, filter)) return std::nullopt;
  return flow->id;
}

std::vector<FlowId> FlowLedger::adopted_at(policy::SliceId slice, std::uint16_t priority,
                                           const std::vector<mapping::PhysicalFlow>& pieces) const {
  std::vector<FlowId> found;
  if (adopted_ == 0) return found;
  for (const mapping::PhysicalFlow& piece : pieces) {
    const Flow* flow = find(slice, {standing_priority(priority, piece), piece.match});
    if (flow != nullptr && flow->adopted) found.push_back(flow->id);
  }
  return found;
}

bool FlowLedger::overlaps(policy::SliceId slice, const FlowKey& key) const {
  const auto flows = by_priority_.find(slice);
  if (flows == by_priority_.end()) return false;
  for (auto at = flows->second.lower_bound({key.priority, {}}); at != flows->second.end(); ++at) {
    if (at->first != key.priority) break;
    const FlowKey& other = flows_.at(at->second).key;
    if (!(other == key) && !disjoint(other.match, key.match)) return true;
  }
  return false;
}

std::size_t FlowLedger::size(policy::SliceId slice) const {
  const auto at = by_priority_.find(slice);
  return at == by_priority_.end() ? 0 : at->second.size();
}

std::size_t FlowLedger::pieces(policy::SliceId slice) const {
  const auto at = pieces_.find(slice);
  return at == pieces_.end() ? 0 : at->second;
}

std::size_t FlowLedger::total(policy::SliceId slice) const {
  const auto at = totals_->find(slice);
  return at == totals_->end() ? 0 : at->second;
}

void FlowLedger::count(const Flow& flow) {
  if (by_priority_[flow.slice].emplace(flow.key.priority, flow.id).second) ++(*totals_)[flow.slice];
  pieces_[flow.slice] += flow.pieces.size();
  if (flow.adopted) ++adopted_;
  if (flow.idle_by_polling()) watched_[flow.slice].emplace(flow.idle_timeout, flow.id);
}

void FlowLedger::uncount(const Flow& flow) {
  (*totals_)[flow.slice] -= by_priority_[flow.slice].erase({flow.key.priority, flow.id});
  pieces_[flow.slice] -= flow.pieces.size();
  if (flow.adopted) --adopted_;
  if (!flow.idle_by_polling()) return;
  const auto at = watched_.find(flow.slice);
  at->second.erase({flow.idle_timeout, flow.id});
  if (at->second.empty()) watched_.erase(at);
}

std::size_t FlowLedger::standing_count(policy::SliceId slice) const {
  return static_cast<std::size_t>(std::count_if(places_.begin(), places_.end(), [slice](const auto& entry) {
    return entry.first.first == slice && entry.second.standing;
  }));
}

bool FlowLedger::stands(const Flow& flow, const mapping::PhysicalFlow& piece) const {
  const auto at = places_.find({flow.slice, place_of(flow, piece)});
  return at != places_.end() && at->second.standing && at->second.standing->flow == flow.id;
}

const mapping::PhysicalFlow* FlowLedger::piece(FlowId id, const ofmsg::Match& match) const {
  const Flow* flow = find(id);
  if (flow == nullptr) return nullptr;
  const auto at = std::find_if(flow->pieces.begin(), flow->pieces.end(),
                               [&](const mapping::PhysicalFlow& p) { return p.match == match; });
  return at == flow->pieces.end() ? nullptr : &*at;
}

std::uint16_t FlowLedger::priority_of(FlowId id) const {
  const Flow* flow = find(id);
  return flow == nullptr ? std::uint16_t{0} : flow->key.priority;
}

void FlowLedger::take_places(const Flow& flow, Edit& edit) {
  for (const mapping::PhysicalFlow& p : flow.pieces) {
    std::pair place{flow.slice, place_of(flow, p)};
    std::vector<FlowId>& owners = places_[place].owners;
    if (std::find(owners.begin(), owners.end(), flow.id) == owners.end()) {
      // Ids grow with time, also for a flow that comes back by undo. Priorities differ where the switch takes no notice
      // of them, see PhysicalFlow::first.
      const auto rank = [&](FlowId id) { return std::pair{id == flow.id ? flow.key.priority : priority_of(id), id}; };
      const auto at = std::find_if(owners.begin(), owners.end(), [&](FlowId o) { return rank(flow.id) < rank(o); });
      owners.insert(at, flow.id);
    }
    edit.touched.push_back(std::move(place));
  }
}

void FlowLedger::leave_places(const Flow& flow, Edit& edit) {
  for (const mapping::PhysicalFlow& p : flow.pieces) {
    std::pair place{flow.slice, place_of(flow, p)};
    const auto at = places_.find(place);
    if (at != places_.end()) std::erase(at->second.owners, flow.id);
    edit.touched.push_back(std::move(place));
  }
}

namespace {

// Most pieces do what the flow was to do: they keep that once.
void share_instructions(Flow& flow) {
  for (mapping::PhysicalFlow& p : flow.pieces) {
    if (p.instructions == flow.instructions) p.instructions = flow.instructions;
  }
}

}  // namespace

FlowId FlowLedger::insert(Flow flow, Counts counts, Edit& edit) {
  Edit::Step step{Edit::Step::What::added, {}, std::nullopt, 0};
  const auto [by_key, fresh] = by_key_.try_emplace({flow.slice, flow.key});
  if (!fresh) {
    const auto old = flows_.find(by_key->second);
    step.before = std::move(old->second);
    flows_.erase(old);
    if (counts == Counts::keep) {
      flow.heir_of = step.before->id;
      flow.carried = step.before->carried;
    }
    if (step.before->heir_of) heirs_.erase(*step.before->heir_of);
    leave_places(*step.before, edit);
    uncount(*step.before);
    stop_timing(step.before->id);
  }
  if (flow.id == FlowId{}) {
    flow.id = FlowId{next_id_++};
    flow.revision = next_revision_++;
  }
  const FlowId id = flow.id;
  if (step.before && flow.heir_of == step.before->id) heirs_[step.before->id] = id;
  by_key->second = id;
  share_instructions(flow);
  flow.in_parts = flow.in_parts || flow.pieces.size() > 1;
  take_places(flow, edit);
  count(flow);
  flows_.emplace_hint(flows_.end(), id, std::move(flow));  // ids grow, but for a flow that comes back
  step.flow = id;
  edit.steps.push_back(std::move(step));
  edit.changed.push_back(id);
  return id;
}

void FlowLedger::change(FlowId id, Shared<ofmsg::Instructions> instructions, std::vector<mapping::PhysicalFlow> pieces,
                        Counts counts, Edit& edit) {
  Flow& flow = flows_.at(id);
  const std::uint64_t revision = flow.instructions == instructions ? flow.revision : next_revision_++;
  edit.steps.push_back({Edit::Step::What::changed, id, flow, revision});
  leave_places(flow, edit);
  uncount(flow);
  flow.instructions = std::move(instructions);
  flow.revision = revision;
  flow.pieces = std::move(pieces);
  share_instructions(flow);
  flow.in_parts = flow.in_parts || flow.pieces.size() > 1;
  count(flow);
  take_places(flow, edit);
  edit.changed.push_back(id);
  if (counts == Counts::keep) return;
  flow.use_unknown = true;
  flow.seen_packets = 0;
  for (const mapping::PhysicalFlow& p : edit.steps.back().before->pieces) {
    FlowKey key = place_of(flow, p);
    const auto same = [&](const mapping::PhysicalFlow& now) { return place_of(flow, now) == key; };
    if (std::none_of(flow.pieces.begin(), flow.pieces.end(), same)) uncounted_.emplace(id, std::move(key));
  }
  flow.carried = {};
  for (const mapping::PhysicalFlow& p : flow.pieces) {
    places_.at({flow.slice, place_of(flow, p)}).reset_due = true;
  }
}

void FlowLedger::erase(FlowId id, Edit& edit) {
  const auto at = flows_.find(id);
  if (at == flows_.end()) return;
  leave_places(at->second, edit);
  uncount(at->second);
  stop_timing(id);
  by_key_.erase({at->second.slice, at->second.key});
  if (at->second.heir_of) heirs_.erase(*at->second.heir_of);
  uncounted_.erase(uncounted_.lower_bound({id, {}}), uncounted_.lower_bound({FlowId{id.value + 1}, {}}));
  edit.steps.push_back({Edit::Step::What::removed, id, std::move(at->second), 0});
  flows_.erase(at);
}

std::optional<Flow> FlowLedger::sound(std::optional<Flow> flow) const {
  while (flow) {
    auto at = withdrawn_.find({flow->id, 0});
    if (at == withdrawn_.end()) at = withdrawn_.find({flow->id, flow->revision});
    if (at == withdrawn_.end()) break;
    flow = at->second;
  }
  return flow;
}

void FlowLedger::undo(const Edit& edit, Edit& touched, std::uint64_t tag) {
  const auto withdraw = [&](FlowId id, std::uint64_t revision, std::optional<Flow> before) {
    withdrawn_.insert_or_assign({id, revision}, std::move(before));
    withdrawn_tags_.push_back({tag, {id, revision}});
  };
  for (auto step = edit.steps.rbegin(); step != edit.steps.rend(); ++step) {
    const auto at = flows_.find(step->flow);
    std::optional<Flow> before = sound(step->before);
    switch (step->what) {
      case Edit::Step::What::added:
        if (at == flows_.end()) {  // somebody has removed or replaced it since
          withdraw(step->flow, 0, std::move(before));
          break;
        }
        // What had taken the counters over gives them back.
        if (before && at->second.heir_of == before->id) before->heir_of = step->flow;
        erase(step->flow, touched);
        if (before) static_cast<void>(insert(*std::move(before), Counts::reset, touched));
        break;
      case Edit::Step::What::changed:
        if (at == flows_.end() || at->second.revision != step->revision) {  // gone, or changed again since
          withdraw(step->flow, step->revision, std::move(before));
          break;
        }
        if (!before || before->id != step->flow) break;  // its adding was taken back as well, and took it along
        change(step->flow, before->instructions, before->pieces, Counts::keep, touched);
        flows_.at(step->flow).revision = before->revision;
        break;
      case Edit::Step::What::removed: break;  // a switch does not refuse to delete; see docs/architecture.md
    }
  }
}

void FlowLedger::settled(std::uint64_t tag) {
  const auto past =
      std::find_if(withdrawn_tags_.begin(), withdrawn_tags_.end(), [tag](const auto& one) { return one.first >= tag; });
  for (auto at = withdrawn_tags_.begin(); at != past; ++at) withdrawn_.erase(at->second);
  withdrawn_tags_.erase(withdrawn_tags_.begin(), past);
}

std::optional<PhysicalChange> FlowLedger::sync(const PlaceId& id, std::vector<FlowId>& moved) {
  const auto at = places_.find(id);
  if (at == places_.end()) return std::nullopt;
  Place& place = at->second;
  const auto& [slice, key] = id;
  if (place.owners.empty()) {
    std::optional<PhysicalChange> removal;
    if (place.standing) {
      const FlowId gone = place.standing->flow;
      expected_.insert({gone, key});
      removal = {PhysicalChange::What::remove, slice, key, gone, {}, Counts::keep, std::move(place.standing)};
    }
    places_.erase(at);
    return removal;
  }
  const FlowId top = place.owners.back();
  PhysicalChange::Standing wanted{top, piece(top, key.match)->instructions};
  const bool reset_due = std::exchange(place.reset_due, false);
  if (place.owners.size() > 1 || !place.standing || place.standing->flow != top) {
    moved.insert(moved.end(), place.owners.begin(), place.owners.end());
  }
  if (place.standing == wanted && !reset_due) return std::nullopt;
  const bool same_flow = place.standing && place.standing->flow == top;
  const bool heir = place.standing && flows_.at(top).heir_of == place.standing->flow;
  const Counts counts = reset_due || !(same_flow || heir) ? Counts::reset : Counts::keep;
  PhysicalChange change{same_flow ? PhysicalChange::What::modify : PhysicalChange::What::add,
                        slice,
                        key,
                        top,
                        wanted.instructions,
                        counts,
                        std::move(place.standing)};
  place.standing = std::move(wanted);
  return change;
}

std::vector<PhysicalChange> FlowLedger::sync(const Edit& edit, Time now) {
  std::vector<PhysicalChange> changes;
  std::vector<FlowId> moved = edit.changed;
  const auto look_at = [&](const PlaceId& place) {
    if (auto change = sync(place, moved)) changes.push_back(*std::move(change));
  };
  if (edit.touched.size() == 1) {  // as usual
    look_at(edit.touched.front());
  } else {
    const std::set<PlaceId> places{edit.touched.begin(), edit.touched.end()};
    for (const PlaceId& place : places) look_at(place);
  }
  for (const FlowId id : moved) time(id, now);
  if (changes.size() > 1) {
    std::stable_partition(changes.begin(), changes.end(),
                          [](const PhysicalChange& c) { return c.what == PhysicalChange::What::remove; });
  }
  return changes;
}

namespace {

// What stands in the place after the change, if `before` stood there.
std::optional<PhysicalChange::Standing> outcome(const PhysicalChange& change,
                                                const std::optional<PhysicalChange::Standing>& before, bool guarded) {
  const bool meets = before && before->flow == change.flow;
  switch (change.what) {
    case PhysicalChange::What::add: break;
    case PhysicalChange::What::modify:
      if (guarded && !meets) return before;
      if (before) return PhysicalChange::Standing{before->flow, change.instructions};
      break;
    case PhysicalChange::What::remove: return guarded && !meets ? before : std::nullopt;
  }
  return PhysicalChange::Standing{change.flow, change.instructions};
}

}  // namespace

void FlowLedger::failed(const PhysicalChange& change, const std::vector<PhysicalChange*>& later, bool guarded) {
  if (change.what == PhysicalChange::What::remove) expected_.erase({change.flow, change.key});
  std::optional<PhysicalChange::Standing> standing = change.before;
  for (PhysicalChange* next : later) {
    if (next->before == standing) return;  // from here on all is as it was thought to be
    next->before = standing;
    standing = outcome(*next, standing, guarded);
  }
  const std::pair id{change.slice, change.key};
  const auto at = places_.find(id);
  if (at != places_.end()) {
    at->second.standing = std::move(standing);
  } else if (standing) {
    places_[id].standing = std::move(standing);  // nobody's; the next sync removes it
  }
}

bool FlowLedger::lacks_a_piece(const Flow& flow) const {
  return std::any_of(flow.pieces.begin(), flow.pieces.end(), [&](const mapping::PhysicalFlow& p) {
    const Place& place = places_.at({flow.slice, place_of(flow, p)});
    return place.owners.back() == flow.id && (!place.standing || place.standing->flow != flow.id);
  });
}

Edit FlowLedger::everything() const {
  Edit edit;
  for (const auto& [id, place] : places_) edit.touched.push_back(id);
  return edit;
}

void FlowLedger::clear() {
  flows_.clear();
  by_key_.clear();
  places_.clear();
  departures_.clear();
  expected_.clear();
  for (const auto& [slice, flows] : by_priority_) (*totals_)[slice] -= flows.size();
  by_priority_.clear();
  pieces_.clear();
  adopted_ = 0;
  watched_.clear();
  expiries_.clear();
  expiry_of_.clear();
  heirs_.clear();
  uncounted_.clear();
}

}  // namespace sluice::slicing
