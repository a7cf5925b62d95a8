#include "slicing/replay/recording.hpp"

#include <algorithm>
#include <string_view>

#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "slicing/replay/recording_format.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::FrameView;

namespace {

// Of one block. After the first thing that is not there, or that cannot be, everything is empty and `sound` is false.
class Reader {
 public:
  explicit Reader(ByteView in) : in_{in} {}

  [[nodiscard]] bool sound() const { return sound_; }

  [[nodiscard]] bool done() const { return in_.empty(); }

  void demand(bool good) {
    if (good) return;
    sound_ = false;
    in_ = {};
  }

  template <std::unsigned_integral T>
  T number() {
    demand(in_.size() >= sizeof(T));
    if (!sound_) return 0;
    const T value = ofmsg::load<T>(in_);
    in_ = in_.subspan(sizeof(T));
    return value;
  }

  // Of things that take at least `least` bytes each.
  std::size_t count(std::size_t least) {
    const auto value = number<std::uint32_t>();
    demand(value <= in_.size() / least);
    return sound_ ? value : 0;
  }

  Time time() { return Time{static_cast<Time::rep>(number<std::uint64_t>())}; }

  bool flag() {
    const auto value = number<std::uint8_t>();
    demand(value <= 1);
    return value == 1;
  }

  // A number below `end`.
  std::size_t choice(std::size_t end) {
    const auto value = number<std::uint8_t>();
    demand(value < end);
    return sound_ ? value : 0;
  }

  LinkId link() { return LinkId{number<std::uint64_t>()}; }

  ByteView bytes() {
    const auto size = number<std::uint32_t>();
    demand(size <= in_.size());
    if (!sound_) return {};
    const ByteView value = in_.first(size);
    in_ = in_.subspan(size);
    return value;
  }

  std::string text() {
    const ByteView value = bytes();
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }

  // Nothing but whole messages.
  ByteView frames() {
    const ByteView value = bytes();
    for (ByteView rest = value; !rest.empty();) {
      const std::size_t size = rest.size() < ofmsg::header_size ? 0 : ofmsg::load<std::uint16_t>(rest, 2);
      demand(size >= ofmsg::header_size && size <= rest.size());
      if (!sound_) return {};
      rest = rest.subspan(size);
    }
    return value;
  }

  std::optional<FrameView> frame() {
    const auto frame = FrameView::of(bytes());
    demand(frame.has_value());
    return sound_ ? frame : std::nullopt;
  }

  template <class M>
  M message() {
    const auto frame = this->frame();
    if (!frame) return {};
    auto message = ofmsg::decode(*frame);
    demand(message && std::holds_alternative<M>(*message));
    return sound_ ? std::get<M>(*std::move(message)) : M{};
  }

  policy::Endpoint endpoint() {
    const auto endpoint = policy::parse_endpoint(text());
    demand(endpoint.has_value());
    return sound_ ? *endpoint : policy::Endpoint{};
  }

  PolicyText policy() {
    PolicyText policy;
    policy.name = text();
    for (std::size_t left = count(8); left > 0; --left) {
      std::string name = text();
      policy.files[std::move(name)] = text();
    }
    return policy;
  }

 private:
  ByteView in_;
  bool sound_ = true;
};

Standing read_standing(Reader& r) {
  Standing standing;
  for (std::size_t left = r.count(16); left > 0; --left) {
    StandingSwitch s;
    s.link = r.link();
    s.name = r.text();
    s.peer = r.text();
    const auto version = ofmsg::version_of(r.number<std::uint8_t>());
    r.demand(version.has_value());
    s.version = version.value_or(ofmsg::v1_3);
    s.features = r.message<ofmsg::FeaturesReply>();
    s.desc = r.message<ofmsg::DescReply>();
    ofmsg::for_each_frame(r.frames(), [&](FrameView frame) {
      auto message = ofmsg::decode(frame);
      auto* part = message ? std::get_if<ofmsg::PortDescReply>(&*message) : nullptr;
      r.demand(part != nullptr);
      if (part != nullptr) s.ports.insert(s.ports.end(), part->ports.begin(), part->ports.end());
    });
    standing.switches.push_back(std::move(s));
  }
  for (std::size_t left = r.count(16); left > 0; --left) {
    StandingLeg leg;
    leg.link = r.link();
    leg.switch_name = r.text();
    leg.slice = r.text();
    leg.at = r.endpoint();
    leg.how = static_cast<StandingLeg::How>(r.choice(3));
    standing.legs.push_back(std::move(leg));
  }
  for (std::size_t left = r.count(16); left > 0; --left) {
    StandingFlow flow;
    flow.switch_name = r.text();
    flow.slice = r.text();
    flow.cookie = r.number<std::uint64_t>();
    flow.since = r.time();
    flow.asked = r.message<ofmsg::FlowMod>();
    standing.flows.push_back(std::move(flow));
  }
  return standing;
}

RecordingHead read_head(Reader& r) {
  RecordingHead head;
  head.program = r.text();
  head.seed = Seed{r.number<std::uint64_t>()};
  head.at = r.time();
  head.wall = static_cast<std::int64_t>(r.number<std::uint64_t>());
  head.policy = r.policy();
  if (r.flag()) head.standing = read_standing(r);
  // Older ones have none.
  if (!r.done()) {
    for (std::uint64_t& word : head.seed.secret) word = r.number<std::uint64_t>();
  }
  return head;
}

Input read_garbled(Reader& r) {
  const LinkId link = r.link();
  const ByteView offender = r.bytes();
  ofmsg::Deframer deframer;
  deframer.feed(offender);
  const auto judged = deframer.next();
  r.demand(!judged);
  return judged ? Input{Tick{}} : Input{Garbled{link, judged.error(), offender}};
}

Input read_input(Reader& r, std::optional<PolicyText>& policy) {
  // In the order of `Input`.
  switch (r.choice(std::variant_size_v<Input>)) {
    case 0: {
      const LinkId link = r.link();
      return SwitchUp{link, r.text()};
    }
    case 1: return ControllerUp{r.link()};
    case 2: {
      const LinkId link = r.link();
      const auto frame = r.frame();
      return frame ? Input{Arrived{link, *frame}} : Input{Tick{}};
    }
    case 3: return read_garbled(r);
    case 4: {
      const LinkId link = r.link();
      return Lost{link, r.text()};
    }
    case 5: {
      const LinkId link = r.link();
      return Congested{link, r.flag()};
    }
    case 6: {
      const LinkId link = r.link();
      return Paused{link, r.flag()};
    }
    case 8: policy = r.policy(); return PolicyChanged{nullptr};
    case 9: return Shutdown{};
    default: return Tick{};
  }
}

Record read_record(Reader& r) {
  switch (r.choice(std::variant_size_v<Record>)) {
    case 0: {
      const LinkId link = r.link();
      policy::Endpoint to = r.endpoint();
      std::string switch_name = r.text();
      return Dial{link, std::move(to), std::move(switch_name), r.text()};
    }
    case 1: {
      const LinkId link = r.link();
      return Hangup{link, r.text()};
    }
    case 3: {
      const LinkId link = r.link();
      return Hold{link, r.flag()};
    }
    case 4: {
      const LinkId link = r.link();
      return QueueBound{link, r.number<std::uint32_t>()};
    }
    default: {
      const auto id = static_cast<NoteId>(r.choice(note_table.size()));
      std::string switch_name = r.text();
      std::string slice = r.text();
      return Note{id, std::move(switch_name), std::move(slice), r.text()};
    }
  }
}

Turn read_turn(Reader& r) {
  Turn turn;
  turn.at = r.time();
  turn.input = read_input(r, turn.policy);
  for (std::size_t left = r.count(12); left > 0; --left) {
    const LinkId link = r.link();
    turn.said.emplace_back(link, r.frames());
  }
  for (std::size_t left = r.count(9); left > 0; --left) turn.records.push_back(read_record(r));
  return turn;
}

static_assert(std::variant_size_v<Input> == 10 && std::variant_size_v<Record> == 5,
              "a new kind of input or record needs a place in the format, at the end");

}  // namespace

void RecordingReader::feed(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  ofmsg::append(buffer_, bytes);
}

RecordingReader::Next RecordingReader::fail(const std::string& why) {
  error_ = why + ", at byte " + std::to_string(done_);
  return ofmsg::Failure<std::string>{error_};
}

RecordingReader::Next RecordingReader::next() {
  if (!error_.empty()) return ofmsg::Failure<std::string>{error_};
  ByteView rest = ByteView{buffer_}.subspan(at_);
  if (!begun_) {
    const ByteView wanted = bytes_of(recording_first_line);
    const std::size_t there = std::min(rest.size(), wanted.size());
    if (!std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(there), wanted.begin())) {
      return fail("this is no recording of Sluice, or one of a later version");
    }
    if (there < wanted.size()) return std::optional<Block>{};
    begun_ = true;
    at_ += there;
    done_ += there;
    rest = rest.subspan(there);
  }
  if (rest.size() < recording_block_header) return std::optional<Block>{};
  const auto kind = static_cast<BlockKind>(ofmsg::load<std::uint8_t>(rest));
  const auto size = ofmsg::load<std::uint32_t>(rest, 1);
  if (kind != (headed_ ? BlockKind::turn : BlockKind::head) || size > largest_block) {
    return fail("there is no block that is known here");
  }
  if (rest.size() - recording_block_header < size) return std::optional<Block>{};
  Reader r{rest.subspan(recording_block_header, size)};
  std::optional<Block> block;
  if (headed_) {
    block = read_turn(r);
  } else {
    block = read_head(r);
  }
  if (!r.sound() || !r.done()) return fail("a block is damaged");
  const auto* head = std::get_if<RecordingHead>(&*block);
  const Time at = head != nullptr ? head->at : std::get<Turn>(*block).at;
  // Time goes forward; whoever plays a recording lets it pass.
  const bool in_time =
      head != nullptr ? at >= Time{} && at < Time::max() / 2 : at >= last_ && at - last_ <= longest_silence;
  if (!in_time) return fail("the time of a block cannot be");
  last_ = at;
  headed_ = true;
  at_ += recording_block_header + size;
  done_ += recording_block_header + size;
  return block;
}

}  // namespace sluice::slicing::replay
