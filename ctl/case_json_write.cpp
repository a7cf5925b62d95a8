// Case files from text to JSON.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ctl/case_json.hpp"
#include "ofmsg/json.hpp"
#include "ofmsg/text_parts.hpp"
#include "policy/formatted.hpp"
#include "slicing/replay/message_text.hpp"

namespace sluice::ctl {

namespace {

namespace replay = slicing::replay;
using Json = nlohmann::ordered_json;
using replay::Step;

// What cannot be said becomes the sentence of the answer.
struct Impossible {
  std::string why;
};

Json config_of(const replay::PolicySource& source) {
  if (!source.inline_text) return source.text;
  Json json = Json::parse(source.text, nullptr, false, true);
  if (json.is_discarded()) throw Impossible{fmt::format("the slice file in line {} is no JSON", source.at.line)};
  return json;
}

std::string wait_of(ofmsg::Time time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

Json port_of(const ofmsg::Port& port) {
  Json out;
  if (port.number == ofmsg::port::local) {
    out["number"] = "LOCAL";
  } else {
    out["number"] = port.number.value;
  }
  if (port.name.value != fmt::format("p{}", port.number.value)) out["name"] = port.name.value;
  return out;
}

Json message_step(const Step& step) {
  Json out;
  out[step.what == Step::What::say ? "from" : "to"] = replay::text(step.party);
  if (step.hex) {
    out["hex"] = ofmsg::hex_digits(step.bytes);
    return out;
  }
  out["msg"] = ofmsg::to_json(replay::tree_of(*step.spelling, step.version));
  if (step.spelling->at_least) out["at_least"] = true;
  return out;
}

Json step_of(const Step& step) {
  switch (step.what) {
    case Step::What::say:
    case Step::What::hear: return message_step(step);
    case Step::What::hear_nothing: return {{"to", replay::text(step.party)}, {"nothing", true}};
    case Step::What::nothing_else: return {{"nothing_else", true}};
    case Step::What::wait: return {{"wait", wait_of(step.time)}};
    case Step::What::connect: return {{"connect", replay::text(step.party)}};
    case Step::What::disconnect: return {{"disconnect", replay::text(step.party)}};
    case Step::What::policy: return {{"config", config_of(step.policy)}};
  }
  return {};
}

// A list with one element on each line.
std::string lines_of(const std::vector<Json>& items) {
  std::string out;
  for (const Json& item : items) out += (out.empty() ? "\n" : ",\n") + item.dump();
  return out.empty() ? "[]" : "[" + out + "\n]";
}

std::string case_of(const replay::Case& c) {
  std::string out = "{\n\"name\": " + Json(c.name).dump();
  if (c.after) out += ",\n\"after\": " + Json(*c.after).dump();
  if (c.skip) out += ",\n\"skip\": " + Json(*c.skip).dump();
  if (c.version) out += fmt::format(",\n\"openflow\": \"{}\"", ofmsg::text(*c.version));
  std::vector<Json> steps;
  for (const Step& step : c.steps) steps.push_back(step_of(step));
  return out + ",\n\"steps\": " + lines_of(steps) + "\n}";
}

std::string file_of(const replay::CaseFile& file) {
  std::vector<Json> switches;
  for (const replay::CaseSwitch& s : file.switches) {
    Json ports = Json::array();
    for (const ofmsg::Port& port : s.ports) ports.push_back(port_of(port));
    switches.push_back({{"name", s.name}, {"ports", std::move(ports)}});
  }
  std::string cases;
  for (const replay::Case& c : file.cases) cases += (cases.empty() ? "\n" : ",\n") + case_of(c);
  return fmt::format("{{\n\"config\": {},\n\"version\": \"{}\",\n\"switches\": {},\n\"tests\": [{}{}]\n}}\n",
                     config_of(*file.policy).dump(), ofmsg::text(file.version), lines_of(switches), cases,
                     cases.empty() ? "" : "\n");
}

}  // namespace

ofmsg::Result<std::string, std::string> json_of_cases(const replay::CaseFile& file) {
  try {
    const std::string text = file_of(file);
    auto laid_out = policy::formatted(text);
    return laid_out ? *std::move(laid_out) : text;
  } catch (const Impossible& impossible) {
    return ofmsg::Failure<std::string>{impossible.why};
  } catch (const Json::exception& error) {
    // Bytes that are no UTF-8.
    return ofmsg::Failure<std::string>{fmt::format("it cannot be said in JSON: {}", error.what())};
  }
}

}  // namespace sluice::ctl
