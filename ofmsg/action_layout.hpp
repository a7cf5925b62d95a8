// How actions and instructions lie on the wire [OF 1.0 §5.2.4, 1.3.5 §7.2.4 and §7.2.5]: their numbers in every
// version, and the layouts of their bodies. Internal to the walkers of this folder and to tests; the lists themselves
// are action_wire.cpp's.
#pragma once

#include <array>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

// A number that an action or instruction has in some versions.
struct PartNumber {
  Range range;
  std::uint16_t type;
  std::uint16_t size;  // bytes, header included; 0: variable
};

struct PartFacts {
  std::string_view name;  // the specification's, without prefix, in lower case; of the newest version
  std::array<PartNumber, 2> numbers;

  [[nodiscard]] constexpr const PartNumber* number(Version version) const {
    for (const PartNumber& n : numbers) {
      if (n.range.has(version)) return &n;
    }
    return nullptr;
  }
};

namespace detail {

constexpr PartNumber no_number{{v1_5, v1_0}, 0, 0};

constexpr PartFacts part(std::string_view name, PartNumber a, PartNumber b = no_number) { return {name, {a, b}}; }

}  // namespace detail

template <class A>
inline constexpr PartFacts part_facts{};

template <>
inline constexpr PartFacts part_facts<Output> = detail::part("output", {only(v1_0), 0, 8}, {since(v1_1), 0, 16});
template <>
inline constexpr PartFacts part_facts<SetVlanVid> = detail::part("set_vlan_vid", {until(v1_1), 1, 8});
template <>
inline constexpr PartFacts part_facts<SetVlanPcp> = detail::part("set_vlan_pcp", {until(v1_1), 2, 8});
template <>
inline constexpr PartFacts part_facts<PopVlan> = detail::part("pop_vlan", {only(v1_0), 3, 8}, {since(v1_1), 18, 8});
template <>
inline constexpr PartFacts part_facts<SetDlSrc> = detail::part("set_dl_src", {only(v1_0), 4, 16}, {only(v1_1), 3, 16});
template <>
inline constexpr PartFacts part_facts<SetDlDst> = detail::part("set_dl_dst", {only(v1_0), 5, 16}, {only(v1_1), 4, 16});
template <>
inline constexpr PartFacts part_facts<SetNwSrc> = detail::part("set_nw_src", {only(v1_0), 6, 8}, {only(v1_1), 5, 8});
template <>
inline constexpr PartFacts part_facts<SetNwDst> = detail::part("set_nw_dst", {only(v1_0), 7, 8}, {only(v1_1), 6, 8});
template <>
inline constexpr PartFacts part_facts<SetNwTos> = detail::part("set_nw_tos", {only(v1_0), 8, 8}, {only(v1_1), 7, 8});
template <>
inline constexpr PartFacts part_facts<SetNwEcn> = detail::part("set_nw_ecn", {only(v1_1), 8, 8});
template <>
inline constexpr PartFacts part_facts<SetTpSrc> = detail::part("set_tp_src", {until(v1_1), 9, 8});
template <>
inline constexpr PartFacts part_facts<SetTpDst> = detail::part("set_tp_dst", {until(v1_1), 10, 8});
template <>
inline constexpr PartFacts part_facts<Enqueue> = detail::part("enqueue", {only(v1_0), 11, 16});
template <>
inline constexpr PartFacts part_facts<CopyTtlOut> = detail::part("copy_ttl_out", {since(v1_1), 11, 8});
template <>
inline constexpr PartFacts part_facts<CopyTtlIn> = detail::part("copy_ttl_in", {since(v1_1), 12, 8});
template <>
inline constexpr PartFacts part_facts<SetMplsLabel> = detail::part("set_mpls_label", {only(v1_1), 13, 8});
template <>
inline constexpr PartFacts part_facts<SetMplsTc> = detail::part("set_mpls_tc", {only(v1_1), 14, 8});
template <>
inline constexpr PartFacts part_facts<SetMplsTtl> = detail::part("set_mpls_ttl", {since(v1_1), 15, 8});
template <>
inline constexpr PartFacts part_facts<DecMplsTtl> = detail::part("dec_mpls_ttl", {since(v1_1), 16, 8});
template <>
inline constexpr PartFacts part_facts<PushVlan> = detail::part("push_vlan", {since(v1_1), 17, 8});
template <>
inline constexpr PartFacts part_facts<PushMpls> = detail::part("push_mpls", {since(v1_1), 19, 8});
template <>
inline constexpr PartFacts part_facts<PopMpls> = detail::part("pop_mpls", {since(v1_1), 20, 8});
template <>
inline constexpr PartFacts part_facts<SetQueue> = detail::part("set_queue", {since(v1_1), 21, 8});
template <>
inline constexpr PartFacts part_facts<Group> = detail::part("group", {since(v1_1), 22, 8});
template <>
inline constexpr PartFacts part_facts<SetNwTtl> = detail::part("set_nw_ttl", {since(v1_1), 23, 8});
template <>
inline constexpr PartFacts part_facts<DecNwTtl> = detail::part("dec_nw_ttl", {since(v1_1), 24, 8});
template <>
inline constexpr PartFacts part_facts<SetField> = detail::part("set_field", {since(v1_2), 25, 0});
template <>
inline constexpr PartFacts part_facts<PushPbb> = detail::part("push_pbb", {since(v1_3), 26, 8});
template <>
inline constexpr PartFacts part_facts<PopPbb> = detail::part("pop_pbb", {since(v1_3), 27, 8});
template <>
inline constexpr PartFacts part_facts<CopyField> = detail::part("copy_field", {only(v1_5), 28, 0});
template <>
inline constexpr PartFacts part_facts<MeterAction> = detail::part("meter", {only(v1_5), 29, 8});

template <>
inline constexpr PartFacts part_facts<GotoTable> = detail::part("goto_table", {since(v1_1), 1, 8});
template <>
inline constexpr PartFacts part_facts<WriteMetadata> = detail::part("write_metadata", {since(v1_1), 2, 24});
template <>
inline constexpr PartFacts part_facts<WriteActions> = detail::part("write_actions", {since(v1_1), 3, 0});
template <>
inline constexpr PartFacts part_facts<ApplyActions> = detail::part("apply_actions", {since(v1_1), 4, 0});
template <>
inline constexpr PartFacts part_facts<ClearActions> = detail::part("clear_actions", {since(v1_1), 5, 8});
template <>
inline constexpr PartFacts part_facts<Meter> = detail::part("meter", {between(v1_3, v1_4), 6, 8});
template <>
inline constexpr PartFacts part_facts<StatTrigger> = detail::part("stat_trigger", {only(v1_5), 7, 0});

// --- bodies: what is behind type and length
// ---------------------------------------------------------------------------
template <class W, of_type<Output> A>
void layout(W& w, A& a) {
  w("port", a.port);
  w("max_len", a.max_len);
  w.pad(6, since(v1_1));
}

template <class W, of_type<SetVlanVid> A>
void layout(W& w, A& a) {
  w("vlan_vid", a.vid);
  w.pad(2);
}

template <class W, of_type<SetVlanPcp> A>
void layout(W& w, A& a) {
  w("vlan_pcp", a.pcp);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, SetDlSrc> || of_type<A, SetDlDst>

void layout(W& w, A& a) {
  w("dl_addr", a.mac);
  w.pad(6);
}
template <class W, class A>
requires of_type<A, SetNwSrc> || of_type<A, SetNwDst>

void layout(W& w, A& a) { w("nw_addr", a.ip); }

template <class W, of_type<SetNwTos> A>
void layout(W& w, A& a) {
  w("nw_tos", a.tos);
  w.pad(3);
}

template <class W, of_type<SetNwEcn> A>
void layout(W& w, A& a) {
  w("nw_ecn", a.ecn);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, SetTpSrc> || of_type<A, SetTpDst>

void layout(W& w, A& a) {
  w("tp_port", a.port);
  w.pad(2);
}

template <class W, of_type<Enqueue> A>
void layout(W& w, A& a) {
  w("port", a.port);
  w.pad(6);
  w("queue_id", a.queue);
}
template <class W, class A>
requires of_type<A, PushVlan> || of_type<A, PushMpls> || of_type<A, PopMpls> || of_type<A, PushPbb>

void layout(W& w, A& a) {
  w("ethertype", a.ethertype);
  w.pad(2);
}

template <class W, of_type<SetQueue> A>
void layout(W& w, A& a) {
  w("queue_id", a.queue);
}

template <class W, of_type<Group> A>
void layout(W& w, A& a) {
  w("group_id", a.id);
}
template <class W, class A>
requires of_type<A, SetMplsTtl> || of_type<A, SetNwTtl>

void layout(W& w, A& a) {
  w("ttl", a.ttl);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, PopVlan> || of_type<A, PopPbb> || of_type<A, DecMplsTtl> || of_type<A, DecNwTtl> ||
    of_type<A, CopyTtlOut> || of_type<A, CopyTtlIn>

void layout(W& w, A&) { w.pad(4); }

// One OXM and zeros up to a multiple of 8 [OF 1.3.5 §7.2.5]: action_wire.cpp.
void layout(Reader& r, SetField& a);
void layout(Writer& w, const SetField& a);

template <class W, of_type<CopyField> A>
void layout(W& w, A& a) {
  w("n_bits", a.n_bits);
  w("src_offset", a.src_offset);
  w("dst_offset", a.dst_offset);
  w.pad(2);
  w("src", a.src);
  w("dst", a.dst);
  // Up to a multiple of 8; an experimenter's field takes 8 bytes instead of 4.
  w.pad((a.src.size() + a.dst.size() + 12) % 8 == 0 ? 0 : 4);
}

template <class W, of_type<SetMplsLabel> A>
void layout(W& w, A& a) {
  w("mpls_label", a.label);
}

template <class W, of_type<SetMplsTc> A>
void layout(W& w, A& a) {
  w("mpls_tc", a.tc);
  w.pad(3);
}

template <class W, of_type<MeterAction> A>
void layout(W& w, A& a) {
  w("meter_id", a.id);
}

template <class W, of_type<GotoTable> I>
void layout(W& w, I& i) {
  w("table_id", i.table_id);
  w.pad(3);
}

template <class W, of_type<WriteMetadata> I>
void layout(W& w, I& i) {
  w.pad(4);
  w("metadata", i.metadata);
  w("metadata_mask", i.mask);
}

template <class W, class I>
requires of_type<I, WriteActions> || of_type<I, ApplyActions>

void layout(W& w, I& i) {
  w.pad(4);
  w("actions", i.actions);
}

// A sender may not put actions in it, and its length is 8 [OF 1.3.5 §7.2.4].
template <class W, of_type<ClearActions> I>
void layout(W& w, I&) {
  w.pad(4);
}

template <class W, of_type<Meter> I>
void layout(W& w, I& i) {
  w("meter_id", i.id);
}

template <class W, of_type<StatTrigger> I>
void layout(W& w, I& i) {
  w("flags", i.flags);
  w("thresholds", i.thresholds);
}

}  // namespace sluice::ofmsg
