// Failure as an axis: named scenarios, in which at every input of the core, for every link that is there, something
// happens to that link: it is lost, its other end does not read fast enough, the proxy does not read it, or what it
// says is late. Then everything comes back, and all must be as the specification promises:
//
//   - what the ledger holds to stand is what stands on the switch
//   - the switch is up and no controller is waited for
//   - every request has been answered on the connection that it came by, in the order that barriers demand, unless that
//     connection has been closed
//   - flows that stood when it happened and that nobody has removed since stand again, or still
//   - controllers of other slices have heard the same bytes at the same times
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/properties/fault_scenarios.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/ledger.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/random_dice.hpp"
#include "tests/support/random_packets.hpp"

using namespace sluice;
using namespace sluice::tests;
using namespace sluice::tests::faults;
using slicing::LinkId;

namespace {

using Fault = std::optional<std::string>;

// --- what may happen to a link -------------------------------------------------------------------------------------

enum class What : std::uint8_t { nothing, lost, congested, paused, late };

constexpr std::array what_names{"nothing happens", "the link is lost", "the link is congested", "the link is not read",
                                "what the link says is late"};

// Whose it is: a controller's port; 0: the switch's.
struct Where {
  std::uint16_t whose = 0;
  LinkId link;
};

struct Incident {
  What what = What::nothing;
  std::size_t input = 0;
  Where where;
};

std::string text(const Incident& i) {
  return std::string{what_names[static_cast<std::size_t>(i.what)]} + " at input " + std::to_string(i.input) + ", of " +
         (i.where.whose == 0     ? "the switch"
          : i.where.whose == red ? "red"
                                 : "blue");
}

// A flow as its controller knows it.
using Known = std::tuple<std::string, std::uint16_t, Match>;

class Run {
 public:
  Run(const Scenario& scenario, Version version, const Incident& incident)
      : scenario_{scenario}, stage_{version}, incident_{incident} {}

  void go() {
    World& world = stage_.world;
    world.before_input = [this](std::size_t number) { at(number); };
    stage_.s1 = &world.plug("s1", 1, {1, 2, 3, 4, 5}, stage_.version, stage_.version == v1_0 ? 64 : 0);
    for (const Move& move : scenario_.moves) {
      move(stage_);
      world.settle();
    }
    over_ = true;
    for (const auto& [port, list] : world.tenants) {
      for (const auto& tenant : list) {
        for (const Received& r : tenant->inbox) heard[port].emplace_back(r.at, r.bytes);
      }
    }
    come_back();
  }

  // By number of input: the links that there are.
  std::vector<std::vector<Where>> links;
  std::map<std::uint16_t, std::vector<std::pair<Time, Bytes>>> heard{{red, {}}, {blue, {}}};

  // What stands for all the pieces that a flow has.
  [[nodiscard]] std::set<Known> flows(bool standing_only) const {
    std::set<std::uint64_t> there;
    for (const flow_switch::Flow& f : flows_of_slices(*stage_.s1)) there.insert(f.cookie);
    std::set<Known> found;
    for (const slicing::FlowState& flow : stage_.world.domain.flows({}, {}, stage_.world.now)) {
      const bool stands =
          !flow.pieces.empty() && std::all_of(flow.pieces.begin(), flow.pieces.end(),
                                              [&](const slicing::PieceState& p) { return there.contains(p.cookie); });
      if (stands || !standing_only) found.emplace(flow.slice, flow.priority, flow.match);
    }
    return found;
  }

  [[nodiscard]] Fault judge(const Run& undisturbed) {
    if (Fault fault = judge_state()) return fault;
    if (Fault fault = judge_answers()) return fault;
    if (Fault fault = ledger_differs(stage_.world, *stage_.s1, "s1")) return fault;
    const std::set<Known> now = flows(true);
    const std::set<Known> in_the_end = undisturbed.flows(true);
    for (const Known& known : stood_) {
      const auto& [slice, priority, match] = known;
      if (!in_the_end.contains(known) || now.contains(known)) continue;
      return "flow priority=" + std::to_string(priority) + "," + ofmsg::text(match) + " of " + slice +
             " stood and has gone\n" + table(*stage_.s1);
    }
    for (const std::uint16_t neighbour : {red, blue}) {
      if (incident_.where.whose == 0 || incident_.where.whose == neighbour) continue;
      if (heard.at(neighbour) != undisturbed.heard.at(neighbour)) return "the neighbour hears something else";
    }
    return std::nullopt;
  }

 private:
  void at(std::size_t number) {
    if (over_ || happening_) return;
    if (incident_.what == What::nothing) return note_links();
    if (number != incident_.input) return;
    happening_ = true;
    World& world = stage_.world;
    if (stage_.s1 != nullptr) stood_ = flows(true);
    Tenant* tenant = tenant_of(incident_.where.link);
    switch (incident_.what) {
      case What::nothing: break;
      case What::lost: world.lose(incident_.where.link); break;
      case What::congested: world.congest(incident_.where.link, true); break;
      case What::paused: world.pause(*tenant, true); break;
      case What::late: (tenant != nullptr ? tenant->slow : world.switches.at("s1")->slow) = true; break;
    }
    happening_ = false;
  }

  void note_links() {
    std::vector<Where>& there = links.emplace_back();
    for (const auto& [name, device] : stage_.world.switches) {
      if (device->link) there.push_back({0, *device->link});
    }
    for (const auto& [port, list] : stage_.world.tenants) {
      for (const auto& tenant : list) there.push_back({port, tenant->link});
    }
  }

  Tenant* tenant_of(LinkId link) {
    for (const auto& [port, list] : stage_.world.tenants) {
      for (const auto& tenant : list) {
        if (tenant->link == link) return tenant.get();
      }
    }
    return nullptr;
  }

  // Whatever has happened is over; everybody is there again, and asks something more.
  void come_back() {
    World& world = stage_.world;
    SwitchEnd& s1 = *stage_.s1;
    world.settle();
    if (Tenant* tenant = tenant_of(incident_.where.link)) {
      tenant->slow = false;
      if (incident_.what == What::congested) world.congest(*tenant, false);
      if (incident_.what == What::paused) world.pause(*tenant, false);
    }
    if (incident_.what == What::congested && incident_.where.whose == 0 && s1.link == incident_.where.link) {
      world.congest(incident_.where.link, false);
    }
    world.hurry(s1);
    world.advance(1s);
    if (!s1.link) world.connect(s1);
    world.advance(20s);  // the longest pause between two dials is eight seconds
    for (const std::uint16_t who : {red, blue}) {
      stage_.say(who, FlowStatsRequest{});
      stage_.say(who, PortStatsRequest{0, port::any});
      stage_.say(who, BarrierRequest{});
    }
    world.advance(1s);
  }

  [[nodiscard]] Fault judge_state() const {
    const slicing::DomainState state = stage_.world.domain.state(stage_.world.now);
    for (const slicing::SwitchState& s : state.switches) {
      if (s.state != "up") return "switch " + s.name + " is " + s.state;
    }
    if (state.legs.size() != 2) return "there are " + std::to_string(state.legs.size()) + " legs";
    for (const slicing::LegState& leg : state.legs) {
      if (leg.state != "up") return "the controller of " + leg.slice + " is " + leg.state;
    }
    return std::nullopt;
  }

  [[nodiscard]] Fault judge_answers() {
    for (const Stage::Asked& asked : stage_.asked) {
      const Tenant* tenant = tenant_of(asked.link);
      if (tenant == nullptr) continue;  // its connection has been closed
      const auto of_it = [&](const Received& r) { return r.xid == asked.xid; };
      const auto at = std::find_if(tenant->inbox.begin(), tenant->inbox.end(), of_it);
      if (asked.answered && at == tenant->inbox.end()) return "a request has no answer: xid " + text_of(asked.xid);
      if (!asked.barrier) continue;
      // Xids go up, so that errors of earlier messages are told by theirs.
      const bool late = std::any_of(at, tenant->inbox.end(), [&](const Received& r) {
        return std::holds_alternative<Error>(r.message) && r.xid.value < asked.xid.value && r.xid.value != 0;
      });
      if (late) return "an error comes behind the barrier " + text_of(asked.xid);
    }
    return std::nullopt;
  }

  static std::string text_of(Xid xid) { return std::to_string(xid.value); }

  const Scenario& scenario_;
  Stage stage_;
  Incident incident_;
  bool over_ = false, happening_ = false;
  std::set<Known> stood_;
};

// All that may happen in a scenario.
std::vector<Incident> incidents(const std::vector<std::vector<Where>>& links) {
  std::vector<Incident> all;
  for (std::size_t input = 0; input < links.size(); ++input) {
    for (const Where& where : links[input]) {
      for (const What what : {What::lost, What::congested, What::paused, What::late}) {
        if (what == What::paused && where.whose == 0) continue;  // switches are read always
        all.push_back({what, input, where});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("whatever happens to a link, and whenever, all is well again when it is back") {
  std::size_t tried = 0;
  for (const Version version : {v1_0, v1_3}) {
    for (const Scenario& scenario : scenarios()) {
      CAPTURE(scenario.name);
      CAPTURE(text(version));
      Run undisturbed{scenario, version, {}};
      undisturbed.go();
      const Fault fault = undisturbed.judge(undisturbed);
      REQUIRE_MESSAGE(!fault, *fault);
      const std::vector<Incident> all = incidents(undisturbed.links);
      REQUIRE(all.size() > 100);
      // Spread over all of it, from another place on with another seed; all of it if there is time.
      const std::size_t some = std::min<std::size_t>(all.size(), property_runs(400));
      for (std::size_t i = 0; i < some; ++i) {
        const Incident& incident = all[(i * all.size() / some + property_seed() - 1) % all.size()];
        Run run{scenario, version, incident};
        run.go();
        const Fault found = run.judge(undisturbed);
        ++tried;
        if (found) FAIL_CHECK(text(incident) << " (" << all.size() << " in all): " << *found);
        if (found) break;
      }
    }
  }
  count_sequences("incidents", tried);
}
