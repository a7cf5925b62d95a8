// Any bytes as a packet capture: reading ends, what is kept is no larger than the file, and the messages come in order.
//
// Bytes that are no capture become the packets of one, so that the fuzzer need not find out how files are framed: the
// first byte chooses the link type; then each packet has two bytes for its length in front.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "ctl/capture.hpp"

using namespace sluice;
using namespace sluice::ctl;

namespace {

template <class T>
void put(std::string& into, T value) {
  std::array<char, sizeof value> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  into.append(raw.data(), raw.size());
}

std::string framed(std::string_view bytes) {
  constexpr std::array<std::uint32_t, 9> links{1, 0, 101, 108, 113, 228, 229, 252, 276};
  std::string file;
  put<std::uint32_t>(file, 0xa1b2c3d4);
  put<std::uint32_t>(file, 2U | 4U << 16U);
  put<std::uint64_t>(file, 0);
  put<std::uint32_t>(file, 65535);
  put<std::uint32_t>(file, links[static_cast<unsigned char>(bytes.front()) % links.size()]);
  bytes.remove_prefix(1);
  for (std::uint32_t number = 0; bytes.size() >= 2; ++number) {
    const std::size_t wanted =
        static_cast<unsigned char>(bytes[0]) * std::size_t{256} + static_cast<unsigned char>(bytes[1]);
    const std::string_view packet = bytes.substr(2, wanted);
    bytes.remove_prefix(2 + packet.size());
    put<std::uint32_t>(file, number);
    put<std::uint32_t>(file, 0);
    put(file, static_cast<std::uint32_t>(packet.size()));
    put(file, static_cast<std::uint32_t>(wanted));
    file += packet;
  }
  return file;
}

void check(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string content{reinterpret_cast<const char*>(data), size};
  if (!is_capture(content)) content = framed(content);
  const Sources sources = read_capture(content, "x");
  check(!sources.found.empty() || !sources.errors.empty());
  std::size_t kept = 0;
  for (const Source& source : sources.found) {
    kept += source.bytes.size();
    check(!source.bytes.empty() && !source.arrivals.empty() && source.arrivals.front().offset == 0);
    for (std::size_t i = 1; i < source.arrivals.size(); ++i) {
      check(source.arrivals[i - 1].offset < source.arrivals[i].offset);
      check(source.arrivals[i - 1].captured.packet <= source.arrivals[i].captured.packet);
    }
    check(source.arrivals.back().offset < source.bytes.size());
  }
  check(kept <= content.size());
  Walk walk{sources.found};
  std::size_t packet = 0;
  std::size_t walked = 0;
  while (const auto item = walk.next()) {
    check(item->captured && item->captured->packet >= packet);
    packet = item->captured->packet;
    walked += item->piece.bytes.size();
  }
  check(walked == kept);
  return 0;
}
