// The ports of a switch and the "on" of a rule. Private to the document reader.
#pragma once

#include "policy/document_parts.hpp"

namespace sluice::policy {

// "ports" of a switch: name → number, or the name that the switch reports.
void read_ports(Context& context, const json::Value& value, DocumentSwitch& into);
void describe_ports(std::vector<ObjectFacts>& objects);

// "on" of a rule.
void read_on(Context& context, const json::Value& value, DocumentRule& into);

}  // namespace sluice::policy
