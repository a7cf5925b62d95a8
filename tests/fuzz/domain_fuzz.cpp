// Two tenants send any bytes, packets come in, time passes: the core does not crash, says only what can be read (World
// sees to that), and what stands in the switch lies inside the slices.
//
// The input is a script: the first byte chooses the version, then each step is one byte for what happens, one for a
// length, and as many bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "slicing/cookie.hpp"
#include "tests/support/world.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

constexpr std::string_view slices = R"({
  "version": 1, "proxy": {"listen": ["ptcp:6653:127.0.0.1"]}, "switches": {"s1": {"dpid": 1}},
  "slices": {
    "red":  {"controllers": ["tcp:127.0.0.1:7001"], "flowspace": [{"on": {"s1": [1, 2, 3]}, "match": "dl_vlan=10"}]},
    "blue": {"controllers": ["tcp:127.0.0.1:7002"], "flowspace": [{"on": {"s1": [1, 2]}, "match": "dl_vlan=20"}]}
  }
})";

void check_table(const SwitchEnd& s1) {
  for (const auto& flow : s1.device.datapath().tables().flows(0)) {
    if (slicing::is_discovery_cookie(flow.cookie)) continue;
    const auto vlan = flow.match.exact(ofmsg::Field::vlan_vid);
    if (!flow.match.in_port() || !vlan || (vlan->lo != 0x100a && vlan->lo != 0x1014)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  World world{slices};
  SwitchEnd& s1 = world.plug("s1", 1, {1, 2, 3}, (data[0] & 1U) != 0 ? ofmsg::v1_3 : ofmsg::v1_0, 8);
  std::size_t at = 1;
  while (at + 2 <= size) {
    const std::uint8_t what = data[at];
    const std::size_t length = std::min<std::size_t>(data[at + 1], size - at - 2);
    Bytes bytes(length);
    for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::byte>(data[at + 2 + i]);
    at += 2 + length;
    const auto port = static_cast<std::uint16_t>(7001 + (what >> 3U) % 2);
    switch (what % 4) {
      case 0:  // as they come
      case 1:  // with a sound header
        if (!world.has_tenant(port)) break;
        if (what % 4 == 1 && length >= ofmsg::header_size) {
          bytes[0] = static_cast<std::byte>(world.tenant(port).version());
          ofmsg::store<std::uint16_t>(bytes, 2, static_cast<std::uint16_t>(length));
        }
        world.tenant(port).send_bytes(bytes);
        world.settle();
        break;
      case 2:
        world.inject(s1, 1U + what % 3U, length < 14 ? packet({.vlan = (what & 8U) != 0 ? 10 : 20}) : bytes);
        // A probe comes in where it, or another one, may not.
        for (const auto& sent : std::exchange(s1.emitted, {})) world.inject(s1, 1U + what / 16U % 3U, sent.packet);
        break;
      default: world.advance(std::chrono::milliseconds{10 * what}); break;
    }
    check_table(s1);
  }
  return 0;
}
