// `explain`: one refused message in full, for people and for programs.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/answer.hpp"
#include "admin/answer_json.hpp"
#include "admin/answer_text.hpp"
#include "admin/table.hpp"
#include "ofmsg/text.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/refusal.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::admin {

namespace {

using slicing::Explanation;
using slicing::NearRule;
using slicing::Refusal;
using slicing::RefusalCode;

// What to ask next; {0} is the slice, {1} the switch, {2} the slice file.
struct Next {
  RefusalCode code;
  std::array<std::string_view, 2> commands;
};

constexpr std::string_view its_rules = "sluicectl slice {0}";
constexpr std::string_view its_flows = "sluicectl flows {0} --switch {1}";
constexpr std::string_view its_ports = "sluicectl switch {1}";
constexpr std::string_view what_is_free = "sluicectl flowspace -c {2} --free --switch {1}";

constexpr std::array next_table{
    Next{RefusalCode::outside_flowspace, {its_rules, what_is_free}},
    Next{RefusalCode::output_to_foreign_port, {its_ports, its_rules}},
    Next{RefusalCode::header_leaves_slice, {its_rules, what_is_free}},
    Next{RefusalCode::too_many_pieces, {its_rules, {}}},
    Next{RefusalCode::flow_quota, {its_flows, {}}},
    Next{RefusalCode::overlapping_flow, {its_flows, {}}},
    Next{RefusalCode::not_the_writer, {its_rules, {}}},
    Next{RefusalCode::foreign_in_port, {its_ports, its_rules}},
    Next{RefusalCode::too_many_requests, {its_ports, {}}},
    Next{RefusalCode::switch_refused, {its_flows, its_ports}},
    Next{RefusalCode::not_expressible, {its_ports, its_rules}},
    Next{RefusalCode::no_answer, {its_ports, {}}},
};

std::string_view help(const std::string& code) {
  const auto& table = slicing::refusal_table;
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& r) { return text(r.code) == code; });
  return row == table.end() ? std::string_view{} : row->help;
}

// As a case or `sluicectl rewrite` takes it; what is not here whole, or is no message, as its bytes.
std::string asked(const Refusal& r) {
  const auto frame = r.whole() ? ofmsg::FrameView::of(r.request) : std::nullopt;
  if (frame) return slicing::replay::spell(*frame, slicing::replay::At::controller);
  return "hex " + ofmsg::hex_digits(r.request);
}

std::size_t carried(const Refusal& r) { return std::min(r.request_size, ofmsg::max_frame_size - 12); }

// "error FLOW_MOD_FAILED(5)/EPERM(4)".
std::string sent(const Refusal& r) {
  const std::size_t slash = r.error.find('/');
  if (slash == std::string::npos) return fmt::format("error {}", r.error);
  return fmt::format("error {}({})/{}({}), with {} {} bytes of the request", r.error.substr(0, slash), r.wire.type,
                     r.error.substr(slash + 1), r.wire.code, carried(r) == r.request_size ? "all" : "the first",
                     carried(r));
}

// A word of a shell.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string{R"('\'')"} : std::string{c};
  return out + "'";
}

std::vector<std::string> next_commands(const Refusal& r, const Daemon& daemon) {
  std::vector<std::string> all;
  for (const Next& next : next_table) {
    if (text(next.code) != r.code) continue;
    for (const std::string_view command : next.commands) {
      if (command.empty()) continue;
      all.push_back(fmt::format(fmt::runtime(command), r.slice, r.switch_name, daemon.slice_file));
    }
  }
  // What is judged by the slice file alone can be tried again without anybody being disturbed.
  constexpr std::size_t room = 400;
  if (const std::string message = asked(r); r.whole() && message.size() <= room) {
    all.push_back(fmt::format("sluicectl rewrite -c {} --slice {} --switch {} --of {} {}", daemon.slice_file, r.slice,
                              r.switch_name, ofmsg::text(r.version), quoted(message)));
  }
  return all;
}

std::string header_text(const ofmsg::Match& match) { return match.matches_all() ? "any" : ofmsg::text(match); }

std::string text_of(const Explanation& e, const Daemon& daemon) {
  const Refusal& r = e.refusal;
  std::string out = fmt::format("{} xid 0x{:x} of {}{} to {}, {} ago ({}): REFUSED {}\n", r.kind, r.xid, r.slice,
                                r.controller.empty() ? "" : " from " + r.controller, r.switch_name,
                                age(daemon.now - r.at), timestamp(daemon, r.at), r.error);
  out += fmt::format("  asked    {}\n", printable(asked(r)));
  if (!r.whole()) out += fmt::format("           (the first {} of {} bytes)\n", r.request.size(), r.request_size);
  out += fmt::format("  why      {} {}\n", r.code, printable(r.why));
  if (const std::string_view general = help(r.code); !general.empty()) out += fmt::format("           {}\n", general);
  if (r.rule) out += fmt::format("  rule     {} at {}\n", r.rule->name, r.rule->position);
  for (const NearRule& near : e.nearest) {
    out += fmt::format("  {}  {}\n", &near == &e.nearest.front() ? "nearest" : "       ", near_text(near));
  }
  std::vector<std::string> ports;
  for (const ofmsg::PortNo port : e.ports) ports.push_back(ofmsg::text(port));
  out += fmt::format("  ports    {} has {} on {}\n", r.slice,
                     ports.empty() ? "none that is there" : fmt::format("{}", fmt::join(ports, ",")), r.switch_name);
  out += fmt::format("  sent     {}\n", sent(r));
  const std::vector<std::string> next = next_commands(r, daemon);
  for (std::size_t i = 0; i < next.size(); ++i) {
    out += fmt::format("  {}  {}\n", i == 0 ? "try    " : "       ", printable(next[i]));
  }
  return out;
}

Json json_of(const Explanation& e, const Daemon& daemon) {
  const Refusal& r = e.refusal;
  Json nearest = Json::array();
  for (const NearRule& near : e.nearest) nearest.push_back(admin::json_of(near));
  Json ports = Json::array();
  for (const ofmsg::PortNo port : e.ports) ports.push_back(ofmsg::text(port));
  return {{"at", timestamp(daemon, r.at)},
          {"slice", r.slice},
          {"switch", r.switch_name},
          {"controller", r.controller},
          {"openflow", ofmsg::text(r.version)},
          {"type", r.kind},
          {"xid", r.xid},
          {"asked", asked(r)},
          {"hex", ofmsg::hex_digits(r.request)},
          {"size", r.request_size},
          {"code", r.code},
          {"why", r.why},
          {"help", help(r.code)},
          {"rule", admin::json_of(r.rule)},
          {"nearest", std::move(nearest)},
          {"ports", std::move(ports)},
          {"error", {{"name", r.error}, {"type", r.wire.type}, {"code", r.wire.code}, {"request_bytes", carried(r)}}},
          {"try", next_commands(r, daemon)}};
}

}  // namespace

std::string near_text(const NearRule& near) {
  std::string out = fmt::format("{} at {}: ports {}, {}{}", near.rule.name, near.rule.position, near.ports,
                                header_text(near.header), near.reads ? " (may only be read)" : "");
  if (near.more > 0) out += fmt::format(" and {} more like it", near.more);
  return out + (near.asked.matches_all() ? "" : fmt::format("; asked was {}", ofmsg::text(near.asked)));
}

std::string explained(const std::vector<Explanation>& all, const Daemon& daemon, Form form) {
  if (form == Form::json) {
    Json answer = document("sluiced.explain");
    answer["refusals"] = Json::array();
    for (const Explanation& e : all) answer["refusals"].push_back(json_of(e, daemon));
    return dump(answer);
  }
  std::string out;
  if (all.size() > 1) out = fmt::format("{} refused messages have this xid, newest first:\n", all.size());
  for (const Explanation& e : all) out += (out.empty() ? "" : "\n") + text_of(e, daemon);
  return out;
}

ofmsg::Result<std::vector<Refusal>, std::string> find_refusals(const std::vector<Refusal>& all, std::string_view which,
                                                               std::optional<std::string_view> slice) {
  const std::string of = slice ? fmt::format(" of {}", printable(*slice)) : std::string{};
  const auto fail = [](std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; };
  std::vector<Refusal> found;
  for (const Refusal& r : all) {
    if (!slice || r.slice == *slice) found.push_back(r);
  }
  if (which == "last") {
    if (found.empty()) return fail(fmt::format("no message{} was refused", of));
    found.erase(found.begin() + 1, found.end());
    return found;
  }
  const auto xid = ofmsg::parse_number(which);
  if (!xid || *xid > 0xffffffff) {
    return fail(fmt::format("\"{}\" is neither \"last\" nor an xid, such as 113 or 0x71", printable(which)));
  }
  std::erase_if(found, [&](const Refusal& r) { return r.xid != *xid; });
  if (!found.empty()) return found;
  return fail(
      fmt::format("no refused message{} has xid 0x{:x}. Only what was refused is remembered, the last {} messages; of "
                  "what went through nothing is known here. `sluicectl rewrite` shows what becomes of a message, "
                  "`sluicectl capture` what is said from now on.",
                  of, *xid, slicing::Refusal::kept));
}

}  // namespace sluice::admin
