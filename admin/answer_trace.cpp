// `trace`: the way of one packet, for people in the manner of `ovs-appctl ofproto/trace`, and for programs.
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/answer.hpp"
#include "admin/answer_json.hpp"
#include "admin/table.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"

namespace sluice::admin {

namespace {

using namespace slicing;

std::string any_of(const ofmsg::Match& match) { return match.matches_all() ? "any" : ofmsg::text(match); }

std::string action_text(const ofmsg::Action& action, ofmsg::Version version) {
  return ofmsg::text(ofmsg::Actions{action}, version);
}

std::vector<std::string> names(const std::vector<ofmsg::Field>& fields) {
  std::vector<std::string> all;
  all.reserve(fields.size());
  for (const ofmsg::Field field : fields) all.emplace_back(ofmsg::text(field));
  return all;
}

// The header, and what of it cannot be told.
std::string header_text(const ofmsg::Match& header, const std::vector<ofmsg::Field>& unknown) {
  std::string out = any_of(header);
  if (!unknown.empty()) out += fmt::format(" (unknown: {})", fmt::join(names(unknown), ","));
  return out;
}

const std::vector<ofmsg::Field>& last_unknown(const Trace& trace) {
  static const std::vector<ofmsg::Field> none;
  return trace.steps.empty() ? none : trace.steps.back().unknown;
}

// "red (tcp:192.0.2.1:6653), watch (a copy, tcp:192.0.2.3:6653)".
std::string listeners_text(const std::vector<TraceListener>& listeners) {
  std::vector<std::string> all;
  all.reserve(listeners.size());
  for (const TraceListener& l : listeners) {
    all.push_back(fmt::format("{} ({}{})", printable(l.slice), l.copy ? "a copy, " : "",
                              l.controller.empty() ? "no controller of it is connected" : l.controller));
  }
  return all.empty() ? "nobody: no slice owns it" : fmt::format("{}", fmt::join(all, ", "));
}

std::string port_text(ofmsg::PortNo port, const std::string& name) {
  return name.empty() ? ofmsg::text(port) : fmt::format("{} ({})", ofmsg::text(port), printable(name));
}

std::string output_text(const TraceStep& step, const Trace& trace) {
  const TraceOutput& to = *step.output;
  switch (to.where) {
    case TraceOutput::Where::port:
      return fmt::format("leaves port {} {}", port_text(to.port, to.port_name),
                         step.header == trace.packet ? "unchanged" : "as " + header_text(step.header, step.unknown));
    case TraceOutput::Where::controller:
      return fmt::format("packet_in{} to {}", to.as_miss ? " (no_match)" : " (action)", listeners_text(to.listeners));
    case TraceOutput::Where::nowhere: break;
  }
  return fmt::format("not sent to port {}: {}", port_text(to.port, to.port_name), to.why);
}

std::string step_text(const TraceStep& step, const Trace& trace) {
  std::string out = action_text(step.action, trace.version);
  const std::string remark = step.remark.empty() || !step.output ? std::string{} : "; " + step.remark;
  if (step.output) return fmt::format("{:<28} {}{}", out, output_text(step, trace), remark);
  if (!step.remark.empty()) return fmt::format("{:<28} {}", out, step.remark);
  if (step.changed.matches_all() && step.unknown.empty()) return out;
  return fmt::format("{:<28} now {}", out,
                     step.changed.matches_all() && !step.unknown.empty()
                         ? fmt::format("unknown: {}", fmt::join(names(step.unknown), ","))
                         : header_text(step.changed, step.unknown));
}

std::string claims_text(const Trace& trace) {
  std::string out = trace.owner ? fmt::format("{} writes it: rule {} at {}\n", printable(trace.owner->slice),
                                              printable(trace.owner->rule.name), printable(trace.owner->rule.position))
                                : std::string{"nobody writes it\n"};
  for (const TraceClaim& reader : trace.readers) {
    out += fmt::format("               {} reads it: rule {} at {}\n", printable(reader.slice),
                       printable(reader.rule.name), printable(reader.rule.position));
  }
  return out;
}

std::string flow_text(const FlowState& flow) {
  const PieceState& piece = flow.pieces.front();
  std::string out = fmt::format("a flow of {}, {} old\n", printable(flow.slice), age(flow.age));
  out += fmt::format("     asked     priority={} {} cookie=0x{:x} {}\n", flow.priority, any_of(flow.match), flow.cookie,
                     ofmsg::text(flow.instructions, flow.version));
  out += fmt::format("     physical  priority={} {} cookie=0x{:x} {}\n", piece.priority, any_of(piece.match),
                     piece.cookie, ofmsg::text(piece.instructions, flow.version));
  return out;
}

std::string miss_text(const Trace& trace) {
  if (!trace.miss_is_dropped()) {
    return trace.miss.empty() ? "dropped and counted: no slice owns it\n"
                              : fmt::format("packet_in to {}\n", listeners_text(trace.miss));
  }
  if (!trace.owner) return "dropped: no slice owns it, so none can have a flow for it\n";
  return fmt::format(
      "dropped, as OpenFlow {} has it; with a flow of priority 0 and actions=CONTROLLER:\n"
      "               packet_in to {}\n",
      ofmsg::text(trace.version), listeners_text(trace.miss));
}

std::string text_of(const Trace& trace) {
  std::string out =
      fmt::format("packet         in_port={},{}\n", port_text(trace.in_port, trace.in_port_name), any_of(trace.packet));
  out += fmt::format("1. flowspace   {}", claims_text(trace));
  if (!trace.not_received.empty()) {
    out += fmt::format("2. flow table  not reached: {}\n", printable(trace.not_received));
  } else if (trace.discovery) {
    out += fmt::format(
        "2. flow table  a flow of Sluice's own, for link discovery\n"
        "3. discovery   packet_in to {}; a probe that a slice has sent goes to that slice only\n",
        trace.miss.empty() ? "nobody" : listeners_text(trace.miss));
  } else if (!trace.flow) {
    out += fmt::format("2. flow table  no flow of {} matches it\n3. if missed   {}", printable(trace.switch_name),
                       miss_text(trace));
  } else {
    out += fmt::format("2. flow table  {}3. actions     ", flow_text(*trace.flow));
    if (trace.steps.empty()) out += "drop\n";
    for (const TraceStep& step : trace.steps) {
      out += fmt::format("{}{}\n", &step == &trace.steps.front() ? "" : "               ", step_text(step, trace));
    }
    out += fmt::format("final flow     {}\n", header_text(trace.final(), last_unknown(trace)));
    if (!trace.leaves()) {
      out += trace.steps.empty() ? "dropped        the flow has no actions\n"
                                 : "dropped        nothing of it leaves the switch\n";
    }
  }
  if (trace.state != "up") {
    out += fmt::format("warning        {} is {}: this is what it should have\n", printable(trace.switch_name),
                       trace.state);
  }
  for (const std::string& warning : trace.warnings) out += fmt::format("warning        {}\n", printable(warning));
  return out;
}

Json json_of(const TraceClaim& claim) {
  return {{"slice", claim.slice}, {"rule", claim.rule.name}, {"at", claim.rule.position}};
}

Json json_of(const std::vector<TraceListener>& listeners) {
  Json all = Json::array();
  for (const TraceListener& l : listeners) {
    all.push_back({{"slice", l.slice},
                   {"controller", l.controller.empty() ? Json(nullptr) : Json(l.controller)},
                   {"copy", l.copy}});
  }
  return all;
}

Json json_of(const TraceOutput& to) {
  constexpr std::array<std::string_view, 3> where{"port", "controller", "nowhere"};
  Json out{{"to", where[static_cast<std::size_t>(to.where)]}};
  if (to.where == TraceOutput::Where::controller) {
    out["reason"] = to.as_miss ? "no_match" : "action";
    out["packet_ins"] = json_of(to.listeners);
    return out;
  }
  out["port"] = ofmsg::text(to.port);
  out["name"] = to.port_name;
  if (to.where == TraceOutput::Where::nowhere) out["why"] = to.why;
  return out;
}

Json flow_json(const FlowState& flow) {
  const PieceState& piece = flow.pieces.front();
  return {{"slice", flow.slice},
          {"priority", flow.priority},
          {"match", ofmsg::text(flow.match)},
          {"cookie", hex(flow.cookie)},
          {"instructions", ofmsg::text(flow.instructions, flow.version)},
          {"physical",
           {{"priority", piece.priority},
            {"match", ofmsg::text(piece.match)},
            {"cookie", hex(piece.cookie)},
            {"instructions", ofmsg::text(piece.instructions, flow.version)},
            {"state", piece.state},
            {"narrowed", piece.narrowed}}}};
}

Json steps_json(const Trace& trace) {
  Json all = Json::array();
  for (const TraceStep& step : trace.steps) {
    all.push_back({{"action", action_text(step.action, trace.version)},
                   {"header", ofmsg::text(step.header)},
                   {"unknown", names(step.unknown)},
                   {"remark", step.remark.empty() ? Json(nullptr) : Json(step.remark)},
                   {"output", step.output ? json_of(*step.output) : Json(nullptr)}});
  }
  return all;
}

// The ports that it leaves, each with the header that it has by then.
Json leaves_json(const Trace& trace) {
  Json all = Json::array();
  for (const TraceStep& step : trace.steps) {
    if (!step.output || step.output->where != TraceOutput::Where::port) continue;
    all.push_back({{"port", ofmsg::text(step.output->port)},
                   {"header", ofmsg::text(step.header)},
                   {"unknown", names(step.unknown)}});
  }
  return all;
}

}  // namespace

std::string traced(const Trace& trace, std::string_view kind, Form form) {
  if (form == Form::table) return text_of(trace);
  Json readers = Json::array();
  Json reader_rules = Json::array();
  for (const TraceClaim& reader : trace.readers) {
    readers.push_back(reader.slice);
    reader_rules.push_back(json_of(reader));
  }
  ofmsg::Match packet = trace.packet;
  packet.set(ofmsg::Field::in_port, trace.in_port.value);
  Json answer = document(kind);
  answer["switch"] = trace.switch_name;
  answer["packet"] = ofmsg::text(packet);
  answer["owner"] = trace.owner ? json_of(*trace.owner) : Json(nullptr);
  answer["readers"] = std::move(readers);
  answer["warnings"] = trace.warnings;
  answer["openflow"] = ofmsg::text(trace.version);
  answer["state"] = trace.state;
  answer["in_port"] = ofmsg::text(trace.in_port);
  answer["reader_rules"] = std::move(reader_rules);
  answer["not_received"] = trace.not_received.empty() ? Json(nullptr) : Json(trace.not_received);
  answer["flow"] = trace.flow ? flow_json(*trace.flow) : Json(nullptr);
  answer["steps"] = steps_json(trace);
  answer["leaves"] = leaves_json(trace);
  answer["final"] = {{"header", ofmsg::text(trace.final())}, {"unknown", names(last_unknown(trace))}};
  const bool missed = !trace.flow && !trace.discovery && trace.not_received.empty();
  answer["discovery"] = trace.discovery ? Json{{"packet_ins", json_of(trace.miss)}} : Json(nullptr);
  answer["if_missed"] =
      missed ? Json{{"dropped", trace.miss_is_dropped()}, {"packet_ins", json_of(trace.miss)}} : Json(nullptr);
  answer["dropped"] = !trace.leaves();
  return dump(answer);
}

}  // namespace sluice::admin
