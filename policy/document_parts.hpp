// What the parts of the document reader share: one function for each top-level key. Private to the document reader.
#pragma once

#include <map>
#include <utility>

#include "policy/document_reader.hpp"

namespace sluice::policy {

// What slices have that say nothing else.
struct SliceDefaults {
  Limits limits;
  Outside outside = Outside::intersect;
};

struct Context {
  Findings& findings;
  Document& document;
  // Where things stand that may not be there twice.
  std::map<std::uint64_t, Position> dpids;
  std::vector<std::pair<Endpoint, Position>> listens;
  std::map<std::string, std::size_t> switches;  // name → index in the document
  std::map<std::string, Position> slices;
  SliceDefaults defaults;
  std::size_t weight = 0;  // matches and ports of all rules; bounded
};

inline constexpr std::size_t most_of_a_kind = 32767;  // switches, slices: as many as slices have numbers

template <class T>
using Key = Field<T, Context>;

inline constexpr auto required = Presence::required;

// An address to listen on, or a controller.
struct Connection {
  std::optional<Endpoint> at;
  json::Span span;
  bool standby = false;
};

// Something of a name that another file of the policy has too.
void report_second(Context& context, const json::Member& member, std::string_view what, const Position& first);

[[nodiscard]] Connection read_listener(Context& context, const json::Value& value);
[[nodiscard]] Connection read_controller(Context& context, const json::Value& value);

void read_proxy(Context& context, const json::Value& value);
void read_switches(Context& context, const json::Value& value);
void read_defaults(Context& context, const json::Value& value);
void read_slices(Context& context, const json::Value& value);

}  // namespace sluice::policy
