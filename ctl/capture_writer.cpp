#include "ctl/capture_writer.hpp"

#include <algorithm>
#include <string_view>

namespace sluice::ctl {

using ofmsg::append;
using ofmsg::Bytes;
using ofmsg::ByteView;

namespace {

constexpr std::uint16_t link_type_ethernet = 1;
constexpr std::uint16_t link_type_upper_pdu = 252;
constexpr std::uint16_t openflow_port = 6653;

ByteView bytes_of(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

void pad(Bytes& bytes) {
  while (bytes.size() % 4 != 0) bytes.push_back(std::byte{0});
}

// --- blocks ----------------------------------------------------------------------------------------------------------

constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t enhanced_packet = 6;

constexpr std::uint16_t option_comment = 1;
constexpr std::uint16_t option_interface_name = 2;
constexpr std::uint16_t option_application = 4;
constexpr std::uint16_t option_resolution = 9;
constexpr std::size_t longest_option = 65535;

// All numbers are in network order, which the section's magic number says.
void block(Bytes& out, std::uint32_t type, Bytes content) {
  pad(content);
  const auto length = static_cast<std::uint32_t>(content.size() + 12);
  append(out, type);
  append(out, length);
  append(out, ByteView{content});
  append(out, length);
}

void option(Bytes& out, std::uint16_t code, std::string_view value) {
  value = value.substr(0, longest_option);
  append(out, code);
  append(out, static_cast<std::uint16_t>(value.size()));
  append(out, bytes_of(value));
  pad(out);
}

void end_of_options(Bytes& out) { append(out, std::uint32_t{0}); }

// --- packets ---------------------------------------------------------------------------------------------------------

Bytes upper_pdu(ByteView message) {
  constexpr std::uint16_t tag_dissector = 12;
  constexpr std::string_view dissector = "openflow";
  Bytes out;
  append(out, tag_dissector);
  append(out, static_cast<std::uint16_t>(dissector.size()));
  append(out, bytes_of(dissector));
  append(out, std::uint32_t{0});  // no more tags
  append(out, message);
  return out;
}

std::uint32_t sum_of(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += ofmsg::load<std::uint16_t>(bytes, i);
  if (bytes.size() % 2 != 0) sum += std::to_integer<std::uint32_t>(bytes.back()) << 8U;
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return sum;
}

constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_push_ack = 0x18;

struct Segment {
  std::uint32_t from = 0, to = 0;  // addresses
  std::uint16_t from_port = 0, to_port = 0;
  std::uint32_t sequence = 0, acknowledged = 0;
  std::uint8_t flags = tcp_push_ack;
};

Bytes ethernet(const Segment& s, ByteView payload) {
  constexpr std::size_t ip_header = 20;
  constexpr std::size_t tcp_header = 20;
  constexpr std::uint8_t tcp = 6;
  Bytes tcp_part;
  append(tcp_part, s.from_port);
  append(tcp_part, s.to_port);
  append(tcp_part, s.sequence);
  append(tcp_part, s.acknowledged);
  append(tcp_part, std::uint8_t{tcp_header / 4 << 4U});
  append(tcp_part, s.flags);
  append(tcp_part, std::uint16_t{0xffff});  // window
  append(tcp_part, std::uint32_t{0});       // checksum, urgent
  append(tcp_part, payload);
  Bytes pseudo;
  append(pseudo, s.from);
  append(pseudo, s.to);
  append(pseudo, std::uint16_t{tcp});
  append(pseudo, static_cast<std::uint16_t>(tcp_part.size()));
  ofmsg::store(tcp_part, 16, static_cast<std::uint16_t>(~sum_of(tcp_part, sum_of(pseudo))));

  Bytes ip;
  append(ip, std::uint16_t{0x4500});
  append(ip, static_cast<std::uint16_t>(ip_header + tcp_part.size()));
  append(ip, std::uint32_t{0x00004000});  // identification, "don't fragment"
  append(ip, std::uint8_t{64});
  append(ip, tcp);
  append(ip, std::uint16_t{0});
  append(ip, s.from);
  append(ip, s.to);
  ofmsg::store(ip, 10, static_cast<std::uint16_t>(~sum_of(ip)));

  Bytes out;
  for (const std::uint32_t address : {s.to, s.from}) {
    append(out, std::uint16_t{0x0200});
    append(out, address);
  }
  append(out, std::uint16_t{0x0800});
  append(out, ByteView{ip});
  append(out, ByteView{tcp_part});
  return out;
}

}  // namespace

CaptureWriter::CaptureWriter(CaptureForm form, const std::string& program) : form_{form} {
  if (form == CaptureForm::pcap_of_tcp) {
    append(out_, std::uint32_t{0xa1b23c4d});  // times in nanoseconds
    append(out_, std::uint32_t{0x00020004});  // version 2.4
    append(out_, std::uint64_t{0});           // time zone and accuracy, which nobody uses
    append(out_, std::uint32_t{0x00040000});  // the longest packet
    append(out_, std::uint32_t{link_type_ethernet});
    return;
  }
  Bytes content;
  append(content, std::uint32_t{0x1a2b3c4d});
  append(content, std::uint32_t{0x00010000});  // version 1.0
  append(content, ~std::uint64_t{0});          // the section's length is not known
  option(content, option_application, program);
  end_of_options(content);
  block(out_, section_header, std::move(content));
}

CaptureWriter::Connection& CaptureWriter::connection(const std::string& interface, std::uint64_t wall) {
  const auto [found, fresh] = connections_.try_emplace(interface);
  if (!fresh) return found->second;
  found->second.number = static_cast<std::uint32_t>(connections_.size() - 1);
  if (form_ == CaptureForm::pcap_of_tcp) {
    // Readers of streams wait for their beginning.
    for (const bool from_controller : {false, true}) segments(found->second, from_controller, wall, {});
    return found->second;
  }
  Bytes content;
  append(content, link_type_upper_pdu);
  append(content, std::uint16_t{0});
  append(content, std::uint32_t{0});  // no limit of length
  option(content, option_interface_name, interface);
  option(content, option_resolution, std::string_view{"\x09", 1});  // nanoseconds
  end_of_options(content);
  block(out_, interface_description, std::move(content));
  return found->second;
}

void CaptureWriter::frame(std::uint64_t wall, ByteView bytes) {
  constexpr std::uint64_t second = 1'000'000'000;
  append(out_, static_cast<std::uint32_t>(wall / second));
  append(out_, static_cast<std::uint32_t>(wall % second));
  append(out_, static_cast<std::uint32_t>(bytes.size()));  // captured
  append(out_, static_cast<std::uint32_t>(bytes.size()));  // original
  append(out_, bytes);
}

void CaptureWriter::pdu(std::uint32_t interface, std::uint64_t wall, ByteView bytes, const std::string& comment) {
  Bytes content;
  append(content, interface);
  append(content, static_cast<std::uint32_t>(wall >> 32U));
  append(content, static_cast<std::uint32_t>(wall));
  append(content, static_cast<std::uint32_t>(bytes.size()));  // captured
  append(content, static_cast<std::uint32_t>(bytes.size()));  // original
  append(content, bytes);
  pad(content);
  if (!comment.empty()) {
    option(content, option_comment, comment);
    end_of_options(content);
  }
  block(out_, enhanced_packet, std::move(content));
}

void CaptureWriter::segments(Connection& connection, bool from_controller, std::uint64_t wall, ByteView message) {
  constexpr std::size_t most = 32768;
  const std::uint32_t switch_end = 0x0a000001 + connection.number;
  const std::uint32_t controller_end = 0x0a800001 + connection.number;
  const auto own_port = static_cast<std::uint16_t>(40000 + connection.number % 20000);
  Segment s{switch_end, controller_end, own_port, openflow_port, 0, 0};
  if (from_controller) s = {controller_end, switch_end, openflow_port, own_port, 0, 0};
  std::uint32_t& sequence = connection.sequence[from_controller ? 1 : 0];
  s.acknowledged = connection.sequence[from_controller ? 0 : 1];
  if (message.empty()) {
    s.flags = tcp_syn;
    s.sequence = sequence++;
    return frame(wall, ethernet(s, {}));
  }
  while (!message.empty()) {
    const ByteView part = message.first(std::min(most, message.size()));
    message = message.subspan(part.size());
    s.sequence = sequence;
    sequence += static_cast<std::uint32_t>(part.size());
    frame(wall, ethernet(s, part));
  }
}

void CaptureWriter::add(const std::string& interface, bool from_controller, std::uint64_t wall, ByteView message,
                        const std::string& comment) {
  Connection& to = connection(interface, wall);
  if (form_ == CaptureForm::pcap_of_tcp) return segments(to, from_controller, wall, message);
  pdu(to.number, wall, upper_pdu(message), comment);
}

}  // namespace sluice::ctl
