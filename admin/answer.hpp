// What the daemon answers: the state of the core as tables for people and as documents for
// programs, and the JSON-RPC in which questions and answers travel. Pure: time comes in as an
// argument, text goes out.
//
// Documents are {"kind":"sluiced.status","v":1,...}. Fields are only ever added; a change of
// meaning raises "v". Times are RFC 3339 in documents and ages ("12m") in tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ofmsg/result.hpp"
#include "slicing/reload.hpp"
#include "slicing/status.hpp"
#include "slicing/trace.hpp"

namespace sluice::admin {

enum class Form : std::uint8_t { table, json };

// The last time that the slice file was read anew.
struct Reload {
  slicing::Time at{};
  bool taken = false;    // else the snapshot from before is in force
  std::string summary;   // "2 errors, 1 warning"; or why the file could not be taken in spite of being good
  std::string findings;  // with carets; may be empty
};

// What only the shell knows.
struct Daemon {
  std::string version;
  std::string slice_file;
  std::vector<std::string> listening;  // "127.0.0.1:6653"
  slicing::Time started{};
  slicing::Time now{};
  std::chrono::milliseconds wall{};  // since 1970, at `now`
  std::optional<Reload> reload;
};

// The error is a sentence that says what exists instead.
using Answer = ofmsg::Result<std::string, std::string>;

[[nodiscard]] std::string status(const slicing::DomainState& state, const Daemon& daemon, Form form);
[[nodiscard]] std::string slices(const slicing::DomainState& state, const Daemon& daemon, Form form);
[[nodiscard]] Answer slice_details(const slicing::DomainState& state, const Daemon& daemon, std::string_view name,
                                   Form form);
[[nodiscard]] std::string switches(const slicing::DomainState& state, const Daemon& daemon, Form form);
// By name or by dpid.
[[nodiscard]] Answer switch_details(const slicing::DomainState& state, const Daemon& daemon, std::string_view name,
                                    Form form);
// Virtual flows beside the physical ones that stand for them.
[[nodiscard]] std::string flows(const std::vector<slicing::FlowState>& flows, const Daemon& daemon, Form form);
[[nodiscard]] std::string rejects(const std::vector<slicing::Refusal>& refusals, const Daemon& daemon, Form form);
// Why these were refused, newest first. With the bytes where they are kept.
[[nodiscard]] std::string explained(const std::vector<slicing::Explanation>& all, const Daemon& daemon, Form form);
// Which refusals are meant: "last", or an xid ("7", "0x7"), of one slice or of all. The error says that there is none.
[[nodiscard]] ofmsg::Result<std::vector<slicing::Refusal>, std::string> find_refusals(
    const std::vector<slicing::Refusal>& all, std::string_view which, std::optional<std::string_view> slice);
// Where a packet goes. `kind` of the document: "sluiced.trace", "sluicectl.trace".
[[nodiscard]] std::string traced(const slicing::Trace& trace, std::string_view kind, Form form);
// What a new snapshot did, or with `dry_run` would do.
[[nodiscard]] std::string reloaded(const slicing::ReloadReport& report, bool dry_run, Form form);
// Why the file was not taken.
[[nodiscard]] std::string not_reloaded(const Reload& reload);
[[nodiscard]] std::string version(const Daemon& daemon, Form form);
[[nodiscard]] std::string commands(Form form);

// Why a name is not one: `no slice "vidoe"; there are "sensors", "video"`. Nothing if it is one
// (switches also by dpid).
[[nodiscard]] std::optional<std::string> unknown_slice(const slicing::DomainState& state, std::string_view name);
[[nodiscard]] const slicing::SwitchState* find_switch(const slicing::DomainState& state, std::string_view name);
[[nodiscard]] std::string unknown_switch(const slicing::DomainState& state, std::string_view name);

// "45s", "12m", "5h07m", "3d04h".
[[nodiscard]] std::string age(slicing::Time time);

// --- ovs-appctl's JSON-RPC -----------------------------------------------------------------------------------------

// {"id":0,"method":"flows","params":["video","--json"]}
struct Request {
  std::string id = "null";  // any JSON value, as it came
  std::string method;
  std::vector<std::string> params;
};

[[nodiscard]] ofmsg::Result<Request, std::string> parse_request(std::string_view json);
// {"id":0,"result":"...","error":null}, or the other way round; with a newline.
[[nodiscard]] std::string response(const std::string& id, const Answer& answer);

}  // namespace sluice::admin
