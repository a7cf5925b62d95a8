// sluice-controller: a learning bridge for OpenFlow switches.
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cxxopts.hpp>

#include "examples/controller/bridge.hpp"
#include "examples/net/tcp.hpp"
#include "examples/net/topology.hpp"
#include "examples/programs/lines.hpp"
#include "ofmsg/deframer.hpp"

namespace {

using namespace sluice;
using ofmsg::Bytes;
using ofmsg::ByteView;
using ofmsg::Time;

constexpr int usage_error = 2, cannot_listen = 1;

constexpr const char* about =
    R"(A learning bridge: waits for OpenFlow 1.0 and 1.3 switches, learns behind which port each Ethernet address
lives, installs flows for what it knows and floods what it does not. It prints what happens.

With --trespass it also tries to write to a port that is not its own (a flow that captures the port's packets, one that
sends to it, a packet out of it) and prints which error it gets; behind a slicing proxy none of the three may succeed.
)";

// The switches that are connected, each with a bridge of its own.
class Controller {
 public:
  Controller(uv_loop_t* loop, controller::Settings settings, std::string name)
      : settings_{std::move(settings)}, name_{std::move(name)}, timer_{loop, [this] { ring(); }} {}

  void accept(uv_stream_t* listener) {
    const std::uint64_t id = next_++;
    Bytes out;
    auto& peer = peers_[id];
    peer = std::make_unique<Peer>(settings_, net::clock_now(), out);
    peer->stream = std::make_unique<net::Stream>(
        listener, net::Stream::Events{.connected = {},
                                      .bytes = [this, id](ByteView bytes) { on_bytes(id, bytes); },
                                      .ended = [this, id](const std::string& why) { on_end(id, why); }});
    peer->stream->send(out);
    set_timer();
  }

  void say(const std::string& line) const { std::cout << (name_.empty() ? "" : name_ + ": ") << line << std::endl; }

 private:
  struct Peer {
    Peer(const controller::Settings& settings, Time now, Bytes& out) : bridge{settings, now, out} {}

    controller::Bridge bridge;
    ofmsg::Deframer deframer;
    std::unique_ptr<net::Stream> stream;
  };

  void on_bytes(std::uint64_t id, ByteView bytes) {
    Peer& peer = *peers_.at(id);
    Bytes out;
    peer.deframer.feed(bytes);
    for (;;) {
      const auto frame = peer.deframer.next();
      if (!frame) {
        peer.bridge.garbled(frame.error(), peer.deframer.offender(), out);
        break;
      }
      if (!*frame) break;
      peer.bridge.receive(**frame, net::clock_now(), out);
    }
    after(id, out);
  }

  void on_end(std::uint64_t id, const std::string& why) {
    say("a switch is gone: " + why);
    peers_.erase(id);
    set_timer();
  }

  void after(std::uint64_t id, const Bytes& out) {
    Peer& peer = *peers_.at(id);
    peer.stream->send(out);
    for (const std::string& note : peer.bridge.take_notes()) say(note);
    if (peer.bridge.closed()) peers_.erase(id);
    set_timer();
  }

  void ring() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, peer] : peers_) ids.push_back(id);
    for (const std::uint64_t id : ids) {
      Bytes out;
      peers_.at(id)->bridge.tick(net::clock_now(), out);
      after(id, out);
    }
  }

  void set_timer() {
    std::optional<Time> next;
    for (const auto& [id, peer] : peers_) {
      const auto one = peer->bridge.deadline();
      if (one && (!next || *one < *next)) next = one;
    }
    if (next) {
      timer_.set(*next);
    } else {
      timer_.stop();
    }
  }

  controller::Settings settings_;
  std::string name_;
  std::map<std::uint64_t, std::unique_ptr<Peer>> peers_;
  std::uint64_t next_ = 1;
  net::Timer timer_;
};

int run(const net::Address& at, const controller::Settings& settings, const std::string& name) {
  uv_loop_t* loop = uv_default_loop();
  {
    Controller controller{loop, settings, name};
    const auto listener = net::Listener::open(loop, at, [&](uv_stream_t* socket) { controller.accept(socket); });
    if (!listener) {
      std::cerr << "sluice-controller: " << listener.error() << '\n';
      return cannot_listen;
    }
    controller.say("listening on " + net::text((*listener)->address()));
    bool asked = false;
    programs::Signals signals{loop, [&] { asked = true; }};
    while (!asked) uv_run(loop, UV_RUN_ONCE);
  }
  uv_run(loop, UV_RUN_DEFAULT);  // lets what was closed be freed
  uv_loop_close(loop);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  cxxopts::Options options{"sluice-controller", about};
  options.positional_help("ptcp:PORT[:ADDRESS]")
      .add_options()                                                                                           //
      ("n,name", "begin every line with this name", cxxopts::value<std::string>()->default_value(""), "NAME")  //
      ("openflow", "versions to speak", cxxopts::value<std::string>()->default_value("1.0,1.3"),
       "LIST")  //
      ("idle-timeout", "seconds after which an idle flow goes; 0: never",
       cxxopts::value<std::uint16_t>()->default_value("30"), "SECONDS")  //
      ("trespass", "try to write to this port; may be repeated", cxxopts::value<std::vector<std::uint32_t>>(),
       "PORT")                                                                                                      //
      ("listen", "where to wait for switches", cxxopts::value<std::string>()->default_value("ptcp:6653"), "PLACE")  //
      ("h,help", "print this help")                                                                                 //
      ("version", "print the version");
  options.parse_positional({"listen"});
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") != 0) {
      std::cout << options.help();
      return 0;
    }
    if (given.count("version") != 0) {
      std::cout << "sluice-controller " SLUICE_VERSION "\n";
      return 0;
    }
    const auto wrong = [](const std::string& sentence) {
      std::cerr << "sluice-controller: " << sentence << "; see sluice-controller --help\n";
      return usage_error;
    };
    if (!given.unmatched().empty()) return wrong("\"" + given.unmatched().front() + "\" is one word too many");
    const auto at = net::parse_listen(given["listen"].as<std::string>());
    if (!at) return wrong(at.error());
    const auto versions = net::parse_versions(given["openflow"].as<std::string>());
    if (!versions) return wrong(versions.error());
    controller::Settings settings;
    settings.versions = *versions;
    settings.idle_timeout = given["idle-timeout"].as<std::uint16_t>();
    if (given.count("trespass") != 0) {
      for (const std::uint32_t port : given["trespass"].as<std::vector<std::uint32_t>>()) {
        settings.trespass.push_back(ofmsg::PortNo{port});
      }
    }
    return run(*at, settings, given["name"].as<std::string>());
  } catch (const std::exception& error) {
    std::cerr << "sluice-controller: " << error.what() << "; see sluice-controller --help\n";
    return usage_error;
  }
}
