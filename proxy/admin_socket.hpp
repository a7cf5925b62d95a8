// The Unix socket on which sluicectl and ovs-appctl ask: JSON-RPC objects in, one answer for each
// out, in their order.
//
// Whoever may open the socket may do everything, so it belongs to the daemon's user alone (mode
// 0600). A client costs little: its request is bounded, and the next one is only looked at when the
// last answer has been read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/answer.hpp"
#include "ofmsg/result.hpp"
#include "proxy/files.hpp"
#include "proxy/log.hpp"
#include "proxy/stream.hpp"
#include "proxy/uv.hpp"

namespace sluice::proxy {

class AdminSocket {
 public:
  using Respond = std::function<void(admin::Answer)>;  // once, now or later; may outlive the socket
  using Handler = std::function<void(const admin::Request&, Respond)>;

  // A connection that is not asked any more, but told: takes bytes and answers how many wait to be read, or nothing
  // once the client is gone or this is forgotten. No bytes end it, behind those that wait.
  using Feed = std::function<std::optional<std::size_t>(ofmsg::ByteView)>;
  // Looks at each request first. True: it has answered, and keeps the feed; what follows the answer's line on this
  // connection is what the feed is given.
  using FeedHandler = std::function<bool(const admin::Request&, const Respond&, Feed)>;

  static constexpr std::size_t max_request = 65536;  // bytes
  static constexpr std::size_t max_clients = 64;

  // Takes the place of a socket that a dead process left; one that somebody listens on, and
  // anything else that is in the way, is an error. The error is a sentence.
  [[nodiscard]] static ofmsg::Result<std::unique_ptr<AdminSocket>, std::string> open(Loop& loop,
                                                                                     const std::string& path,
                                                                                     Handler handler, Log& log,
                                                                                     FeedHandler feeds = {});
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;
  ~AdminSocket();

 private:
  struct Client;

  AdminSocket(Loop& loop, Handler handler, FeedHandler feeds, Log& log);

  void on_connection(int status);
  void serve(Client& client);
  [[nodiscard]] Respond responder(const Client& client, std::string id);
  [[nodiscard]] Feed feed(const Client& client);
  void forget(Client& client);

  Loop& loop_;
  Handler handler_;
  FeedHandler feeds_;
  Log& log_;
  ReadBuffer buffer_{};
  Socket socket_;
  OwnedPath path_;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> gone_;  // destroyed when no callback of theirs can be running
  std::uint64_t next_client_ = 1;
  Timer sweep_;
  std::shared_ptr<AdminSocket*> self_ = std::make_shared<AdminSocket*>(this);  // for answers that come later
};

}  // namespace sluice::proxy
