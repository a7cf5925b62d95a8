// What single steps of a message's way cost: cutting, reading, writing, peeking, keys, clipping.

#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"
#include "policy/compile.hpp"
#include "policy/document.hpp"

namespace {

using namespace sluice;
using namespace sluice::ofmsg;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "codec_bench: {}\n", why);
  std::exit(1);
}

Version version_of(const benchmark::State& state) { return state.range(0) == 0 ? v1_0 : v1_3; }

Bytes encoded(const Message& message, Version version) {
  Bytes bytes;
  if (const auto done = encode(bytes, message, version, Xid{1}); !done) give_up(text(done.error()));
  return bytes;
}

FrameView frame(const Bytes& bytes) { return *FrameView::of(bytes); }

FlowMod flow_mod(Version version, std::string_view words) {
  const auto parsed = parse_flow(words, version, FlowModCommand::add);
  if (!parsed) give_up(parsed.error().message);
  return *parsed;
}

FlowMod usual_flow_mod(Version version) {
  return flow_mod(version,
                  "priority=100,in_port=1,dl_vlan=10,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,"
                  "actions=output:2");
}

Bytes packet() {
  Bytes bytes(128);
  store<std::uint16_t>(bytes, 12, 0x8100);
  store<std::uint16_t>(bytes, 14, 10);
  store<std::uint16_t>(bytes, 16, 0x0800);
  store<std::uint32_t>(bytes, 18, 0x4500006e);
  store<std::uint32_t>(bytes, 26, 0x40060000);  // TCP
  store<std::uint32_t>(bytes, 30, 0x0a000001);
  store<std::uint32_t>(bytes, 34, 0x0a000002);
  return bytes;
}

PacketIn packet_in(Version version) {
  PacketIn message;
  message.data = packet();
  message.total_len = static_cast<std::uint16_t>(message.data.size());
  message.in_port = PortNo{1};
  if (version >= v1_2) message.match.set(Field::in_port, std::uint64_t{1});
  return message;
}

void decode_flow_mod(benchmark::State& state) {
  const Bytes bytes = encoded(usual_flow_mod(version_of(state)), version_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(decode(frame(bytes)));
}

void encode_flow_mod(benchmark::State& state) {
  const Message message = usual_flow_mod(version_of(state));
  Bytes out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(encode(out, message, version_of(state), Xid{1}));
  }
}

void decode_packet_in(benchmark::State& state) {
  const Bytes bytes = encoded(packet_in(version_of(state)), version_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(decode(frame(bytes)));
}

void peek_at_packet_in(benchmark::State& state) {
  const Bytes bytes = encoded(packet_in(version_of(state)), version_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(peek_packet_in(frame(bytes), version_of(state)));
}

// A read of 64 KiB, cut somewhere in the middle of a message.
void deframe(benchmark::State& state) {
  const Bytes one = encoded(packet_in(v1_3), v1_3);
  Bytes stream;
  while (stream.size() < 65536) append(stream, ByteView{one});
  const ByteView first = ByteView{stream}.first(65536);
  const ByteView rest = ByteView{stream}.subspan(65536);
  std::int64_t messages = 0;
  Deframer deframer;
  for (auto _ : state) {
    for (const ByteView part : {first, rest}) {
      deframer.feed(part);
      for (auto next = deframer.next(); next && *next; next = deframer.next()) {
        benchmark::DoNotOptimize((*next)->xid());
        ++messages;
      }
    }
  }
  state.SetItemsProcessed(messages);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}

void read_packet_key(benchmark::State& state) {
  const Bytes bytes = packet();
  for (auto _ : state) benchmark::DoNotOptimize(packet_key(bytes, PortNo{1}));
}

// A slice with one rule for each of so many VLANs on two ports of one switch.
struct Bound {
  explicit Bound(std::int64_t rules) {
    std::string list;
    for (std::int64_t vlan = 1; vlan <= rules; ++vlan) {
      list += fmt::format("{}{{\"on\": {{\"s1\": [1, 2]}}, \"match\": {{\"vlan\": {}}}}}", vlan > 1 ? "," : "", vlan);
    }
    const auto document =
        policy::parse(fmt::format("{{\"version\":1,\"proxy\":{{\"listen\":[\"ptcp:6653\"]}},\"switches\":{{\"s1\":{{"
                                  "\"dpid\":\"0x1\"}}}},"
                                  "\"slices\":{{\"a\":{{\"controllers\":[\"tcp:127.0.0.1:1\"],\"flowspace\":[{}]}}}}}}",
                                  list),
                      "bench");
    const auto compiled = policy::compile(document);
    if (!compiled.snapshot) give_up(policy::render(compiled.findings, document.texts, false));
    snapshot = compiled.snapshot;
    std::vector<Port> ports(2);
    ports[0].number = PortNo{1};
    ports[1].number = PortNo{2};
    view = snapshot->bind(policy::SwitchId{0}, ports, v1_3);
  }

  std::shared_ptr<const policy::Snapshot> snapshot;
  policy::SwitchView view;
};

// A flow_mod of one exact flow: one piece comes out.
void clip_exact(benchmark::State& state) {
  const Bound bound{state.range(0)};
  const Match match = usual_flow_mod(v1_3).match;
  for (auto _ : state) {
    const auto pieces = bound.view.clip(policy::SliceId{0}, match, 64);
    if (!pieces || pieces->size() != (state.range(0) >= 10 ? 1U : 0U)) give_up("wrong number of pieces");
    benchmark::DoNotOptimize(pieces);
  }
}

// A flow_mod that matches everything: one piece for each rule and port.
void clip_everything(benchmark::State& state) {
  const Bound bound{state.range(0)};
  for (auto _ : state) {
    const auto pieces = bound.view.clip(policy::SliceId{0}, Match{}, 100000);
    if (!pieces || pieces->size() != static_cast<std::size_t>(2 * state.range(0))) give_up("wrong number of pieces");
    benchmark::DoNotOptimize(pieces);
  }
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
}

void find_owner(benchmark::State& state) {
  const Bound bound{state.range(0)};
  const auto key = packet_key(packet(), PortNo{1});
  for (auto _ : state) benchmark::DoNotOptimize(bound.view.owner(*key));
}

BENCHMARK(decode_flow_mod)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(encode_flow_mod)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(decode_packet_in)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(peek_at_packet_in)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(deframe);
BENCHMARK(read_packet_key);
BENCHMARK(find_owner)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(clip_exact)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(clip_everything)->ArgName("rules")->Arg(10)->Arg(100)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
