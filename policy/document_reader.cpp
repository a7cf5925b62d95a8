#include "policy/document_reader.hpp"

#include <charconv>
#include <limits>
#include <tuple>

namespace sluice::policy {
namespace {

constexpr std::size_t most_findings = 1000;  // a file with more is not helped by more

std::optional<std::uint64_t> unsigned_of(const json::Value& value) {
  if (const auto* u = value.as<std::uint64_t>()) return *u;
  if (const auto* i = value.as<std::int64_t>(); i != nullptr && *i >= 0) return static_cast<std::uint64_t>(*i);
  return std::nullopt;
}

// At most 80 bytes, not cut within a character.
std::string_view shortened(std::string_view s) {
  if (s.size() <= 80) return s;
  std::size_t end = 80;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xc0U) == 0x80) --end;
  return s.substr(0, end);
}

bool is_number(const json::Value& value) {
  return value.as<std::uint64_t>() != nullptr || value.as<std::int64_t>() != nullptr || value.as<double>() != nullptr;
}

Diagnostic& wrong_type(Findings& findings, const json::Value& value, std::string_view what, std::string_view wanted) {
  return findings.add(
      Code::wrong_type, value.at,
      std::string{what} + " must be " + std::string{wanted} + ", not " + std::string{json::kind_of(value)});
}

}  // namespace

std::size_t Findings::begin(std::string_view text, const std::string& file) {
  Source& source = sources_.emplace_back(Source{text, file, {0}});
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') source.lines.push_back(i + 1);
  }
  return current_ = sources_.size() - 1;
}

Diagnostic& Findings::add(Code code, json::Span at, std::string message) {
  const std::string_view name = facts(code).name;
  const bool error = name.starts_with('E');
  if (error) ++errors_;
  if (full()) return surplus_ = {};
  Diagnostic finding;
  finding.severity = error ? Diagnostic::Severity::error : Diagnostic::Severity::warning;
  finding.code = name;
  finding.at = position(at.offset);
  finding.length =
      static_cast<std::uint32_t>(std::min<std::size_t>(at.length, std::numeric_limits<std::uint16_t>::max()));
  finding.message = std::move(message);
  if (!pointer_.empty()) finding.notes.push_back("at " + pointer_);
  findings_.push_back(std::move(finding));
  return findings_.back();
}

bool Findings::full() const { return findings_.size() >= most_findings; }

Diagnostic& Findings::unsupported(json::Span at, const std::string& what) {
  return add(Code::not_supported, at, what + " is not supported yet");
}

Position Findings::position(std::size_t offset) const {
  const std::vector<std::size_t>& lines = sources_[current_].lines;
  const auto line = std::upper_bound(lines.begin(), lines.end(), offset) - lines.begin();
  const std::size_t start = lines[static_cast<std::size_t>(line - 1)];
  return {file(), static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(offset - start + 1)};
}

Findings::Step::Step(Findings& findings, std::string_view part)
    : findings_{findings}, length_{findings.pointer_.size()} {
  findings_.pointer_ += '/';
  for (const char c : shortened(part)) {
    if (c == '~') {
      findings_.pointer_ += "~0";
    } else if (c == '/') {
      findings_.pointer_ += "~1";
    } else {
      findings_.pointer_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
}

Findings::Step::~Step() { findings_.pointer_.resize(length_); }

std::vector<Diagnostic> sorted(std::vector<Diagnostic> findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.file, a.at.line, a.at.column) < std::tie(b.at.file, b.at.line, b.at.column);
  });
  return findings;
}

std::string quoted(std::string_view s) {
  std::string out = "\"";
  const std::string_view shown = shortened(s);
  for (const char c : shown) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out + (shown.size() < s.size() ? "…\"" : "\"");
}

const json::Object* object_of(Findings& findings, const json::Value& value, std::string_view what) {
  const auto* object = value.as<json::Object>();
  if (object == nullptr) wrong_type(findings, value, what, "an object");
  return object;
}

const json::Array* list_of(Findings& findings, const json::Value& value, std::string_view what) {
  const auto* list = value.as<json::Array>();
  if (list == nullptr) {
    Diagnostic& finding = wrong_type(findings, value, what, "a list");
    if (value.as<json::Object>() == nullptr) finding.label = "put it into [ ]";
  }
  return list;
}

const std::string* string_of(Findings& findings, const json::Value& value, std::string_view what) {
  const auto* string = value.as<std::string>();
  if (string == nullptr) wrong_type(findings, value, what, "a string");
  return string;
}

std::optional<bool> truth_of(Findings& findings, const json::Value& value, std::string_view what) {
  if (const auto* truth = value.as<bool>()) return *truth;
  wrong_type(findings, value, what, "true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(Findings& findings, const json::Value& value, std::string_view what,
                                       std::uint64_t least, std::uint64_t most) {
  if (!is_number(value)) {
    wrong_type(findings, value, what, "a number");
    return std::nullopt;
  }
  return in_range(findings, value.at, what, unsigned_of(value), least, most);
}

std::optional<std::uint64_t> in_range(Findings& findings, json::Span at, std::string_view what,
                                      std::optional<std::uint64_t> number, std::uint64_t least, std::uint64_t most) {
  if (number && *number >= least && *number <= most) return number;
  findings.add(
      Code::out_of_range, at,
      std::string{what} + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

bool check_name(Findings& findings, std::string_view name, json::Span at, std::string_view what) {
  const auto letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const bool good = !name.empty() && name.size() <= 63 && letter_or_digit(name.front()) &&
                    std::all_of(name.begin(), name.end(),
                                [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
  if (good) return true;
  findings.add(Code::bad_name, at, quoted(name) + " cannot be the name of a " + std::string{what}).label =
      "letters, digits, \".\", \"_\" and \"-\", at most 63, the first a letter or digit";
  return false;
}

std::optional<std::size_t> word_of(Findings& findings, const json::Value& value, std::string_view what,
                                   std::span<const std::string_view> words) {
  const std::string* word = string_of(findings, value, what);
  if (word == nullptr) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    list += (i == 0 ? "" : (i + 1 == words.size() ? " or " : ", ")) + quoted(words[i]);
  }
  findings.add(Code::bad_word, value.at, std::string{what} + " must be " + list + ", not " + quoted(*word)).label =
      did_you_mean(*word, words);
  return std::nullopt;
}

std::string_view report_unknown_key(Findings& findings, const json::Member& member, std::string_view where,
                                    std::span<const std::string_view> keys) {
  const std::string_view meant = findings.full() ? std::string_view{} : nearest(member.key, keys);
  Diagnostic& finding =
      findings.add(Code::unknown_key, member.at, "unknown key " + quoted(member.key) + " in " + std::string{where});
  if (!meant.empty()) finding.label = "did you mean " + quoted(meant) + "?";
  return meant;
}

}  // namespace sluice::policy
