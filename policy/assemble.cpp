#include "policy/assemble.hpp"

#include <map>
#include <string>
#include <utility>

namespace sluice::policy {
namespace {

constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325;

std::uint64_t fnv1a_64(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// What makes a thing the same one in another snapshot.
std::pair<std::string, std::uint16_t> key_of(const Slice& slice) { return {slice.name, slice.number}; }

std::uint64_t key_of(const Switch& s) { return s.dpid.value; }

// Puts each of the new things in the place of the same old one, or behind them; old ones that nobody takes are marked
// as gone. Returns where each has gone.
template <class T>
std::vector<std::uint16_t> place_all(std::vector<T> fresh, std::vector<T>& all) {
  std::map<decltype(key_of(std::declval<T>())), std::size_t> places;
  for (T& old : all) {
    old.gone = true;
    places.emplace(key_of(old), places.size());
  }
  std::vector<std::uint16_t> ids;
  for (T& thing : fresh) {
    const auto [place, is_new] = places.emplace(key_of(thing), all.size());
    ids.push_back(static_cast<std::uint16_t>(place->second));
    if (is_new) {
      all.push_back(std::move(thing));
    } else {
      all[place->second] = std::move(thing);
    }
  }
  return ids;
}

class Assembler {
 public:
  explicit Assembler(const Good& good) : good_{good} {}

  Snapshot::Parts run() {
    parts_.name = good_.document.name;
    parts_.listen = good_.document.listen;
    if (good_.previous != nullptr) {
      parts_.slices = good_.previous->slices();
      parts_.switches = good_.previous->switches();
    }
    slice_ids_ = place_all(slices(), parts_.slices);
    switch_ids_ = place_all(switches(), parts_.switches);
    add_regions();
    add_yields();
    parts_.fingerprint = fnv_offset;
    for (const auto& [file, content] : good_.document.texts) parts_.fingerprint = fnv1a_64(content, parts_.fingerprint);
    return std::move(parts_);
  }

 private:
  std::vector<Slice> slices() const {
    std::vector<Slice> all;
    for (std::size_t i = 0; i < good_.document.slices.size(); ++i) {
      const DocumentSlice& s = good_.document.slices[i];
      all.push_back({s.name, good_.numbers[i], s.owner, s.controllers, s.limits, s.allowed, s.absence, s.outside,
                     s.lldp, s.down, false});
    }
    return all;
  }

  std::vector<Switch> switches() const {
    std::vector<Switch> all;
    for (const DocumentSwitch& s : good_.document.switches) {
      all.push_back({s.name, s.dpid, s.versions, s.unowned, s.foreign, false});
    }
    return all;
  }

  std::vector<Region>& regions_at(const Place& place) {
    return parts_.regions[SwitchId{switch_ids_[place.switch_index]}];
  }

  void add_regions() {
    for (std::size_t i = 0; i < good_.rules.size(); ++i) {
      const SliceId slice{slice_ids_[good_.rules[i].slice_index]};
      const RuleId id{static_cast<std::uint32_t>(parts_.rules.size())};
      const DocumentRule& rule = *good_.rules[i].rule;
      parts_.rules.push_back({slice, rule.access, rule.name, text(rule.at), rule.queues});
      for (const Place& place : good_.rules[i].places) {
        std::vector<Region>& regions = regions_at(place);
        if (!good_.yields.empty()) first_[{i, place.switch_index}] = static_cast<std::uint32_t>(regions.size());
        for (const ofmsg::Match& match : rule.match)
          regions.push_back({slice, rule.access, id, *place.ports, match.compact(), {}});
      }
    }
  }

  void add_yields() {
    for (const auto& [low, above] : good_.yields) {
      for (const Place& place : good_.rules[low.first].places) {
        Region& region = regions_at(place)[first_.at({low.first, place.switch_index}) + low.second];
        for (const Yield::Part& high : above) {
          const auto there = first_.find({high.rule, place.switch_index});
          if (there == first_.end()) continue;
          region.gives_way_to.push_back(there->second + static_cast<std::uint32_t>(high.match));
        }
      }
    }
  }

  const Good& good_;
  Snapshot::Parts parts_;
  std::vector<std::uint16_t> slice_ids_, switch_ids_;  // by place in the document
  // Where the first region of a rule is in the list of a switch, by rule and switch of the document.
  std::map<std::pair<std::size_t, std::size_t>, std::uint32_t> first_;
};

}  // namespace

Snapshot::Parts assemble(const Good& good) { return Assembler{good}.run(); }

}  // namespace sluice::policy
