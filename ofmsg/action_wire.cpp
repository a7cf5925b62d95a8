// Actions and instructions on the wire [OF 1.0 §5.2.4, 1.3.5 §7.2.4 and §7.2.5].
//
// Both are lists of (type, length, body). The table below gives each action its number in every version; the layout of
// its body stands beside it, walked in both directions. Types without a row, and experimenters, are kept whole.
#include <array>
#include <utility>
#include <variant>

#include "ofmsg/walk.hpp"

namespace sluice::ofmsg {

namespace {

// Numbers of an action: from one version to another, as 1.1 renumbered what 1.0 had.
struct Numbering {
  Range range;
  std::uint16_t type;
  std::uint16_t size;  // bytes, header included; 0: variable (set_field)
};

template <class A>
constexpr std::array<Numbering, 2> numbering = {};

constexpr Range never{v1_5, v1_0};
constexpr Numbering none{never, 0, 0};

template <>
constexpr std::array numbering<Output>{Numbering{only(v1_0), 0, 8}, Numbering{since(v1_1), 0, 16}};
template <>
constexpr std::array numbering<SetVlanVid>{Numbering{until(v1_1), 1, 8}, none};
template <>
constexpr std::array numbering<SetVlanPcp>{Numbering{until(v1_1), 2, 8}, none};
template <>
constexpr std::array numbering<PopVlan>{Numbering{only(v1_0), 3, 8}, Numbering{since(v1_1), 18, 8}};
template <>
constexpr std::array numbering<SetDlSrc>{Numbering{only(v1_0), 4, 16}, Numbering{only(v1_1), 3, 16}};
template <>
constexpr std::array numbering<SetDlDst>{Numbering{only(v1_0), 5, 16}, Numbering{only(v1_1), 4, 16}};
template <>
constexpr std::array numbering<SetNwSrc>{Numbering{only(v1_0), 6, 8}, Numbering{only(v1_1), 5, 8}};
template <>
constexpr std::array numbering<SetNwDst>{Numbering{only(v1_0), 7, 8}, Numbering{only(v1_1), 6, 8}};
template <>
constexpr std::array numbering<SetNwTos>{Numbering{only(v1_0), 8, 8}, Numbering{only(v1_1), 7, 8}};
template <>
constexpr std::array numbering<SetNwEcn>{Numbering{only(v1_1), 8, 8}, none};
template <>
constexpr std::array numbering<SetTpSrc>{Numbering{until(v1_1), 9, 8}, none};
template <>
constexpr std::array numbering<SetTpDst>{Numbering{until(v1_1), 10, 8}, none};
template <>
constexpr std::array numbering<Enqueue>{Numbering{only(v1_0), 11, 16}, none};
template <>
constexpr std::array numbering<CopyTtlOut>{Numbering{since(v1_1), 11, 8}, none};
template <>
constexpr std::array numbering<CopyTtlIn>{Numbering{since(v1_1), 12, 8}, none};
template <>
constexpr std::array numbering<SetMplsTtl>{Numbering{since(v1_1), 15, 8}, none};
template <>
constexpr std::array numbering<DecMplsTtl>{Numbering{since(v1_1), 16, 8}, none};
template <>
constexpr std::array numbering<PushVlan>{Numbering{since(v1_1), 17, 8}, none};
template <>
constexpr std::array numbering<PushMpls>{Numbering{since(v1_1), 19, 8}, none};
template <>
constexpr std::array numbering<PopMpls>{Numbering{since(v1_1), 20, 8}, none};
template <>
constexpr std::array numbering<SetQueue>{Numbering{since(v1_1), 21, 8}, none};
template <>
constexpr std::array numbering<Group>{Numbering{since(v1_1), 22, 8}, none};
template <>
constexpr std::array numbering<SetNwTtl>{Numbering{since(v1_1), 23, 8}, none};
template <>
constexpr std::array numbering<DecNwTtl>{Numbering{since(v1_1), 24, 8}, none};
template <>
constexpr std::array numbering<SetField>{Numbering{since(v1_2), 25, 0}, none};
template <>
constexpr std::array numbering<PushPbb>{Numbering{since(v1_3), 26, 8}, none};
template <>
constexpr std::array numbering<PopPbb>{Numbering{since(v1_3), 27, 8}, none};

// The body after type and length.
template <class W, of_type<Output> A>
void body(W& w, A& a) {
  w("port", a.port);
  w("max_len", a.max_len);
  w.pad(6, since(v1_1));
}

template <class W, of_type<SetVlanVid> A>
void body(W& w, A& a) {
  w("vlan_vid", a.vid);
  w.pad(2);
}

template <class W, of_type<SetVlanPcp> A>
void body(W& w, A& a) {
  w("vlan_pcp", a.pcp);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, SetDlSrc> || of_type<A, SetDlDst>

void body(W& w, A& a) {
  w("dl_addr", a.mac);
  w.pad(6);
}
template <class W, class A>
requires of_type<A, SetNwSrc> || of_type<A, SetNwDst>

void body(W& w, A& a) { w("nw_addr", a.ip); }

template <class W, of_type<SetNwTos> A>
void body(W& w, A& a) {
  w("nw_tos", a.tos);
  w.pad(3);
}

template <class W, of_type<SetNwEcn> A>
void body(W& w, A& a) {
  w("nw_ecn", a.ecn);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, SetTpSrc> || of_type<A, SetTpDst>

void body(W& w, A& a) {
  w("tp_port", a.port);
  w.pad(2);
}

template <class W, of_type<Enqueue> A>
void body(W& w, A& a) {
  w("port", a.port);
  w.pad(6);
  w("queue_id", a.queue);
}
template <class W, class A>
requires of_type<A, PushVlan> || of_type<A, PushMpls> || of_type<A, PopMpls> || of_type<A, PushPbb>

void body(W& w, A& a) {
  w("ethertype", a.ethertype);
  w.pad(2);
}

template <class W, of_type<SetQueue> A>
void body(W& w, A& a) {
  w("queue_id", a.queue);
}

template <class W, of_type<Group> A>
void body(W& w, A& a) {
  w("group_id", a.id);
}
template <class W, class A>
requires of_type<A, SetMplsTtl> || of_type<A, SetNwTtl>

void body(W& w, A& a) {
  w("ttl", a.ttl);
  w.pad(3);
}
template <class W, class A>
requires of_type<A, PopVlan> || of_type<A, PopPbb> || of_type<A, DecMplsTtl> || of_type<A, DecNwTtl> ||
    of_type<A, CopyTtlOut> || of_type<A, CopyTtlIn>

void body(W& w, A&) { w.pad(4); }

// One OXM and zeros up to a multiple of 8 [OF 1.3.5 §7.2.5].
void body(Reader& r, SetField& a) {
  const auto header = r.number<std::uint32_t>();
  if (r.failed()) return;
  const bool has_mask = ((header >> 8U) & 1U) != 0;
  const std::optional<Field> field =
      header >> 16U == 0x8000U ? field_of_oxm(static_cast<std::uint8_t>((header >> 9U) & 0x7fU)) : std::nullopt;
  if (!field || facts(*field).since > r.version()) return r.fail(Reason::bad_set_type);
  const FieldFacts& f = facts(*field);
  if (has_mask && r.version() < v1_5) return r.fail(Reason::bad_set_type);
  const std::size_t size = header & 0xffU;
  if (size != std::size_t{f.bytes} * (has_mask ? 2 : 1)) return r.fail(Reason::bad_action_len, f.bytes, size);
  a.field = *field;
  a.value = read_field_value(r, f.bytes);
  a.mask = has_mask ? read_field_value(r, f.bytes) : ones(f.bits);
  if (r.failed()) return;
  if (!(a.value & ~ones(f.bits)).zero() || !(a.value & ~a.mask).zero()) return r.fail(Reason::bad_set_value);
  if (r.left() >= 8) return r.fail(Reason::bad_action_len, 0, r.left());
  r.pad(r.left());
}

void body(Writer& w, const SetField& a) {
  const FieldFacts& f = facts(a.field);
  const bool masked = a.mask != ones(f.bits);
  if (f.since > w.version() || (masked && w.version() < v1_5)) return w.fail(Reason::unsupported);
  const std::size_t payload = std::size_t{f.bytes} * (masked ? 2 : 1);
  w.number(0x80000000U | std::uint32_t{f.oxm} << 9U | (masked ? 1U : 0U) << 8U | static_cast<std::uint32_t>(payload));
  write_field_value(w, a.value, f.bytes);
  if (masked) write_field_value(w, a.mask, f.bytes);
  w.pad((8 - (8 + payload) % 8) % 8);
}

// Reads the action if it is an A in this version; false if it is another.
template <class A>
bool read_if(Reader& r, std::uint16_t type, std::uint16_t size, Actions& actions) {
  for (const Numbering& n : numbering<A>) {
    if (!n.range.has(r.version()) || n.type != type) continue;
    if (n.size != 0 && n.size != size) {
      r.fail(Reason::bad_action_len, n.size, size);
    } else {
      A action;
      r.within(size - 4U, [&] { body(r, action); });
      if (!r.failed()) actions.emplace_back(std::move(action));
    }
    return true;
  }
  return false;
}

// Reads the action as the kind that has this number; false if none has.
template <class... A>
bool read_one(Reader& r, std::uint16_t type, std::uint16_t size, Actions& actions, std::variant<A...>*) {
  return (... || [&] {
    if constexpr (std::same_as<A, UnknownAction>) {
      return false;
    } else {
      return read_if<A>(r, type, size, actions);
    }
  }());
}

template <class A>
void write_one(Writer& w, const A& action) {
  if constexpr (std::same_as<A, UnknownAction>) {
    w.bytes(action.bytes);
  } else {
    for (const Numbering& n : numbering<A>) {
      if (!n.range.has(w.version())) continue;
      w.number(n.type);
      w.framed("len", 2, [&] { body(w, action); });
      return;
    }
    w.fail(Reason::unsupported);
  }
}

enum InstructionType : std::uint16_t {
  goto_table = 1,
  write_metadata,
  write_actions,
  apply_actions,
  clear_actions,
  meter
};

void read_instruction(Reader& r, Instructions& instructions) {
  const ByteView start = r.peek(r.left());
  const auto type = r.number<std::uint16_t>();
  const auto size = r.number<std::uint16_t>();
  if (r.failed()) return;
  if (size < 8 || size % 8 != 0 || size - 4U > r.left()) return r.fail(Reason::bad_instruction_length, 8, size);
  const auto fixed = [&](std::size_t want) {
    if (size != want) r.fail(Reason::bad_instruction_length, want, size);
  };
  switch (type) {
    case goto_table: {
      fixed(8);
      GotoTable i{r.number<std::uint8_t>()};
      r.pad(3);
      instructions.emplace_back(i);
      return;
    }
    case write_metadata: {
      fixed(24);
      r.pad(4);
      WriteMetadata i;
      i.metadata = r.number<std::uint64_t>();
      i.mask = r.number<std::uint64_t>();
      instructions.emplace_back(i);
      return;
    }
    case write_actions:
    case apply_actions: {
      r.pad(4);
      Actions actions;
      r.within(size - 8U, [&] { wire(r, actions); });
      if (type == write_actions) {
        instructions.emplace_back(WriteActions{std::move(actions)});
      } else {
        instructions.emplace_back(ApplyActions{std::move(actions)});
      }
      return;
    }
    case clear_actions:
      // The standard says 8 bytes; a sender may not put actions in it [OF 1.3.5 §7.2.4].
      fixed(8);
      r.pad(4);
      instructions.emplace_back(ClearActions{});
      return;
    case meter:
      if (between(v1_3, v1_4).has(r.version())) {
        fixed(8);
        instructions.emplace_back(Meter{r.number<std::uint32_t>()});
        return;
      }
      [[fallthrough]];
    default: {
      const ByteView whole = start.first(size);
      r.pad(size - 4U);
      instructions.emplace_back(UnknownInstruction{Bytes{whole.begin(), whole.end()}});
    }
  }
}

struct InstructionWriter {
  Writer& w;

  void operator()(const GotoTable& i) const {
    header(goto_table, 8);
    w.number(i.table_id);
    w.pad(3);
  }

  void operator()(const WriteMetadata& i) const {
    header(write_metadata, 24);
    w.pad(4);
    w.number(i.metadata);
    w.number(i.mask);
  }

  void operator()(const WriteActions& i) const { list(write_actions, i.actions); }

  void operator()(const ApplyActions& i) const { list(apply_actions, i.actions); }

  void operator()(const ClearActions&) const {
    header(clear_actions, 8);
    w.pad(4);
  }

  void operator()(const Meter& i) const {
    if (!between(v1_3, v1_4).has(w.version())) return w.fail(Reason::unsupported);
    header(meter, 8);
    w.number(i.id);
  }

  void operator()(const UnknownInstruction& i) const { w.bytes(i.bytes); }

 private:
  void header(std::uint16_t type, std::uint16_t size) const {
    w.number(type);
    w.number(size);
  }

  void list(std::uint16_t type, const Actions& actions) const {
    w.number(type);
    w.framed("len", 2, [&] {
      w.pad(4);
      wire(w, actions);
    });
  }
};

}  // namespace

void wire(Reader& r, Actions& actions) {
  while (!r.failed() && r.left() > 0) {
    const ByteView start = r.peek(r.left());
    const auto type = r.number<std::uint16_t>();
    const auto size = r.number<std::uint16_t>();
    if (r.failed()) return;
    if (size < 8 || size % 8 != 0 || size - 4U > r.left()) return r.fail(Reason::bad_action_len, 8, size);
    if (!read_one(r, type, size, actions, static_cast<Action*>(nullptr))) {
      const ByteView whole = start.first(size);
      r.pad(size - 4U);
      actions.emplace_back(UnknownAction{Bytes{whole.begin(), whole.end()}});
    }
  }
}

void wire(Writer& w, const Actions& actions) {
  for (const Action& action : actions) {
    std::visit([&](const auto& a) { write_one(w, a); }, action);
  }
}

void wire(Reader& r, Instructions& instructions) {
  if (r.version() == v1_0) {
    Actions actions;
    wire(r, actions);
    if (!actions.empty()) instructions.emplace_back(ApplyActions{std::move(actions)});
    return;
  }
  while (!r.failed() && r.left() > 0) read_instruction(r, instructions);
}

void wire(Writer& w, const Instructions& instructions) {
  if (w.version() == v1_0) {
    for (const Instruction& instruction : instructions) {
      const auto* apply = std::get_if<ApplyActions>(&instruction);
      if (apply == nullptr || instructions.size() > 1) return w.fail(Reason::unsupported);
      wire(w, apply->actions);
    }
    return;
  }
  for (const Instruction& instruction : instructions) std::visit(InstructionWriter{w}, instruction);
}

const Actions& applied(const Instructions& instructions) {
  static const Actions nothing;
  for (const Instruction& instruction : instructions) {
    if (const auto* apply = std::get_if<ApplyActions>(&instruction)) return apply->actions;
  }
  return nothing;
}

}  // namespace sluice::ofmsg
