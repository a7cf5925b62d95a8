#include "proxy/daemon.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

// The core draws no random numbers; this decides when its redials happen, so that many proxies do
// not march in step.
std::uint64_t seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

Daemon::Daemon(const Options& options, std::shared_ptr<const policy::Snapshot> snapshot)
    : options_{options},
      snapshot_{std::move(snapshot)},
      log_{options.log},
      domain_{snapshot_, seed()},
      core_{domain_},
      server_{loop_, core_, log_} {}

ofmsg::Result<void, std::string> Daemon::start() {
  // The admin socket comes first: it is what tells that another daemon is running with the same
  // slice file.
  if (auto opened = open_admin(); !opened) return opened;
  if (auto listening = listen(); !listening) return listening;
  if (!options_.pidfile.empty()) {
    auto written = write_pidfile(options_.pidfile);
    if (!written) return ofmsg::Failure<std::string>{std::move(written.error())};
    pidfile_ = std::move(*written);
  }
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    auto handle = Handle<uv_signal_t>::make([this](uv_signal_t* raw) { return uv_signal_init(loop_.get(), raw); });
    if (!handle) return ofmsg::Failure<std::string>{"cannot watch for signals"};
    handle->data = this;
    const auto caught = [](uv_signal_t* raw, int which) {
      if (raw->data != nullptr) static_cast<Daemon*>(raw->data)->on_signal(which);
    };
    uv_signal_start(handle.get(), caught, number);
    signals_.push_back(std::move(handle));
  }
  log_.say(Severity::info, "started", "sluiced is running",
           {{"version", SLUICE_VERSION},
            {"file", options_.config},
            {"fingerprint", fmt::format("{:016x}", snapshot_->fingerprint())},
            {"slices", std::to_string(snapshot_->slices().size())},
            {"switches", std::to_string(snapshot_->switches().size())}});
  return {};
}

ofmsg::Result<void, std::string> Daemon::listen() {
  Listener::Callbacks callbacks;
  callbacks.on_connection = [this](Socket socket, std::string peer) {
    server_.accept(std::move(socket), std::move(peer));
  };
  callbacks.on_failure = [this](const std::string& why) {
    log_.say_limited(Severity::warning, "accept_failed", "a switch's connection could not be accepted", loop_.now(),
                     {{"why", why}});
  };
  for (const policy::Endpoint& endpoint : snapshot_->listen()) {
    auto listener = Listener::open(loop_.get(), endpoint, callbacks);
    if (!listener) return ofmsg::Failure<std::string>{std::move(listener.error())};
    log_.say(Severity::info, "listening", "waiting for switches", {{"at", (*listener)->address()}});
    listeners_.push_back(std::move(*listener));
  }
  std::vector<std::string> addresses;
  for (const auto& listener : listeners_) addresses.push_back(listener->address());
  admin_.emplace(loop_, domain_, options_.config, std::move(addresses), [this] { stop("asked to by an admin"); });
  return {};
}

ofmsg::Result<void, std::string> Daemon::open_admin() {
  std::string path = options_.ctl;
  if (path.empty()) {
    auto place = default_ctl();
    if (!place) return ofmsg::Failure<std::string>{std::move(place.error())};
    path = std::move(*place);
  }
  auto socket = AdminSocket::open(
      loop_, path, [this](const admin::Request& request) { return admin_->run(request); }, log_);
  if (!socket) return ofmsg::Failure<std::string>{std::move(socket.error())};
  admin_socket_ = std::move(*socket);
  log_.say(Severity::debug, "admin_socket", "waiting for sluicectl", {{"at", path}});
  return {};
}

void Daemon::run() { loop_.run(); }

void Daemon::on_signal(int number) {
  if (number == SIGHUP) {
    log_.say(Severity::warning, "reload_refused",
             "reading the slice file anew is not supported yet; restart sluiced to apply a change");
    return;
  }
  if (stopping_) {
    log_.say(Severity::warning, "stopped", "second signal: not waiting for anybody");
    loop_.stop();
    return;
  }
  stop(number == SIGINT ? "SIGINT" : "SIGTERM");
}

void Daemon::stop(std::string_view why) {
  if (stopping_) return;
  stopping_ = true;
  log_.say(Severity::info, "stopping", "saying good-bye to switches and controllers", {{"why", why}});
  listeners_.clear();
  server_.shut_down([this] {
    log_.say(Severity::info, "stopped", "sluiced has ended");
    loop_.stop();
  });
}

}  // namespace sluice::proxy
