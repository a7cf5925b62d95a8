// The checks of what messages are made of: matches, actions, instructions, properties, experimenters' parts. Internal
// to validate.cpp and validate_parts.cpp.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ofmsg/property.hpp"
#include "ofmsg/validate.hpp"

namespace sluice::ofmsg {

class PartsValidator {
 public:
  // Where actions stand.
  enum class Where : std::uint8_t { flow, packet_out, action_set };

  PartsValidator(Version version, const Extensions& known) : version_{version}, known_{known} {}

  void fault(Reason reason, std::string where, std::string what);

  void match(const std::string& where, const Match& match);
  // 1.5: a packet_out tells where a packet comes from, not what it is.
  void pipeline_only(const std::string& where, const Match& match);
  void actions(const std::string& where, const Actions& actions, Where place);
  void instructions(const std::string& where, const Instructions& instructions, const Match* match,
                    std::uint8_t table_id);

  template <class Part>
  void experimenter(const Part& part) {
    extension(extension_body(part, version_), part.experimenter);
  }

  // Unknown types, and types given twice. Experimenters' may come more than once.
  template <class List>
  void properties(const std::string& where, const List& list) {
    std::set<std::uint16_t> seen;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const std::string path = where + '[' + std::to_string(i) + ']';
      std::visit([&](const auto& part) { property(path, part, seen); }, list.items[i]);
    }
  }

  [[nodiscard]] const Extensions& known() const { return known_; }

  [[nodiscard]] std::vector<Fault> take() { return std::move(faults_); }

 private:
  friend class ActionValidator;

  void extension(const std::optional<ExtensionBody>& body, std::uint32_t experimenter);
  [[nodiscard]] bool knows(std::uint32_t experimenter) const;

  template <class Part>
  void property(const std::string& where, const Part& part, std::set<std::uint16_t>& seen) {
    if constexpr (std::same_as<Part, UnknownProperty>) {
      constexpr std::uint16_t first_experimenter = 0xfffe;  // of two, where masters and slaves differ
      if (part.type >= first_experimenter) return;
      fault(Reason::bad_property_type, where, "unknown property " + std::to_string(part.type));
    } else if (!std::same_as<Part, ExperimenterProperty> && !seen.insert(tlv_type(part)).second) {
      fault(Reason::property_dup, where, "given twice");
    }
  }

  Version version_;
  const Extensions& known_;
  std::vector<Fault> faults_;
};

}  // namespace sluice::ofmsg
