#include "bench/parties.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/children.hpp"
#include "bench/traffic.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"

namespace sluice::bench {

using namespace ofmsg;

namespace {

constexpr std::uint8_t error_type = 1, packet_in_type = 10, flow_mod_type = 14;  // in every version

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void prepare(int fd) {
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// The packet_in's own.
std::size_t flow_of(FrameView packet_in) {
  return load<std::uint16_t>(packet_in.bytes(), packet_in.size() - packet_size + number_offset) %
         Ammunition::flow_count;
}

ChannelSettings settings(End end, Version version) {
  ChannelSettings s;
  s.end = end;
  s.versions = VersionSet{version};
  return s;
}

}  // namespace

Ammunition::Ammunition(Version v, std::size_t prefixes) : version{v} {
  for (std::size_t flow = 0; flow < flow_count; ++flow) {
    Traffic traffic{measured_vlan, static_cast<std::uint16_t>(flow)};
    // Far apart, so that neighbours in time are none in the list.
    constexpr std::size_t stride = 7919;
    if (prefixes > 0) traffic.source = source_address(flow * stride % prefixes);
    packet_ins.push_back(encoded(packet_in(traffic, version), version));
    flow_mods.push_back(encoded(flow_mod(traffic, version), version));
  }
}

// --- connections ---------------------------------------------------------------------------------------------------

Connection::~Connection() { ::close(fd_); }

void Connection::receive(std::vector<std::byte>& buffer) {
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) throw Failure{"the relay closed a connection"};
  deframer_.feed(ByteView{buffer}.first(static_cast<std::size_t>(count)));
  while (true) {
    const auto next = deframer_.next();
    if (!next) throw Failure{"the relay sent what is no OpenFlow: " + text(next.error())};
    if (!*next) return;
    on_frame(**next);
  }
}

void Connection::flush() {
  if (out_.empty()) return;
  const ssize_t count = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN) throw Failure{fmt::format("cannot send to the relay: {}", std::strerror(errno))};
  if (count > 0) out_.erase(out_.begin(), out_.begin() + count);
}

FakeSwitch::FakeSwitch(int fd, const Ammunition& ammunition, std::uint64_t dpid)
    : Connection{fd},
      ammunition_{ammunition},
      dpid_{dpid},
      channel_{settings(End::switch_, ammunition.version), Time{}, out()} {}

void FakeSwitch::on_frame(FrameView frame) {
  if (frame.type() != flow_mod_type || sent_.empty()) {
    answer(frame);
    return;
  }
  const Clock::time_point now = Clock::now();
  latencies.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>((now - sent_.front()).count(), 0xffffffff)));
  sent_.pop_front();
  if (running_) send_packet_in();
}

void FakeSwitch::answer(FrameView frame) {
  if (channel_.receive(frame, Time{}, out()) != Channel::Event::message) return;
  const Result<Message> message = decode(frame);
  if (!message) throw Failure{"the switch cannot read: " + text(message.error())};
  if (const auto reply = reply_to(*message, dpid_, ammunition_.version, 2)) {
    static_cast<void>(encode(out(), *reply, ammunition_.version, frame.xid()));
  }
}

void FakeSwitch::send_packet_in() {
  append(out(), ammunition_.packet_ins[next_flow_]);
  next_flow_ = (next_flow_ + 1) % Ammunition::flow_count;
  sent_.push_back(Clock::now());
}

void FakeSwitch::start(std::size_t window) {
  running_ = true;
  latencies.clear();
  while (sent_.size() < window) send_packet_in();
}

FakeController::FakeController(int fd, const Ammunition& ammunition)
    : Connection{fd}, ammunition_{ammunition}, channel_{settings(End::controller, ammunition.version), Time{}, out()} {}

void FakeController::on_frame(FrameView frame) {
  if (frame.type() == packet_in_type && channel_.up()) {
    const std::size_t at = out().size();
    append(out(), ammunition_.flow_mods[flow_of(frame)]);
    patch_xid(std::span{out()}.subspan(at), Xid{next_xid_++});
    return;
  }
  if (frame.type() == error_type && channel_.up()) {
    const Result<Message> message = decode(frame);
    throw Failure{"the controller got an error: " +
                  (message ? text(*message, ammunition_.version, frame.xid()) : text(message.error()))};
  }
  static_cast<void>(channel_.receive(frame, Time{}, out()));
}

// --- the field -----------------------------------------------------------------------------------------------------

Field::Field(const Ammunition& ammunition, std::size_t switches)
    : ammunition_{ammunition}, switch_count_{switches}, buffer_(65536) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listening_, 511) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw Failure{fmt::format("cannot listen: {}", std::strerror(errno))};
  }
  port_ = ntohs(address.sin_port);
}

Field::~Field() { ::close(listening_); }

void Field::connect(std::uint16_t to) {
  for (std::size_t n = 0; n < switch_count_; ++n) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(to);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw Failure{fmt::format("cannot connect to the relay: {}", std::strerror(errno))};
    }
    prepare(fd);
    switches_.push_back(std::make_unique<FakeSwitch>(fd, ammunition_, n + 1));
  }
  const auto end = Clock::now() + std::chrono::seconds{15};
  const auto all_up = [this] {
    return controllers_.size() == switch_count_ &&
           std::all_of(controllers_.begin(), controllers_.end(), [](const auto& c) { return c->up(); });
  };
  while (!all_up()) {
    if (Clock::now() > end) {
      throw Failure{fmt::format("only {} of {} controllers came up", controllers_.size(), switch_count_)};
    }
    turn(std::chrono::milliseconds{10});
  }
  // Let what follows the handshakes pass.
  for (const auto quiet = Clock::now() + std::chrono::milliseconds{100}; Clock::now() < quiet;) {
    turn(std::chrono::milliseconds{10});
  }
}

void Field::turn(std::chrono::milliseconds most) {
  std::vector<pollfd> fds{{listening_, POLLIN, 0}};
  std::vector<Connection*> connections{nullptr};
  const auto watch = [&](Connection& c) {
    c.flush();
    fds.push_back({c.fd(), static_cast<short>(c.wants_to_write() ? POLLIN | POLLOUT : POLLIN), 0});
    connections.push_back(&c);
  };
  for (const auto& s : switches_) watch(*s);
  for (const auto& c : controllers_) watch(*c);
  if (::poll(fds.data(), fds.size(), static_cast<int>(most.count())) <= 0) return;
  for (std::size_t i = 1; i < fds.size(); ++i) {
    if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) connections[i]->receive(buffer_);
  }
  if (fds[0].revents == 0) return;
  for (int fd = ::accept(listening_, nullptr, nullptr); fd >= 0; fd = ::accept(listening_, nullptr, nullptr)) {
    prepare(fd);
    controllers_.push_back(std::make_unique<FakeController>(fd, ammunition_));
  }
}

std::size_t Field::outstanding() const {
  std::size_t sum = 0;
  for (const auto& s : switches_) sum += s->outstanding();
  return sum;
}

void Field::run(std::size_t window, std::chrono::nanoseconds duration) {
  for (const auto& s : switches_) s->start(window);
  const auto end = Clock::now() + duration;
  while (Clock::now() < end) turn(std::chrono::milliseconds{100});
  for (const auto& s : switches_) s->stop();
  const auto limit = Clock::now() + std::chrono::seconds{5};
  while (outstanding() > 0) {
    if (Clock::now() > limit) throw Failure{fmt::format("{} packet_ins were never answered", outstanding())};
    turn(std::chrono::milliseconds{100});
  }
}

std::vector<std::uint32_t> Field::latencies() {
  std::vector<std::uint32_t> all;
  for (const auto& s : switches_) all.insert(all.end(), s->latencies.begin(), s->latencies.end());
  return all;
}

}  // namespace sluice::bench
