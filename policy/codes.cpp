#include "policy/codes.hpp"

#include <array>

namespace sluice::policy {
namespace {

using enum Code;

constexpr std::array codes{
    CodeFacts{unreadable, "E0100", "The file cannot be read."},
    CodeFacts{syntax, "E0101", "The text is not JSON (comments are allowed)."},
    CodeFacts{unknown_key, "E0102",
              "A key that has no meaning here. Keys that begin with x- are yours and are ignored."},
    CodeFacts{duplicate_key, "E0103", "One key twice in one object."},
    CodeFacts{missing_key, "E0104", "A key that must be given is not there."},
    CodeFacts{wrong_type, "E0105", "A value of the wrong kind, such as a number where a list is wanted."},
    CodeFacts{not_supported, "E0106", "A key or value of the format that this release does not carry out yet."},
    CodeFacts{wrong_version, "E0107", "A version of the format that this release does not read."},
    CodeFacts{bad_name, "E0108",
              "A name that does not begin with a letter or digit, has other characters than letters, "
              "digits, \".\", \"_\" and \"-\", or is longer than 63 characters."},
    CodeFacts{bad_dpid, "E0109", "Not a datapath id."},
    CodeFacts{bad_connection, "E0110", "Not a connection such as tcp:HOST:PORT or ptcp:PORT:HOST."},
    CodeFacts{bad_openflow, "E0111", "Not an OpenFlow version."},
    CodeFacts{bad_port, "E0112", "Not a port, a range of ports or a name of a port."},
    CodeFacts{out_of_range, "E0113", "A number that is too small or too large."},
    CodeFacts{bad_word, "E0114", "Not one of the words that are possible here."},
    CodeFacts{bad_match, "E0115", "A match that cannot be read, or that no packet can meet."},
    CodeFacts{incomplete_match, "E0116",
              "A match on a field without the fields that it needs, such as an IP address "
              "without the EtherType."},
    CodeFacts{in_port_in_match, "E0117", "A port in the match of a rule; \"on\" says where a rule holds."},
    CodeFacts{not_a_header, "E0118", "A match on something that is no header of a packet."},
    CodeFacts{too_big, "E0119", "The file is too big, too deeply nested, or has too many switches or slices."},
    CodeFacts{too_many_terms, "E0120", "Ranges and lists of one rule that stand for too many matches or ports."},
    CodeFacts{include_circle, "E0121", "Files that include each other in a circle, or too many files."},
    CodeFacts{inline_secret, "E0122",
              "A secret in the file itself; name the file, environment variable or credential that has it."},
    CodeFacts{unknown_switch, "E0301", "A rule names a switch that \"switches\" does not have."},
    CodeFacts{unknown_port, "E0302", "A rule names a port that the switch does not have in \"ports\"."},
    CodeFacts{empty_flowspace, "E0303", "A slice without a rule."},
    CodeFacts{no_controllers, "E0304", "A slice without a controller."},
    CodeFacts{same_dpid, "E0305", "Two switches with one datapath id."},
    CodeFacts{same_controller, "E0306", "One controller twice in a slice."},
    CodeFacts{own_endpoint, "E0307", "A controller that is this proxy itself: it would talk to itself in a circle."},
    CodeFacts{same_number, "E0308", "Two slices with one number in cookies; give one of them an \"id\"."},
    CodeFacts{same_listen, "E0309", "One address to listen on twice."},
    CodeFacts{overlap, "E0310", "Two slices may both write the same traffic."},
    CodeFacts{nowhere, "E0311", "A rule that holds nowhere or for no packet."},
    CodeFacts{too_complex, "E0312", "Rules that meet in too many ways to be taken apart."},
    CodeFacts{same_rule_name, "E0313", "Two rules of one name in a slice."},
    CodeFacts{unknown_tls, "E0314", "A connection names settings that \"tls\" does not have."},
    CodeFacts{unknown_slice, "E0315", "Something names a slice that \"slices\" does not have."},
    CodeFacts{forbidden_queue, "E0316", "A queue that a rule forces, but does not allow."},
    CodeFacts{two_forced_queues, "E0317", "Two rules of a slice that force different queues at one port."},
    CodeFacts{unused_switch, "W0301", "A switch on which no slice has anything."},
    CodeFacts{adds_nothing, "W0302", "A rule whose traffic is already that of earlier rules of the slice."},
    CodeFacts{nothing_included, "W0303", "An \"include\" that no file fits."},
    CodeFacts{hidden, "W0304", "A rule whose traffic is all that of rules of higher priority."},
    CodeFacts{idle_priority, "W0305", "A priority, where \"overlap\" does not let priorities decide."},
    CodeFacts{no_arp, "W0306", "A slice with IP, but without what hosts find each other by."},
    CodeFacts{no_fragments, "W0307", "A slice that has only the first fragments of its packets."},
    CodeFacts{wide_expansion, "W0308", "A slice in which a flow that matches everything would be refused."},
};

static_assert(codes.size() == static_cast<std::size_t>(wide_expansion) + 1);
static_assert([] {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (static_cast<std::size_t>(codes[i].code) != i) return false;
  }
  return true;
}());

}  // namespace

std::span<const CodeFacts> all_codes() { return codes; }

const CodeFacts& facts(Code code) { return codes[static_cast<std::size_t>(code)]; }

std::optional<Code> parse_code(std::string_view name) {
  for (const CodeFacts& row : codes) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace sluice::policy
