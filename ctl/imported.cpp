#include "ctl/imported.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace sluice::ctl {

namespace {

constexpr std::size_t places_shown = 6;

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// --- notes -----------------------------------------------------------------------------------------------------------

void ImportNotes::add(const std::string& text, const std::string& place) {
  const auto [at, fresh] = index_.emplace(text, notes_.size());
  if (fresh) notes_.push_back({text, {}, 0});
  Note& note = notes_[at->second];
  if (place.empty() || (!note.places.empty() && note.places.back() == place)) return;
  ++note.count;
  if (note.places.size() < places_shown) note.places.push_back(place);
}

std::vector<std::string> ImportNotes::lines() const {
  std::vector<std::string> lines;
  for (const Note& note : notes_) {
    std::string places = fmt::format("{}", fmt::join(note.places, ", "));
    if (note.count > note.places.size()) places += fmt::format(" and {} more", note.count - note.places.size());
    lines.push_back(places.empty() ? note.text : fmt::format("{} ({})", note.text, places));
  }
  return lines;
}

// --- the model -------------------------------------------------------------------------------------------------------

Vlans every_tag() {
  Vlans all;
  all.set();
  all.reset(untagged_bit);
  return all;
}

std::string ImportedNames::make(std::string_view old, std::string_view otherwise) {
  constexpr std::size_t longest = 63;
  std::string name;
  for (const char c : old) {
    const bool good = is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
    if (good && (!name.empty() || is_letter_or_digit(c))) name += c;
    if (!good && !name.empty() && name.back() != '-') name += '-';
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  if (name.empty()) name = otherwise;
  if (name.starts_with("x-")) name[1] = '_';  // the slice file ignores keys with x-
  name.resize(std::min(name.size(), longest));
  std::string unique = name;
  for (std::size_t n = 2; !taken_.insert(unique).second; ++n) {
    const std::string tail = fmt::format("-{}", n);
    unique = name.substr(0, longest - tail.size()) + tail;
  }
  return unique;
}

std::optional<std::int64_t> imported_limit(std::int64_t number, const std::string& what, ImportNotes& notes,
                                           const std::string& place) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (number < 0) return std::nullopt;
  if (number == 0) {
    notes.unsure(what + " was 0; the least that a slice file can say is 1", place);
    return 1;
  }
  if (number > most) {
    notes.dropped(fmt::format("{} of {}, which is more than a slice file can say", what, number), place);
    return std::nullopt;
  }
  return number;
}

void drop_empty_slices(Imported& imported) {
  std::erase_if(imported.slices, [&](const ImportedSlice& slice) {
    if (!slice.rules.empty()) return false;
    std::string facts = fmt::format("{}", fmt::join(slice.controllers, ", "));
    if (!slice.owner.empty()) facts += (facts.empty() ? "" : ", ") + slice.owner;
    imported.notes.dropped(fmt::format("slice {} [{}]: it has no rule, so nothing belongs to it", slice.name, facts));
    return true;
  });
}

}  // namespace sluice::ctl
