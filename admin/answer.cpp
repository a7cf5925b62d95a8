// The documents of the daemon's state, and the JSON-RPC around them. Tables are in answer_text.cpp.
#include "admin/answer.hpp"

#include <fmt/format.h>

#include "admin/answer_json.hpp"
#include "admin/answer_text.hpp"
#include "admin/verbs.hpp"
#include "ofmsg/text.hpp"

namespace sluice::admin {

namespace {

using namespace slicing;

Json moment(const Daemon& daemon, std::optional<Time> time) {
  return time ? Json(timestamp(daemon, *time)) : Json(nullptr);
}

double seconds(Time time) { return std::chrono::duration<double>{time}.count(); }

Json undelivered(const SwitchState& s) {
  Json causes = Json::object();
  for (std::size_t i = 0; i < s.undelivered.size(); ++i) causes[slicing::undelivered_names[i]] = s.undelivered[i];
  return causes;
}

Json brief(const SwitchState& s, const Daemon& daemon) {
  return {{"name", s.name},
          {"dpid", ofmsg::text(s.dpid)},
          {"configured", s.configured},
          {"state", s.state},
          {"peer", s.peer.empty() ? Json(nullptr) : Json(s.peer)},
          {"openflow", s.version ? Json(ofmsg::text(*s.version)) : Json(nullptr)},
          {"since", moment(daemon, s.since)},
          {"virtual_flows", s.virtual_flows},
          {"physical_flows", s.physical_flows},
          {"messages_in", s.messages_in},
          {"messages_out", s.messages_out},
          {"refused", s.refused},
          {"undelivered_packet_ins", undelivered(s)},
          {"warnings", s.warnings}};
}

Json leg(const LegState& l, const Daemon& daemon) {
  return {{"slice", l.slice},
          {"switch", l.switch_name},
          {"controller", l.controller},
          {"state", l.state},
          {"role", l.role},
          {"since", moment(daemon, l.since)},
          {"next_try", moment(daemon, l.next_try)},
          {"last_error", l.last_error.empty() ? Json(nullptr) : Json(l.last_error)},
          {"messages_in", l.messages_in},
          {"messages_out", l.messages_out},
          {"refused", l.refused},
          {"packet_ins", l.packet_ins},
          {"packet_ins_dropped", l.packet_ins_dropped},
          {"holds", l.holds}};
}

template <class Chosen>
Json legs(const DomainState& state, const Daemon& daemon, Chosen chosen) {
  Json list = Json::array();
  for (const LegState& l : state.legs) {
    if (chosen(l)) list.push_back(leg(l, daemon));
  }
  return list;
}

Json brief(const SliceState& s) {
  return {{"name", s.name},
          {"owner", s.owner.empty() ? Json(nullptr) : Json(s.owner)},
          {"switches_up", s.switches_up},
          {"switches_configured", s.switches_configured},
          {"virtual_flows", s.virtual_flows},
          {"physical_flows", s.physical_flows},
          {"refused", s.refused},
          {"rules", s.rules}};
}

Json with_controllers(const SliceState& s, const DomainState& state, const Daemon& daemon) {
  Json document = brief(s);
  document["controllers"] = legs(state, daemon, [&s](const LegState& l) { return l.slice == s.name; });
  return document;
}

Json flow(const FlowState& f, const Daemon& daemon) {
  Json pieces = Json::array();
  for (const PieceState& piece : f.pieces) {
    pieces.push_back({{"priority", piece.priority},
                      {"match", ofmsg::text(piece.match)},
                      {"cookie", hex(piece.cookie)},
                      {"instructions", ofmsg::text(piece.instructions)},
                      {"state", piece.state},
                      {"narrowed", piece.narrowed}});
  }
  return {{"slice", f.slice},
          {"switch", f.switch_name},
          {"openflow", ofmsg::text(f.version)},
          {"priority", f.priority},
          {"match", ofmsg::text(f.match)},
          {"cookie", hex(f.cookie)},
          {"idle_timeout", f.idle_timeout},
          {"hard_timeout", f.hard_timeout},
          {"instructions", ofmsg::text(f.instructions)},
          {"since", timestamp(daemon, daemon.now - f.age)},
          {"physical", std::move(pieces)}};
}

}  // namespace

std::string status(const DomainState& state, const Daemon& daemon, Form form) {
  if (form == Form::table) return status_text(state, daemon);
  Json answer = document("sluiced.status");
  answer["name"] = state.name;
  answer["version"] = daemon.version;
  answer["slice_file"] = daemon.slice_file;
  answer["fingerprint"] = fmt::format("{:016x}", state.fingerprint);
  answer["listening"] = daemon.listening;
  answer["started"] = timestamp(daemon, daemon.started);
  answer["uptime_seconds"] = seconds(daemon.now - daemon.started);
  answer["reload"] = nullptr;
  if (daemon.reload) {
    answer["reload"] = {{"at", timestamp(daemon, daemon.reload->at)},
                        {"taken", daemon.reload->taken},
                        {"summary", daemon.reload->summary},
                        {"findings", daemon.reload->findings}};
  }
  answer["switches"] = Json::array();
  for (const SwitchState& s : state.switches) answer["switches"].push_back(brief(s, daemon));
  answer["slices"] = Json::array();
  for (const SliceState& s : state.slices) answer["slices"].push_back(with_controllers(s, state, daemon));
  answer["warnings"] = warnings(state, daemon);
  return dump(answer);
}

std::string slices(const DomainState& state, const Daemon& daemon, Form form) {
  if (form == Form::table) return slices_text(state);
  Json answer = document("sluiced.slices");
  answer["slices"] = Json::array();
  for (const SliceState& s : state.slices) answer["slices"].push_back(with_controllers(s, state, daemon));
  return dump(answer);
}

Answer slice_details(const DomainState& state, const Daemon& daemon, std::string_view name, Form form) {
  for (const SliceState& s : state.slices) {
    if (s.name != name) continue;
    if (form == Form::table) return slice_text(s, state, daemon);
    Json answer = document("sluiced.slice");
    answer.update(with_controllers(s, state, daemon));
    return dump(answer);
  }
  return ofmsg::Failure<std::string>{*unknown_slice(state, name)};
}

std::string switches(const DomainState& state, const Daemon& daemon, Form form) {
  if (form == Form::table) return switches_text(state, daemon);
  Json answer = document("sluiced.switches");
  answer["switches"] = Json::array();
  for (const SwitchState& s : state.switches) answer["switches"].push_back(brief(s, daemon));
  return dump(answer);
}

Answer switch_details(const DomainState& state, const Daemon& daemon, std::string_view name, Form form) {
  const SwitchState* found = find_switch(state, name);
  if (found == nullptr) return ofmsg::Failure<std::string>{unknown_switch(state, name)};
  if (form == Form::table) return switch_text(*found, state, daemon);
  Json answer = document("sluiced.switch");
  answer.update(brief(*found, daemon));
  answer["ports"] = Json::array();
  for (const PortState& port : found->ports) {
    answer["ports"].push_back({{"number", ofmsg::text(port.number)},
                               {"name", port.name},
                               {"link", port.link_up ? "up" : "down"},
                               {"slices", port.slices}});
  }
  answer["controllers"] = legs(state, daemon, [found](const LegState& l) { return l.switch_name == found->name; });
  return dump(answer);
}

std::string flows(const std::vector<FlowState>& all, const Daemon& daemon, Form form) {
  if (form == Form::table) return flows_text(all);
  Json answer = document("sluiced.flows");
  answer["flows"] = Json::array();
  for (const FlowState& f : all) answer["flows"].push_back(flow(f, daemon));
  return dump(answer);
}

std::string rejects(const std::vector<Refusal>& refusals, const Daemon& daemon, Form form) {
  if (form == Form::table) return rejects_text(refusals, daemon);
  Json answer = document("sluiced.rejects");
  answer["rejects"] = Json::array();
  for (const Refusal& r : refusals) {
    answer["rejects"].push_back({{"at", timestamp(daemon, r.at)},
                                 {"slice", r.slice},
                                 {"switch", r.switch_name},
                                 {"type", r.kind},
                                 {"xid", r.xid},
                                 {"code", r.code},
                                 {"error", r.error},
                                 {"why", r.why},
                                 {"rule", json_of(r.rule)},
                                 {"controller", r.controller}});
  }
  return dump(answer);
}

std::string reloaded(const ReloadReport& report, bool dry_run, Form form) {
  if (form == Form::table) return reloaded_text(report, dry_run);
  Json answer = document("sluiced.reload");
  answer["dry_run"] = dry_run;
  answer["changes"] = Json::array();
  for (const SliceChange& c : report.changes) {
    answer["changes"].push_back({{"switch", c.switch_name},
                                 {"slice", c.slice},
                                 {"flows_removed", c.flows_removed},
                                 {"flows_changed", c.flows_changed},
                                 {"ports_added", c.ports_added},
                                 {"ports_removed", c.ports_removed},
                                 {"controllers_added", c.controllers_added},
                                 {"controllers_removed", c.controllers_removed}});
  }
  answer["switches_gone"] = report.switches_gone;
  answer["switches_refused"] = report.switches_refused;
  answer["switches_known"] = report.switches_known;
  return dump(answer);
}

std::string not_reloaded(const Reload& reload) {
  std::string text = "the slice file was not taken, and the one before is in force: " + reload.summary;
  if (!reload.findings.empty()) text += '\n' + reload.findings;
  return text;
}

std::string version(const Daemon& daemon, Form form) {
  if (form == Form::table) return fmt::format("sluiced {}\n", daemon.version);
  Json answer = document("sluiced.version");
  answer["version"] = daemon.version;
  return dump(answer);
}

std::string commands(Form form) {
  if (form == Form::table) return commands_text();
  Json answer = document("sluiced.commands");
  answer["commands"] = Json::array();
  for (const Verb& verb : verbs()) {
    answer["commands"].push_back(
        {{"name", verb.name}, {"usage", verb.usage}, {"help", verb.help}, {"mutates", verb.mutates}});
  }
  return dump(answer);
}

// --- ovs-appctl's JSON-RPC -----------------------------------------------------------------------------------------

ofmsg::Result<Request, std::string> parse_request(std::string_view json) {
  const auto fail = [](std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; };
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return fail("this is not JSON");
  if (!parsed.is_object()) return fail("a request is an object with \"id\", \"method\" and \"params\"");
  Request request;
  if (const auto id = parsed.find("id"); id != parsed.end()) request.id = dump(*id, -1);
  const auto method = parsed.find("method");
  if (method == parsed.end() || !method->is_string()) return fail("\"method\" must be a string");
  request.method = method->get<std::string>();
  if (const auto params = parsed.find("params"); params != parsed.end()) {
    if (!params->is_array()) return fail("\"params\" must be a list of strings");
    for (const Json& param : *params) {
      if (!param.is_string()) return fail("\"params\" must be a list of strings");
      request.params.push_back(param.get<std::string>());
    }
  }
  return request;
}

std::string response(const std::string& id, const Answer& answer) {
  // ovs-appctl prints the text as it is.
  std::string text = answer ? *answer : answer.error();
  if (!text.empty() && text.back() != '\n') text += '\n';
  const std::string quoted = dump(Json(text), -1);
  return answer ? fmt::format("{{\"id\":{},\"result\":{},\"error\":null}}\n", id, quoted)
                : fmt::format("{{\"id\":{},\"result\":null,\"error\":{}}}\n", id, quoted);
}

}  // namespace sluice::admin
