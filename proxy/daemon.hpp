// The parts of sluiced and the order in which they start and stop. main decides whether there is
// one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofmsg/result.hpp"
#include "policy/snapshot.hpp"
#include "proxy/admin.hpp"
#include "proxy/admin_socket.hpp"
#include "proxy/files.hpp"
#include "proxy/listener.hpp"
#include "proxy/log.hpp"
#include "proxy/options.hpp"
#include "proxy/recorder.hpp"
#include "proxy/reloader.hpp"
#include "proxy/server.hpp"
#include "proxy/shadow_watch.hpp"
#include "proxy/slice_file.hpp"
#include "proxy/tap.hpp"
#include "proxy/uv.hpp"
#include "slicing/domain.hpp"

namespace sluice::proxy {

class Daemon {
 public:
  // The slice file has a snapshot.
  Daemon(const Options& options, const SliceFile& file);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() = default;

  // Opens everything. The error is a sentence; nothing is left behind then.
  [[nodiscard]] ofmsg::Result<void, std::string> start();
  // Until SIGINT, SIGTERM or the admin verb `exit`: says good-bye to all peers, about a second at
  // most. A second signal ends it at once.
  void run();

 private:
  [[nodiscard]] ofmsg::Result<void, std::string> open_admin();
  [[nodiscard]] ofmsg::Result<void, std::string> open_recording();
  void shadow(const std::string& file, Admin::Respond respond);
  void reload(bool dry_run, admin::Form form, Admin::Respond respond);
  [[nodiscard]] admin::Answer take(SliceFile file, bool dry_run, admin::Form form);
  // Listens where the endpoints say; what is listened on already stays. Nothing changes when one cannot be opened.
  [[nodiscard]] ofmsg::Result<void, std::string> listen_on(const std::vector<policy::Endpoint>& endpoints);
  void on_signal(int number);
  void stop(std::string_view why);

  Options options_;
  std::shared_ptr<const policy::Snapshot> snapshot_;
  slicing::Seed seed_;
  Loop loop_;
  Log log_;
  slicing::Domain domain_;
  Tap tap_;
  Recorder recorder_;
  ShadowWatch shadow_;
  Server server_;

  struct Listening {
    policy::Endpoint at;
    std::unique_ptr<Listener> listener;
  };

  [[nodiscard]] std::unique_ptr<Listener> take_listener(const policy::Endpoint& at);  // it must be there

  std::vector<Listening> listeners_;
  Reloader reloader_;
  std::unique_ptr<Reloader> shadow_reader_;
  bool shadow_reading_ = false;
  std::optional<Admin> admin_;
  std::unique_ptr<AdminSocket> admin_socket_;
  OwnedPath pidfile_;
  std::vector<Handle<uv_signal_t>> signals_;
  bool stopping_ = false;
};

}  // namespace sluice::proxy
