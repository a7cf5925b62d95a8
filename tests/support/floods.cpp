#include "tests/support/floods.hpp"

#include <algorithm>
#include <iterator>

#include "tests/support/refusals.hpp"

namespace sluice::tests {

using namespace ofmsg;

bool floods_changed(const Actions& actions) {
  bool changed = false;
  for (const Action& action : actions) {
    const auto* output = std::get_if<Output>(&action);
    if (output == nullptr) changed = true;
    if (output != nullptr && changed && (output->port == port::flood || output->port == port::all)) return true;
  }
  return false;
}

bool floods_changed(const PrivateSwitch& own) {
  return std::any_of(own.flows().begin(), own.flows().end(), [](const flow_switch::Flow& flow) {
    // Written actions are carried out after the applied ones, outputs last.
    Actions in_order = applied(flow.instructions);
    for (const Instruction& i : flow.instructions) {
      const auto* write = std::get_if<WriteActions>(&i);
      if (write == nullptr) continue;
      std::copy_if(write->actions.begin(), write->actions.end(), std::back_inserter(in_order),
                   [](const Action& a) { return !std::holds_alternative<Output>(a); });
      std::copy_if(write->actions.begin(), write->actions.end(), std::back_inserter(in_order),
                   [](const Action& a) { return std::holds_alternative<Output>(a); });
    }
    return floods_changed(in_order);
  });
}

bool hollow(const PacketKey& key) {
  const auto lacks = [&key](Field field, std::uint64_t value, Field promised) {
    return key.has(field) && key.get(field) == u128(value) && !key.has(promised);
  };
  return lacks(Field::eth_type, eth_type::ipv4, Field::ipv4_src) ||
         lacks(Field::eth_type, eth_type::arp, Field::arp_spa) ||
         lacks(Field::eth_type, eth_type::ipv6, Field::ip_proto) ||
         lacks(Field::ip_proto, ip_proto::tcp, Field::tcp_dst) ||
         lacks(Field::ip_proto, ip_proto::udp, Field::udp_dst) ||
         (key.has(Field::ipv4_src) && lacks(Field::ip_proto, ip_proto::icmp, Field::icmpv4_type)) ||
         (key.has(Field::ipv6_src) && lacks(Field::ip_proto, ip_proto::icmpv6, Field::icmpv6_type));
}

bool has_floods(const PrivateSwitch& own) {
  return std::any_of(own.flows().begin(), own.flows().end(),
                     [](const flow_switch::Flow& flow) { return floods(flow.instructions); });
}

}  // namespace sluice::tests
