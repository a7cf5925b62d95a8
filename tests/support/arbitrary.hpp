// A walker that fills a message with random values that its version can say: every layout is a generator.
//
// Values are in normal form (a mask is not empty, a list of 1.0's actions is one apply_actions), so that what is
// encoded and decoded again must be equal. They need not make sense: that is what `validate` is for.
#pragma once

#include <algorithm>
#include <random>

#include "ofmsg/action_layout.hpp"
#include "ofmsg/codec.hpp"

namespace sluice::tests {

using namespace sluice::ofmsg;  // NOLINT(google-build-using-namespace): this walker is one of ofmsg's own

class Arbitrary {
 public:
  Arbitrary(std::uint64_t seed, Version version) : random_{seed}, version_{version} {}

  template <class T>
  void operator()(std::string_view, T& value, Range range = always) {
    if (range.has(version_)) fill(value);
  }

  void pad(std::size_t, Range = always) {}

  [[nodiscard]] std::size_t length(std::string_view) { return 0; }

  template <class Body>
  void within(std::size_t, Body body, Reason = Reason::bad_length) {
    body();
  }

  template <class Body>
  void framed(std::string_view, std::size_t, Body body, Reason = Reason::bad_length, std::size_t = 1) {
    body();
  }

  [[nodiscard]] bool more(bool, std::size_t = 0) { return one_in(2); }

  [[nodiscard]] Version version() const { return version_; }

  [[nodiscard]] Message message(Kind kind);

  [[nodiscard]] Match match();
  [[nodiscard]] Actions actions(std::size_t most);

  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Ends of the range more often than chance would have them.
  [[nodiscard]] std::uint64_t number(std::uint64_t max) {
    switch (below(6)) {
      case 0: return 0;
      case 1: return max;
      case 2: return below(std::min<std::uint64_t>(max, 16) + 1);
      default: return max == ~std::uint64_t{0} ? random_() : below(max + 1);
    }
  }

 private:
  template <class T>
  void fill(T& value) {
    if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(number(std::numeric_limits<T>::max()));
    } else if constexpr (std::is_enum_v<T>) {
      fill_enum(value);
    } else {
      fill_one(value);
    }
  }

  template <class E>
  void fill_enum(E& value) {
    constexpr auto names = enum_names<E>;
    if constexpr (names.empty()) {
      value = static_cast<E>(number(std::numeric_limits<std::underlying_type_t<E>>::max()));
    } else {
      do {
        value = static_cast<E>(below(names.size()));
      } while (names[static_cast<std::size_t>(value)].empty());
    }
  }

  template <class T>

  requires requires(Arbitrary& w, T& value) { layout(w, value); }

  void fill_one(T& value) { layout(*this, value); }

  template <class T>
  void fill_one(std::vector<T>& list) {
    list.resize(below(4));
    for (T& item : list) fill(item);
  }

  template <class T, std::size_t N>
  void fill_one(std::array<T, N>& list) {
    for (T& item : list) fill(item);
  }

  template <class T>
  void fill_one(std::optional<T>& value) {
    fill(value.emplace());
  }

  template <std::size_t N>
  void fill_one(Text<N>& text) {
    text.value.resize(below(N + 1));
    for (char& c : text.value) c = one_in(8) ? static_cast<char>(below(256)) : static_cast<char>('a' + below(26));
    while (!text.value.empty() && text.value.back() == '\0') text.value.pop_back();
  }

  void fill_one(Bytes& bytes) {
    bytes.resize(below(24));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(below(256));
  }

  void fill_one(PortNo& port) {
    const bool narrow = version_ == v1_0;
    port.value = one_in(3) ? static_cast<std::uint32_t>(0xfffffff8 + below(8))
                           : static_cast<std::uint32_t>(number(narrow ? 0xff00 : 0xffffff00));
  }

  void fill_one(MacAddress& mac) {
    for (std::uint8_t& byte : mac.bytes) byte = static_cast<std::uint8_t>(below(256));
  }

  void fill_one(DatapathId& id) { fill(id.value); }

  void fill_one(BufferId& id) { fill(id.value); }

  void fill_one(GroupId& id) { fill(id.value); }

  void fill_one(MeterId& id) { fill(id.value); }

  void fill_one(FieldSet& set) { set.bits = number(version_ >= v1_2 ? ~std::uint64_t{0} : 0xffffffff); }

  void fill_one(OxmHeader& header) {
    if (one_in(8)) {
      header = {0xffff0408, static_cast<std::uint32_t>(number(0xffffffff))};
    } else {
      header = OxmHeader::of(static_cast<Field>(below(field_count)), one_in(2));
    }
  }

  void fill_one(Match& match) { match = this->match(); }

  void fill_one(Actions& list) { list = actions(4); }

  void fill_one(Instructions& list);
  void fill_one(Stats& stats);
  void fill_one(NestedMessage& message);

  void fill_one(std::vector<HelloElement>& list) {
    list.resize(below(3));
    for (HelloElement& element : list) {
      fill(element.type);
      fill(element.body);
    }
  }

  template <Reason wrong, TailPadding padding, class... Parts>
  void fill_one(TlvList<wrong, padding, Parts...>& list) {
    for (std::uint64_t count = below(4); count > 0; --count) {
      if (one_in(6) && padding == TailPadding::to_8) {
        UnknownProperty unknown;
        unknown.type = static_cast<std::uint16_t>(0x7000 + below(0x1000));
        fill(unknown.body);
        list.items.emplace_back(std::move(unknown));
        continue;
      }
      const std::uint64_t chosen = below(sizeof...(Parts));
      std::uint64_t at = 0;
      static_cast<void>((... || (at++ == chosen && (add_part<Parts>(list), true))));
    }
  }

  template <class Part, class List>
  void add_part(List& list) {
    const Tlv& row = Part::tlvs[below(Part::tlvs.size())];
    if (!row.range.has(version_)) return;
    Part part;
    if constexpr (requires { part.type; }) part.type = row.type;
    layout(*this, part);
    list.items.emplace_back(std::move(part));
  }

  [[nodiscard]] U128 bits(unsigned count) {
    const U128 all = ones(count);
    return one_in(4) ? all : U128{random_(), random_()} & all;
  }

  // Type, length and a body of 4 or 12 bytes.
  [[nodiscard]] Bytes raw_part(std::uint16_t type) {
    Bytes bytes;
    append(bytes, type);
    const std::uint16_t size = one_in(2) ? 8 : 16;
    append(bytes, size);
    while (bytes.size() < size) bytes.push_back(static_cast<std::byte>(below(256)));
    return bytes;
  }

  template <class Parts, class... P>
  void add_numbered(Parts& parts, std::variant<P...>*);

  std::mt19937_64 random_;
  Version version_;
};

void layout(Arbitrary& a, SetField& action);

}  // namespace sluice::tests
