// What the layouts of Open vSwitch's actions cannot say in lines: counted lists, and learn's packed words.
#include "ofmsg/extensions/nicira_action.hpp"

#include "ofmsg/extensions/nicira_action_list.hpp"

namespace sluice::ofmsg {

namespace {

constexpr std::size_t most_in_16_bits = 0xffff;

template <class A>
void read_members(Reader& r, A& a) {
  const auto count = r.number<std::uint16_t>();
  r("bits", a.bits);
  r("dst", a.dst);
  r.pad(4);
  for (std::size_t i = 0; i < count && !r.failed(); ++i) r("members", a.members.emplace_back());
  r.align(nx_action_head);
}

template <class A>
void write_members(Writer& w, const A& a) {
  if (a.members.size() > most_in_16_bits) return w.fail(Reason::unsupported, most_in_16_bits, a.members.size());
  w.number(static_cast<std::uint16_t>(a.members.size()));
  w("bits", a.bits);
  w("dst", a.dst);
  w.pad(4);
  w("members", a.members);
  w.align(nx_action_head);
}

}  // namespace

void bundle_members(Reader& r, NxBundle& a) { read_members(r, a); }

void bundle_members(Reader& r, NxBundleLoad& a) { read_members(r, a); }

void bundle_members(Writer& w, const NxBundle& a) { write_members(w, a); }

void bundle_members(Writer& w, const NxBundleLoad& a) { write_members(w, a); }

void layout(Reader& r, NxDecTtlCntIds& a) {
  const auto count = r.number<std::uint16_t>();
  r.pad(4);
  for (std::size_t i = 0; i < count && !r.failed(); ++i) r("controllers", a.controllers.emplace_back());
  r.align(nx_action_head);
}

void layout(Writer& w, const NxDecTtlCntIds& a) {
  if (a.controllers.size() > most_in_16_bits) return w.fail(Reason::unsupported, most_in_16_bits, a.controllers.size());
  w.number(static_cast<std::uint16_t>(a.controllers.size()));
  w.pad(4);
  w("controllers", a.controllers);
  w.align(nx_action_head);
}

namespace {

// The first word of a part of learn.
constexpr unsigned source_bit = 13, target_shift = 11;
constexpr std::uint16_t known_bits = 1U << source_bit | 3U << target_shift | NxLearnSpec::max_bits;

void read_spec(Reader& r, NxLearnSpec& s) {
  const auto word = r.number<std::uint16_t>();
  const std::uint16_t target = word >> target_shift & 3U;
  if ((word & ~known_bits) != 0 || target > 2) return r.fail(Reason::bad_action_value, known_bits, word);
  s.source = static_cast<NxLearnSource>(word >> source_bit & 1U);
  s.target = static_cast<NxLearnTarget>(target);
  s.n_bits = word & NxLearnSpec::max_bits;
  if (s.source == NxLearnSource::field) {
    r("src", s.src);
    r("src_offset", s.src_offset);
  } else {
    const ByteView value = r.bytes(s.value_size());
    s.value.assign(value.begin(), value.end());
  }
  if (s.target == NxLearnTarget::output) return;
  r("dst", s.dst);
  r("dst_offset", s.dst_offset);
}

void write_spec(Writer& w, const NxLearnSpec& s) {
  const auto source = static_cast<unsigned>(s.source);
  const auto target = static_cast<unsigned>(s.target);
  const auto word = static_cast<std::uint16_t>(source << source_bit | target << target_shift | s.n_bits);
  // Zero would end the list.
  if (source > 1 || target > 2 || s.n_bits > NxLearnSpec::max_bits || word == 0) return w.fail(Reason::unsupported);
  w.number(word);
  if (s.source == NxLearnSource::field) {
    w("src", s.src);
    w("src_offset", s.src_offset);
  } else {
    if (s.value.size() != s.value_size()) return w.fail(Reason::bad_length, s.value_size(), s.value.size());
    w.bytes(s.value);
  }
  if (s.target == NxLearnTarget::output) return;
  w("dst", s.dst);
  w("dst_offset", s.dst_offset);
}

}  // namespace

void wire(Reader& r, std::vector<NxLearnSpec>& specs) {
  while (!r.failed() && r.left() >= 2 && load<std::uint16_t>(r.peek(2)) != 0) read_spec(r, specs.emplace_back());
}

void wire(Writer& w, const std::vector<NxLearnSpec>& specs) {
  for (const NxLearnSpec& spec : specs) write_spec(w, spec);
}

}  // namespace sluice::ofmsg
