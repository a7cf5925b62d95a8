// DPDK's classifier (librte_acl) with rules of ours, to measure beside our own. Built only where DPDK is installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ofmsg/match.hpp"
#include "ofmsg/packet_key.hpp"

struct rte_acl_ctx;

namespace sluice::bench {

class RteAcl {
 public:
  // What it looks at, in network byte order: a byte, then four bytes at a time.
  struct Key {
    std::uint8_t ip_proto = 0;
    std::uint8_t unused[3] = {};
    std::uint16_t vlan_vid = 0, eth_type = 0;
    std::uint32_t ipv4_src = 0, ipv4_dst = 0;
    std::uint16_t port_src = 0, port_dst = 0;  // of TCP or UDP
  };

  // The fields of a key are all that the rules may have; a rule comes before those behind it.
  explicit RteAcl(std::span<const ofmsg::Match> rules);
  ~RteAcl();
  RteAcl(const RteAcl&) = delete;
  RteAcl& operator=(const RteAcl&) = delete;

  // Why it could not be built; empty if it could.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  // What it takes of DPDK's memory, its copy of the rules included.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  [[nodiscard]] static Key key_of(const ofmsg::PacketKey& packet);

  // The number of the first rule that has the packet.
  [[nodiscard]] std::optional<std::uint32_t> first(const Key& key) const;
  // For each key the number of the first rule, plus one; zero for none.
  void first(std::span<const Key* const> keys, std::span<std::uint32_t> into) const;

 private:
  void build(std::span<const ofmsg::Match> rules);

  rte_acl_ctx* context_ = nullptr;
  std::string trouble_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::bench
