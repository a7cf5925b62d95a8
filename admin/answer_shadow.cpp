#include <fmt/format.h>

#include "admin/answer_json.hpp"
#include "admin/answer_text.hpp"
#include "admin/shadow.hpp"
#include "admin/table.hpp"

namespace sluice::admin {

namespace {

std::string shadow_text(const ShadowState& state, const Daemon& daemon) {
  std::string out = fmt::format("{}  fingerprint {:016x}, since {}\n{} messages the same, {} differences\n", state.file,
                                state.fingerprint, timestamp(daemon, state.since), state.same, state.differences);
  if (state.refused_at_start > 0) {
    out += fmt::format("{} flows stood at the beginning that it does not allow\n", state.refused_at_start);
  }
  if (state.on_their_way_at_start > 0) {
    out += fmt::format("{} switches were connecting at the beginning: judged from their next connection on\n",
                       state.on_their_way_at_start);
  }
  Table table{"SLICE", ">DIFFERENCES"};
  for (const auto& [slice, count] : state.by_slice) table.row({slice, std::to_string(count)});
  out += table.text();
  for (const ShadowDifference& difference : state.last) out += difference.text;
  return out;
}

}  // namespace

std::string shadow(const std::optional<ShadowState>& state, const Daemon& daemon, Form form) {
  if (form == Form::table) {
    if (!state) return "no second policy judges the traffic; begin with: sluicectl shadow FILE\n";
    return shadow_text(*state, daemon);
  }
  Json answer = document("sluiced.shadow");
  answer["shadow"] = nullptr;
  if (state) {
    Json last = Json::array();
    for (const ShadowDifference& difference : state->last) {
      last.push_back({{"at", timestamp(daemon, difference.at)}, {"text", difference.text}});
    }
    answer["shadow"] = {{"file", state->file},
                        {"fingerprint", fmt::format("{:016x}", state->fingerprint)},
                        {"since", timestamp(daemon, state->since)},
                        {"turns", state->turns},
                        {"same", state->same},
                        {"differences", state->differences},
                        {"refused_at_start", state->refused_at_start},
                        {"on_their_way_at_start", state->on_their_way_at_start},
                        {"by_slice", state->by_slice},
                        {"last", std::move(last)}};
  }
  return dump(answer);
}

}  // namespace sluice::admin
