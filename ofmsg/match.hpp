// A match: a set of packets, given as one value and mask for each field that matters.
//
// Normal form, kept by every function here: terms sorted by field, at most one for a field, values masked, masks not
// zero. Two matches are equal if and only if their normal forms are. A field that has no term is unconstrained.
//
// Fields that a packet does not have (ipv4_src of an ARP packet) are handled through prerequisites: a match on such a
// field is only `closed` when it also fixes its prerequisites, and the algebra below is exact for closed matches:
//
//   covers(a, b)        every packet of b is in a
//   intersect(a, b)     the packets in both; nothing if there are none
//   subtract(a, b)      the packets of a that are not in b, as disjoint matches
//   intersect is commutative, associative and idempotent; intersect(a, b) is covered by both; subtract(a, b) and
//   intersect(a, b) are disjoint and their union is a.
//
// A VLAN field without the "present" bit means "no tag", so a value with tag bits but without that bit is no packet at
// all; `intersect` and `subtract` never return such a match. One set can be written in two ways here (value 0 says "no
// tag" whether or not the mask holds the tag bits); both are kept as they are given, and the algebra treats them alike.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ofmsg/bytes.hpp"
#include "ofmsg/fields.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/terms.hpp"

namespace sluice::ofmsg {

struct PacketKey;

// What names a match field on the wire: class, number, mask bit and size of the payload [OF 1.3.5 §7.2.3.2]. Fields of
// experimenters (class 0xffff) have an id behind it.
struct OxmHeader {
  static constexpr std::uint16_t basic = 0x8000, experimenter_class = 0xffff;

  std::uint32_t value = 0;
  std::uint32_t experimenter = 0;  // of class 0xffff

  [[nodiscard]] constexpr std::uint16_t oxm_class() const { return static_cast<std::uint16_t>(value >> 16U); }

  [[nodiscard]] constexpr std::uint8_t number() const { return static_cast<std::uint8_t>(value >> 9U & 0x7fU); }

  [[nodiscard]] constexpr bool has_mask() const { return (value >> 8U & 1U) != 0; }

  [[nodiscard]] constexpr std::uint8_t payload() const { return static_cast<std::uint8_t>(value & 0xffU); }  // bytes

  [[nodiscard]] constexpr std::size_t size() const { return oxm_class() == experimenter_class ? 8 : 4; }  // of itself

  [[nodiscard]] static OxmHeader of(Field field, bool masked = false);
  // The field of the table; nothing for other classes and numbers.
  [[nodiscard]] std::optional<Field> field() const;

  friend constexpr auto operator<=>(const OxmHeader&, const OxmHeader&) = default;
};

// Which of the wire forms a match was written in.
enum class MatchForm : std::uint8_t { struct_1_0, struct_1_1, oxm };

class Match {
 public:
  Match() = default;

  // Replaces the field's term. Bits of the value outside the mask, and of the mask outside the field, are dropped; an
  // empty mask removes the term.
  Match& set(Field field, U128 value, U128 mask);
  Match& set(Field field, U128 value);  // all bits of the field

  Match& set(Field field, std::uint64_t value) { return set(field, u128(value)); }

  Match& erase(Field field);

  // An equal match that shares no terms with this one and has no room to spare; see Terms::compact.
  [[nodiscard]] Match compact() const;

  [[nodiscard]] const Term* find(Field field) const;
  // The field's value if every bit of it is fixed.
  [[nodiscard]] std::optional<U128> exact(Field field) const;
  [[nodiscard]] std::optional<PortNo> in_port() const;

  [[nodiscard]] const Terms& terms() const { return terms_; }

  [[nodiscard]] bool matches_all() const { return terms_.empty() && unknown().empty(); }

  // OXM entries of fields that have no row in the table, as they came (header and payload), in their order. A match
  // with such entries can be relayed and printed, but not judged: the algebra asserts that there are none.
  [[nodiscard]] const std::vector<Bytes>& unknown() const { return rare().unknown; }

  void add_unknown(Bytes oxm);

  // How a lenient decoder found the match, where we would write its meaning in other bytes: fields in another order,
  // values under wildcards. Without the padding; empty where our own way is the same. It is no part of the value, is
  // said back by the encoder, and goes with the first change.
  [[nodiscard]] const Bytes& written() const { return rare().written; }

  [[nodiscard]] MatchForm written_form() const { return rare().form; }

  void keep_written(MatchForm form, ByteView bytes);

  friend bool operator==(const Match& a, const Match& b) {
    return a.terms_ == b.terms_ && (a.rare_ == b.rare_ || a.unknown() == b.unknown());
  }

  // Any total order, for maps.
  friend bool operator<(const Match& a, const Match& b) {
    const auto order = a.terms_ <=> b.terms_;
    return order != 0 ? order < 0 : a.unknown() < b.unknown();
  }

 private:
  // What hardly any match has.
  struct Rare {
    std::vector<Bytes> unknown;
    Bytes written;
    MatchForm form = MatchForm::oxm;
  };

  [[nodiscard]] const Rare& rare() const { return rare_ == nullptr ? none : *rare_; }

  // This match's alone, to be changed.
  [[nodiscard]] Rare& own_rare();
  void forget_written();

  static const Rare none;

  Terms terms_;
  std::shared_ptr<Rare> rare_;
};

// Has the match no wildcards when 1.0 says it? Such a flow has the highest priority there, whatever it was given
// [OF 1.0 §3.4].
[[nodiscard]] bool has_no_wildcards_1_0(const Match& match);

[[nodiscard]] bool covers(const Match& a, const Match& b);
[[nodiscard]] bool disjoint(const Match& a, const Match& b);
[[nodiscard]] std::optional<Match> intersect(const Match& a, const Match& b);
[[nodiscard]] std::vector<Match> subtract(const Match& a, const Match& b);
[[nodiscard]] bool matches(const Match& match, const PacketKey& key);

// The first field whose prerequisite is not met; nothing for a closed match.
[[nodiscard]] std::optional<Field> first_open_field(const Match& match);
// Does the match name 1.5's packet_type, which stands for an EtherType? In earlier versions it is an unknown field.
[[nodiscard]] bool names_packet_type(const Match& match);
// Drops fields whose prerequisites are not met, as 1.0 does with fields that mean nothing [OF 1.0 §5.2.3].
[[nodiscard]] Match without_open_fields(Match match);
// One packet of the match: unconstrained bits are zero, prerequisites fulfilled. Every field that such a packet has is
// given, so that any other match about packets either covers the witness or is disjoint from it; pipeline fields
// (metadata, tunnel_id, …) only where the match names them.
[[nodiscard]] Match witness(const Match& match);

// Can this version say the match? The field that it cannot; nothing when all is well. In 1.0 only nw_src and nw_dst
// take a mask, and that must be a prefix.
[[nodiscard]] std::optional<Field> first_inexpressible(const Match& match, Version version);

}  // namespace sluice::ofmsg
