#include "ctl/flowvisor.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "ofmsg/text_parts.hpp"

namespace sluice::ctl {

namespace {

constexpr std::string_view super_user = "fvadmin";
constexpr std::int64_t may_read = 2, may_write = 4;
constexpr std::int64_t may_delegate = 1 | 8;  // by the manual, and by the code of 1.4

// --- the whole -------------------------------------------------------------------------------------------------------

// Rules that differ in the VLAN alone: fvctl made one for every VLAN of a range.
std::string key_without_vlan(const FlowVisorRule& rule) {
  const FlowVisorMatch& m = rule.match;
  const auto number = [](const auto& field) { return field ? std::to_string(*field) : std::string{}; };
  std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", rule.on.any, rule.on.value, rule.priority,
                  number(m.in_port), m.dl_src.value_or(""), m.dl_dst.value_or(""), number(m.dl_type), number(m.dl_vpcp),
                  m.nw_src.value_or(""), m.nw_dst.value_or(""), number(m.nw_proto), number(m.nw_tos), number(m.tp_src),
                  number(m.tp_dst), number(rule.forced_queue));
  for (const std::int64_t queue : rule.queues) key += fmt::format(" {}", queue);
  for (const auto& [slice, permissions] : rule.actions) key += fmt::format("|{}={}", slice, permissions);
  return key;
}

struct Joined {
  FlowVisorRule rule;
  std::size_t count = 1;
  std::string last;  // name of the last one
};

std::vector<Joined> join_vlans(std::vector<FlowVisorRule> rules) {
  std::vector<Joined> joined;
  std::map<std::string, std::size_t> by_key;
  for (FlowVisorRule& rule : rules) {
    const bool tags_only = rule.match.vlans && !rule.match.vlans->test(untagged_bit);
    if (tags_only) {
      const auto [at, fresh] = by_key.emplace(key_without_vlan(rule), joined.size());
      if (!fresh) {
        Joined& first = joined[at->second];
        *first.rule.match.vlans |= *rule.match.vlans;
        ++first.count;
        first.last = rule.name.empty() ? rule.place : rule.name;
        continue;
      }
    }
    const std::string name = rule.name.empty() ? rule.place : rule.name;
    joined.push_back({std::move(rule), 1, name});
  }
  return joined;
}

class Translation {
 public:
  explicit Translation(Imported& into) : into_{into} {}

  void run(FlowVisorConfig config) {
    add_slices(config.slices);
    add_switches(config);
    for (const Joined& joined : join_vlans(std::move(config.rules))) add_rule(joined);
    say_local();
  }

 private:
  static constexpr std::size_t most_places = 1000000;  // as in a slice file

  void add_slices(const std::vector<FlowVisorSlice>& slices) {
    ImportedNames names;
    for (const FlowVisorSlice& from : slices) {
      if (from.name == super_user) continue;
      if (slices_.contains(from.name)) {
        into_.notes.dropped(fmt::format("a second slice of the name {}", from.name), from.place);
        continue;
      }
      slices_.emplace(from.name, into_.slices.size());
      ImportedSlice& slice = into_.slices.emplace_back();
      slice.name = names.make(from.name, "slice");
      if (slice.name != from.name) {
        into_.notes.unsure(fmt::format("slice \"{}\" is called {} here", from.name, slice.name), from.place);
      }
      slice.owner = from.contact;
      slice.down = !from.up;
      slice.all_lldp = from.all_lldp;
      add_controller(from, slice);
      add_drop_policy(from, slice);
      add_limits(from, slice);
    }
  }

  void add_controller(const FlowVisorSlice& from, ImportedSlice& slice) {
    if (from.host.empty() || lower(from.host) == "none") {
      into_.notes.unsure("a slice without a controller; give it one", slice.name);
      return;
    }
    const bool ipv6 = from.host.find(':') != std::string::npos && from.host.front() != '[';
    slice.controllers.push_back(fmt::format("tcp:{}:{}", ipv6 ? "[" + from.host + "]" : from.host, from.port));
  }

  void add_drop_policy(const FlowVisorSlice& from, ImportedSlice& slice) {
    const std::string policy = lower(from.drop_policy);
    slice.drop_by_rule = policy == "rule";
    if (policy != "rule" && policy != "exact" && !policy.empty()) {
      into_.notes.dropped(fmt::format("the drop policy \"{}\", which FlowVisor does not have", from.drop_policy),
                          slice.name);
    }
  }

  void add_limits(const FlowVisorSlice& from, ImportedSlice& slice) {
    slice.flows = imported_limit(from.flow_limit, "the flow limit", into_.notes, slice.name);
    std::int64_t largest = -1;
    for (const auto& [dpid, limit] : from.switch_flow_limits) largest = std::max(largest, limit);
    slice.flows_per_switch = imported_limit(largest, "the flow limit of a switch", into_.notes, slice.name);
    for (const auto& [dpid, limit] : from.switch_flow_limits) {
      if (limit < 0) continue;
      into_.notes.unsure("flow limits were for single switches; here each slice has its largest one for every switch",
                         fmt::format("{} on {}: {}", slice.name, name_of(dpid), limit));
    }
    if (from.rate_limits.empty()) return;
    const std::int64_t rate = *from.rate_limits.rbegin();
    slice.flow_mods = slice.packet_outs = imported_limit(rate, "the rate limit", into_.notes, slice.name);
    if (slice.flow_mods) {
      into_.notes.unsure(
          "FlowVisor's rate limit was for all messages together, here flow_mods and packet_outs are "
          "counted apart",
          slice.name);
    }
    if (from.rate_limits.size() > 1 && rate >= 0) {
      into_.notes.unsure("switches had different rate limits; the highest is here", slice.name);
    }
  }

  // Mininet numbers its switches from 1, hardware has an address in there.
  static std::string name_of(std::uint64_t dpid) {
    return dpid <= 0xffff ? fmt::format("s{}", dpid) : fmt::format("sw-{:016x}", dpid);
  }

  void add_switches(const FlowVisorConfig& config) {
    std::set<std::uint64_t> dpids = config.switches;
    bool all = false;
    for (const FlowVisorRule& rule : config.rules) {
      if (!rule.on.any) dpids.insert(rule.on.value);
      all = all || rule.on.any;
    }
    for (const std::uint64_t dpid : dpids) into_.switches[name_of(dpid)].dpid = dpid;
    if (!all) return;
    into_.notes.unsure(
        dpids.empty() ? "no switch is named; give their datapath ids behind the file: sluicectl import … FILE DPID..."
                      : "rules for all switches are rules for those that are listed here; add others to \"switches\"");
  }

  void add_rule(const Joined& joined) {
    const FlowVisorRule& from = joined.rule;
    ImportedRule rule;
    rule.comment = from.name.empty() ? from.place : from.name;
    const std::string place = "rule " + rule.comment;
    if (joined.count > 1) {
      rule.comment += joined.last == rule.comment ? fmt::format(" ({} rules)", joined.count)
                                                  : fmt::format(" … {} ({} rules)", joined.last, joined.count);
    }
    rule.priority = from.priority;
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (rule.priority > most || rule.priority < -most) {
      into_.notes.dropped(fmt::format("a rule with the priority {}, which FlowVisor cannot have", from.priority),
                          place);
      return;
    }
    if (!add_places(from, rule, place)) return;
    rule.match = imported_match(from.match, place, into_.notes);
    if (rule.match.empty()) {
      into_.notes.dropped("a rule that no packet can meet", place);
      return;
    }
    add_queues(from, rule, place);
    give_to_slices(from, rule, place);
  }

  // False when the slice file cannot say where.
  bool add_places(const FlowVisorRule& from, ImportedRule& rule, const std::string& place) {
    std::string port = "*";
    if (from.match.in_port) {
      const ofmsg::PortNo number = ofmsg::from_1_0(*from.match.in_port);
      if (number == ofmsg::port::local) {
        port = "LOCAL";
      } else if (!ofmsg::is_physical(number)) {
        into_.notes.dropped("a rule for packets from a port that none come from", place);
        return false;
      } else {
        port = std::to_string(number.value);
      }
      if (number.value == 0) into_.notes.unsure("in_port=0 is port 0; FlowVisor 1.4 took it for any port", place);
    } else {
      any_port_ = true;
    }
    rule.on.everywhere = from.on.any && port == "*";
    if (rule.on.everywhere) return true;
    if (!from.on.any) rule.on.ports[name_of(from.on.value)] = {port};
    if (from.on.any) {
      places_ += into_.switches.size();
      if (places_ > most_places) {
        into_.notes.dropped("rules for a port of every switch, of which there are too many", place);
        return false;
      }
      for (const auto& [name, facts] : into_.switches) rule.on.ports[name] = {port};
    }
    return true;
  }

  void add_queues(const FlowVisorRule& from, ImportedRule& rule, const std::string& place) {
    const auto possible = [](std::int64_t queue) { return queue >= 0 && queue < 0xffffffff; };
    for (const std::int64_t queue : from.queues) {
      if (possible(queue)) rule.queues.push_back(queue);
      if (!possible(queue) && queue != -1) into_.notes.dropped(fmt::format("queue {}", queue), place);
    }
    if (from.forced_queue && possible(*from.forced_queue)) {
      rule.forced_queue = from.forced_queue;
      const bool listed = std::find(rule.queues.begin(), rule.queues.end(), *from.forced_queue) != rule.queues.end();
      if (!listed) rule.queues.push_back(*from.forced_queue);
    }
    if (from.forced_queue && !possible(*from.forced_queue) && *from.forced_queue != -1) {
      into_.notes.dropped(fmt::format("queue {}", *from.forced_queue), place);
    }
  }

  void give_to_slices(const FlowVisorRule& from, const ImportedRule& rule, const std::string& place) {
    if (from.actions.empty()) into_.notes.dropped("a rule for no slice", place);
    for (const auto& [name, permissions] : from.actions) {
      const auto slice = slices_.find(name);
      if (name == super_user) {
        into_.notes.dropped("what fvadmin had; rules of lower priority now have it", place);
      } else if (slice == slices_.end()) {
        into_.notes.dropped(fmt::format("what slice {} had, which is not there", name), place);
      } else if ((permissions & (may_read | may_write)) == 0) {
        into_.notes.dropped(fmt::format("permission {}, which is neither read (2) nor write (4)", permissions), place);
      } else {
        if ((permissions & may_delegate) != 0) into_.notes.dropped("the permission to delegate", place);
        ImportedRule own = rule;
        own.read_only = (permissions & may_write) == 0;
        if (own.read_only) {
          into_.notes.unsure("a slice that only reads sees its packets also where a rule of higher priority hid them",
                             place);
        }
        into_.slices[slice->second].rules.push_back(std::move(own));
      }
    }
  }

  void say_local() {
    if (!any_port_) return;
    into_.notes.unsure(
        "rules without in_port are for every physical port; write [\"*\", \"LOCAL\"] where a slice also "
        "needs the switch's own port");
  }

  Imported& into_;
  std::map<std::string, std::size_t> slices_;
  std::size_t places_ = 0;  // of rules for a port of every switch
  bool any_port_ = false;
};

}  // namespace

std::optional<FlowVisorDpid> flowvisor_dpid(std::string_view text) {
  const std::string word = lower(text);
  if (word == "any" || word == "all" || word == "*" || word == "all_dpids") return FlowVisorDpid{true, 0};
  const bool negative = word.starts_with('-');
  std::string digits = word.substr(negative ? 1 : 0);
  if (digits.starts_with("0x")) digits.erase(0, 2);
  std::erase(digits, ':');
  const auto value = hexadecimal(digits);
  if (!value) return std::nullopt;
  const std::uint64_t dpid = negative ? std::uint64_t{0} - *value : *value;
  // The smallest number of 64 bits with a sign stands for all switches.
  return FlowVisorDpid{dpid == std::uint64_t{1} << 63U, dpid};
}

bool set_controller(FlowVisorSlice& slice, const std::string& url) {
  constexpr std::int64_t flowvisor_port = 6633;
  std::string host = url;
  if (lower(host).starts_with("tcp:")) host.erase(0, 4);
  slice.port = flowvisor_port;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && !host.ends_with(']')) {
    const auto port = whole_number(std::string_view{host}.substr(colon + 1));
    if (!port || *port < 0 || *port > 65535) return false;
    slice.port = *port;
    host.resize(colon);
  }
  slice.host = host;
  return !host.empty();
}

void translate(FlowVisorConfig config, Imported& into) { Translation{into}.run(std::move(config)); }

}  // namespace sluice::ctl
