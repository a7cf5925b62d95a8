#include "ofmsg/extensions/leaf.hpp"

#include "ofmsg/tree_walk.hpp"

namespace sluice::ofmsg {

void wire(Reader& r, PortNo16& value) { value.port = from_1_0(r.number<std::uint16_t>()); }

void wire(Writer& w, const PortNo16& value) {
  const std::optional<std::uint16_t> low = to_1_0(value.port);
  if (!low) return w.fail(Reason::unsupported);
  w.number(*low);
}

Tree to_leaf(const PortNo16& value) { return to_leaf(value.port); }

Complaint from_leaf(const Tree& tree, PortNo16& value) { return from_leaf(tree, value.port); }

void wire(Reader& r, ShortHeader& value) { value.value = r.number<std::uint32_t>(); }

void wire(Writer& w, const ShortHeader& value) { w.number(value.value); }

Tree to_leaf(const ShortHeader& value) {
  // Never an experimenter's: there would be an id behind it.
  return value.header().size() == 4 ? to_leaf(value.header()) : Tree{hex(value.value, 8)};
}

Complaint from_leaf(const Tree& tree, ShortHeader& value) {
  OxmHeader header;
  if (Complaint complaint = from_leaf(tree, header)) return complaint;
  if (header.experimenter != 0) return "a field of an experimenter has no room here";
  value.value = header.value;
  return {};
}

void wire(Reader& r, BitRange& value) { value = BitRange::of(r.number<std::uint16_t>()); }

void wire(Writer& w, const BitRange& value) {
  if (value.offset > BitRange::max_offset || value.count == 0 || value.count > BitRange::max_count) {
    return w.fail(Reason::unsupported);
  }
  w.number(value.packed());
}

void wire(Reader& r, FieldEntry& entry) {
  wire(r, entry.field);
  if (r.failed()) return;
  // The id of an experimenter counts as payload.
  const std::size_t beyond = entry.field.size() - 4;
  if (entry.field.payload() < beyond) return r.fail(Reason::bad_set_length, beyond, entry.field.payload());
  const std::size_t payload = entry.field.payload() - beyond;
  const std::size_t width = entry.field.has_mask() ? payload / 2 : payload;
  const ByteView value = r.bytes(width);
  const ByteView mask = r.bytes(payload - width);
  entry.value.assign(value.begin(), value.end());
  entry.mask.assign(mask.begin(), mask.end());
}

void wire(Writer& w, const FieldEntry& entry) {
  const std::size_t payload = entry.value.size() + entry.mask.size() + entry.field.size() - 4;
  const std::size_t mask = entry.field.has_mask() ? entry.value.size() : 0;
  if (payload != entry.field.payload() || entry.mask.size() != mask) {
    return w.fail(Reason::bad_set_length, entry.field.payload(), payload);
  }
  wire(w, entry.field);
  w.bytes(entry.value);
  w.bytes(entry.mask);
}

void wire(Reader& r, BareMatch& value) { read_match_fields(r, value.match); }

void wire(Writer& w, const BareMatch& value) { write_match_fields(w, value.match); }

Tree to_leaf(const BareMatch& value) { return to_leaf(value.match); }

Complaint from_leaf(const Tree& tree, BareMatch& value) { return from_leaf(tree, value.match); }

namespace {

constexpr std::uint16_t match_type_oxm = 1;

}  // namespace

void wire(Reader& r, OxmMatch& value) {
  const auto type = r.number<std::uint16_t>();
  if (type != match_type_oxm) return r.fail(Reason::bad_match_type, match_type_oxm, type);
  r.framed(
      "match length", 2, [&] { read_match_fields(r, value.match); }, Reason::bad_match_length);
}

void wire(Writer& w, const OxmMatch& value) {
  w.number(match_type_oxm);
  w.framed("match length", 2, [&] { write_match_fields(w, value.match); });
}

Tree to_leaf(const OxmMatch& value) { return to_leaf(value.match); }

Complaint from_leaf(const Tree& tree, OxmMatch& value) { return from_leaf(tree, value.match); }

}  // namespace sluice::ofmsg
