#include "proxy/admin.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/packet_text.hpp"
#include "admin/verbs.hpp"

namespace sluice::proxy {

using admin::Answer;
using admin::Form;

// A request taken apart: `flows video --switch s1 --json`.
struct Admin::Question {
  std::string_view verb;
  std::vector<std::string_view> words;
  std::optional<std::string_view> slice, switch_name;
  Form form = Form::table;
  bool dry_run = false, wait = false;
};

namespace {

ofmsg::Failure<std::string> refuse(std::string why) { return ofmsg::Failure<std::string>{std::move(why)}; }

}  // namespace

Admin::Admin(const Loop& loop, const slicing::Domain& domain, std::string slice_file, Deeds deeds)
    : loop_{loop}, domain_{domain}, deeds_{std::move(deeds)} {
  facts_.version = SLUICE_VERSION;
  facts_.slice_file = std::move(slice_file);
  facts_.started = loop.now();
}

admin::Daemon Admin::daemon() const {
  admin::Daemon facts = facts_;
  facts.now = loop_.now();
  facts.wall =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  return facts;
}

ofmsg::Result<Admin::Question, std::string> Admin::understand(const admin::Request& request) const {
  const auto verbs = admin::verbs();
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const auto& v) { return v.name == request.method; });
  if (verb == verbs.end()) {
    return refuse(fmt::format("\"{}\" is not a valid command (use \"list-commands\" to see a list of valid commands)",
                              request.method));
  }
  Question question;
  question.verb = verb->name;
  for (std::size_t i = 0; i < request.params.size(); ++i) {
    const std::string_view word = request.params[i];
    if (word == "--json") {
      question.form = Form::json;
    } else if (word == "--slice" || word == "--switch") {
      if (++i == request.params.size()) return refuse(fmt::format("{} needs a name", word));
      (word == "--slice" ? question.slice : question.switch_name) = request.params[i];
    } else if (question.verb == "reload" && (word == "--dry-run" || word == "--wait")) {
      (word == "--wait" ? question.wait : question.dry_run) = true;
    } else if (word.substr(0, 2) == "--") {
      return refuse(fmt::format("unknown option \"{}\"; usage: {} {}", word, verb->name, verb->usage));
    } else {
      question.words.push_back(word);
    }
  }
  const auto wrong_count = [&](std::string_view what) {
    return refuse(fmt::format("{} {} arguments; usage: {} {}", verb->name, what, verb->name, verb->usage));
  };
  if (question.words.size() < verb->min_args) return wrong_count("needs more");
  if (question.words.size() > verb->max_args) return wrong_count("does not take so many");
  return question;
}

void Admin::run(const admin::Request& request, const Respond& respond) {
  const auto question = understand(request);
  if (!question) return respond(refuse(question.error()));
  if (question->verb == "shadow" && !question->words.empty()) {
    return deeds_.shadow(std::string{question->words.front()}, respond);
  }
  if (question->verb != "reload") return respond(answer(*question));
  const bool told = question->dry_run || question->wait;
  deeds_.reload(
      question->dry_run, question->form, told ? respond : [](const Answer&) {});
  if (!told) respond("the slice file is being read; `reload --wait` tells what came of it, and so does `status`\n");
}

Answer Admin::answer(const Question& question) {
  const admin::Daemon facts = daemon();
  if (question.verb == "version") return admin::version(facts, question.form);
  if (question.verb == "list-commands") return admin::commands(question.form);
  if (question.verb == "shadow") return admin::shadow(deeds_.shadow_state(), facts, question.form);
  if (question.verb == "exit") {
    deeds_.exit();
    return std::string{};
  }
  const slicing::DomainState state = domain_.state(facts.now);
  const bool lists = question.words.empty() || question.words.front() == "ls";
  if (question.verb == "status") return admin::status(state, facts, question.form);
  if (question.verb == "slice") {
    return lists ? Answer{admin::slices(state, facts, question.form)}
                 : admin::slice_details(state, facts, question.words.front(), question.form);
  }
  if (question.verb == "switch") {
    return lists ? Answer{admin::switches(state, facts, question.form)}
                 : admin::switch_details(state, facts, question.words.front(), question.form);
  }
  if (question.verb == "flows") return flows(question, state);
  if (question.verb == "trace") return trace(question, state);
  if (question.verb == "explain") return explain(question, state);
  if (question.verb == "rejects") {
    std::vector<slicing::Refusal> refusals = domain_.refusals();
    const auto slice = question.words.empty() ? question.slice : std::optional{question.words.front()};
    if (slice) {
      if (auto unknown = admin::unknown_slice(state, *slice)) return refuse(std::move(*unknown));
      refusals.erase(std::remove_if(refusals.begin(), refusals.end(),
                                    [&](const slicing::Refusal& refusal) { return refusal.slice != *slice; }),
                     refusals.end());
    }
    return admin::rejects(refusals, facts, question.form);
  }
  return refuse(fmt::format("\"{}\" is for sluicectl only; the daemon does not answer it", question.verb));
}

Answer Admin::explain(const Question& question, const slicing::DomainState& state) {
  if (question.slice) {
    if (auto unknown = admin::unknown_slice(state, *question.slice)) return refuse(std::move(*unknown));
  }
  auto meant = admin::find_refusals(domain_.refusals(), question.words.front(), question.slice);
  if (!meant) return refuse(std::move(meant.error()));
  std::vector<slicing::Explanation> all;
  for (slicing::Refusal& refusal : *meant) all.push_back(domain_.explain(std::move(refusal)));
  return admin::explained(all, daemon(), question.form);
}

Answer Admin::trace(const Question& question, const slicing::DomainState& state) {
  const slicing::SwitchState* found = admin::find_switch(state, question.words.front());
  if (found == nullptr || !found->configured) return refuse(admin::unknown_switch(state, question.words.front()));
  const auto by_name = [found](std::string_view name) -> std::optional<ofmsg::PortNo> {
    for (const slicing::PortState& port : found->ports) {
      if (port.name == name) return port.number;
    }
    return std::nullopt;
  };
  const std::span packet{question.words.begin() + 1, question.words.end()};
  const auto key = admin::parse_packet(fmt::format("{}", fmt::join(packet, " ")), by_name);
  if (!key) return refuse(key.error());
  return admin::traced(*domain_.trace(found->name, *key, state.now), "sluiced.trace", question.form);
}

Answer Admin::flows(const Question& question, const slicing::DomainState& state) {
  const auto slice = question.words.empty() ? question.slice : std::optional{question.words.front()};
  if (slice) {
    if (auto unknown = admin::unknown_slice(state, *slice)) return refuse(std::move(*unknown));
  }
  std::string switch_name;
  if (question.switch_name) {
    const slicing::SwitchState* found = admin::find_switch(state, *question.switch_name);
    if (found == nullptr) return refuse(admin::unknown_switch(state, *question.switch_name));
    switch_name = found->name;
  }
  return admin::flows(domain_.flows(slice.value_or(std::string_view{}), switch_name, state.now), daemon(),
                      question.form);
}

}  // namespace sluice::proxy
