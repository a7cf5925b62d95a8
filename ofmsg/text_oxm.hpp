// Fields of other classes than the standard's as ovs-ofctl writes them; internal to the printers and readers of this
// folder.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "ofmsg/oxm_names.hpp"
#include "ofmsg/text_scan.hpp"

namespace sluice::ofmsg {

// "NXM_NX_REG0[0..15]": some bits of a field; nothing between the brackets for all of them.
[[nodiscard]] std::string bits_text(OxmHeader header, unsigned offset, unsigned count);
// A value and its mask, as set_field has it.
[[nodiscard]] std::string oxm_value_text(const OxmField& field, ByteView value, ByteView mask);
// "0x12" without leading zeros, of any length.
[[nodiscard]] std::string hex_number(ByteView bytes);

// What a match has beside its terms, sorted out for printing. What is another name for a field of the standard goes to
// a copy of the match, which is good for printing only: the words do not tell the forms apart.
class OtherFields {
 public:
  explicit OtherFields(const Match& match);

  // With the terms that are said in other forms.
  [[nodiscard]] const Match& match() const { return match_; }

  [[nodiscard]] bool any() const { return any_; }

  // "name=value" of the field, under the name that matches have for it; then it is done with. Empty: not there.
  [[nodiscard]] std::string take(std::string_view name);
  [[nodiscard]] std::string take_register(unsigned number);
  // Whatever is left.
  [[nodiscard]] std::vector<std::string> rest();

 private:
  struct Register {
    std::uint32_t value = 0, mask = 0;
  };

  void add(const Bytes& oxm);
  [[nodiscard]] bool add_standard(const OxmEntry& entry);
  [[nodiscard]] bool add_registers(const OxmEntry& entry);

  Match match_;
  bool any_;
  std::array<Register, 16> registers_{};
  std::map<std::string, OxmEntry, std::less<>> others_;
  std::vector<std::string> unknown_;
};

// A value as `oxm_value_text` writes it, with its mask if there is one.
[[nodiscard]] Read<OxmEntry> read_oxm_value(const OxmField& field, Word text);

// Some bits of a field: "NXM_NX_REG0[0..15]", "reg0[]", "reg0".
struct Subfield {
  OxmField field;
  unsigned offset = 0;
  unsigned count = 0;
};

[[nodiscard]] Read<Subfield> read_subfield(Word text);

}  // namespace sluice::ofmsg
