// From regions to boxes at the ports that a switch has now.
//
// What the compiler could not know is settled here: which port a name means, whether two names mean one port, and
// whether the version can say a header.

#include <algorithm>
#include <set>

#include "policy/boxes.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {
namespace {

// Values into which one masked header may be split for a version without masks: all VLAN tags and a bit.
constexpr std::size_t split_budget = 4100;
// Boxes in one view.
constexpr std::size_t view_budget = 1U << 16U;
// Boxes into which one header may fall when names make two rules of one slice meet.
constexpr std::size_t subtract_budget = 1024;

std::string_view name_of(const ofmsg::Port& port) {
  // Bytes after an inner zero are not part of the name.
  return std::string_view{port.name.value}.substr(0, port.name.value.find('\0'));
}

// A region's header at one port.
struct Claim {
  SliceId slice;
  RuleId rule;
  bool by_name;
  ofmsg::Match header;
};

}  // namespace

class Binder {
 public:
  Binder(const Snapshot& snapshot, SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version)
      : snapshot_{snapshot}, id_{id}, ports_{ports}, version_{version} {}

  SwitchView run() {
    for (const Region& region : snapshot_.regions(id_)) claim(region);
    for (auto& [port, claims] : reads_) settle(port, claims, Access::read);
    for (auto& [port, claims] : writes_) {
      if (!clash(port, claims)) settle(port, part(std::move(claims)), Access::write);
    }
    for (auto& [slice, holding] : view_.holdings_) finish(slice, holding);
    return std::move(view_);
  }

 private:
  using Holding = SwitchView::Holding;

  std::string rule_text(RuleId id) const {
    const Rule& rule = snapshot_.rule(id);
    return "rule \"" + rule.name + "\" (" + rule.position + ")";
  }

  void warn(std::string sentence) {
    if (warned_.insert(sentence).second) {
      view_.warnings_.push_back("switch \"" + snapshot_.switch_(id_).name + "\": " + std::move(sentence));
    }
  }

  // Every port that the region means, once; the flag says that only a name leads there.
  std::map<ofmsg::PortNo, bool> resolve(const Region& region) {
    std::map<ofmsg::PortNo, bool> found;
    if (const auto* all = std::get_if<AllPhysical>(&region.ports)) {
      for (const ofmsg::Port& port : ports_) {
        const bool taken = std::find(all->except.begin(), all->except.end(), port.number) != all->except.end();
        const bool local = all->local && port.number == ofmsg::port::local;
        if ((ofmsg::is_physical(port.number) && !taken) || local) found.emplace(port.number, false);
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
      if (name_of(port) != name) continue;
      if (found) {
        warn("ports " + ofmsg::text(*found) + " and " + ofmsg::text(port.number) + " both report the name \"" + name +
             "\"; neither is given to anybody by that name");
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
    auto& claims = region.access == Access::write ? writes_ : reads_;
    view_.holdings_[region.slice];  // the slice is here even when its ports are not
    for (const auto& [port, by_name] : resolve(region)) {
      claims[port].push_back(Claim{region.slice, region.rule, by_name, region.header});
    }
  }

  // Do two slices meet at this port? The compiler has excluded it where no name is involved.
  bool clash(ofmsg::PortNo port, const std::vector<Claim>& claims) {
    for (const Claim& a : claims) {
      if (!a.by_name) continue;
      for (const Claim& b : claims) {
        if (a.slice == b.slice || ofmsg::disjoint(a.header, b.header)) continue;
        const bool ordered = a.rule < b.rule;
        warn("port " + ofmsg::text(port) + " belongs to nobody: " + rule_text((ordered ? a : b).rule) + " and " +
             rule_text((ordered ? b : a).rule) + " both mean it and may both write the same traffic there");
        return true;
      }
    }
    return false;
  }

  // Makes the claims of each slice disjoint: the first rule keeps what it has.
  std::vector<Claim> part(std::vector<Claim> claims) {
    const bool named = std::any_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.by_name; });
    if (!named) return claims;
    std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.rule < b.rule; });
    std::vector<Claim> done;
    for (const Claim& claim : claims) {
      std::vector<ofmsg::Match> taken;
      for (const Claim& earlier : done) {
        if (earlier.slice == claim.slice && !ofmsg::disjoint(earlier.header, claim.header)) {
          taken.push_back(earlier.header);
        }
      }
      const auto left = subtract_all(claim.header, taken, subtract_budget);
      if (!left) {
        warn(rule_text(claim.rule) + " meets other rules of its slice in too many ways at one port; a part of it is "
             "left out there");
        continue;
      }
      for (const ofmsg::Match& header : *left) done.push_back(Claim{claim.slice, claim.rule, claim.by_name, header});
    }
    return done;
  }

  // What the version can say of a header, computed once for all ports.
  const std::optional<std::vector<ofmsg::Match>>& sayable(const ofmsg::Match& header) {
    const auto known = sayable_.find(header);
    if (known != sayable_.end()) return known->second;
    return sayable_.emplace(header, expressible(header, version_, split_budget)).first->second;
  }

  void settle(ofmsg::PortNo port, const std::vector<Claim>& claims, Access access) {
    for (const Claim& claim : claims) {
      const auto& headers = sayable(claim.header);
      if (!headers) {
        const auto field = ofmsg::first_inexpressible(claim.header, version_);
        warn("OpenFlow " + std::string{ofmsg::text(version_)} + " cannot say the match of " + rule_text(claim.rule) +
             " (" + std::string{field ? ofmsg::text(*field) : "?"} + "); what needs it belongs to nobody");
        continue;
      }
      if (boxes_ + headers->size() > view_budget) {
        warn("too many ports and headers for one switch; " + rule_text(claim.rule) + " is left out at some ports");
        continue;
      }
      boxes_ += headers->size();
      Holding& holding = view_.holdings_[claim.slice];
      auto& boxes = (access == Access::write ? holding.writes : holding.reads)[port];
      for (const ofmsg::Match& header : *headers) boxes.push_back(Box{header, claim.rule});
    }
  }

  void finish(SliceId slice, Holding& holding) {
    view_.slices_.push_back(slice);
    std::set<ofmsg::PortNo> ports;
    std::vector<ofmsg::Match> last_headers;  // most ports have the same headers
    bool last_whole = false;
    for (auto& [port, boxes] : holding.writes) {
      ports.insert(port);
      std::stable_sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.rule < b.rule; });
      std::vector<ofmsg::Match> headers;
      for (const Box& box : boxes) headers.push_back(box.header);
      if (headers != last_headers) {
        last_whole = cover_everything(headers);
        last_headers = std::move(headers);
      }
      if (last_whole) holding.whole.push_back(port);
    }
    for (const auto& [port, boxes] : holding.reads) ports.insert(port);
    holding.ports.assign(ports.begin(), ports.end());
  }

  const Snapshot& snapshot_;
  SwitchId id_;
  std::span<const ofmsg::Port> ports_;
  ofmsg::Version version_;
  SwitchView view_;
  std::map<ofmsg::PortNo, std::vector<Claim>> writes_;
  std::map<ofmsg::PortNo, std::vector<Claim>> reads_;
  std::map<ofmsg::Match, std::optional<std::vector<ofmsg::Match>>> sayable_;
  std::set<std::string> warned_;
  std::set<std::string> missing_;
  std::size_t boxes_ = 0;
};

SwitchView Snapshot::bind(SwitchId id, std::span<const ofmsg::Port> ports, ofmsg::Version version) const {
  return Binder{*this, id, ports, version}.run();
}

}  // namespace sluice::policy
