// Writes packet captures of OpenFlow messages that were taken at the proxy, where there are no packets.
//
// pcapng with link type 252, "upper PDU": each message says that the dissector is `openflow`, so that Wireshark shows
// it with no settings and without invented headers; connections have names, messages comments. For tools that know TCP
// only (`ovs-ofctl ofp-parse-pcap`) there is the older pcap with Ethernet frames, which has no room for either: every
// connection has two addresses, port 6653 at the controller's end, and sequence numbers that fit.
//
// [https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html], [Wireshark's exported_pdu.h]
// [https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "ofmsg/bytes.hpp"

namespace sluice::ctl {

enum class CaptureForm : std::uint8_t { pcapng, pcap_of_tcp };

class CaptureWriter {
 public:
  CaptureWriter(CaptureForm form, const std::string& program);

  // One message. `interface` is the connection: "s1", "video@s1". `from_controller`: the way it goes. `wall` is in
  // nanoseconds since 1970.
  void add(const std::string& interface, bool from_controller, std::uint64_t wall, ofmsg::ByteView message,
           const std::string& comment);

  // What has been written since the last time.
  [[nodiscard]] ofmsg::Bytes take() { return std::exchange(out_, {}); }

 private:
  struct Connection {
    std::uint32_t number = 0;
    std::uint32_t sequence[2] = {1, 1};  // by direction: to the controller, from it
  };

  Connection& connection(const std::string& interface, std::uint64_t wall);
  void pdu(std::uint32_t interface, std::uint64_t wall, ofmsg::ByteView bytes, const std::string& comment);
  void frame(std::uint64_t wall, ofmsg::ByteView bytes);
  void segments(Connection& connection, bool from_controller, std::uint64_t wall, ofmsg::ByteView message);

  CaptureForm form_;
  std::map<std::string, Connection> connections_;
  ofmsg::Bytes out_;
};

}  // namespace sluice::ctl
