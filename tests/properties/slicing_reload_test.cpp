// P5: whatever has happened before, with another slice file in force it is as if it had always been in force. Every
// flow in the switches lies in the slice whose cookie it has, by the newest file; packets leave only where that lets
// them; each flow stands as a proxy that has never known another file would set it; what limits count is what is there.
//
// Files change while all is quiet, while the switches have not answered yet, while they are away, and while they are
// being set up. Slices, switches, numbers and controllers come, go and change places.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ofmsg/packet_key.hpp"
#include "policy/compile.hpp"
#include "slicing/cookie.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/ledger.hpp"
#include "tests/support/naive_policy.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_reloads.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

using Fault = std::optional<std::string>;

// --- living through them -------------------------------------------------------------------------------------------

struct Tally {
  std::size_t reloads = 0, flows = 0, compared = 0, emitted = 0, limits = 0;
};

class Run {
 public:
  Run(const Story& story, Tally& tally) : story_{story}, tally_{tally}, world_{story.episodes.front().file} {
    for (std::size_t i = 0; i < 2; ++i) {
      devices_.push_back(
          &world_.plug("s" + std::to_string(i + 1), i + 1, {1, 2, 3, 4, 5}, story.version, 0, story.table_size));
    }
    Dice dice{99};
    for (int i = 0; i < 40; ++i) packets_.push_back(random_packet(dice));
  }

  Fault go() {
    for (const Episode& e : story_.episodes) {
      if (&e != story_.episodes.data()) {
        if (Fault fault = change_to(e)) return fault;
      }
      world_.advance(1s);
      if (Fault fault = judge(e)) return "when the file has come: " + *fault;
      for (const Move& move : e.moves) take(e, move);
      if (next_moment(e) == Moment::quiet) {
        hurry();
        if (Fault fault = judge(e)) return fault;
      }
    }
    return judge_limits();
  }

  // Everything that was said, in order.
  [[nodiscard]] std::string said() const {
    std::string all;
    for (const SwitchEnd* device : devices_) {
      for (const Received& r : device->heard) all += hexadecimal(r.bytes) + "\n";
    }
    for (const auto& [port, list] : world_.tenants) {
      for (const auto& tenant : list) {
        for (const Received& r : tenant->inbox) all += hexadecimal(r.bytes) + "\n";
      }
    }
    for (const slicing::Note& note : world_.notes) all += note.detail + "\n";
    return all;
  }

 private:
  [[nodiscard]] Moment next_moment(const Episode& e) const {
    const auto next = static_cast<std::size_t>(&e - story_.episodes.data()) + 1;
    return next < story_.episodes.size() ? story_.episodes[next].moment : Moment::quiet;
  }

  void hurry() {
    for (SwitchEnd* device : devices_) world_.hurry(*device);
    world_.advance(100ms);
  }

  void cut() {
    for (SwitchEnd* device : devices_) world_.cut(*device);
    world_.settle();
  }

  void connect() {
    for (SwitchEnd* device : devices_) {
      device->deaf = false;
      if (!device->link) world_.connect(*device);
    }
  }

  Fault change_to(const Episode& e) {
    ++tally_.reloads;
    switch (e.moment) {
      case Moment::quiet: {
        hurry();
        const std::string foreseen = told(world_.foresee(e.file));
        const std::string done = told(world_.reload(e.file));
        if (foreseen != done) return "foreseen was:\n" + foreseen + "what came was:\n" + done;
        break;
      }
      case Moment::unanswered:
        world_.reload(e.file);
        world_.advance(30ms);
        break;
      case Moment::away:
        hurry();
        cut();
        world_.advance(500ms);
        world_.reload(e.file);
        break;
      case Moment::lost:
        cut();
        world_.reload(e.file);
        break;
      case Moment::setup:
        hurry();
        cut();
        for (SwitchEnd* device : devices_) device->slow = true;
        connect();
        for (SwitchEnd* device : devices_) {  // hello, and which switch it is
          world_.arrive(*device);
          world_.arrive(*device);
        }
        world_.reload(e.file);
        break;
    }
    hurry();
    connect();  // also those that were hung up because nobody knew them
    return std::nullopt;
  }

  static std::string told(const slicing::ReloadReport& report) {
    std::string out;
    for (const slicing::SliceChange& c : report.changes) {
      out += c.switch_name + " " + c.slice;
      for (const std::size_t n : {c.flows_removed, c.flows_changed, c.ports_added, c.ports_removed, c.controllers_added,
                                  c.controllers_removed}) {
        out += " " + std::to_string(n);
      }
      out += "\n";
    }
    for (const std::string& name : report.switches_gone) out += name + " gone\n";
    for (const std::string& name : report.switches_known) out += name + " known\n";
    return out;
  }

  void take(const Episode& e, const Move& move) {
    SwitchEnd& device = *devices_[move.nth_switch];
    // Towards the next file, answers stay on their way, or messages do not arrive.
    const std::size_t place = static_cast<std::size_t>(&move - e.moves.data());
    const bool last = place + 6 >= e.moves.size();
    if (next_moment(e) == Moment::lost && last) device.deaf = true;
    const bool slow = (next_moment(e) == Moment::unanswered && last) || !move.answered;
    if (!slow) world_.hurry(device);
    device.slow = slow;
    Tenant* tenant = controller(world_, e.controllers[move.step.slice], move.nth_switch + 1);
    switch (move.step.what) {
      case Step::What::wait: world_.advance(move.step.by); break;
      case Step::What::packet: world_.inject(device, move.step.port, move.step.bytes); break;
      case Step::What::bytes:
        if (tenant != nullptr) tenant->send_bytes(move.step.bytes);
        break;
      case Step::What::hang_up:
        if (tenant != nullptr) world_.cut(*tenant);
        break;
      case Step::What::message:
        if (tenant != nullptr) static_cast<void>(tenant->send(move.step.message));
        break;
      default: break;
    }
    world_.settle();
  }

  static Tenant* controller(World& world, std::uint16_t port, std::uint64_t dpid) {
    const auto list = world.tenants.find(port);
    if (list == world.tenants.end()) return nullptr;
    for (const auto& tenant : list->second) {
      if (tenant->channel.up() && tenant->channel.features().datapath_id.value == dpid) return tenant.get();
    }
    return nullptr;
  }

  // --- judging ---

  Fault judge(const Episode& e) {
    const policy::Document document = policy::parse(e.file, "test.json");
    const std::string nothing = told(world_.foresee(e.file));
    if (!nothing.empty()) return "the file that is in force would change:\n" + nothing;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const auto id = world_.policy->find_switch(DatapathId{i + 1});
      if (!id) continue;
      SwitchEnd& device = *devices_[i];
      if (!device.link) return "s" + std::to_string(i + 1) + " is not connected";
      const NaivePolicy naive{document, "s" + std::to_string(i + 1), device.device.datapath().ports()};
      if (Fault fault = judge_table(device, *id, naive)) return fault;
      if (Fault fault = ledger_differs(world_, device, world_.policy->switch_(*id).name)) return fault;
      if (Fault fault = judge_packets(device, naive)) return fault;
    }
    return judge_beside_a_new_one(e);
  }

  // Each flow is within its slice.
  Fault judge_table(const SwitchEnd& device, policy::SwitchId id, const NaivePolicy& naive) const {
    const policy::SwitchView view = world_.policy->bind(id, device.device.datapath().ports(), story_.version);
    for (const flow_switch::Flow& flow : flows_of_slices(device)) {
      ++tally_.flows;
      const std::string what = "flow priority=" + std::to_string(flow.priority) + "," + ofmsg::text(flow.match) + " ";
      const auto cookie = slicing::Cookie::parse(flow.cookie);
      if (!cookie) return what + "has no cookie of ours";
      const auto slice = world_.policy->slice_with_number(cookie->slice);
      if (!slice || world_.policy->slice(*slice).gone) return what + "belongs to no slice";
      const std::string& name = world_.policy->slice(*slice).name;
      for (const Bytes& bytes : packets_) {
        for (std::uint32_t port = 1; port <= 5; ++port) {
          const auto key = packet_key(bytes, PortNo{port});
          if (!key || !matches(flow.match, *key) || naive.may_write(name, *key)) continue;
          return what + "of " + name + " catches a foreign packet: " + ofmsg::text(*key);
        }
      }
      const auto port = flow.match.in_port();
      if (!port) return what + "does not say its port";
      Match header = flow.match;
      header.erase(Field::in_port);
      std::vector<Match> rest{header};
      for (const policy::Box& box : view.at(*slice, *port)) {
        std::vector<Match> next;
        for (const Match& part : rest) {
          for (Match& left : subtract(part, box.header)) next.push_back(std::move(left));
        }
        rest = std::move(next);
      }
      if (!rest.empty()) return what + "of " + name + " reaches to " + ofmsg::text(witness(rest.front()));
    }
    return std::nullopt;
  }

  // Packets leave only where they belong to who has sent them there.
  Fault judge_packets(SwitchEnd& device, const NaivePolicy& naive) {
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      const std::uint32_t port = static_cast<std::uint32_t>(1 + i % 5);
      const auto key = packet_key(packets_[i], PortNo{port});
      const auto owners = key ? naive.writers(*key) : std::vector<std::string>{};
      device.emitted.clear();
      world_.inject(device, port, packets_[i]);
      for (const auto& sent : device.emitted) {
        ++tally_.emitted;
        const std::string what = "a packet that came in as " + (key ? ofmsg::text(*key) : "?");
        if (owners.empty()) return what + " is nobody's and leaves at port " + ofmsg::text(sent.port);
        const auto out = packet_key(sent.packet, sent.port);
        if (!out || !naive.may_write(owners.front(), *out)) {
          return what + " for " + owners.front() + " leaves as " + (out ? ofmsg::text(*out) : "?") + "\n" +
                 table(device);
        }
      }
    }
    return std::nullopt;
  }

  // A proxy that has read only this file, whose controllers send the same flows, cuts them as ours has cut them.
  Fault judge_beside_a_new_one(const Episode& e) {
    World fresh{e.file};
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      fresh.plug("s" + std::to_string(i + 1), i + 1, {1, 2, 3, 4, 5}, story_.version);
    }
    const auto named = [&](const std::string& slice) {
      const auto found = std::find(e.names.begin(), e.names.end(), slice);
      return e.controllers[static_cast<std::size_t>(found - e.names.begin())];
    };
    for (const slicing::FlowState& flow : world_.domain.flows({}, {}, world_.now)) {
      Tenant* tenant = controller(fresh, named(flow.slice), flow.switch_name == "s1" ? 1 : 2);
      if (tenant == nullptr) return "a flow of " + flow.slice + " has no controller";
      FlowMod mod;
      mod.priority = flow.priority;
      mod.match = flow.match;
      mod.instructions = flow.instructions;
      tenant->inbox.clear();
      static_cast<void>(tenant->send(mod));
      fresh.settle();
      if (tenant->take<Error>()) continue;  // what it says goes partly nowhere since the file has changed
      ++tally_.compared;
      const auto theirs = fresh.domain.flows(flow.slice, flow.switch_name, fresh.now);
      const auto found = std::find_if(theirs.begin(), theirs.end(), [&flow](const slicing::FlowState& f) {
        return f.priority == flow.priority && f.match == flow.match;
      });
      if (found == theirs.end()) return "a flow is lost";
      const std::string mine = pieces(flow);
      const std::string other = pieces(*found);
      if (mine != other) {
        return "flow priority=" + std::to_string(flow.priority) + "," + ofmsg::text(flow.match) + " of " + flow.slice +
               " is\n" + mine + "and would be\n" + other;
      }
    }
    return std::nullopt;
  }

  static std::string pieces(const slicing::FlowState& flow) {
    std::string out;
    for (const slicing::PieceState& piece : flow.pieces) {
      out += ofmsg::text(piece.match) + " " + ofmsg::text(piece.instructions) + "\n";
    }
    return out;
  }

  // The number of flows that `limits.flows` goes by is the number that is there: with one more there is room for one.
  Fault judge_limits() {
    const Episode& e = story_.episodes.back();
    for (const std::size_t room : {0U, 1U}) {
      std::string file = e.file;
      std::vector<std::string> judged;
      for (const std::string& name : e.names) {
        const std::size_t flows = world_.domain.flows(name, {}, world_.now).size();
        const std::string head = "\"" + name + "\": {";
        const std::size_t at = file.find(head) + head.size();
        const bool has_limits = file.substr(at, file.find("\n    ", at) - at).find("limits") != std::string::npos;
        if (flows + room == 0 || has_limits) continue;
        file.insert(at, R"("limits": {"flows": )" + std::to_string(flows + room) + "}, ");
        judged.push_back(name);
      }
      const std::string changes = told(world_.reload(file));
      if (!changes.empty()) return "limits change:\n" + changes;
      for (const std::string& name : judged) {
        const auto i = static_cast<std::size_t>(std::find(e.names.begin(), e.names.end(), name) - e.names.begin());
        Tenant* tenant = controller(world_, e.controllers[i], 1);
        if (tenant == nullptr) tenant = controller(world_, e.controllers[i], 2);
        if (tenant == nullptr) continue;
        ++tally_.limits;
        FlowMod mod;
        mod.priority = 0x7777;
        const Xid xid = tenant->send(mod);
        world_.settle();
        const auto refusals = world_.domain.refusals();
        const bool full = !refusals.empty() && refusals.front().xid == xid.value && refusals.front().slice == name &&
                          refusals.front().why.find("(limits.flows)") != std::string::npos;
        if (full != (room == 0)) return "limits.flows of " + name + (full ? " is met too soon" : " lets one in");
      }
    }
    return std::nullopt;
  }

  const Story& story_;
  Tally& tally_;
  World world_;
  std::vector<SwitchEnd*> devices_;
  std::vector<Bytes> packets_;
};

Fault judge(const Story& story, Tally& tally) {
  Run first{story, tally};
  if (Fault fault = first.go()) return fault;
  Run second{story, tally};
  static_cast<void>(second.go());
  if (first.said() != second.said()) return "the same again is not the same";
  return std::nullopt;
}

// A story that still shows a fault, with fewer episodes and moves.
Story shrunk(Story story) {
  Tally unused;
  const auto try_it = [&](Story shorter) {
    if (shorter.episodes.empty() || !judge(shorter, unused)) return false;
    story = std::move(shorter);
    return true;
  };
  for (std::size_t i = 0; i < story.episodes.size();) {
    Story shorter = story;
    shorter.episodes.erase(shorter.episodes.begin() + static_cast<std::ptrdiff_t>(i));
    if (!try_it(std::move(shorter))) ++i;
  }
  for (std::size_t i = 0; i < story.episodes.size(); ++i) {
    for (std::size_t chunk = 8; chunk > 0; chunk /= 2) {
      for (std::size_t at = 0; at < story.episodes[i].moves.size();) {
        Story shorter = story;
        std::vector<Move>& moves = shorter.episodes[i].moves;
        const auto from = moves.begin() + static_cast<std::ptrdiff_t>(at);
        moves.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, moves.size() - at)));
        if (!try_it(std::move(shorter))) at += chunk;
      }
    }
  }
  return story;
}

}  // namespace

TEST_CASE("P5: a file that comes into force is as if it had always been") {
  Tally tally;
  const std::uint64_t first = property_seed();
  for (std::uint64_t seed = first; seed < first + property_runs(60); ++seed) {
    for (const Version version : {v1_0, v1_3}) {
      Dice dice{seed};
      const Story story = random_story(dice, version);
      if (!judge(story, tally)) continue;
      const Story shorter = shrunk(story);
      FAIL("seed " << seed << ", OpenFlow " << text(version) << ": " << judge(shorter, tally).value() << "\n"
                   << text(shorter));
    }
  }
  count_sequences("stories of slice files", 2 * property_runs(60));
  MESSAGE(tally.reloads << " reloads, " << tally.flows << " flows, " << tally.compared << " compared, " << tally.emitted
                        << " packets, " << tally.limits << " limits");
  CHECK(tally.reloads > 0);
}
