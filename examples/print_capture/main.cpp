// Prints the OpenFlow messages of a packet capture (Ethernet, IPv4, segments in order) with an installed Sluice.
#include <cstdio>
#include <map>
#include <vector>

#include <pcap/pcap.h>

#include "ofmsg/codec.hpp"
#include "ofmsg/deframer.hpp"
#include "ofmsg/text.hpp"

int main(int argc, char** argv) {
  using namespace sluice::ofmsg;
  char error[PCAP_ERRBUF_SIZE] = "usage: print_capture FILE";
  pcap_t* capture = argc == 2 ? pcap_open_offline(argv[1], error) : nullptr;
  if (capture == nullptr) return std::fprintf(stderr, "%s\n", error), 2;
  std::map<std::vector<std::byte>, Deframer> streams;  // by addresses and ports of one direction
  pcap_pkthdr* head = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(capture, &head, &data) == 1) {
    const ByteView packet{reinterpret_cast<const std::byte*>(data), head->caplen};
    constexpr std::size_t ip = 14;
    if (packet.size() < ip + 40 || load<std::uint16_t>(packet, 12) != 0x0800) continue;
    const std::size_t tcp = ip + 4 * (load<std::uint8_t>(packet, ip) & 15U);
    const std::size_t end = ip + load<std::uint16_t>(packet, ip + 2);
    if (load<std::uint8_t>(packet, ip + 9) != 6 || tcp + 20 > packet.size() || end > packet.size()) continue;
    const std::size_t body = tcp + 4 * (load<std::uint8_t>(packet, tcp + 12) >> 4U);
    if (body >= end) continue;
    std::vector<std::byte> name{packet.begin() + ip + 12, packet.begin() + tcp + 4};
    Deframer& stream = streams[name];
    stream.feed(packet.subspan(body, end - body));
    for (auto frame = stream.next(); frame && *frame; frame = stream.next()) {
      const auto message = decode(**frame);
      const auto version = version_of((*frame)->wire_version());
      std::puts(message ? text(*message, version.value_or(v1_5), (*frame)->xid()).c_str()
                        : text(message.error()).c_str());
    }
  }
  pcap_close(capture);
  return 0;
}
