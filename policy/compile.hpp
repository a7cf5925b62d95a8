// Document to snapshot, or the reasons why not: overlap of writers (with one packet that both would own), empty
// flowspaces, colliding slice numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/document.hpp"
#include "policy/snapshot.hpp"

namespace sluice::policy {

struct Compiled {
  std::shared_ptr<const Snapshot> snapshot;  // null when there are errors
  std::vector<Diagnostic> findings;          // of the document too, in order of position
};

// Switches and slices that `previous` has too keep their ids, so that a running proxy can go over to the new snapshot;
// see Slice::gone.
[[nodiscard]] Compiled compile(const Document& document, const Snapshot* previous = nullptr);

}  // namespace sluice::policy
