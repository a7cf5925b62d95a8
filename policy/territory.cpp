#include "policy/territory.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <tuple>
#include <utility>

#include "policy/boxes.hpp"
#include "policy/imagined_ports.hpp"

namespace sluice::policy {
namespace {

// More than a few are told as "everything, except".
constexpr std::size_t few_pieces = 16;

bool same(const Holding& a, const Holding& b) {
  return std::tie(a.header, a.except, a.slice, a.access, a.rule) ==
         std::tie(b.header, b.except, b.slice, b.access, b.rule);
}

// Asks about every port, and puts those with the same answer together; those with none are left out.
class Survey {
 public:
  Survey(const Snapshot& snapshot, SwitchId id) : ports_{port_refs(snapshot, id)} {}

  std::vector<PortTerritory> run(const std::function<void(const ofmsg::Port&, PortTerritory&)>& look) {
    std::vector<PortTerritory> all;
    std::vector<std::vector<ofmsg::PortNo>> where;
    for (const ofmsg::PortNo number : ports_.numbers()) {
      PortTerritory here;
      look(ports_.port(number), here);
      if (here.holdings.empty()) continue;
      const auto known = std::find_if(all.begin(), all.end(), [&here](const PortTerritory& other) {
        return std::equal(here.holdings.begin(), here.holdings.end(), other.holdings.begin(), other.holdings.end(),
                          same);
      });
      if (known == all.end()) {
        all.push_back(std::move(here));
        where.push_back({number});
      } else {
        where[static_cast<std::size_t>(known - all.begin())].push_back(number);
      }
    }
    for (std::size_t i = 0; i < all.size(); ++i) all[i].ports = ports_.texts(where[i]);
    return all;
  }

 private:
  ImaginedPorts ports_;
};

std::vector<const ofmsg::Match*> pointers(const std::vector<ofmsg::Match>& list) {
  std::vector<const ofmsg::Match*> all;
  all.reserve(list.size());
  for (const ofmsg::Match& match : list) all.push_back(&match);
  return all;
}

// The parts of the region's header that others of higher priority have at this port.
std::vector<ofmsg::Match> excepted(std::span<const Region> regions, const Region& region, const ofmsg::Port& port) {
  std::vector<ofmsg::Match> except;
  for (const std::uint32_t other : region.gives_way_to) {
    if (!has_port(regions[other].ports, port)) continue;
    if (auto common = ofmsg::intersect(region.header, regions[other].header)) except.push_back(*std::move(common));
  }
  std::sort(except.begin(), except.end());
  except.erase(std::unique(except.begin(), except.end()), except.end());
  return except;
}

void add_regions(std::span<const Region> regions, const ofmsg::Port& port, std::vector<Holding>& into) {
  for (const Region& region : regions) {
    if (!has_port(region.ports, port)) continue;
    Holding holding{region.header, excepted(regions, region, port), region.slice, region.access, region.rule};
    const auto rest = without(holding.header, pointers(holding.except), few_pieces);
    if (!rest || !rest->empty()) into.push_back(std::move(holding));
  }
}

}  // namespace

std::vector<PortTerritory> territory(const Snapshot& snapshot, SwitchId id) {
  const std::span<const Region> regions = snapshot.regions(id);
  return Survey{snapshot, id}.run(
      [&](const ofmsg::Port& port, PortTerritory& here) { add_regions(regions, port, here.holdings); });
}

std::vector<PortTerritory> shared_territory(const Snapshot& snapshot, SwitchId id) {
  return Survey{snapshot, id}.run([&](const ofmsg::Port& port, PortTerritory& here) {
    std::vector<const Region*> all;
    for (const Region& region : snapshot.regions(id)) {
      if (has_port(region.ports, port)) all.push_back(&region);
    }
    for (const Region* a : all) {
      for (const Region* b : all) {
        if (a->slice == b->slice) continue;
        if (auto common = ofmsg::intersect(a->header, b->header)) {
          here.holdings.push_back({*std::move(common), {}, a->slice, a->access, a->rule});
        }
      }
    }
    std::stable_sort(here.holdings.begin(), here.holdings.end(),
                     [](const Holding& a, const Holding& b) { return a.header < b.header; });
    here.holdings.erase(std::unique(here.holdings.begin(), here.holdings.end(), same), here.holdings.end());
  });
}

std::vector<PortTerritory> free_territory(const Snapshot& snapshot, SwitchId id) {
  return Survey{snapshot, id}.run([&](const ofmsg::Port& port, PortTerritory& here) {
    std::vector<ofmsg::Match> written;
    for (const Region& region : snapshot.regions(id)) {
      if (region.access == Access::write && has_port(region.ports, port)) written.push_back(region.header);
    }
    std::sort(written.begin(), written.end());
    written.erase(std::unique(written.begin(), written.end()), written.end());
    auto rest = without(ofmsg::Match{}, pointers(written), few_pieces);
    if (!rest) {
      here.holdings.push_back({ofmsg::Match{}, std::move(written), {}, Access::write, RuleId{}});
      return;
    }
    std::sort(rest->begin(), rest->end());
    for (ofmsg::Match& header : *rest) here.holdings.push_back({std::move(header), {}, {}, Access::write, RuleId{}});
  });
}

}  // namespace sluice::policy
