// What a slice's controller is told of its switch: only its own ports, one table, nothing that it may not use.
#include <algorithm>
#include <string>

#include "slicing/session.hpp"

namespace sluice::slicing {

std::vector<ofmsg::Port> ports_of(const Session& s, policy::SliceId slice) {
  std::vector<ofmsg::Port> ports;
  for (const ofmsg::PortNo number : s.view.ports(slice)) {
    if (const ofmsg::Port* port = s.ports.find(number)) ports.push_back(s.virtual_ports.seen_by(slice, *port));
  }
  return ports;
}

ofmsg::FeaturesReply features_for(const Session& s, policy::SliceId slice) {
  using F = ofmsg::FeaturesReply;
  F reply = s.channel->features();
  // Where packets can be asked for whole and unbuffered, they are.
  reply.n_buffers = s.version() < ofmsg::v1_2 ? std::min(reply.n_buffers, BufferRing::capacity) : 0;
  reply.n_tables = 1;
  reply.auxiliary_id = 0;
  const bool queues = s.view.has_queues(slice);
  reply.capabilities &= F::flow_stats | F::table_stats | F::port_stats | F::ip_reasm | (queues ? F::queue_stats : 0);
  if (s.version() == ofmsg::v1_0) {
    reply.capabilities |= s.channel->features().capabilities & F::arp_match_ip_1_0;
    constexpr std::uint32_t enqueue = 1U << 11U;
    if (!queues) reply.actions &= ~enqueue;
  }
  if (ofmsg::until(ofmsg::v1_2).has(s.version())) reply.ports = ports_of(s, slice);
  constexpr std::size_t ports_limit = 1000;  // of 64 bytes at most: what fits one message
  reply.ports.resize(std::min(reply.ports.size(), ports_limit));
  return reply;
}

ofmsg::DescReply desc_for(const Session& s, policy::SliceId slice) {
  ofmsg::DescReply reply = s.desc;
  reply.flags = 0;
  reply.dp_desc.value = "slice " + s.slice(slice).name + " of " + s.name() + ", through Sluice";
  reply.dp_desc.value.resize(std::min<std::size_t>(reply.dp_desc.value.size(), 255));
  return reply;
}

}  // namespace sluice::slicing
