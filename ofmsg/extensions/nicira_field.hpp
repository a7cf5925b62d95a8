// Open vSwitch's actions on fields: moving, loading, the stack.
#pragma once

#include "ofmsg/extensions/nicira_action.hpp"

namespace sluice::ofmsg {

// Some bits of one field into another. Since 1.5 that is copy_field.
struct NxRegMove {
  static constexpr Extension extension = nx_action("nx_reg_move", 6, until(v1_4));
  std::uint16_t n_bits = 0, src_offset = 0, dst_offset = 0;
  OxmHeader src, dst;
  friend bool operator==(const NxRegMove&, const NxRegMove&) = default;
};

template <class W, of_type<NxRegMove> A>
void layout(W& w, A& a) {
  w("n_bits", a.n_bits);
  w("src_offset", a.src_offset);
  w("dst_offset", a.dst_offset);
  w("src", a.src);
  w("dst", a.dst);
  w.align(nx_action_head);
}

// The same as the ONF has it for 1.3 and 1.4 (EXT-320).
struct OnfCopyField {
  static constexpr Extension extension{"onf_copy_field", ExtensionPlace::action, onf, 3200, between(v1_3, v1_4)};
  std::uint16_t n_bits = 0, src_offset = 0, dst_offset = 0;
  OxmHeader src, dst;
  friend bool operator==(const OnfCopyField&, const OnfCopyField&) = default;
};

template <class W, of_type<OnfCopyField> A>
void layout(W& w, A& a) {
  w.pad(2);
  w("n_bits", a.n_bits);
  w("src_offset", a.src_offset);
  w("dst_offset", a.dst_offset);
  w.pad(2);
  w("src", a.src);
  w("dst", a.dst);
  w.align(nx_action_head);
}

// A number into some bits of a field. Since 1.5 that is set_field.
struct NxRegLoad {
  static constexpr Extension extension = nx_action("nx_reg_load", 7, until(v1_4));
  BitRange bits;
  ShortHeader dst;
  std::uint64_t value = 0;
  friend bool operator==(const NxRegLoad&, const NxRegLoad&) = default;
};

template <class W, of_type<NxRegLoad> A>
void layout(W& w, A& a) {
  w("bits", a.bits);
  w("dst", a.dst);
  w("value", a.value);
}

struct NxRegLoad2 {
  static constexpr Extension extension = nx_action("nx_reg_load2", 33, until(v1_4));
  FieldEntry entry;
  friend bool operator==(const NxRegLoad2&, const NxRegLoad2&) = default;
};

template <class W, of_type<NxRegLoad2> A>
void layout(W& w, A& a) {
  w("entry", a.entry);
  w.align(nx_action_head);
}

template <std::uint32_t subtype>
struct NxStack {
  static constexpr Extension extension = nx_action(subtype == 27 ? "nx_stack_push" : "nx_stack_pop", subtype);
  std::uint16_t offset = 0;
  OxmHeader field;
  std::uint16_t n_bits = 0;
  friend bool operator==(const NxStack&, const NxStack&) = default;
};

using NxStackPush = NxStack<27>;
using NxStackPop = NxStack<28>;

template <class W, class A>
requires of_type<A, NxStackPush> || of_type<A, NxStackPop>

void layout(W& w, A& a) {
  w("offset", a.offset);
  w("field", a.field);
  w("n_bits", a.n_bits);
  w.pad(10 - a.field.size());
}

// One bit: is the packet longer than this?
struct NxCheckPktLarger {
  static constexpr Extension extension = nx_action("nx_check_pkt_larger", 49);
  std::uint16_t pkt_len = 0;
  std::uint16_t offset = 0;
  OxmHeader dst;
  friend bool operator==(const NxCheckPktLarger&, const NxCheckPktLarger&) = default;
};

template <class W, of_type<NxCheckPktLarger> A>
void layout(W& w, A& a) {
  w("pkt_len", a.pkt_len);
  w("offset", a.offset);
  w("dst", a.dst);
  w.pad(10 - a.dst.size());
}

// Takes a tunnel option away.
struct NxDeleteField {
  static constexpr Extension extension = nx_action("nx_delete_field", 50);
  OxmHeader field;
  friend bool operator==(const NxDeleteField&, const NxDeleteField&) = default;
};

template <class W, of_type<NxDeleteField> A>
void layout(W& w, A& a) {
  w("field", a.field);
  w.pad(14 - a.field.size());
}

}  // namespace sluice::ofmsg
