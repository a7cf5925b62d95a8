// The tables behind admin/answer.hpp, and the small things that tables and documents share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"

namespace sluice::admin {

[[nodiscard]] std::string status_text(const slicing::DomainState& state, const Daemon& daemon);
[[nodiscard]] std::string slices_text(const slicing::DomainState& state);
[[nodiscard]] std::string slice_text(const slicing::SliceState& slice, const slicing::DomainState& state,
                                     const Daemon& daemon);
[[nodiscard]] std::string switches_text(const slicing::DomainState& state, const Daemon& daemon);
[[nodiscard]] std::string switch_text(const slicing::SwitchState& found, const slicing::DomainState& state,
                                      const Daemon& daemon);
[[nodiscard]] std::string flows_text(const std::vector<slicing::FlowState>& flows);
[[nodiscard]] std::string rejects_text(const std::vector<slicing::Refusal>& refusals, const Daemon& daemon);
[[nodiscard]] std::string reloaded_text(const slicing::ReloadReport& report, bool dry_run);
[[nodiscard]] std::string commands_text();

// "vlans at campus.json:9:9: ports 1,24, dl_vlan=100 and 3 more like it; asked was dl_vlan=300".
[[nodiscard]] std::string near_text(const slicing::NearRule& near);

// What an operator should look at, as sentences.
[[nodiscard]] std::vector<std::string> warnings(const slicing::DomainState& state, const Daemon& daemon);

// RFC 3339 in UTC with milliseconds: "2026-03-01T12:00:00.123Z".
[[nodiscard]] std::string timestamp(const Daemon& daemon, slicing::Time time);

}  // namespace sluice::admin
