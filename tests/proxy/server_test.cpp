#include "proxy/server.hpp"

#include <algorithm>

#include "tests/proxy/loopback.hpp"

using namespace sluice;
using namespace sluice::proxy;
using namespace sluice::proxy::test;
using slicing::Arrived;
using slicing::Dial;
using slicing::Hangup;
using slicing::Input;
using slicing::LinkId;
using slicing::Outbox;
using slicing::QueueBound;

namespace {

struct Stage {
  explicit Stage(QueueLimits limits = {}) : server{loop, core, log, limits} {
    Listener::Callbacks callbacks;
    callbacks.on_connection = [this](Socket socket, std::string peer) {
      server.accept(std::move(socket), std::move(peer));
    };
    callbacks.on_failure = [](const std::string& why) { FAIL(why); };
    auto opened = Listener::open(loop.get(), {policy::Endpoint::Way::listen, false, "127.0.0.1", 0}, callbacks);
    REQUIRE(opened);
    listener = std::move(*opened);
  }

  Peer connect_switch() {
    const std::size_t before = core.switches.size();
    Peer peer = connect_to(port_of(listener->address()));
    REQUIRE(turn_until(loop, [&] { return core.switches.size() > before; }));
    return peer;
  }

  // Makes the core dial the acceptor and waits until both ends stand.
  Peer connect_controller(const Acceptor& acceptor, LinkId link) {
    core_says([&](Outbox& out) { out.add(Dial{link, acceptor.endpoint()}); });
    std::optional<Peer> peer;
    REQUIRE(turn_until(loop, [&] {
      if (!peer) peer = acceptor.accept();
      return peer && std::find(core.controllers.begin(), core.controllers.end(), link) != core.controllers.end();
    }));
    return std::move(*peer);
  }

  // Lets the core put something into the outbox, by way of a deadline that has come.
  void core_says(const std::function<void(Outbox&)>& what) {
    const auto before = core.react;
    bool said = false;
    core.react = [&](const Input& input, Outbox& out) {
      if (!said && std::holds_alternative<slicing::Tick>(input)) {
        said = true;
        core.due.reset();
        what(out);
      } else if (before) {
        before(input, out);
      }
    };
    core.due = loop.now();
    REQUIRE(turn_until(loop, [&] { return said; }));
    core.react = before;
  }

  std::string read_all(Peer& peer, std::size_t size) {
    std::string got;
    REQUIRE(turn_until(loop, [&] {
      got += peer.read();
      return got.size() >= size || peer.ended;
    }));
    return got;
  }

  Paper paper;
  Loop loop;
  Log log{Severity::debug, paper.file()};
  ScriptedCore core;
  Server server;
  std::unique_ptr<Listener> listener;
};

LinkId dialled(std::uint64_t n) { return {LinkId::dialled | n}; }

}  // namespace

TEST_CASE("a message that arrives in pieces is told once, and the answer goes back") {
  Stage stage;
  stage.core.react = [](const Input& input, Outbox& out) {
    if (const auto* arrived = std::get_if<Arrived>(&input)) append(out, arrived->link, frame(3, 7));
  };
  Peer peer = stage.connect_switch();
  const std::string hello = frame(0, 42, 8);
  for (const char byte : hello) {
    CHECK(stage.core.arrivals.empty());
    REQUIRE(peer.write(std::string(1, byte)) == 1);
    turn_for(stage.loop, std::chrono::milliseconds{2});
  }
  CHECK(stage.read_all(peer, 8) == frame(3, 7));
  REQUIRE(stage.core.arrivals.size() == 1);
  CHECK(stage.core.arrivals[0] == std::pair{stage.core.switches[0], 42U});
}

TEST_CASE("answers to many messages of one read arrive whole and in order") {
  Stage stage;
  stage.core.react = [](const Input& input, Outbox& out) {
    if (const auto* arrived = std::get_if<Arrived>(&input)) {
      append(out, arrived->link, frame(3, arrived->frame.xid().value, 100));
    }
  };
  Peer peer = stage.connect_switch();
  std::string sent, expected;
  for (std::uint32_t xid = 0; xid < 5000; ++xid) {
    sent += frame(2, xid, 3);
    expected += frame(3, xid, 100);
  }
  std::string got;
  std::size_t at = 0;
  REQUIRE(turn_until(stage.loop, [&] {
    at += peer.write(sent.substr(at));
    got += peer.read();
    return got.size() >= expected.size();
  }));
  CHECK(got == expected);
}

TEST_CASE("what is no OpenFlow is told once, and nothing of that link afterwards") {
  Stage stage;
  Peer peer = stage.connect_switch();
  Peer other = stage.connect_switch();
  peer.write("GET / HTTP/1.1\r\n\r\n" + frame(0, 1));
  std::string zero_length = frame(0, 1);
  zero_length[3] = 0;
  other.write(zero_length);
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.garbles.empty(); }));
  other.write(frame(0, 9));
  turn_for(stage.loop, std::chrono::milliseconds{20});
  CHECK(std::count(stage.core.garbles.begin(), stage.core.garbles.end(), stage.core.switches[1]) == 1);
  for (const auto& [link, xid] : stage.core.arrivals) CHECK(link != stage.core.switches[1]);
  other.close();
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0].first == stage.core.switches[1]);
}

TEST_CASE("the end of a connection is told with its reason") {
  Stage stage;
  Peer peer = stage.connect_switch();
  peer.close();
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0] == std::pair{stage.core.switches[0], std::string{"the other end closed the connection"}});
  CHECK(stage.server.link_count() == 0);
}

TEST_CASE("what was said before hanging up arrives, then the end; no loss is told") {
  Stage stage;
  const std::string farewell(300000, 'z');
  stage.core.react = [&](const Input& input, Outbox& out) {
    if (const auto* arrived = std::get_if<Arrived>(&input)) {
      append(out, arrived->link, farewell);
      out.add(Hangup{arrived->link, "enough"});
    }
  };
  Peer peer = stage.connect_switch();
  // The second message must not reach the core: it hung up at the first.
  peer.write(frame(0, 1) + frame(0, 2));
  std::string got;
  REQUIRE(turn_until(stage.loop, [&] {
    got += peer.read();
    return peer.ended;
  }));
  CHECK(got.size() == farewell.size());
  CHECK(stage.core.arrivals.size() == 1);
  peer.close();
  turn_for(stage.loop, std::chrono::milliseconds{20});
  CHECK(stage.core.losses.empty());
  CHECK(stage.server.link_count() == 0);
}

TEST_CASE("a dialled controller is told, talks and is lost") {
  Stage stage;
  const Acceptor acceptor;
  Peer peer = stage.connect_controller(acceptor, dialled(5));
  peer.write(frame(0, 3));
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.arrivals.empty(); }));
  CHECK(stage.core.arrivals[0] == std::pair{dialled(5), 3U});
  peer.close();
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0].first == dialled(5));
}

TEST_CASE("dialling nobody is told as a loss with its reason") {
  Stage stage;
  Acceptor acceptor;
  const policy::Endpoint nobody = acceptor.endpoint();
  acceptor.close();
  stage.core_says([&](Outbox& out) { out.add(Dial{dialled(1), nobody}); });
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0].first == dialled(1));
  CHECK(stage.core.losses[0].second == "cannot connect: connection refused");
}

TEST_CASE("a host name is resolved; one that does not exist is told") {
  Stage stage;
  const Acceptor acceptor;
  policy::Endpoint by_name = acceptor.endpoint();
  by_name.host = "localhost";
  stage.core_says([&](Outbox& out) { out.add(Dial{dialled(1), by_name}); });
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.controllers.empty(); }));
  policy::Endpoint nowhere = acceptor.endpoint();
  nowhere.host = "does-not-exist.invalid";
  stage.core_says([&](Outbox& out) { out.add(Dial{dialled(2), nowhere}); });
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0].first == dialled(2));
}

TEST_CASE("hanging up while dialling cancels it silently") {
  Stage stage;
  const Acceptor acceptor;
  stage.core_says([&](Outbox& out) {
    out.add(Dial{dialled(1), acceptor.endpoint()});
    out.add(Hangup{dialled(1), "changed my mind"});
  });
  turn_for(stage.loop, std::chrono::milliseconds{50});
  CHECK(stage.core.controllers.empty());
  CHECK(stage.core.losses.empty());
}

TEST_CASE("a dial that nobody answers ends after the limit") {
  Loop loop;
  // The queue of this socket is full, so the kernel drops what comes next.
  const Acceptor acceptor{0};
  std::vector<Peer> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const sockaddr_in address = loopback(acceptor.port());
    static_cast<void>(::connect(crowd.back().fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  std::string why;
  Dialer dialer{loop.get(), [&](LinkId, Dialer::Outcome outcome) { why = outcome ? "connected" : outcome.error(); },
                std::chrono::milliseconds{100}};
  dialer.dial(dialled(1), acceptor.endpoint());
  CHECK(why.empty());
  REQUIRE(turn_until(loop, [&] { return !why.empty(); }));
  CHECK(why == "cannot connect: no answer within 0.1 s");
}

TEST_CASE("a deadline is kept, not earlier") {
  Stage stage;
  const auto due = stage.loop.now() + std::chrono::milliseconds{30};
  stage.core.due = due;
  stage.core.react = [&](const Input&, Outbox&) { stage.core.due.reset(); };
  REQUIRE(turn_until(stage.loop, [&] { return stage.core.ticks == 1; }));
  CHECK(stage.core.last >= due);
  CHECK(stage.core.last < due + std::chrono::seconds{5});
}

TEST_CASE("a peer that does not read is told as congested, and again when it has read") {
  Stage stage{QueueLimits{100000, 20000, std::size_t{64} << 20U}};
  Peer peer = stage.connect_switch();
  const LinkId link = stage.core.switches[0];
  std::size_t sent = 0;
  while (stage.core.congestion.empty()) {
    stage.core_says([&](Outbox& out) { append(out, link, std::string(200000, 'q')); });
    sent += 200000;
    REQUIRE(sent < 64000000);
  }
  CHECK(stage.core.congestion == std::vector{std::pair{link, true}});
  CHECK(stage.read_all(peer, sent).size() == sent);
  REQUIRE(turn_until(stage.loop, [&] { return stage.core.congestion.size() == 2; }));
  CHECK(stage.core.congestion[1] == std::pair{link, false});
}

TEST_CASE("a peer that never reads is closed at the hard bound") {
  Stage stage{QueueLimits{100000, 20000, 1000000}};
  const Peer peer = stage.connect_switch();
  const LinkId link = stage.core.switches[0];
  for (int i = 0; i < 300 && stage.core.losses.empty(); ++i) {
    stage.core_says([&](Outbox& out) { append(out, link, std::string(200000, 'q')); });
  }
  REQUIRE(stage.core.losses.size() == 1);
  CHECK(stage.core.losses[0].first == link);
  CHECK(stage.paper.text().find("event=queue_overflow") != std::string::npos);
}

TEST_CASE("a controller has the bound that the core gives it, and others keep theirs") {
  Stage stage{QueueLimits{100000, 20000, std::size_t{64} << 20U}};
  const Acceptor acceptor;
  const Peer narrow = stage.connect_controller(acceptor, dialled(1));
  const Peer wide = stage.connect_controller(acceptor, dialled(2));
  stage.core_says([&](Outbox& out) { out.add(QueueBound{dialled(1), 1000000}); });
  // The kernel takes some megabytes for each of them.
  for (int i = 0; i < 200 && stage.core.losses.empty(); ++i) {
    stage.core_says([&](Outbox& out) {
      append(out, dialled(1), std::string(200000, 'q'));
      append(out, dialled(2), std::string(200000, 'q'));
    });
  }
  REQUIRE(stage.core.losses.size() == 1);
  CHECK(stage.core.losses[0].first == dialled(1));
}

TEST_CASE("a switch that does not read the answers to what it says is closed at the plain bound") {
  Stage stage{QueueLimits{100000, 20000, 1000000}};
  stage.core.react = [](const Input& input, Outbox& out) {
    if (const auto* arrived = std::get_if<Arrived>(&input)) {
      append(out, arrived->link, std::string(arrived->frame.size(), 'e'));
    }
  };
  const Peer peer = stage.connect_switch();
  const std::string chunk = frame(2, 1, 60000);
  std::size_t at = 0, poured = 0;
  REQUIRE(turn_until(stage.loop, [&] {
    const std::size_t n = peer.write(chunk.substr(at));
    at = (at + n) % chunk.size();
    poured += n;
    return !stage.core.losses.empty();
  }));
  CHECK(stage.core.losses[0].first == stage.core.switches[0]);
  const std::string log = stage.paper.text();
  const std::size_t queued = log.find("queued=");
  REQUIRE(queued != std::string::npos);
  CHECK(std::stoul(log.substr(queued + 7)) < 3000000);
}

TEST_CASE("a controller that feeds a congested switch waits; others go on") {
  Stage stage{QueueLimits{100000, 20000, std::size_t{64} << 20U}};
  Peer slow = stage.connect_switch();
  Peer quick = stage.connect_switch();
  const LinkId slow_link = stage.core.switches[0];
  const LinkId quick_link = stage.core.switches[1];
  const Acceptor acceptor;
  Peer feeder = stage.connect_controller(acceptor, dialled(1));
  Peer bystander = stage.connect_controller(acceptor, dialled(2));
  std::size_t passed = 0;  // bytes for the slow switch
  stage.core.react = [&](const Input& input, Outbox& out) {
    if (const auto* arrived = std::get_if<Arrived>(&input)) {
      const bool to_slow = arrived->link == dialled(1);
      if (to_slow) passed += arrived->frame.size();
      append(out, to_slow ? slow_link : quick_link, std::string(arrived->frame.size(), 'm'));
    }
  };
  // The feeder pours as long as somebody takes it: far more than all limits together would be if
  // nobody stopped it.
  const std::string chunk = frame(14, 1, 60000);
  std::size_t poured = 0, idle = 0, at = 0;
  while (idle < 200) {
    const std::size_t n = feeder.write(chunk.substr(at));
    at = (at + n) % chunk.size();
    poured += n;
    idle = n == 0 ? idle + 1 : 0;
    turn_for(stage.loop, std::chrono::milliseconds{1});
    REQUIRE(poured < (std::size_t{200} << 20U));
  }
  REQUIRE(stage.core.congestion == std::vector{std::pair{slow_link, true}});
  CHECK(stage.core.pauses == std::vector{std::pair{dialled(1), true}});
  const std::size_t stuck = passed;
  bystander.write(frame(14, 2, 100));
  CHECK(stage.read_all(quick, 108) == std::string(108, 'm'));
  CHECK(passed == stuck);
  // As soon as the switch reads, everything flows again.
  std::size_t drained = 0;
  REQUIRE(turn_until(stage.loop, [&] {
    drained += slow.read().size();
    return passed > stuck && drained > stuck;
  }));
  CHECK(stage.core.congestion[1] == std::pair{slow_link, false});
  REQUIRE(stage.core.pauses.size() >= 2);
  CHECK(stage.core.pauses[1] == std::pair{dialled(1), false});
}

TEST_CASE("a controller that does not read is not read; it lives while it takes something, and not much longer") {
  QueueLimits limits{100000, 20000, std::size_t{64} << 20U};
  limits.patience = std::chrono::milliseconds{600};
  Stage stage{limits};
  const Acceptor acceptor;
  Peer slow = stage.connect_controller(acceptor, dialled(1));
  while (stage.core.pauses.empty()) {
    stage.core_says([&](Outbox& out) { append(out, dialled(1), std::string(4000000, 'q')); });
  }
  CHECK(stage.core.pauses == std::vector{std::pair{dialled(1), true}});
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < start + 3 * limits.patience) {
    static_cast<void>(slow.read(300000));
    turn_for(stage.loop, std::chrono::milliseconds{20});
  }
  CHECK(stage.core.losses.empty());
  REQUIRE(turn_until(stage.loop, [&] { return !stage.core.losses.empty(); }));
  CHECK(stage.core.losses[0].first == dialled(1));
  CHECK(stage.core.losses[0].second.find("it stopped reading") == 0);
}

TEST_CASE("a link that pours does not keep the others waiting") {
  Stage stage;
  Peer loud = stage.connect_switch();
  Peer quiet = stage.connect_switch();
  const std::string chunk = frame(10, 1, 1000);
  std::string flood;
  while (flood.size() < (std::size_t{8} << 20U)) flood += chunk;
  const std::size_t held = loud.write(flood) / chunk.size();
  REQUIRE(held > 200);
  quiet.write(frame(2, 99));
  REQUIRE(turn_until(stage.loop, [&] {
    return std::find(stage.core.arrivals.begin(), stage.core.arrivals.end(), std::pair{stage.core.switches[1], 99U}) !=
           stage.core.arrivals.end();
  }));
  CHECK(stage.core.arrivals.size() < held);
}

TEST_CASE("a link whose messages are much work does not keep the others waiting") {
  Stage stage;
  Peer quiet = stage.connect_switch();
  const Acceptor acceptor;
  Peer heavy = stage.connect_controller(acceptor, dialled(1));
  constexpr std::uint32_t count = 200;
  std::vector<std::uint32_t> order;  // of what the heavy one says
  std::size_t before_quiet = 0;
  stage.core.react = [&](const Input& input, Outbox&) {
    const auto* arrived = std::get_if<Arrived>(&input);
    if (arrived == nullptr) return;
    if (arrived->link != dialled(1)) {
      before_quiet = order.size();
      return;
    }
    if (order.size() == 60) quiet.write(frame(2, 99));  // while the second piece is worked on
    order.push_back(arrived->frame.xid().value);
    ::usleep(1000);
  };
  std::string all;
  for (std::uint32_t xid = 0; xid < count; ++xid) all += frame(14, xid, xid % 50);
  // A message in two pieces: what is kept of it belongs to the next read.
  heavy.write(all.substr(0, 1003));
  REQUIRE(turn_until(stage.loop, [&] { return !order.empty(); }));
  heavy.write(all.substr(1003));
  REQUIRE(turn_until(stage.loop, [&] { return order.size() == count; }));
  CHECK(before_quiet > 60);
  CHECK(before_quiet < count - 50);
  for (std::uint32_t xid = 0; xid < count; ++xid) CHECK(order[xid] == xid);
  // It is read again afterwards.
  heavy.write(frame(14, count));
  REQUIRE(turn_until(stage.loop, [&] { return order.size() == count + 1; }));
}

TEST_CASE("shutting down waits for peers, but not for long") {
  Stage stage;
  Peer polite = stage.connect_switch();
  const Peer stubborn = stage.connect_switch();
  stage.core.react = [&](const Input& input, Outbox& out) {
    if (!std::holds_alternative<slicing::Shutdown>(input)) return;
    for (const LinkId link : stage.core.switches) {
      append(out, link, "bye");
      out.add(Hangup{link, "shutting down"});
    }
  };
  bool done = false;
  const auto start = std::chrono::steady_clock::now();
  stage.server.shut_down([&] { done = true; });
  CHECK(stage.read_all(polite, 4) == "bye");
  CHECK(polite.ended);
  polite.close();
  REQUIRE(turn_until(stage.loop, [&] { return done; }));
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took > std::chrono::milliseconds{900});
  CHECK(took < std::chrono::seconds{5});
}
