#include "proxy/daemon.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

// The core draws no random numbers; this decides when its redials happen, so that many proxies do
// not march in step, and marks the probes of its tenants.
slicing::Seed random_seed() {
  std::random_device device;
  const auto word = [&device] { return (std::uint64_t{device()} << 32U) | device(); };
  const std::uint64_t number = word();
  return {number, {word(), word()}};
}

}  // namespace

Daemon::Daemon(const Options& options, const SliceFile& file)
    : options_{options},
      snapshot_{file.snapshot},
      seed_{random_seed()},
      log_{options.log},
      domain_{snapshot_, seed_},
      tap_{domain_, file.text},
      recorder_{loop_, domain_, tap_, log_, seed_},
      shadow_{domain_, tap_, log_, seed_},
      server_{loop_, tap_, log_},
      reloader_{loop_, options.config, [this] { return snapshot_; }} {
  admin_.emplace(
      loop_, domain_, options_.config,
      Admin::Deeds{
          [this] { stop("asked to by an admin"); },
          [this](bool dry_run, admin::Form form, Admin::Respond respond) { reload(dry_run, form, std::move(respond)); },
          [this](const std::string& other, Admin::Respond respond) { shadow(other, std::move(respond)); },
          [this] { return shadow_.state(); }});
}

ofmsg::Result<void, std::string> Daemon::start() {
  // The admin socket comes first: it is what tells that another daemon is running with the same
  // slice file.
  if (auto opened = open_admin(); !opened) return opened;
  if (auto listening = listen_on(snapshot_->listen()); !listening) return listening;
  if (!options_.pidfile.empty()) {
    auto written = write_pidfile(options_.pidfile);
    if (!written) return ofmsg::Failure<std::string>{std::move(written.error())};
    pidfile_ = std::move(*written);
  }
  // Last of what can fail, so that no file is left behind by a daemon that does not run. Nothing has happened yet.
  if (auto recording = open_recording(); !recording) return recording;
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

// Both see everything from the first moment on.
ofmsg::Result<void, std::string> Daemon::open_recording() {
  if (!options_.record.empty()) {
    if (auto recording = recorder_.add_file(options_.record); !recording) return recording;
  }
  if (options_.shadow.empty()) return {};
  SliceFile other = read_slice_file(options_.shadow, Colour::no);
  if (!other.snapshot) {
    return ofmsg::Failure<std::string>{
        fmt::format("--shadow {}: {}\n{}", options_.shadow, other.summary, other.findings)};
  }
  return shadow_.begin(snapshot_, std::move(other.snapshot), options_.shadow, loop_.now(), ShadowWatch::Begin::fresh);
}

void Daemon::shadow(const std::string& file, Admin::Respond respond) {
  if (file == "off") {
    shadow_.end();
    return respond("no second policy judges the traffic now\n");
  }
  if (shadow_reading_) return respond(ofmsg::Failure<std::string>{"another slice file is being read; try again"});
  shadow_reading_ = true;
  shadow_reader_ = std::make_unique<Reloader>(loop_, file, [] { return nullptr; });
  shadow_reader_->read([this, file, respond = std::move(respond)](SliceFile other) {
    shadow_reading_ = false;
    if (stopping_) return;
    if (!other.snapshot) {
      return respond(ofmsg::Failure<std::string>{
          fmt::format("{} is not taken as a second policy: {}\n{}", file, other.summary, other.findings)});
    }
    const auto begun =
        shadow_.begin(snapshot_, std::move(other.snapshot), file, loop_.now(), ShadowWatch::Begin::in_the_middle);
    if (!begun) return respond(ofmsg::Failure<std::string>{begun.error()});
    respond("it judges the traffic from now on, without effect; ask with: sluicectl shadow\n");
  });
}

ofmsg::Result<void, std::string> Daemon::listen_on(const std::vector<policy::Endpoint>& endpoints) {
  Listener::Callbacks callbacks;
  callbacks.on_connection = [this](Socket socket, std::string peer) {
    server_.accept(std::move(socket), std::move(peer));
  };
  callbacks.on_failure = [this](const std::string& why) {
    log_.say_limited(Severity::warning, "accept_failed", "a switch's connection could not be accepted", loop_.now(),
                     {{"why", why}});
  };
  std::vector<bool> kept(listeners_.size());
  std::vector<Listening> all;  // in the order of the file; those that are kept come over when nothing can fail any more
  for (const policy::Endpoint& endpoint : endpoints) {
    std::size_t i = 0;
    while (i < kept.size() && (kept[i] || listeners_[i].at != endpoint)) ++i;
    if (i < kept.size()) {
      kept[i] = true;
      all.push_back({endpoint, nullptr});
      continue;
    }
    auto listener = Listener::open(loop_.get(), endpoint, callbacks);
    if (!listener) return ofmsg::Failure<std::string>{std::move(listener.error())};
    log_.say(Severity::info, "listening", "waiting for switches", {{"at", (*listener)->address()}});
    all.push_back({endpoint, std::move(*listener)});
  }
  std::vector<std::string> addresses;
  for (Listening& listening : all) {
    if (!listening.listener) listening.listener = take_listener(listening.at);
    addresses.push_back(listening.listener->address());
  }
  for (const Listening& gone : listeners_) {
    log_.say(Severity::info, "not_listening", "no longer waiting for switches", {{"at", gone.listener->address()}});
  }
  listeners_ = std::move(all);
  admin_->set_listening(std::move(addresses));
  return {};
}

std::unique_ptr<Listener> Daemon::take_listener(const policy::Endpoint& at) {
  const auto found =
      std::find_if(listeners_.begin(), listeners_.end(), [&at](const Listening& l) { return l.at == at; });
  std::unique_ptr<Listener> listener = std::move(found->listener);
  listeners_.erase(found);
  return listener;
}

void Daemon::reload(bool dry_run, admin::Form form, Admin::Respond respond) {
  reloader_.read([this, dry_run, form, respond = std::move(respond)](SliceFile file) {
    if (!stopping_) respond(take(std::move(file), dry_run, form));
  });
}

admin::Answer Daemon::take(SliceFile file, bool dry_run, admin::Form form) {
  admin::Reload result{loop_.now(), false, std::move(file.summary), std::move(file.findings)};
  if (file.snapshot && dry_run) return admin::reloaded(domain_.foresee(*file.snapshot), true, form);
  if (file.snapshot) {
    if (auto listening = listen_on(file.snapshot->listen()); listening) {
      result.taken = true;
    } else {
      result.summary = std::move(listening.error());
    }
  }
  if (dry_run) return ofmsg::Failure<std::string>{admin::not_reloaded(result)};
  if (result.taken) {
    snapshot_ = std::move(file.snapshot);
    tap_.set_policy(std::move(file.text));
    shadow_.first_policy(snapshot_);
    server_.change_policy(snapshot_);
    admin_->set_reload(std::move(result));
    return admin::reloaded(domain_.reload_report(), false, form);
  }
  log_.say(Severity::error, "reload_refused", "the slice file was not taken; the one before is in force",
           {{"file", options_.config}, {"why", result.summary}});
  std::string text = admin::not_reloaded(result);
  admin_->set_reload(std::move(result));
  return ofmsg::Failure<std::string>{std::move(text)};
}

ofmsg::Result<void, std::string> Daemon::open_admin() {
  std::string path = options_.ctl;
  if (path.empty()) {
    auto place = default_ctl();
    if (!place) return ofmsg::Failure<std::string>{std::move(place.error())};
    path = std::move(*place);
  }
  auto socket = AdminSocket::open(
      loop_, path,
      [this](const admin::Request& request, const AdminSocket::Respond& respond) { admin_->run(request, respond); },
      log_,
      [this](const admin::Request& request, const AdminSocket::Respond& respond, AdminSocket::Feed feed) {
        if (request.method != "tap") return false;
        respond("a recording follows\n");
        recorder_.add(std::move(feed), Recorder::Begin::in_the_middle);
        return true;
      });
  if (!socket) return ofmsg::Failure<std::string>{std::move(socket.error())};
  admin_socket_ = std::move(*socket);
  log_.say(Severity::debug, "admin_socket", "waiting for sluicectl", {{"at", path}});
  return {};
}

void Daemon::run() { loop_.run(); }

void Daemon::on_signal(int number) {
  if (number == SIGHUP) {
    log_.say(Severity::info, "reload", "SIGHUP: reading the slice file anew", {{"file", options_.config}});
    return reload(false, admin::Form::table, [](const admin::Answer&) {});
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
    recorder_.flush();
    log_.say(Severity::info, "stopped", "sluiced has ended");
    loop_.stop();
  });
}

}  // namespace sluice::proxy
