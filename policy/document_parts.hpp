// What the parts of the document reader share: one function for each top-level key. Private to the document reader.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "policy/document_reader.hpp"

namespace sluice::policy {

// What slices have that say nothing else.
struct SliceDefaults {
  Limits limits;
  Absence absence;
  Outside outside = Outside::intersect;
  Lldp lldp = Lldp::own;
};

// The name of a slice, where it stands before the slices are known.
struct SliceMention {
  std::size_t source;  // number of the text in the findings
  json::Span at;
  std::string name;
};

struct Context {
  Findings& findings;
  Document& document;
  // Where things stand that may not be there twice.
  std::map<std::uint64_t, Position> dpids;
  std::vector<std::pair<Endpoint, Position>> listens;
  std::map<std::string, std::size_t> switches;  // name → index in the document
  std::map<std::string, Position> slices;
  std::map<std::string, Position> tls;
  std::optional<SliceMention> unmatched;
  SliceDefaults defaults;
  std::size_t weight = 0;  // matches and ports of all rules; bounded
};

inline constexpr std::size_t most_of_a_kind = 32767;  // switches, slices: as many as slices have numbers

template <class T>
using Key = Field<T, Context>;

inline constexpr auto optional = Presence::optional;
inline constexpr auto required = Presence::required;
inline constexpr auto later = Presence::later;

// Reads an object whose values are only checked, because nothing makes use of them yet.
struct Unused {};

using UnusedKey = Key<Unused>;

// An address to listen on, or a controller.
struct Connection {
  std::optional<Endpoint> at;
  json::Span span;
  bool standby = false, read_only = false;
};

// Something of a name that another file of the policy has too.
void report_second(Context& context, const json::Member& member, std::string_view what, const Position& first);

[[nodiscard]] Connection read_listener(Context& context, const json::Value& value);
[[nodiscard]] Connection read_controller(Context& context, const json::Value& value);

[[nodiscard]] std::optional<std::uint64_t> dpid_of(Findings& findings, const json::Value& value);

// The "tls" of a connection: the name of settings.
void read_tls_name(Context& context, const json::Value& value);

// One function for each top-level key; and the objects that may stand there, for the description of the format.
void read_tls(Context& context, const json::Value& value);
void read_proxy(Context& context, const json::Value& value);
void read_switches(Context& context, const json::Value& value);
void read_defaults(Context& context, const json::Value& value);
void read_slices(Context& context, const json::Value& value);
void describe_tls(std::vector<ObjectFacts>& objects);
void describe_proxy(std::vector<ObjectFacts>& objects);
void describe_controller(std::vector<ObjectFacts>& objects);
void describe_switches(std::vector<ObjectFacts>& objects);
void describe_defaults(std::vector<ObjectFacts>& objects);
void describe_slices(std::vector<ObjectFacts>& objects);

}  // namespace sluice::policy
