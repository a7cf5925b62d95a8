// sluicectl replay, capture and test with recordings, as a user calls them.
#include <filesystem>
#include <fstream>
#include <memory>

#include <doctest/doctest.h>

#include "ofmsg/codec.hpp"
#include "tests/ctl/sluicectl.hpp"
#include "tests/slicing/support.hpp"

using namespace sluice;
using namespace sluice::tests;
using sluice::ctl::ExitCode;

namespace {

constexpr std::uint64_t seed = 7;
constexpr std::uint16_t red = 7001;
constexpr std::uint16_t blue = 7002;

// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_{std::filesystem::temp_directory_path() / ("sluice-recording-" + std::to_string(getpid()))} {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string at(const std::string& name) const { return (path_ / name).string(); }

  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream{at(name), std::ios::binary} << content;
    return at(name);
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in{at(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

 private:
  std::filesystem::path path_;
};

std::string text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// What two tenants and a switch do, as a recording; from the beginning, or from when the flows stand.
std::string recording(Version version, bool from_the_middle = false) {
  World world{by_vlan, seed};
  Bytes bytes;
  const auto begin = [&](std::optional<slicing::Standing> standing) {
    slicing::replay::append_head(bytes,
                                 {"test", seed, world.now, 1700000000000, policy_text(by_vlan), std::move(standing)});
    world.on_turn = [&bytes](const slicing::replay::Turn& turn) { slicing::replay::append_turn(bytes, turn); };
  };
  if (!from_the_middle) begin(std::nullopt);
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, version);
  const auto send = [&world](std::uint16_t port, const Message& message) {
    static_cast<void>(world.tenant(port).send(message));
    world.settle();
  };
  send(red, flow("priority=5,actions=drop", version));
  send(blue, flow("priority=5,in_port=1,hard_timeout=3,send_flow_rem,actions=CONTROLLER", version));
  if (from_the_middle) begin(world.domain.standing());
  send(red, flow("priority=6,dl_vlan=30,actions=drop", version));  // refused
  send(red, Message{BarrierRequest{}});
  world.inject(s1, 1, packet({.vlan = 20}));
  send(blue, Message{FlowStatsRequest{}});
  world.advance(5s);  // blue's flow ends
  world.cut(world.tenant(red));
  world.advance(2s);
  return text_of(bytes);
}

std::string other_vlan() {
  std::string text{by_vlan};
  return text.replace(text.find("dl_vlan=10"), 10, "dl_vlan=11");
}

}  // namespace

TEST_CASE("a recording replays to the same, and one that is not of this core tells where it differs") {
  const Folder folder;
  for (const Version version : {v1_0, v1_3}) {
    const std::string bytes = recording(version);
    const Ran same = sluicectl({"replay", folder.write("a.slicerec", bytes)});
    CHECK(same.code == ExitCode::good);
    CHECK(contains(same.out, " inputs, none differ\n"));
    // Another barrier reply than the core would give: the last eight bytes of the answer to red's barrier.
    std::string other = bytes;
    const char header[] = {static_cast<char>(version), static_cast<char>(version == v1_0 ? 19 : 21), 0, 8};
    const std::size_t at = other.rfind(std::string{header, 4});
    REQUIRE(at != std::string::npos);
    other[at + 7] = static_cast<char>(other[at + 7] ^ 1);
    const Ran differs = sluicectl({"replay", folder.write("b.slicerec", other)});
    CHECK(differs.code == ExitCode::no);
    CHECK(contains(differs.out, "barrier_reply"));
    CHECK(contains(differs.out, "\n  - "));
    CHECK(contains(differs.out, "\n  + "));
  }
}

TEST_CASE("another slice file's differences are named, counted, and printed as JSON") {
  const Folder folder;
  const std::string path = folder.write("a.slicerec", recording(v1_3));
  const std::string other = folder.write("other.json", other_vlan());
  const Ran told = sluicectl({"replay", path, "-c", other, "--diff"});
  CHECK(told.code == ExitCode::no);
  CHECK(contains(told.out, "red@s1 > flow_mod priority=5,actions=drop\n"));
  CHECK(contains(told.out, "  - s1 < flow_mod priority=5,send_flow_rem,reset_counts,in_port=1,dl_vlan=10"));
  CHECK(contains(told.out, "  + s1 < flow_mod priority=5,send_flow_rem,reset_counts,in_port=1,dl_vlan=11"));
  CHECK_FALSE(contains(told.out, "blue@s1 >"));
  CHECK(contains(told.out, " inputs, 1 differ\n"));
  const Ran counted = sluicectl({"replay", path, "-c", other});
  CHECK(contains(counted.out, "red  1 inputs\n"));
  const Ran json = sluicectl({"replay", path, "-c", other, "--diff", "--json"});
  CHECK(contains(json.out, R"({"kind":"sluicectl.difference","v":1,)"));
  CHECK(contains(json.out, R"({"kind":"sluicectl.replay","v":1,"inputs":)"));
  const Ran sums = sluicectl({"replay", path, "-c", other, "--json"});
  CHECK(sums.code == ExitCode::no);
  CHECK(sums.out.starts_with(R"({"kind":"sluicectl.replay",)"));
  CHECK(contains(sums.out, R"("by_slice":{"red":)"));
  CHECK(contains(sluicectl({"replay", path, "--json"}).out, R"("differ":0,"by_slice":{}})"));
  CHECK(sluicectl({"replay", path, "-c", folder.write("same.json", by_vlan)}).code == ExitCode::good);
  // A slice chooses its own differences, and is never an excuse for saying that there are none.
  CHECK(sluicectl({"replay", path, "-c", other, "--slice", "red"}).code == ExitCode::no);
  CHECK(sluicectl({"replay", path, "-c", other, "--slice", "blue"}).code == ExitCode::good);
  CHECK(sluicectl({"replay", path, "-c", other, "--slice", "nobody"}).code == ExitCode::usage);
  CHECK(sluicectl({"replay", path, "--slice", "red"}).code == ExitCode::usage);
  CHECK(sluicectl({"replay", path, "--diff"}).code == ExitCode::usage);
}

TEST_CASE("a recording that began in the middle is followed, and can be made one that begins anew") {
  const Folder folder;
  const std::string path = folder.write("m.slicerec", recording(v1_3, true));
  CHECK(contains(sluicectl({"replay", path}).out, " inputs, none differ\n"));
  const std::string anew = folder.at("anew.slicerec");
  CHECK(sluicectl({"replay", path, "-o", anew}).code == ExitCode::good);
  CHECK(contains(sluicectl({"replay", anew}).out, " inputs, none differ\n"));
  const Ran other = sluicectl({"replay", path, "-c", folder.write("other.json", other_vlan())});
  CHECK(contains(other.out, "0 flows stood") == false);
}

TEST_CASE("a recording is shortened and made anonymous, and still replays") {
  const Folder folder;
  for (const Version version : {v1_0, v1_3}) {
    const std::string path = folder.write("a.slicerec", recording(version));
    const std::string out = folder.at("out.slicerec");
    const auto again = [&out] { std::filesystem::remove(out); };
    CHECK(sluicectl({"replay", path, "--slice", "blue", "-o", out}).code == ExitCode::good);
    CHECK((std::filesystem::status(out).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
    CHECK(contains(sluicectl({"replay", out}).out, " none differ\n"));
    CHECK_FALSE(contains(sluicectl({"capture", "--from", out}).out, "red@s1 > flow_mod"));
    again();
    CHECK(sluicectl({"replay", path, "--until", "9", "-o", out}).code == ExitCode::good);
    CHECK(contains(sluicectl({"replay", out}).out, " none differ\n"));
    again();
    CHECK(sluicectl({"replay", path, "--anonymise", "-o", out}).code == ExitCode::good);
    CHECK(contains(sluicectl({"replay", out}).out, " none differ\n"));
    // The packet's addresses are gone; what the policy tells apart is there.
    const std::string before = sluicectl({"capture", "--from", path}).out;
    const std::string after = sluicectl({"capture", "--from", out}).out;
    CHECK(contains(before, "data=020000000002020000000001"));
    CHECK_FALSE(contains(after, "data=020000000002020000000001"));
    CHECK_FALSE(contains(folder.read("out.slicerec"), "127.0.0.1"));
    CHECK(contains(after, "dl_vlan=10"));
    CHECK(std::count(before.begin(), before.end(), '\n') > 10);
    again();
    // Nothing that is there is written over, least of all the recording itself.
    CHECK(sluicectl({"replay", path, "--until", "9", "-o", path}).code == ExitCode::usage);
    CHECK(folder.read("a.slicerec") == recording(version));
  }
  CHECK(sluicectl({"replay", folder.at("a.slicerec"), "--anonymise"}).code == ExitCode::usage);
}

TEST_CASE("capture shows what passes, chosen by slice, side and kind") {
  const Folder folder;
  const std::string path = folder.write("a.slicerec", recording(v1_3));
  const auto capture = [&path](std::vector<std::string> more) {
    more.insert(more.begin(), {"capture", "--from", path});
    return sluicectl(more);
  };
  const std::string all = capture({"-v"}).out;
  CHECK(contains(all, " red@s1 > flow_mod priority=6,dl_vlan=30,actions=drop\n"));
  CHECK(contains(all, "refused kind=flow_mod"));
  CHECK(contains(all, "from red@s1 flow_mod, xid 0x"));
  const std::string errors = capture({"error"}).out;
  CHECK(contains(errors, "red@s1 < error FLOW_MOD_FAILED EPERM\n"));
  CHECK_FALSE(contains(errors, "flow_mod "));
  const std::string blues = capture({"--slice", "blue", "flow_mod"}).out;
  CHECK(contains(blues, "blue@s1 > flow_mod"));
  CHECK(contains(blues, "s1 < flow_mod"));
  CHECK_FALSE(contains(blues, "red@s1"));
  CHECK_FALSE(contains(capture({"--side", "switch"}).out, "red@s1"));
  CHECK(capture({"--side", "up"}).code == ExitCode::usage);
  CHECK(contains(capture({"flow_mood"}).err, "did you mean \"flow_mod\"?"));
}

TEST_CASE("captures are read back as what they were made of") {
  const Folder folder;
  const std::string path = folder.write("a.slicerec", recording(v1_3));
  const std::string file = folder.at("a.pcapng");
  const Ran made = sluicectl({"capture", "--from", path, "-o", file});
  CHECK(made.code == ExitCode::good);
  const Ran again = sluicectl({"capture", "--from", path, "-o", file});
  CHECK(again.code == ExitCode::usage);  // it is there
  const Ran decoded = sluicectl({"decode", "--roundtrip", file});
  CHECK(decoded.code == ExitCode::good);
  // As many as were captured, in both forms.
  const std::string count = made.out.substr(made.out.rfind(": ") + 2);
  CHECK(contains(decoded.out, count.substr(0, count.find(' ')) + " passed, 0 failed"));
  const std::string tcp = folder.at("a.pcap");
  CHECK(sluicectl({"capture", "--from", path, "--compat", "tcp", "-o", tcp}).code == ExitCode::good);
  CHECK(
      contains(sluicectl({"decode", "--roundtrip", tcp}).out, count.substr(0, count.find(' ')) + " passed, 0 failed"));
}

TEST_CASE("cases made of a recording hold, and name what the core chooses") {
  const Folder folder;
  for (const Version version : {v1_0, v1_3}) {
    const std::string path = folder.write("a.slicerec", recording(version));
    const std::string name = "a" + std::to_string(static_cast<int>(version)) + ".slicetest";
    const Ran made = sluicectl({"test", "--from", path, "-o", folder.at(name)});
    CHECK_MESSAGE(made.code == ExitCode::good, made.err);
    const std::string text = folder.read(name);
    CHECK(contains(text, "red@s1 > flow_mod priority=6,dl_vlan=30,actions=drop\n"));
    CHECK(contains(text, "red@s1 < error FLOW_MOD_FAILED EPERM\n"));
    CHECK(contains(text, "disconnect red@s1\n"));
    CHECK(contains(text, "cookie=$c"));
    CHECK(contains(text, "blue@s1 < flow_stats_reply flows=[{table_id=0"));
    const Ran ran = sluicectl({"test", folder.at(name)});
    CHECK(ran.out == "1 passed, 0 failed, 0 skipped\n");
    const Ran less = sluicectl({"test", "--from", path, "--slice", "blue", "--limit", "1"});
    CHECK(contains(less.out, "blue@s1 > "));
    CHECK_FALSE(contains(less.out, "red@s1 > "));
  }
}

TEST_CASE("what is no recording, or a damaged one, is told") {
  const Folder folder;
  CHECK(contains(sluicectl({"replay", folder.write("x", "GIF89a")}).err, "this is no recording of Sluice"));
  CHECK(sluicectl({"replay", folder.write("x", "")}).code == ExitCode::usage);
  CHECK(sluicectl({"replay", folder.at("nothing")}).code == ExitCode::usage);
  CHECK(sluicectl({"replay"}).code == ExitCode::usage);
  CHECK(sluicectl({"replay", "x", "--speed", "0"}).code == ExitCode::usage);
  const std::string bytes = recording(v1_3);
  const Ran cut = sluicectl({"replay", folder.write("cut", bytes.substr(0, bytes.size() - 3))});
  CHECK(cut.code == ExitCode::good);
  CHECK(contains(cut.err, "was cut short"));
  CHECK(sluicectl({"record"}).code == ExitCode::usage);
  CHECK(sluicectl({"-t", folder.at("nobody"), "record", folder.at("new")}).code == ExitCode::unreachable);
  CHECK(sluicectl({"-t", folder.at("nobody"), "capture"}).code == ExitCode::unreachable);
}
