// Scripts of fvctl calls, which is where many networks really keep their slices: as much of a shell as they need, the
// commands of FlowVisor 1.x (add-slice) and those before it (createSlice).
#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include "ctl/flowvisor.hpp"
#include "ctl/importer.hpp"
#include "ctl/shell_words.hpp"

namespace sluice::ctl {

namespace {

using Words = std::vector<std::string>;

// --- options of a command --------------------------------------------------------------------------------------------

struct Option {
  char letter;  // 0: has none
  std::string_view name;
  bool has_value;
};

struct Arguments {
  Words words;
  std::map<std::string_view, std::string> options;
  std::string wrong;  // what is no option of the command, or has no value

  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? nullptr : &found->second;
  }
};

// Options may stand between the other words, as in "-f10", "-f 10", "--flowmod-limit=10".
Arguments split(const Words& words, std::span<const Option> options) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-' || (word[1] >= '0' && word[1] <= '9')) {
      out.words.push_back(word);
      continue;
    }
    const bool is_long = word[1] == '-';
    const std::size_t equals = is_long ? std::min(word.find('='), word.size()) : 2;
    const std::string_view name = std::string_view{word}.substr(0, equals);
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) {
      return is_long ? option.name == name.substr(2) : option.letter == name[1];
    });
    std::string value = word.substr(std::min(equals + (is_long ? 1 : 0), word.size()));
    const bool joined = word.size() > equals;
    if (found == options.end() || (joined && !found->has_value) ||
        (found->has_value && !joined && ++i == words.size())) {
      out.wrong = word;
      return out;
    }
    if (found->has_value && !joined) value = words[i];
    out.options[found->name] = value;
  }
  return out;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t end = std::min(list.find(',', from), list.size());
    if (end > from) parts.push_back(list.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

constexpr Option add_slice_options[] = {{'d', "drop-policy", true},   {'l', "recv-lldp", false},
                                        {'f', "flowmod-limit", true}, {'r', "rate-limit", true},
                                        {'p', "password", true},      {0, "disabled", false}};
constexpr Option update_slice_options[] = {{'n', "controller-hostname", true}, {'p', "controller-port", true},
                                           {'a', "admin-contact", true},       {'d', "drop-policy", true},
                                           {0, "enable-slice", false},         {0, "disable-slice", false},
                                           {0, "enable-recv-lldp", false},     {0, "disable-recv-lldp", false},
                                           {'f', "flowmod-limit", true},       {'r', "rate-limit", true}};
constexpr Option add_flowspace_options[] = {{'q', "queues", true}, {'f', "forced-queue", true}};
constexpr Option update_flowspace_options[] = {{'d', "dpid", true},   {'p', "priority", true},
                                               {'m', "match", true},  {'s', "slice-action", true},
                                               {'q', "queues", true}, {'f', "forced-queue", true}};
constexpr Option set_config_options[] = {
    {'f', "flood-perm", true},      {'l', "flowmod-limit", true},    {0, "enable-tracking", false},
    {0, "disable-tracking", false}, {0, "enable-stats-desc", false}, {0, "disable-stats-desc", false},
    {0, "enable-topo-ctrl", false}, {0, "disable-topo-ctrl", false}, {'c', "flow-stats-cache", true}};

// --- commands --------------------------------------------------------------------------------------------------------

class Script {
 public:
  Script(FlowVisorConfig& config, Imported& into) : config_{config}, into_{into} {}

  // False if the command has nothing to do with fvctl.
  bool take(const ShellCommand& command);

 private:
  using Handler = void (Script::*)(const Words&);

  struct Command {
    std::string_view name;
    Handler handler;  // null: asks, and changes nothing
  };

  static const Command* find(std::string_view name);

  void add_slice(const Words& words);
  void update_slice(const Words& words);
  void remove_slice(const Words& words);
  void change_slice(const Words& words);
  void add_flowspace(const Words& words);
  void add_unnamed_flowspace(const Words& words);
  void update_flowspace(const Words& words);
  void remove_flowspace(const Words& words);
  void set_config(const Words& words);

  void lose_password(const Words&) { into_.notes.dropped("passwords", place_); }

  void lose_callback(const Words&) { into_.notes.dropped("event callbacks", place_); }

  void lose(const Words&) { refuse("this command is not understood: " + name_); }

  // The parts of rules; false with a note if one is wrong.
  bool set_dpid(FlowVisorRule& rule, const std::string& text);
  bool set_priority(FlowVisorRule& rule, const std::string& text);
  bool set_match(FlowVisorRule& rule, const std::string& text);
  bool set_actions(FlowVisorRule& rule, const std::string& text);
  bool set_queues(FlowVisorRule& rule, const Arguments& arguments);
  bool set_number(std::int64_t& into, const std::string& text, std::string_view what);
  bool set_slice_limits(FlowVisorSlice& slice, const Arguments& arguments);

  // Wrong options and a wrong number of words are told.
  bool split_into(Arguments& arguments, const Words& words, std::span<const Option> options, std::size_t least,
                  std::size_t most);

  FlowVisorSlice* find_slice(const std::string& name);

  void refuse(const std::string& why) { into_.notes.dropped("a command: " + why, place_); }

  FlowVisorConfig& config_;
  Imported& into_;
  std::string place_;
  std::string name_;  // of the command
};

const Script::Command* Script::find(std::string_view name) {
  static constexpr std::array commands{
      Command{"add-slice", &Script::add_slice},
      Command{"createSlice", &Script::add_slice},
      Command{"update-slice", &Script::update_slice},
      Command{"changeSlice", &Script::change_slice},
      Command{"remove-slice", &Script::remove_slice},
      Command{"deleteSlice", &Script::remove_slice},
      Command{"add-flowspace", &Script::add_flowspace},
      Command{"addFlowSpace", &Script::add_unnamed_flowspace},
      Command{"update-flowspace", &Script::update_flowspace},
      Command{"remove-flowspace", &Script::remove_flowspace},
      Command{"removeFlowSpace", &Script::lose},
      Command{"changeFlowSpace", &Script::lose},
      Command{"set-config", &Script::set_config},
      Command{"setConfig", &Script::lose},
      Command{"update-slice-password", &Script::lose_password},
      Command{"update-admin-password", &Script::lose_password},
      Command{"changePasswd", &Script::lose_password},
      Command{"register-event-callback", &Script::lose_callback},
      Command{"registerCallback", &Script::lose_callback},
      Command{"unregister-event-callback", nullptr},
      Command{"unregisterCallback", nullptr},
      Command{"save-config", nullptr},
      Command{"dumpConfig", nullptr},
      Command{"help", nullptr},
      Command{"ping", nullptr},
  };
  static constexpr Command asking{"list-…, get-…", nullptr};
  for (const std::string_view prefix : {"list-", "get-", "list", "get"}) {
    const bool camel = prefix.back() != '-';
    const bool fits = name.starts_with(prefix) && name.size() > prefix.size();
    if (fits && (!camel || (name[prefix.size()] >= 'A' && name[prefix.size()] <= 'Z'))) return &asking;
  }
  const auto* found =
      std::find_if(commands.begin(), commands.end(), [name](const Command& c) { return c.name == name; });
  return found == commands.end() ? nullptr : found;
}

// The name of the program, wherever it lies: "fvctl", "./scripts/fvctl-json.py".
bool is_fvctl(const std::string& word) { return word.substr(word.rfind('/') + 1).starts_with("fvctl"); }

bool Script::take(const ShellCommand& command) {
  const Words& words = command.words;
  const auto program = std::find_if(words.begin(), words.end(), is_fvctl);
  // A list of commands without the program is fine too.
  auto at = program == words.end() ? words.begin() : program + 1;
  while (program != words.end() && at != words.end() && find(*at) == nullptr) ++at;
  place_ = fmt::format("line {}", command.line);
  const Command* found = at == words.end() ? nullptr : find(*at);
  if (found == nullptr) {
    if (program == words.end()) return false;
    refuse("no command of fvctl is in it");
    return true;
  }
  const bool asks_first = program == words.end() && found->handler == nullptr;
  if (asks_first) return false;  // "help" and "ping" are programs of their own
  if (found->handler == nullptr) return true;
  name_ = *at;
  if (!command.unknown.empty()) {
    refuse(fmt::format("only a shell knows what {} is there", command.unknown));
  } else {
    (this->*found->handler)({at + 1, words.end()});
  }
  return true;
}

bool Script::split_into(Arguments& arguments, const Words& words, std::span<const Option> options, std::size_t least,
                        std::size_t most) {
  arguments = split(words, options);
  if (!arguments.wrong.empty()) {
    refuse(fmt::format("{} is no option of {}, or has no value", arguments.wrong, name_));
    return false;
  }
  if (arguments.words.size() >= least && arguments.words.size() <= most) return true;
  refuse(fmt::format("{} has {} arguments, not {}", name_, arguments.words.size(), least));
  return false;
}

FlowVisorSlice* Script::find_slice(const std::string& name) {
  const auto found = std::find_if(config_.slices.begin(), config_.slices.end(),
                                  [&name](const FlowVisorSlice& slice) { return slice.name == name; });
  if (found != config_.slices.end()) return &*found;
  refuse(fmt::format("there is no slice {}", name));
  return nullptr;
}

bool Script::set_number(std::int64_t& into, const std::string& text, std::string_view what) {
  const auto number = whole_number(text);
  if (number) into = *number;
  if (!number) refuse(fmt::format("{} is no number: {}", what, text));
  return number.has_value();
}

// --- slices ----------------------------------------------------------------------------------------------------------

bool Script::set_slice_limits(FlowVisorSlice& slice, const Arguments& arguments) {
  if (const auto* limit = arguments.find("flowmod-limit")) {
    if (!set_number(slice.flow_limit, *limit, "the flow limit")) return false;
  }
  if (const auto* limit = arguments.find("rate-limit")) {
    std::int64_t rate = -1;
    if (!set_number(rate, *limit, "the rate limit")) return false;
    slice.rate_limits.clear();
    if (rate >= 0) slice.rate_limits.insert(rate);
  }
  if (const auto* policy = arguments.find("drop-policy")) slice.drop_policy = *policy;
  return true;
}

void Script::add_slice(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, add_slice_options, 3, 3)) return;
  FlowVisorSlice slice;
  slice.name = arguments.words[0];
  slice.place = place_;
  if (!set_controller(slice, arguments.words[1])) return refuse("no controller: " + arguments.words[1]);
  slice.contact = arguments.words[2];
  slice.all_lldp = arguments.find("recv-lldp") != nullptr;
  slice.up = arguments.find("disabled") == nullptr;
  if (!set_slice_limits(slice, arguments)) return;
  if (arguments.find("password") != nullptr) lose_password({});
  config_.slices.push_back(std::move(slice));
}

void Script::update_slice(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, update_slice_options, 1, 1)) return;
  FlowVisorSlice* slice = find_slice(arguments.words[0]);
  if (slice == nullptr || !set_slice_limits(*slice, arguments)) return;
  if (const auto* port = arguments.find("controller-port")) {
    if (!set_number(slice->port, *port, "the port")) return;
  }
  if (const auto* host = arguments.find("controller-hostname")) slice->host = *host;
  if (const auto* contact = arguments.find("admin-contact")) slice->contact = *contact;
  if (arguments.find("enable-slice") != nullptr) slice->up = true;
  if (arguments.find("disable-slice") != nullptr) slice->up = false;
  if (arguments.find("enable-recv-lldp") != nullptr) slice->all_lldp = true;
  if (arguments.find("disable-recv-lldp") != nullptr) slice->all_lldp = false;
}

// changeSlice NAME KEY VALUE
void Script::change_slice(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, {}, 3, 3)) return;
  FlowVisorSlice* slice = find_slice(arguments.words[0]);
  if (slice == nullptr) return;
  const std::string& key = arguments.words[1];
  const std::string& value = arguments.words[2];
  if (key == "contact_email") {
    slice->contact = value;
  } else if (key == "controller_host" || key == "controller_hostname") {
    slice->host = value;
  } else if (key == "controller_port") {
    (void)set_number(slice->port, value, "the port");
  } else if (key == "drop_policy") {
    slice->drop_policy = value;
  } else {
    refuse("a slice has no " + key);
  }
}

void Script::remove_slice(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, {}, 1, 1)) return;
  const std::string& name = arguments.words[0];
  // Scripts begin by removing what may be there from the last time.
  std::erase_if(config_.slices, [&name](const FlowVisorSlice& slice) { return slice.name == name; });
  for (FlowVisorRule& rule : config_.rules) {
    std::erase_if(rule.actions, [&name](const auto& action) { return action.first == name; });
  }
  std::erase_if(config_.rules, [](const FlowVisorRule& rule) { return rule.actions.empty(); });
}

// --- rules -----------------------------------------------------------------------------------------------------------

bool Script::set_dpid(FlowVisorRule& rule, const std::string& text) {
  const auto dpid = flowvisor_dpid(text);
  if (!dpid) {
    refuse(text + " is not a datapath id");
    return false;
  }
  rule.on = *dpid;
  const bool decimal = text.size() > 1 && text.find_first_not_of("0123456789") == std::string::npos && text.size() < 16;
  if (decimal) into_.notes.unsure("datapath ids are hexadecimal, as FlowVisor reads them", place_ + ": " + text);
  return true;
}

bool Script::set_priority(FlowVisorRule& rule, const std::string& text) {
  return set_number(rule.priority, text, "the priority");
}

bool Script::set_match(FlowVisorRule& rule, const std::string& text) {
  FlowVisorMatch match;
  std::string fields = text;
  if (fields.starts_with("OFMatch[") && fields.ends_with(']')) fields = fields.substr(8, fields.size() - 9);
  if (fields == "any" || fields == "all") fields.clear();
  for (const std::string& part : parts_of(fields)) {
    const std::size_t equals = part.find('=');
    const std::string wrong = equals == std::string::npos
                                  ? fmt::format("\"{}\" is no field with a value", part)
                                  : set_field(match, std::string_view{part}.substr(0, equals), part.substr(equals + 1));
    if (wrong.empty()) continue;
    refuse(fmt::format("{}: {}", part, wrong));
    return false;
  }
  rule.match = match;
  return true;
}

// Numbers, or any of the letters r, w and d.
std::optional<std::int64_t> permissions_of(const std::string& text) {
  if (const auto number = whole_number(text)) return number;
  std::int64_t permissions = 0;
  for (const char c : text) {
    if (c != 'r' && c != 'w' && c != 'd') return std::nullopt;
    permissions |= c == 'r' ? 2 : c == 'w' ? 4 : 8;
  }
  return text.empty() ? std::nullopt : std::optional{permissions};
}

// "alice=4,bob=2"; before 1.0 "Slice:alice=4,Slice:bob=2".
bool Script::set_actions(FlowVisorRule& rule, const std::string& text) {
  std::vector<std::pair<std::string, std::int64_t>> actions;
  for (std::string part : parts_of(text)) {
    if (part.starts_with("Slice:")) part.erase(0, 6);
    const std::size_t equals = part.rfind('=');
    const auto permissions = equals == std::string::npos ? std::nullopt : permissions_of(part.substr(equals + 1));
    if (!permissions) {
      refuse(fmt::format("{} is no slice with permissions", part));
      return false;
    }
    actions.emplace_back(part.substr(0, equals), *permissions);
  }
  rule.actions = std::move(actions);
  return true;
}

bool Script::set_queues(FlowVisorRule& rule, const Arguments& arguments) {
  if (const auto* queues = arguments.find("queues")) {
    rule.queues.clear();
    for (const std::string& part : parts_of(*queues)) {
      std::int64_t queue = 0;
      if (!set_number(queue, part, "a queue")) return false;
      rule.queues.push_back(queue);
    }
  }
  if (const auto* forced = arguments.find("forced-queue")) {
    std::int64_t queue = 0;
    if (!set_number(queue, *forced, "the queue")) return false;
    rule.forced_queue = queue;
  }
  return true;
}

// add-flowspace NAME DPID PRIORITY MATCH SLICES
void Script::add_flowspace(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, add_flowspace_options, 5, 5)) return;
  const Words& given = arguments.words;
  FlowVisorRule rule;
  rule.name = given[0];
  rule.place = place_;
  if (!set_dpid(rule, given[1]) || !set_priority(rule, given[2]) || !set_match(rule, given[3])) return;
  if (!set_actions(rule, given[4]) || !set_queues(rule, arguments)) return;
  config_.rules.push_back(std::move(rule));
}

// addFlowSpace DPID PRIORITY MATCH SLICES
void Script::add_unnamed_flowspace(const Words& words) {
  Words named = words;
  named.insert(named.begin(), "");
  add_flowspace(named);
}

void Script::update_flowspace(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, update_flowspace_options, 1, 1)) return;
  bool any = false;
  for (FlowVisorRule& rule : config_.rules) {
    if (rule.name != arguments.words[0]) continue;
    any = true;
    const auto change = [&](std::string_view option, auto set) {
      const std::string* value = arguments.find(option);
      return value == nullptr || (this->*set)(rule, *value);
    };
    const bool good = change("dpid", &Script::set_dpid) && change("priority", &Script::set_priority) &&
                      change("match", &Script::set_match) && change("slice-action", &Script::set_actions) &&
                      set_queues(rule, arguments);
    if (!good) return;
  }
  if (!any) refuse("there is no rule " + arguments.words[0]);
}

void Script::remove_flowspace(const Words& words) {
  for (const std::string& name : words) {
    std::erase_if(config_.rules, [&name](const FlowVisorRule& rule) { return rule.name == name; });
  }
}

void Script::set_config(const Words& words) {
  Arguments arguments;
  if (!split_into(arguments, words, set_config_options, 0, 0)) return;
  for (const auto& [name, value] : arguments.options) {
    if (name == "flood-perm") {
      into_.notes.dropped("the permission to flood", place_ + ": " + value);
    } else if (name == "flowmod-limit") {
      const std::vector<std::string> parts = parts_of(value);
      const auto dpid = parts.size() == 3 ? flowvisor_dpid(parts[1]) : std::nullopt;
      std::int64_t limit = -1;
      if (!dpid) return refuse("no SLICE,DPID,LIMIT: " + value);
      FlowVisorSlice* slice = find_slice(parts[0]);
      if (slice == nullptr || !set_number(limit, parts[2], "the limit")) return;
      (dpid->any ? slice->flow_limit : slice->switch_flow_limits[dpid->value]) = limit;
    } else {
      into_.notes.dropped(fmt::format("settings of FlowVisor itself: {}", name), place_);
    }
  }
}

}  // namespace

ImportResult import_fvctl(const ImportSource& source) {
  Imported imported;
  imported.origin = "the fvctl script " + source.name;
  FlowVisorConfig config;
  Script script{config, imported};
  bool any = false;
  for (const ShellCommand& command : shell_commands(source.text)) any = script.take(command) || any;
  if (!any)
    return ofmsg::Failure<std::string>{"there is no command of fvctl in it, such as add-slice or add-flowspace"};
  for (const std::string& word : source.dpids) {
    const auto dpid = flowvisor_dpid(word);
    if (!dpid || dpid->any) return ofmsg::Failure<std::string>{fmt::format("\"{}\" is not a datapath id", word)};
    config.switches.insert(dpid->value);
  }
  imported.notes.unsure(
      "where switches connect is not in scripts: FlowVisor listens on port 6633 of every address, "
      "Sluice on 6653 of 127.0.0.1 unless \"proxy\" has a \"listen\"");
  translate(std::move(config), imported);
  return imported;
}

}  // namespace sluice::ctl
