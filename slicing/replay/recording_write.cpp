// Turns as bytes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "ofmsg/codec.hpp"
#include "ofmsg/multipart.hpp"
#include "slicing/replay/recording.hpp"
#include "slicing/replay/recording_format.hpp"

namespace sluice::slicing::replay {

using ofmsg::Bytes;
using ofmsg::ByteView;

namespace {

class Writer {
 public:
  explicit Writer(Bytes& out) : out_{out} {}

  // Counts the length of what `content` writes.
  template <class Content>
  void block(BlockKind kind, Content content) {
    number(static_cast<std::uint8_t>(kind));
    const std::size_t at = out_.size();
    number(std::uint32_t{0});
    content();
    ofmsg::store<std::uint32_t>(out_, at, static_cast<std::uint32_t>(out_.size() - at - 4));
  }

  template <std::unsigned_integral T>
  void number(T value) {
    ofmsg::append(out_, value);
  }

  void count(std::size_t value) { number(static_cast<std::uint32_t>(value)); }

  void time(Time time) { number(static_cast<std::uint64_t>(time.count())); }

  void flag(bool value) { number(std::uint8_t{value}); }

  void link(LinkId id) { number(id.value); }

  void bytes(ByteView bytes) {
    count(bytes.size());
    ofmsg::append(out_, bytes);
  }

  void text(std::string_view text) { bytes(bytes_of(text)); }

  void message(const ofmsg::Message& message, ofmsg::Version version) {
    Bytes frame;
    // What a switch has said in a version can be said in it.
    static_cast<void>(ofmsg::encode(frame, message, version, ofmsg::Xid{0}));
    bytes(frame);
  }

  void policy(const PolicyText& policy) {
    text(policy.name);
    count(policy.files.size());
    for (const auto& [name, content] : policy.files) {
      text(name);
      text(content);
    }
  }

  void standing(const Standing& standing) {
    count(standing.switches.size());
    for (const StandingSwitch& s : standing.switches) {
      link(s.link);
      text(s.name);
      text(s.peer);
      number(static_cast<std::uint8_t>(s.version));
      message(s.features, s.version);
      message(s.desc, s.version);
      ports(s);
    }
    count(standing.legs.size());
    for (const StandingLeg& leg : standing.legs) {
      link(leg.link);
      text(leg.switch_name);
      text(leg.slice);
      text(policy::text(leg.at));
      number(static_cast<std::uint8_t>(leg.how));
    }
    count(standing.flows.size());
    for (const StandingFlow& flow : standing.flows) {
      text(flow.switch_name);
      text(flow.slice);
      number(flow.cookie);
      time(flow.since);
      const auto on = std::find_if(standing.switches.begin(), standing.switches.end(),
                                   [&flow](const StandingSwitch& s) { return s.name == flow.switch_name; });
      message(flow.asked, on == standing.switches.end() ? ofmsg::v1_3 : on->version);
    }
  }

  void input(const Turn& turn) {
    number(static_cast<std::uint8_t>(turn.input.index()));
    std::visit([&](const auto& in) { input(turn, in); }, turn.input);
  }

  void record(const Record& record) {
    number(static_cast<std::uint8_t>(record.index()));
    if (const auto* dial = std::get_if<Dial>(&record)) {
      link(dial->link);
      text(policy::text(dial->to));
      text(dial->switch_name);
      text(dial->slice);
    } else if (const auto* hangup = std::get_if<Hangup>(&record)) {
      link(hangup->link);
      text(hangup->why);
    } else if (const auto* note = std::get_if<Note>(&record)) {
      number(static_cast<std::uint8_t>(note->id));
      text(note->switch_name);
      text(note->slice);
      text(note->detail);
    } else if (const auto* hold = std::get_if<Hold>(&record)) {
      link(hold->link);
      flag(hold->hold);
    } else if (const auto* bound = std::get_if<QueueBound>(&record)) {
      link(bound->link);
      number(bound->bytes);
    }
  }

 private:
  // As port_desc messages of 1.3, whatever the version: there may be more than fit one.
  void ports(const StandingSwitch& s) {
    Bytes parts;
    static_cast<void>(ofmsg::encode_in_parts<ofmsg::PortDescReply>(parts, s.ports, &ofmsg::PortDescReply::ports,
                                                                   ofmsg::v1_3, ofmsg::Xid{0}));
    bytes(parts);
  }

  void input(const Turn&, const SwitchUp& in) {
    link(in.link);
    text(in.peer);
  }

  void input(const Turn&, const ControllerUp& in) { link(in.link); }

  void input(const Turn&, const Arrived& in) {
    link(in.link);
    bytes(in.frame.bytes());
  }

  void input(const Turn&, const Garbled& in) {
    link(in.link);
    bytes(in.offender);
  }

  void input(const Turn&, const Lost& in) {
    link(in.link);
    text(in.why);
  }

  void input(const Turn&, const Congested& in) {
    link(in.link);
    flag(in.congested);
  }

  void input(const Turn&, const Paused& in) {
    link(in.link);
    flag(in.paused);
  }

  void input(const Turn&, const Tick&) {}

  void input(const Turn& turn, const PolicyChanged&) { policy(turn.policy.value_or(PolicyText{})); }

  void input(const Turn&, const Shutdown&) {}

  Bytes& out_;
};

}  // namespace

std::string recording_name(std::int64_t wall, unsigned taken) {
  const std::chrono::sys_time<std::chrono::milliseconds> begin{std::chrono::milliseconds{wall}};
  const auto day = std::chrono::floor<std::chrono::days>(begin);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(begin - day)};
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d%02d%02dZ", int{date.year()},
                                 unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
                                 static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  const std::string name{text.data(), static_cast<std::size_t>(size)};
  return name + (taken == 0 ? "" : "-" + std::to_string(taken + 1)) + ".slicerec";
}

Turn turn_of(Time at, Input input, Outbox& out) {
  Turn turn;
  turn.at = at;
  turn.input = std::move(input);
  for (const auto& [link, bytes] : out.bytes()) {
    if (!bytes.empty()) turn.said.emplace_back(link, bytes);
  }
  turn.records = out.records();
  return turn;
}

void append_head(Bytes& out, const RecordingHead& head) {
  ofmsg::append(out, bytes_of(recording_first_line));
  Writer w{out};
  w.block(BlockKind::head, [&] {
    w.text(head.program);
    w.number(head.seed.number);
    w.time(head.at);
    w.number(static_cast<std::uint64_t>(head.wall));
    w.policy(head.policy);
    w.flag(head.standing.has_value());
    if (head.standing) w.standing(*head.standing);
    for (const std::uint64_t word : head.seed.secret) w.number(word);
  });
}

void append_turn(Bytes& out, const Turn& turn) {
  Writer w{out};
  w.block(BlockKind::turn, [&] {
    w.time(turn.at);
    w.input(turn);
    w.count(turn.said.size());
    for (const auto& [link, bytes] : turn.said) {
      w.link(link);
      w.bytes(bytes);
    }
    w.count(turn.records.size());
    for (const Record& record : turn.records) w.record(record);
  });
}

}  // namespace sluice::slicing::replay
