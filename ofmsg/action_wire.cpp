// Lists of actions and of instructions: (type, length, body) each, in the layouts of action_layout.hpp. Types without a
// row, and experimenters, are kept whole.
#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "ofmsg/action_layout.hpp"

namespace sluice::ofmsg {

namespace {

// What is wrong with the only field of a set_field; nothing if all is well.
std::optional<Reason> fault_of(const SetField& a, OxmHeader header, Version version) {
  const FieldFacts& f = facts(a.field);
  if (f.since > version) return Reason::bad_set_type;
  if (header.has_mask() && version < v1_5) return Reason::bad_set_mask;
  if (!(a.value & ~ones(f.bits)).zero() || !(a.value & ~a.mask).zero()) return Reason::bad_set_value;
  return std::nullopt;
}

}  // namespace

// One OXM and zeros up to a multiple of 8 [OF 1.3.5 §7.2.5]. Fields of other classes (Open vSwitch sets its registers
// so) have no typed form.
void layout(Reader& r, SetField& a) {
  OxmHeader header;
  wire(r, header);
  if (r.failed()) return;
  // The id of an experimenter counts as payload.
  const std::size_t beyond = header.size() - 4;
  if (header.payload() < beyond) return r.fail(Reason::bad_set_length, beyond, header.payload());
  const std::size_t size = header.payload() - beyond;
  if (size > r.left() || r.left() - size >= 8) return r.fail(Reason::bad_set_length, size, r.left());
  const std::optional<Field> field = header.field();
  if (!field) {
    // A number that the standard's own class does not have is an error; what other classes mean, others know.
    if (header.oxm_class() == OxmHeader::basic) r.fault(Reason::bad_set_type);
    static_cast<void>(r.bytes(r.left()));
    return r.keep_whole();
  }
  const FieldFacts& f = facts(*field);
  if (size != std::size_t{f.bytes} * (header.has_mask() ? 2 : 1)) return r.fail(Reason::bad_set_length, f.bytes, size);
  a.field = *field;
  a.value = read_field_value(r, f.bytes);
  a.mask = header.has_mask() ? read_field_value(r, f.bytes) : ones(f.bits);
  if (const std::optional<Reason> fault = fault_of(a, header, r.version())) {
    r.fault(*fault);
    r.keep_whole();
  }
  if (header.has_mask() && a.mask == ones(f.bits)) r.deviates(Deviation::redundant_mask);
  r.pad(r.left());
}

void layout(Writer& w, const SetField& a) {
  const FieldFacts& f = facts(a.field);
  const bool masked = a.mask != ones(f.bits);
  if (f.since > w.version() || (masked && w.version() < v1_5)) return w.fail(Reason::unsupported);
  const OxmHeader header = OxmHeader::of(a.field, masked);
  const std::size_t payload = header.payload();
  wire(w, header);
  write_field_value(w, a.value, f.bytes);
  if (masked) write_field_value(w, a.mask, f.bytes);
  w.pad((8 - (8 + payload) % 8) % 8);
}

namespace {

constexpr std::size_t part_head = 4;

template <class P>
constexpr bool is_unknown = std::same_as<P, UnknownAction> || std::same_as<P, UnknownInstruction>;

// The body of one part, in place: these are the inner loops of every decoder.
template <class P, class Parts>
void read_as(Reader& r, std::size_t size, Reason wrong_length, Parts& parts) {
  P& part = std::get<P>(parts.emplace_back(std::in_place_type<P>));
  r.within(
      size, [&] { layout(r, part); }, wrong_length);
}

// Which part has a number in a version, and how to read it.
template <class Parts>
struct PartReader {
  void (*read)(Reader&, std::size_t, Reason, Parts&) = nullptr;
  std::uint16_t size = 0;  // that it must have; 0: variable
};

constexpr std::size_t number_limit = 32;  // no version has a higher one

template <class... P>
constexpr auto make_part_readers(std::variant<P...>*) {
  using Parts = std::vector<std::variant<P...>>;
  std::array<std::array<PartReader<Parts>, number_limit>, 6> table{};
  const auto add = [&]<class Part>(Part*) {
    if constexpr (!is_unknown<Part>) {
      for (const Version v : all_versions) {
        if (const PartNumber* n = part_facts<Part>.number(v))
          table[index(v)][n->type] = {&read_as<Part, Parts>, n->size};
      }
    }
  };
  (add(static_cast<P*>(nullptr)), ...);
  return table;
}

template <class... P>
void read_part(Reader& r, std::vector<std::variant<P...>>& parts, Reason wrong_length) {
  using Part = std::variant<P...>;
  using Unknown = std::variant_alternative_t<sizeof...(P) - 1, Part>;
  static constexpr auto readers = make_part_readers(static_cast<Part*>(nullptr));
  const ByteView start = r.peek(r.left());
  const auto type = r.number<std::uint16_t>();
  const auto size = r.number<std::uint16_t>();
  if (r.failed()) return;
  if (size < 8 || size % 8 != 0 || size - part_head > r.left()) return r.fail(wrong_length, 8, size);
  const auto keep_whole = [&] { return Unknown{Bytes{start.begin(), start.begin() + size}}; };
  const auto reader = type < number_limit ? readers[index(r.version())][type] : PartReader<std::vector<Part>>{};
  if (reader.read == nullptr) {
    static_cast<void>(r.bytes(size - part_head));
    parts.emplace_back(keep_whole());
    return;
  }
  if (reader.size != 0 && reader.size != size) return r.fail(wrong_length, reader.size, size);
  reader.read(r, size - part_head, wrong_length, parts);
  if (r.take_keep_whole() && !r.failed()) parts.back() = keep_whole();
}

template <class P>
void write_part(Writer& w, const P& part) {
  if constexpr (is_unknown<P>) {
    w.bytes(part.bytes);
  } else {
    const PartNumber* number = part_facts<P>.number(w.version());
    if (number == nullptr) return w.fail(Reason::unsupported);
    w.number(number->type);
    w.framed("len", 2, [&] { layout(w, part); });
  }
}

}  // namespace

void wire(Reader& r, Actions& actions) {
  constexpr std::size_t usual = 4;
  actions.reserve(std::min(usual, r.left() / 8));
  while (!r.failed() && r.left() > 0) read_part(r, actions, Reason::bad_action_len);
}

void wire(Writer& w, const Actions& actions) {
  for (const Action& action : actions) {
    std::visit([&](const auto& a) { write_part(w, a); }, action);
  }
}

// A bare action list in 1.0.
void wire(Reader& r, Instructions& instructions) {
  if (r.version() == v1_0) {
    Actions actions;
    wire(r, actions);
    if (!actions.empty()) instructions.emplace_back(ApplyActions{std::move(actions)});
    return;
  }
  while (!r.failed() && r.left() > 0) read_part(r, instructions, Reason::bad_instruction_length);
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
  for (const Instruction& instruction : instructions) {
    std::visit([&](const auto& i) { write_part(w, i); }, instruction);
  }
}

const Actions& applied(const Instructions& instructions) {
  static const Actions nothing;
  for (const Instruction& instruction : instructions) {
    if (const auto* apply = std::get_if<ApplyActions>(&instruction)) return apply->actions;
  }
  return nothing;
}

}  // namespace sluice::ofmsg
