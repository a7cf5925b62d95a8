#include "policy/boxes.hpp"

#include <span>

namespace sluice::policy {
namespace {

using ofmsg::Match;
using ofmsg::Term;
using ofmsg::U128;

// Is `part` covered by the boxes? Depth first, so that a hole is found soon. Sets `steps` to zero when it gives up.
bool covered(const Match& part, std::span<const Match> boxes, std::size_t& steps) {
  if (boxes.empty() || steps == 0) return false;
  --steps;
  for (const Match& rest : ofmsg::subtract(part, boxes.front())) {
    if (!covered(rest, boxes.subspan(1), steps)) return false;
  }
  return true;
}

// The highest bit of the field that the term leaves open.
std::optional<unsigned> highest_open_bit(const Term& term) {
  for (unsigned n = ofmsg::facts(term.field).bits; n-- > 0;) {
    if ((term.mask & ofmsg::bit(n)).zero()) return n;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<Match>> subtract_all(const Match& a, const std::vector<Match>& taken, std::size_t budget) {
  std::vector<Match> left{a};
  for (const Match& t : taken) {
    std::vector<Match> next;
    for (const Match& part : left) {
      for (Match& rest : ofmsg::subtract(part, t)) next.push_back(std::move(rest));
      if (next.size() > budget) return std::nullopt;
    }
    left = std::move(next);
  }
  return left;
}

bool cover_everything(const std::vector<Match>& boxes) {
  for (const Match& box : boxes) {
    if (box.matches_all()) return true;
  }
  std::size_t steps = 20000;
  return covered(Match{}, boxes, steps);
}

std::optional<std::vector<Match>> expressible(const Match& match, ofmsg::Version version, std::size_t budget) {
  std::vector<Match> done;
  std::vector<Match> open{match};
  while (!open.empty()) {
    const Match m = std::move(open.back());
    open.pop_back();
    const auto field = ofmsg::first_inexpressible(m, version);
    if (!field) {
      done.push_back(m);
    } else {
      const Term* term = m.find(*field);
      const auto n = term == nullptr ? std::nullopt : highest_open_bit(*term);
      if (!n) return std::nullopt;  // not the mask is the trouble, but the field
      // The upper half first onto the stack, so that the result is in ascending order.
      for (const U128 b : {ofmsg::bit(*n), U128{}}) {
        Match half = m;
        half.set(*field, term->value | b, term->mask | ofmsg::bit(*n));
        // A VLAN number without the "present" bit is no packet; intersect knows.
        if (ofmsg::intersect(half, half)) open.push_back(std::move(half));
      }
    }
    if (done.size() + open.size() > budget) return std::nullopt;
  }
  return done;
}

}  // namespace sluice::policy
