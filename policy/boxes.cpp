#include "policy/boxes.hpp"

#include <algorithm>
#include <span>

#include "policy/box_index.hpp"

namespace sluice::policy {
namespace {

using ofmsg::Match;
using ofmsg::Term;
using ofmsg::U128;

// The highest bit of the field that the term leaves open.
std::optional<unsigned> highest_open_bit(const Term& term) {
  for (unsigned n = ofmsg::facts(term.field).bits; n-- > 0;) {
    if ((term.mask & ofmsg::bit(n)).zero()) return n;
  }
  return std::nullopt;
}

bool possible(const Match& match) {
  // A VLAN number without the "present" bit is no packet; intersect knows.
  return ofmsg::intersect(match, match).has_value();
}

Match with_bit(Match match, const Term& term, unsigned n, bool set) {
  return match.set(term.field, set ? term.value | ofmsg::bit(n) : term.value, term.mask | ofmsg::bit(n));
}

}  // namespace

bool gives_way(const Match& header, std::size_t number, const Match& other, std::size_t other_number) {
  if (number == other_number || !ofmsg::covers(other, header)) return false;
  return other_number < number || !ofmsg::covers(header, other);
}

std::vector<Box> maximal(std::vector<Box> boxes) {
  std::vector<const Match*> headers;
  headers.reserve(boxes.size());
  for (const Box& box : boxes) headers.push_back(&box.header);
  const BoxIndex index{headers, BoxIndex::Use::matches};
  std::vector<Box> kept;
  std::vector<std::uint32_t> met;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    met.clear();
    index.meeting(boxes[i].header, met);
    const bool within = std::any_of(met.begin(), met.end(),
                                    [&](std::uint32_t j) { return gives_way(boxes[i].header, i, boxes[j].header, j); });
    if (!within) kept.push_back(boxes[i]);
  }
  return kept;
}

std::optional<std::vector<Match>> without(const Match& header, const std::vector<const Match*>& others,
                                          std::size_t limit) {
  std::vector<Match> parts{header};
  for (const Match* other : others) {
    std::vector<Match> left;
    for (const Match& part : parts) {
      for (Match& rest : ofmsg::subtract(part, *other)) left.push_back(std::move(rest));
      if (left.size() > limit) return std::nullopt;
    }
    parts = std::move(left);
  }
  return parts;
}

Match widened(Match match, ofmsg::Version version) {
  while (const auto field = first_unsayable(match, version)) {
    match.erase(*field);
    match = ofmsg::without_open_fields(std::move(match));
  }
  return match;
}

std::optional<ofmsg::Field> first_unsayable(const Match& match, ofmsg::Version version) {
  Match m = match;
  while (const auto field = ofmsg::first_inexpressible(m, version)) {
    const Term* term = m.find(*field);
    const auto n = term == nullptr ? std::nullopt : highest_open_bit(*term);
    if (!n) return field;
    Match low = with_bit(m, *term, *n, false);
    m = possible(low) ? std::move(low) : with_bit(m, *term, *n, true);
  }
  return std::nullopt;
}

std::optional<std::vector<Match>> said_as(const Match& match, ofmsg::Version version, std::size_t limit) {
  std::vector<Match> done;
  std::vector<Match> open{match};
  while (!open.empty()) {
    const Match m = std::move(open.back());
    open.pop_back();
    const auto field = ofmsg::first_inexpressible(m, version);
    const Term* const term = field ? m.find(*field) : nullptr;
    const auto n = term == nullptr ? std::nullopt : highest_open_bit(*term);
    if (!n) {
      done.push_back(m);
    } else {
      // The upper half first onto the stack, so that the result is in ascending order.
      for (const bool set : {true, false}) {
        Match half = with_bit(m, *term, *n, set);
        if (possible(half)) open.push_back(std::move(half));
      }
    }
    if (done.size() + open.size() > limit) return std::nullopt;
  }
  return done;
}

}  // namespace sluice::policy
