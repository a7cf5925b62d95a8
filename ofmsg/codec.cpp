#include "ofmsg/codec.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sluice::ofmsg {

// --- leaves of walk.hpp and the message headers --------------------------------------------------------------------

void Writer::grow(std::size_t count) {
  constexpr std::size_t least_step = 128;
  out_.resize(at_ + std::max({count, offset(), least_step}));
}

void wire(Reader& r, PortNo& port) {
  port = r.version() == v1_0 ? from_1_0(r.number<std::uint16_t>()) : PortNo{r.number<std::uint32_t>()};
}

void wire(Writer& w, const PortNo& port) {
  if (w.version() != v1_0) return w.number(port.value);
  const std::optional<std::uint16_t> low = to_1_0(port);
  if (!low) return w.fail(Reason::unsupported);
  w.number(*low);
}

void wire(Reader& r, MacAddress& mac) {
  const ByteView from = r.bytes(mac.bytes.size());
  if (!r.failed()) std::memcpy(mac.bytes.data(), from.data(), mac.bytes.size());
}

void wire(Writer& w, const MacAddress& mac) { w.bytes(std::as_bytes(std::span{mac.bytes})); }

void wire(Reader& r, GroupId& group) { group.value = r.number<std::uint32_t>(); }

void wire(Writer& w, const GroupId& group) { w.number(group.value); }

void wire(Reader& r, NestedMessage& message) {
  const ByteView head = r.peek(header_size);
  if (head.size() < header_size) return r.fail(Reason::truncated, header_size, head.size());
  const std::size_t size = load<std::uint16_t>(head, 2);
  if (size < header_size || size > r.left()) return r.fail(Reason::bad_bundle_length, size, r.left());
  const ByteView whole = r.bytes(size);
  message.bytes.assign(whole.begin(), whole.end());
}

void wire(Writer& w, const NestedMessage& message) { w.bytes(message.bytes); }

// Widths differ between versions only.
void wire(Reader& r, FieldSet& set) {
  set.bits = r.version() >= v1_2 ? r.number<std::uint64_t>() : r.number<std::uint32_t>();
}

void wire(Writer& w, const FieldSet& set) {
  if (w.version() >= v1_2) return w.number(set.bits);
  if (set.bits > 0xffffffff) return w.fail(Reason::unsupported);
  w.number(static_cast<std::uint32_t>(set.bits));
}

void wire_text(Reader& r, std::string& value, std::size_t size) {
  const ByteView field = r.bytes(size);
  value.clear();
  for (const std::byte byte : field) value += std::to_integer<char>(byte);
  value.erase(value.find_last_not_of('\0') + 1);
}

void wire_text(Writer& w, const std::string& value, std::size_t size) {
  if (value.size() > size) return w.fail(Reason::bad_length, size, value.size());
  for (const char c : value) w.number(static_cast<std::uint8_t>(c));
  w.pad(size - value.size());
}

void wire(Reader& r, FlowModCommand& command) {
  command = static_cast<FlowModCommand>(r.version() == v1_0 ? r.number<std::uint16_t>() : r.number<std::uint8_t>());
}

void wire(Writer& w, const FlowModCommand& command) {
  const auto number = static_cast<std::uint16_t>(command);
  if (w.version() == v1_0) return w.number(number);
  if (number > 0xff) return w.fail(Reason::unsupported);
  w.number(static_cast<std::uint8_t>(number));
}

// Elements are padded to 8 bytes, and the padding is not in their length [OF 1.3.5 §7.5.1]. Bytes that are no element
// are left for `rest`.
void wire(Reader& r, std::vector<HelloElement>& elements) {
  while (!r.failed() && r.left() >= 4) {
    const ByteView head = r.peek(4);
    const std::size_t length = load<std::uint16_t>(head, 2);
    if (length < 4 || length > r.left()) return;
    HelloElement element;
    element.type = r.number<std::uint16_t>();
    r.pad(2);
    const ByteView body = r.bytes(length - 4);
    element.body.assign(body.begin(), body.end());
    r.pad(std::min((8 - length % 8) % 8, r.left()));
    elements.push_back(std::move(element));
  }
}

void wire(Writer& w, const std::vector<HelloElement>& elements) {
  for (const HelloElement& element : elements) {
    w.number(element.type);
    w.framed("length", 2, [&] { w.bytes(element.body); });
    w.pad((8 - (4 + element.body.size()) % 8) % 8);
  }
}

std::optional<VersionSet> Hello::versions() const {
  for (const HelloElement& element : elements) {
    if (element.type == HelloElement::versionbitmap && element.body.size() >= 4) {
      return VersionSet::from_bits(load<std::uint32_t>(element.body));
    }
  }
  return std::nullopt;
}

Hello Hello::offering(VersionSet versions) {
  HelloElement bitmap;
  append<std::uint32_t>(bitmap.body, versions.bits());
  Hello hello;
  hello.elements.push_back(std::move(bitmap));
  return hello;
}

std::string_view text(Deviation deviation) {
  constexpr std::array<std::string_view, deviation_count> names{"padding", "field_order", "redundant_mask",
                                                                "unused_fields", "match_form"};
  return names[static_cast<std::size_t>(deviation)];
}

std::string text(DatapathId id) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(id.value));
  return digits.data();
}

// --- messages ------------------------------------------------------------------------------------------------------

namespace {

// Bytes between the header and the body that the layout describes: the multipart type.
constexpr std::size_t multipart_type_size = 2;

// The body of one kind, and nothing behind it.
template <class M>
void read_as(Reader& reader, Message& message) {
  layout(reader, message.emplace<M>());
  if (!reader.failed() && reader.left() > 0)
    reader.fail(Reason::bad_length, reader.offset(), reader.offset() + reader.left());
}

using ReadBody = void (*)(Reader&, Message&);

template <class... M>
constexpr std::array<ReadBody, kind_count> read_bodies(std::variant<M...>*) {
  std::array<ReadBody, kind_count> table{};
  ((table[static_cast<std::size_t>(M::kind)] = &read_as<M>), ...);
  return table;
}

Reader reader_of(FrameView frame, Kind kind, ReadMode mode) {
  // A hello of a version that we do not know still has to be understood [OF 1.3.5 §6.3.1].
  const Version version = version_of(frame.wire_version()).value_or(v1_5);
  const std::size_t start = header_size + (facts(kind).is_multipart() ? multipart_type_size : 0);
  return Reader{frame.bytes(), start, version, kind, mode};
}

void read_body(Reader& reader, Kind kind, Message& message) {
  static constexpr auto bodies = read_bodies(static_cast<Message*>(nullptr));
  bodies[static_cast<std::size_t>(kind)](reader, message);
}

}  // namespace

Result<Message> decode(FrameView frame) {
  const Result<Kind> kind = kind_of(frame);
  if (!kind) return Failure<CodecError>{kind.error()};
  Reader reader = reader_of(frame, *kind, ReadMode::strict);
  Result<Message> result{};
  read_body(reader, *kind, *result);
  if (reader.failed()) return Failure<CodecError>{reader.error()};
  return result;
}

Result<Lenient> decode_lenient(FrameView frame) {
  const Result<Kind> kind = kind_of(frame);
  if (!kind) return Failure<CodecError>{kind.error()};
  Reader reader = reader_of(frame, *kind, ReadMode::lenient);
  Result<Lenient> result{};
  read_body(reader, *kind, result->message);
  if (reader.failed()) return Failure<CodecError>{reader.error()};
  result->faults = std::move(reader.faults());
  result->deviations = reader.deviations();
  return result;
}

Result<void> encode(Bytes& out, const Message& message, Version version, Xid xid) {
  const Kind kind = kind_of(message);
  const KindFacts& f = facts(kind);
  // Open vSwitch has port_desc in every version, the standard from 1.3 on; what a version lacks is not sent.
  if (!f.in(version)) {
    return Failure<CodecError>{CodecError{.reason = Reason::unsupported, .kind = kind, .version = version}};
  }
  Writer writer{out, version, kind};
  writer.number(static_cast<std::uint8_t>(version));
  writer.number(static_cast<std::uint8_t>(f.type[index(version)]));
  const std::size_t length_at = writer.length("length");
  writer.number(xid.value);
  if (f.is_multipart()) writer.number(static_cast<std::uint16_t>(f.multipart));
  std::visit([&](const auto& m) { layout(writer, m); }, message);
  writer.patch_length(length_at, writer.offset());
  return writer.finish();
}

Result<std::size_t> encoded_size(const Message& message, Version version) {
  Bytes scratch;
  const Result<void> written = encode(scratch, message, version, Xid{});
  if (!written) return Failure<CodecError>{written.error()};
  return scratch.size();
}

}  // namespace sluice::ofmsg
