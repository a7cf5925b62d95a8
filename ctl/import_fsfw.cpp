// The XML of FlowSpace Firewall: slices that have VLANs at ports, which have the names that the switch reports.
#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "ctl/flowvisor.hpp"
#include "ctl/importer.hpp"
#include "ofmsg/port.hpp"

namespace sluice::ctl {

namespace {

constexpr std::int64_t no_tag = -1;  // as a VLAN

class Reader {
 public:
  Reader(std::string_view text, Imported& into) : text_{text}, into_{into} {}

  void read(const pugi::xml_node& root) {
    for (const pugi::xml_node& node : root.children("switch")) add_switch(node);
    for (const pugi::xml_node& node : root.children("slice")) add_slice(node);
    lose_others(root, {"switch", "slice"});
    lose_attributes(root, {"noNamespaceSchemaLocation"});
  }

  // A switch that only the command line names.
  void add_dpid(std::uint64_t dpid) {
    const auto known = std::any_of(into_.switches.begin(), into_.switches.end(),
                                   [dpid](const auto& entry) { return entry.second.dpid == dpid; });
    if (!known) into_.switches[names_.make(fmt::format("s{}", dpid), "switch")].dpid = dpid;
  }

 private:
  [[nodiscard]] std::size_t line_of(const pugi::xml_node& node) const {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    return static_cast<std::size_t>(std::count(text_.begin(), end, '\n')) + 1;
  }

  [[nodiscard]] std::string place_of(const pugi::xml_node& node) const { return fmt::format("line {}", line_of(node)); }

  void lose_others(const pugi::xml_node& node, std::initializer_list<std::string_view> known) {
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      if (std::find(known.begin(), known.end(), child.name()) != known.end()) continue;
      into_.notes.dropped(fmt::format("<{}> in <{}>", child.name(), node.name()), place_of(child));
    }
  }

  void lose_attributes(const pugi::xml_node& node, std::initializer_list<std::string_view> known) {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      if (name.starts_with("xmlns") || name.starts_with("xsi:")) continue;
      into_.notes.dropped(fmt::format("{} of <{}>", name, node.name()),
                          fmt::format("{}: {}", place_of(node), attribute.value()));
    }
  }

  // Says that something is switched on that a slice file has no word for; "false" is what happens anyway.
  void lose_truth(const pugi::xml_node& node, const char* name) {
    if (node.attribute(name).as_bool())
      into_.notes.dropped(fmt::format("{} of <{}>", name, node.name()), place_of(node));
  }

  std::optional<std::int64_t> number(const pugi::xml_node& node, const char* name) {
    const pugi::xml_attribute attribute = node.attribute(name);
    if (!attribute) return std::nullopt;
    const auto value = whole_number(attribute.value());
    if (!value)
      into_.notes.dropped(fmt::format("{} \"{}\", which is no number", name, attribute.value()), place_of(node));
    return value;
  }

  // --- switches ------------------------------------------------------------------------------------------------------

  void add_switch(const pugi::xml_node& node) {
    const std::string old = node.attribute("name").value();
    const std::string text = node.attribute("dpid").value();
    const auto dpid = flowvisor_dpid(text);  // hexadecimal here too
    if (!dpid || dpid->any || old.empty()) {
      into_.notes.dropped(fmt::format("a switch with the name \"{}\" and the dpid \"{}\"", old, text), place_of(node));
      return;
    }
    if (switches_.contains(old)) {
      into_.notes.dropped(fmt::format("a second switch of the name {}", old), place_of(node));
      return;
    }
    const std::string name = names_.make(old, "switch");
    if (name != old) into_.notes.unsure(fmt::format("switch \"{}\" is called {} here", old, name), place_of(node));
    switches_[old] = name;
    into_.switches[name].dpid = dpid->value;
    lose_truth(node, "flush_rules_on_connect");
    lose_attributes(node, {"name", "dpid", "flush_rules_on_connect"});
    lose_others(node, {});
  }

  // --- ports ---------------------------------------------------------------------------------------------------------

  // How the slice file calls a port; nothing if it cannot.
  std::optional<std::string> port_name(const std::string& switch_name, const std::string& reported,
                                       const std::string& place) {
    if (const auto number = ofmsg::parse_port(reported)) {
      if (*number == ofmsg::port::local) return "LOCAL";
      if (!ofmsg::is_physical(*number)) {
        into_.notes.dropped(fmt::format("port \"{}\", which is not one that packets come from", reported), place);
        return std::nullopt;
      }
      into_.notes.unsure(fmt::format("port \"{}\" was a name and is a number here", reported), place);
      return std::to_string(number->value);
    }
    if (reported.empty() || reported.size() > 63) {
      into_.notes.dropped(fmt::format("port \"{}\": no switch reports such a name", reported), place);
      return std::nullopt;
    }
    const auto [at, fresh] = port_names_.emplace(std::pair{switch_name, reported}, "");
    if (fresh) {
      at->second = ports_of_[switch_name].make(reported, "port");
      if (ofmsg::parse_port(at->second)) at->second = ports_of_[switch_name].make("port-" + at->second, "port");
      into_.switches[switch_name].ports[at->second] = reported;
    }
    return at->second;
  }

  // --- slices --------------------------------------------------------------------------------------------------------

  void add_slice(const pugi::xml_node& node) {
    const std::string old = node.attribute("name").value();
    ImportedSlice slice;
    slice.name = slice_names_.make(old, "slice");
    if (slice.name != old) {
      into_.notes.unsure(fmt::format("slice \"{}\" is called {} here", old, slice.name), place_of(node));
    }
    for (const pugi::xml_node& controller : node.children("controller")) add_controller(controller, slice);
    if (slice.controllers.empty()) into_.notes.unsure("a slice without a controller; give it one", slice.name);
    settings_ = {};
    places_.clear();
    for (const pugi::xml_node& child : node.children("switch")) add_switch_of(child);
    add_rules(slice);
    add_settings(slice);
    lose_attributes(node, {"name"});
    lose_others(node, {"controller", "switch"});
    into_.slices.push_back(std::move(slice));
  }

  void add_controller(const pugi::xml_node& node, ImportedSlice& slice) {
    const std::string host = node.attribute("ip_address").value();
    const std::string port = node.attribute("port").as_string("6633");
    const bool ipv6 = host.find(':') != std::string::npos;
    const std::string scheme = node.attribute("ssl").as_bool() ? "ssl" : "tcp";
    slice.controllers.push_back(fmt::format("{}:{}:{}", scheme, ipv6 ? "[" + host + "]" : host, port));
    lose_attributes(node, {"ip_address", "port", "ssl"});
    lose_others(node, {});
  }

  void add_switch_of(const pugi::xml_node& node) {
    const std::string old = node.attribute("name").value();
    const auto known = switches_.find(old);
    if (known == switches_.end()) {
      into_.notes.dropped(fmt::format("what slices have on switch \"{}\", which is not there", old), place_of(node));
      return;
    }
    for (const pugi::xml_node& port : node.children("port")) add_port(port, known->second);
    const auto limit = [&](const char* name, std::set<std::int64_t>& into) {
      const auto value = number(node, name);
      if (value) into.insert(*value);
    };
    limit("max_flows", settings_.max_flows);
    limit("flow_rate", settings_.flow_rates);
    limit("packet_in_rate", settings_.packet_in_rates);
    settings_.tags.insert(node.attribute("tag_management").as_bool());
    lose_truth(node, "flush_rules_on_connect");
    lose_truth(node, "do_timeouts");
    lose_attributes(node, {"name", "dpid", "max_flows", "flow_rate", "packet_in_rate", "tag_management",
                           "flush_rules_on_connect", "do_timeouts"});
    lose_others(node, {"port"});
  }

  void add_port(const pugi::xml_node& node, const std::string& switch_name) {
    const auto port = port_name(switch_name, node.attribute("name").value(), place_of(node));
    if (!port) return;
    Vlans vlans;
    for (const pugi::xml_node& range : node.children("range")) add_range(range, vlans);
    lose_attributes(node, {"name"});
    lose_others(node, {"range"});
    if (vlans.none()) {
      into_.notes.dropped("a port without a VLAN", place_of(node));
      return;
    }
    places_.push_back({switch_name, *port, vlans, line_of(node)});
  }

  void add_range(const pugi::xml_node& node, Vlans& vlans) {
    constexpr std::int64_t last_tag = 4095;
    const auto first = number(node, "start");
    const auto last = number(node, "end");
    lose_attributes(node, {"start", "end"});
    if (!first || !last || *first > *last || *first < no_tag || *last > last_tag) {
      const std::string start = node.attribute("start").value();
      into_.notes.dropped(fmt::format("the VLANs from \"{}\" to \"{}\"", start, node.attribute("end").value()),
                          place_of(node));
      return;
    }
    for (std::int64_t vlan = *first; vlan <= *last; ++vlan) {
      vlans.set(vlan == no_tag ? untagged_bit : static_cast<std::size_t>(vlan));
    }
  }

  // One rule for all ports that have the same VLANs.
  void add_rules(ImportedSlice& slice) {
    std::map<std::string, std::size_t> by_vlans;
    for (const Place& place : places_) {
      const auto [at, fresh] = by_vlans.emplace(place.vlans.to_string(), slice.rules.size());
      if (fresh) {
        ImportedRule& rule = slice.rules.emplace_back();
        rule.comment = fmt::format("line {}", place.line);
        const bool any = place.vlans.all();
        rule.match.push_back({{}, any ? std::nullopt : std::optional{place.vlans}, {}});
      } else {
        slice.rules[at->second].comment += fmt::format(", {}", place.line);
      }
      std::vector<std::string>& ports = slice.rules[at->second].on.ports[place.switch_name];
      if (std::find(ports.begin(), ports.end(), place.port) == ports.end()) ports.push_back(place.port);
    }
  }

  // The old numbers are for a switch each, ours for the slice.
  std::optional<std::int64_t> one_of(const std::set<std::int64_t>& numbers, const std::string& what,
                                     const ImportedSlice& slice) {
    if (numbers.empty()) return std::nullopt;
    if (numbers.size() > 1) {
      into_.notes.unsure("a slice had different limits on its switches; the largest is here",
                         fmt::format("{}: {} {}", slice.name, what, fmt::join(numbers, " or ")));
    }
    return imported_limit(*numbers.rbegin(), what, into_.notes, slice.name);
  }

  void add_settings(ImportedSlice& slice) {
    slice.flows_per_switch = one_of(settings_.max_flows, "max_flows", slice);
    slice.flow_mods = one_of(settings_.flow_rates, "flow_rate", slice);
    slice.packet_ins = one_of(settings_.packet_in_rates, "packet_in_rate", slice);
    if (slice.packet_ins) {
      into_.notes.unsure("above packet_in_rate a slice was switched off; here what is above it is dropped", slice.name);
    }
    slice.managed_vlan = settings_.tags.contains(true);
    if (settings_.tags.size() > 1) {
      into_.notes.unsure("tag_management was not on for all switches of a slice; here it is", slice.name);
    }
  }

  struct Place {
    std::string switch_name, port;
    Vlans vlans;
    std::size_t line;
  };

  struct Settings {
    std::set<std::int64_t> max_flows, flow_rates, packet_in_rates;
    std::set<bool> tags;
  };

  std::string_view text_;
  Imported& into_;
  ImportedNames names_, slice_names_;
  std::map<std::string, std::string> switches_;  // old name and new
  std::map<std::string, ImportedNames> ports_of_;
  std::map<std::pair<std::string, std::string>, std::string> port_names_;
  Settings settings_;          // of the slice that is being read
  std::vector<Place> places_;  // likewise
};

}  // namespace

ImportResult import_fsfw(const ImportSource& source) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(source.text.data(), source.text.size());
  if (!parsed) {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0));
    return ofmsg::Failure<std::string>{line_and_column(source.text, offset) + ": not XML: " + parsed.description()};
  }
  const pugi::xml_node root = document.child("flowspace_firewall");
  if (!root) {
    return ofmsg::Failure<std::string>{
        "this is no configuration of FlowSpace Firewall: there is no <flowspace_firewall>"};
  }
  Imported imported;
  imported.origin = "the FlowSpace Firewall configuration " + source.name;
  Reader reader{source.text, imported};
  reader.read(root);
  for (const std::string& word : source.dpids) {
    const auto dpid = flowvisor_dpid(word);
    if (!dpid || dpid->any) return ofmsg::Failure<std::string>{fmt::format("\"{}\" is not a datapath id", word)};
    reader.add_dpid(dpid->value);
  }
  imported.notes.unsure(
      "where switches connect is not in this file: Floodlight listens on port 6633 of every address, "
      "Sluice on 6653 of 127.0.0.1 unless \"proxy\" has a \"listen\"");
  return imported;
}

}  // namespace sluice::ctl
