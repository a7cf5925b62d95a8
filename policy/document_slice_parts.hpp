// What a slice is read from. Private to the document reader.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "policy/document_parts.hpp"

namespace sluice::policy {

struct SliceReading {
  DocumentSlice slice;
  std::vector<json::Span> controllers_at;
  std::map<std::string, json::Span> rule_names;
};

// --- document_rules.cpp ----------------------------------------------------------------------------------------------

void read_flowspace(Context& context, const json::Value& value, SliceReading& into);
void describe_rules(std::vector<ObjectFacts>& objects);

// --- document_limits.cpp ---------------------------------------------------------------------------------------------

// `whose` is for messages: `slice "video"`.
void read_limits(Context& context, const json::Value& value, const std::string& whose, Limits& into);
// "when_controller_down".
void read_absence(Context& context, const json::Value& value, Absence& into);
void describe_limits(std::vector<ObjectFacts>& objects);

}  // namespace sluice::policy
