#include "bench/rte_acl.hpp"

#include <arpa/inet.h>
#include <bit>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <sched.h>

namespace sluice::bench {
namespace {

using ofmsg::Field;

// Of what a context is built into. DPDK starts with one tree of everything, and begins anew with smaller ones until
// they fit.
constexpr std::size_t most_bytes = std::size_t{256} << 20U;

enum : std::uint8_t { proto, vlan, type, source, destination, source_port, destination_port, field_count };

RTE_ACL_RULE_DEF(AclRule, field_count);

// With ordinary memory, without devices or anything shared, and silent. DPDK ties the thread that starts it to a
// processor, which is undone. Returns whether all went well.
bool start_dpdk() {
  static const bool done = [] {
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    std::string cpu = std::to_string(sched_getcpu());
    std::vector<std::string> words{"policy_bench", "--no-huge",      "--no-shconf",   "-m", "1024",
                                   "--no-pci",     "--no-telemetry", "--log-level=3", "-l", cpu};
    std::vector<char*> argv;
    argv.reserve(words.size());
    for (std::string& word : words) argv.push_back(word.data());
    const bool ok = rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0;
    sched_setaffinity(0, sizeof before, &before);
    return ok;
  }();
  return done;
}

std::size_t dpdk_bytes() {
  std::size_t bytes = 0;
  for (int socket = 0; socket < RTE_MAX_NUMA_NODES; ++socket) {
    rte_malloc_socket_stats stats;
    if (rte_malloc_get_socket_stats(socket, &stats) == 0) bytes += stats.heap_allocsz_bytes;
  }
  return bytes;
}

rte_acl_field_def define(std::uint8_t number, std::uint8_t kind, std::uint8_t size, std::uint8_t group,
                         std::size_t offset) {
  return {kind, size, number, group, static_cast<std::uint32_t>(offset)};
}

rte_acl_config config() {
  using Key = RteAcl::Key;
  rte_acl_config c;
  std::memset(&c, 0, sizeof c);
  c.num_categories = 1;
  c.num_fields = field_count;
  c.max_size = most_bytes;
  c.defs[proto] = define(proto, RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, offsetof(Key, ip_proto));
  c.defs[vlan] = define(vlan, RTE_ACL_FIELD_TYPE_BITMASK, 2, 1, offsetof(Key, vlan_vid));
  c.defs[type] = define(type, RTE_ACL_FIELD_TYPE_BITMASK, 2, 1, offsetof(Key, eth_type));
  c.defs[source] = define(source, RTE_ACL_FIELD_TYPE_MASK, 4, 2, offsetof(Key, ipv4_src));
  c.defs[destination] = define(destination, RTE_ACL_FIELD_TYPE_MASK, 4, 3, offsetof(Key, ipv4_dst));
  c.defs[source_port] = define(source_port, RTE_ACL_FIELD_TYPE_RANGE, 2, 4, offsetof(Key, port_src));
  c.defs[destination_port] = define(destination_port, RTE_ACL_FIELD_TYPE_RANGE, 2, 4, offsetof(Key, port_dst));
  return c;
}

// False for what has no place in the definition.
bool put(const ofmsg::Term& term, AclRule& rule) {
  const std::uint64_t value = term.value.lo;
  const std::uint64_t mask = term.mask.lo;
  const auto bits = [&](int number) {
    rule.field[number].value.u32 = static_cast<std::uint32_t>(value);
    rule.field[number].mask_range.u32 = static_cast<std::uint32_t>(mask);
    return true;
  };
  const auto prefix = [&](int number) {
    const auto length = static_cast<std::uint32_t>(std::popcount(mask));
    rule.field[number].value.u32 = static_cast<std::uint32_t>(value);
    rule.field[number].mask_range.u32 = length;
    return std::countl_one(static_cast<std::uint32_t>(mask)) == static_cast<int>(length);
  };
  const auto port = [&](int number) {
    rule.field[number].value.u16 = static_cast<std::uint16_t>(value);
    rule.field[number].mask_range.u16 = static_cast<std::uint16_t>(value);
    return mask == 0xffff;
  };
  switch (term.field) {
    case Field::ip_proto: return bits(proto);
    case Field::vlan_vid: return bits(vlan);
    case Field::eth_type: return bits(type);
    case Field::ipv4_src: return prefix(source);
    case Field::ipv4_dst: return prefix(destination);
    case Field::tcp_src:
    case Field::udp_src: return port(source_port);
    case Field::tcp_dst:
    case Field::udp_dst: return port(destination_port);
    default: return false;
  }
}

}  // namespace

RteAcl::RteAcl(std::span<const ofmsg::Match> rules) {
  if (!start_dpdk()) {
    trouble_ = std::string{"rte_eal_init: "} + rte_strerror(rte_errno);
    return;
  }
  const std::size_t before = dpdk_bytes();
  build(rules);
  bytes_ = dpdk_bytes() - before;
}

void RteAcl::build(std::span<const ofmsg::Match> rules) {
  rte_acl_param param;
  std::memset(&param, 0, sizeof param);
  const std::string name = fmt::format("{}", fmt::ptr(this));  // two of one name would be one
  param.name = name.c_str();
  param.socket_id = SOCKET_ID_ANY;
  param.rule_size = RTE_ACL_RULE_SZ(field_count);
  param.max_rule_num = static_cast<std::uint32_t>(rules.size());
  context_ = rte_acl_create(&param);
  if (context_ == nullptr) {
    trouble_ = std::string{"rte_acl_create: "} + rte_strerror(rte_errno);
    return;
  }
  std::vector<AclRule> list(rules.size());
  for (std::uint32_t n = 0; n < list.size(); ++n) {
    AclRule& rule = list[n];
    std::memset(&rule, 0, sizeof rule);
    rule.data.category_mask = 1;
    rule.data.priority = static_cast<std::int32_t>(RTE_ACL_MAX_PRIORITY - n);
    rule.data.userdata = n + 1;
    rule.field[source_port].mask_range.u16 = 0xffff;
    rule.field[destination_port].mask_range.u16 = 0xffff;
    for (const ofmsg::Term& term : rules[n].terms()) {
      if (!put(term, rule)) trouble_ = "a rule has what the definition has no place for";
    }
  }
  int failed = rte_acl_add_rules(context_, reinterpret_cast<const rte_acl_rule*>(list.data()),
                                 static_cast<std::uint32_t>(list.size()));
  if (failed != 0) trouble_ = std::string{"rte_acl_add_rules: "} + rte_strerror(-failed);
  if (!trouble_.empty()) return;
  const rte_acl_config definition = config();
  failed = rte_acl_build(context_, &definition);
  if (failed != 0) trouble_ = std::string{"rte_acl_build: "} + rte_strerror(-failed);
}

RteAcl::~RteAcl() { rte_acl_free(context_); }

RteAcl::Key RteAcl::key_of(const ofmsg::PacketKey& packet) {
  const auto number = [&packet](Field field) { return packet.get(field).lo; };
  const bool udp = packet.has(Field::udp_dst);
  Key key;
  key.ip_proto = static_cast<std::uint8_t>(number(Field::ip_proto));
  key.vlan_vid = htons(static_cast<std::uint16_t>(number(Field::vlan_vid)));
  key.eth_type = htons(static_cast<std::uint16_t>(number(Field::eth_type)));
  key.ipv4_src = htonl(static_cast<std::uint32_t>(number(Field::ipv4_src)));
  key.ipv4_dst = htonl(static_cast<std::uint32_t>(number(Field::ipv4_dst)));
  key.port_src = htons(static_cast<std::uint16_t>(number(udp ? Field::udp_src : Field::tcp_src)));
  key.port_dst = htons(static_cast<std::uint16_t>(number(udp ? Field::udp_dst : Field::tcp_dst)));
  return key;
}

std::optional<std::uint32_t> RteAcl::first(const Key& key) const {
  const Key* one = &key;
  std::uint32_t found = 0;
  first({&one, 1}, {&found, 1});
  return found == 0 ? std::nullopt : std::optional{found - 1};
}

void RteAcl::first(std::span<const Key* const> keys, std::span<std::uint32_t> into) const {
  // Only read, whatever the type says.
  auto** data = reinterpret_cast<const std::uint8_t**>(const_cast<const Key**>(keys.data()));
  rte_acl_classify(context_, data, into.data(), static_cast<std::uint32_t>(keys.size()), 1);
}

}  // namespace sluice::bench
