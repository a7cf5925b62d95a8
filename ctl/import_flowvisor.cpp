// What `fvctl save-config` writes, and the files that FlowVisor starts from. Both are JSON; sections, keys and numbers
// differ with the version and with the library that wrote them, so the reader asks for little.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/flowvisor.hpp"
#include "ctl/importer.hpp"

namespace sluice::ctl {

namespace {

using Json = nlohmann::json;

// --- values ----------------------------------------------------------------------------------------------------------

// Dumps with types have ["java.util.ArrayList", […]] where others have […].
const Json& without_class(const Json& value) {
  if (!value.is_array() || value.size() != 2 || !value[0].is_string()) return value;
  const auto& name = value[0].get_ref<const std::string&>();
  return name.find('.') != std::string::npos && !value[1].is_string() ? value[1] : value;
}

// Numbers may be 1, 1.0 or "1".
std::optional<std::int64_t> number_of(const Json& value) {
  if (value.is_number_float()) {
    const double number = value.get<double>();
    constexpr double most = 9e15;  // up to there every whole number is exact
    if (!(std::abs(number) <= most) || number != std::floor(number)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{1} << 62U) return std::nullopt;
  if (value.is_number()) return value.get<std::int64_t>();
  if (value.is_string()) return whole_number(value.get_ref<const std::string&>());
  return std::nullopt;
}

// As people would write it; empty for what is no single value.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (const auto number = number_of(value)) return std::to_string(*number);
  return {};
}

std::optional<bool> truth_of(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (const auto number = number_of(value)) return *number != 0;
  const std::string text = text_of(value);
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  return std::nullopt;
}

// An object of which every key is asked for, or reported at the end.
class Row {
 public:
  Row(const Json& object, std::string place, ImportNotes& notes)
      : object_{object}, place_{std::move(place)}, notes_{notes} {}

  // The first of the names that is there, and not null.
  const Json* find(std::initializer_list<const char*> names) {
    const Json* found = nullptr;
    for (const char* name : names) {
      const auto at = object_.find(name);
      if (at == object_.end()) continue;
      seen_.insert(name);
      if (found == nullptr && !at->is_null()) found = &without_class(*at);
    }
    return found;
  }

  std::string text(std::initializer_list<const char*> names) {
    const Json* value = find(names);
    if (value == nullptr) return {};
    std::string text = text_of(*value);
    if (text.empty() && !value->is_string()) complain(*names.begin());
    return text;
  }

  std::int64_t number(std::initializer_list<const char*> names, std::int64_t otherwise) {
    const Json* value = find(names);
    if (value == nullptr) return otherwise;
    const auto number = number_of(*value);
    if (!number) complain(*names.begin());
    return number.value_or(otherwise);
  }

  bool truth(std::initializer_list<const char*> names, bool otherwise) {
    const Json* value = find(names);
    if (value == nullptr) return otherwise;
    const auto truth = truth_of(*value);
    if (!truth) complain(*names.begin());
    return truth.value_or(otherwise);
  }

  // The keys that nobody asked for, except those that say nothing.
  std::vector<std::string> unused() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object_.items()) {
      if (!seen_.contains(key) && key != "class" && key != "@class" && !value.is_null()) keys.push_back(key);
    }
    return keys;
  }

  void complain(std::string_view key) {
    notes_.dropped(fmt::format("{}, whose value has the wrong kind", key), place_);
  }

  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  const Json& object_;
  std::string place_;
  ImportNotes& notes_;
  std::set<std::string> seen_;
};

// --- the file --------------------------------------------------------------------------------------------------------

// OpenFlow 1.0's wildcards [OF 1.0 §5.2.3]; nw_src and nw_dst have six bits each, how many low bits are open.
struct Wildcard {
  const char* field;
  unsigned bit;
};

constexpr Wildcard wildcard_bits[] = {{"in_port", 0}, {"dl_vlan", 1},  {"dl_src", 2},   {"dl_dst", 3},
                                      {"dl_type", 4}, {"nw_proto", 5}, {"tp_src", 6},   {"tp_dst", 7},
                                      {"nw_src", 8},  {"nw_dst", 14},  {"dl_vpcp", 20}, {"nw_tos", 21}};

bool is_address(std::string_view field) { return field == "nw_src" || field == "nw_dst"; }

class Reader {
 public:
  Reader(FlowVisorConfig& config, Imported& into) : config_{config}, into_{into} {}

  // False if the object has none of FlowVisor's sections.
  bool read(const Json& file) {
    bool any = false;
    for (const auto& [key, value] : file.items()) {
      const std::string section = section_name(key);
      const Json& list = without_class(value);
      if (section == "flowvisor") {
        each(list, key, [this](Row& row) { take_process(row); });
      } else if (section == "slice" || section == "slices") {
        each(list, key, [this](Row& row) { take_slice(row); });
      } else if (section == "flowspacerule" || section == "flowspace") {
        each(list, key, [this](Row& row) { take_rule(row); });
      } else if (section == "switches" || section == "switch") {
        // The limits of a slice need the slice.
        switches_.emplace_back(key, &list);
      } else {
        into_.notes.dropped(fmt::format("the section \"{}\"", key));
        continue;
      }
      any = true;
    }
    for (const auto& [key, list] : switches_) each(*list, key, [this](Row& row) { take_switch(row); });
    for (const auto& [what, keys] : unused_) into_.notes.dropped(fmt::format("{}: {}", what, fmt::join(keys, ", ")));
    return any;
  }

 private:
  // "FlowSpaceRule", or with the name of the class: "org.flowvisor.config.FlowSpaceRuleImpl".
  static std::string section_name(std::string key) {
    key.erase(0, key.rfind('.') + 1);
    if (key.ends_with("Impl")) key.resize(key.size() - 4);
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return key;
  }

  template <class Take>
  void each(const Json& list, const std::string& section, Take take) {
    std::size_t index = 0;
    const auto one = [&](const Json& item) {
      const std::string place = fmt::format("{}[{}]", section, index++);
      const Json& object = without_class(item);
      if (!object.is_object()) {
        into_.notes.dropped("what is no object in the section " + section, place);
        return;
      }
      Row row{object, place, into_.notes};
      take(row);
    };
    if (!list.is_array()) return one(list);
    for (const Json& item : list) one(item);
  }

  void remember_unused(const std::string& what, const Row& row) {
    for (std::string& key : row.unused()) unused_[what].insert(std::move(key));
  }

  void take_process(Row& row) {
    if (const std::int64_t port = row.number({"listen_port"}, -1); port > 0 && port <= 65535) {
      into_.listen.push_back(fmt::format("ptcp:{}", port));
      into_.notes.unsure("switches may connect from everywhere, as they could to FlowVisor; \"listen\" says so");
    }
    const std::string flood = row.text({"default_flood_perm", "flood_perm"});
    if (!flood.empty() && flood != "fvadmin") into_.notes.dropped("the permission to flood", flood);
    remember_unused("settings of FlowVisor itself", row);
  }

  void take_slice(Row& row) {
    FlowVisorSlice slice;
    slice.name = row.text({"name", "slice-name"});
    slice.place = row.place();
    if (slice.name.empty()) {
      into_.notes.dropped("a slice without a name", row.place());
      return;
    }
    slice.host = row.text({"controller_hostname", "controller-host"});
    slice.port = row.number({"controller_port", "controller-port"}, slice.port);
    if (const std::string url = row.text({"controller-url"}); !url.empty() && !set_controller(slice, url)) {
      into_.notes.dropped(fmt::format("the controller \"{}\"", url), slice.name);
    }
    slice.contact = row.text({"contact_email", "admin-contact"});
    if (const std::string policy = row.text({"drop_policy", "drop-policy"}); !policy.empty()) {
      slice.drop_policy = policy;
    }
    slice.all_lldp = row.truth({"lldp_spam", "recv-lldp"}, false);
    slice.up = row.truth({"admin_status", "admin-status"}, true);
    slice.flow_limit = row.number({"max_flow_rules", "flowmod-limit"}, -1);
    if (const std::int64_t rate = row.number({"rate-limit", "rate_limit"}, -1); rate >= 0) {
      slice.rate_limits.insert(rate);
    }
    if (slice.name != "fvadmin") remember_unused("of the slices", row);
    config_.slices.push_back(std::move(slice));
  }

  void take_switch(Row& row) {
    if (const std::string flood = row.text({"default"}); !flood.empty()) {  // a row that is no switch
      if (flood != "fvadmin") into_.notes.dropped("the permission to flood", flood);
      return;
    }
    const std::string text = row.text({"dpid"});
    const auto dpid = flowvisor_dpid(text);
    if (!dpid || dpid->any) {
      into_.notes.dropped(fmt::format("a switch whose dpid is \"{}\"", text), row.place());
      return;
    }
    config_.switches.insert(dpid->value);
    const std::string flood = row.text({"flood_perm"});
    if (!flood.empty() && flood != "fvadmin") into_.notes.dropped("the permission to flood", flood + " on " + text);
    if (const Json* limits = row.find({"limits"})) take_limits(*limits, dpid->value, row);
    remember_unused("of the switches", row);
  }

  void take_limits(const Json& limits, std::uint64_t dpid, Row& row) {
    if (!limits.is_object()) return row.complain("limits");
    for (const auto& [name, value] : limits.items()) {
      if (name == "class" || name == "@class") continue;
      const Json& object = without_class(value);
      const auto slice = std::find_if(config_.slices.begin(), config_.slices.end(),
                                      [&name = name](const FlowVisorSlice& s) { return s.name == name; });
      if (slice == config_.slices.end() || !object.is_object()) {
        into_.notes.dropped(fmt::format("limits of slice {}, which is not there", name), row.place());
        continue;
      }
      Row numbers{object, row.place() + " limits of " + name, into_.notes};
      slice->switch_flow_limits[dpid] = numbers.number({"maximum_flow_mods"}, -1);
      if (const std::int64_t rate = numbers.number({"rate_limit"}, -1); rate >= 0) slice->rate_limits.insert(rate);
      remember_unused("of the limits", numbers);
    }
  }

  // --- rules ---------------------------------------------------------------------------------------------------------

  void take_rule(Row& row) {
    FlowVisorRule rule;
    rule.name = row.text({"name"});
    rule.place = row.place();
    const std::string place = rule.name.empty() ? rule.place : "rule " + rule.name;
    const std::string dpid = row.text({"dpid"});
    const auto on = flowvisor_dpid(dpid);
    if (!on) {
      into_.notes.dropped(fmt::format("a rule whose dpid is \"{}\"", dpid), place);
      return;
    }
    rule.on = *on;
    rule.priority = row.number({"priority"}, rule.priority);
    if (!take_match(row, rule.match, place)) return;
    if (const Json* actions = row.find({"slice_action", "slice-action"})) take_actions(*actions, rule, place);
    if (const Json* queues = row.find({"queue_id", "queues"})) take_queues(*queues, rule, place);
    const std::int64_t none = -1;
    if (const std::int64_t queue = row.number({"forced_queue", "force-enqueue"}, none); queue != none) {
      rule.forced_queue = queue;
    }
    row.find({"id", "rule_id"});  // nothing depends on it
    if (const auto unknown = row.unused(); !unknown.empty()) {
      into_.notes.dropped(fmt::format("a rule with what is not known: {}", fmt::join(unknown, ", ")), place);
      return;
    }
    config_.rules.push_back(std::move(rule));
  }

  // False if what the rule is for cannot be told; to guess could give the slice more than it had.
  bool take_match(Row& row, FlowVisorMatch& match, const std::string& place) {
    const Json* inner = row.find({"match"});  // of list-flowspace
    if (inner == nullptr) return take_fields(row, match, place);
    if (!inner->is_object()) {
      into_.notes.dropped("a rule whose match is no object", place);
      return false;
    }
    Row fields{*inner, place, into_.notes};
    if (!take_fields(fields, match, place)) return false;
    const auto unknown = fields.unused();
    if (unknown.empty()) return true;
    into_.notes.dropped(fmt::format("a rule with what is not known: {}", fmt::join(unknown, ", ")), place);
    return false;
  }

  bool take_fields(Row& row, FlowVisorMatch& match, const std::string& place) {
    const Json* given = row.find({"wildcards"});
    const auto wildcards = given == nullptr ? std::nullopt : number_of(*given);
    if (given != nullptr && !wildcards) {
      into_.notes.dropped("a rule whose wildcards are no number", place);
      return false;
    }
    for (const auto& [field, bit] : wildcard_bits) {
      const std::string other = field == std::string_view{"dl_vpcp"} ? "dl_vlan_pcp" : field;
      const Json* value = row.find({field, other.c_str()});
      unsigned open = 0;
      if (wildcards) open = static_cast<unsigned>(*wildcards >> bit) & (is_address(field) ? 0x3fU : 1U);
      if (open >= (is_address(field) ? 32U : 1U)) continue;  // files have values under wildcards, too
      if (value == nullptr && !wildcards) continue;
      if (!take_field(match, field, value, open, place)) return false;
    }
    return true;
  }

  bool take_field(FlowVisorMatch& match, const char* field, const Json* value, unsigned open,
                  const std::string& place) {
    std::string text = value == nullptr ? "" : text_of(*value);
    if (is_address(field) && open != 0 && text.find('/') == std::string::npos) text += fmt::format("/{}", 32 - open);
    const std::string wrong = value == nullptr ? "it has no value" : set_field(match, field, text);
    if (!wrong.empty()) into_.notes.dropped(fmt::format("a rule for a certain {}: {}", field, wrong), place);
    return wrong.empty();
  }

  // [{"alice": 4}], or [{"slice-name": "alice", "permission": 4}].
  void take_actions(const Json& actions, FlowVisorRule& rule, const std::string& place) {
    if (!actions.is_array()) return take_action(actions, rule, place);
    for (const Json& action : actions) take_action(without_class(action), rule, place);
  }

  void take_action(const Json& action, FlowVisorRule& rule, const std::string& place) {
    if (!action.is_object()) {
      into_.notes.dropped("a slice action that is no object", place);
      return;
    }
    if (action.contains("slice-name")) {
      Row row{action, place, into_.notes};
      const std::string name = row.text({"slice-name"});
      rule.actions.emplace_back(name, row.number({"permission"}, 0));
      return;
    }
    for (const auto& [name, permissions] : action.items()) {
      if (name == "class" || name == "@class") continue;
      const auto number = number_of(without_class(permissions));
      if (!number) into_.notes.dropped(fmt::format("the permission of slice {}, which is no number", name), place);
      if (number) rule.actions.emplace_back(name, *number);
    }
  }

  void take_queues(const Json& queues, FlowVisorRule& rule, const std::string& place) {
    const auto take = [&](const Json& item) {
      const auto number = number_of(without_class(item));
      if (number) rule.queues.push_back(*number);
      if (!number) into_.notes.dropped("a queue that is no number", place);
    };
    if (!queues.is_array()) return take(queues);
    for (const Json& queue : queues) take(queue);
  }

  FlowVisorConfig& config_;
  Imported& into_;
  std::vector<std::pair<std::string, const Json*>> switches_;
  std::map<std::string, std::set<std::string>> unused_;
};

ofmsg::Result<Json, std::string> parse(std::string_view text) {
  try {
    return Json::parse(text, nullptr, true, true);
  } catch (const Json::parse_error& error) {
    const std::size_t from = text.find_first_not_of(" \t\r\n");
    if (from != std::string_view::npos && text[from] == '<') {
      return ofmsg::Failure<std::string>{
          "this is XML; FlowVisor before 1.0 had that, and fvconfig convert makes JSON of it"};
    }
    // The library counts bytes from 1, and has its own place in the sentence.
    std::string why = error.what();
    if (const std::size_t colon = why.find(": "); colon != std::string::npos) why.erase(0, colon + 2);
    return ofmsg::Failure<std::string>{line_and_column(text, error.byte > 0 ? error.byte - 1 : 0) +
                                       ": not JSON: " + why};
  } catch (const Json::exception& error) {
    return ofmsg::Failure<std::string>{std::string{"not JSON: "} + error.what()};
  }
}

}  // namespace

ImportResult import_flowvisor(const ImportSource& source) {
  auto file = parse(source.text);
  // The answer of the API itself, in which the configuration is a text.
  if (file && file->is_object() && file->contains("result")) {
    Json result = std::move((*file)["result"]);
    file = result.is_string() ? parse(result.get<std::string>()) : ofmsg::Result<Json, std::string>{std::move(result)};
  }
  if (!file) return ofmsg::Failure<std::string>{file.error()};
  Imported imported;
  imported.origin = "the FlowVisor configuration " + source.name;
  FlowVisorConfig config;
  const Json& object = without_class(*file);
  if (!object.is_object() || !Reader{config, imported}.read(object)) {
    return ofmsg::Failure<std::string>{
        "this is no configuration of FlowVisor: it has none of the sections flowvisor, Slice, "
        "FlowSpaceRule and switches"};
  }
  for (const std::string& text : source.dpids) {
    const auto dpid = flowvisor_dpid(text);
    if (!dpid || dpid->any) return ofmsg::Failure<std::string>{fmt::format("\"{}\" is not a datapath id", text)};
    config.switches.insert(dpid->value);
  }
  translate(std::move(config), imported);
  return imported;
}

}  // namespace sluice::ctl
