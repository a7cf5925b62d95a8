// What the single steps of a message's way cost: cutting, patching, peeking, reading, writing. Each stands beside the
// least that it could cost: a copy of the same bytes, or a walk over the same fields written by hand for one message.

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/packet_key.hpp"
#include "ofmsg/peek.hpp"
#include "ofmsg/text.hpp"

namespace {

using namespace sluice::ofmsg;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "codec_bench: {}\n", why);
  std::exit(1);
}

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

// 1.0: 80 bytes, one action. 1.3: six match fields, four actions.
FlowMod usual_flow_mod(Version version) {
  if (version == v1_0) {
    return flow_mod(v1_0, "priority=100,in_port=1,dl_vlan=10,dl_src=02:00:00:00:00:01,actions=output:2");
  }
  return flow_mod(version,
                  "priority=100,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,ip,nw_src=10.0.0.1,"
                  "nw_dst=10.0.0.0/24,actions=set_field:02:00:00:00:00:03->eth_src,"
                  "set_field:02:00:00:00:00:04->eth_dst,dec_ttl,output:2");
}

Version version_of(const benchmark::State& state) { return state.range(0) == 0 ? v1_0 : v1_3; }

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

// As many flows as fit one message.
FlowStatsReply flow_stats() {
  constexpr std::size_t flow_size = 140;
  FlowStatsReply reply;
  const FlowMod flow = usual_flow_mod(v1_3);
  FlowStats stats;
  stats.match = flow.match;
  stats.instructions = flow.instructions;
  reply.flows.assign(max_frame_size / (flow_size + 60), stats);
  return reply;
}

void bytes_of(benchmark::State& state, const Bytes& bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

// --- the least that it could cost ------------------------------------------------------------------------------------

void copy(benchmark::State& state, const Bytes& bytes) {
  Bytes out(bytes.size());
  for (auto _ : state) {
    std::memcpy(out.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  bytes_of(state, bytes);
}

void copy_packet_in(benchmark::State& state) { copy(state, encoded(packet_in(v1_3), v1_3)); }

void copy_flow_stats(benchmark::State& state) { copy(state, encoded(flow_stats(), v1_3)); }

// Reads a flow_mod of 1.3 as a program would that knows only this one: every field, match field and action by hand,
// into lists, with the checks of lengths that safety asks for; then writes it again.
struct HandField {
  std::uint32_t header;
  std::uint64_t value, mask;
};

struct HandFlow {
  std::uint64_t cookie, cookie_mask;
  std::uint32_t buffer_id, out_port, out_group;
  std::uint16_t idle, hard, priority, flags;
  std::uint8_t table, command;
  std::vector<HandField> fields;
  std::vector<Bytes> actions;
};

std::uint64_t hand_number(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8U | std::to_integer<std::uint64_t>(byte);
  return value;
}

bool hand_read(ByteView b, HandFlow& f) {
  if (b.size() < 56) return false;
  f.cookie = load<std::uint64_t>(b, 8);
  f.cookie_mask = load<std::uint64_t>(b, 16);
  f.table = load<std::uint8_t>(b, 24);
  f.command = load<std::uint8_t>(b, 25);
  f.idle = load<std::uint16_t>(b, 26);
  f.hard = load<std::uint16_t>(b, 28);
  f.priority = load<std::uint16_t>(b, 30);
  f.buffer_id = load<std::uint32_t>(b, 32);
  f.out_port = load<std::uint32_t>(b, 36);
  f.out_group = load<std::uint32_t>(b, 40);
  f.flags = load<std::uint16_t>(b, 44);
  const std::size_t length = load<std::uint16_t>(b, 50);
  std::size_t at = 52;
  const std::size_t end = 48 + length;
  if (end > b.size()) return false;
  f.fields.reserve(8);
  while (at + 4 <= end) {
    const auto header = load<std::uint32_t>(b, at);
    const std::size_t size = header & 0xffU;
    if (at + 4 + size > end) return false;
    const std::size_t half = (header >> 8U & 1U) != 0 ? size / 2 : size;
    f.fields.push_back(
        {header, hand_number(b.subspan(at + 4, half)), hand_number(b.subspan(at + 4 + half, size - half))});
    at += 4 + size;
  }
  at = 48 + (length + 7) / 8 * 8;
  if (at + 8 > b.size()) return false;
  const std::size_t stop = at + load<std::uint16_t>(b, at + 2);
  if (stop > b.size()) return false;
  at += 8;
  f.actions.reserve(4);
  while (at + 8 <= stop) {
    const std::size_t size = load<std::uint16_t>(b, at + 2);
    if (size < 8 || at + size > stop) return false;
    f.actions.emplace_back(b.begin() + static_cast<std::ptrdiff_t>(at),
                           b.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
  }
  return true;
}

void hand_write(const HandFlow& f, Bytes& out) {
  append<std::uint32_t>(out, 0x040e0000);
  append<std::uint32_t>(out, 1);
  append(out, f.cookie);
  append(out, f.cookie_mask);
  append(out, f.table);
  append(out, f.command);
  append(out, f.idle);
  append(out, f.hard);
  append(out, f.priority);
  append(out, f.buffer_id);
  append(out, f.out_port);
  append(out, f.out_group);
  append(out, f.flags);
  append<std::uint16_t>(out, 0);
  const std::size_t match = out.size();
  append<std::uint32_t>(out, 0x00010000);
  for (const HandField& field : f.fields) {
    append(out, field.header);
    const std::size_t size = field.header & 0xffU;
    const std::size_t half = (field.header >> 8U & 1U) != 0 ? size / 2 : size;
    for (std::size_t i = half; i-- > 0;) out.push_back(static_cast<std::byte>(field.value >> (8 * i)));
    for (std::size_t i = size - half; i-- > 0;) out.push_back(static_cast<std::byte>(field.mask >> (8 * i)));
  }
  store(std::span{out}, match + 2, static_cast<std::uint16_t>(out.size() - match));
  while ((out.size() - match) % 8 != 0) out.push_back(std::byte{0});
  const std::size_t instruction = out.size();
  append<std::uint64_t>(out, 0x0004000000000000);
  for (const Bytes& action : f.actions) append(out, ByteView{action});
  store(std::span{out}, instruction + 2, static_cast<std::uint16_t>(out.size() - instruction));
  store(std::span{out}, 2, static_cast<std::uint16_t>(out.size()));
}

void flow_mod_by_hand(benchmark::State& state) {
  const Bytes bytes = encoded(usual_flow_mod(v1_3), v1_3);
  Bytes out;
  for (auto _ : state) {
    HandFlow flow;
    if (!hand_read(bytes, flow)) give_up("the walk by hand does not read the flow_mod");
    out.clear();
    hand_write(flow, out);
    benchmark::DoNotOptimize(out.data());
  }
  if (out != bytes) give_up("the walk by hand writes another flow_mod");
}

// --- ours
// --------------------------------------------------------------------------------------------------------------

void patch_xid(benchmark::State& state) {
  Bytes bytes = encoded(packet_in(v1_3), v1_3);
  std::uint32_t xid = 0;
  for (auto _ : state) {
    store<std::uint32_t>(std::span{bytes}, 4, ++xid);
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
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

void decode_and_encode_flow_mod(benchmark::State& state) {
  const Bytes bytes = encoded(usual_flow_mod(version_of(state)), version_of(state));
  Bytes out;
  for (auto _ : state) {
    const auto message = decode(frame(bytes));
    out.clear();
    benchmark::DoNotOptimize(encode(out, *message, version_of(state), Xid{1}));
  }
  if (out != bytes) give_up("the flow_mod came back otherwise");
}

void decode_packet_in(benchmark::State& state) {
  const Bytes bytes = encoded(packet_in(version_of(state)), version_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(decode(frame(bytes)));
}

void peek_at_packet_in(benchmark::State& state) {
  const Bytes bytes = encoded(packet_in(version_of(state)), version_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(peek_packet_in(frame(bytes), version_of(state)));
}

void decode_flow_stats(benchmark::State& state) {
  const Bytes bytes = encoded(flow_stats(), v1_3);
  for (auto _ : state) benchmark::DoNotOptimize(decode(frame(bytes)));
  bytes_of(state, bytes);
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

BENCHMARK(copy_packet_in);
BENCHMARK(copy_flow_stats);
BENCHMARK(flow_mod_by_hand);
BENCHMARK(patch_xid);
BENCHMARK(peek_at_packet_in)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(decode_packet_in)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(decode_flow_mod)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(encode_flow_mod)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(decode_and_encode_flow_mod)->ArgName("1.3")->Arg(0)->Arg(1);
BENCHMARK(decode_flow_stats);
BENCHMARK(deframe);
BENCHMARK(read_packet_key);

}  // namespace

BENCHMARK_MAIN();
