// Walkers give a layout its meaning.
//
// Beside each message struct stands one function, `layout(w, m)`, whose lines name the fields in wire order:
//
//   w("cookie", m.cookie);                             a field of every version
//   w("cookie_mask", m.cookie_mask, since(v1_1));      a field of some versions
//   w.pad(4, until(v1_0));                             zeros when written, ignored when read
//   w.align();                                         … as many as there are up to a multiple of 8
//   w.framed("length", 0, [&] { … });                  a 16-bit length that counts itself, the bytes of its structure
//                                                      before it (here 0) and the body
//   const auto n = w.length("actions_len");            a 16-bit length now …
//   w.within(n, [&] { … });                            … of this body later
//   if (w.more(!m.x.empty(), n)) …                     a part at the end that may be left out, and is when empty; n
//   zeros
//                                                      come before it
//
// A walker is a class with these operations. `Reader` turns bytes into a value, `Writer` a value into bytes, `Locator`
// tells where a field lies; the printers of text.cpp and json.cpp are walkers too. Leaves (numbers, enumerations,
// ports, matches, action lists) are read and written by `wire(Reader&, T&)` and `wire(Writer&, const T&)`, found by
// their argument; a struct with a layout, and a vector of such, which takes all that is left, need nothing more.
//
// Reader and Writer stop working at the first error and remember it; the layout just runs on.
//
// What is wrong with the structure is an error in every mode. What is wrong with a value that can still be kept (a mask
// that the field cannot have, a set_field of a field that cannot be set) is a `fault`: an error when strict, noted and
// kept when lenient.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ofmsg/action.hpp"
#include "ofmsg/bytes.hpp"
#include "ofmsg/error.hpp"
#include "ofmsg/kind.hpp"
#include "ofmsg/match.hpp"
#include "ofmsg/port.hpp"
#include "ofmsg/version.hpp"

namespace sluice::ofmsg {

template <class M, class T>
concept of_type = std::same_as<std::remove_const_t<M>, T>;

// In what a message differs from what we would write for the same meaning.
enum class Deviation : std::uint8_t {
  padding,         // bytes that mean nothing are not zero
  field_order,     // match fields in another order than that of their numbers
  redundant_mask,  // a mask that fixes every bit of the field, or none
  unused_fields,   // 1.0, 1.1: values in fields of the match that are wildcarded or mean nothing
  match_form,      // 1.1: a match as OXM, as Open vSwitch sends it
};

inline constexpr std::size_t deviation_count = static_cast<std::size_t>(Deviation::match_form) + 1;

[[nodiscard]] std::string_view text(Deviation deviation);  // "padding"

class Deviations {
 public:
  constexpr void add(Deviation d) { bits_ |= bit(d); }

  [[nodiscard]] constexpr bool has(Deviation d) const { return (bits_ & bit(d)) != 0; }

  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  friend constexpr bool operator==(Deviations, Deviations) = default;

 private:
  [[nodiscard]] static constexpr unsigned bit(Deviation d) { return 1U << static_cast<unsigned>(d); }

  unsigned bits_ = 0;
};

enum class ReadMode : std::uint8_t {
  strict,   // the first fault is an error; values in normal form
  lenient,  // faults and deviations are noted, and matches remember how they were written
};

// A message that another one carries, as bytes; empty, or at least a header with the right length.
struct NestedMessage {
  Bytes bytes;

  friend bool operator==(const NestedMessage&, const NestedMessage&) = default;
};

class Reader {
 public:
  // Reads `message` from byte `start` on; offsets in errors count from the first byte of the message.
  Reader(ByteView message, std::size_t start, Version version, Kind kind, ReadMode mode = ReadMode::strict)
      : message_{message}, at_{start}, end_{message.size()}, version_{version}, kind_{kind}, mode_{mode} {}

  template <class T>
  void operator()(std::string_view name, T& value, Range range = always) {
    if (failed() || !range.has(version_)) return;
    field_ = name;
    wire(*this, value);
  }

  void pad(std::size_t count, Range range = always) {
    if (failed() || !range.has(version_)) return;
    const ByteView zeros = bytes(count);
    if (mode_ == ReadMode::lenient &&
        std::any_of(zeros.begin(), zeros.end(), [](std::byte b) { return b != std::byte{0}; })) {
      deviations_.add(Deviation::padding);
    }
  }

  // Offsets count from the first byte of what the layout describes; `before` are bytes in front of that.
  void align(std::size_t before = 0) { pad((8 - (at_ + before) % 8) % 8); }

  [[nodiscard]] std::size_t length(std::string_view name) {
    field_ = name;
    return failed() ? 0 : number<std::uint16_t>();
  }

  // `wrong` is the reason when the body does not fill the size exactly, or the size does not fit what is around it.
  template <class Body>
  void within(std::size_t size, Body body, Reason wrong = Reason::bad_length) {
    if (failed()) return;
    if (size > left()) return fail(wrong, size, left());
    const std::size_t outer = end_;
    end_ = at_ + size;
    body();
    if (!failed() && at_ != end_) fail(wrong, size - left(), size);
    if (failed() && error_->reason == Reason::truncated) error_->reason = wrong;
    end_ = outer;
  }

  // The length counts the bytes of the structure before it (`before`), itself, and the body, and is a multiple of
  // `multiple`.
  template <class Body>
  void framed(std::string_view name, std::size_t before, Body body, Reason wrong = Reason::bad_length,
              std::size_t multiple = 1) {
    const std::size_t size = length(name);
    if (failed()) return;
    if (size < before + 2 || size % multiple != 0) return fail(wrong, before + 2, size);
    within(size - before - 2, body, wrong);
  }

  [[nodiscard]] bool more(bool, std::size_t padding = 0) {
    if (failed() || left() == 0) return false;
    pad(padding);
    if (!failed() && left() == 0) deviates(Deviation::padding);  // zeros before nothing
    return !failed() && left() > 0;
  }

  // For leaf codecs.
  template <std::unsigned_integral T>
  [[nodiscard]] T number() {
    const ByteView from = bytes(sizeof(T));
    return failed() ? T{0} : load<T>(from);
  }

  [[nodiscard]] ByteView bytes(std::size_t count) {
    if (failed()) return {};
    if (count > left()) {
      fail(Reason::truncated, count, left());
      return {};
    }
    at_ += count;
    return message_.subspan(at_ - count, count);
  }

  [[nodiscard]] ByteView peek(std::size_t count) const { return message_.subspan(at_, std::min(count, left())); }

  [[nodiscard]] std::size_t left() const { return end_ - at_; }

  [[nodiscard]] std::size_t offset() const { return at_; }

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] Kind kind() const { return kind_; }

  [[nodiscard]] bool failed() const { return error_.has_value(); }

  [[nodiscard]] const CodecError& error() const { return *error_; }

  void fail(Reason reason, std::size_t need = 0, std::size_t have = 0) {
    if (!failed()) error_ = error_here(reason, need, have);
  }

  [[nodiscard]] bool lenient() const { return mode_ == ReadMode::lenient; }

  // A value that breaks a rule but can be kept as it is.
  void fault(Reason reason, std::size_t need = 0, std::size_t have = 0) {
    if (failed()) return;
    if (lenient()) {
      faults_.push_back(error_here(reason, need, have));
    } else {
      fail(reason, need, have);
    }
  }

  // The part being read has no typed form after all: whoever reads a list of parts keeps it whole.
  void keep_whole() { keep_whole_ = true; }

  [[nodiscard]] bool take_keep_whole() { return std::exchange(keep_whole_, false); }

  void deviates(Deviation deviation) { deviations_.add(deviation); }

  [[nodiscard]] std::vector<CodecError>& faults() { return faults_; }

  [[nodiscard]] Deviations deviations() const { return deviations_; }

 private:
  [[nodiscard]] CodecError error_here(Reason reason, std::size_t need, std::size_t have) const {
    return {reason,
            kind_,
            version_,
            static_cast<std::uint32_t>(at_),
            static_cast<std::uint32_t>(need),
            static_cast<std::uint32_t>(have),
            field_};
  }

  ByteView message_;
  std::size_t at_;
  std::size_t end_;
  Version version_;
  Kind kind_;
  ReadMode mode_;
  Deviations deviations_;
  bool keep_whole_ = false;
  std::string_view field_;
  std::optional<CodecError> error_;
  std::vector<CodecError> faults_;
};

class Writer {
 public:
  // Appends to `out`; offsets count from where it ends now. It grows in steps, and has its right size after `finish`.
  Writer(Bytes& out, Version version, Kind kind)
      : out_{out}, start_{out.size()}, at_{start_}, version_{version}, kind_{kind} {}

  // Ends the work: `out` holds what was written, and after an error what it held before.
  [[nodiscard]] Result<void> finish() {
    out_.resize(failed() ? start_ : at_);
    if (failed()) return Failure<CodecError>{*error_};
    return {};
  }

  // A value that is not its type's default in a version that cannot say it is an error, not a loss.
  template <class T>
  void operator()(std::string_view name, const T& value, Range range = always) {
    if (failed()) return;
    field_ = name;
    if (range.has(version_)) {
      wire(*this, value);
    } else if (!(value == T{})) {
      fail(Reason::unsupported);
    }
  }

  void pad(std::size_t count, Range range = always) {
    if (range.has(version_)) std::fill_n(room(count), count, std::byte{0});
  }

  void align(std::size_t before = 0) { pad((8 - (offset() + before) % 8) % 8); }

  [[nodiscard]] std::size_t length(std::string_view name) {
    field_ = name;
    pad(2);
    return at_ - 2;
  }

  template <class Body>
  void within(std::size_t length_at, Body body, Reason = Reason::bad_length) {
    const std::size_t from = at_;
    body();
    patch_length(length_at, at_ - from);
  }

  template <class Body>
  void framed(std::string_view name, std::size_t before, Body body, Reason = Reason::bad_length, std::size_t = 1) {
    const std::size_t at = length(name);
    body();
    patch_length(at, at_ - at + before);
  }

  [[nodiscard]] bool more(bool given, std::size_t padding = 0) {
    if (given) pad(padding);
    return given;
  }

  // For leaf codecs.
  template <std::unsigned_integral T>
  void number(T value) {
    store(std::span{room(sizeof(T)), sizeof(T)}, 0, value);
  }

  void bytes(ByteView bytes) { std::copy(bytes.begin(), bytes.end(), room(bytes.size())); }

  // `at` is a place that `length` gave.
  void patch_length(std::size_t at, std::size_t size) {
    if (size > max_frame_size) return fail(Reason::bad_length, max_frame_size, size);
    store<std::uint16_t>(out_, at, static_cast<std::uint16_t>(size));
  }

  [[nodiscard]] std::size_t offset() const { return at_ - start_; }

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] bool failed() const { return error_.has_value(); }

  [[nodiscard]] const CodecError& error() const { return *error_; }

  void fail(Reason reason, std::size_t need = 0, std::size_t have = 0) {
    if (failed()) return;
    error_ = CodecError{reason,
                        kind_,
                        version_,
                        static_cast<std::uint32_t>(offset()),
                        static_cast<std::uint32_t>(need),
                        static_cast<std::uint32_t>(have),
                        field_};
  }

 private:
  // The next `count` bytes of `out`.
  [[nodiscard]] std::byte* room(std::size_t count) {
    if (out_.size() - at_ < count) grow(count);
    return out_.data() + std::exchange(at_, at_ + count);
  }

  void grow(std::size_t count);

  Bytes& out_;
  std::size_t start_;
  std::size_t at_;
  Version version_;
  Kind kind_;
  std::string_view field_;
  std::optional<CodecError> error_;
};

// Where does a field lie? Writes a default value and notes the offset at which the field's name first comes by; fields
// after a part of variable size are found where they lie when that part is empty.
class Locator : public Writer {
 public:
  Locator(Bytes& scratch, Version version, Kind kind, std::string_view sought)
      : Writer{scratch, version, kind}, sought_{sought} {}

  template <class T>
  void operator()(std::string_view name, const T& value, Range range = always) {
    if (!found_ && name == sought_ && range.has(version())) found_ = offset();
    if constexpr (requires { layout(*this, value); }) {
      if (range.has(version())) layout(*this, value);
    } else {
      Writer::operator()(name, value, range);
    }
  }

  [[nodiscard]] std::optional<std::size_t> found() const { return found_; }

 private:
  std::string_view sought_;
  std::optional<std::size_t> found_;
};

// --- leaves --------------------------------------------------------------------------------------------------------

template <std::unsigned_integral T>
void wire(Reader& r, T& value) {
  value = r.number<T>();
}

template <std::unsigned_integral T>
void wire(Writer& w, const T& value) {
  w.number(value);
}

// The names of an enumeration's values, in the order of their numbers from 0; empty where a number has none. Stands
// beside the enumeration, for the walkers that write for people.
template <class E>
inline constexpr std::array<std::string_view, 0> enum_names{};

// Enumerations keep values that they have no name for.
template <class E>
requires std::is_enum_v<E>

void wire(Reader& r, E& value) { value = static_cast<E>(r.number<std::underlying_type_t<E>>()); }

template <class E>
requires std::is_enum_v<E>

void wire(Writer& w, const E& value) { w.number(static_cast<std::underlying_type_t<E>>(value)); }

inline void wire(Reader& r, Bytes& rest) {
  const ByteView all = r.bytes(r.left());
  rest.assign(all.begin(), all.end());
}

inline void wire(Writer& w, const Bytes& rest) { w.bytes(rest); }

void wire(Reader& r, PortNo& port);
void wire(Writer& w, const PortNo& port);
void wire(Reader& r, MacAddress& mac);
void wire(Writer& w, const MacAddress& mac);
void wire(Reader& r, GroupId& group);
void wire(Writer& w, const GroupId& group);
// A whole message inside another; its header says how long it is.
void wire(Reader& r, NestedMessage& message);
void wire(Writer& w, const NestedMessage& message);
void wire(Reader& r, OxmHeader& header);
void wire(Writer& w, const OxmHeader& header);
// match_wire.cpp: the three wire forms of a match, trailing padding included.
void wire(Reader& r, Match& match);
void wire(Writer& w, const Match& match);
// The fields of an OXM match without its header: all that is left, or as many bytes as they are.
void read_match_fields(Reader& r, Match& match);
void write_match_fields(Writer& w, const Match& match);
// The value of one field, in this many bytes.
[[nodiscard]] U128 read_field_value(Reader& r, std::size_t bytes);
void write_field_value(Writer& w, U128 value, std::size_t bytes);
// action_wire.cpp: lists that take all that is left.
void wire(Reader& r, Actions& actions);
void wire(Writer& w, const Actions& actions);
void wire(Reader& r, Instructions& instructions);
void wire(Writer& w, const Instructions& instructions);
// oxs.cpp, trailing padding included.
void wire(Reader& r, Stats& stats);
void wire(Writer& w, const Stats& stats);

void wire_text(Reader& r, std::string& value, std::size_t size);
void wire_text(Writer& w, const std::string& value, std::size_t size);

template <std::size_t N>
void wire(Reader& r, Text<N>& text) {
  wire_text(r, text.value, N);
}

template <std::size_t N>
void wire(Writer& w, const Text<N>& text) {
  wire_text(w, text.value, N);
}

template <class T>
void wire(Reader& r, std::optional<T>& value) {
  wire(r, value.emplace());
}

template <class T>
void wire(Writer& w, const std::optional<T>& value) {
  if (value) wire(w, *value);
}

template <class T>

requires requires(Reader& r, T& value) { layout(r, value); }

void wire(Reader& r, T& value) { layout(r, value); }

template <class T>

requires requires(Writer& w, const T& value) { layout(w, value); }

void wire(Writer& w, const T& value) { layout(w, value); }

// A list that takes all that is left.
template <class T>
void wire(Reader& r, std::vector<T>& items) {
  while (!r.failed() && r.left() > 0) {
    const std::size_t before = r.left();
    wire(r, items.emplace_back());
    if (r.left() == before) r.fail(Reason::bad_length);
  }
}

template <class T>
void wire(Writer& w, const std::vector<T>& items) {
  for (const T& item : items) wire(w, item);
}

template <class T, std::size_t N>
void wire(Reader& r, std::array<T, N>& items) {
  for (T& item : items) wire(r, item);
}

template <class T, std::size_t N>
void wire(Writer& w, const std::array<T, N>& items) {
  for (const T& item : items) wire(w, item);
}

}  // namespace sluice::ofmsg
