// FlowVisor's own model, as its configuration files and its command line build it, and what becomes of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/flowvisor_match.hpp"
#include "ctl/imported.hpp"

namespace sluice::ctl {

// Eight octets in hexadecimal digits, with or without colons and sign. `any` is for the words that mean every switch.
struct FlowVisorDpid {
  bool any = false;
  std::uint64_t value = 0;
};

[[nodiscard]] std::optional<FlowVisorDpid> flowvisor_dpid(std::string_view text);

struct FlowVisorSlice {
  std::string name, place;
  std::string host;
  std::int64_t port = 6633;
  std::string contact;
  std::string drop_policy = "exact";
  bool all_lldp = false;
  bool up = true;
  std::int64_t flow_limit = -1;
  std::map<std::uint64_t, std::int64_t> switch_flow_limits;
  std::set<std::int64_t> rate_limits;  // there is one for each switch, though they count together
};

// "tcp:HOST[:PORT]". False if it is not one.
[[nodiscard]] bool set_controller(FlowVisorSlice& slice, const std::string& url);

struct FlowVisorRule {
  std::string name, place;
  FlowVisorDpid on;
  std::int64_t priority = 32000;
  FlowVisorMatch match;
  std::vector<std::pair<std::string, std::int64_t>> actions;  // slice and permissions
  std::vector<std::int64_t> queues;
  std::optional<std::int64_t> forced_queue;
};

struct FlowVisorConfig {
  std::vector<FlowVisorSlice> slices;
  std::vector<FlowVisorRule> rules;
  std::set<std::uint64_t> switches;  // beside those that rules name
};

void translate(FlowVisorConfig config, Imported& into);

}  // namespace sluice::ctl
