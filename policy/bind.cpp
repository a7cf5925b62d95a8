// From regions to boxes at the ports that a switch has now.
//
// What the compiler could not know is settled here: which port a name means, whether two names mean one port, and
// whether the version has words for a header.

#include <algorithm>
#include <set>

#include "policy/box_list.hpp"
#include "policy/boxes.hpp"
#include "policy/overlap.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {
namespace {

std::string_view name_of(const ofmsg::Port& port) {
  // Bytes after an inner zero are not part of the name.
  return std::string_view{port.name.value}.substr(0, port.name.value.find('\0'));
}

// A region at one port.
struct Claim {
  const Region* region;
  bool by_name;
  bool sayable;  // else nobody gets it, but those of lower priority do not either
};

// A region, and those at the same port that it gives way to.
struct Held {
  const Region* region;
  std::vector<const Region*> above;

  friend auto operator<=>(const Held&, const Held&) = default;
};

}  // namespace

class Binder {
 public:
  Binder(const Snapshot& snapshot, SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version)
      : snapshot_{snapshot}, id_{id}, regions_{snapshot.regions(id)}, ports_{ports} {
    view_.version_ = version;
  }

  SwitchView run() {
    for (const Region& region : regions_) claim(region);
    for (const auto& [port, claims] : writes_) {
      if (!clash(port, claims)) settle(port, claims, Access::write);
    }
    for (const auto& [port, claims] : reads_) settle(port, claims, Access::read);
    for (auto& [slice, holding] : view_.holdings_) finish(slice, holding);
    return std::move(view_);
  }

 private:
  using Holding = SwitchView::Holding;
  using Claims = std::map<ofmsg::PortNo, std::vector<Claim>>;
  using Lists = std::vector<std::pair<SliceId, std::shared_ptr<const BoxList>>>;

  std::string rule_text(RuleId id) const {
    const Rule& rule = snapshot_.rule(id);
    return "rule \"" + rule.name + "\" (" + rule.position + ")";
  }

  void warn(const std::string& sentence) {
    if (warned_.insert(sentence).second) {
      view_.warnings_.push_back("switch \"" + snapshot_.switch_(id_).name + "\": " + sentence);
    }
  }

  // Every port that the region means, once; the flag says that only a name leads there.
  std::map<ofmsg::PortNo, bool> resolve(const Region& region) {
    std::map<ofmsg::PortNo, bool> found;
    if (const auto* all = std::get_if<AllPhysical>(&region.ports)) {
      for (const ofmsg::Port& port : ports_) {
        if (all->has(port.number)) found.emplace(port.number, false);
      }
      return found;
    }
    for (const PortRef& ref : std::get<std::vector<PortRef>>(region.ports)) {
      if (const auto* number = std::get_if<ofmsg::PortNo>(&ref)) {
        const bool there = std::any_of(ports_.begin(), ports_.end(),
                                       [number](const ofmsg::Port& port) { return port.number == *number; });
        if (there) found[*number] = false;
      } else if (const auto port = resolve(std::get<std::string>(ref), region.rule)) {
        found.emplace(*port, true);
      }
    }
    return found;
  }

  std::optional<ofmsg::PortNo> resolve(const std::string& name, RuleId rule) {
    std::optional<ofmsg::PortNo> found;
    for (const ofmsg::Port& port : ports_) {
      if (name_of(port) != name || port.number == found) continue;
      if (found) {
        warn("ports " + ofmsg::text(*found) + " and " + ofmsg::text(port.number) + " both report the name \"" + name +
             "\"; nobody gets either of them by that name");
        return std::nullopt;
      }
      found = port.number;
    }
    if (!found && missing_.insert(name).second) {
      warn("no port reports the name \"" + name + "\"; " + rule_text(rule) + " waits for it");
    }
    return found;
  }

  void claim(const Region& region) {
    view_.holdings_[region.slice];  // the slice is here even when its ports are not
    const auto field = first_unsayable(region.header, view_.version_);
    if (field) {
      warn("OpenFlow " + std::string{ofmsg::text(view_.version_)} + " has no words for " +
           std::string{ofmsg::text(*field)} + " in " + rule_text(region.rule) +
           "; that traffic belongs to nobody here");
    }
    Claims& claims = region.access == Access::write ? writes_ : reads_;
    const bool queues = !snapshot_.rule(region.rule).queues.allowed.empty();
    for (const auto& [port, by_name] : resolve(region)) {
      claims[port].push_back(Claim{&region, by_name, !field});
      if (queues) with_queues_[{region.slice, port}].insert(region.rule);
    }
  }

  // Do two slices meet at this port? The compiler has excluded it where no name is involved.
  bool clash(ofmsg::PortNo port, const std::vector<Claim>& claims) {
    for (const Claim& a : claims) {
      if (!a.by_name || !a.sayable) continue;
      for (const Claim& b : claims) {
        if (!b.sayable || a.region->slice == b.region->slice || settled(*a.region, *b.region)) continue;
        if (ofmsg::disjoint(a.region->header, b.region->header)) continue;
        const auto [first, second] = std::minmax(a.region->rule, b.region->rule);
        warn("port " + ofmsg::text(port) + " belongs to nobody: " + rule_text(first) + " and " + rule_text(second) +
             " both mean it and may both write the same traffic there");
        return true;
      }
    }
    return false;
  }

  std::uint32_t number_of(const Region& region) const { return static_cast<std::uint32_t>(&region - regions_.data()); }

  // Is it known which of the two gives way?
  bool settled(const Region& a, const Region& b) const {
    const auto yields = [this](const Region& low, const Region& high) {
      return std::find(low.gives_way_to.begin(), low.gives_way_to.end(), number_of(high)) != low.gives_way_to.end();
    };
    return yields(a, b) || yields(b, a);
  }

  // Those of the list that the region gives way to.
  std::vector<const Region*> above(const Region& region, const std::vector<Claim>& claims) const {
    std::vector<const Region*> found;
    if (region.gives_way_to.empty()) return found;
    const std::set<std::uint32_t> numbers{region.gives_way_to.begin(), region.gives_way_to.end()};
    for (const Claim& other : claims) {
      if (numbers.contains(number_of(*other.region))) found.push_back(other.region);
    }
    return found;
  }

  void settle(ofmsg::PortNo port, const std::vector<Claim>& claims, Access access) {
    std::map<SliceId, std::vector<Held>> of_slice;
    for (const Claim& claim : claims) {
      if (claim.sayable) of_slice[claim.region->slice].push_back({claim.region, above(*claim.region, claims)});
    }
    Lists lists;
    for (const auto& [slice, held] : of_slice) {
      auto list = boxes_of(held);
      if (list->boxes.empty()) continue;  // all of it gave way
      Holding& holding = view_.holdings_[slice];
      holding.ports.push_back(port);
      lists.emplace_back(slice, std::move(list));
      if (access == Access::read) continue;
      holding.writes[port] = lists.back().second;
    }
    SwitchView::AtPort& at = view_.at_port_[port];
    (access == Access::write ? at.written : at.read) = headers_of(lists);
  }

  // Most ports have the same regions as others, so the work is done once for each list of them.
  std::shared_ptr<const BoxList> boxes_of(const std::vector<Held>& held) {
    std::shared_ptr<const BoxList>& known = boxes_[held];
    if (known) return known;
    std::vector<Box> boxes;
    boxes.reserve(held.size());
    for (const Held& part : held) {
      if (part.above.empty()) {
        boxes.push_back(Box{part.region->header, part.region->rule});
      } else {
        give_way(part, boxes);
      }
    }
    std::stable_sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.rule < b.rule; });
    known = std::make_shared<const BoxList>(maximal(std::move(boxes)));
    return known;
  }

  // Adds what is left of the region.
  void give_way(const Held& part, std::vector<Box>& boxes) {
    std::vector<ofmsg::Match> headers;
    headers.reserve(part.above.size());
    std::vector<const ofmsg::Match*> others;
    for (const Region* region : part.above) {
      others.push_back(&headers.emplace_back(widened(region->header, view_.version_)));
    }
    const auto left = without(part.region->header, others, Effort{}.pieces);
    if (!left) {
      return warn("what rules of higher priority leave of " + rule_text(part.region->rule) +
                  " takes too many matches to say; that traffic belongs to nobody here");
    }
    for (const ofmsg::Match& header : *left) boxes.push_back(Box{header, part.region->rule});
  }

  std::shared_ptr<const HeadersAtPort> headers_of(const Lists& lists) {
    std::shared_ptr<const HeadersAtPort>& known = headers_[lists];
    if (known) return known;
    std::vector<std::pair<SliceId, const std::vector<Box>*>> parts;
    for (const auto& [slice, list] : lists) parts.emplace_back(slice, &list->boxes);
    known = std::make_shared<const HeadersAtPort>(parts);
    return known;
  }

  void finish(SliceId slice, Holding& holding) {
    view_.slices_.push_back(slice);
    std::sort(holding.ports.begin(), holding.ports.end());
    holding.ports.erase(std::unique(holding.ports.begin(), holding.ports.end()), holding.ports.end());
    for (const ofmsg::PortNo port : holding.ports) {
      const auto rules = with_queues_.find({slice, port});
      if (rules != with_queues_.end()) holding.queues[port] = queues_of(rules->second, port);
    }
  }

  // What rules of one slice say of the queues of a port. Most ports have the same rules as others.
  std::shared_ptr<const Queues> queues_of(const std::set<RuleId>& rules, ofmsg::PortNo port) {
    std::shared_ptr<const Queues>& known = queues_[rules];
    if (known) return known;
    Queues all;
    RuleId forced_by{};
    for (const RuleId id : rules) {
      const Queues& queues = snapshot_.rule(id).queues;
      all.allowed.insert(all.allowed.end(), queues.allowed.begin(), queues.allowed.end());
      if (!queues.forced) continue;
      if (!all.forced) {
        all.forced = queues.forced;
        forced_by = id;
      } else if (all.forced != queues.forced) {
        warn("port " + ofmsg::text(port) + ": " + rule_text(forced_by) + " and " + rule_text(id) +
             " both mean it and force different queues; queue " + std::to_string(*all.forced) + " it is");
      }
    }
    std::sort(all.allowed.begin(), all.allowed.end());
    all.allowed.erase(std::unique(all.allowed.begin(), all.allowed.end()), all.allowed.end());
    return known = std::make_shared<const Queues>(std::move(all));
  }

  const Snapshot& snapshot_;
  SwitchId id_;
  std::span<const Region> regions_;
  std::span<const ofmsg::Port> ports_;
  SwitchView view_;
  Claims writes_;
  Claims reads_;
  std::map<std::vector<Held>, std::shared_ptr<const BoxList>> boxes_;
  std::map<Lists, std::shared_ptr<const HeadersAtPort>> headers_;
  std::map<std::pair<SliceId, ofmsg::PortNo>, std::set<RuleId>> with_queues_;
  std::map<std::set<RuleId>, std::shared_ptr<const Queues>> queues_;
  std::set<std::string> warned_;
  std::set<std::string> missing_;
};

SwitchView Snapshot::bind(SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version) const {
  return Binder{*this, id, ports, version}.run();
}

}  // namespace sluice::policy
