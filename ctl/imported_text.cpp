// The text of a slice file, laid out as people write it: what fits on a line is on one.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/imported.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t widest = 100;

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "// " lines of at most `widest` columns; those after the first are indented.
std::string comment(const std::string& text, const std::string& indent) {
  std::string out;
  std::string line = indent + "//";
  const std::string safe = one_line(text);
  for (std::size_t at = 0; at < safe.size();) {
    const std::size_t end = std::min(safe.find(' ', at), safe.size());
    if (line.size() + 1 + end - at > widest && line.size() > indent.size() + 5) {
      out += line + '\n';
      line = indent + "//  ";
    }
    line += ' ' + safe.substr(at, end - at);
    at = end + 1;
  }
  return out + line + '\n';
}

// --- values ----------------------------------------------------------------------------------------------------------

std::string on_one_line(const Json& value) {
  if (!value.is_structured()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  for (const auto& [key, item] : value.items()) {
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += json_text(key) + ": ";
    out += on_one_line(item);
  }
  if (value.is_array()) return "[" + out + "]";
  return out.empty() ? "{}" : "{ " + out + " }";
}

// `before` is what already stands on the line, `behind` what must still fit.
std::string laid_out(const Json& value, std::size_t before, std::size_t behind, const std::string& indent);

// Short things side by side, as many as fit.
std::string filled(const Json& list, const std::string& indent) {
  std::string out = "[\n";
  std::string line = indent + "  ";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string item = on_one_line(list[i]) + (i + 1 < list.size() ? "," : "");
    if (line.size() > indent.size() + 2 && line.size() + 1 + item.size() > widest) {
      out += line + '\n';
      line = indent + "  ";
    }
    line += (line.size() > indent.size() + 2 ? " " : "") + item;
  }
  return out + line + '\n' + indent + "]";
}

std::string laid_out(const Json& value, std::size_t before, std::size_t behind, const std::string& indent) {
  std::string line = on_one_line(value);
  if (!value.is_structured() || before + line.size() + behind <= widest) return line;
  const bool flat = std::none_of(value.begin(), value.end(), [](const Json& item) { return item.is_structured(); });
  if (value.is_array() && flat) return filled(value, indent);
  std::string out = value.is_array() ? "[\n" : "{\n";
  const std::string deeper = indent + "  ";
  std::size_t left = value.size();
  for (const auto& [key, item] : value.items()) {
    const std::string head = deeper + (value.is_object() ? json_text(key) + ": " : "");
    out += head;
    out += laid_out(item, head.size(), 1, deeper) + (--left > 0 ? ",\n" : "\n");
  }
  return out + indent + (value.is_array() ? "]" : "}");
}

// --- matches ---------------------------------------------------------------------------------------------------------

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == std::string::npos &&
         (text.size() == 1 || text.front() != '0');
}

Json number_or_text(const std::string& text) { return is_number(text) ? Json(std::stoull(text)) : Json(text); }

Json json_of(const Vlans& vlans) {
  Json terms = Json::array();
  const bool all_tags = (vlans & every_tag()) == every_tag();
  if (all_tags) terms.push_back("tagged");
  for (std::size_t first = 0; !all_tags && first < untagged_bit; ++first) {
    if (!vlans.test(first)) continue;
    std::size_t last = first;
    while (last + 1 < untagged_bit && vlans.test(last + 1)) ++last;
    terms.push_back(first == last ? Json(first) : Json(fmt::format("{}-{}", first, last)));
    first = last;
  }
  if (vlans.test(untagged_bit)) terms.push_back("untagged");
  return terms.size() == 1 ? Json(terms.front()) : terms;
}

struct ObjectKey {
  std::string_view field, protocol, key;
};

// How the fields of ovs-ofctl are called in an object; those that are not here have the same name.
constexpr ObjectKey object_keys[] = {
    {"dl_src", "", "eth_src"},        {"dl_dst", "", "eth_dst"},        {"dl_type", "", "eth_type"},
    {"dl_vlan_pcp", "", "vlan_pcp"},  {"nw_proto", "", "ip_proto"},     {"nw_src", "arp", "arp_spa"},
    {"nw_dst", "arp", "arp_tpa"},     {"nw_src", "", "ipv4_src"},       {"nw_dst", "", "ipv4_dst"},
    {"tp_src", "tcp", "tcp_src"},     {"tp_dst", "tcp", "tcp_dst"},     {"tp_src", "udp", "udp_src"},
    {"tp_dst", "udp", "udp_dst"},     {"tp_src", "sctp", "sctp_src"},   {"tp_dst", "sctp", "sctp_dst"},
    {"icmp_type", "", "icmpv4_type"}, {"icmp_code", "", "icmpv4_code"},
};

std::string object_key(const std::string& field, const std::string& protocol) {
  for (const ObjectKey& row : object_keys) {
    if (row.field == field && (row.protocol.empty() || row.protocol == protocol)) return std::string{row.key};
  }
  return field;
}

Json object_of(const ImportedMatch& match) {
  Json out = Json::object();
  if (match.vlans) out["vlan"] = json_of(*match.vlans);
  if (match.protocol == "ip" || match.protocol == "arp") {
    out["eth_type"] = match.protocol;
  } else if (!match.protocol.empty()) {
    out["eth_type"] = "ip";
    out["ip_proto"] = match.protocol;
  }
  for (const auto& [name, value] : match.fields) out[object_key(name, match.protocol)] = number_or_text(value);
  return out;
}

// The text of ovs-ofctl where it can say the VLANs, an object where it cannot or where nothing else is asked for.
Json json_of(const ImportedMatch& match) {
  std::string vlan;
  if (match.vlans) {
    const Json said = json_of(*match.vlans);
    if (!said.is_number() || (match.protocol.empty() && match.fields.empty())) return object_of(match);
    vlan = "dl_vlan=" + said.dump();
  }
  std::string text = match.protocol;
  const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
  if (!vlan.empty()) add(vlan);
  for (const auto& [name, value] : match.fields) add(fmt::format("{}={}", name, value));
  return text.empty() ? "any" : text;
}

// --- rules -----------------------------------------------------------------------------------------------------------

Json json_of(const ImportedPlaces& on) {
  if (on.everywhere) return "*";
  const bool all_ports = !on.ports.empty() && std::all_of(on.ports.begin(), on.ports.end(), [](const auto& entry) {
    return entry.second == std::vector<std::string>{"*"};
  });
  Json out = all_ports ? Json::array() : Json::object();
  for (const auto& [name, ports] : on.ports) {
    if (all_ports) {
      out.push_back(name);
    } else if (ports == std::vector<std::string>{"*"}) {
      out[name] = "*";
    } else {
      out[name] = Json::array();
      for (const std::string& port : ports) out[name].push_back(number_or_text(port));
    }
  }
  return out;
}

Json json_of(const ImportedRule& rule) {
  Json out{{"on", json_of(rule.on)}};
  Json& match = out["match"] = Json::array();
  for (const ImportedMatch& one : rule.match) match.push_back(json_of(one));
  if (match.size() == 1) match = Json(match.front());
  if (rule.read_only) out["access"] = "read";
  if (rule.keep_priority) out["priority"] = rule.priority;
  if (!rule.queues.empty()) out["queues"]["allow"] = rule.queues;
  if (rule.forced_queue) out["queues"]["force"] = *rule.forced_queue;
  return out;
}

Json limits_of(const ImportedSlice& slice) {
  Json out = Json::object();
  if (slice.flows) out["flows"] = *slice.flows;
  if (slice.flows_per_switch) out["flows_per_switch"] = *slice.flows_per_switch;
  const auto rate = [&out](const char* key, std::optional<std::int64_t> number) {
    if (number) out[key] = fmt::format("{}/s", *number);
  };
  rate("flow_mods", slice.flow_mods);
  rate("packet_ins", slice.packet_ins);
  rate("packet_outs", slice.packet_outs);
  return out;
}

// What a slice has beside its flowspace.
Json settings_of(const ImportedSlice& slice) {
  Json out = Json::object();
  if (Json limits = limits_of(slice); !limits.empty()) out["limits"] = std::move(limits);
  if (slice.managed_vlan) out["view"] = {{"vlan", "managed"}};
  if (slice.all_lldp) out["lldp"] = "all";
  if (slice.drop_by_rule) out["when_controller_down"] = {{"do", "drop"}, {"drop_rules", "rule"}};
  return out;
}

std::string member(const std::string& key, const Json& value, const std::string& indent, bool more) {
  const std::string head = indent + json_text(key) + ": ";
  return head + laid_out(value, head.size(), 1, indent) + (more ? ",\n" : "\n");
}

std::string text_of(const ImportedSlice& slice) {
  const std::string indent(6, ' ');
  std::string out = "    " + json_text(slice.name) + ": {\n";
  if (!slice.owner.empty()) out += member("owner", slice.owner, indent, true);
  if (slice.down) out += member("state", "down", indent, true);
  out += member("controllers", slice.controllers, indent, true);
  out += indent + "\"flowspace\": [\n";
  for (std::size_t i = 0; i < slice.rules.size(); ++i) {
    const std::string deeper(8, ' ');
    out += comment(slice.rules[i].comment, deeper);
    out += deeper + laid_out(json_of(slice.rules[i]), deeper.size(), 1, deeper);
    out += i + 1 < slice.rules.size() ? ",\n" : "\n";
  }
  const Json settings = settings_of(slice);
  out += indent + (settings.empty() ? "]\n" : "],\n");
  std::size_t left = settings.size();
  for (const auto& [key, value] : settings.items()) out += member(key, value, indent, --left > 0);
  return out + "    }";
}

Json proxy_of(const Imported& imported) {
  Json out = Json::object();
  if (!imported.listen.empty()) out["listen"] = imported.listen;
  const bool by_priority = std::any_of(imported.slices.begin(), imported.slices.end(), [](const ImportedSlice& slice) {
    return std::any_of(slice.rules.begin(), slice.rules.end(), [](const auto& rule) { return rule.keep_priority; });
  });
  if (by_priority) out["overlap"] = "priority";
  return out;
}

std::string switches_text(const Imported& imported) {
  if (imported.switches.empty()) return "  \"switches\": {}";
  std::string out = "  \"switches\": {\n";
  std::size_t left = imported.switches.size();
  for (const auto& [name, facts] : imported.switches) {
    Json value{{"dpid", fmt::format("{:016x}", facts.dpid)}};
    if (!facts.ports.empty()) value["ports"] = facts.ports;
    out += member(name, value, "    ", --left > 0);
  }
  return out + "  }";
}

}  // namespace

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  const std::string safe = json_text(text);  // which has no wrong UTF-8
  std::string out;
  for (std::size_t i = 1; i + 1 < safe.size(); ++i) {
    if (safe[i] == '\\') ++i;
    out += safe[i];
  }
  return out;
}

std::string slice_file(const Imported& imported) {
  std::string out = comment("Imported from " + imported.origin + ".", "");
  const std::vector<std::string> notes = imported.notes.lines();
  if (!notes.empty()) out += "//\n";
  for (const std::string& note : notes) out += comment(note, "");
  out += "{\n  \"version\": 1,\n\n";
  if (const Json proxy = proxy_of(imported); !proxy.empty()) out += member("proxy", proxy, "  ", true) + "\n";
  out += switches_text(imported) + ",\n\n";
  if (imported.slices.empty()) return out + "  \"slices\": {}\n}\n";
  out += "  \"slices\": {\n";
  for (std::size_t i = 0; i < imported.slices.size(); ++i) {
    out += text_of(imported.slices[i]) + (i + 1 < imported.slices.size() ? ",\n" : "\n");
  }
  return out + "  }\n}\n";
}

}  // namespace sluice::ctl
