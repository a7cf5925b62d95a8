// The laws of the core (slicing/domain.hpp), whatever the world does:
//
//   - equal inputs give equal outputs, byte for byte (with replay_test.cpp)
//   - outputs come from `handle` only: whoever asks for deadlines, flows, traces or anything else changes nothing
//   - a Tick before `deadline()` changes nothing, and does not move it
//   - what an input brings about is bounded by what there is; after a few Ticks the next deadline lies ahead
//   - outputs are whole messages for links that are there, and nothing for those that have ended
//   - what comes from a link that has ended, or that nobody knows, changes nothing
//   - Shutdown hangs up every link and leaves nothing to wait for
//
// A random script is recorded; the recording is given to other cores, with something strange between its turns.
#include <algorithm>
#include <deque>
#include <set>
#include <string>

#include "ofmsg/packet_key.hpp"
#include "slicing/replay/player.hpp"
#include "tests/slicing/support.hpp"
#include "tests/support/act.hpp"
#include "tests/support/random_packets.hpp"
#include "tests/support/random_script.hpp"

using namespace sluice;
using namespace sluice::tests;
using slicing::LinkId;
using slicing::Outbox;
using slicing::replay::Player;
using slicing::replay::RecordingReader;
using slicing::replay::Turn;

namespace {

using Fault = std::optional<std::string>;

constexpr std::uint64_t seed = 7;

Bytes recorded(const Script& script) {
  World world{script.file.text, seed};
  Bytes recording;
  slicing::replay::append_head(recording, {"test", seed, world.now, 0, policy_text(script.file.text), std::nullopt});
  world.on_turn = [&recording](const Turn& turn) { slicing::replay::append_turn(recording, turn); };
  SwitchEnd& s1 = world.plug("s1", 1, script.file.ports, script.version, script.buffers);
  for (const Step& step : script.steps) {
    act(world, s1, step, script.version);
    world.settle();
  }
  world.advance(3s);
  return recording;
}

// One life of a core that is told what was recorded, and more. What is virtual here is called before and after each
// turn; what was recorded must come out of it all the same.
class Life {
 public:
  explicit Life(const Script& told) : script{told}, dice{told.steps.size() + 1} {}

  virtual ~Life() = default;
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  Fault live() {
    const Bytes recording = recorded(script);
    RecordingReader reader;
    reader.feed(recording);
    while (true) {
      const auto block = reader.next();
      if (!block) return "cannot be read: " + block.error();
      if (!*block) break;
      if (const auto* head = std::get_if<slicing::replay::RecordingHead>(&**block)) {
        player_.emplace(Player::begin(*head).value());
        now = head->at;
        continue;
      }
      const Turn& turn = std::get<Turn>(**block);
      Fault fault = before(turn);
      now = turn.at;
      if (!fault) fault = take(turn);
      ++turns;
      if (fault) return "turn " + std::to_string(turns) + ": " + *fault;
    }
    return at_the_end();
  }

 protected:
  // The time is that of the turn before.
  virtual Fault before(const Turn& turn) = 0;
  virtual Fault after(const Turn& turn, Outbox& out) = 0;

  virtual Fault at_the_end() { return std::nullopt; }

  [[nodiscard]] const slicing::Domain& core() const { return player_->domain(); }

  // Something that was not recorded, and that nothing may come of.
  Fault nothing_comes_of(const slicing::Input& input, Time at, const std::string& what) {
    const auto due = core().deadline();
    Outbox out = player_->play(Turn{at, input, std::nullopt, {}, {}}).value();
    if (!out.empty()) return what + " has an output";
    if (core().deadline() != due) return what + " moves the deadline";
    return std::nullopt;
  }

  Player& player() { return *player_; }

  const Script& script;
  Dice dice;
  Time now{};
  std::size_t turns = 0;

 private:
  Fault take(const Turn& turn) {
    Outbox out = player_->play(turn).value();
    if (!same(turn, out)) return "says something else than was recorded";
    return after(turn, out);
  }

  std::optional<Player> player_;
};

// --- questions -----------------------------------------------------------------------------------------------------

class Questioned : public Life {
 public:
  using Life::Life;

 private:
  Fault before(const Turn&) override {
    static_cast<void>(core().deadline());
    switch (dice.below(9)) {
      case 0: static_cast<void>(core().state(now)); break;
      case 1: static_cast<void>(core().flows({}, {}, now)); break;
      case 2: static_cast<void>(core().standing()); break;
      case 3: static_cast<void>(core().foresee(player().policy())); break;
      case 4: static_cast<void>(core().reload_report()); break;
      case 5:
        if (const auto key = packet_key(random_packet(dice), PortNo{dice.pick(script.file.ports)})) {
          static_cast<void>(core().trace("s1", *key, now));
        }
        break;
      case 6:
        for (slicing::Refusal& refusal : core().refusals()) static_cast<void>(core().explain(std::move(refusal)));
        break;
      case 7:
        for (const Step& step : script.steps) {
          static_cast<void>(core().rule_behind("s1", script.file.names[step.slice], step.message));
        }
        break;
      default: break;
    }
    return std::nullopt;
  }

  // Nobody writes into an outbox that is not at hand.
  Fault after(const Turn&, Outbox& out) override {
    kept_.emplace_back(size(out), std::move(out));
    return std::nullopt;
  }

  Fault at_the_end() override {
    for (auto& [before, out] : kept_) {
      if (size(out) != before) return "an outbox has grown after its turn";
    }
    return std::nullopt;
  }

  static std::size_t size(Outbox& out) {
    std::size_t sum = out.records().size();
    for (const auto& [link, bytes] : out.bytes()) sum += bytes.size();
    return sum;
  }

  std::deque<std::pair<std::size_t, Outbox>> kept_;
};

// --- ticks ---------------------------------------------------------------------------------------------------------

class Ticked : public Life {
 public:
  using Life::Life;

 private:
  Fault before(const Turn& turn) override {
    const std::optional<Time> due = core().deadline();
    const auto early = [&due](Time time) { return !due || time < *due; };
    for (const Time time : {now, now + (turn.at - now) / 2, due.value_or(now) - 1ns, turn.at}) {
      if (time < now || time > turn.at || !early(time)) continue;
      if (Fault fault = nothing_comes_of(slicing::Tick{}, time, "a Tick before the deadline")) return fault;
      now = time;
    }
    was_early_ = early(turn.at);
    return std::nullopt;
  }

  Fault after(const Turn& turn, Outbox& out) override {
    if (!std::holds_alternative<slicing::Tick>(turn.input)) {
      idle_ticks_ = 0;
      return std::nullopt;
    }
    if (was_early_ && !out.empty()) return "a Tick before the deadline has an output";
    const std::optional<Time> due = core().deadline();
    idle_ticks_ = due && *due <= now ? idle_ticks_ + 1 : 0;
    constexpr std::size_t most = 20;
    return idle_ticks_ < most ? Fault{} : Fault{"the deadline does not move on, however often a Tick comes"};
  }

  bool was_early_ = false;
  std::size_t idle_ticks_ = 0;
};

// --- links ---------------------------------------------------------------------------------------------------------

// The link that an input is about.
struct LinkOf {
  std::optional<LinkId> operator()(const slicing::Tick&) const { return std::nullopt; }

  std::optional<LinkId> operator()(const slicing::PolicyChanged&) const { return std::nullopt; }

  std::optional<LinkId> operator()(const slicing::Shutdown&) const { return std::nullopt; }

  template <class OfLink>
  std::optional<LinkId> operator()(const OfLink& input) const {
    return input.link;
  }
};

class Linked : public Life {
 public:
  using Life::Life;

 private:
  // Something about a link that is not there.
  Fault before(const Turn&) override {
    static const Bytes hello{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{8},
                             std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
    if (!dice.chance(20)) return std::nullopt;
    const std::vector<LinkId> ended{ended_.begin(), ended_.end()};
    const LinkId link = ended.empty() || dice.chance(30) ? LinkId{dice.roll()} : dice.pick(ended);
    if (there_.contains(link)) return std::nullopt;
    const slicing::Input input = [&]() -> slicing::Input {
      switch (dice.below(6)) {
        case 0: return slicing::Arrived{link, FrameView::of(hello).value()};
        case 1: return slicing::ControllerUp{link};
        case 2: return slicing::Lost{link, "again"};
        case 3: return slicing::Congested{link, true};
        case 4: return slicing::Paused{link, true};
        default: return slicing::Garbled{link, CodecError{Reason::bad_type}, hello};
      }
    }();
    return nothing_comes_of(input, now, "what comes from a link that is not there");
  }

  Fault after(const Turn& turn, Outbox& out) override {
    if (std::holds_alternative<slicing::SwitchUp>(turn.input)) begin(std::get<slicing::SwitchUp>(turn.input).link);
    if (const auto* lost = std::get_if<slicing::Lost>(&turn.input)) end(lost->link);
    for (const auto& [link, bytes] : out.bytes()) {
      if (bytes.empty()) continue;
      if (!there_.contains(link)) return "bytes for a link that is not there";
      if (!whole(bytes)) return "a message that is not whole";
    }
    for (const slicing::Record& record : out.records()) {
      if (const auto* dial = std::get_if<slicing::Dial>(&record)) {
        if ((dial->link.value & LinkId::dialled) == 0) return "a number of the shell's is dialled";
        if (!begin(dial->link)) return "a number is dialled twice";
      }
      if (const auto* hangup = std::get_if<slicing::Hangup>(&record)) {
        if (!end(hangup->link)) return "a link is hung up that is not there";
      }
      if (const auto* hold = std::get_if<slicing::Hold>(&record)) {
        if (!there_.contains(hold->link)) return "a link is held that is not there";
      }
      if (const auto* bound = std::get_if<slicing::QueueBound>(&record)) {
        if (!there_.contains(bound->link)) return "a link's queue is bounded that is not there";
      }
    }
    return bounded(turn, out);
  }

  Fault at_the_end() override {
    Outbox out = player().play(Turn{now, slicing::Shutdown{}, std::nullopt, {}, {}}).value();
    for (const slicing::Record& record : out.records()) {
      if (const auto* hangup = std::get_if<slicing::Hangup>(&record)) static_cast<void>(end(hangup->link));
    }
    if (!there_.empty()) return "Shutdown leaves a link";
    if (core().deadline()) return "after Shutdown there is still something to wait for";
    return nothing_comes_of(slicing::Tick{}, now + 1h, "a Tick after Shutdown");
  }

  bool begin(LinkId link) {
    there_.insert(link);
    return known_.insert(link).second;
  }

  bool end(LinkId link) {
    ended_.insert(link);
    return there_.erase(link) > 0;
  }

  static bool whole(ByteView bytes) {
    while (!bytes.empty()) {
      if (bytes.size() < header_size) return false;
      const std::size_t size = load<std::uint16_t>(bytes, 2);
      if (size < header_size || size > bytes.size()) return false;
      bytes = bytes.subspan(size);
    }
    return true;
  }

  // No input brings about more messages than a few for each entry that there was or is, and for each port of each leg.
  Fault bounded(const Turn& turn, Outbox& out) {
    std::size_t messages = out.records().size();
    for (const auto& [link, bytes] : out.bytes()) {
      for_each_frame(bytes, [&messages](FrameView) { ++messages; });
    }
    constexpr std::size_t few = 12;
    if (messages <= few) return std::nullopt;
    std::size_t entries = 0;
    for (const slicing::FlowState& flow : core().flows({}, {}, now)) entries += 1 + flow.pieces.size();
    entries_ = std::max(entries_, entries);
    const std::size_t most = few + 8 * entries_ + 2 * there_.size() * script.file.ports.size();
    if (messages <= most) return std::nullopt;
    return std::to_string(messages) + " outputs of one input (number " + std::to_string(turn.input.index()) + ")";
  }

  std::set<LinkId> there_, known_, ended_;
  std::size_t entries_ = 0;  // the most that have been there
};

template <class Kind>
Fault judge(const Script& script) {
  return Kind{script}.live();
}

template <class Kind>
void hold(std::uint64_t runs) {
  for (const Version version : {v1_0, v1_3}) {
    ScriptTaste taste;
    taste.garbage = true;
    taste.rich = true;
    taste.ports = true;
    taste.slices.readers = true;
    taste.slices.local = true;
    taste.length = 80;
    const std::string fault = first_fault(version, taste, property_runs(runs), judge<Kind>);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}

}  // namespace

TEST_CASE("laws: outputs come from handle only, and questions change nothing") { hold<Questioned>(150); }

TEST_CASE("laws: a Tick before the deadline changes nothing, and deadlines move on") { hold<Ticked>(150); }

TEST_CASE("laws: outputs are finite, and for links that are there") { hold<Linked>(150); }
