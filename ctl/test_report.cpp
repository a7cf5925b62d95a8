#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>

#include "ctl/test.hpp"

namespace sluice::ctl {

namespace {

using slicing::replay::Failure;

std::string where(const Ran& ran) {
  const std::size_t line = ran.outcome.failure ? ran.outcome.failure->at.line : ran.test->at.line;
  return fmt::format("{}:{}", ran.file, line);
}

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

std::string details(const Failure& failure, bool bytes) {
  std::string text;
  if (!failure.expected.empty()) text += fmt::format("  expected  {}\n", failure.expected);
  if (!failure.got.empty()) text += fmt::format("  got       {}\n", failure.got);
  for (const std::string& line : failure.differences) text += fmt::format("  differs   {}\n", line);
  if (bytes && !failure.bytes.empty()) text += fmt::format("  bytes     {}\n", failure.bytes);
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

void print_failure(const Ran& ran, bool bytes, std::ostream& out) {
  const Failure& failure = *ran.outcome.failure;
  out << fmt::format("FAIL {}  {}\n  {}\n{}", where(ran), ran.test->name, failure.what, details(failure, bytes));
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
    print_indented(ran.outcome.failure->what + '\n' + details(*ran.outcome.failure, true), out);
    out << "  ...\n";
  }
}

void print_junit(const std::vector<Ran>& all, std::ostream& out) {
  const Tally tally = tally_of(all);
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out << fmt::format("<testsuites tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n", all.size(), tally.failed,
                     tally.skipped);
  std::map<std::string, std::vector<const Ran*>> by_file;
  for (const Ran& ran : all) by_file[ran.file].push_back(&ran);
  for (const auto& [file, cases] : by_file) {
    out << fmt::format("  <testsuite name=\"{}\" tests=\"{}\">\n", xml(file), cases.size());
    for (const Ran* ran : cases) {
      out << fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">", xml(file),
                         xml(ran->test->name), xml(file), ran->test->at.line);
      if (ran->outcome.skipped) out << fmt::format("<skipped message=\"{}\"/>", xml(*ran->outcome.skipped));
      if (const auto& failure = ran->outcome.failure) {
        out << fmt::format("<failure message=\"{}\">{}\n{}</failure>", xml(failure->what), xml(where(*ran)),
                           xml(details(*failure, true)));
      }
      out << "</testcase>\n";
    }
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

}  // namespace sluice::ctl
