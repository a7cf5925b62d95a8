#include "tests/support/refusals.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "examples/switch/packet.hpp"
#include "ofmsg/text.hpp"
#include "tests/support/random_packets.hpp"

namespace sluice::tests {

using namespace ofmsg;  // NOLINT(google-build-using-namespace): this file is about messages only

namespace {

constexpr std::size_t sample_count = 60;

bool names_no_port(PortNo port) { return port == port::any || port == port::controller; }

// Of what comes to light behind a tag nothing is known, nor of what is behind two of them; and switches make different
// things of transport ports of ICMP.
bool leaves_open(const Actions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const Action& a) {
    return std::holds_alternative<PopVlan>(a) || std::holds_alternative<PushVlan>(a) ||
           std::holds_alternative<SetTpSrc>(a) || std::holds_alternative<SetTpDst>(a);
  });
}

template <class Kind>
bool has(const FlowMod* mod) {
  return mod != nullptr &&
         std::any_of(mod->instructions.begin(), mod->instructions.end(),
                     [](const Instruction& instruction) { return std::holds_alternative<Kind>(instruction); });
}

const AllowedRefusal* find_allowed(const std::string& code) {
  const auto at = std::find_if(allowed_refusals.begin(), allowed_refusals.end(),
                               [&](const AllowedRefusal& allowed) { return allowed.code == code; });
  return at == allowed_refusals.end() ? nullptr : &*at;
}

}  // namespace

bool floods(const Instructions& instructions) {
  const std::string actions = ofmsg::text(instructions);
  return actions.find("FLOOD") != std::string::npos || actions.find("ALL") != std::string::npos;
}

RefusalJudge::RefusalJudge(const policy::Document& document, const NaivePolicy& naive, std::vector<std::uint32_t> ports)
    : document_{document}, naive_{naive}, ports_{std::move(ports)} {
  Dice dice{77};
  for (std::size_t i = 0; i < sample_count; ++i) {
    const Bytes packet = random_packet(dice);
    for (const std::uint32_t port : ports_) {
      if (const auto key = packet_key(packet, PortNo{port})) samples_.push_back(*key);
    }
  }
}

const policy::DocumentSlice& RefusalJudge::find(const std::string& slice) const {
  return *std::find_if(document_.slices.begin(), document_.slices.end(),
                       [&](const policy::DocumentSlice& s) { return s.name == slice; });
}

bool RefusalJudge::whole(const std::string& slice) const {
  std::set<std::uint32_t> own, all;
  for (const policy::DocumentRule& rule : find(slice).flowspace) {
    if (rule.access != policy::Access::write) continue;
    const bool any = std::any_of(rule.match.begin(), rule.match.end(), [](const Match& m) { return m.matches_all(); });
    for (const auto& [name, set] : rule.on) {
      for (const policy::PortRef& ref : std::get<std::vector<policy::PortRef>>(set)) {
        all.insert(std::get<PortNo>(ref).value);
        if (any) own.insert(std::get<PortNo>(ref).value);
      }
    }
  }
  return own == all;
}

std::optional<std::string> RefusalJudge::judge_match(const std::string& slice, const Match& match,
                                                     const std::vector<Port>& there) const {
  if (find(slice).outside == policy::Outside::reject) return std::nullopt;
  const auto own = std::find_if(samples_.begin(), samples_.end(), [&](const PacketKey& key) {
    const bool has_port = std::any_of(there.begin(), there.end(),
                                      [&](const Port& p) { return key.get(Field::in_port) == u128(p.number.value); });
    return has_port && NaivePolicy::in(match, key) && naive_.may_write(slice, key);
  });
  if (own == samples_.end()) return std::nullopt;
  return "the match has a packet of the slice: " + ofmsg::text(*own);
}

// Carries the list out on the packet, and looks where it would leave.
std::optional<std::string> RefusalJudge::judge_actions(const std::string& slice, const PacketOut& out) const {
  Bytes packet = out.data;
  for (const Action& action : out.actions) {
    const auto* output = std::get_if<Output>(&action);
    if (output == nullptr) {
      const Bytes before = packet;
      static_cast<void>(flow_switch::rewrite(packet, action));
      // Of a header that is cut short, who knows what a switch makes?
      if (packet == before) return std::nullopt;
      continue;
    }
    if (output->port == port::flood || output->port == port::all) continue;
    const bool back = output->port == port::in_port || output->port == port::controller || output->port == port::table;
    const auto key = packet_key(packet, back ? out.in_port : output->port);
    if (!key || !naive_.may_write(slice, *key)) return std::nullopt;
  }
  return "everything that leaves is the slice's where it leaves";
}

std::optional<std::string> RefusalJudge::judge(const std::string& slice, const Message& message,
                                               const std::string& code, const std::vector<Port>& there) const {
  const auto* mod = std::get_if<FlowMod>(&message);
  const auto* out = std::get_if<PacketOut>(&message);
  const auto* port_mod = std::get_if<PortMod>(&message);
  if (find_allowed(code) == nullptr) return "for which there can be no reason";
  if (code == "E0201") return mod == nullptr ? "which is about flow_mods" : judge_match(slice, mod->match, there);
  if (code == "E0202") {
    const bool without = out != nullptr && names_no_port(out->in_port);
    return without ? std::nullopt : std::optional<std::string>{"the slice's own switch has the port"};
  }
  if (code == "E0203") {
    if (whole(slice)) return "the slice owns all packets at all of its ports";
    const bool known = out != nullptr && out->buffer_id.value == BufferId::none && !leaves_open(out->actions);
    return known ? judge_actions(slice, *out) : std::nullopt;
  }
  if (code == "E0204") {
    const bool small = find(slice).limits.expand < policy::Limits{}.expand;
    return small ? std::nullopt : std::optional<std::string>{"there are not so many pieces"};
  }
  if (code == "E0208" && !has<WriteMetadata>(mod)) return "a slice has all of this";
  if (code == "E0220" && !has<WriteActions>(mod)) return "the switch refuses what the slice's own switch takes";
  if (code == "E0212" && (out == nullptr || whole(slice))) return "it leaves only where everything may leave";
  if (code == "E0217" && (port_mod == nullptr || (port_mod->advertise == 0 && port_mod->mask <= 0x7f))) {
    return "the port is the slice's";
  }
  return std::nullopt;
}

std::string RefusalTally::too_often() const {
  std::string found;
  constexpr std::size_t few = 5000;
  if (taken_by_own_switch < few) return found;
  for (const auto& [code, count] : refused) {
    const AllowedRefusal* allowed = find_allowed(code);
    const std::size_t limit = allowed == nullptr ? 0 : allowed->per_mille;
    if (count * 1000 > taken_by_own_switch * limit) found += " " + code;
  }
  return found;
}

std::string RefusalTally::text() const {
  std::string line = std::to_string(taken_by_own_switch) + " messages that the slices' own switches take, refused:";
  for (const auto& [code, count] : refused) line += " " + code + " " + std::to_string(count);
  return line;
}

}  // namespace sluice::tests
