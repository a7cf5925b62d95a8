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
#include "proxy/core.hpp"
#include "proxy/files.hpp"
#include "proxy/listener.hpp"
#include "proxy/log.hpp"
#include "proxy/options.hpp"
#include "proxy/server.hpp"
#include "proxy/uv.hpp"
#include "slicing/domain.hpp"

namespace sluice::proxy {

class Daemon {
 public:
  Daemon(const Options& options, std::shared_ptr<const policy::Snapshot> snapshot);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() = default;

  // Opens everything. The error is a sentence; nothing is left behind then.
  [[nodiscard]] ofmsg::Result<void, std::string> start();
  // Until SIGINT, SIGTERM or the admin verb `exit`: says good-bye to all peers, about a second at
  // most. A second signal ends it at once.
  void run();

 private:
  [[nodiscard]] ofmsg::Result<void, std::string> listen();
  [[nodiscard]] ofmsg::Result<void, std::string> open_admin();
  void on_signal(int number);
  void stop(std::string_view why);

  Options options_;
  std::shared_ptr<const policy::Snapshot> snapshot_;
  Loop loop_;
  Log log_;
  slicing::Domain domain_;
  DomainCore core_;
  Server server_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::optional<Admin> admin_;
  std::unique_ptr<AdminSocket> admin_socket_;
  OwnedPath pidfile_;
  std::vector<Handle<uv_signal_t>> signals_;
  bool stopping_ = false;
};

}  // namespace sluice::proxy
