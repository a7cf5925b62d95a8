#include "admin/verbs.hpp"

#include <algorithm>
#include <array>

namespace sluice::admin {

namespace {

constexpr std::array<Verb, 13> table{{
    {"exit", "", "end the daemon as SIGTERM does; flows stay on the switches", 0, 0, true},
    {"explain", "XID|last [--slice S]", "why a message was refused: what was asked, by which rule, and what to try", 1,
     1, false},
    {"flows", "[SLICE] [--switch S]", "flows as controllers asked for them, beside what the switches hold", 0, 1,
     false},
    {"list-commands", "", "this list", 0, 0, false},
    {"rejects", "[SLICE]", "the last messages that were refused, and why", 0, 1, false},
    {"reload", "[--dry-run] [--wait]",
     "read the slice file anew; --wait tells what that did, --dry-run what it would do", 0, 0, true},
    {"shadow", "[FILE|off]",
     "let another slice file judge the traffic without effect, or tell where it would have differed", 0, 1, true},
    {"slice", "[ls|NAME]", "slices with their controllers, or one of them in full", 0, 1, false},
    {"status", "", "switches, slices and what needs attention", 0, 0, false},
    {"switch", "[ls|DPID|NAME]", "switches, or one of them with its ports", 0, 1, false},
    {"tap", "", "a recording of everything from now on, as bytes (for sluicectl record and capture)", 0, 0, false},
    {"trace", "SWITCH PACKET", "where a packet goes: whose it is, which flow it meets, what leaves", 2, 16, false},
    {"version", "", "the daemon's version", 0, 0, false},
}};

constexpr bool by_name(const Verb& a, const Verb& b) { return a.name < b.name; }

static_assert(std::is_sorted(table.begin(), table.end(), by_name));

}  // namespace

std::span<const Verb> verbs() { return table; }

}  // namespace sluice::admin
