// The codes of all findings about slice files: the one table behind messages, `docs/slice-file.md` and whoever wants to
// explain a code. Codes are never reused and never change their meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::policy {

enum class Code : std::uint8_t {
  // E01xx: the file and its values
  unreadable,
  syntax,
  unknown_key,
  duplicate_key,
  missing_key,
  wrong_type,
  not_supported,
  wrong_version,
  bad_name,
  bad_dpid,
  bad_connection,
  bad_openflow,
  bad_port,
  out_of_range,
  bad_word,
  bad_match,
  incomplete_match,
  in_port_in_match,
  not_a_header,
  too_big,
  too_many_terms,
  include_circle,
  inline_secret,
  // E03xx: the policy
  unknown_switch,
  unknown_port,
  empty_flowspace,
  no_controllers,
  same_dpid,
  same_controller,
  own_endpoint,
  same_number,
  same_listen,
  overlap,
  nowhere,
  too_complex,
  same_rule_name,
  unknown_tls,
  unknown_slice,
  forbidden_queue,
  two_forced_queues,
  // W03xx: legal, but perhaps not meant
  unused_switch,
  adds_nothing,
  nothing_included,
  hidden,
  idle_priority,
  no_arp,
  no_fragments,
  wide_expansion,
};

struct CodeFacts {
  Code code;
  std::string_view name;     // "E0102"
  std::string_view summary;  // one line, for people
};

[[nodiscard]] std::span<const CodeFacts> all_codes();  // in the order of the enumerators
[[nodiscard]] const CodeFacts& facts(Code code);
[[nodiscard]] std::optional<Code> parse_code(std::string_view name);

}  // namespace sluice::policy
