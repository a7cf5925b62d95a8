// The "match" of a rule: ovs-ofctl text, an object of fields, or a list of these. Private to the document reader.
#pragma once

#include <vector>

#include "policy/document_reader.hpp"

namespace sluice::policy {

// Adds the matches to `into`, which then is a union of what was there and these.
void read_match(Findings& findings, const json::Value& value, std::vector<ofmsg::Match>& into);

}  // namespace sluice::policy
