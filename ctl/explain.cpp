// `sluicectl explain`: what a code means, of a finding about a slice file or of a refusal; or why a message was
// refused, which the daemon knows.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/program.hpp"
#include "ofmsg/text_parts.hpp"
#include "policy/codes.hpp"
#include "slicing/refusal.hpp"

namespace sluice::ctl {

namespace {

struct Meaning {
  std::string code;
  std::string_view help;
};

std::vector<Meaning> all_meanings() {
  std::vector<Meaning> all;
  for (const policy::CodeFacts& row : policy::all_codes()) all.push_back({std::string{row.name}, row.summary});
  for (const slicing::RefusalFacts& row : slicing::refusal_table) all.push_back({slicing::text(row.code), row.help});
  std::sort(all.begin(), all.end(), [](const Meaning& a, const Meaning& b) { return a.code < b.code; });
  return all;
}

// "e310" is E0310, as people type it.
std::string normal(std::string code) {
  for (char& c : code) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (code.size() > 1 && code.size() < 5) code.insert(1, 5 - code.size(), '0');
  return code;
}

// The xid of a message, or the last one that was refused.
bool is_message(const std::string& word) { return word == "last" || ofmsg::parse_number(word); }

}  // namespace

ExitCode explain(const Settings& settings, Io& io) {
  if (settings.words.size() == 1 && is_message(settings.words.front())) return live("explain", settings, io);
  std::vector<Meaning> wanted = all_meanings();
  if (!settings.words.empty()) {
    const std::string code = normal(settings.words.front());
    std::erase_if(wanted, [&](const Meaning& meaning) { return meaning.code != code; });
  }
  if (settings.words.size() > 1 || wanted.empty()) {
    io.err << "sluicectl: " << (settings.words.size() > 1 ? "one code at a time" : "there is no such code")
           << "\ntry: sluicectl explain\n";
    return ExitCode::usage;
  }
  if (settings.json) {
    nlohmann::ordered_json codes = nlohmann::ordered_json::array();
    for (const Meaning& meaning : wanted) codes.push_back({{"code", meaning.code}, {"help", meaning.help}});
    io.out << nlohmann::ordered_json{{"kind", "sluicectl.explain"}, {"v", 1}, {"codes", std::move(codes)}}.dump(2)
           << '\n';
    return ExitCode::good;
  }
  for (const Meaning& meaning : wanted) io.out << fmt::format("{}  {}\n", meaning.code, meaning.help);
  return ExitCode::good;
}

}  // namespace sluice::ctl
