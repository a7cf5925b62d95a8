#include "proxy/log.hpp"

#include <sstream>
#include <string>
#include <vector>

#include "tests/proxy/loopback.hpp"

using namespace sluice;
using namespace sluice::proxy;
using slicing::NoteId;

TEST_CASE("a line is logfmt: constant words, quoted where needed, always one line") {
  CHECK(log_line(Severity::info, "listening", "waiting for switches", {{"at", "127.0.0.1:6653"}}) ==
        "level=info event=listening msg=\"waiting for switches\" at=127.0.0.1:6653");
  CHECK(log_line(Severity::error, "e", "m", {{"a", "two words"}, {"b", "say \"x\""}, {"c", ""}, {"d", "k=v"}}) ==
        "level=error event=e msg=\"m\" a=\"two words\" b=\"say \\\"x\\\"\" d=\"k=v\"");
  CHECK(log_line(Severity::warning, "e", "m", {{"a", "1\nlevel=error"}, {"b", "\x1b[31m"}, {"c", "a\\b"}}) ==
        "level=warning event=e msg=\"m\" a=\"1\\nlevel=error\" b=\"\\x1b[31m\" c=\"a\\\\b\"");
}

TEST_CASE("severities have names") {
  for (const Severity s : {Severity::debug, Severity::info, Severity::warning, Severity::error}) {
    CHECK(parse_severity(text(s)) == s);
  }
  CHECK(parse_severity("loud") == std::nullopt);
}

TEST_CASE("a note becomes a line with time, words of the dictionary, switch and slice") {
  const test::Paper paper;
  Log log{Severity::info, paper.file()};
  log.note({NoteId::switch_up, "s1", "", "dpid=0000000000000001 peer=\"127.0.0.1:5 x\""}, {});
  log.note({NoteId::refused, "s1", "video", "flow_mod xid 5: no rule contains it"}, {});
  log.note({NoteId::switch_error, "s1", "", "level=error msg=boo"}, {});
  log.note({NoteId::switch_connected, "", "", "debug is below the least severity"}, {});
  const std::vector<std::string> expected{
      "level=info event=switch_up msg=\"switch is up\" switch=s1 dpid=0000000000000001 "
      "peer=\"127.0.0.1:5 x\"",
      "level=info event=refused msg=\"controller's message refused\" switch=s1 slice=video "
      "detail=\"flow_mod xid 5: no rule contains it\"",
      "level=warning event=switch_error msg=\"switch reported an error\" switch=s1 "
      "detail=\"level=error msg=boo\""};
  std::istringstream lines{paper.text()};
  std::string line;
  for (const std::string& wanted : expected) {
    REQUIRE(std::getline(lines, line));
    // "2026-03-01T12:00:00.123Z "
    const std::string stamp = line.substr(0, 25);
    for (std::size_t i = 0; i < stamp.size(); ++i) {
      const char shape = "dddd-dd-ddTdd:dd:dd.dddZ "[i];
      CHECK_MESSAGE((shape == 'd' ? stamp[i] >= '0' && stamp[i] <= '9' : stamp[i] == shape), line);
    }
    CHECK(line.substr(25) == wanted);
  }
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("one kind of note of one slice is limited; the next line tells how many were not written") {
  const test::Paper paper;
  Log log{Severity::info, paper.file()};
  const auto lines = [&](const std::string& needle) {
    const std::string text = paper.text();
    std::size_t count = 0;
    for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at + 1)) ++count;
    return count;
  };
  for (int i = 0; i < 1000; ++i) log.note({NoteId::refused, "s1", "noisy", "x"}, {});
  CHECK(lines("slice=noisy") == LogLimit::burst);
  log.note({NoteId::refused, "s1", "quiet", "x"}, {});
  log.note({NoteId::leg_lost, "s1", "noisy", "x"}, {});
  CHECK(lines("slice=quiet") == 1);
  CHECK(lines("event=leg_lost") == 1);
  log.note({NoteId::refused, "s1", "noisy", "x"}, std::chrono::milliseconds{999});
  CHECK(lines("event=refused") == LogLimit::burst + 1);
  log.note({NoteId::refused, "s1", "noisy", "x"}, std::chrono::milliseconds{1000});
  CHECK(lines("suppressed=981") == 1);
}

TEST_CASE("a limit fills up again, but never beyond the burst") {
  LogLimit limit;
  const auto take = [&limit](std::chrono::seconds at) { return limit.take("k", "s", at).has_value(); };
  for (unsigned i = 0; i < LogLimit::burst; ++i) CHECK(take(std::chrono::seconds{5}));
  CHECK_FALSE(take(std::chrono::seconds{5}));
  CHECK(take(std::chrono::seconds{7}));
  CHECK(take(std::chrono::seconds{7}));
  CHECK_FALSE(take(std::chrono::seconds{7}));
  unsigned passed = 0;
  for (int i = 0; i < 100; ++i) passed += take(std::chrono::hours{2}) ? 1U : 0U;
  CHECK(passed == LogLimit::burst);
}
