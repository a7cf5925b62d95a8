#include "bench/core_fixture.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "ofmsg/channel.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace sluice::bench {

using namespace ofmsg;
using slicing::LinkId;

namespace {

std::string name_of(std::size_t slice) { return fmt::format("slice{}", slice); }

std::string slice_file(const Sharing& sharing) {
  std::string switches, slices;
  for (std::size_t n = 1; n <= sharing.switches; ++n) {
    switches += fmt::format(R"({}"s{}": {{"dpid": {}}})", n == 1 ? "" : ", ", n, n);
  }
  for (std::size_t s = 0; s < sharing.slices; ++s) {
    slices +=
        fmt::format(R"({}"{}": {{"id": {}, "state": "{}", "controllers": ["tcp:127.0.0.1:1"], "flowspace": [{}]}})",
                    s == 0 ? "" : ",\n  ", name_of(s), s + 1, sharing.up ? "up" : "down",
                    rules_of(s + 1, (sharing.rules + sharing.slices - 1 - s) / sharing.slices, R"("*")"));
  }
  return fmt::format(R"({{"version": 1, "switches": {{{}}}, "slices": {{{}}}}})", switches, slices);
}

// The other end of a link, until all that has to be said has been said.
struct Party {
  std::uint64_t dpid = 0;  // a switch's
  std::uint32_t port_count = 0;
  Bytes out;
  std::optional<Channel> channel;

  Party(End end, Version version, Time now) {
    ChannelSettings settings;
    settings.end = end;
    settings.versions = VersionSet{version};
    channel.emplace(settings, now, out);
  }

  void hear(FrameView frame, Time now) {
    if (channel->receive(frame, now, out) != Channel::Event::message || dpid == 0) return;
    const Result<Message> question = decode(frame);
    if (!question) throw std::runtime_error{text(question.error())};
    if (const auto reply = reply_to(*question, dpid, channel->version(), port_count)) {
      append(out, encoded(*reply, channel->version(), frame.xid()));
    }
  }
};

}  // namespace

std::shared_ptr<const policy::Snapshot> compiled(const Sharing& sharing) {
  const policy::Document document = policy::parse(slice_file(sharing), "bench");
  auto done = policy::compile(document);
  if (!done.snapshot) throw std::runtime_error{policy::render(done.findings, document.texts, false)};
  return done.snapshot;
}

Core::Core(std::shared_ptr<const policy::Snapshot> policy, Version version, std::uint32_t port_count)
    : domain{policy}, version_{version}, barrier_reply_{encoded(BarrierReply{}, version)} {
  for (std::size_t n = 1; n <= policy->switches().size(); ++n) connect(LinkId{n}, n, port_count);
}

void Core::connect(LinkId link, std::uint64_t dpid, std::uint32_t port_count) {
  std::map<LinkId, Party> parties;
  Party& device = parties.try_emplace(link, End::switch_, version_, now).first->second;
  device.dpid = dpid;
  device.port_count = port_count;
  tell(slicing::SwitchUp{link, "127.0.0.1:40000"});
  for (bool moved = true; moved;) {
    if (const auto due = domain->deadline(); due && *due <= now) tell(slicing::Tick{});
    moved = false;
    const auto records = std::exchange(out.records(), {});
    const auto bytes = std::exchange(out.bytes(), {});
    for (const slicing::Record& record : records) {
      if (std::holds_alternative<slicing::Hangup>(record)) throw std::runtime_error{"the core hangs up"};
      const auto* dial = std::get_if<slicing::Dial>(&record);
      if (dial == nullptr) continue;
      moved = true;
      parties.try_emplace(dial->link, End::controller, version_, now);
      if (link == switch_link) controllers_[std::stoul(dial->slice.substr(name_of(0).size() - 1))] = dial->link;
      tell(slicing::ControllerUp{dial->link});
    }
    for (const auto& [to, waiting] : bytes) {
      if (waiting.empty()) continue;  // of an earlier switch
      Party& party = parties.at(to);
      for_each_frame(waiting, [this, &party](FrameView frame) { party.hear(frame, now); });
    }
    for (auto& [from, party] : parties) {
      const LinkId speaker = from;  // clang 14 lets no lambda have a part of a structured binding
      const Bytes said = std::exchange(party.out, {});
      moved = moved || !said.empty();
      for_each_frame(said, [this, speaker](FrameView frame) { tell(slicing::Arrived{speaker, frame}); });
    }
  }
  for (const auto& [at, party] : parties) {
    if (!party.channel->up()) throw std::runtime_error{"a connection does not come up"};
  }
  legs_ += parties.size() - 1;
}

void Core::answer_barrier() {
  const Bytes& waiting = out.to(switch_link);
  const auto last = waiting.size() < header_size ? std::nullopt : FrameView::of(ByteView{waiting}.last(header_size));
  if (!last || kind_of(*last) != Kind::barrier_request) throw std::runtime_error{"no barrier to be answered"};
  patch_xid(barrier_reply_, last->xid());
  say(switch_link, barrier_reply_);
}

void Core::end_turn(slicing::Outbox& out) {
  constexpr std::size_t large = std::size_t{4} * 65536;  // as much as the daemon lets a buffer keep
  out.records().clear();
  for (auto entry = out.bytes().begin(); entry != out.bytes().end();) {
    if (entry->second.empty()) {
      entry = out.bytes().erase(entry);
      continue;
    }
    entry->second.clear();
    if (entry->second.capacity() > large) entry->second.shrink_to_fit();
    ++entry;
  }
}

Flows::Flows(const Sharing& sharing, std::size_t count) {
  constexpr std::size_t stride = 7919;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t slice = i * stride % sharing.slices;
    const std::size_t rules = (sharing.rules + sharing.slices - 1 - slice) / sharing.slices;
    all_.push_back({slice + 1, static_cast<std::uint16_t>(i), source_address(i * stride / sharing.slices % rules, i)});
  }
}

}  // namespace sluice::bench
