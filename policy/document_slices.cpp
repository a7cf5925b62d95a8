// The "slices" of a slice file, and the "defaults" for them.

#include <algorithm>

#include "ofmsg/text_parts.hpp"
#include "policy/document_slice_parts.hpp"
#include "policy/document_units.hpp"

namespace sluice::policy {
namespace {

void read_owner(Context& c, const json::Value& value, SliceReading& into) {
  if (const std::string* owner = string_of(c.findings, value, "\"owner\"")) into.slice.owner = *owner;
}

void read_description(Context& c, const json::Value& value, SliceReading&) {
  (void)string_of(c.findings, value, "\"description\"");
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool is_any(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

// Would dialling `to` reach somebody who listens on `on`, as far as the text of both can tell?
bool reaches(const Endpoint& to, const Endpoint& on) {
  if (to.port != on.port) return false;
  return to.host == on.host || (is_loopback(to.host) && (is_any(on.host) || is_loopback(on.host))) || is_any(to.host);
}

void check_controllers(Context& c, const SliceReading& reading) {
  const auto& all = reading.slice.controllers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const json::Span at = reading.controllers_at[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (all[j].at != all[i].at) continue;
      c.findings
          .add(Code::same_controller, at, text(all[i].at) + " is given twice in slice " + quoted(reading.slice.name))
          .label = "first at " + text(c.findings.position(reading.controllers_at[j].offset));
      break;
    }
    for (const Endpoint& listen : c.document.listen) {
      if (!reaches(all[i].at, listen)) continue;
      Diagnostic& finding =
          c.findings.add(Code::own_endpoint, at,
                         "the controller " + text(all[i].at) + " of slice " + quoted(reading.slice.name) +
                             " is this proxy itself, which listens on " + text(listen));
      finding.label = "name the tenant's controller here";
      break;
    }
  }
}

void read_controllers(Context& c, const json::Value& value, SliceReading& into) {
  const json::Array* list = list_of(c.findings, value, "\"controllers\"");
  if (list == nullptr) return;
  if (list->empty()) {
    c.findings.add(Code::no_controllers, value.at, "slice " + quoted(into.slice.name) + " has no controller");
  }
  if (list->size() > 64) {
    c.findings.add(Code::too_big, value.at, "more than 64 controllers in one slice");
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Findings::Step step{c.findings, std::to_string(i)};
    const Connection connection = read_controller(c, (*list)[i]);
    if (!connection.at) continue;
    into.slice.controllers.push_back({*connection.at, connection.standby, connection.read_only});
    into.controllers_at.push_back(connection.span);
  }
  check_controllers(c, into);
}

void read_outside_of(Context& c, const json::Value& value, Outside& into) {
  constexpr std::string_view words[] = {"intersect", "reject"};
  const auto word = word_of(c.findings, value, "\"outside\"", words);
  if (word) into = *word == 1 ? Outside::reject : Outside::intersect;
}

void read_slice_limits(Context& c, const json::Value& value, SliceReading& into) {
  read_limits(c, value, "slice " + quoted(into.slice.name), into.slice.limits);
}

void read_outside(Context& c, const json::Value& value, SliceReading& into) {
  read_outside_of(c, value, into.slice.outside);
}

void read_number(Context& c, const json::Value& value, SliceReading& into) {
  const auto number = number_of(c.findings, value, "the \"id\" of a slice", 1, 0x7fff);
  if (number) into.slice.number = static_cast<std::uint16_t>(*number);
}

void read_state(Context& c, const json::Value& value, SliceReading& into) {
  constexpr std::string_view words[] = {"up", "down"};
  into.slice.down = word_of(c.findings, value, "\"state\"", words) == 1U;
}

void read_expires(Context& c, const json::Value& value, SliceReading&) {
  (void)time_of(c.findings, value, "\"expires\"");
}

// A quota of which only one number has its effect so far.
template <std::uint64_t least, std::uint64_t most>
void read_quota(Context& c, const json::Value& value, SliceReading&, std::string_view what) {
  const auto number = count_of(c.findings, value, what, least, most);
  if (number && *number > least)
    c.findings.unsupported(value.at, std::string{what} + " above " + std::to_string(least));
}

void read_tables(Context& c, const json::Value& value, SliceReading& into) {
  read_quota<1, 255>(c, value, into, "\"tables\"");
}

void read_groups(Context& c, const json::Value& value, SliceReading& into) {
  read_quota<0, 0xffffff00>(c, value, into, "\"groups\"");
}

void read_meters(Context& c, const json::Value& value, SliceReading& into) {
  read_quota<0, 0xffff0000>(c, value, into, "\"meters\"");
}

void read_lldp_of(Context& c, const json::Value& value, Lldp& into) {
  constexpr std::string_view words[] = {"own", "all", "none"};  // in the order of Lldp
  if (const auto word = word_of(c.findings, value, "\"lldp\"", words)) into = static_cast<Lldp>(*word);
}

void read_lldp(Context& c, const json::Value& value, SliceReading& into) { read_lldp_of(c, value, into.slice.lldp); }

void read_when_down(Context& c, const json::Value& value, SliceReading& into) {
  read_absence(c, value, into.slice.absence);
}

void read_allow(Context& c, const json::Value& value, SliceReading& into) {
  const json::Array* list = list_of(c.findings, value, "\"allow\"");
  if (list == nullptr) return;
  constexpr std::string_view words[] = {"normal", "local", "port_down"};
  for (const json::Value& item : *list) {
    const auto* word = item.as<std::string>();
    if (word != nullptr && word->starts_with("vendor:")) {
      const auto number = ofmsg::parse_number(std::string_view{*word}.substr(7));
      if (number && *number <= 0xffffffff) {
        into.slice.allowed.vendors.push_back(static_cast<std::uint32_t>(*number));
        continue;
      }
      c.findings.add(Code::bad_word, item.at, quoted(*word) + " names no vendor").label =
          "write it as in \"vendor:0x2320\"";
    } else {
      const auto which = word_of(c.findings, item, "what a slice is allowed", words);
      if (which == 0U) into.slice.allowed.normal = true;
      if (which && *which > 0) c.findings.unsupported(item.at, "\"allow\": " + quoted(*word));
    }
  }
  std::sort(into.slice.allowed.vendors.begin(), into.slice.allowed.vendors.end());
}

// --- the switch as the slice sees it ---------------------------------------------------------------------------------

void read_view_dpid(Context& c, const json::Value& value, Unused&) { (void)dpid_of(c.findings, value); }

void read_view_ports(Context& c, const json::Value& value, Unused&) {
  constexpr std::string_view words[] = {"same", "renumber"};
  (void)word_of(c.findings, value, "\"ports\"", words);
}

void read_view_vlan(Context& c, const json::Value& value, Unused&) {
  constexpr std::string_view words[] = {"same", "managed"};
  (void)word_of(c.findings, value, "\"vlan\"", words);
}

constexpr UnusedKey view_keys[] = {
    {{"dpid", "dpid", optional, "the datapath id that the slice sees"}, read_view_dpid},
    {{"ports", "'same'|'renumber'", optional, "`renumber` numbers the slice's ports from 1"}, read_view_ports},
    {{"vlan", "'same'|'managed'", optional, "`managed`: the slice sees packets without its tag"}, read_view_vlan}};

void read_view(Context& c, const json::Value& value, SliceReading&) {
  Unused unused;
  const json::Object* object = object_of(c.findings, value, "\"view\"");
  if (object != nullptr) read_object<Unused, Context>(c, *object, value.at, "\"view\"", view_keys, unused);
}

constexpr Key<SliceReading> slice_keys[] = {
    {{"owner", "text", optional, "whom to ask"}, read_owner},
    {{"description", "text", optional, "for people"}, read_description},
    {{"state", "'up'|'down'", optional,
      "`up` (default) or `down`: its controllers are not dialled, its flows are taken off the switches, its traffic "
      "still belongs to nobody else"},
     read_state},
    {{"controllers", "[dial|controller]", required, "the tenant's controllers; the first that is there writes"},
     read_controllers},
    {{"flowspace", "[rule]", required, "what belongs to the slice; not empty"}, read_flowspace},
    {{"limits", "limits", optional, "how much it may use"}, read_slice_limits},
    {{"outside", "'intersect'|'reject'", optional,
      "what happens to a flow that is not wholly inside the slice: `intersect` narrows it (default), `reject` refuses "
      "it"},
     read_outside},
    {{"id", "slice_number", optional,
      "the slice's number in cookies. Default: a hash of the name; on a collision (E0308) give one"},
     read_number},
    {{"expires", "time", later, "when the slice goes down by itself"}, read_expires},
    {{"tables", "count", optional, "how many tables it may use; more than 1 is not supported yet"}, read_tables},
    {{"groups", "count", optional, "how many groups it may use; more than 0 is not supported yet"}, read_groups},
    {{"meters", "count", optional, "how many meters it may use; more than 0 is not supported yet"}, read_meters},
    {{"view", "view", later, "how the switches look to it"}, read_view},
    {{"allow", "['normal'|'local'|'port_down'|vendor]", optional,
      "what is refused unless it is allowed: `normal` (output to NORMAL, which sends packets wherever the switch "
      "likes: "
      "for slices that own the switch), `vendor:NUMBER` (messages of that vendor are passed to the switch as they are, "
      "and its answers back: nobody looks into them). `local` and `port_down` are not supported yet"},
     read_allow},
    {{"lldp", "'own'|'all'|'none'", optional,
      "which frames of LLDP and BDDP its controllers get: those that they have sent, and those of its flowspace "
      "(`own`, "
      "default); besides, all at its ports that no tenant's controller has sent (`all`); or none, and then they send "
      "none"},
     read_lldp},
    {{"when_controller_down", "absence", optional, "what becomes of its flows when no controller is there"},
     read_when_down}};

// --- defaults --------------------------------------------------------------------------------------------------------

void read_default_limits(Context& c, const json::Value& value, SliceDefaults& into) {
  read_limits(c, value, "\"defaults\"", into.limits);
}

void read_default_outside(Context& c, const json::Value& value, SliceDefaults& into) {
  read_outside_of(c, value, into.outside);
}

void read_default_lldp(Context& c, const json::Value& value, SliceDefaults& into) { read_lldp_of(c, value, into.lldp); }

void read_default_when_down(Context& c, const json::Value& value, SliceDefaults& into) {
  read_absence(c, value, into.absence);
}

constexpr Key<SliceDefaults> default_keys[] = {
    {{"limits", "limits", optional, "limits, key by key"}, read_default_limits},
    {{"outside", "'intersect'|'reject'", optional, "what happens to a flow that is not wholly inside its slice"},
     read_default_outside},
    {{"lldp", "'own'|'all'|'none'", optional, "which frames of LLDP and BDDP slices get"}, read_default_lldp},
    {{"when_controller_down", "absence", optional, "what becomes of flows when no controller is there"},
     read_default_when_down}};

}  // namespace

void read_defaults(Context& c, const json::Value& value) {
  const json::Object* object = object_of(c.findings, value, "\"defaults\"");
  if (object == nullptr) return;
  read_object<SliceDefaults, Context>(c, *object, value.at, "\"defaults\"", default_keys, c.defaults);
}

void read_slices(Context& c, const json::Value& value) {
  const json::Object* slices = object_of(c.findings, value, "\"slices\"");
  if (slices == nullptr) return;
  if (slices->size() + c.document.slices.size() > most_of_a_kind) {
    c.findings.add(Code::too_big, value.at, "more than " + std::to_string(most_of_a_kind) + " slices");
    return;
  }
  for (const json::Member& member : *slices) {
    if (member.key.starts_with("x-")) continue;
    const Findings::Step step{c.findings, member.key};
    (void)check_name(c.findings, member.key, member.at, "slice");
    SliceReading into;
    into.slice.at = c.findings.position(member.at.offset);
    into.slice.name = member.key;
    const auto [first, fresh] = c.slices.emplace(member.key, into.slice.at);
    if (!fresh) report_second(c, member, "slice", first->second);
    into.slice.limits = c.defaults.limits;
    into.slice.absence = c.defaults.absence;
    into.slice.outside = c.defaults.outside;
    into.slice.lldp = c.defaults.lldp;
    const std::string what = "slice " + quoted(member.key);
    if (const json::Object* object = object_of(c.findings, member.value, what)) {
      read_object<SliceReading, Context>(c, *object, member.at, what, slice_keys, into);
    }
    c.document.slices.push_back(std::move(into.slice));
  }
}

void describe_slices(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<SliceReading, Context>("slice", slice_keys));
  describe_controller(objects);
  describe_rules(objects);
  describe_limits(objects);
  objects.push_back(facts_of<Unused, Context>("view", view_keys));
}

void describe_defaults(std::vector<ObjectFacts>& objects) {
  objects.push_back(facts_of<SliceDefaults, Context>("defaults", default_keys));
}

}  // namespace sluice::policy
