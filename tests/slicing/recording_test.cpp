// Recordings as bytes: what is written is read, however it is cut; what is damaged is told.
#include "slicing/replay/recording.hpp"

#include <memory>

#include "slicing/replay/player.hpp"
#include "tests/slicing/support.hpp"

using namespace sluice;
using namespace sluice::tests;
using namespace sluice::slicing;
using namespace sluice::slicing::replay;

namespace {

Bytes barrier() {
  Bytes bytes;
  REQUIRE(encode(bytes, Message{BarrierRequest{}}, v1_3, Xid{5}));
  return bytes;
}

// One turn of each kind of input, with something said and every kind of record.
struct Samples {
  Bytes frame = barrier();
  Bytes offender{std::byte{9}, std::byte{0}, std::byte{0}, std::byte{4},
                 std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
  std::vector<Turn> turns;

  Samples() {
    const LinkId link{3};
    Deframer deframer;
    deframer.feed(offender);
    const auto garbled = deframer.next();
    REQUIRE_FALSE(garbled);
    const std::vector<Input> inputs{SwitchUp{link, "127.0.0.1:1"},
                                    ControllerUp{link},
                                    Arrived{link, *FrameView::of(frame)},
                                    Garbled{link, garbled.error(), offender},
                                    Lost{link, "gone"},
                                    Congested{link, true},
                                    Paused{link, false},
                                    Tick{},
                                    PolicyChanged{nullptr},
                                    Shutdown{}};
    for (const Input& input : inputs) {
      Turn turn;
      turn.at = 7s + std::chrono::nanoseconds{turns.size()};
      turn.input = input;
      if (std::holds_alternative<PolicyChanged>(input)) turn.policy = policy_text(by_port);
      turn.said = {{LinkId{1}, frame}, {LinkId{LinkId::dialled | 2U}, frame}};
      turn.records = {Dial{link, *policy::parse_endpoint("tcp:192.0.2.1:6653"), "s1", "red"}, Hangup{link, "because"},
                      Note{NoteId::refused, "s1", "red", "code=E0201"}, Hold{link, true}, QueueBound{link, 1U << 20U}};
      turns.push_back(std::move(turn));
    }
  }
};

RecordingHead head() {
  RecordingHead head{"sluiced 1", 42, 5s, 1700000000000, policy_text(by_port), Standing{}};
  StandingSwitch s;
  s.link = LinkId{1};
  s.name = "s1";
  s.peer = "127.0.0.1:9";
  s.version = v1_0;
  s.features.datapath_id = DatapathId{1};
  s.desc.mfr_desc.value = "maker";
  Port port;
  port.number = PortNo{1};
  port.name.value = "p1";
  s.ports = {port};
  head.standing->switches = {s};
  head.standing->legs = {
      {LinkId{LinkId::dialled | 1U}, "s1", "red", *policy::parse_endpoint("tcp:127.0.0.1:7001"), StandingLeg::How::up}};
  head.standing->flows = {{"s1", "red", 0x8001020300000005, 4s, flow("priority=5,in_port=1,actions=drop", v1_0)}};
  return head;
}

Bytes whole() {
  const Samples samples;
  Bytes bytes;
  append_head(bytes, head());
  for (const Turn& turn : samples.turns) append_turn(bytes, turn);
  return bytes;
}

// Everything that a recording says, written again.
Bytes written_again(ByteView bytes, std::size_t piece) {
  RecordingReader reader;
  Bytes again;
  while (true) {
    const auto block = reader.next();
    if (!block) FAIL(block.error());
    if (*block) {
      std::holds_alternative<RecordingHead>(**block) ? append_head(again, std::get<RecordingHead>(**block))
                                                     : append_turn(again, std::get<Turn>(**block));
      continue;
    }
    if (bytes.empty()) break;
    const std::size_t size = std::min(piece, bytes.size());
    reader.feed(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  CHECK(reader.pending() == 0);
  return again;
}

}  // namespace

TEST_CASE("recordings of one folder are named after the time, and those of the same second are numbered") {
  CHECK(recording_name(1'772'366'400'000, 0) == "2026-03-01T120000Z.slicerec");
  CHECK(recording_name(1'772'366'400'999, 1) == "2026-03-01T120000Z-2.slicerec");
  CHECK(recording_name(1'772'366'401'000, 2) == "2026-03-01T120001Z-3.slicerec");
}

TEST_CASE("a recording is read as it was written, however its bytes are cut") {
  const Bytes bytes = whole();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    CHECK(written_again(bytes, piece) == bytes);
  }
}

TEST_CASE("a recording that was cut short is good as far as it goes") {
  const Bytes bytes = whole();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RecordingReader reader;
    reader.feed(ByteView{bytes}.first(size));
    while (true) {
      const auto block = reader.next();
      REQUIRE(block);
      if (!*block) break;
    }
    CHECK(reader.position() + reader.pending() == size);
  }
}

TEST_CASE("what is damaged is told with its place, once and for all") {
  const auto error_of = [](ByteView bytes) {
    RecordingReader reader;
    reader.feed(bytes);
    while (true) {
      const auto block = reader.next();
      if (!block) {
        CHECK(reader.next().error() == block.error());
        return block.error();
      }
      if (!*block) return std::string{};
    }
  };
  CHECK(error_of(std::as_bytes(std::span{std::string_view{"GIF89a"}})) ==
        "this is no recording of Sluice, or one of a later version, at byte 0");
  const Bytes good = whole();
  Bytes bytes = good;
  bytes[19] = std::byte{7};  // what kind of block it is
  CHECK(error_of(bytes) == "there is no block that is known here, at byte 19");
  for (const Time at : {Time{-1}, Time{1}, Time{std::chrono::hours{24 * 365}}, Time::max()}) {
    Bytes late;
    append_head(late, head());
    Turn turn;
    turn.at = at;
    append_turn(late, turn);
    CHECK(error_of(late).starts_with("the time of a block cannot be, at byte "));
  }
  // A byte that is wrong is found or changes what is said; it never breaks the reader.
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes wrong = good;
    wrong[i] ^= std::byte{0x80};
    static_cast<void>(error_of(wrong));
  }
}

TEST_CASE("a slice file with what it includes is a policy again without any file") {
  const PolicyText text{"a/main.json",
                        {{"a/main.json", R"({"version": 1, "include": ["parts/*.json", "../one.json"]})"},
                         {"a/parts/x.json", R"({"version": 1, "switches": {"s1": {"dpid": 1}}})"},
                         {"a/parts/deep/y.json", "{"},
                         {"one.json", R"({"version": 1, "slices": {"red": {"controllers": ["tcp:192.0.2.1"],
                            "flowspace": [{"on": {"s1": [1]}, "match": "any"}]}}})"}}};
  const auto policy = compile(text);
  if (!policy) FAIL(policy.error());
  CHECK((*policy)->find_switch("s1"));
  CHECK((*policy)->find_slice("red"));
  PolicyText without = text;
  without.files.erase("one.json");
  const auto broken = compile(without);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().find("it is not among the texts that were kept") != std::string::npos);
}

TEST_CASE("a recording that began in the middle is not played to the byte") {
  const auto player = Player::begin(head());
  REQUIRE_FALSE(player);
  CHECK(player.error() == "it does not begin with a new core");
  RecordingHead bad = head();
  bad.standing.reset();
  bad.policy.files["test.json"] = "{";
  CHECK_FALSE(Player::begin(bad));
}
