#include "proxy/admin_socket.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>

#include "tests/proxy/loopback.hpp"

using namespace sluice;
using namespace sluice::proxy;
using namespace sluice::proxy::test;
using nlohmann::json;

namespace {

// A directory that is removed with what is in it.
struct Folder {
  Folder() {
    char name[] = "/tmp/sluice-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }

  ~Folder() {
    ::unlink(ctl().c_str());
    ::rmdir(path.c_str());
  }

  [[nodiscard]] std::string ctl() const { return path + "/ctl"; }

  std::string path;
};

int unix_socket(const std::string& path, bool listening) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (listening) {
    REQUIRE(::bind(fd, generic, sizeof address) == 0);
    REQUIRE(::listen(fd, 1) == 0);
  } else {
    REQUIRE(::connect(fd, generic, sizeof address) == 0);
  }
  return fd;
}

struct Stage {
  Stage() {
    auto opened = AdminSocket::open(loop, folder.ctl(), handler(), log);
    REQUIRE(opened);
    admin = std::move(*opened);
  }

  AdminSocket::Handler handler() {
    return [this](const admin::Request& request, AdminSocket::Respond respond) {
      asked.push_back(request.method);
      if (request.method == "late") {
        late = std::move(respond);
      } else if (request.method == "large") {
        respond(std::string(8U << 20U, 'L'));
      } else if (request.method == "bad") {
        respond(ofmsg::Failure<std::string>{"no such thing"});
      } else {
        respond("you asked " + request.method);
      }
    };
  }

  // Everything that came until there are `count` answers or the end.
  std::vector<json> answers(Peer& peer, std::size_t count) {
    std::vector<json> all;
    std::string text;
    REQUIRE(turn_until(loop, [&] {
      const std::size_t known = text.size();
      text += peer.read();
      for (std::size_t end = text.find('\n', known); end != std::string::npos; end = text.find('\n')) {
        all.push_back(json::parse(text.substr(0, end)));
        text.erase(0, end + 1);
      }
      return all.size() >= count || peer.ended;
    }));
    return all;
  }

  Folder folder;
  Loop loop;
  Paper paper;
  Log log{Severity::debug, paper.file()};
  std::vector<std::string> asked;
  AdminSocket::Respond late;
  std::unique_ptr<AdminSocket> admin;
};

}  // namespace

TEST_CASE("the socket belongs to its owner alone and goes away with the daemon") {
  Stage stage;

  struct stat facts {};

  REQUIRE(::stat(stage.folder.ctl().c_str(), &facts) == 0);
  CHECK(S_ISSOCK(facts.st_mode));
  CHECK((facts.st_mode & 0777U) == 0600);
  stage.admin.reset();
  uv_run(stage.loop.get(), UV_RUN_NOWAIT);
  CHECK(::stat(stage.folder.ctl().c_str(), &facts) != 0);
}

TEST_CASE("requests are answered in their order, however they are cut") {
  Stage stage;
  Peer peer{unix_socket(stage.folder.ctl(), false)};
  const std::string text =
      R"({"id":1,"method":"a","params":[]}{"id":2,"method":"bad","params":[]} {"id":3,"method":"c"})";
  for (const char byte : text) {
    peer.write(std::string(1, byte));
    uv_run(stage.loop.get(), UV_RUN_NOWAIT);
  }
  const auto all = stage.answers(peer, 3);
  REQUIRE(all.size() == 3);
  CHECK(all[0] == json{{"id", 1}, {"result", "you asked a\n"}, {"error", nullptr}});
  CHECK(all[1] == json{{"id", 2}, {"result", nullptr}, {"error", "no such thing\n"}});
  CHECK(all[2]["id"] == 3);
}

TEST_CASE("a connection that is fed gets an answer and then whatever it is fed, until it is gone") {
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  Stage stage;
  stage.admin.reset();
  uv_run(stage.loop.get(), UV_RUN_NOWAIT);
  AdminSocket::Feed feed;
  auto opened = AdminSocket::open(
      stage.loop, stage.folder.ctl(), stage.handler(), stage.log,
      [&feed](const admin::Request& request, const AdminSocket::Respond& respond, AdminSocket::Feed given) {
        if (request.method != "tap") return false;
        respond("here it comes");
        feed = std::move(given);
        return true;
      });
  REQUIRE(opened);
  stage.admin = *std::move(opened);
  Peer other{unix_socket(stage.folder.ctl(), false)};
  other.write(R"({"id":1,"method":"a"})");
  CHECK(stage.answers(other, 1)[0]["result"] == "you asked a\n");
  auto peer = std::make_unique<Peer>(unix_socket(stage.folder.ctl(), false));
  peer->write(R"({"id":2,"method":"tap"}{"id":3,"method":"b"})");  // the second is not looked at any more
  CHECK(stage.answers(*peer, 1)[0]["result"] == "here it comes\n");
  REQUIRE(feed);
  std::string text;
  for (const std::string_view part : {"one ", "two"}) {
    CHECK(feed(std::as_bytes(std::span{part})).has_value());
    REQUIRE(turn_until(stage.loop, [&] {
      text += peer->read();
      return text.ends_with(part);
    }));
  }
  CHECK(text == "one two");
  CHECK(stage.asked == std::vector<std::string>{"a"});
  peer.reset();
  const std::string_view more = "more";
  CHECK(turn_until(stage.loop, [&] { return !feed(std::as_bytes(std::span{more})); }));
  stage.admin.reset();
  CHECK_FALSE(feed(std::as_bytes(std::span{more})));  // it outlives the socket
}

TEST_CASE("what is no request gets an error; what is no JSON object ends the connection") {
  Stage stage;
  Peer peer{unix_socket(stage.folder.ctl(), false)};
  peer.write(R"({"method":[]})");
  auto all = stage.answers(peer, 1);
  REQUIRE(all.size() == 1);
  CHECK(all[0]["error"] == "\"method\" must be a string\n");
  peer.write("status\n");
  all = stage.answers(peer, 100);
  REQUIRE(all.size() == 1);
  CHECK(peer.ended);
  CHECK(stage.asked.empty());
}

TEST_CASE("a request without end is cut off") {
  Stage stage;
  Peer peer{unix_socket(stage.folder.ctl(), false)};
  const std::string endless(4096, '[');
  peer.write("{\"method\":");
  bool ended = false;
  REQUIRE(turn_until(stage.loop, [&] {
    peer.write(endless);
    peer.read();
    ended = ended || peer.ended;
    return ended;
  }));
}

TEST_CASE("a client that does not read its answer is not answered again, and does not disturb others") {
  Stage stage;
  Peer greedy{unix_socket(stage.folder.ctl(), false)};
  for (int i = 0; i < 6; ++i) greedy.write(R"({"id":1,"method":"large"})");
  turn_for(stage.loop, std::chrono::milliseconds{50});
  CHECK(stage.asked.size() == 1);
  Peer other{unix_socket(stage.folder.ctl(), false)};
  other.write(R"({"id":2,"method":"status"})");
  CHECK(stage.answers(other, 1).size() == 1);
  CHECK(stage.answers(greedy, 6).size() == 6);
}

TEST_CASE("an answer may come later; who asked waits, others do not, and nobody misses the socket") {
  Stage stage;
  Peer slow{unix_socket(stage.folder.ctl(), false)};
  slow.write(R"({"id":1,"method":"late"}{"id":2,"method":"status"})");
  Peer quick{unix_socket(stage.folder.ctl(), false)};
  quick.write(R"({"id":3,"method":"status"})");
  CHECK(stage.answers(quick, 1).size() == 1);
  CHECK(slow.read().empty());
  REQUIRE(stage.late);
  stage.late("done");
  const auto answers = stage.answers(slow, 2);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0]["id"] == 1);
  CHECK(answers[0]["result"] == "done\n");
  CHECK(answers[1]["id"] == 2);
  {
    Peer gone{unix_socket(stage.folder.ctl(), false)};
    stage.late = nullptr;
    gone.write(R"({"id":4,"method":"late"})");
    REQUIRE(turn_until(stage.loop, [&] { return static_cast<bool>(stage.late); }));
  }
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  stage.late("to nobody");
  quick.write(R"({"id":6,"method":"status"})");
  CHECK(stage.answers(quick, 1).size() == 1);
  // The socket itself may be gone.
  Peer last{unix_socket(stage.folder.ctl(), false)};
  stage.late = nullptr;
  last.write(R"({"id":5,"method":"late"})");
  REQUIRE(turn_until(stage.loop, [&] { return static_cast<bool>(stage.late); }));
  stage.admin.reset();
  stage.late("to nobody");
}

TEST_CASE("a socket that a dead process left is replaced; a living one and other files are not") {
  Folder folder;
  Loop loop;
  Paper paper;
  Log log{Severity::debug, paper.file()};
  const AdminSocket::Handler nothing = [](const admin::Request&, const AdminSocket::Respond& respond) { respond(""); };

  int fd = unix_socket(folder.ctl(), true);
  auto second = AdminSocket::open(loop, folder.ctl(), nothing, log);
  REQUIRE_FALSE(second);
  CHECK(second.error() == "cannot open the admin socket " + folder.ctl() +
                              ": another sluiced is running there; choose another place with --ctl");
  ::close(fd);  // the file stays
  {
    auto third = AdminSocket::open(loop, folder.ctl(), nothing, log);
    CHECK(third);
  }
  uv_run(loop.get(), UV_RUN_NOWAIT);

  fd = ::open(folder.ctl().c_str(), O_CREAT | O_WRONLY, 0600);
  ::close(fd);
  const auto fourth = AdminSocket::open(loop, folder.ctl(), nothing, log);
  REQUIRE_FALSE(fourth);
  CHECK(fourth.error().find("something that is not a socket is there") != std::string::npos);
  CHECK(::access(folder.ctl().c_str(), F_OK) == 0);

  const auto long_path = AdminSocket::open(loop, folder.path + "/" + std::string(200, 'x'), nothing, log);
  REQUIRE_FALSE(long_path);
  CHECK(long_path.error().find("longer than 107 bytes") != std::string::npos);
}
