#include "ctl/capture.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "ctl/reassembly.hpp"
#include "ctl/segment.hpp"
#include "ofmsg/kind.hpp"

namespace sluice::ctl {

namespace {

using ofmsg::ByteView;
using ofmsg::load;

// --- OpenFlow or not ---

bool known_type(ofmsg::Version version, std::uint8_t type) {
  for (std::size_t i = 0; i < ofmsg::kind_count; ++i) {
    if (ofmsg::facts(static_cast<ofmsg::Kind>(i)).type[ofmsg::index(version)] == type) return true;
  }
  return false;
}

// The size of the message that seems to begin there; nothing if none does.
std::optional<std::size_t> announced(ByteView bytes) {
  if (bytes.size() < ofmsg::header_size) return std::nullopt;
  const auto version = ofmsg::version_of(load<std::uint8_t>(bytes));
  const std::size_t size = load<std::uint16_t>(bytes, 2);
  if (!version || size < ofmsg::header_size || !known_type(*version, load<std::uint8_t>(bytes, 1))) return std::nullopt;
  return size;
}

// Whether the bytes begin with a header of OpenFlow, and the next message too, as far as its header is there.
bool plausible(ByteView bytes) {
  const std::optional<std::size_t> size = announced(bytes);
  if (!size) return false;
  const ByteView rest = bytes.subspan(std::min(*size, bytes.size()));
  return rest.size() < ofmsg::header_size || announced(rest);
}

// Whether a message begins with the bytes, and is whole.
bool begins_message(ByteView bytes) {
  const std::optional<std::size_t> size = announced(bytes);
  return size && *size <= bytes.size();
}

bool ends_with_message(ByteView bytes) {
  while (!bytes.empty()) {
    const std::optional<std::size_t> size = announced(bytes);
    if (!size || *size > bytes.size()) return false;
    bytes = bytes.subspan(*size);
  }
  return true;
}

// A TLS record with a handshake [RFC 8446 §5.1].
bool encrypted(ByteView bytes) {
  return bytes.size() >= 3 && load<std::uint8_t>(bytes) == 0x16 && load<std::uint8_t>(bytes, 1) == 3;
}

bool openflow_port(const Route& route) {
  const auto known = [](const Endpoint& end) { return end.port == 6633 || end.port == 6653; };
  return known(route.from) || known(route.to);
}

// --- what the packets say together ---

// One direction of a connection: a stream of TCP, or what was exported from one.
struct Direction {
  Route route;
  unsigned connection = 1;          // which one of those between the two endpoints
  std::optional<std::size_t> peer;  // the other direction, if it was seen
  TcpStream stream;
  std::vector<Run> exported;

  [[nodiscard]] std::string name() const {
    return text(route) + (connection > 1 ? fmt::format(", connection {}", connection) : "");
  }
};

class Conversations {
 public:
  void add(const Segment& segment, const Captured& captured) {
    Connection& connection = connections_[std::minmax(segment.route.from, segment.route.to)];
    const std::size_t side = segment.route.from < segment.route.to ? 0 : 1;
    if (segment.syn && opens_another(connection, side, segment)) connection = {connection.number + 1, {}};
    TcpStream& stream = direction(connection, side, segment.route).stream;
    if (segment.syn) stream.open(segment.sequence);
    stream.add(segment.sequence, segment.bytes, captured);
  }

  // Each packet has whole messages. One that has not must not shift those of the next.
  void add(const Exported& packet, const Captured& captured) {
    if (packet.bytes.empty()) return;
    const auto [entry, fresh] = exports_.try_emplace(packet.route, directions_.size());
    if (fresh) directions_.push_back({packet.route, 1, std::nullopt, {}, {}});
    std::vector<Run>& runs = directions_[entry->second].exported;
    if (runs.empty() || !ends_with_message(ByteView{runs.back().bytes}.subspan(runs.back().arrivals.back().offset))) {
      const std::uint64_t from = runs.empty() ? 0 : runs.back().from + runs.back().bytes.size();
      runs.push_back({0, from, {}, {}});
    }
    runs.back().arrivals.push_back({runs.back().bytes.size(), captured});
    ofmsg::append(runs.back().bytes, packet.bytes);
  }

  // In the order in which they appeared. Nothing else is left.
  [[nodiscard]] std::deque<Direction> take() {
    connections_.clear();
    exports_.clear();
    return std::exchange(directions_, {});
  }

 private:
  struct Connection {
    unsigned number = 1;
    std::array<std::optional<std::size_t>, 2> sides;  // in directions_
  };

  // Whether the SYN is not one of the connection that is known between these endpoints.
  [[nodiscard]] bool opens_another(const Connection& connection, std::size_t side, const Segment& segment) const {
    if (const auto mine = connection.sides[side]) return !directions_[*mine].stream.opened_by(segment.sequence);
    const auto other = connection.sides[1 - side];
    return !segment.ack && other && !directions_[*other].stream.empty();
  }

  Direction& direction(Connection& connection, std::size_t side, const Route& route) {
    std::optional<std::size_t>& mine = connection.sides[side];
    if (!mine) {
      const std::optional<std::size_t> other = connection.sides[1 - side];
      mine = directions_.size();
      if (other) directions_[*other].peer = mine;
      directions_.push_back({route, connection.number, other, {}, {}});
    }
    return directions_[*mine];
  }

  std::deque<Direction> directions_;
  std::map<std::pair<Endpoint, Endpoint>, Connection> connections_;
  std::map<Route, std::size_t> exports_;
};

// --- from directions to sources ---

// By the port, or by the first bytes.
bool looks_like_openflow(const Direction& direction) {
  return openflow_port(direction.route) || !direction.exported.empty() ||
         plausible(direction.stream.beginning(ofmsg::max_frame_size + ofmsg::header_size));
}

// Takes away what stands before the first message, if it is not known that the run begins with one; says how much.
//
// Segments often begin with a message. The first one is believed if it has a whole message; one further behind only if
// the next message looks like one too, because packets carry other packets, and the more places are tried, the more
// likely is one that only seems right. If there is no whole message, what may be a part of one stays, so that it is
// reported.
std::size_t trim(Run& run) {
  if (begins_message(run.bytes)) return 0;
  const auto good = std::find_if(run.arrivals.begin(), run.arrivals.end(), [&](const Arrival& arrival) {
    const ByteView rest = ByteView{run.bytes}.subspan(arrival.offset);
    return begins_message(rest) && plausible(rest);
  });
  if (good == run.arrivals.end() && announced(run.bytes)) return 0;
  const std::size_t left_out = good == run.arrivals.end() ? run.bytes.size() : good->offset;
  run.bytes.erase(run.bytes.begin(), run.bytes.begin() + static_cast<std::ptrdiff_t>(left_out));
  run.arrivals.erase(run.arrivals.begin(), good);
  for (Arrival& arrival : run.arrivals) arrival.offset -= left_out;
  run.from += left_out;
  return left_out;
}

void add_sources(Sources& sources, const Direction& direction, const std::string& file) {
  const std::string stream = direction.name();
  const std::string name = file + ' ' + stream;
  std::vector<Run> runs = direction.exported.empty() ? direction.stream.runs() : direction.exported;
  if (!runs.empty() && encrypted(runs.front().bytes)) {
    sources.notes.push_back(fmt::format("{} is encrypted (TLS)", name));
    return;
  }
  std::uint64_t missing = 0;
  std::uint64_t holes = 0;
  std::size_t left_out = 0;
  for (Run& run : runs) {
    missing += run.missing;
    if (run.missing > 0) ++holes;
    const bool sure = !direction.exported.empty() || (run.from == 0 && direction.stream.opened());
    if (!sure) left_out += trim(run);
    if (run.bytes.empty()) continue;
    sources.found.push_back({run.from == 0 ? name : fmt::format("{}, from byte {}", name, run.from),
                             std::move(run.bytes), file, stream, std::move(run.arrivals)});
  }
  if (missing > 0) sources.notes.push_back(fmt::format("{}: bytes not captured: {}, holes: {}", name, missing, holes));
  if (left_out > 0) {
    sources.notes.push_back(fmt::format("{}: bytes left out before the beginning of a message: {}", name, left_out));
  }
}

// --- the file ---

std::optional<LinkLayer> link_layer(int number) {
  switch (number) {
    case DLT_EN10MB: return LinkLayer::ethernet;
    case DLT_LINUX_SLL: return LinkLayer::cooked;
    case DLT_LINUX_SLL2: return LinkLayer::cooked_2;
    case DLT_NULL:
    case DLT_LOOP: return LinkLayer::loopback;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6: return LinkLayer::ip;
    case DLT_WIRESHARK_UPPER_PDU: return LinkLayer::wireshark;
    default: return std::nullopt;
  }
}

struct Closes {
  void operator()(pcap_t* file) const { pcap_close(file); }
};

using CaptureFile = std::unique_ptr<pcap_t, Closes>;

ofmsg::Result<CaptureFile, std::string> open(std::string_view content) {
  // The stream is only read from.
  std::FILE* stream = fmemopen(const_cast<char*>(content.data()), content.size(), "rb");
  if (stream == nullptr) return ofmsg::Failure<std::string>{"no memory to read it"};
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  CaptureFile file{pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why.data())};
  if (file) return file;
  std::fclose(stream);
  return ofmsg::Failure<std::string>{why.data()};
}

// A damaged file may have any time; what no clock shows becomes the nearest that one may.
std::chrono::nanoseconds time_of(const timeval& stamp) {
  constexpr std::int64_t last_second = 9'000'000'000;
  const std::int64_t second = std::clamp<std::int64_t>(stamp.tv_sec, 0, last_second);
  const std::int64_t rest = std::clamp<std::int64_t>(stamp.tv_usec, 0, 999'999'999);  // nanoseconds, as asked for
  return std::chrono::seconds{second} + std::chrono::nanoseconds{rest};
}

// How many packets there were, and how many of them were of no use.
struct Tally {
  std::size_t packets = 0;
  std::size_t shortened = 0;
  std::size_t fragments = 0;
  std::size_t damaged = 0;
};

void note(const Tally& tally, const std::string& name, std::vector<std::string>& notes) {
  const auto say = [&](std::string_view what, std::size_t count) {
    if (count > 0) notes.push_back(fmt::format("{}: {}: {} of {}", name, what, count, tally.packets));
  };
  say("packets not captured to their end", tally.shortened);
  say("packets that are fragments, which are not put together", tally.fragments);
  say("packets with damaged or incomplete headers", tally.damaged);
}

// Reads to the end, or as far as the file is sound; then the sentence says why.
std::string read(pcap_t* file, LinkLayer layer, Tally& tally, Conversations& conversations) {
  pcap_pkthdr* header = nullptr;
  const unsigned char* data = nullptr;
  int got = 0;
  while ((got = pcap_next_ex(file, &header, &data)) == 1) {
    ++tally.packets;
    if (header->caplen < header->len) ++tally.shortened;
    const Captured captured{tally.packets, time_of(header->ts)};
    const Carried carried = carried_by({reinterpret_cast<const std::byte*>(data), header->caplen}, layer);
    if (const auto* segment = std::get_if<Segment>(&carried)) {
      conversations.add(*segment, captured);
    } else if (const auto* exported = std::get_if<Exported>(&carried)) {
      conversations.add(*exported, captured);
    } else {
      if (std::get<Nothing>(carried) == Nothing::fragment) ++tally.fragments;
      if (std::get<Nothing>(carried) == Nothing::damaged) ++tally.damaged;
    }
  }
  return got == PCAP_ERROR ? pcap_geterr(file) : "";
}

}  // namespace

bool is_capture(std::string_view content) {
  const ByteView bytes{reinterpret_cast<const std::byte*>(content.data()), content.size()};
  if (bytes.size() < 12) return false;
  const auto either = [&](std::size_t at, std::uint32_t magic) {
    const auto value = load<std::uint32_t>(bytes, at);
    return value == magic || value == __builtin_bswap32(magic);
  };
  // Microseconds, nanoseconds, and Kuznetsov's longer headers; or pcapng, whose first magic number reads the same in
  // both byte orders.
  return either(0, 0xa1b2c3d4) || either(0, 0xa1b23c4d) || either(0, 0xa1b2cd34) ||
         (load<std::uint32_t>(bytes) == 0x0a0d0d0a && either(8, 0x1a2b3c4d));
}

Sources read_capture(std::string_view content, const std::string& name) {
  Sources sources;
  const auto file = open(content);
  if (!file) {
    sources.errors.push_back(fmt::format("{}: {}", name, file.error()));
    return sources;
  }
  const int link = pcap_datalink(file->get());
  const std::optional<LinkLayer> layer = link_layer(link);
  if (!layer) {
    const char* what = pcap_datalink_val_to_name(link);
    sources.errors.push_back(fmt::format("{}: packets of link type {} are not understood", name,
                                         what != nullptr ? what : std::to_string(link)));
    return sources;
  }
  Tally tally;
  Conversations conversations;
  const std::string fault = read(file->get(), *layer, tally, conversations);
  if (!fault.empty()) {
    sources.errors.push_back(fmt::format("{} cannot be read after packet {}: {}", name, tally.packets, fault));
  }
  note(tally, name, sources.notes);
  std::deque<Direction> directions = conversations.take();
  std::vector<bool> chosen(directions.size());
  std::transform(directions.begin(), directions.end(), chosen.begin(), looks_like_openflow);
  for (std::size_t i = 0; !directions.empty(); ++i) {
    // Both directions of a connection speak the same.
    const Direction& direction = directions.front();
    if (chosen[i] || (direction.peer && chosen[*direction.peer])) add_sources(sources, direction, name);
    directions.pop_front();
  }
  if (sources.found.empty() && fault.empty()) {
    sources.errors.push_back(fmt::format("{}: no OpenFlow in it; packets: {}", name, tally.packets));
  }
  return sources;
}

}  // namespace sluice::ctl
