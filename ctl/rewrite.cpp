// `sluicectl rewrite`: what becomes of one message of a controller, by a slice file alone.
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/answer_json.hpp"
#include "admin/answer_text.hpp"
#include "ctl/offline_switch.hpp"
#include "ctl/program.hpp"
#include "ofmsg/codec.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"
#include "slicing/replay/case_file.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;

constexpr std::string_view example =
    "sluicectl rewrite -c slices.json --slice video --switch s1 flow_mod priority=5,ip,actions=output:1";

// The message as bytes: spelt as a case does, or "hex" and its digits. What is wrong is told.
std::optional<ofmsg::Bytes> read_message(const Settings& settings, ofmsg::Version version, Io& io) {
  const auto fail = [&](const std::string& why) {
    wrong_usage(io, why, example);
    return std::nullopt;
  };
  const std::string text = fmt::format("{}", fmt::join(settings.words, " "));
  if (text.starts_with("hex ")) {
    auto bytes = replay::parse_hex(std::string_view{text}.substr(4));
    if (!bytes) return fail("after \"hex\" there are hexadecimal digits, two for each byte");
    if (!ofmsg::FrameView::of(*bytes)) return fail(fmt::format("these {} bytes are not one message", bytes->size()));
    return bytes;
  }
  const auto spelling = replay::parse_spelling(text, version);
  if (!spelling) {
    const ofmsg::TextError& error = spelling.error();
    return fail(error.message + (error.hint.empty() ? "" : "; " + error.hint));
  }
  auto bytes = replay::to_bytes(*spelling, version, ofmsg::Xid{1}, {});
  if (!bytes) return fail(bytes.error());
  return *std::move(bytes);
}

// One message that somebody hears, and the rule by which it may be on the switch.
struct Heard {
  replay::Party party;
  ofmsg::Frame frame;
  std::optional<slicing::RuleName> rule;

  [[nodiscard]] bool at_switch() const { return party.slice.empty(); }

  [[nodiscard]] std::string text() const {
    return replay::spell(frame.view(), at_switch() ? replay::At::switch_ : replay::At::controller);
  }
};

std::vector<Heard> heard(const replay::Driver& driver, const std::string& slice) {
  std::vector<Heard> all;
  for (auto& [party, frame] : driver.left()) {
    std::optional<slicing::RuleName> rule;
    const auto message = ofmsg::decode(frame.view());
    if (party.slice.empty() && message) rule = driver.domain().rule_behind(party.switch_name, slice, *message);
    all.push_back({party, frame.clone(), std::move(rule)});
  }
  return all;
}

void print(const std::vector<Heard>& all, const replay::Driver& driver, bool hex, std::ostream& out) {
  for (const Heard& h : all) {
    out << fmt::format("{} < {}\n", replay::text(h.party), h.text());
    if (h.rule) out << fmt::format("     by  {} rule {}\n", h.rule->position, h.rule->name);
    if (hex) out << fmt::format("     hex {}\n", ofmsg::hex_digits(h.frame.view().bytes()));
  }
  for (slicing::Refusal& refusal : driver.domain().refusals()) {
    const slicing::Explanation e = driver.domain().explain(std::move(refusal));
    out << fmt::format("why: {} {}\n", e.refusal.code, e.refusal.why);
    if (e.refusal.rule) out << fmt::format("     by  {} rule {}\n", e.refusal.rule->position, e.refusal.rule->name);
    if (e.refusal.rule) continue;
    for (const slicing::NearRule& near : e.nearest) out << fmt::format("     nearest: {}\n", admin::near_text(near));
  }
}

admin::Json json_of(const std::vector<Heard>& all, const replay::Driver& driver, ofmsg::FrameView asked,
                    const Settings& settings, ofmsg::Version version) {
  using admin::Json;
  Json messages = Json::array();
  for (const Heard& h : all) {
    const auto message = ofmsg::decode(h.frame.view());
    messages.push_back(
        {{"to", replay::text(h.party)},
         {"side", h.at_switch() ? "switch" : "controller"},
         {"text", h.text()},
         {"hex", ofmsg::hex_digits(h.frame.view().bytes())},
         {"rule", admin::json_of(h.rule)},
         {"message", message ? ofmsg::to_json(*message, version, h.frame.view().xid()) : Json(nullptr)}});
  }
  Json refused = Json::array();
  for (slicing::Refusal& refusal : driver.domain().refusals()) {
    const slicing::Explanation e = driver.domain().explain(std::move(refusal));
    Json nearest = Json::array();
    for (const slicing::NearRule& near : e.nearest) nearest.push_back(admin::json_of(near));
    refused.push_back({{"code", e.refusal.code},
                       {"error", e.refusal.error},
                       {"why", e.refusal.why},
                       {"rule", admin::json_of(e.refusal.rule)},
                       {"nearest", std::move(nearest)}});
  }
  Json answer = admin::document("sluicectl.rewrite");
  answer["slice"] = *settings.slice_name;
  answer["switch"] = *settings.switch_name;
  answer["openflow"] = ofmsg::text(version);
  answer["asked"] = {{"text", replay::spell(asked, replay::At::controller)}, {"hex", ofmsg::hex_digits(asked.bytes())}};
  answer["messages"] = std::move(messages);
  answer["refused"] = std::move(refused);
  return answer;
}

// Of a message in bytes, the version that they say, unless another was asked for.
ofmsg::Version version_for(const Settings& settings) {
  if (settings.version_given || settings.words.front() != "hex" || settings.words.size() < 2) return settings.version;
  const auto first = replay::parse_hex(settings.words[1].substr(0, 2));
  const auto said =
      first && first->size() == 1 ? ofmsg::version_of(std::to_integer<std::uint8_t>(first->front())) : std::nullopt;
  return said.value_or(settings.version);
}

}  // namespace

ExitCode rewrite(const Settings& settings, Io& io) {
  if (!settings.config || !settings.slice_name || !settings.switch_name) {
    return wrong_usage(io, "rewrite needs --config, --slice and --switch", example);
  }
  if (settings.words.empty()) return wrong_usage(io, "which message?", example);
  const PolicyFile file = read_policy(*settings.config, settings, io);
  if (!file.snapshot) return file.verdict;
  const auto id = find_switch(*file.snapshot, *settings.switch_name, *settings.config, io);
  if (!id) return ExitCode::usage;
  if (!file.snapshot->find_slice(*settings.slice_name)) {
    return wrong_usage(io, fmt::format("{} has no slice \"{}\"", *settings.config, *settings.slice_name), example);
  }
  const policy::Switch& s = file.snapshot->switch_(*id);
  const ofmsg::Version version = version_for(settings);
  if (!s.versions.has(version)) {
    return wrong_usage(io, fmt::format("{} may not speak OpenFlow {}", s.name, ofmsg::text(version)), example);
  }
  const auto bytes = read_message(settings, version, io);
  if (!bytes) return ExitCode::usage;

  replay::Driver driver{file.snapshot};
  driver.connect_switch(s.name, offline_switch(file, *id, version).settings);
  const replay::Party party{s.name, *settings.slice_name, 0};
  if (!driver.say(party, *bytes)) {
    io.err << fmt::format("sluicectl: slice {} has nothing on {}\n", *settings.slice_name, s.name);
    return ExitCode::no;
  }
  const std::vector<Heard> all = heard(driver, *settings.slice_name);
  if (settings.json) {
    io.out << admin::dump(json_of(all, driver, *ofmsg::FrameView::of(*bytes), settings, version)) << '\n';
  } else {
    print(all, driver, settings.hex, io.out);
  }
  return driver.domain().refusals().empty() ? ExitCode::good : ExitCode::no;
}

}  // namespace sluice::ctl
