// From regions to boxes at the ports that a switch has now.
//
// What the compiler could not know is settled here: which port a name means, whether two names mean one port, and
// whether the version has words for a header.

#include <algorithm>
#include <set>

#include "policy/box_list.hpp"
#include "policy/boxes.hpp"
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
};

}  // namespace

class Binder {
 public:
  Binder(const Snapshot& snapshot, SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version)
      : snapshot_{snapshot}, id_{id}, ports_{ports} {
    view_.version_ = version;
  }

  SwitchView run() {
    for (const Region& region : snapshot_.regions(id_)) claim(region);
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
        const bool local = all->local && port.number == ofmsg::port::local;
        if (ofmsg::is_physical(port.number) || local) found.emplace(port.number, false);
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
      return;
    }
    Claims& claims = region.access == Access::write ? writes_ : reads_;
    for (const auto& [port, by_name] : resolve(region)) claims[port].push_back(Claim{&region, by_name});
  }

  // Do two slices meet at this port? The compiler has excluded it where no name is involved.
  bool clash(ofmsg::PortNo port, const std::vector<Claim>& claims) {
    for (const Claim& a : claims) {
      if (!a.by_name) continue;
      for (const Claim& b : claims) {
        if (a.region->slice == b.region->slice || ofmsg::disjoint(a.region->header, b.region->header)) continue;
        const auto [first, second] = std::minmax(a.region->rule, b.region->rule);
        warn("port " + ofmsg::text(port) + " belongs to nobody: " + rule_text(first) + " and " + rule_text(second) +
             " both mean it and may both write the same traffic there");
        return true;
      }
    }
    return false;
  }

  void settle(ofmsg::PortNo port, const std::vector<Claim>& claims, Access access) {
    std::map<SliceId, std::vector<const Region*>> of_slice;
    for (const Claim& claim : claims) of_slice[claim.region->slice].push_back(claim.region);
    Lists lists;
    for (const auto& [slice, regions] : of_slice) {
      Holding& holding = view_.holdings_[slice];
      holding.ports.push_back(port);
      lists.emplace_back(slice, boxes_of(regions));
      if (access == Access::read) continue;
      holding.writes[port] = lists.back().second;
      if (lists.back().second->whole) holding.whole.push_back(port);
    }
    SwitchView::AtPort& at = view_.at_port_[port];
    (access == Access::write ? at.written : at.read) = headers_of(lists);
  }

  // Most ports have the same regions as others, so the work is done once for each list of them.
  std::shared_ptr<const BoxList> boxes_of(const std::vector<const Region*>& regions) {
    std::shared_ptr<const BoxList>& known = boxes_[regions];
    if (known) return known;
    std::vector<Box> boxes;
    boxes.reserve(regions.size());
    for (const Region* region : regions) boxes.push_back(Box{region->header, region->rule});
    std::stable_sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.rule < b.rule; });
    known = std::make_shared<const BoxList>(maximal(std::move(boxes)));
    return known;
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
  }

  const Snapshot& snapshot_;
  SwitchId id_;
  std::span<const ofmsg::Port> ports_;
  SwitchView view_;
  Claims writes_;
  Claims reads_;
  std::map<std::vector<const Region*>, std::shared_ptr<const BoxList>> boxes_;
  std::map<Lists, std::shared_ptr<const HeadersAtPort>> headers_;
  std::set<std::string> warned_;
  std::set<std::string> missing_;
};

SwitchView Snapshot::bind(SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version) const {
  return Binder{*this, id, ports, version}.run();
}

}  // namespace sluice::policy
