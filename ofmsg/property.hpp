// Lists of parts that say their own type and length: properties, queue properties, meter bands.
//
// A part is a struct with a layout of its body and one row, or several, that tell its numbers:
//
//   struct BucketWeight {
//     static constexpr std::array tlvs{Tlv{"weight", 0, since(v1_5)}};
//     std::uint16_t weight = 0;
//   };
//
// A struct that serves several numbers has a member `type` with the one it stands for. What has no row, experimenters
// among it, survives as `UnknownProperty`. Lists keep their order, and a part may come twice: what a specification says
// against that is for `validate`.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

struct Tlv {
  std::string_view name;  // "weight": the specification's name without its prefix, in lower case
  std::uint16_t type;
  Range range = always;
};

struct UnknownProperty {
  static constexpr std::uint16_t experimenter = 0xffff;

  std::uint16_t type = experimenter;
  Bytes body;  // without type, length and the padding behind

  friend bool operator==(const UnknownProperty&, const UnknownProperty&) = default;
};

// Of any list of properties [OF 1.4 §7.2.1].
struct ExperimenterProperty {
  static constexpr std::array tlvs{Tlv{"experimenter", 0xffff, since(v1_3)}};

  std::uint32_t experimenter = 0, exp_type = 0;
  Bytes data;

  friend bool operator==(const ExperimenterProperty&, const ExperimenterProperty&) = default;
};

template <class W, of_type<ExperimenterProperty> P>
void layout(W& w, P& p) {
  w("experimenter", p.experimenter);
  w("exp_type", p.exp_type);
  w("data", p.data);
}

// Of each part: up to a multiple of 8, and not counted in its length [OF 1.4 §7.2.1], or none (bands count it).
enum class TailPadding : std::uint8_t { to_8, none };

template <Reason wrong_length, TailPadding padding, class... Parts>
struct TlvList {
  using Item = std::variant<Parts..., UnknownProperty>;

  std::vector<Item> items;

  // The first part of this type; null if there is none.
  template <class Part>
  [[nodiscard]] const Part* find() const {
    for (const Item& item : items) {
      if (const Part* part = std::get_if<Part>(&item)) return part;
    }
    return nullptr;
  }

  friend bool operator==(const TlvList&, const TlvList&) = default;
};

template <class... Parts>
using Properties = TlvList<Reason::bad_property_length, TailPadding::to_8, Parts..., ExperimenterProperty>;

// The row of a part's number in a version; null if it has none there.
template <class Part>
[[nodiscard]] constexpr const Tlv* tlv_row(std::uint16_t type, Version version) {
  for (const Tlv& row : Part::tlvs) {
    if (row.type == type && row.range.has(version)) return &row;
  }
  return nullptr;
}

template <class Part>
[[nodiscard]] constexpr std::uint16_t tlv_type(const Part& part) {
  if constexpr (requires { part.type; }) {
    return part.type;
  } else {
    return Part::tlvs.front().type;
  }
}

template <class Part>
void read_tlv(Reader& r, Part& part, std::uint16_t type, std::size_t size, Reason wrong_length) {
  if constexpr (requires { part.type; }) part.type = type;
  r.within(
      size, [&] { layout(r, part); }, wrong_length);
}

template <Reason wrong_length, TailPadding padding, class... Parts>
void wire(Reader& r, TlvList<wrong_length, padding, Parts...>& list) {
  constexpr std::size_t head = 4;
  while (!r.failed() && r.left() > 0) {
    if (r.left() < head) return r.fail(wrong_length, head, r.left());
    const auto type = r.number<std::uint16_t>();
    const std::size_t length = r.number<std::uint16_t>();
    if (length < head || length - head > r.left()) return r.fail(wrong_length, head, length);
    [[maybe_unused]] const auto as = [&](auto part) {
      using Part = decltype(part);
      if (tlv_row<Part>(type, r.version()) == nullptr) return false;
      read_tlv(r, part, type, length - head, wrong_length);
      list.items.emplace_back(std::move(part));
      return true;
    };
    if (!(... || as(Parts{}))) {
      const ByteView body = r.bytes(length - head);
      list.items.emplace_back(UnknownProperty{type, Bytes{body.begin(), body.end()}});
    }
    if constexpr (padding == TailPadding::to_8) {
      const std::size_t behind = (8 - length % 8) % 8;
      if (!r.failed() && behind > r.left()) return r.fail(wrong_length, behind, r.left());
      r.pad(behind);
    }
  }
}

template <Reason wrong_length, TailPadding padding, class... Parts>
void wire(Writer& w, const TlvList<wrong_length, padding, Parts...>& list) {
  for (const auto& item : list.items) {
    const std::size_t start = w.offset();
    std::visit(
        [&](const auto& part) {
          using Part = std::decay_t<decltype(part)>;
          if constexpr (std::same_as<Part, UnknownProperty>) {
            w.number(part.type);
            w.framed("length", 2, [&] { w.bytes(part.body); });
          } else {
            if (tlv_row<Part>(tlv_type(part), w.version()) == nullptr) return w.fail(Reason::unsupported);
            w.number(tlv_type(part));
            w.framed("length", 2, [&] { layout(w, part); });
          }
        },
        item);
    if constexpr (padding == TailPadding::to_8) w.pad((8 - (w.offset() - start) % 8) % 8);
  }
}

}  // namespace sluice::ofmsg
