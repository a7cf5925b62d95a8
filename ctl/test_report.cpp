// How failures are told.
#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>

#include "ctl/marks.hpp"
#include "ctl/test.hpp"

namespace sluice::ctl {

namespace {

using slicing::replay::Failure;

constexpr std::string_view red = "\x1b[31m", green = "\x1b[32m";

std::string where(const Ran& ran) {
  return ran.text->where(ran.outcome.failure ? ran.outcome.failure->at : ran.test->at);
}

// In files.
constexpr Look in_full{true, false};

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      // XML 1.0 has no other control characters.
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

// Names of the fields that differ: what stands before the colon of each line.
std::vector<std::string> differing(const Failure& failure) {
  std::vector<std::string> names;
  for (const std::string& line : failure.differences) names.push_back(line.substr(0, line.find(':')));
  return names;
}

std::string labelled(std::string_view label, std::string_view text) {
  return text.empty() ? "" : fmt::format("  {:8}  {}\n", label, text);
}

std::string two_texts(const Failure& failure, bool colour) {
  Marks marks;
  if (!failure.expected.empty() && !failure.got.empty()) {
    marks = marks_of(failure.expected, failure.got, differing(failure), failure.at_least);
  }
  if (colour) {
    return labelled("expected", coloured(failure.expected, marks.expected, red)) +
           labelled("got", coloured(failure.got, marks.got, green));
  }
  // Where nothing of what came is wrong, something is missing.
  return labelled("expected", failure.expected) +
         (marks.got.empty() ? labelled("", underline(marks.expected)) : std::string{}) + labelled("got", failure.got) +
         labelled("", underline(marks.got));
}

std::string details(const Failure& failure, Look look) {
  std::string text = two_texts(failure, look.colour);
  for (const std::string& line : failure.differences) text += labelled("differs", line);
  if (!failure.code.empty()) text += labelled("why", failure.code + " " + failure.why);
  for (const auto& rule : failure.rules) {
    text += labelled("policy", fmt::format("{} rule {} of {}", rule.position, rule.name, rule.slice));
  }
  if (look.bytes && !failure.got_bytes.empty()) {
    text += failure.expected_bytes.empty() ? labelled("bytes", "got") : "  bytes     expected, and got\n";
    const std::string dump = failure.expected_bytes.empty() ? beside(failure.got_bytes, {})
                                                            : beside(failure.expected_bytes, failure.got_bytes);
    for (std::size_t at = 0; at < dump.size();) {
      const std::size_t end = dump.find('\n', at);
      text += "    " + dump.substr(at, end - at + 1);
      at = end + 1;
    }
  }
  return text;
}

// As a block of YAML.
void print_indented(const std::string& text, std::ostream& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out << "    " << text.substr(at, end - at) << '\n';
    at = end + 1;
  }
}

}  // namespace

Tally tally_of(const std::vector<Ran>& all) {
  Tally tally;
  for (const Ran& ran : all) {
    ++(ran.outcome.skipped ? tally.skipped : ran.outcome.failure ? tally.failed : tally.passed);
  }
  return tally;
}

void print_failure(const Ran& ran, Look look, std::ostream& out) {
  const Failure& failure = *ran.outcome.failure;
  out << fmt::format("FAIL {}  {}\n  {}\n{}", where(ran), ran.test->name, failure.what, details(failure, look));
}

void print_tap(const std::vector<Ran>& all, std::ostream& out) {
  out << "TAP version 14\n1.." << all.size() << '\n';
  std::size_t number = 0;
  for (const Ran& ran : all) {
    const bool good = !ran.outcome.failure;
    out << fmt::format("{} {} - {}", good ? "ok" : "not ok", ++number, ran.test->name);
    if (ran.outcome.skipped) out << " # SKIP " << *ran.outcome.skipped;
    out << '\n';
    if (good) continue;
    out << fmt::format("  ---\n  at: {}\n  message: |\n", where(ran));
    print_indented(ran.outcome.failure->what + '\n' + details(*ran.outcome.failure, in_full), out);
    out << "  ...\n";
  }
}

void print_junit(const std::vector<Ran>& all, std::ostream& out) {
  const Tally tally = tally_of(all);
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out << fmt::format("<testsuites tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n", all.size(), tally.failed,
                     tally.skipped);
  std::map<std::string, std::vector<const Ran*>> by_file;
  for (const Ran& ran : all) by_file[ran.text->path].push_back(&ran);
  for (const auto& [file, cases] : by_file) {
    out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\">\n", xml(file), cases.size());
    for (const Ran* ran : cases) {
      out << fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">", xml(file),
                         xml(ran->test->name), xml(file), ran->text->origin(ran->test->at).line);
      if (ran->outcome.skipped) out << fmt::format("<skipped message=\"{}\"/>", xml(*ran->outcome.skipped));
      if (const auto& failure = ran->outcome.failure) {
        out << fmt::format("<failure message=\"{}\">{}\n{}</failure>", xml(failure->what), xml(where(*ran)),
                           xml(details(*failure, in_full)));
      }
      out << "</testcase>\n";
    }
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

}  // namespace sluice::ctl
